"""The SDK: what is built with it alone, far from the tree, and run in QEMU with it alone (test/tool/sdk_*test.py).

sdk.TEST           of sdk_test.py: the compiler and the libraries
sdk.FILE.TEST      of sdk_FILE_test.py
A test whose name ends in _32 or _64 is of that width and has .rv32 or .rv64 at its end.
"""

import glob
import os
import re

from check import WIDTHS, Check, Job, Result
import part_tool

WIDTH = re.compile(r"_(32|64)$")


def files():
    return sorted(glob.glob("test/tool/sdk_test.py") + glob.glob("test/tool/sdk_*_test.py"))


def width_of(method):
    """A test of no width is one of RV32's."""
    found = WIDTH.search(method)
    return int(found.group(1)) if found else WIDTHS[0]


def name_of(path, method):
    file = os.path.basename(path).removesuffix(".py").removeprefix("sdk_").removesuffix("test").removesuffix("_")
    parts = ["sdk", *filter(None, [file]), WIDTH.sub("", method.removeprefix("test_"))]
    return ".".join(parts + [f"rv{found}" for found in WIDTH.findall(method)])


def job(path, width):
    """The tests of one file and width. Installing wants both widths' parts, whatever it checks."""
    inner = part_tool.job(path)
    methods = {check.name: check.name.rpartition(".")[2] for check in inner.checks}
    names = {name_of(path, method): inner_name for inner_name, method in methods.items() if width_of(method) == width}
    outer = {inner_name: name for name, inner_name in names.items()}

    def run(wanted):
        for result in inner.run([names[name] for name in wanted]):
            yield Result(outer[result.name], result.verdict, result.text)

    checks = [Check(outer[check.name], check.sentence) for check in inner.checks if check.name in outer]
    installs = any("install" in check.name for check in checks)
    return Job(checks, run, goals=[(each, "sdk") for each in (WIDTHS if installs else [width])])


def jobs(width):
    made = [job(path, each) for path in files() for each in ([width] if width else WIDTHS)]
    return [each for each in made if each.checks]
