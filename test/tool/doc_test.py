"""tool/doc: pages are read right, and what differs from them is found."""
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tool/doc"))
import page as pages  # noqa: E402
import picture  # noqa: E402
import play  # noqa: E402
import session  # noqa: E402
import transcript  # noqa: E402
import verify  # noqa: E402
import workspace  # noqa: E402


def parse(text, path="doc/x.md"):
    return pages.parse(path, text)


class Transcripts(unittest.TestCase):
    def agree(self, expected, got):
        self.assertEqual(transcript.difference(expected, got), "")

    def differ(self, expected, got):
        self.assertNotEqual(transcript.difference(expected, got), "")

    def test_same(self):
        """What is the same agrees, whatever the line ends and the blanks behind them."""
        self.agree("a\nb\n", "a  \r\nb\r\n\r\n")
        self.agree("", "\n")

    def test_other(self):
        """Another word, a line more and a line less differ."""
        self.differ("a\n", "b\n")
        self.differ("a\n", "a\nb\n")
        self.differ("a\nb\n", "a\n")
        self.differ("", "a\n")

    def test_within_a_line(self):
        """… stands for any text in a line, also for none, and for no more than a line."""
        self.agree("pc … is x + 0x…\n", "pc 4fe2 is x + 0x11\n")
        self.agree("ab…\n", "ab\n")
        self.differ("a…d\n", "ab\ncd\n")

    def test_lines(self):
        """A line of … stands for any number of lines, and others must still be found behind it."""
        self.agree("a\n…\nz\n", "a\nz\n")
        self.agree("a\n…\nz\n", "a\nb\nz\nc\nz\n")
        self.differ("a\n…\nz\n", "a\nb\n")
        self.agree("…\nb\n…\n", "a\nb\nb\nc\n")

    def test_blanks(self):
        """A column may be wider or narrower; where there is a blank there must be one."""
        self.agree("  1  0 init\n", " 1     0 init\n")
        self.differ("a b\n", "ab\n")

    def test_plain(self):
        """Characters that mean something to a regular expression mean themselves."""
        self.agree("a.*[b](c)?\n", "a.*[b](c)?\n")
        self.differ("a.c\n", "abc\n")

    def test_report(self):
        """The report names the line of the page and the line that came in its place."""
        report = transcript.difference("a\nb\n", "a\nc\n")
        self.assertIn("the page says: b\n", report)
        self.assertIn("what came:     c\n", report)


class Pages(unittest.TestCase):
    def test_headings(self):
        """Anchors are made as forges make them, and repeated ones are told apart."""
        page = parse("# Two commands\n## `run`, and *more*\n## Two commands\n")
        self.assertEqual(page.anchors, ["two-commands", "run-and-more", "two-commands-1"])
        self.assertEqual(page.title, "Two commands")

    def test_blocks(self):
        """A block knows its language, further words, the heading above it and its text; marks in it mean nothing."""
        page = parse("# A\n```sh by-hand\n# no heading [no](link) `no_span`\n```\n[a](b.md) `a_b`\n")
        block = page.blocks[0]
        self.assertEqual((block.line, block.anchor, block.language, block.words), (2, "a", "sh", ("by-hand",)))
        self.assertEqual(block.text, "# no heading [no](link) `no_span`\n")
        self.assertEqual([link.text for link in page.links], ["b.md"])
        self.assertEqual([span.text for span in page.spans], ["a_b"])

    def test_open_block(self):
        """A block that does not end is refused, with its line."""
        with self.assertRaisesRegex(ValueError, r"doc/x\.md:2: .*does not end"):
            parse("# A\n```sh\n")

    def test_what_is_run(self):
        """Sessions and commands are run, what is done by hand or only shown is not."""
        page = parse("# A\n```sh\n$ true\n```\n# B\n```sh by-hand\nmake run\n```\n# C\n```nacre\nnacre> ps\n```\n# D\n```c\nint x;\n```\n")
        self.assertEqual([anchor for anchor, _ in play.sections(page)], ["a", "c"])

    def test_workspace(self):
        """A page needs a copy of the tree for commands, files and settings of make; not for sessions and RAM."""
        self.assertFalse(play.needs_workspace(parse("```nacre MEM=2M fresh\nnacre> ps\n```\n```c\nint x;\n```\n")))
        for text in ("```sh\n$ true\n```\n", "```c a/b.c\n```\n", "```nacre SYSTEM=tour\nnacre> ps\n```\n"):
            self.assertTrue(play.needs_workspace(parse(text)), text)


class Blocks(unittest.TestCase):
    def test_session(self):
        """A session is lines typed, each with what comes of it."""
        self.assertEqual(session.commands("nacre> ps\nx\ny\nnacre> \nnacre> a  b\n"), [("ps", "x\ny\n"), ("", ""), ("a  b", "")])

    def test_session_without_prompt(self):
        """A session that does not begin with a prompt is refused."""
        with self.assertRaisesRegex(ValueError, "not with: ps"):
            session.commands("ps\n")

    def test_commands(self):
        """A command may go on in the next line, and is followed by its output."""
        self.assertEqual(workspace.commands("$ a \\\n  b\nout\n$ c\n"), [("a \\\n  b", "out\n"), ("c", "")])

    def test_commands_without_mark(self):
        """A block of commands whose first line has no mark is refused: nothing in it would be run."""
        with self.assertRaisesRegex(ValueError, "not with: make run"):
            workspace.commands("make run\n")

    def test_noise(self):
        """QEMU's warning goes out of the middle of a line."""
        self.assertEqual(session.NOISE.sub("", "nacre> ecqemu-system-riscv32: warning: icount sleep\nho\n"), "nacre> echo\n")


class Copies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = workspace.Workspace()
        self.place.top = folder.name

    def test_change(self):
        """A change replaces its lines where they stand, and keeps the others."""
        self.place.write("a/b.c", "one\ntwo\nthree\n")
        self.place.change("a/b.c", " one\n-two\n+2\n+zwei\n")
        self.assertEqual(Path(self.place.path("a/b.c")).read_text(), "one\n2\nzwei\nthree\n")

    def test_change_unclear(self):
        """A change whose lines stand nowhere, or twice, is refused."""
        self.place.write("b.c", "one\none\n")
        for diff in ("-two\n", "-one\n+two\n"):
            with self.assertRaisesRegex(workspace.WorkspaceError, "exactly once"):
                self.place.change("b.c", diff)

    def test_outside(self):
        """A file outside of the copy is not written."""
        with self.assertRaisesRegex(workspace.WorkspaceError, "outside"):
            self.place.write("../b.c", "")

    def test_run(self):
        """A command's output and status are told, a failure in a pipe too; it has no input and no settings of make."""
        self.assertEqual(self.place.run("echo a; echo b >&2; cat; echo $MAKEFLAGS$WIDTH"), (0, "a\nb\n\n"))
        self.assertEqual(self.place.run("false | true")[0], 1)


class Names(unittest.TestCase):
    KNOWN = {"connection_mint", "PEER_GONE"}

    def faults(self, text, path="doc/x.md"):
        return verify.faults(parse(text, path), self.KNOWN)

    def test_good(self):
        """What is there is no fault: files, headings, folders, names, targets, and addresses of the web, unseen."""
        text = ("# A\n[a](#a) [m](../MAP.md) [d](decision) [w](https://example.org/none)\n"
                "`kernel/ipc/call.h` `kernel/*/call.c` `server/NAME/main.c` `connection_mint(x)` `PEER_GONE` `make`\n"
                "```sh by-hand\nmake test ONLY=docs   # all\n```\n")
        self.assertEqual(self.faults(text), [])

    def test_links(self):
        """A link to a file or a heading that is not there, or out of the tree, is found with its line."""
        self.assertEqual(self.faults("# A\n[x](none.md)\n"), ["line 2: there is no doc/none.md"])
        self.assertEqual(self.faults("# A\n[x](#b)\n"), ["line 2: doc/x.md has no heading #b"])
        self.assertEqual(self.faults("[x](../MAP.md#none)\n"), ["line 1: MAP.md has no heading #none"])
        self.assertEqual(self.faults("[x](../../y)\n"), ["line 1: ../../y leaves the tree"])

    def test_paths(self):
        """A path of the tree that is not there is found, unless a block of the page writes it."""
        self.assertEqual(self.faults("`kernel/none.c`\n"), ["line 1: the tree has no kernel/none.c"])
        self.assertEqual(self.faults("`server/x/main.c`\n```c server/x/main.c\n```\n"), [])

    def test_identifiers(self):
        """A name that no source has is found."""
        self.assertEqual(self.faults("`connection_make`\n"), ["line 1: no source has the name connection_make"])

    def test_targets(self):
        """A make target that make help does not list is found in what is done by hand."""
        self.assertEqual(self.faults("```sh by-hand\nmake nothing WIDTH=64\n```\n"), ["line 1: make help lists no nothing"])

    def test_whole_tree(self):
        """The contract's calls are known by both of their names."""
        known = verify.identifiers()
        self.assertLessEqual({"connection_call", "nacre_connection_call", "sys_connection_call"}, known)


class Pictures(unittest.TestCase):
    def test_drawn(self):
        """What is drawn can be read back, marks and all."""
        lines = ["nacre> echo <&>", "<&>", "", "a  b"]
        with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as file:
            file.write("".join(picture.draw(lines)))
            file.flush()
            self.assertEqual(picture.lines_drawn(file.name), lines)

    def test_shape(self):
        """Lines that differ in numbers, addresses and column widths have one shape; other words have not."""
        self.assertEqual(picture.shape("  1  140 KiB pc 8b53d1e6 0x11e6"), picture.shape(" 12 44 KiB  pc 000000000000beef 0x2"))
        self.assertEqual(picture.shape("boot: 8,293,203 x"), picture.shape("boot: 12,345 x"))
        self.assertNotEqual(picture.shape("time receives"), picture.shape("time ready"))
