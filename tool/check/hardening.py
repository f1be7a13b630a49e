#!/usr/bin/python3
"""hardening.py - what compiler and linker were asked for is in the files that are shipped: one line a file that lacks something.

    hardening.py --width 32 build/rv32/program/hello.elf ...
    hardening.py --kernel build/rv32/kernel.elf build/rv32/boot.elf      of these, only what holds for them, too

Of every file: no segment is writable and executable. Of a program, moreover: its stack is not executable; it can be placed
anywhere; its relocations are relative ones, all in its writable segment, none in text; it is linked with RELRO, which covers the
dynamic section, and with BIND_NOW; and each part of it that was compiled from C or C++ with debug information, which all of ours
is, says in that information that it was compiled with REQUIRED. The compiler's own library comes ready-made. Beside NAME.elf lies
what goes into the image, NAME, whose program headers are the same. Ends with `hardening: N files, N parts`, and with 1 if a file
lacks something.
"""

import argparse
import os
import re
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../image"))
from elf import LOAD, Elf, ElfError  # noqa: E402

REQUIRED = ["-fstack-protector-strong", "-ftrivial-auto-var-init=zero", "-fPIE"]
DYNAMIC, INTERPRETER, STACK, RELRO = 2, 3, 0x6474e551, 0x6474e552
RELA, RELA_SIZE, PLT_RELOCATIONS, TEXT_RELOCATIONS, FLAGS, FLAGS_1 = 7, 8, 23, 22, 30, 0x6ffffffb
BIND_NOW, NOW = 8, 1
READY_MADE = "/libgcc/"
RISCV_NONE, RISCV_RELATIVE = 0, 3


def words(elf, segment):
    """A segment's content as words of the width."""
    size = elf.width // 8
    content = elf.content[segment.offset:segment.offset + segment.file_size]
    return struct.unpack(f"<{len(content) // size}{'I' if elf.width == 32 else 'Q'}", content[:len(content) // size * size])


def at_address(elf, address, size):
    for s in elf.loads():
        if s.vaddr <= address and address + size <= s.vaddr + s.file_size:
            return elf.content[s.offset + address - s.vaddr:][:size]
    return b""


def relocations(elf, dynamic):
    """(place, type) of each."""
    form = "<3I" if elf.width == 32 else "<3Q"
    content = at_address(elf, dynamic.get(RELA, 0), dynamic.get(RELA_SIZE, 0))
    for place, info, _ in struct.iter_unpack(form, content):
        yield place, info & (0xff if elf.width == 32 else 0xffffffff)


def lacks_any(elf):
    """What holds for the kernel, too."""
    for s in elf.segments:
        if s.type == LOAD and "W" in s.flags and "X" in s.flags:
            yield f"its segment at 0x{s.vaddr:x} is writable and executable"


def lacks_stack(elf):
    stacks = [s for s in elf.segments if s.type == STACK]
    if not stacks or any("X" in s.flags for s in stacks):
        yield "its stack may be executable; link it with -z noexecstack"


def covers(outer, inner):
    return outer.vaddr <= inner.vaddr and inner.vaddr + inner.memory_size <= outer.vaddr + outer.memory_size


def lacks_linked(elf):
    by_type = {s.type: s for s in elf.segments}
    if not elf.is_pie or DYNAMIC not in by_type:
        yield "it cannot be placed anywhere; link it with -pie"
        return
    if INTERPRETER in by_type:
        yield "it asks for another program to load it; link it with --no-dynamic-linker"
    values = words(elf, by_type[DYNAMIC])
    dynamic = dict(zip(values[0::2], values[1::2]))
    if RELRO not in by_type or not covers(by_type[RELRO], by_type[DYNAMIC]):
        yield "its dynamic section stays writable; link it with -z relro"
    if not dynamic.get(FLAGS, 0) & BIND_NOW or not dynamic.get(FLAGS_1, 0) & NOW:
        yield "it would bind lazily; link it with -z now"
    if TEXT_RELOCATIONS in dynamic or PLT_RELOCATIONS in dynamic:
        yield "it has relocations of text, or of a table of procedures"
    for place, kind in relocations(elf, dynamic):
        if kind == RISCV_NONE:
            continue
        if kind != RISCV_RELATIVE:
            yield f"its relocation at 0x{place:x} is of type {kind}, and not relative"
            return
        if not any("W" in s.flags and s.vaddr <= place < s.vaddr + s.memory_size for s in elf.loads()):
            yield f"its relocation at 0x{place:x} is not in writable memory"
            return


def producers(path):
    """(source, compiler with its options) of each part with debug information."""
    out = subprocess.run(["riscv64-unknown-elf-objdump", "--dwarf=info", "--dwarf-depth=1", path], capture_output=True, text=True,
                         check=True, stdin=subprocess.DEVNULL).stdout
    value = r"\s*: (?:\(indirect (?:line )?string, offset: [0-9a-fx]+\): )?(.*)"
    return re.findall(rf"DW_AT_producer{value}\n(?:.*\n)*?.*DW_AT_name{value}", out)


def lacks_compiled(path, parts):
    for producer, source in parts:
        missing = [flag for flag in REQUIRED if flag not in producer.split()]
        if producer.startswith(("GNU C11", "GNU C17", "GNU C++")) and READY_MADE not in source and missing:
            yield f"{source.strip()} was compiled without {' '.join(missing)}"


def lacks_stripped(path, elf):
    """Stripping has once dropped the program header of RELRO. And by equal ones a debugger knows that the two belong together."""
    if not path.endswith(".elf"):
        return
    with open(path.removesuffix(".elf"), "rb") as file:
        if Elf(file.read()).segments != elf.segments:
            yield f"the program headers of {path.removesuffix('.elf')} are others; strip with nothing but --strip-all"


def lacks(path, kernel):
    """(sentences, number of parts)"""
    with open(path, "rb") as file:
        try:
            elf = Elf(file.read())
        except ElfError as error:
            return [str(error)], 0
    if kernel:
        return list(lacks_any(elf)), 0
    parts = producers(path)
    found = [*lacks_any(elf), *lacks_stack(elf), *lacks_linked(elf), *lacks_compiled(path, parts), *lacks_stripped(path, elf)]
    return found if parts else [*found, "it has no debug information, so nobody knows how it was compiled"], len(parts)


def main():
    parser = argparse.ArgumentParser(description="Is what compiler and linker were asked for in these files?")
    parser.add_argument("--kernel", nargs="*", default=[], help="files of which only the segments are looked at")
    parser.add_argument("programs", nargs="*", help="programs with their symbols")
    args = parser.parse_args()
    bad = total = 0
    for path in args.kernel + args.programs:
        found, parts = lacks(path, path in args.kernel)
        total += parts
        bad += bool(found)
        for sentence in found:
            print(f"hardening: {path}: {sentence}.")
    print(f"hardening: {len(args.kernel) + len(args.programs)} files, {total} parts")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
