#!/usr/bin/python3
"""target.py - the system call fuzzer in QEMU (behind `make fuzz N=...`): so many calls with a seed, on kernel-ubsan, which stops at
undefined behaviour and proves its invariants now and then, or on another. The same width, calls and seed do the same each time, instruction by instruction.
The last line says how many calls were made and how many findings there were; with one the run ends there, and the status is 1.

    target.py WIDTH CALLS SEED [KERNEL]
"""

import os
import re
import sys

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path[:0] = [os.path.join(TOP, "tool/test"), os.path.join(TOP, "tool/qemu")]

import part_scenario  # noqa: E402

SECONDS_A_CALL, SECONDS_LEAST = 0.05, 600


def parameters(name, width, calls, seed):
    """The file that tells the program what to do."""
    path = f"build/rv{width}/scenario/{name}.parameters"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{calls} {seed}\n")
    return path


def main(width, calls, seed, kernel="kernel-ubsan"):
    os.chdir(TOP)
    scenario = part_scenario.read("test/scenario/fuzz_driver.toml")
    scenario.name = f"fuzz_target_{seed}"
    scenario.kernel = kernel
    scenario.files = {"fuzz": parameters(scenario.name, width, calls, seed)}
    scenario.deadline_s = 1000000
    scenario.expect = []
    scenario.seconds = int(max(SECONDS_LEAST, calls * SECONDS_A_CALL))
    wrong, output = part_scenario.run(scenario, width)
    told = re.findall(r"^(?:# .*|ok .*|not ok .*)$", output, re.MULTILINE)
    made = re.findall(r"^# (?:so far|seed \d+:) (\d+) calls", output, re.MULTILINE)
    if wrong or not any(line.startswith("ok ") for line in told):
        print("\n".join(output.splitlines()[-40:]))
        print(f"{wrong or 'it did not end well'}; again: make fuzz N={calls} SEED={seed} WIDTH={width}")
        print(f"fuzz: calls {made[-1] if made else 0} seed {seed} findings 1")
        sys.exit(1)
    print("\n".join(line for line in told if not line.startswith("# so far")))
    print(f"fuzz: calls {made[-1]} seed {seed} findings 0")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), *sys.argv[4:])
