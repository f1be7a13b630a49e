"""workspace.py - a copy of the tree in which the commands of a page are run, so that they may change what they like.

    with Workspace() as place:
        place.write("server/counter/main.c", text)
        status, output = place.run("make image SYSTEM=tour")

What is built already is taken along with its times, so make goes on where it was. Commands run in the copy's top, by
bash, without input, and without the settings of a make that may have started us.
"""

import os
import shutil
import subprocess
import tempfile

from page import TOP

TAKEN = ("gen", "toolchain", "newlib32", "newlib64", "rv32", "rv64", "sdk", "source")
# Of no use to a page's commands, and large: of the ports, pages need only Lua.
LEFT = shutil.ignore_patterns("scenario", "clang", "tidy", "cppcheck", "kernel-test*", "__pycache__", "lang", "*.tar.*",
                              *(f"{way}{port}*" for way in ("", "test-", "suite-", "lib")
                                for port in ("libsodium", "mbedtls", "posixtestsuite", "pts-", "sqlite", "lz4", "zlib")))
SECONDS = 300


class WorkspaceError(Exception):
    """What a page asks for and cannot have, as one sentence."""


def environment():
    """DEPS=have: whoever runs tests has the packages. `…` in a page is UTF-8."""
    ours = {key: value for key, value in os.environ.items()
            if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "WIDTH", "MEM", "ONLY", "PROGRAM", "V")}
    return {**ours, "DEPS": "have", "LC_ALL": "C.UTF-8"}


class Workspace:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nacre-page-")
        self.top = os.path.join(self.folder.name, "nacre")
        shutil.copytree(TOP, self.top, symlinks=True, ignore=self._not_built)
        for name in TAKEN:
            if os.path.isdir(f"{TOP}/build/{name}"):
                shutil.copytree(f"{TOP}/build/{name}", f"{self.top}/build/{name}", symlinks=True, ignore=LEFT)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    @staticmethod
    def _not_built(folder, names):
        return [name for name in names if name == "__pycache__" or (folder == TOP and name in (".git", "build"))]

    def path(self, name):
        path = os.path.normpath(os.path.join(self.top, name))
        if not path.startswith(self.top + os.sep):
            raise WorkspaceError(f"{name} lies outside of the tree")
        return path

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def change(self, name, diff):
        """diff: lines that stay begin with a blank, those that go with -, those that come with +; no other lines."""
        def side(mark):
            return "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in " " + mark)

        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        if text.count(side("-")) != 1:
            raise WorkspaceError(f"the lines to be changed do not stand in {name} exactly once")
        self.write(name, text.replace(side("-"), side("+")))

    def environment(self):
        return environment()

    def run(self, command):
        """(exit status, output). Standard error goes with the output."""
        try:
            done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=self.top, env=self.environment(),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise WorkspaceError(f'"{command}" was stopped after {SECONDS} s') from None
        return done.returncode, done.stdout.replace("\r\n", "\n")


def commands(text):
    """[(command, what the page says it prints)] of a block. A command begins with `$ `; a line that ends with a
    backslash goes on in the next."""
    found = []
    goes_on = False
    for line in text.splitlines(keepends=True):
        if goes_on:
            found[-1][0] += line
        elif line.startswith("$ "):
            found.append([line[2:], ""])
        elif found:
            found[-1][1] += line
        else:
            raise ValueError(f'commands begin with "$ ", not with: {line.rstrip()}')
        goes_on = bool(found) and (goes_on or line.startswith("$ ")) and line.endswith("\\\n")
    return [(command.rstrip("\n"), expected) for command, expected in found]
