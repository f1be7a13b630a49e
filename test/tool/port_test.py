"""port/source.py and tool/setup/sources.py: source packages are checked, and apt's own entries become ones for sources."""
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tool/setup"), str(ROOT / "port")]
import source  # noqa: E402
import sources  # noqa: E402

LINE = "deb [arch=amd64 signed-by=/k.gpg] http://mirror/debian bookworm main contrib"
STANZAS = """Types: deb
# a comment
URIs: http://one/debian
Suites: bookworm bookworm-updates
Components: main contrib
Architectures: amd64
Signed-By: /k.gpg

Types: deb
URIs: http://two/debian
Suites: bookworm-security
Components: main
"""


class Entries(unittest.TestCase):
    def test_line(self):
        """A line of a *.list file becomes a stanza for sources, with its key and without other components."""
        self.assertEqual(sources.line_source(LINE),
                         "Types: deb-src\nURIs: http://mirror/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k.gpg")

    def test_stanza(self):
        """A stanza of a *.sources file becomes one for sources, on every architecture."""
        one, two = sources.stanzas(STANZAS)
        self.assertEqual(sources.stanza_source(one), "Types: deb-src\nURIs: http://one/debian\n"
                         "Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg")
        self.assertIn("http://two/debian", sources.stanza_source(two))

    def test_usage(self):
        """A word it does not know is refused."""
        done = subprocess.run([ROOT / "tool/setup/sources.py", "x"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1))


class Source(unittest.TestCase):
    """A port of two files in a folder of its own, and a cache beside it; apt and dpkg-source are ours."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        for name in ("PORTS", "CACHE"):
            self.addCleanup(setattr, source, name, getattr(source, name))
            setattr(source, name, str(self.place / name))
        path = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        os.environ["PATH"] = f"{self.place}:{path}"
        (self.place / "PORTS/thing").mkdir(parents=True)
        self.program("apt-get", "printf right >thing.dsc")
        self.program("dpkg-source", 'mkdir "$4" && printf "one\\n" >"$4/file"')
        self.recipe()

    def program(self, name, text):
        (self.place / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.place / name).chmod(0o755)

    def recipe(self, content=b"right"):
        (self.place / "PORTS/thing/source.toml").write_text(
            f'package = "thing"\nversion = "1"\ngroup = "test"\n[sha256]\n"thing.dsc" = "{hashlib.sha256(content).hexdigest()}"\n')

    def unpack(self):
        source.unpack("thing", str(self.place / "out"))
        return (self.place / "out/file").read_text()

    def test_unpack(self):
        """What is not in the cache is fetched, checked, unpacked and patched; the second time apt is not asked."""
        (self.place / "PORTS/thing/1.patch").write_text("--- a/file\n+++ b/file\n@@ -1 +1 @@\n-one\n+two\n")
        self.assertEqual(self.unpack(), "two\n")
        self.program("apt-get", "exit 1")
        self.assertEqual(self.unpack(), "two\n")

    def test_wrong(self):
        """A file that is another one than the recipe's is refused, and does not get into the cache."""
        self.recipe(b"what was meant")
        with self.assertRaisesRegex(source.Trouble, "is not the file this port was made for"):
            self.unpack()
        self.assertFalse((self.place / "CACHE/thing.dsc").exists())
        self.assertFalse((self.place / "out").exists())

    def test_damaged(self):
        """A file of the cache that was changed is refused."""
        self.unpack()
        (self.place / "CACHE/thing.dsc").write_text("changed")
        with self.assertRaisesRegex(source.Trouble, "delete it"):
            self.unpack()

    def test_no_network(self):
        """Where apt cannot fetch, one sentence says what to do by hand."""
        self.program("apt-get", "exit 100")
        with self.assertRaisesRegex(source.Trouble, "call `make setup`.* or put thing.dsc into"):
            self.unpack()

    def test_patch(self):
        """A patch that does not fit exactly leaves no folder behind."""
        (self.place / "PORTS/thing/1.patch").write_text("--- a/file\n+++ b/file\n@@ -1 +1 @@\n-other\n+two\n")
        with self.assertRaisesRegex(source.Trouble, "1.patch does not apply"):
            self.unpack()
        self.assertFalse((self.place / "out").exists())

    def test_unknown(self):
        """A port without a recipe is named."""
        with self.assertRaisesRegex(source.Trouble, "there is no port nothing"):
            source.fetch("nothing")


if __name__ == "__main__":
    unittest.main()
