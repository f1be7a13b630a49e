"""tool/idl: where parameters travel, messages made from values, and messages that servers must refuse."""
import glob
import json
import re
import subprocess
import unittest

from idl_sample import ROOT, SAMPLE, IdlTest, changed, method

import check
import hostile
import parse
import wire
from layout import layout_of
from model import Array, EnumRef


def protocols():
    return [protocol for protocol in (parse.load(path) for path in sorted(glob.glob(str(ROOT / "idl/*.nid")))) if protocol.common] + [IdlTest.sample()]


class Layout(IdlTest):
    def test_words(self):
        """Words are filled in the order of the parameters: 64 bits take two, an ID four, all else one."""
        sample = self.sample()
        self.assertEqual([(each.name, first) for each, first in layout_of(method(sample, "put")).request.words],
                         [("weight", 0), ("lid", 2)])
        self.assertEqual([(each.name, first) for each, first in layout_of(method(sample, "put")).answer.words],
                         [("left", 0), ("full", 1)])
        self.assertEqual([(each.name, first) for each, first in layout_of(method(sample, "moved")).request.words],
                         [("id", 0), ("how", 4)])
        self.assertEqual([(each.name, first) for each, first in layout_of(method(sample, "lend")).request.words],
                         [("deep", 0), ("pages", 1)])
        self.assertEqual([(each.name, first) for each, first in layout_of(method(sample, "pair")).request.words],
                         [("size", 0)])

    def test_room(self):
        """The room for the answer is word 4, that for a struct before a run word 3."""
        sample = self.sample()
        rooms = {name: (layout_of(method(sample, name)).room_word,
                        layout_of(method(sample, name)).struct_room_word) for name in ("put", "look", "read")}
        self.assertEqual(rooms, {"put": (None, None), "look": (4, None), "read": (4, 3)})

    def test_struct(self):
        """Fields lie as C puts them, `size` before them, `reserved` behind, a multiple of 8 in all."""
        state = next(each for each in self.sample().structs if each.name == "contents")
        self.assertEqual([(field.name, field.offset) for field in state.fields],
                         [("size", 0), ("lid", 4), ("weight", 8), ("sizes", 16), ("paint", 24), ("sealed", 25),
                          ("depth", 26), ("owner", 28),
                          ("label", 44), ("turns", 60), ("more", 64), ("most", 68), ("reserved", 69)])
        self.assertEqual((state.bytes, state.bytes_first), (72, 64))
        last = state.fields[-1].type
        self.assertIsInstance(last, Array)
        self.assertEqual((last.element.name, last.count), ("u8", 3))

    def test_reserved(self):
        """What fills a struct up has the largest type that fits its place."""
        for fields, kind in (("a: u32;", None), ("a: u32; b: u32;", "u32"), ("a: u32; b: u16;", "u16[3]"),
                             ("a: u32; b: u8;", "u8[7]"), ("a: u8;", "u8[3]"),
                             ("a: u32; b: u32; c: u16;", "u16"), ("a: u32; b: u32; c: u16; d: u8;", "u8")):
            struct = next(each for each in parse.parse(changed(("\tsignal FULL",
                                                                "\tstruct one { " + fields + " }\n\tsignal FULL")),
                                                                "chest.nid").structs if each.name == "one")
            last = struct.fields[-1]
            made = None if last.name != "reserved" else last.type.name if not isinstance(last.type, Array) else f"{last.type.element.name}[{last.type.count}]"
            self.assertEqual(made, kind, fields)
            self.assertEqual(struct.bytes % 8, 0)

    def test_first_version(self):
        """The least that may be sent of a struct is what its first version had, filled up."""
        pair = next(each for each in self.sample().structs if each.name == "pair")
        self.assertEqual((pair.bytes_first, pair.since), (16, (1, 1)))

    def test_common(self):
        """Every protocol knows the common statuses, and methods 0 and 1."""
        common = self.sample().common
        self.assertEqual([(each.number, each.name) for each in common.methods], [(0, "info"), (1, "connect")])
        self.assertTrue(common.methods[1].forwarded)
        numbers = {each.name: each.number for each in common.errors}
        self.assertEqual([numbers[name] for name in ("METHOD", "MALFORMED", "DENIED", "NOT_FOUND", "NOT_READY", "FULL",
                                                     "END", "EXISTS", "DEVICE", "NOT_PROGRAM", "NEWER")],
                         list(range(64, 75)))

    def test_doc(self):
        """A doc comment is text and what it says of parameters, whose lines may go on."""
        put = method(self.sample(), "put")
        self.assertEqual(put.doc.text, "Puts a thing into a box.")
        self.assertEqual(put.doc.params, {"name": "which box; it is made where there is none", "left": "room in it"})
        self.assertEqual((put.inputs[0].doc, put.outputs[0].doc), ("which box; it is made where there is none",
                                                                   "room in it"))

    def test_page_about_the_language(self):
        """The protocol that doc/interfaces.md shows is one, and is laid out as the page says."""
        text = re.search(r"```nid idl/counter.nid\n(/// Counters.*?)```", (ROOT / "doc/interfaces.md").read_text(),
                         re.DOTALL).group(1)
        counter = parse.parse(text, "counter.nid")
        self.assertEqual([each.name for each in counter.methods], ["add", "get", "watch", "tick"])
        self.assertEqual((counter.structs[0].bytes, counter.structs[0].bytes_first), (48, 40))


class Wire(IdlTest):
    def test_words_and_strings(self):
        """Numbers go into words, a string is copied as it is."""
        message = wire.request(method(self.sample(), "put"), {"name": "gold", "weight": 0x1_0000_0002, "lid": 2})
        self.assertEqual((message.opcode, message.words, message.data), (2, (2, 1, 2, 0, 0), b"gold"))

    def test_sign(self):
        """A negative number fills the whole word with its sign."""
        message = wire.request(method(self.sample(), "lend"), {"deep": -2, "pages": 5000})
        self.assertEqual((message.words[:2], message.wide[:2], message.loan), ((0xfffffffe, 5000), (0xffffffff, 0),
                                                                               5000))

    def test_two_runs(self):
        """Two runs and a struct: length of the first, zero, struct, first, second."""
        message = wire.request(method(self.sample(), "fill"), {"first": b"abc", "second": ["x", "yz"],
                                                               "state": {"weight": 7}})
        self.assertEqual(message.data[:8], b"\3\0\0\0\0\0\0\0")
        self.assertEqual(message.data[8:12], b"\x48\0\0\0")
        self.assertEqual(message.data[16:24], b"\7\0\0\0\0\0\0\0")
        self.assertEqual(message.data[80:], b"abcx\0yz\0")

    def test_room_said(self):
        """A request says how much room there is for all that may come."""
        self.assertEqual(wire.request(method(self.sample(), "read")).words[3:], (72, 112))

    def test_handles(self):
        """Handles travel in their order, each with its rights."""
        self.assertEqual(wire.request(method(self.sample(), "give")).handles,
                         (("memory", ()), ("connection", ("SIGNAL", "TRANSFER")), ("budget", ("SPEND",))))


class Hostile(IdlTest):
    def test_valid(self):
        """The least request of every method of every protocol is one that its server takes."""
        for protocol in protocols():
            for each in protocol.methods:
                for wide in (False, True):
                    self.assertEqual(check.verdict(protocol, wire.request(each), wide), "OK",
                                     f"{protocol.name}.{each.name}")

    def test_refused(self):
        """Every malformed message is refused, with the status that stands beside it."""
        count = 0
        for protocol in protocols():
            for each in hostile.messages(protocol):
                for wide in (True,) if each.only64 else (False, True):
                    found = check.verdict(protocol, each.message, wide)
                    wanted = ("MALFORMED", "NEWER") if each.expect == "REFUSED" else (each.expect,)
                    self.assertIn(found, wanted, f"{protocol.name}.{each.method}: {each.why}: {each.message}")
                    count += 1
        self.assertGreater(count, 500)

    def test_every_kind(self):
        """The sample, which has one of everything, is attacked in everything."""
        reasons = {f"{each.method}: {each.why}" for each in hostile.messages(self.sample())}
        for reason in ("put: name is a byte too long", "fill: second is a byte too short", "put: no data came",
                       "put: name has a NUL inside", "put: name has a surrogate", "put: lid is unknown",
                       "put: part 1 of weight has the bit 2^32", "fill: paint is unknown", "fill: sealed is 2",
                       "fill: label does not end", "fill: label goes on behind its NUL",
                       "fill: its struct uses what is reserved", "fill: its struct has a field that nobody knows yet",
                       "fill: second does not end",
                       "fill: its first run says one more than came", "fill: its zero word is not",
                       "fill: its struct is shorter than the first version",
                       "lend: deep is one more than i8 holds", "lend: deep is one less than i8 holds",
                       "lend: the loan is missing", "lend: the loan is shorter than it says",
                       "swap: the loan can only be read", "swap: flag is 2", "give: a handle is missing",
                       "give: note is of another type", "give: note lacks SIGNAL",
                       "give: pay lacks SPEND", "nothing: a byte came that nobody asked for",
                       "nothing: a page was lent that nobody asked for",
                       "nothing: a handle came that nobody asked for", ": there is no method 12",
                       ": there is no method 1"):
            self.assertIn(reason, reasons)

    def test_newer_enum_values(self):
        """A value that is unknown is unknown: it is none of the enum's, and it fits its type."""
        for protocol in protocols():
            for enum in protocol.enums:
                unknown = hostile.unknown_of(enum)
                if unknown is not None:
                    self.assertNotIn(unknown, [value.number for value in enum.values])
                    self.assertLess(unknown, 1 << 8 * EnumRef(enum).bytes)

    def test_header(self):
        """The table in C has every message, and is C."""
        self.tool("--hostile", self.path / "hostile.h", self.write(SAMPLE))
        text = (self.path / "hostile.h").read_text()
        self.assertEqual(text.count("\t{ .method = "), len(list(hostile.messages(self.sample()))))
        (self.path / "main.c").write_text('#include "hostile.h"\nint main(void) { return (int)hostile_protocols[0].count - %d; }\n' % text.count("\t{ .method = "))
        made = subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", self.path / "main",
                               self.path / "main.c"], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(subprocess.run([self.path / "main"]).returncode, 0)


class Fuzz(IdlTest):
    def test_dictionary(self):
        """A dictionary has one line a token, in the form that libFuzzer and AFL read."""
        self.assertEqual(self.tool("--dictionary", self.path, self.write(SAMPLE)).returncode, 0)
        lines = (self.path / "chest.dict").read_text().splitlines()[1:]
        for line in lines:
            self.assertRegex(line, r'^[A-Za-z0-9_]+="(\\x[0-9a-f]{2})+"$')
        self.assertIn(r'protocol="\x73\x65\x68\x63"', lines)
        self.assertIn(r'put_name_max_more1="\x11\x00\x00\x00"', lines)

    def test_grammar(self):
        """A grammar has, for each method, a message that is allowed and the ones beside it that are not."""
        self.tool("--dictionary", self.path, self.write(SAMPLE))
        made = json.loads((self.path / "chest.json").read_text())
        self.assertEqual(len(made["methods"]), len(self.sample().methods))
        for about in made["methods"].values():
            self.assertEqual(about["valid"]["opcode"], int(next(number for number,
                                                                each in made["methods"].items() if each is about)))
            self.assertGreater(len(about["refused"]), 1)
            self.assertNotIn(about["valid"], [{key: value for key,
                                               value in each.items() if key not in ("why", "expect",
                                                                                    "only64")} for each in about["refused"]])


if __name__ == "__main__":
    unittest.main()
