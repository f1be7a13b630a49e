#!/usr/bin/python3
"""cores.py - fetches the cores that a running machine keeps, over the serial port at which its service `core-port` answers, and
says how to open each (behind `make cores`; doc/debugging-cores.md).

    cores.py build/rv32.cores --width 32 [--out build/cores]

The socket is QEMU's other end of that port. A file's name has the width, the number of the death, which counts from 1 at each start
of the machine, and the program; one of the same name is overwritten. Exit status 1 if a core did not come over whole, 0 also if
there is none.
"""

import argparse
import hashlib
import os
import re
import socket
import sys

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "tool/image"))
import build_id  # noqa: E402

SECONDS = 30        # without a byte
LINE_BYTES = 200
REFUSED = b"error: ask for `list` or `get NUMBER`\n"
CORE = re.compile(r"core (\d+) (\d+) (\d+) (\d+) (\d+) ([\w.+-]*)")


class CoresError(Exception):
    """What went wrong, as one sentence."""


class Port:
    """The other end of the guest's serial port, in lines and in bytes."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        try:
            self.socket.connect(path)
        except OSError as error:
            raise CoresError(f"nobody is at {path} ({error.strerror}); start a machine with make run CRASHES=yes.") from None
        self.held = b""

    def more(self):
        try:
            piece = self.socket.recv(1 << 16)
        except TimeoutError:
            raise CoresError(f"the machine said nothing for {SECONDS} s; is its service core-port running?") from None
        if not piece:
            raise CoresError("the machine closed the port.")
        self.held += piece

    def line(self):
        while b"\n" not in self.held:
            if len(self.held) > LINE_BYTES:
                raise CoresError("what came is no line; is another program at this port?")
            self.more()
        line, _, self.held = self.held.partition(b"\n")
        return line.decode("ascii", "replace")

    def bytes(self, count):
        while len(self.held) < count:
            self.more()
        taken, self.held = self.held[:count], self.held[count:]
        return taken

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def settle(self):
        """Drops what an earlier client left behind, half a core perhaps: it ends with the answer to this."""
        self.ask("")
        while REFUSED not in self.held:
            self.held = self.held[-len(REFUSED):]
            self.more()
        self.held = self.held.partition(REFUSED)[2]

    def cores(self):
        """(serial, process, cause, bytes, missing, label) of each."""
        self.settle()
        self.ask("list")
        found = []
        while (line := self.line()) != "end":
            core = CORE.fullmatch(line)
            if not core:
                raise CoresError(f"the machine answered {line!r} and not a core.")
            found.append((*map(int, core.groups()[:5]), core[6]))
        return found

    def get(self, serial):
        self.ask(f"get {serial}")
        line = self.line()
        size = re.fullmatch(r"core (\d{1,9})", line)
        if not size:
            raise CoresError(line.removeprefix("error: "))
        content = self.bytes(int(size[1]))
        if self.line() != f"sha256 {hashlib.sha256(content).hexdigest()}":
            raise CoresError(f"core {serial} did not come over whole; ask again.")
        return content


def gdb_line(path, content, width):
    """The command that opens a core, with its program where one of that build ID lies in build/."""
    ident = build_id.of_core(content)
    program = build_id.find(ident, width) if ident else None
    return f"gdb-multiarch {program + ' ' if program else ''}-c {path}", ident


def fetch(socket_path, width, out):
    """Yields (path, the command that opens it, words about it)."""
    port = Port(socket_path)
    os.makedirs(out, exist_ok=True)
    for serial, process, _, _, missing, label in port.cores():
        content = port.get(serial)
        path = os.path.join(out, f"rv{width}-{serial}-{label or 'unknown'}.core")
        with open(path, "wb") as file:
            file.write(content)
        command, ident = gdb_line(path, content, width)
        about = f"process {process}, {len(content) >> 10} KiB" + (f", {missing >> 10} KiB of it are missing" if missing else "")
        yield path, command, about + (f", build ID {ident}" if ident else ", without a build ID")


def main():
    parser = argparse.ArgumentParser(description="Fetches the cores that a running machine keeps.")
    parser.add_argument("socket", help="the other end of its serial port")
    parser.add_argument("--width", type=int, choices=(32, 64), default=32)
    parser.add_argument("--out", default="build/cores")
    args = parser.parse_args()
    os.chdir(TOP)
    count = 0
    for path, command, about in fetch(args.socket, args.width, args.out):
        print(f"{path}: {about}\n  {command}")
        count += 1
    print(f"cores: {count}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CoresError as error:
        sys.exit(f"cores: {error}")
