"""Makefile, tool/setup and tool/make: wrong settings get one sentence, and packages are named before anything is done."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "WIDTH", "MEM")}


def make(*words):
    return subprocess.run(["make", "-C", ROOT, *words], env=PLAIN, capture_output=True, text=True)


class Settings(unittest.TestCase):
    def refuse(self, setting, sentence):
        done = make("help", setting)
        self.assertNotEqual(done.returncode, 0)
        lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertIn(sentence, lines[0])

    def test_width(self):
        """WIDTH other than 32 or 64 is refused with one sentence."""
        self.refuse("WIDTH=48", 'WIDTH is 32 or 64, not "48"')
        self.refuse("WIDTH=32 64", 'WIDTH is 32 or 64, not "32 64"')

    def test_mem(self):
        """MEM without a unit, of nothing, or too large is refused with one sentence."""
        for wrong in ("16", "0M", "1025M", "16K", "xM", "1.5M"):
            self.refuse(f"MEM={wrong}", f'MEM is a number of megabytes from 1M to 1024M, not "{wrong}"')

    def test_program(self):
        """A PROGRAM that is not there is refused before anything is built."""
        self.refuse("PROGRAM=/no/such", "/no/such")

    def test_good(self):
        """The defaults, both widths and the limits of MEM are taken."""
        for words in ([], ["WIDTH=64", "MEM=1024M"], ["WIDTH=32", "MEM=1M"], ["WIDTH=", "MEM="]):
            self.assertEqual(make("help", *words).returncode, 0, words)

    def test_help(self):
        """make help has a line for every target that a person may ask for."""
        text = make("help").stdout
        for target in ("run", "test", "test-list", "image-info", "debug", "debug-kernel", "clean"):
            self.assertRegex(text, rf"(?m)^make {target} +\S")

    def test_short(self):
        """The top Makefile has fewer than 150 lines."""
        self.assertLess(len((ROOT / "Makefile").read_text().splitlines()), 150)


class Setup(unittest.TestCase):
    """tool/setup/setup with programs in front of the system's, so that nothing is installed."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.program("dpkg-query", "exit 1")        # nothing is installed
        self.program("id", "echo 1000")
        self.program("sudo", "exit 1")
        self.program("apt-get", f"echo \"$@\" >>{self.place}/apt.log")

    def program(self, name, text):
        path = self.place / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def setup(self, *words, **environment):
        return subprocess.run([ROOT / "tool/setup/setup", *words], capture_output=True, text=True, input="typed by somebody\n",
                              env={**os.environ, "PATH": f"{self.place}:{os.environ['PATH']}", **environment})

    def asked_apt(self):
        log = self.place / "apt.log"
        return log.read_text() if log.exists() else ""

    def test_list(self):
        """DEPS=no names what is missing with the apt line, fails, and calls no apt."""
        done = self.setup("run", "list")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"(?m)^setup: install them with: apt-get install .*qemu-system-misc")
        self.assertEqual(self.asked_apt(), "")

    def test_groups(self):
        """Booting needs no test tools; testing needs all."""
        self.assertNotIn("cppcheck", self.setup("run", "list").stderr)
        self.assertIn("cppcheck", self.setup("test", "list").stderr)
        self.assertIn("qemu-system-misc", self.setup("test", "list").stderr)

    def test_no_rights(self):
        """Who is neither root nor may use sudo gets one sentence with the command to run, and no apt is called."""
        done = self.setup("run")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("please run: sudo apt-get install", done.stderr)
        self.assertEqual(self.asked_apt(), "")

    def test_other_system(self):
        """On another system one sentence names it and what is needed."""
        (self.place / "os-release").write_text('ID=fedora\nVERSION_ID=40\n')
        done = self.setup("run", OS_RELEASE=str(self.place / "os-release"))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1))
        self.assertIn("this is fedora 40", done.stderr)

    def test_trusted(self):
        """DEPS=have goes on without looking."""
        self.assertEqual(self.setup("test", "have").returncode, 0)

    def test_says_before(self):
        """As root it prints packages and sizes before it installs, without recommended packages."""
        self.program("id", "echo 0")
        self.program("apt-cache", "printf 'Installed-Size: 2000\\n'")
        self.program("apt-get", f"""case "$*" in
            *print-uris*) echo "'http://x/y.deb' y.deb 5000000 SHA256:0" ;;
            "-s "*)       echo 'Inst qemu-system-misc (1)' ;;
            *)            echo "$@" >>{self.place}/apt.log ;;
        esac""")
        done = self.setup("run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"(?s)needs these Debian packages: .*6 MB to download, 3 MB on disk.*installed")
        self.assertIn("--no-install-recommends install", self.asked_apt())

    def test_nothing_missing(self):
        """With all packages there it is silent, calls no apt, and takes less than a tenth of a second of CPU."""
        self.program("dpkg-query", "shift 3; for p; do printf 'installed=%s ' $p; done")
        before = os.times()
        done = self.setup("test")
        after = os.times()
        self.assertEqual((done.returncode, done.stdout, done.stderr, self.asked_apt()), (0, "", "", ""))
        self.assertLess(after.children_user + after.children_system - before.children_user - before.children_system, 0.1)


if __name__ == "__main__":
    unittest.main()
