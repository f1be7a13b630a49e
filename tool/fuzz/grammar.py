#!/usr/bin/python3
"""grammar.py - the system calls as a table for the fuzzer on the target (test/target/fuzz_calls), made of the contract.

    grammar.py build/gen/contract.json >OUT.h
"""

import json
import sys

REGISTERS = [f"a{i}" for i in range(8)] + [f"t{i}" for i in range(5)]
MESSAGES = ("connection_", "server_")      # these come up more often
RARE = ("process_kill", "map_remove", "budget_destroy", "connection_destroy", "process_stop", "server_reply_and_receive", "connection_call",
        "handle_close")


def places(argument, width):
    """Its registers' numbers; words need no more than the first."""
    numbers = [REGISTERS.index(name) for name in argument["registers"][width]]
    return (numbers + [15])[:2] if argument["type"] != "words" else [numbers[0], 15]


def argument_text(argument):
    kind = f"FUZZ_{argument['type'].upper()}"
    target = f"NACRE_OBJECT_{argument['object'].upper()}" if argument.get("object") else "0"
    at32, at64 = places(argument, "32"), places(argument, "64")
    return f"{{ {kind}, {target}, {{ {{ {at32[0]}, {at32[1]} }}, {{ {at64[0]}, {at64[1]} }} }} }}"


def weight(call):
    if call["noreturn"]:
        return 0
    return 1 if call["name"] in RARE else 40 if call["name"].startswith(MESSAGES) else 20


def call_text(call):
    results = [result["type"] for result in call["results"]]
    made = "FUZZ_MAKES_HANDLE" if "handle" in results else "FUZZ_MAKES_ADDRESS" if "va" in results else \
        "FUZZ_MAKES_MESSAGE" if "received" in results else "FUZZ_MAKES_NOTHING"
    arguments = ", ".join(argument_text(argument) for argument in call["args"])
    return f"\t{{ {call['number']}, {weight(call)}, {made}, {len(call['args'])}, {{ {arguments or '{ 0 }'} }} }}, /* {call['name']} */"


def main(path):
    with open(path, encoding="utf-8") as file:
        calls = json.load(file)["calls"]
    kinds = sorted({argument["type"].upper() for call in calls for argument in call["args"]})
    most = max(len(call["args"]) for call in calls)
    print(f"""/* Made by tool/fuzz/grammar.py from the contract, do not edit. */
#pragma once
#include "abi/nacre_abi.h"

enum {{ {', '.join(f'FUZZ_{kind}' for kind in kinds)} }};
enum {{ FUZZ_MAKES_NOTHING, FUZZ_MAKES_HANDLE, FUZZ_MAKES_ADDRESS, FUZZ_MAKES_MESSAGE }};
enum {{ FUZZ_ARGUMENTS = {most}, FUZZ_NO_REGISTER = 15, FUZZ_CALLS = {len(calls)} }};

/* Registers are numbered a0 to a7, t0 to t4. */
struct fuzz_argument {{
	uint8_t kind, object, at[2][2];  /* for RV32 and RV64: its registers */
}};

struct fuzz_call {{
	uint8_t number, weight, makes, count;
	struct fuzz_argument arguments[FUZZ_ARGUMENTS];
}};

static const struct fuzz_call fuzz_calls[FUZZ_CALLS] = {{""")
    print("\n".join(call_text(call) for call in calls))
    print("};")


if __name__ == "__main__":
    main(*sys.argv[1:])
