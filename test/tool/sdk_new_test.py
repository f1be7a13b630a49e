"""sdk_new_test.py - make new: a server that works as it was made, in a copy of the tree."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tool/doc"))
from workspace import Workspace  # noqa: E402

WRITTEN = ["doc/server/shelf.md", "idl/shelf.nid", "server/shelf/README.md", "server/shelf/main.c",
           "server/shelf/manifest.toml", "system/shelf.toml", "test/scenario/server_shelf.toml",
           "test/target/server_shelf.c"]


def files_of(top):
    """{path: content} of a tree's sources."""
    found = {}
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
        for path in (os.path.join(folder, name) for name in names):
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = file.read()
    return found


class New(unittest.TestCase):
    """One copy of the tree for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.place = cls.enterClassContext(Workspace())

    def check(self, width):
        """Made, built, tested in QEMU, its page checked."""
        if not os.path.exists(self.place.path("idl/shelf.nid")):
            before = files_of(self.place.top)
            status, output = self.place.run("make new SERVER=shelf")
            self.assertEqual(status, 0, output)
            after = files_of(self.place.top)
            self.assertEqual(sorted(set(after) - set(before)), WRITTEN)
            self.assertEqual([path for path in before if after[path] != before[path]], ["doc/README.md"])
        with open(self.place.path("doc/README.md"), encoding="utf-8") as file:
            self.assertIn("](server/rtc.md): real-time clock\n- [shelf](server/shelf.md)\n", file.read())
        status, output = self.place.run(f"make test WIDTH={width} ONLY='server_shelf docs.server_shelf'")
        self.assertEqual(status, 0, output)
        for test in ("round", "malformed"):
            self.assertIn(f"PASS target.server_shelf.{test}.rv{width}", output)
        self.assertIn("PASS docs.server_shelf.names", output)
        self.assertRegex(output, r"(?m)^[0-9]+ passed, 0 failed$")

    def test_server_32(self):
        """make new makes a server whose test passes in QEMU as it stands, RV32"""
        self.check(32)

    def test_server_64(self):
        """make new makes a server whose test passes in QEMU as it stands, RV64"""
        self.check(64)

    def test_refused(self):
        """a name that exists or is none is refused with one sentence, and nothing is written"""
        wanted = {
            "time": "server/time is there already", "uart16550": "driver/uart16550 is there already",
            "hello": "command/hello.c is there already", "shell": "command/shell is there already",
            "base": "system/base.toml is there already", "interface": "idl/interface.nid is there already",
            "ps": "ps is a command of the shell already", "": 'not ""', "Shelf": 'not "Shelf"', "9a": 'not "9a"',
            "../x": 'not "../x"', "a b": 'not "a b"', "a-b": 'not "a-b"', "x.y": 'not "x.y"', "$(id)": "not",
            "elevenbytes": "at most 10 letters", "match": "no server can be called", "int": "no server can be called",
        }
        before = files_of(self.place.top)
        for name, sentence in wanted.items():
            status, output = self.place.run(f"tool/new/new.py '{name}'")
            self.assertEqual(status, 1, f"{name}: {output}")
            self.assertRegex(output, r"\Anew: [^\n]+\n(?!new: )", name)
            self.assertIn(sentence, output, name)
        self.assertEqual(files_of(self.place.top), before)

    def test_make_refused(self):
        """make new without SERVER, and with one that exists, say so and fail"""
        for settings, sentence in (("", 'not ""'), ("SERVER=time", "is there already: choose another name")):
            status, output = self.place.run(f"make new {settings}")
            self.assertNotEqual(status, 0)
            self.assertIn(sentence, output)

    def test_half(self):
        """where a file cannot be written nothing is left behind"""
        os.rename(self.place.path("test/scenario"), self.place.path("test/away"))
        with open(self.place.path("test/scenario"), "w", encoding="utf-8"):
            pass
        try:
            before = files_of(self.place.top)
            status, output = self.place.run("tool/new/new.py halfway")
            self.assertEqual(status, 1)
            self.assertRegex(output, r"\Anew: cannot write [^\n]+; nothing was changed\.\n\Z")
            self.assertEqual(files_of(self.place.top), before)
            self.assertFalse(os.path.exists(self.place.path("server/halfway")))
        finally:
            os.unlink(self.place.path("test/scenario"))
            os.rename(self.place.path("test/away"), self.place.path("test/scenario"))


if __name__ == "__main__":
    sys.exit(unittest.main())
