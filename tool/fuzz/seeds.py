"""seeds.py - inputs to start from, for each fuzzer of test/fuzz: what is right, in its smallest form.

SEEDS[NAME]() gives bytes. Those of `messages` are the requests that are allowed and those that are not of
build/gen/fuzz/NAME.json, in the form that test/fuzz/messages.c takes apart.
"""

import glob
import io
import json
import random
import struct
import tarfile

PAGE = 4096


def elf(width):
    """Headers, text, data with relocations, thread-local storage and a build ID."""
    wide = width == 64
    word = "<Q" if wide else "<I"
    segments = [(1, 4, 0, 0x300, 0x300), (1, 5, 0x1000, 0x20, 0x20), (1, 6, 0x1020, 0x80, 0x200),
                (2, 6, 0x1040, 0x60, 0x60), (4, 4, 0x200, 0x24, 0x24), (7, 4, 0x1020, 8, 16), (0x6474e552, 4, 0x1020, 0x20, 0x20)]
    header = bytes([0x7f]) + b"ELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    at = 64 if wide else 52
    entry, segment_size = 0x1000, 56 if wide else 32
    header += struct.pack("<HHI", 3, 243, 1) + b"".join(struct.pack(word, value) for value in (entry, at, 0))
    header += struct.pack("<IHHHHHH", 1, at, segment_size, len(segments), 0, 0, 0)
    for kind, flags, offset, size, memory in segments:
        vaddr = offset + (0x1000 if offset >= 0x1020 else 0)
        aligned = PAGE if kind == 1 else 4
        if wide:
            header += struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, vaddr, size, memory, aligned)
        else:
            header += struct.pack("<IIIIIIII", kind, offset, vaddr, vaddr, size, memory, flags, aligned)
    file = bytearray(0x10a0)
    file[:len(header)] = header
    file[0x200:0x224] = struct.pack("<III", 4, 20, 3) + b"GNU\0" + bytes(range(20))
    entry_size = 24 if wide else 12
    dynamic = b"".join(struct.pack(word * 1 + word[1:], *pair) for pair in
                       ((7, 0x280), (8, 2 * entry_size), (9, entry_size), (0, 0)))
    file[0x1040:0x1040 + len(dynamic)] = dynamic
    table = b"".join(struct.pack(word + 2 * word[1:], 0x2020 + 8 * i, 3, 0x1000) for i in range(2))
    file[0x280:0x280 + len(table)] = table
    return bytes(file)


def trees():
    for path in glob.glob("build/rv??/board.dtb"):
        with open(path, "rb") as file:
            yield file.read()


def archives():
    for format in (tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=format) as archive:
            for name, data in (("kernel", b"k" * 600), ("bin/init", b"i"), ("d" * 90 + "/" + "n" * 60, b"")):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        yield out.getvalue()[:8192].rstrip(b"\0") + bytes(1024)


def descriptions():
    for path in glob.glob("build/rv32/system/*"):
        with open(path, "rb") as file:
            yield file.read()[:4096]
    yield b"nacre-system 1 a\nreserve 1\nprogram *\nkind program\npages 4\nlookup svc/a\nlookup svc/b\ncritical\n"


def word(value):
    """A word as messages.c takes it."""
    if value < 0xf0:
        return bytes([value])
    if value < 1 << 16:
        return b"\xf0" + struct.pack("<H", value)
    return b"\xf4" + struct.pack("<I", value) if value < 1 << 32 else b"\xf8" + struct.pack("<Q", value)


OBJECTS = {name: number for number, name in enumerate(
    ("process", "thread", "server", "connection", "memory", "device", "interrupt", "budget"), 1)}


def message(badge, entry):
    """One call, answered with OK, and the end."""
    wide = entry.get("wide", [0] * 5)
    data = bytes.fromhex(entry.get("data", ""))[:0x1fff]
    lent = entry.get("loan") or {"bytes": 0, "writable": False}
    loan = -(-lent["bytes"] // PAGE)
    kind = (2 if lent["writable"] else 0) << 4
    out = bytes([kind, badge]) + word(entry["opcode"])
    out += b"".join(word(high << 32 | low) for low, high in zip(entry["words"], wide))
    out += bytes([0, 0, loan]) + struct.pack("<H", len(data)) + data
    handles = entry.get("handles", [])
    out += bytes([len(handles)]) + b"".join(bytes([0x80 + OBJECTS.get(each.get("object", each.get("type")), 4)]) for each in handles)
    return out + bytes(8) + b"\0"


def messages():
    protocols = sorted(glob.glob("build/gen/fuzz/*.json"))
    for badge, path in enumerate(protocols):
        with open(path, encoding="utf-8") as file:
            grammar = json.load(file)
        for method in grammar["methods"].values():
            for entry in [method["valid"], *method["refused"]]:
                yield message(badge, entry)


def act(number, *texts, tail=b""):
    return bytes([number]) + b"".join(bytes([len(text)]) + text for text in texts) + tail


def paths():
    tree = act(1, b"/d") + act(1, b"d/e") + act(0, b"d/e/f") + act(0, b"g")
    yield tree
    yield tree + act(3, b"d/e/f", b"h") + act(4, b"g", b"d/../d/./k") + act(2, b"g", tail=b"\0")
    yield tree + act(3, b"d", b"d/e/x") + act(3, b"d/e", b"z/") + act(5, b"/", tail=bytes(4) + b"\0\2")
    yield tree + act(6, b"g", tail=b"\0\x10\0\0\0" + b"\x20\0" + b"\0") + act(6, b"g", tail=b"\0\0\0\0\0\0\0\2")


def stores():
    for each in paths():
        yield each + bytes([7]) * 12 + b"\3\0\x20\0\0\7\0\x30\0\1\1\0\0\x21\0\2\xff\xff\xff\xff" + act(2, b"g", tail=b"\0")


def lines():
    yield b"A=1\necho $A 'a b' \"c\\\"d\" $? ; x & # c\necho \\$ '' \"\" $B$\n"
    yield b"A=" + b"x" * 250 + b"\necho " + b"$A" * 4 + b"\n" + b"a;" * 50
    yield b"A=" + b"x" * 100 + b"\necho " + b"$A" * 5 + b"123456 \"\" b\n"      # to the last byte of the room, and on


def lives():
    """Of a driver: 400 by dice, each with its own choice of what its device does wrong (FLAW_ in test/fuzz/world.h); one in
    eight has a device without flaws."""
    for number in range(400):
        dice = random.Random(number)
        flaws = 0 if number % 8 == 0 else dice.getrandbits(16) & dice.getrandbits(16)
        yield struct.pack("<H", flaws) + dice.randbytes(dice.randrange(100, 1400))


def calls():
    """Sequences for the kernel and its reference model: any bytes are one."""
    number = random.Random(6)
    return (number.randbytes(8 * steps) for steps in 10 * (20, 60, 120, 200))


DRIVERS = ("virtio_blk", "virtio_console", "virtio_net", "virtio_rng")
SEEDS = {
    **{name: lives for name in DRIVERS},
    "archive": archives, "description": descriptions, "elf": lambda: (elf(32), elf(64)), "fdt": trees, "messages": messages,
    "paths": paths, "store": stores, "words": lines, "kernel": calls,
}
