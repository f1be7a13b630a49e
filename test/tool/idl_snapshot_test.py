"""tool/idl: everything that would break a client or server of the last release is found; what only adds is not."""
import contextlib
import io
import unittest
from types import SimpleNamespace

from idl_sample import SAMPLE, IdlTest, changed

import parse
import snapshot

LAST = "\tsignal FULL = 0x1;\n"


class Snapshot(IdlTest):
    def release(self, text=SAMPLE):
        run = self.tool("--release", self.path / "released", self.write(text))
        self.assertEqual(run.returncode, 0, run.stderr)

    def check(self, *changes, text=None):
        if not (self.path / "released").exists():
            self.release()
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            failed = snapshot.check(parse.load_all([self.write(text or changed(*changes))]), self.path / "released")
        return SimpleNamespace(returncode=int(failed), stderr=said.getvalue())

    def kept(self, *changes):
        run = self.check(*changes)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def broken(self, *changes, says, why, instead, count=1, text=None):
        run = self.check(*changes, text=text)
        self.assertEqual(run.returncode, 1, "was taken")
        self.assertIn(says, run.stderr)
        self.assertRegex(run.stderr, r"(?m)^\S*chest\.nid:\d+:\d+: ")
        self.assertIn(f"why not: {why}", run.stderr)
        self.assertIn(f"instead: {instead}", run.stderr)
        self.assertIn(f"interfaces: {count} incompatible change{'s' * (count != 1)};", run.stderr)
        self.assertEqual(run.stderr.count("why not: "), count, run.stderr)

    def next(self, *changes):
        """The same in version 1.3."""
        return (("version 1.2", "version 1.3"), *changes)

    # --- what is allowed ---------------------------------------------------------------------------------------------

    def test_same(self):
        """A protocol fits its own release."""
        self.kept()

    def test_no_release(self):
        """Before the first release there is nothing to break."""
        run = self.tool("--check-snapshot", self.path / "released", self.write(SAMPLE))
        self.assertEqual(run.returncode, 0)
        self.assertIn("holds no release yet", run.stdout)

    def test_additions(self):
        """New methods, fields at the end, values, signals, events, constants, errors and types are no break."""
        self.kept(*self.next(
            ("LOCKED = 2 since 1.1", "LOCKED = 2 since 1.1, SEALED = 3 since 1.3"),
            ("BLUE = 0x80", "BLUE = 0x80, GREY = 4 since 1.3"),
            ("most: u8 since 1.2;", "most: u8 since 1.2; last: u8 since 1.3;"),
            (LAST, LAST + "\tmethod 40 more(a: u32) since 1.3;\n\tevent 41 most() since 1.3;\n\tsignal NEW = 0x40 since 1.3;\n\tconst NEW = 9 since 1.3;\n"
             "\terror NONE = 129 \"none\" since 1.3;\n\tenum one : u8 since 1.3 { A = 1 }\n\tstruct two since 1.3 { a: u32; }\n"),
            ("errors STUCK, FULL, BUDGET", "errors STUCK, FULL, BUDGET, DENIED"),
            ("reserved 12, 13", "reserved 12, 13, 14")))

    def test_struct_grows(self):
        """A struct may grow beyond what it was filled up to."""
        self.kept(*self.next(("most: u8 since 1.2;",
                              "most: u8 since 1.2; a: u8 since 1.3; b: u16 since 1.3; c: u64 since 1.3;")))

    def test_words_for_people(self):
        """Comments, sentences, names of parameters, and the protocol that a connection is of, may change."""
        self.kept(("/// A box.", "/// A larger box."), ("the lid is stuck", "the lid sticks"),
                  ("hard: u16", "how_hard: u16"),
                  ("handle<connection of chest, SIGNAL | TRANSFER>", "handle<connection, TRANSFER | SIGNAL>"))

    def test_order_in_file(self):
        """Where things stand in the file means nothing."""
        self.kept(("\tmethod 11 nothing();\n", ""), (LAST, LAST + "\tmethod 11 nothing();\n"))

    def test_major(self):
        """Another major version may change everything."""
        run = self.check(text="protocol chest = 0x63686573 version 2.0 { method 2 other(); }")
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    # --- what is not ---------------------------------------------------------------------------------------------------

    def test_version_back(self):
        """The version does not go back."""
        self.release(SAMPLE.replace("version 1.2", "version 1.3"))
        self.broken(says="`chest` is version 1.2, and 1.3 was released", why="clients ask for the version",
                    instead="write version 1.3 or a later one")

    def test_protocol_number(self):
        """The protocol's number stays."""
        self.broken(("0x63686573", "0x63686574"),
                    says="`chest` has the number 0x63686574, and was released with 0x63686573",
                    why="a client that asks `info` takes it for another", instead="give it the old number back")

    def test_protocol_gone(self):
        """A protocol that was released stays."""
        self.release()
        run = self.tool("--check-snapshot", self.path / "released",
                        self.write(SAMPLE.replace("chest", "trunk").replace("0x63686573", "5"), "trunk.nid"))
        self.assertEqual(run.returncode, 1)
        self.assertIn("the protocol `chest` was released, and is gone", run.stderr)
        self.assertIn("instead: put idl/chest.nid back", run.stderr)

    def test_protocol_number_reused(self):
        """Another protocol does not take a released number."""
        self.release()
        run = self.tool("--check-snapshot", self.path / "released", self.write(SAMPLE.replace("chest", "trunk"),
                                                                               "trunk.nid"))
        self.assertIn("`trunk` has the number 0x63686573, which was released as that of `chest`", run.stderr)

    def test_method_renumbered(self):
        """A method keeps its number."""
        self.broken(("method 11 nothing", "method 20 nothing"),
                    says="the method `nothing` has the number 20, and was released with 11",
                    why="programs of the last release have the old one compiled in", instead="give it 11 back")

    def test_method_gone(self):
        """A method that was released stays, reserved or not."""
        for instead in ("", "\treserved 11;\n"):
            self.broken(("\tmethod 11 nothing();\n", instead), says="the method `nothing` is gone, which was released",
                        why="programs of the last release use it",
                        instead="put it back; a server may answer that it does not do this any more")

    def test_method_number_reused(self):
        """A method's number does not come to mean another method or event."""
        self.broken(("method 11 nothing()", "method 11 other()"),
                    says="the method `other` has the number 11, which was released as that of `nothing`",
                    why="programs of the last release would be understood wrongly",
                    instead="give it a number that was never used", count=3)
        self.broken(("\tmethod 11 nothing();", "\tevent 11 other();"),
                    says="the event `other` has the number 11, which was released as that of `nothing`",
                    why="programs of the last release would be understood wrongly",
                    instead="give it a number that was never used", count=3)

    def test_numbers_swapped(self):
        """Two methods that changed places are two breaks."""
        self.broken(("method 8 shake", "method 11 shake"), ("method 11 nothing", "method 8 nothing"),
                    says="the method `shake` has the number 11, and was released with 8",
                    why="programs of the last release have the old one", instead="give it 8 back", count=2)

    def test_new_without_since(self):
        """What is new says since when."""
        for text, what in (("method 40 more();", "method `more`"), ("event 40 more();", "event `more`"),
                           ("signal NEW = 0x40;", "signal `NEW`"),
                           ("const NEW = 1;", "constant `NEW`"), ("error NONE = 129 \"none\";", "error `NONE`"),
                           ("enum one : u8 { A = 1 }", "type `one`"),
                           ("struct two { a: u32; }", "type `two`")):
            self.broken((LAST, f"{LAST}\t{text}\n"),
                        says=f"the {what} is new, and is since 1.0, which was released without it",
                        why="a client that is content with 1.0 would use it with a server that does not have it",
                        instead="write since 1.3 and raise the protocol's version")
        self.broken(("BLUE = 0x80", "BLUE = 0x80, GREY = 4"),
                    says="the value `GREY` of `paint` is new, and is since 1.0", why="a client that is content",
                    instead="write since 1.3")
        self.broken(*self.next(("most: u8 since 1.2;", "most: u8 since 1.2; last: u8 since 1.2;")),
                    says="the field `last` of `contents` is new, and is since 1.2",
                    why="a client that is content with 1.2", instead="write since 1.3\n")

    def test_since_changed(self):
        """What was released does not become newer or older."""
        self.broken(("(got: u32) since 1.1", "(got: u32) since 1.2"),
                    says="the method `swap` is since 1.2 now, and was since 1.1",
                    why="a client that is content with an older version", instead="put the old `since` back")

    def test_reserved(self):
        """A reserved number stays so."""
        self.broken(("reserved 12, 13", "reserved 12"), says="the number 13 was reserved, and is not any more",
                    why="it belonged to a method that is gone", instead="write `reserved 13;`")
        self.broken(*self.next(("reserved 12, 13", "reserved 12"), (LAST, LAST + "\tmethod 13 more() since 1.3;\n")),
                    says="the number 13 was reserved, and is used again",
                    why="it belonged to a method that is gone", instead="write `reserved 13;`")

    def test_modifiers(self):
        """`idempotent` and `oneway` stay as they are."""
        self.broken(("idempotent method 2", "method 2"), says="the method `put` is no longer idempotent",
                    why="clients ask again after the server was restarted", instead="put it back")
        self.broken(("method 11", "idempotent method 11"), says="the method `nothing` is now idempotent",
                    why="an older server may do it twice", instead="leave out `idempotent`")
        self.broken(("oneway method 8", "method 8"), says="the method `shake` is no longer oneway",
                    why="clients send it without waiting", instead="put it back")
        self.broken(("method 11", "oneway method 11"), says="the method `nothing` is now oneway",
                    why="an older server refuses it when it is sent", instead="leave out `oneway`")

    def test_parameter_added(self):
        """A method's parameters stay as many, on both sides, and an event's too."""
        self.broken(("hard: u16", "hard: u16, far: u32"),
                    says="the request of `shake` has 2 parameters, and was released with 1",
                    why="the other side, if it is older, sends and expects the old ones",
                    instead="put the old ones back; what is new goes to the end of a struct")
        self.broken(("(left: i32, full: bool)", "(left: i32)"),
                    says="the answer of `put` has 1 parameters, and was released with 2", why="the other side",
                    instead="put the old ones back")
        self.broken(("(id: id, how: lid)", "(id: id)"), says="the request of `moved` has 1 parameters",
                    why="the other side", instead="put the old ones back")

    def test_parameter_order(self):
        """Parameters keep their order."""
        self.broken(("(left: i32, full: bool)", "(full: bool, left: i32)"),
                    says="the parameters of the answer of `put` come in another order: full, left, and not left, full",
                    why="each has its place in the message", instead="put them back into the old order")

    def test_parameter_type(self):
        """A parameter keeps its type."""
        for old, new, says in (("hard: u16", "hard: u32",
                                "`hard` in the request of `shake` is u32, and was released as u16"),
                               ("(left: i32,", "(left: u32,",
                                "`left` in the answer of `put` is u32, and was released as i32"),
                               ("first: bytes<0..100>", "first: string<0..100>",
                                "`first` in the request of `fill` is string<0..100>, and was released as bytes<0..100>"),
                               ("lend bytes<1..8192>", "bytes<1..8192>",
                                "`pages` in the request of `lend` is bytes<1..8192>, and was released as lend bytes<1..8192>"),
                               ("size: wide", "size: u64",
                                "`size` in the request of `pair` is u64, and was released as wide"),
                               ("content: move memory", "content: handle<memory>",
                                "`content` in the request of `give` is handle<memory>, and was released as move memory")):
            self.broken((old, new), says=says, why="it travels otherwise, or means another thing to the other side",
                        instead="put it back, and add a method for what is new")

    def test_bounds(self):
        """Bounds stay: lower ones refuse older clients, wider ones are refused by older servers."""
        self.broken(("string<0..200>", "string<0..199>"),
                    says="`text` in the request of `label` is string<0..199>, and was released as string<0..200>",
                    why="an older client sends what would now be MALFORMED",
                    instead="put the old bounds back, and refuse with an error of the method's")
        self.broken(("string<0..200>", "string<1..200>"), says="string<1..200>",
                    why="an older client sends what would now be MALFORMED", instead="put the old bounds back")
        self.broken(("string<0..200>", "string<0..201>"), says="string<0..201>",
                    why="an older server takes what is now allowed for MALFORMED",
                    instead="put the old bounds back, and add a method with wider ones")
        self.broken(("string<0..40>", "string<0..41>"), says="`text` in the answer of `read`",
                    why="an older client takes what is now allowed for MALFORMED", instead="put the old bounds back")
        self.broken(("lend_mut bytes<16..4096>", "lend_mut bytes<16..4095>"), says="`pages` in the request of `swap`",
                    why="an older client sends what would", instead="put the old bounds")

    def test_handles(self):
        """A handle's type, rights and whether it must be there stay."""
        self.broken(("SIGNAL | TRANSFER>,", "CALL | SIGNAL | TRANSFER>,"),
                    says="`note` in the request of `give` is handle<connection, CALL | SIGNAL | TRANSFER>, and was released as handle<connection, SIGNAL | TRANSFER>",
                    why="an older client sends a handle that would now be refused",
                    instead="put it back, and add a method for what is new")
        self.broken(("READ | WRITE>", "READ>"), says="`mine` in the answer of `give`",
                    why="an older client refuses the handle that is now allowed", instead="put it back")
        self.broken(("handle<budget, SPEND>?", "handle<budget, SPEND>"),
                    says="`pay` in the request of `give` is handle<budget, SPEND>, and was released as handle<budget, SPEND>?",
                    why="an older client sends a handle that would now be refused", instead="put it back")
        self.broken(("handle<process>?", "handle<thread>?"), says="`other` in the answer of `give`",
                    why="it travels otherwise", instead="put it back")

    def test_constant(self):
        """A constant keeps its value, and stays."""
        self.broken(("LATE = 7", "LATE = 8"), says="the constant `LATE` is 8, and was released as 7",
                    why="programs of the last release have the old one compiled in",
                    instead="put the old one back, and add a constant of another name")
        self.broken(("\tconst LATE = 7 since 1.1;\n", ""), says="the constant `LATE` is gone",
                    why="programs of the last release use it",
                    instead="put it back; say in its doc comment that it is out of use")

    def test_enum(self):
        """An enum keeps its values, their numbers, its kind and its type."""
        self.broken(("SHUT = 1,", "SHUT = 3,"), says="the value `SHUT` of `lid` is 3, and was released as 1",
                    why="programs of the last release have the old number compiled in", instead="give it 1 back")
        self.broken(("\t\t/// Nothing falls out.\n\t\tSHUT = 1,\n", ""), says="the value `SHUT` of `lid` is gone",
                    why="programs of the last release use it", instead="put it back; say in its doc")
        self.broken(("SHUT = 1,", "CLOSED = 1,"), says="the value `CLOSED` of `lid` is 1, which was released as `SHUT`",
                    why="programs of the last release take it for that",
                    instead="give it a number that was never used", count=3)
        self.broken(("enum lid : u32", "flags lid : u32"), ("OPEN = 0", "OPEN = 4"),
                    says="`lid` is flags of u32, and was released as enum of u32", why="it is read otherwise",
                    instead="put it back", count=2)
        self.broken(("flags paint : u8", "flags paint : u16"), ("depth: i16;", "depth: i8;"),
                    says="`paint` is flags of u16, and was released as flags of u8", why="it is read otherwise",
                    instead="put it back", count=3)

    def test_type_gone(self):
        """A type stays, under its name."""
        self.broken(("flags paint : u8 {", "flags colour : u8 {"), ("\t\tpaint: paint;", "\t\tpaint: colour;"),
                    ("strings<2..50>, paint: paint", "strings<2..50>, paint: colour"),
                    says="the type `paint` is gone", why="programs of the last release use it", instead="put it back",
                    count=4)

    def test_struct(self):
        """A struct keeps its fields, their places and their types, and grows at the end only."""
        self.broken(("\t\tturns: u32 since 1.1;\n", ""), says="the field `turns` of `contents` is gone",
                    why="programs of the last release use it", instead="put it back", count=3)
        self.broken(("depth: i16;", "depth: u16;"),
                    says="the field `depth` of `contents` is u16, and was released as i16",
                    why="older programs have the old layout compiled in",
                    instead="put it back, and add a field at the end")
        self.broken(("text[LABEL_BYTES]", "text[12]"),
                    says="the field `label` of `contents` is text[12], and was released as text[16]",
                    why="older programs", instead="put it back", count=4)
        self.broken(("\t\tlid: lid;\n\t\tweight: u64;", "\t\tlid: lid;\n\t\tearly: u64;\n\t\tweight: u64;"),
                    says="the field `weight` of `contents` begins at byte 16, and was released at 8",
                    why="older programs have the old layout compiled in",
                    instead="put new fields behind all released ones", count=11)
        self.broken(("sealed: bool;", "closed: bool;"), says="the field `sealed` of `contents` is gone",
                    why="programs of the last release use it", instead="put it back", count=2)

    def test_error(self):
        """An error keeps its number, and stays."""
        self.broken(("STUCK = 128", "STUCK = 129"),
                    says="the error `STUCK` has the number 129, and was released with 128",
                    why="programs of the last release have", instead="give it 128 back")
        self.broken(("HEAVY = 255", "LIGHT = 255"),
                    says="the error `LIGHT` has the number 255, which was released as that of `HEAVY`",
                    why="programs of the last release would", instead="give it a number", count=3)

    def test_signal(self):
        """A signal keeps its bit, and stays."""
        self.broken(("FULL = 0x1", "FULL = 0x2"), says="the signal `FULL` has the bit 2, and was released with 1",
                    why="programs of the last release have", instead="give it 1 back")
        self.broken(("\tsignal FULL = 0x1;\n", ""), says="the signal `FULL` is gone",
                    why="programs of the last release use it", instead="put it back; say in its doc")

    # --- releasing -----------------------------------------------------------------------------------------------------

    def test_release_refuses(self):
        """What breaks the last release does not become the next one."""
        self.release()
        run = self.tool("--release", self.path / "released", self.write(changed(("method 11", "method 20"))))
        self.assertEqual(run.returncode, 1)
        self.assertIn("nothing was released", run.stderr)
        self.assertEqual((self.path / "released/chest.nid").read_text(), SAMPLE)

    def test_release(self):
        """A release is a copy of the file, and says what it released."""
        run = self.tool("--release", self.path / "released", self.write(SAMPLE))
        self.assertEqual(run.stdout, "released chest 1.2\n")
        self.assertEqual((self.path / "released/chest.nid").read_text(), SAMPLE)


if __name__ == "__main__":
    unittest.main()
