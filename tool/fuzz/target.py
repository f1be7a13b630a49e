#!/usr/bin/python3
"""target.py - the system call fuzzer in QEMU (behind `make fuzz-target`): so many calls with a seed, on kernel-ubsan, which stops at
undefined behaviour and proves its invariants now and then, or on another. The same width, calls and seed do the same each time, instruction by instruction.

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


def main(width, calls, seed, kernel="kernel-ubsan"):
    os.chdir(TOP)
    scenario = part_scenario.read("test/scenario/fuzz_calls.toml")
    scenario.name = f"fuzz_target_{seed}"
    scenario.kernel = kernel
    scenario.input = f"test-fuzz {calls} {seed}\npoweroff\n"
    scenario.seconds = int(max(SECONDS_LEAST, calls * SECONDS_A_CALL))
    wrong, output = part_scenario.run(scenario, width)
    told = re.findall(r"^(?:# .*|ok .*|not ok .*)$", output, re.MULTILINE)
    if wrong or not any(line.startswith("ok ") for line in told):
        print("\n".join(output.splitlines()[-40:]))
        sys.exit(f"fuzz-target: {wrong or 'it did not end well'}; again: make fuzz-target WIDTH={width} N={calls} SEED={seed}")
    print("\n".join(told))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), *sys.argv[4:])
