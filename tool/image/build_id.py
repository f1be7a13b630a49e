"""build_id.py - which program a core, or an address in a log, belongs to: build IDs of ELF files, and finding a file by its own."""

import glob
import os
import struct

NOTE, LOAD, BUILD_ID = 4, 1, 3


def headers(content, at=0):
    """(type, offset, vaddr, file size) of each program header of the ELF file that begins there; () if none does."""
    if content[at:at + 4] != b"\x7fELF" or content[at + 4] not in (1, 2):
        return
    wide = content[at + 4] == 2
    try:
        first, = struct.unpack_from("<Q" if wide else "<I", content, at + (32 if wide else 28))
        size, count = struct.unpack_from("<HH", content, at + (54 if wide else 42))
        for index in range(count):
            if wide:
                kind, _, offset, vaddr, _, length = struct.unpack_from("<IIQQQQ", content, at + first + index * size)
            else:
                kind, offset, vaddr, _, length = struct.unpack_from("<IIIII", content, at + first + index * size)
            yield kind, offset, vaddr, length
    except struct.error:
        return


def of(content, at=0):
    """The build ID of the ELF file that begins there, in hexadecimal; None."""
    for kind, offset, _, length in headers(content, at):
        place, end = at + offset, at + offset + length
        while kind == NOTE and place + 12 <= min(end, len(content)):
            name, size, note = struct.unpack_from("<III", content, place)
            start = place + 12 + -(-name // 4) * 4
            if note == BUILD_ID and content[place + 12:place + 16] == b"GNU\0" and start + size <= len(content):
                return content[start:start + size].hex()
            place = start + -(-size // 4) * 4
    return None


def of_core(content):
    """That of the program in a core: of the first memory in it that begins with an ELF header, as gdb looks for it."""
    for kind, offset, _, length in headers(content):
        if kind == LOAD and length and content[offset:offset + 4] == b"\x7fELF":
            return of(content[:offset + length], offset)
    return None


def find(ident, width, folder="build"):
    """The file with symbols that has it, of those that images were made of, or that were built last; None."""
    kept = f"{folder}/symbols/{ident[:2]}/{ident[2:]}.elf"
    if os.path.exists(kept):
        return kept
    for pattern in (f"{folder}/rv{width}/program/*.elf", f"{folder}/rv{width}/*.elf", f"{folder}/rv{width}/port/bin/*.elf", f"{folder}/rv{width}/lang/*.elf"):
        for path in sorted(glob.glob(pattern)):
            with open(path, "rb") as file:
                if of(file.read(1 << 16)) == ident:
                    return os.path.relpath(path)
    return None
