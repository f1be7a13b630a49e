"""tool/system/system.py: what it writes, and one sentence for each mistake."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPILER = ROOT / "tool/system/system.py"

SERVER = '[service.server]\nfile = "none"\npages = 8\npriority = 20\nserver = true\npublish = { "svc/one" = "shared" }\n'
CLIENT = '[service.client]\nfile = "none"\npages = 8\npriority = 10\nlookup = ["svc/one"]\n'
DEFAULT = '[default]\npriority = 5\n'


class SystemTest(unittest.TestCase):
    def compile(self, text, **others):
        """Compiles a description beside others; returns (status, output text or None, error text)."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in {"main": text, **others}.items():
                Path(folder, f"{name}.toml").write_text(content, encoding="utf-8")
            out = Path(folder, "out")
            done = subprocess.run([sys.executable, COMPILER, Path(folder, "main.toml"), "--out", out],
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL)
            return done.returncode, out.read_text() if out.exists() else None, done.stderr

    def refused(self, text, sentence, **others):
        status, out, error = self.compile(text, **others)
        self.assertEqual(status, 1)
        self.assertIsNone(out)
        self.assertIn(sentence, error)
        self.assertEqual(error.count("\n"), 1, error)

    def test_order(self):
        """servers come before those who look their names up, whatever the order of the description"""
        status, out, _ = self.compile(CLIENT + SERVER + DEFAULT)
        self.assertEqual(status, 0)
        self.assertLess(out.index("program server"), out.index("program client"))
        self.assertTrue(out.startswith("nacre-system 1 main\n"))

    def test_facts(self):
        """every fact of a program stands on a line of its own"""
        _, out, _ = self.compile(SERVER + DEFAULT)
        for line in ("file bin/none", "kind service", "pages 8", "stack 8192", "priority 20", "restart always", "server",
                     "publish shared svc/one"):
            self.assertIn(f"\n{line}\n", out)

    def test_include(self):
        """an included description is changed key by key"""
        _, out, _ = self.compile('include = "base.toml"\n[service.server]\npages = 9\n', base=SERVER + DEFAULT)
        self.assertIn("\npages 9\n", out)
        self.assertIn("\npublish shared svc/one\n", out)

    def test_default(self):
        """programs take from [default] what they do not say"""
        _, out, _ = self.compile('[program.a]\nheap_pages = 3\n[default]\npriority = 7\nstack_kib = 16\n')
        self.assertIn("program a\nfile bin/a\nkind program\nprofile 0\npages 0\nheap 3\nstack 16384\npriority 7\n", out)

    def test_tree(self):
        """every description of the tree compiles"""
        for path in sorted((ROOT / "system").glob("*.toml")):
            with self.subTest(path.name):
                done = subprocess.run([COMPILER, path, "--show"], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_unknown_key(self):
        """an unknown key is named, with the nearest one"""
        self.refused(SERVER.replace("pages", "pagse") + DEFAULT, "there is no key `pagse`; the nearest name is pages.")

    def test_wrong_type(self):
        """a value of the wrong type is refused, true for a number among them"""
        self.refused(SERVER.replace("pages = 8", "pages = true") + DEFAULT, "`pages` must be a number, not True.")

    def test_twice(self):
        """a name that two publish is refused"""
        other = SERVER.replace("service.server", "service.other")
        self.refused(SERVER + other + DEFAULT, "svc/one is published by server too.")

    def test_of_init(self):
        """init's own names are not for others"""
        self.refused(SERVER.replace("svc/one", "irq/5") + DEFAULT, "irq/5 is init's.")

    def test_nobody(self):
        """a lookup of what nobody publishes is refused, with the nearest name"""
        self.refused(SERVER + CLIENT.replace("svc/one", "svc/once") + DEFAULT,
                     "nobody publishes svc/once; the nearest name is svc/one.")

    def test_downhill(self):
        """a server must not run below those who call it"""
        self.refused(SERVER.replace("20", "9") + CLIENT + DEFAULT,
                     "server (priority 9) serves client (priority 10) and must not run below it.")

    def test_circle(self):
        """services that wait for each other are refused"""
        first = SERVER + 'lookup = ["svc/two"]\n'
        second = SERVER.replace("server]", "other]").replace("svc/one", "svc/two") + 'lookup = ["svc/one"]\n'
        self.refused(first + second + DEFAULT, "services wait for each other: ")

    def test_paths(self):
        """what is no path is refused"""
        for path in ("", "/svc", "svc//one", "svc/../one", "svc/", "a\\u0001"):
            with self.subTest(path):
                self.refused(SERVER.replace("svc/one", path) + DEFAULT, "path")

    def test_long_name(self):
        """a name too long to be handed to its publisher is refused"""
        self.refused(SERVER.replace("svc/one", "svc/quite-a-long-name") + DEFAULT, "at most 15 bytes")

    def test_not_there(self):
        """a description that is not there, and one that is no TOML, get one sentence"""
        self.refused('include = "gone.toml"\n', "cannot read ")
        self.refused("[", "main.toml: ")


if __name__ == "__main__":
    unittest.main()
