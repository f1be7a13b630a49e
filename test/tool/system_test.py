"""tool/system/system.py: what it writes, and one sentence for each mistake."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPILER = ROOT / "tool/system/system.py"

SERVER = '[service.server]\nfile = "none"\npages = 10\npriority = 20\nserver = true\npublish = { "svc/one" = "shared" }\n'
CLIENT = '[service.client]\nfile = "none"\npages = 10\npriority = 10\nlookup = ["svc/one"]\n'
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
        for line in ("file bin/none", "kind service", "pages 10", "stack 8192", "priority 20", "restart always", "server",
                     "publish shared svc/one"):
            self.assertIn(f"\n{line}\n", out)

    def test_include(self):
        """an included description is changed key by key"""
        _, out, _ = self.compile('include = "base.toml"\n[service.server]\npages = 12\n', base=SERVER + DEFAULT)
        self.assertIn("\npages 12\n", out)
        self.assertIn("\npublish shared svc/one\n", out)

    def test_default(self):
        """programs take from [default] what they do not say"""
        _, out, _ = self.compile('[program.a]\nheap_pages = 3\n[default]\npriority = 7\nstack_kib = 16\n')
        self.assertIn("program a\nfile bin/a\nkind program\nprofile 0\npages 0\nheap 3\nstack 16384\npriority 7\n", out)

    def test_transfers(self):
        """a driver whose device transfers by itself says that it is trusted, and gets memory that init keeps"""
        virtio = SERVER.replace("pages = 10", "pages = 16") + 'virtio = "blk"\ndma = 2\n'
        _, out, _ = self.compile(virtio + "trusted_dma = true\n" + DEFAULT)
        self.assertIn("\ntrusted-dma\ndma 2\ndevice virtio:2\n", out)
        self.assertLess(out.index("\nvirtio 2 blk\n"), out.index("\nprogram "))
        self.refused(virtio + DEFAULT, "must say `trusted_dma = true`")
        self.refused(SERVER + "dma = 2\n" + DEFAULT, "must say `trusted_dma = true`")
        self.refused(SERVER + 'virtio = "blq"\n' + DEFAULT, "there is no virtio device `blq`; the nearest name is blk")
        self.refused(SERVER + 'devices = ["virtio,mmio"]\n' + DEFAULT, "say `virtio` and the type")
        self.refused(SERVER + DEFAULT + '[program.a]\ndma = 1\ntrusted_dma = true\n', "for services only")
        self.refused(SERVER + DEFAULT + '[program.a]\nvirtio = "blk"\ntrusted_dma = true\n', "for services only")

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
        self.refused(SERVER.replace("pages = 10", "pages = true") + DEFAULT, "`pages` must be a number, not True.")

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
                     "nobody publishes svc/once, which client looks up; the nearest name is svc/one.")

    def test_downhill(self):
        """a server must not run below those who call it"""
        self.refused(SERVER.replace("20", "9") + CLIENT + DEFAULT,
                     "server (priority 9) serves client (priority 10) and must not run below it.")

    def test_circle(self):
        """services that wait for each other are refused"""
        first = SERVER + 'lookup = ["svc/two"]\n'
        second = SERVER.replace("server]", "other]").replace("svc/one", "svc/two") + 'lookup = ["svc/one"]\n'
        self.refused(first + second + DEFAULT, "main.toml:14: calls go in a circle: server -> other -> server.")

    def test_circle_of_programs(self):
        """a circle through a program that is started at run time is refused too"""
        first = SERVER + 'lookup = ["svc/two"]\n'
        second = '[program.two]\npriority = 20\npublish = { "svc/two" = "shared" }\nlookup = ["svc/one"]\n'
        self.refused(first + second + DEFAULT, "calls go in a circle: server -> two -> server.")

    def test_downhill_by_star(self):
        """what a pattern reaches counts for priorities"""
        self.refused(SERVER.replace("20", "9") + CLIENT.replace("svc/one", "svc/*") + DEFAULT, "must not run below it.")

    def test_names_is_below(self):
        """who looks names up calls the name server, and must not be above it"""
        names = '[service.names]\npriority = 4\n'
        self.refused(names + SERVER + CLIENT + DEFAULT, "main.toml:12: names (priority 4) serves client (priority 10)")

    def test_place(self):
        """a refusal begins with file and line: of the text, of the key, of the table, of the manifest, of what is included"""
        self.refused(SERVER + CLIENT.replace('["svc/one"]', '[\n"svc/one",\n"svc/won",\n]') + DEFAULT, "main.toml:13: nobody")
        self.refused(SERVER.replace("pages = 10", "pages = 0") + DEFAULT, "main.toml:3: a service must say")
        self.refused(SERVER.replace("pages = 10\n", "") + DEFAULT, "main.toml:1: a service must say")
        self.refused('include = "base.toml"\n' + CLIENT, "main.toml:6: server",
                     base=SERVER.replace("20", "9") + DEFAULT)
        self.refused('include = "base.toml"\n', "base.toml:4: `priority` must be 1 to 31.", base=SERVER.replace("20", "32") + DEFAULT)
        self.refused('[service.rng]\nlookup = ["svc/rngs"]\n' + DEFAULT, "main.toml:2: nobody publishes svc/rngs")
        self.refused('[service.files]\nfile = "files"\n' + DEFAULT, "server/files/manifest.toml:6: nobody publishes svc/time")
        self.refused('[service.one\n', "main.toml:1: ")

    def test_supervision(self):
        """keys of supervision are checked, each with its place"""
        def changed(line):
            return SERVER + line + "\n" + CLIENT + DEFAULT
        for line, sentence in (
                ('restart = "fault"', "main.toml:7: `restart` is one of always, on-failure, never"),
                ("backoff_ms = 60001", "main.toml:7: `backoff_ms` must be 0 to 60000."),
                ("give_up = { deaths = 17, seconds = 1 }", "main.toml:7: `give_up` is { deaths = 0 to 16, seconds = 1 to 3600 }."),
                ("give_up = { deaths = 1 }", "main.toml:7: `give_up` is"),
                ('debug = ["server"]', "main.toml:7: server cannot debug server: it would wait for what it has stopped."),
                ('debug = ["clinet"]', "main.toml:7: there is no service or program clinet; the nearest name is client."),
                ('depends = { clinet = "tell" }', "main.toml:7: there is no service clinet; the nearest name is client."),
                ('depends = { client = "wake" }', "main.toml:7: `depends` says `restart` or `tell` of client, not 'wake'."),
                ("answer_ms = 5", "main.toml:7: `answer_ms` must be 10 to 3600000, or 0, and needs `server = true`."),
                ("heartbeat_ms = 5", "main.toml:7: `heartbeat_ms` must be 10 to 3600000, or 0.")):
            with self.subTest(line):
                self.refused(changed(line), sentence)
        self.refused(SERVER + CLIENT + 'depends = { server = "tell" }\n' + DEFAULT, "main.toml:12: who shall be told needs `server = true`")
        self.refused(SERVER + CLIENT + "heartbeat_ms = 100\n" + DEFAULT, "main.toml:12: `heartbeat_ms` needs `server = true`")
        self.refused(SERVER.replace("20", "31") + "heartbeat_ms = 100\n" + DEFAULT, "at which init watches: a hang there keeps it from running.")
        self.refused(SERVER + '[program.p]\nheartbeat_ms = 100\n' + DEFAULT, "main.toml:8: `heartbeat_ms` is for services.")
        circle = SERVER + 'depends = { client = "restart" }\n' + CLIENT + 'depends = { server = "restart" }\n' + DEFAULT
        self.refused(circle, "services restart each other for ever: server -> client -> server.")

    def test_keep_and_limit(self):
        """state at the keeper and limits of names are checked"""
        keep = SERVER.replace("pages = 10", "pages = 20\nkeep = 2")
        keeper = '[service.keeper]\n'
        self.refused(keep + DEFAULT, "main.toml:4: `keep` needs a service `keeper` in the description.")
        self.refused(keep.replace("keep = 2", "keep = 3") + keeper + DEFAULT, "main.toml:4: `keep` is an even number of pages, up to 16.")
        self.refused(keep.replace("= 20\nkeep", "= 10\nkeep") + keeper + DEFAULT, "has 10 pages and needs 12")
        self.refused(keep.replace("y = 20", "y = 23") + keeper + DEFAULT, "keeper (priority 22) serves server (priority 23)")
        status, out, _ = self.compile(keep + keeper + DEFAULT)
        self.assertEqual(status, 0)
        self.assertLess(out.index("program keeper"), out.index("program server"))
        self.assertIn("\nkeep 2\n", out)
        self.refused(SERVER + 'limit = { "svc/two" = 1 }\n' + DEFAULT, "main.toml:7: `limit` is of names that server publishes itself")
        self.refused(SERVER + 'limit = { "svc/one" = 0 }\n' + DEFAULT, "main.toml:7: `limit` of svc/one must be 1 to 48.")

    def test_small_budget(self):
        """a budget that cannot hold stack and kept memory is refused"""
        self.refused(SERVER.replace("pages = 10", "pages = 12\nmemory = { kept = 4 }") + DEFAULT, "has 12 pages and needs 14")

    def test_overcommit(self):
        """services that need more than the smallest machine has are refused, and programs that want more than they leave"""
        self.refused("ram_kib = 1024\n" + SERVER.replace("pages = 10", "pages = 200") + DEFAULT,
                     "main.toml:4: with the 200 pages of server the services need 1056 KiB, and the smallest machine has 1024")
        self.refused("ram_kib = 1024\n" + SERVER.replace("pages = 10", "pages = 100") + '[program.big]\npages = 100\n' + DEFAULT,
                     "main.toml:9: big wants 400 KiB, and services leave 368 of the smallest machine's 1024")

    def test_authority(self):
        """doc/authority has every right of the system it is named after, one a line: `make authority` writes it anew"""
        for path in sorted((ROOT / "doc/authority").glob("*.txt")):
            with self.subTest(path.name):
                done = subprocess.run([COMPILER, ROOT / f"system/{path.stem}.toml", "--authority"], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(done.stdout, path.read_text(), "make authority, and look at what changed")

    def test_authority_grows(self):
        """a new right of any kind is a new line"""
        text = SERVER + CLIENT + DEFAULT
        before = self.authority(text)
        changed = {"lookup": ('lookup = ["svc/one"]', 'lookup = ["svc/one", "svc/process"]'), "see": (CLIENT, CLIENT + 'see = ["svc/*"]\n'),
                   "window": (CLIENT, CLIENT + "window = true\n"), "device": (CLIENT, CLIENT + 'devices = ["a,b"]\n'),
                   "resolve": (CLIENT, CLIENT + "resolve = true\n"), "publish": ('"svc/one" = "shared"', '"svc/one" = "shared", "x" = "shared"')}
        for what, (old, new) in changed.items():
            with self.subTest(what):
                self.assertEqual(len(set(self.authority(text.replace(old, new, 1))) - set(before)), 1)

    def authority(self, text):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "main.toml").write_text(text, encoding="utf-8")
            done = subprocess.run([COMPILER, Path(folder, "main.toml"), "--authority"], capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
            return done.stdout.splitlines()

    def test_cpu(self):
        """a share of CPU time is a part of a period, and all together are no more than the machine"""
        status, out, _ = self.compile(SERVER + 'cpu = "12.5% of 20 ms"\n' + DEFAULT)
        self.assertEqual(status, 0)
        self.assertIn("\npriority 20\ncpu-share 2500000\ncpu-period 20000000\n", out)
        self.assertIn("server: runs at priority 20 or below, on 10 pages, for 12.5% of 20 ms", self.authority(SERVER + 'cpu = "12.5% of 20 ms"\n' + DEFAULT))
        for wrong in ("20%", "20% of 10", "20 % of 10 ms", "1.25% of 10 ms", "-1% of 10 ms", "a% of b ms", ""):
            with self.subTest(wrong):
                self.refused(SERVER + f'cpu = "{wrong}"\n' + DEFAULT, f'main.toml:7: `cpu` is a part of a period, as "20% of 10 ms", not "{wrong}".')
        for wrong in ("0% of 10 ms", "100.1% of 10 ms", "20% of 0 ms", "20% of 1001 ms"):
            with self.subTest(wrong):
                self.refused(SERVER + f'cpu = "{wrong}"\n' + DEFAULT, f'main.toml:7: `cpu` is 0.1% to 100% of 1 to 1000 ms, not "{wrong}".')
        self.refused(SERVER + "cpu = 20\n" + DEFAULT, "main.toml:7: `cpu` must be a text, not 20.")
        many = SERVER + 'cpu = "60% of 10 ms"\n' + '[program.one]\ncpu = "40% of 5 ms"\n'
        self.assertEqual(self.compile(many + DEFAULT)[0], 0)
        self.refused(many + DEFAULT + 'cpu = "0.1% of 10 ms"\n', "main.toml:12: with the 0.1% of * the shares of CPU time add up to 100.1%, "
                     "and the machine has 100%.")

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
