"""symbols.py - which function an executed instruction belongs to.

The kernel lies where it was linked. Programs and firmware lie anywhere: they are found by what was executed, since an
instruction's bytes and its place within the page are the same in the file. What tests copy elsewhere for their children
(lib/test/child.h) keeps its bytes alone, and is looked for last. The more of a run is known, the surer this is.
"""

import bisect
import collections
import functools
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../image"))
from elf import Elf  # noqa: E402

CROSS = "riscv64-unknown-elf-"
FEW = 8     # instructions that may agree by chance
PAGE = 4096
COPIED = ("__start_child_text", "__stop_child_text")
ECALL = b"\x73\0\0\0"


def output(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


class Program:
    """An ELF file: its functions, and its executable bytes."""

    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path).removesuffix(".elf")
        with open(path, "rb") as file:
            content = file.read()
        segments = [one for one in Elf(content).loads() if "X" in one.flags]
        self.code = [(one.vaddr, content[one.offset:one.offset + one.file_size]) for one in segments]
        rows = [line.split() for line in output(CROSS + "nm", "-n", "--defined-only", path).splitlines()]
        named = [(int(row[0], 16), row[2]) for row in rows if len(row) == 3 and row[1] in "tTwW" and row[2][0] not in "$."]
        self.starts, self.names = [row[0] for row in named], [row[1] for row in named]
        self.copied = {row[2]: int(row[0], 16) for row in rows if len(row) == 3 and row[2] in COPIED}
        self.texts = None

    def function(self, address):
        place = bisect.bisect_right(self.starts, address) - 1
        return (self.names[place], address - self.starts[place]) if place >= 0 else ("?", 0)

    def text(self, address):
        """The instruction as objdump writes it."""
        if self.texts is None:
            lines = [line.split("\t") for line in output(CROSS + "objdump", "-d", self.path).splitlines()]
            self.texts = {int(line[0].strip(" :"), 16): " ".join(line[2:]) for line in lines if len(line) > 2}
        return self.texts.get(address, "?")

    def holds(self, address, bytes_):
        for start, code in self.code:
            if start <= address < start + len(code):
                return code[address - start:address - start + len(bytes_)] == bytes_
        return False

    def instructions(self):
        """(address, bytes) of everything executable."""
        for start, code in self.code:
            for at in range(0, len(code) - 1, 2):
                yield start + at, code[at:at + (4 if code[at] & 3 == 3 else 2)]

    @functools.cached_property
    def by_place(self):
        """(address within the page, bytes) -> addresses."""
        return index(((address % PAGE, bytes_), address) for address, bytes_ in self.instructions())

    @functools.cached_property
    def by_bytes(self):
        """Bytes -> addresses, of what is copied for children."""
        first, end = (self.copied.get(name, 0) for name in COPIED)
        return index((bytes_, address) for address, bytes_ in self.instructions() if first <= address < end)


def index(pairs):
    found = collections.defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def best_bias(program, left, within_page):
    """(how many instructions agree, bias) of the place at which most of those left would be the program's."""
    votes = collections.Counter()
    for address, bytes_ in left:
        places = program.by_place.get((address % PAGE, bytes_), ()) if within_page else program.by_bytes.get(bytes_, ())
        votes.update(address - place for place in places)
    return max(((count, bias) for bias, count in votes.items()), default=(0, 0))


def claim(found, left, program, bias):
    for address, bytes_ in list(left):
        if program.holds(address - bias, bytes_):
            found[address, bytes_] = (program, address - bias)
            left.discard((address, bytes_))


def locate(executed, kernel, firmware, programs):
    """(address, bytes) of each executed instruction -> (program, address in its file)."""
    found, left = {}, set(executed)
    claim(found, left, kernel, 0)
    for within_page in (True, False):
        while left:
            choices = [(best_bias(program, left, within_page), program) for program in [*programs, firmware]]
            (votes, bias), program = max(choices, key=lambda one: one[0])
            if votes < FEW:
                break
            claim(found, left, program, bias)
    return found


def instruction(address, bytes_):
    """The plugin's two words, as locate() wants them."""
    value = int(bytes_, 16)
    return int(address, 16), value.to_bytes(4 if value & 3 == 3 else 2, "little")
