"""Fuzzers of what reads foreign bytes (test/fuzz/*.c): their corpora, and some runs that are the same each time.

fuzz.NAME              every input of test/fuzz/corpus/NAME.txt, and RUNS more made of them with a fixed seed, find nothing
fuzz.NAME.coverage     and reach so much of each file of a driver (tool/fuzz/fuzz.py, LEAST)
To look for something new: make fuzz NAME=elf SECONDS=600.
"""

import glob
import os
import re
import subprocess

from check import Check, Job, failed, passed, tail

RUNS = 3000
FEWER = {"kernel": 60}     # whole machines


def job(path):
    fuzzer = os.path.basename(path)[:-2]
    name = f"fuzz.{fuzzer}"
    is_driver = fuzzer.startswith("virtio_")
    runs = FEWER.get(fuzzer, RUNS)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    what = re.match(r"/\* \w+\.c - (.*?)[.:\n]", text).group(1)

    def run(_):
        done = subprocess.run(["tool/fuzz/fuzz.py", "replay", fuzzer, str(runs)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=600)
        yield failed(name, tail(done.stderr, 50)) if done.returncode else passed(name)
        if is_driver:
            done = subprocess.run(["tool/fuzz/fuzz.py", "coverage", fuzzer], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            yield failed(f"{name}.coverage", done.stdout + done.stderr) if done.returncode else passed(f"{name}.coverage")

    checks = [Check(name, f"{what}: the corpus and {runs} more inputs find nothing")]
    if is_driver:
        checks.append(Check(f"{name}.coverage", f"{what}: these inputs reach nine lines in ten of each of the driver's files"))
    return Job(checks, run, goals=[(32, f"build/fuzz/{fuzzer}")],
               repeat=f"tool/fuzz/fuzz.py replay {fuzzer} {runs}")


def jobs(width):
    if width == 64:
        return []
    return [job(path) for path in sorted(glob.glob("test/fuzz/*.c"))
            if "int LLVMFuzzerTestOneInput" in open(path, encoding="utf-8").read()]
