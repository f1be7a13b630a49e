#!/usr/bin/python3
"""host_calls.py - the system calls as declarations only, made of build/gen/abi/nacre_calls.h: on the host a fuzzer is the kernel.

    host_calls.py nacre_calls.h >OUT
"""

import re
import sys


def main(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    calls = re.findall(r"^(?:__attribute__\(\(\w+\)\) )?NACRE_STUB (?:__attribute__\(\(\w+\)\) )?((?:nacre_err_t|void) nacre_\w+\([^)]*\))", text, re.MULTILINE)
    print('#pragma once\n#include "abi/nacre_abi.h"\n#define NACRE_STUB static inline\n')
    print("".join(f"{call};\n" for call in calls), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
