"""Programs in other languages than C, in QEMU: scenarios of test/lang/*.toml (keys as in test/scenario/README.md).

One more key, `needs`, names the compilers its programs are made with. Where one of them is not installed the checks are
skipped with a sentence, and with CI=true they fail: `make test` installs what there is a Debian package for.
"""

import functools
import glob
import os
import shutil
import subprocess
import tomllib

import part_scenario as scenario
from check import WIDTHS, Check, Job, Result, failed, tail, tap_results, tests_of

# What system/base.toml starts: no more of the tree has to be built for these checks.
SERVICES = ["names", "log", "uart16550", "power", "goldfish-rtc", "time", "rng", "shell"]
# compiler -> (what must be there, what to install).
COMPILERS = {
    "rust": (["/usr/bin/rustc", "/usr/src/rustc-*/library/core/src/lib.rs"], "the Debian packages rustc and rust-src"),
    "c++": (["riscv64-unknown-elf-g++"], "the Debian package gcc-riscv64-unknown-elf"),
    "ada": (["riscv64-linux-gnu-gnat-12"], "the Debian package gnat-12-riscv64-linux-gnu"),
    "d": (["ldc2"], "the Debian package ldc"),
    "nim": (["nim"], "the Debian package nim"),
    "wasm": (["wasm2c", "node", "npm"], "the Debian packages wabt, nodejs and npm"),
}


@functools.lru_cache(maxsize=None)
def missing(compiler):
    """Why this compiler cannot be used, or an empty text."""
    files, hint = COMPILERS[compiler]
    for file in files:
        if not glob.glob(file) and not shutil.which(file):
            return f"there is no {file} on this machine: install {hint}."
    return ""


def lacking(needs):
    return next(filter(None, map(missing, needs)), "")


def not_there(checks, why):
    verdict = "fail" if os.environ.get("CI") == "true" else "skip"
    return Job(checks, lambda names: [Result(name, verdict, why) for name in names])


def read(path):
    with open(path, "rb") as file:
        keys = tomllib.load(file)
    needs = keys.pop("needs")
    return scenario.Scenario(name=os.path.basename(path)[:-5], programs=SERVICES, **keys), needs


def job(path, width):
    wanted, needs = read(path)
    name = f"languages.{wanted.name}.rv{width}"

    def run(_):
        wrong, output = scenario.run(wanted, width)
        yield failed(name, f"{tail(output)}\n{wrong}") if wrong else Result(name, "pass")

    checks = [Check(name, wanted.sentence)]
    why = lacking(needs)
    return not_there(checks, why) if why else Job(checks, run, goals=scenario.goals(wanted, width))


def jobs(width):
    found = [(path, each) for path in sorted(glob.glob("test/lang/*.toml")) for each in ([width] if width else WIDTHS)]
    return [job(path, each) for path, each in found]
