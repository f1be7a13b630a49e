"""sdk_help.py - what the tests of the SDK share: a copy of it far from the tree, and commands that know nothing of the tree.

The test runner has make build the SDK first (tool/test/part_sdk.py). Nothing of the builder's environment reaches a
command, since the SDK must do without.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SDK = os.path.join(TOP, "build/sdk")
BARE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
# Wall-clock net of a run in QEMU; a run takes well under a second of it.
SECONDS = "60"


def try_run(*words, cwd=TOP, stdin="", env=None):
    """(status, standard output, standard error) of a command."""
    done = subprocess.run(words, cwd=cwd, env=env or BARE, input=stdin, capture_output=True, text=True, errors="replace",
                          timeout=600)
    return done.returncode, done.stdout, done.stderr


def run(*words, **how):
    """Standard output of a command that must succeed."""
    status, out, err = try_run(*words, **how)
    if status:
        raise AssertionError(f"{' '.join(words)}\n{out}{err}")
    return out


def relocations(program):
    """The types of relocations in an ELF file."""
    return {line.split()[2] for line in run("riscv64-linux-gnu-readelf", "-rW", program).splitlines() if "R_RISCV" in line}


class SdkTest(unittest.TestCase):
    """self.sdk: a copy in a folder of its own. self.place: an empty folder for the test."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="nacre-sdk-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.sdk = os.path.join(cls.folder, "the sdk")
        shutil.copytree(SDK, cls.sdk, symlinks=True)

    def setUp(self):
        self.place = tempfile.mkdtemp(dir=self.folder)

    def copy(self, *names):
        """Copies files of the tree into the test's folder."""
        for name in names:
            path = os.path.join(TOP, name)
            (shutil.copytree if os.path.isdir(path) else shutil.copy)(path, os.path.join(self.place, os.path.basename(name)))

    def write(self, name, text):
        path = os.path.join(self.place, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def command(self, name):
        return os.path.join(self.sdk, "bin", name)

    def cc(self, width, *words):
        return run(self.command("nacre-cc"), f"-m{width}", "-Os", "-Wall", "-Wextra", "-Werror", *words, cwd=self.place)

    def try_nacre(self, *words, **how):
        return try_run(self.command("nacre-run"), "--seconds", SECONDS, *words, cwd=self.place, **how)

    def nacre(self, *words, **how):
        return run(self.command("nacre-run"), "--seconds", SECONDS, *words, cwd=self.place, **how)
