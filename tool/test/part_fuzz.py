"""Fuzzers of what reads foreign bytes (test/fuzz/*.c): their corpora, and some runs that are the same each time.

fuzz.NAME              every input of test/fuzz/corpus/NAME.txt, and RUNS more made of them with a fixed seed, find nothing
To look for something new: make fuzz NAME=elf SECONDS=600.
"""

import glob
import os
import re
import subprocess

from check import Check, Job, failed, passed, tail

RUNS = 3000


def job(path):
    fuzzer = os.path.basename(path)[:-2]
    name = f"fuzz.{fuzzer}"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    what = re.match(r"/\* \w+\.c - (.*?)[.:\n]", text).group(1)

    def run(_):
        done = subprocess.run(["tool/fuzz/fuzz.py", "replay", fuzzer, str(RUNS)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=600)
        yield failed(name, tail(done.stderr, 50)) if done.returncode else passed(name)

    return Job([Check(name, f"{what}: the corpus and {RUNS} more inputs find nothing")], run, goals=[(32, f"build/fuzz/{fuzzer}")],
               repeat=f"tool/fuzz/fuzz.py replay {fuzzer} {RUNS}")


def jobs(width):
    if width == 64:
        return []
    return [job(path) for path in sorted(glob.glob("test/fuzz/*.c"))
            if "int LLVMFuzzerTestOneInput" in open(path, encoding="utf-8").read()]
