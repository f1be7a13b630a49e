"""elf.py - as much of an ELF file as the image tools need: header, program headers, build ID.

The authority on what Nacre starts is base/elf.c, which the loader and boot use; here only that is checked which would
make an image useless: a program that cannot be mapped where it lies.
"""

import struct
from collections import namedtuple

PAGE = 4096
LOAD, NOTE = 1, 4
RISCV = 243
Segment = namedtuple("Segment", "type flags offset vaddr file_size memory_size alignment")


class ElfError(Exception):
    """What is wrong with a file, as one sentence."""


class Elf:
    """width (32 or 64), is_pie, entry and segments of an executable."""

    def __init__(self, content):
        self.content = content
        if content[:4] != b"\x7fELF" or content[4:5] not in (b"\1", b"\2") or content[5:6] != b"\1":
            raise ElfError("it is not a little-endian ELF file.")
        self.width = 32 * content[4]
        try:
            self._read()
        except struct.error:
            raise ElfError("it is cut: a header of its ELF file lies outside it.") from None

    def _read(self):
        layout = "<HHIIIIIHHH" if self.width == 32 else "<HHIQQQIHHH"
        kind, machine, _, self.entry, at, _, _, _, size, count = struct.unpack_from(layout, self.content, 16)
        if kind not in (2, 3) or machine != RISCV:
            raise ElfError("it is not an executable for RISC-V.")
        self.is_pie = kind == 3
        self.segments = [self._segment(at + i * size) for i in range(count)]
        for s in self.segments:
            if s.offset + s.file_size > len(self.content):
                raise ElfError("it is cut: a segment lies outside the file.")

    def _segment(self, at):
        if self.width == 32:
            kind, offset, vaddr, _, file_size, memory_size, flags, alignment = struct.unpack_from("<8I", self.content, at)
        else:
            kind, flags, offset, vaddr, _, file_size, memory_size, alignment = struct.unpack_from("<2I6Q", self.content, at)
        letters = "".join(letter if flags & bit else "-" for letter, bit in (("R", 4), ("W", 2), ("X", 1)))
        return Segment(kind, letters, offset, vaddr, file_size, memory_size, alignment)

    def loads(self):
        return [s for s in self.segments if s.type == LOAD]

    def check_mappable(self):
        """Each segment has pages of its own, at the same place within the page in the file as in memory."""
        loads = self.loads()
        if not loads:
            raise ElfError("it has nothing to load.")
        for s in loads:
            if (s.offset - s.vaddr) % PAGE or s.alignment % PAGE or not s.alignment:
                raise ElfError(f"its segment at 0x{s.vaddr:x} cannot be mapped in place: offset 0x{s.offset:x} and address "
                               "differ within the page; link it with -z max-page-size=4096.")
            if "W" in s.flags and "X" in s.flags:
                raise ElfError(f"its segment at 0x{s.vaddr:x} is both writable and executable.")
        self._check_pages([(s.vaddr, s.memory_size, s.vaddr) for s in loads], "memory")
        in_place = [s for s in loads if "W" not in s.flags]
        self._check_pages([(s.offset, s.file_size, s.vaddr) for s in in_place], "the file")

    @staticmethod
    def _check_pages(ranges, where):
        """No page belongs to two of the (start, size, vaddr)."""
        last_page, last = -1, 0
        for start, size, vaddr in sorted(r for r in ranges if r[1]):
            if start // PAGE <= last_page:
                raise ElfError(f"its segments at 0x{last:x} and 0x{vaddr:x} share a page of {where}; "
                               "link it with -z separate-code.")
            last_page, last = (start + size - 1) // PAGE, vaddr

    def build_id(self):
        """The linker's build ID in hexadecimal, or None."""
        for s in self.segments:
            at, end = s.offset, s.offset + s.file_size
            while s.type == NOTE and at + 12 <= end:
                name, size, kind = struct.unpack_from("<3I", self.content, at)
                content_at = at + 12 + name + -name % 4
                if kind == 3 and self.content[at + 12:at + 16] == b"GNU\0":
                    return self.content[content_at:content_at + size].hex()
                at = content_at + size + -size % 4
        return None
