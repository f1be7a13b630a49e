"""session.py - types at Nacre's shell in QEMU and says what came after each line.

    with Session(32, "build/rv32/image") as session:
        session.type("ps")          the lines that came, up to the next prompt

The run is deterministic (tool/qemu/qemu.py, mode test) but for the time at which typed bytes arrive, so a line is typed
only when the prompt of the one before is there. A program in the background that prints by itself would mix with the
prompt: pages show none.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../qemu"))
from qemu import Machine, drive_words, gpu_words, net_words  # noqa: E402

PROMPT = "nacre> "
# QEMU says this once, in the middle of whatever the guest prints, when all of the guest waits for input.
NOISE = re.compile(r"qemu-system-\w+: warning: [^\n]*\n")
AT_PROMPT = rf"^{PROMPT}(?:{NOISE.pattern})*\Z"


class SessionError(Exception):
    """Why a session could not go on, as one sentence."""


class Session:
    """One machine at its prompt. banner: what it said before. status: QEMU's exit status, once it has ended."""

    def __init__(self, width, image, mem="16M", seconds=60, disks=(), net=False, gpu=False):
        # Devices of the host's take its time, so a guest that waits for one must not skip its waits.
        mode = "typed" if disks or net or gpu else "test"
        extra = drive_words(disks) + (net_words() if net else [])
        extra += gpu_words(os.path.dirname(image) + ".doc.qmp") if gpu else []
        self.machine = Machine(width, mem, image, mode, extra=extra, seconds=seconds, reboot=True)
        self.banner = ""

    def __enter__(self):
        self.machine.__enter__()
        try:
            self.banner = self._until_prompt("there was no prompt")
        except BaseException:
            self.machine.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *what):
        self.machine.__exit__(*what)

    @property
    def status(self):
        return self.machine.status

    def _until_prompt(self, complaint):
        start = self.machine.place
        try:
            at_prompt = self.machine.expect(AT_PROMPT)
        except TimeoutError:
            raise SessionError(f"{complaint} in time; so far came:\n{self.machine.output[start:]}") from None
        if not at_prompt:
            self.machine.wait()
        text = NOISE.sub("", self.machine.output[start:])
        return text.removesuffix(PROMPT) if at_prompt else text

    def type(self, line):
        """Types a line. What came of it, without its echo; the machine may have ended over it."""
        if self.status is not None:
            raise SessionError(f'the machine had ended before "{line}" was typed')
        self.machine.send(line + "\n")
        echo, _, text = self._until_prompt(f'no prompt came after "{line}"').partition("\n")
        if echo != line:
            raise SessionError(f'"{line}" was typed, but the line that came back is "{echo}"')
        return text


def commands(text):
    """[(line typed, what the page says comes of it)] of a session block. Raises ValueError where it does not begin with
    a prompt."""
    found = []
    for line in text.splitlines(keepends=True):
        if line.startswith(PROMPT):
            found.append((line[len(PROMPT):].rstrip(), []))
        elif not found:
            raise ValueError(f'a session begins with "{PROMPT}", not with: {line.rstrip()}')
        else:
            found[-1][1].append(line)
    return [(typed, "".join(lines)) for typed, lines in found]
