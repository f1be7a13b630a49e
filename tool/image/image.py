#!/usr/bin/python3
"""image.py - builds Nacre's boot image, and says what is in one.

    image.py build --boot boot.bin --kernel kernel.elf --init init --dtb board.dtb [--options "deadline=5000000000"]
                   [--file bin/NAME=PATH ...] [--flash-bytes N] --out image
    image.py info image

An image is boot's text, a page with a header, and a POSIX tar archive (boot/image.h draws it). The content of each
file starts on a page of its own, so that programs are mapped where they lie: pax headers with a comment fill the
space between, so `tar -tf` lists the archive as usual. Its first file, SHA256SUMS, is what sha256sum(1) prints.

The same inputs give the same bytes: no times, owners or paths go in. --flash-bytes pads with zeros to the size of a
flash chip, as QEMU wants it. The output appears whole or not at all. Exit status: 0; 1 where an input or an image is
wrong, with one sentence on standard error; 2 for wrong usage.
"""

import argparse
import hashlib
import os
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from elf import Elf, ElfError  # noqa: E402

PAGE = 4096
BLOCK = 512
MAGIC = b"NACREIMG"
VERSION = 1
HEADER = struct.Struct("<8s6I32s")      # magic, version, header at, total, archive at, archive bytes, 0, table's hash
TRAILER = 32            # the header's hash once more, at the very end: where it is missing, the image is cut
TABLE = "SHA256SUMS"
PROGRAMS = "bin/"


class ImageError(Exception):
    """What is wrong with an input or an image, as one sentence."""


def sha256(data):
    return hashlib.sha256(data).digest()


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ImageError(f"cannot read {path}: {error.strerror}.") from error


# --- the archive ---------------------------------------------------------------------------------------------------


def tar_header(name, size, kind, mode):
    """One ustar header; the checksum is taken with its own field full of spaces."""
    field = name.encode()
    if len(field) > 100:
        raise ImageError(f"the name {name} is longer than the 100 bytes that a ustar header has for it.")
    header = bytearray(struct.pack("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x",
                                   field, b"%07o" % mode, b"%07o" % 0, b"%07o" % 0, b"%011o" % size, b"%011o" % 0,
                                   b" " * 8, kind, b"", b"ustar", b"00", b"", b"", b"%07o" % 0, b"%07o" % 0, b""))
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def pax_comment(size):
    """A pax record of exactly that many bytes, whose meaning is nothing."""
    start = b"%d comment=page padding " % size
    return start + b"." * (size - len(start) - 1) + b"\n"


def padding_before(offset):
    """What goes in at the offset so that a header written behind it ends at the end of a page."""
    if (offset + BLOCK) % PAGE == 0:
        return b""
    size = -(offset + 2 * BLOCK) % PAGE or PAGE
    return tar_header("pax/padding", size, b"x", 0o644) + pax_comment(size)


def archive_build(files):
    """files: list of (name, content). Ended by at least two blocks of zeros; with the trailer it fills whole pages."""
    archive = bytearray()
    for name, content in files:
        archive += padding_before(len(archive))
        archive += tar_header(name, len(content), b"0", 0o755 if content[:4] == b"\x7fELF" else 0o644)
        archive += content + bytes(-len(content) % BLOCK)
    archive += bytes(2 * BLOCK)
    return bytes(archive + bytes(-(len(archive) + TRAILER) % PAGE))


def archive_read(archive, base):
    """Yields (name, content, offset of the content in the image)."""
    at = 0
    while at + BLOCK <= len(archive) and any(archive[at:at + BLOCK]):
        header = archive[at:at + BLOCK]
        try:
            stated, size = int(header[148:154], 8), int(header[124:135], 8)
        except ValueError:
            raise ImageError(f"the archive's header at 0x{base + at:x} is damaged.") from None
        if sum(header) - sum(header[148:156]) + 8 * 32 != stated or at + BLOCK + size > len(archive):
            raise ImageError(f"the archive's header at 0x{base + at:x} is damaged, or the image is cut.")
        at += BLOCK
        if header[156:157] == b"0":
            yield header[:100].rstrip(b"\0").decode("ascii", "replace"), archive[at:at + size], base + at
        at += size + -size % BLOCK
    if at + 2 * BLOCK > len(archive):
        raise ImageError("the archive has no end mark: the image is cut.")


# --- building ------------------------------------------------------------------------------------------------------


def elf_checked(path, content):
    """The program, if it can be mapped where it lies."""
    try:
        elf = Elf(content)
        elf.check_mappable()
    except ElfError as error:
        raise ImageError(f"{path}: {error}") from error
    return elf


def name_check(name):
    parts = name.split("/")
    if not name.isascii() or not name.isprintable() or " " in name or any(p in ("", ".", "..") for p in parts):
        raise ImageError(f"{name!r} is no name for a file in the image: use plain words parted by slashes.")


def extra_files(arguments):
    """--file NAME=PATH, sorted by name, so that the order of arguments does not show in the image."""
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if not equals:
            raise ImageError(f"--file wants NAME=PATH, not {argument!r}.")
        name_check(name)
        content = read(path)
        if name.startswith(PROGRAMS):
            elf_checked(path, content)
        yield name, content


def files_collect(args):
    """All files of the archive but the table, in their order."""
    kernel, init = read(args.kernel), read(args.init)
    width = elf_checked(args.kernel, kernel).width
    if elf_checked(args.init, init).width != width:
        raise ImageError(f"{args.init} is not a {width}-bit program like the kernel {args.kernel}.")
    options = args.options.encode()
    if b"\0" in options or len(options) > 1000:
        raise ImageError("--options takes at most 1000 bytes of text.")
    files = [("options", options + b"\n"), ("board.dtb", read(args.dtb)), ("kernel", kernel), ("init", init)]
    files += sorted(extra_files(args.file))
    names = [TABLE] + [name for name, _ in files]
    for name in names:
        if names.count(name) > 1:
            raise ImageError(f"two files are named {name}.")
    return files


def image_join(boot, archive, table):
    """Boot's text, the header's page, the archive, the trailer."""
    at, size = len(boot), len(archive) + TRAILER
    header = HEADER.pack(MAGIC, VERSION, at, at + PAGE + size, at + PAGE, size, 0, sha256(table))
    digest = sha256(header)
    return boot + (header + digest).ljust(PAGE, b"\0") + archive + digest


def image_build(args):
    boot = read(args.boot)
    if not boot or len(boot) % PAGE:
        raise ImageError(f"{args.boot} is not boot's text: its size is no multiple of {PAGE} "
                         "(make it with objcopy -O binary -j .text).")
    files = files_collect(args)
    table = "".join(f"{sha256(content).hex()}  {name}\n" for name, content in files).encode()
    image = image_join(boot, archive_build([(TABLE, table)] + files), table)
    if args.flash_bytes and len(image) > args.flash_bytes:
        raise ImageError(f"the image has {len(image)} bytes and the flash only {args.flash_bytes}.")
    return image + bytes(max(0, args.flash_bytes - len(image)))


def write_whole(path, data):
    """The file appears under its name only when all of it is written."""
    try:
        with tempfile.TemporaryDirectory(prefix=".image-", dir=os.path.dirname(os.path.abspath(path))) as folder:
            whole = os.path.join(folder, "image")
            with open(whole, "wb") as file:
                file.write(data)
            os.replace(whole, path)
    except OSError as error:
        raise ImageError(f"cannot write {path}: {error.strerror}.") from error


# --- telling -------------------------------------------------------------------------------------------------------


def header_find(image):
    """(offset, fields) of the header: the first page that starts with the magic."""
    for at in range(0, len(image) - PAGE + 1, PAGE):
        if image[at:at + len(MAGIC)] == MAGIC:
            header = image[at:at + HEADER.size]
            if sha256(header) != image[at + HEADER.size:at + HEADER.size + 32]:
                raise ImageError(f"the header at 0x{at:x} is damaged.")
            return at, HEADER.unpack(header)
    raise ImageError("this is no boot image: no page of it starts with NACREIMG.")


def verdict(name, content, table):
    """What a file's digest says about it."""
    if name == TABLE:
        return "ok"
    stated = [line[:64] for line in table.splitlines() if line[66:] == name]
    if len(stated) != 1:
        return "NOT LISTED"
    return "ok" if stated[0] == sha256(content).hex() else "DAMAGED"


def kib(size):
    return f"{size / 1024:.1f} KiB"


def elf_tell(content):
    """Lines about a program: what it is, its build ID, its segments."""
    elf = Elf(content)
    kind = "static PIE" if elf.is_pie else "fixed address"
    yield f"    {elf.width}-bit, {kind}, entry 0x{elf.entry:x}, build ID {elf.build_id() or 'none'}"
    for s in elf.loads():
        use = "copied to RAM" if "W" in s.flags else "mapped in place"
        yield (f"    {s.flags}  0x{s.vaddr:08x}  offset 0x{s.offset:06x}  file {kib(s.file_size):>10}"
               f"  memory {kib(s.memory_size):>10}  {use}")


def image_tell(path):
    """Prints what is in the image; False where a file is damaged."""
    image = read(path)
    at, (_, version, _, total, archive_at, archive_bytes, _, table_hash) = header_find(image)
    if version != VERSION:
        raise ImageError(f"the image's header is of version {version}; this tool reads version {VERSION}.")
    if image[total - TRAILER:total] != image[at + HEADER.size:at + HEADER.size + TRAILER]:
        raise ImageError(f"the image is cut: it does not end where its header says, {total} bytes from its start.")
    files = list(archive_read(image[archive_at:archive_at + archive_bytes], archive_at))
    table = files[0][1] if files and files[0][0] == TABLE else b""
    if sha256(table) != table_hash:
        raise ImageError("SHA256SUMS is missing from the image or damaged.")
    print(f"{path}: {kib(total)}, boot {kib(at)}, archive {kib(archive_bytes)} at 0x{archive_at:x}")
    print(f"{'FILE':24} {'AT':>10} {'SIZE':>12}  SHA-256")
    good = True
    for name, content, offset in files:
        word = verdict(name, content, table.decode())
        good &= word == "ok"
        print(f"{name:24} {offset:#10x} {kib(len(content)):>12}  {word}")
        for line in elf_tell(content) if content[:4] == b"\x7fELF" and word == "ok" else ():
            print(line)
    return good


def arguments():
    parser = argparse.ArgumentParser(description="Builds a Nacre boot image, or says what is in one.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build an image")
    for name in ("boot", "kernel", "init", "dtb", "out"):
        build.add_argument("--" + name, required=True, metavar="PATH")
    build.add_argument("--options", default="", metavar="TEXT", help="boot options: key=value ...")
    build.add_argument("--file", action="append", default=[], metavar="NAME=PATH", help="one more file")
    build.add_argument("--flash-bytes", type=int, default=0, metavar="N", help="pad to this size")
    info = commands.add_parser("info", help="say what is in an image")
    info.add_argument("image", metavar="PATH")
    return parser.parse_args()


def main():
    args = arguments()
    if args.command == "info":
        return 0 if image_tell(args.image) else 1
    write_whole(args.out, image_build(args))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ImageError, ElfError) as error:
        sys.exit(f"image.py: {error}")
    except BrokenPipeError:
        sys.exit(1)
