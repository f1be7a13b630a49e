"""tool/bench: samples become figures, worse is called worse, and an executed instruction is found in its file."""
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tool/bench"), str(ROOT / "tool/test")]
import baseline  # noqa: E402
import bench  # noqa: E402
import chart  # noqa: E402
import moving  # noqa: E402
import symbols  # noqa: E402


def sample(count):
    return " ".join(["sample", str(count), str(count + 5), str(count - 1), "0 0 0 0 0 0"]).split()


class Figures(unittest.TestCase):
    def test_sections(self):
        """Samples belong to the benchmark named before them, and so does the longest stretch, told of at its end."""
        found, off = bench.samples([["off", "9", "1"], ["bench", "a"], sample(7), ["off", "3", "2"], ["bench", "b"], ["off", "4", "8"]])
        self.assertEqual([one["sample"] for one in found["a"]], [7])
        self.assertEqual(off, {"start": (9, 1), "a": (3, 2), "b": (4, 8)})

    def test_warm(self):
        """The first rounds do not count, but for `first`; the stub is what the window has besides."""
        found, _ = bench.samples([["bench", "a"], *map(sample, [1000] * bench.WARM + [50, 70, 60])])
        one = bench.figure(found["a"])
        self.assertEqual((one["first"], one["median"], one["min"], one["max"]), (1000, 60, 50, 70))
        self.assertEqual((one["outside"], one["user"], one["rounds"]), (5, 1, 3))
        self.assertEqual(found["a"][bench.median_index(found["a"])]["sample"], 60)

    def test_anchor(self):
        """A line tells seL4's figure and the target, with the ratio of ours to theirs."""
        self.assertEqual(bench.line("x", 32, bench.single(110), {"sel4": 220, "gate": 100}),
                         "bench x rv32 110 110 110 instructions  seL4 220 (0.50)  gate 100 (1.10)")

    def test_anchors_are_measured(self):
        """What is compared with others is measured: each anchor is a benchmark, or a sum of some."""
        for width in (32, 64):
            for name in set(bench.anchors(width)) - {bench.OFF_MAX}:
                self.assertTrue(bench.machines_for(name), name)

    def test_unknown(self):
        """A name that nothing has is an error that says where the names are."""
        with self.assertRaisesRegex(bench.BenchError, "make bench"):
            bench.machines_for("nothing_has_this_name")


class Worse(unittest.TestCase):
    def test_slack(self):
        """3 % worse is not worse, more is; better never is."""
        old = {"a": bench.single(100)}
        self.assertEqual(baseline.worse(old, {"a": bench.single(103)}), [])
        self.assertEqual(baseline.worse(old, {"a": bench.single(10)}), [])
        self.assertRegex(baseline.worse(old, {"a": bench.single(104)})[0], r"a takes 104 instructions, \+4.0% against 100")

    def test_small(self):
        """A small figure may not get worse at all."""
        self.assertEqual(len(baseline.worse({"a": bench.single(33)}, {"a": bench.single(34)})), 1)

    def test_missing(self):
        """A benchmark that disappeared, and one that nobody has looked at, are told of."""
        self.assertEqual(len(baseline.worse({"a": bench.single(1)}, {"b": bench.single(1)})), 2)


def moving_figures(copy_base, copy_byte, lend_base, lend_page):
    """Figures of a machine where a copy costs so much and so much a byte, a loan so much and so much a page."""
    figures = {f"flow_ring_{size}": bench.single(1000) for size in moving.FLOWS}
    for size in moving.SIZES:
        figures[f"stream_copy_{size}"] = bench.single(copy_base + copy_byte * size)
        figures[f"stream_lend_{size}"] = bench.single(lend_base + lend_page * moving.pages(size))
        figures[f"stream_ring_{size}"] = bench.single(100)
    return figures


class Moving(unittest.TestCase):
    def test_crossover(self):
        """Copying is best up to where the two lines cross, in whole steps; loans are of whole pages."""
        self.assertEqual(moving.crossover(moving_figures(100, 1, 1000, 0)), 896)
        self.assertEqual(moving.crossover(moving_figures(100, 1, 100, 2048)), 2048)
        self.assertEqual(moving.crossover(moving_figures(1000, 1, 1, 1)), 0)
        self.assertEqual(moving.crossover(moving_figures(1, 0, 1000, 1)), 65536)

    def test_agrees(self):
        """A constant near today's crossover agrees with it, one far from it does not."""
        figures = moving_figures(100, 1, 1000, 0)
        self.assertTrue(moving.agrees(figures, 1000))
        self.assertFalse(moving.agrees(figures, 4096))
        self.assertFalse(moving.agrees(figures, 200))

    def test_written(self):
        """Table, header and chart tell the same crossover."""
        both = {"32": moving_figures(100, 1, 1000, 0), "64": moving_figures(100, 1, 2000, 0)}
        self.assertIn("up to 896 bytes on RV32 and 1,888 bytes on RV64", moving.table(both))
        self.assertIn("4 ? 896u : 1888u)", moving.header(both))
        self.assertEqual(chart.draw(both).count("896 bytes"), 1)

    def test_whole(self):
        """Of what moves bytes all between the marks counts, not only what lies behind the first system call."""
        found, _ = bench.samples([["bench", "stream_ring_64"], sample(7), ["bench", "copy_64"], sample(7)])
        self.assertEqual((found["stream_ring_64"][0]["sample"], found["copy_64"][0]["sample"]), (12, 7))


class FakeProgram(symbols.Program):
    """A program without a file."""

    def __init__(self, code, copied=(0, 0)):
        self.name, self.code = "fake", [(0x1000, code)]
        self.starts, self.names = [0x1000], ["main"]
        self.copied = dict(zip(symbols.COPIED, copied))


# c.li a0, N: all different
CODE = b"".join((0x4501 | n << 2).to_bytes(2, "little") for n in range(32))
NOTHING = FakeProgram(b"")


def executed(base):
    return {(base + at, CODE[at:at + 2]) for at in range(0, len(CODE), 2)}


class Locate(unittest.TestCase):
    def test_moved_by_pages(self):
        """A program is found at whatever page it was loaded."""
        found = symbols.locate(executed(0x5678000), NOTHING, NOTHING, [FakeProgram(CODE)])
        self.assertEqual(found[0x5678004, CODE[4:6]][1], 0x1004)
        self.assertEqual(len(found), len(CODE) // 2)

    def test_copied(self):
        """What was copied for a child may lie anywhere; nothing else may."""
        child = FakeProgram(CODE, (0x1000, 0x1000 + len(CODE)))
        self.assertEqual(symbols.locate(executed(0x5678902), NOTHING, NOTHING, [child])[0x5678902, CODE[:2]][1], 0x1000)
        self.assertEqual(symbols.locate(executed(0x5678902), NOTHING, NOTHING, [FakeProgram(CODE)]), {})

    def test_two_processes(self):
        """Two copies of one program are both found."""
        found = symbols.locate(executed(0x5678000) | executed(0x9999000), NOTHING, NOTHING, [FakeProgram(CODE)])
        self.assertEqual(len(found), len(CODE))


if __name__ == "__main__":
    unittest.main()
