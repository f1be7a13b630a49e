"""tool/test: the runner runs what is asked, counts it right, and does not take silence for success."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tool/test"))
import check  # noqa: E402
import run  # noqa: E402
from check import Check, Job  # noqa: E402


class Names(unittest.TestCase):
    def test_part(self):
        """ONLY takes the name of a part."""
        self.assertTrue(run.matches("host.base_list.empty", ["host"]))

    def test_run_of_words(self):
        """ONLY takes any run of a name's words."""
        self.assertTrue(run.matches("host.base_list.empty", ["base_list.empty"]))
        self.assertTrue(run.matches("scenario.boot.rv32", ["boot", "none"]))

    def test_whole_words(self):
        """Half a word matches nothing: ONLY=boot is not bootstrap."""
        self.assertFalse(run.matches("scenario.bootstrap.rv32", ["boot"]))

    def test_unknown(self):
        """An unknown name gives one sentence that lists the parts, and a failing status."""
        done = subprocess.run([ROOT / "tool/test/run.py", "--only", "no_such"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("scenario", done.stderr)

    def test_unique(self):
        """No two checks of the tree have the same name."""
        names = subprocess.run([ROOT / "tool/test/run.py", "--list"], capture_output=True, text=True, check=True).stdout
        words = [line.split()[0] for line in names.splitlines()]
        self.assertEqual(len(words), len(set(words)), [word for word in words if words.count(word) > 1])
        self.assertGreater(len(words), 30)


class Sentences(unittest.TestCase):
    def test_read_from_source(self):
        """Names and sentences of TESTs are read from the source, also over two lines and with quotes."""
        with tempfile.NamedTemporaryFile("w", suffix=".c") as file:
            file.write('TEST(one, "a")\n{\n}\nTEST(two,\n     "b \\"c\\" "\n     "d") { }\n// TEST(three, "no")\n')
            file.flush()
            self.assertEqual(check.tests_of(file.name), [("one", "a"), ("two", 'b "c" d')])


class Tap(unittest.TestCase):
    def verdicts(self, output):
        return [result.verdict for result in check.tap_results("p", ["a", "b", "c"], output)]

    def test_lines(self):
        """Each TAP line is the result of its check; a skip tells why."""
        self.assertEqual(self.verdicts("ok 1 - a\nnoise\nnot ok 2 - b # why\nok 3 - c # SKIP no clock\n"),
                         ["pass", "fail", "skip"])

    def test_silence(self):
        """A test that nobody tells of has failed."""
        self.assertEqual(self.verdicts("ok 1 - a\n"), ["pass", "fail", "fail"])


class Jobs(unittest.TestCase):
    CHECKS = [Check("p.a", "a holds"), Check("p.b", "b holds")]

    def results(self, action, names=("p.a", "p.b"), missing=(), goals=()):
        return [result.verdict for result in run.run_job(Job(self.CHECKS, action, goals=list(goals)), names, set(missing))]

    def test_silent_job(self):
        """A job that does not tell of a wanted check has failed it."""
        self.assertEqual(self.results(lambda names: [check.passed("p.a")]), ["pass", "fail"])

    def test_broken_job(self):
        """A job that raises fails its checks, and the run goes on."""
        def broken(names):
            raise OSError("no such file")
        self.assertEqual(self.results(broken), ["fail", "fail"])

    def test_unbuilt(self):
        """A job whose goal could not be built is not run, and fails."""
        self.assertEqual(self.results(self.fail, missing=[(32, "image")], goals=[(32, "image")]), ["fail", "fail"])

    def test_only_wanted(self):
        """What was not asked for is not counted."""
        both = [check.passed("p.a"), check.failed("p.b", "")]
        self.assertEqual(self.results(lambda names: both, names=["p.a"]), ["pass"])


class Programs(unittest.TestCase):
    """Whole host test programs, made with test/host/unit.h."""

    def run_program(self, text, *words):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "t.c")
            source.write_text('#include "unit.h"\n' + text)
            subprocess.run(["clang-14", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
                            f"-I{ROOT}/test/host", "-o", f"{folder}/t", source, "-lcmocka"], check=True)
            return subprocess.run([f"{folder}/t", *words], capture_output=True, text=True)

    def test_sanitizers(self):
        """A write past the end, an overflow and a leak each fail their own test, and the next one runs."""
        done = self.run_program("""
            TEST(past, "") { volatile char *p = malloc(3); p[3] = 1; free((void *)p); }
            TEST(overflow, "") { volatile int i = 2147483647; i++; }
            TEST(leak, "") { volatile char *p = malloc(3); p[0] = 1; }
            TEST(fine, "") { }""")
        self.assertEqual([line[:6] for line in done.stdout.splitlines()], ["not ok", "not ok", "not ok", "ok 4 -", "1..4"])
        self.assertEqual(done.returncode, 1)

    def test_fresh_state(self):
        """Each test starts with fresh global state, behind the file's set-up."""
        done = self.run_program("""
            static int count;
            UNIT_SETUP { count = 5; }
            TEST(one, "") { assert_int_equal(count++, 5); }
            TEST(two, "") { assert_int_equal(count++, 5); }""")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_chosen(self):
        """A test named on the command line runs alone."""
        done = self.run_program('TEST(one, "") { assert_true(0); }\nTEST(two, "") { }', "two")
        self.assertEqual(done.stdout, "ok 1 - two\n1..1\n")


if __name__ == "__main__":
    unittest.main()
