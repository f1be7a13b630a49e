"""check.py - what the test runner runs: a check has a name and a sentence; a job runs some checks at once.

A check's name is dotted, its first word is its part: host.base_list.empty, scenario.boot.rv32. Names are stable;
people and ONLY= refer to them. A job is the smallest thing that can be run (a test program, one QEMU), and says what
make must have built for it.
"""

import os
import re
from dataclasses import dataclass, field
from typing import Callable

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
WIDTHS = (32, 64)


@dataclass(frozen=True)
class Check:
    """name: dotted, unique. sentence: what holds when it passes."""
    name: str
    sentence: str


@dataclass(frozen=True)
class Result:
    """How one check ended: "pass", "fail" or "skip"; text is the end of the output, or why it was skipped."""
    name: str
    verdict: str
    text: str = ""


@dataclass
class Job:
    """checks: all it can tell about. run(names) -> results, at least for those names.
    goals: what make builds first, as (width, goal), width 32 where it does not matter.
    repeat: the command that runs it again by hand. alone: it wants the whole machine."""
    checks: list
    run: Callable
    goals: list = field(default_factory=list)
    repeat: str = ""
    alone: bool = False


def passed(name):
    return Result(name, "pass")


def failed(name, text):
    return Result(name, "fail", text)


# A TEST at the start of a line, as both test headers have it; the sentence may be several adjacent literals.
TEST = re.compile(r'^TEST\(\s*(\w+)\s*,\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', re.MULTILINE)


def tests_of(path):
    """(name, sentence) of each TEST in a C source, read without running anything."""
    with open(path, encoding="utf-8") as file:
        return [(name, "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)).replace('\\"', '"'))
                for name, text in TEST.findall(file.read())]


TAP = re.compile(r"^(ok|not ok) \d+ - (\w+)(?: # ?(.*))?\s*$", re.MULTILINE)


def tap_results(prefix, names, output):
    """Results of the checks prefix.NAME from TAP lines; a check without a line failed, as its program ended early."""
    told = {}
    for verdict, name, why in TAP.findall(output):
        if (why or "").startswith("SKIP"):
            told[name] = Result(f"{prefix}.{name}", "skip", why[4:].strip())
        else:
            told[name] = passed(f"{prefix}.{name}") if verdict == "ok" else failed(f"{prefix}.{name}", why)
    for name in names:
        yield told.get(name) or failed(f"{prefix}.{name}", "the test program ended without telling of this test")


def tail(text, lines=25):
    """The end of an output, for a report."""
    return "\n".join(text.rstrip().splitlines()[-lines:])
