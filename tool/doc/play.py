#!/usr/bin/python3
"""play.py - plays a page: its sessions in QEMU, its commands in a copy of the tree.

    play.py doc/shell.md            prints what each block gave, and how that differs from the page

What each fence means stands in doc/writing.md. The test part `docs` (tool/test/part_docs.py) calls sections_run.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import page as pages  # noqa: E402
import session  # noqa: E402
import transcript  # noqa: E402
import workspace  # noqa: E402

BY_HAND = "by-hand"
FRESH = "fresh"


def is_session(block):
    return block.language == "nacre"


def is_commands(block):
    return block.language == "sh" and BY_HAND not in block.words


def file_of(block):
    """The file of the tree that a block is written to, or changes; "" for a block that is only shown."""
    found = [word for word in block.words if "/" in word or "." in word and "=" not in word]
    return found[0] if found and not is_session(block) and block.language != "sh" else ""


def settings_of(block):
    """KEY=VALUE words: MEM, DISK, NET and GPU for the machine; all others, and GPU too, for make."""
    return dict(word.split("=", 1) for word in block.words if "=" in word)


def runs(block):
    return is_session(block) or is_commands(block)


def needs_workspace(page):
    return any(is_commands(block) or file_of(block) or set(settings_of(block)) - {"MEM", "NET"} for block in page.blocks)


def sections(page):
    """[(anchor, heading)] with something to run, in order."""
    return list(dict.fromkeys((block.anchor, block.heading) for block in page.blocks if runs(block)))


class Runner:
    """Does the blocks of one page in order. say: called with each command and what came of it."""

    def __init__(self, width, place=None, say=lambda command, output: None):
        self.width, self.place, self.say = width, place, say
        self.session, self.settings = None, None
        self.broken = []     # settings whose machine never came to its prompt: once is enough to wait for that

    def image(self, settings):
        """The image of a session: the tree's own, or one that the workspace makes with these settings."""
        path = f"build/rv{self.width}/image"
        if not self.place:
            return os.path.join(pages.TOP, path)
        words = " ".join(f"{key}={value}" for key, value in settings.items() if key not in ("MEM", "DISK", "NET"))
        status, output = self.place.run(f"make image WIDTH={self.width} {words}")
        if status:
            raise session.SessionError(f"the image for the session was not built:\n{output}")
        return os.path.join(self.place.top, path)

    def machine(self, block):
        """The machine that goes on from the block before, or a new one."""
        settings = settings_of(block)
        if not self.session or self.session.status is not None or self.settings != settings or FRESH in block.words:
            self.close()
            if settings in self.broken:
                raise session.SessionError("the machine does not come to its prompt")
            self.broken.append(settings)
            disks = [os.path.join(self.place.top, settings["DISK"])] if "DISK" in settings else []
            new = session.Session(self.width, self.image(settings), settings.get("MEM", "16M"), disks=disks,
                                  net="NET" in settings, gpu="GPU" in settings)
            new.__enter__()
            self.broken.remove(settings)
            self.session, self.settings = new, settings
        return self.session

    def close(self):
        if self.session:
            self.session.__exit__(None, None, None)
        self.session = None

    def session_run(self, block):
        machine = self.machine(block)
        for line, expected in session.commands(block.text):
            output = machine.type(line)
            self.say(session.PROMPT + line, output)
            yield transcript.difference(expected, output), f"after {session.PROMPT}{line}"

    def commands_run(self, block):
        for command, expected in workspace.commands(block.text):
            status, output = self.place.run(command)
            self.say("$ " + command, output)
            if status:
                yield f"exit status {status}\n{output}", f"$ {command}"
            elif expected:
                yield transcript.difference(expected, output), f"$ {command}"

    def block_run(self, block):
        """The faults of one block, each a text for people."""
        try:
            if is_session(block):
                told = list(self.session_run(block))
            elif is_commands(block):
                self.close()
                told = list(self.commands_run(block))
            elif file_of(block):
                self.close()
                (self.place.change if block.language == "diff" else self.place.write)(file_of(block), block.text)
                return []
            else:
                return []
        except (session.SessionError, workspace.WorkspaceError, ValueError, OSError) as error:
            self.close()
            return [f"line {block.line}: {error}"]
        return [f"line {block.line}, {where}\n{fault}" for fault, where in told if fault]


def sections_run(page, width, say=lambda command, output: None):
    """{anchor: [faults]} of all sections with something to run. Only the first block of a section that went wrong is
    told of: what follows it often goes wrong with it."""
    found = {anchor: [] for anchor, _ in sections(page)}

    def run_all(place):
        runner = Runner(width, place, say)
        try:
            for block in page.blocks:
                faults = runner.block_run(block)
                if faults and not found.setdefault(block.anchor, []):
                    found[block.anchor] = faults
        finally:
            runner.close()

    if needs_workspace(page):
        with workspace.Workspace() as place:
            run_all(place)
    else:
        run_all(None)
    return found


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    page = pages.read(os.path.relpath(os.path.abspath(sys.argv[1]), pages.TOP))
    width = int(sys.argv[2]) if len(sys.argv) == 3 else 32
    found = sections_run(page, width, lambda command, output: print(f"{command}\n{output}", end="", flush=True))
    faults = [fault for section in found.values() for fault in section]
    for fault in faults:
        print(f"--- {page.path}, {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
