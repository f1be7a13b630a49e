#!/usr/bin/python3
"""qmp.py - asks a running QEMU for pictures, and tells it of keys and of the tablet, by its machine protocol (QMP).

    qmp.py build/rv32.qmp screenshot build/rv32/screen.png
    qmp.py build/rv32.qmp key a shift-b esc         presses and releases, in order; by QEMU's names of keys
    qmp.py build/rv32.qmp move 320 240              the tablet, in pixels of the display
    qmp.py build/rv32.qmp press left                a button, until: release left
    from qmp import Qmp                             the same for tests
"""

import json
import os
import socket
import sys
import time

AXIS_MAX = 0x7fff   # of QEMU's absolute axes, whatever is behind them


class QmpError(Exception):
    """What QEMU would not do, as one sentence."""


class Qmp:
    """A connection to the socket of `-qmp unix:PATH`. Use as a context manager. seconds: the most that anything may take."""

    def __init__(self, path, seconds=30):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(seconds)
        self.connect(path, time.monotonic() + seconds)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.lines.readline()   # QEMU's greeting
        self.command("qmp_capabilities")

    def connect(self, path, deadline):
        """QEMU makes the socket a moment after its start."""
        while True:
            try:
                return self.socket.connect(path)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                if time.monotonic() > deadline:
                    raise QmpError(f"no QEMU listens at {path}; start one with make run GPU=yes.") from error
                time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def command(self, name, **arguments):
        """What the command returns. Events that come in between are dropped."""
        self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while line := self.lines.readline():
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise QmpError(f"QEMU does not do {name}: {answer['error']['desc']}.")
        raise QmpError(f"QEMU ended while it was asked for {name}.")

    def screenshot(self, path, kind="png"):
        """Writes what the display shows to a file; kind: png or ppm."""
        self.command("screendump", filename=os.path.abspath(path), format=kind)

    def send(self, *events):
        self.command("input-send-event", events=list(events))

    def keys(self, *names):
        """Each name, as in "a", "esc" or "shift-a": all of it pressed, then released."""
        for name in names:
            codes = name.split("-")
            for code, down in [(code, True) for code in codes] + [(code, False) for code in reversed(codes)]:
                self.key(code, down)

    def key(self, code, down):
        self.send({"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": code}}})

    def button(self, name, down):
        self.send({"type": "btn", "data": {"down": down, "button": name}})

    def move(self, x, y, width=640, height=480):
        """The tablet to the middle of a pixel of a display of that size."""
        values = [(2 * place + 1) * (AXIS_MAX + 1) // (2 * size) for place, size in ((x, width), (y, height))]
        self.send(*({"type": "abs", "data": {"axis": axis, "value": value}} for axis, value in zip("xy", values)))


def main(words):
    if len(words) < 3:
        sys.exit(__doc__)
    path, verb, *rest = words
    with Qmp(path, 2) as qmp:
        if verb == "screenshot" and len(rest) == 1:
            qmp.screenshot(rest[0])
            print(rest[0])
        elif verb == "key":
            qmp.keys(*rest)
        elif verb == "move" and len(rest) == 2:
            qmp.move(int(rest[0]), int(rest[1]))
        elif verb in ("press", "release") and len(rest) == 1:
            qmp.button(rest[0], verb == "press")
        else:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (QmpError, OSError) as error:
        sys.exit(f"qmp.py: {error}")
