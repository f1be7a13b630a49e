"""tool/idl/decode.py: messages become text, whatever they hold; and the reference pages."""
import json
import random
import re
import unittest

from idl_sample import ROOT, SAMPLE, IdlTest, method

import decoder as maker
import hostile
import parse
import reference
import wire
from decode import Decoder


class Decode(IdlTest):
    def setUp(self):
        super().setUp()
        self.chest = self.sample()
        self.decoder = Decoder(json.loads(maker.generate([self.chest, parse.load(ROOT / "idl/log.nid")])))

    def shown(self, name, values, handles=()):
        message = wire.request(method(self.chest, name), values)
        return self.decoder.request("chest", message.opcode, message.words, message.data, handles)

    # --- what is as it should be -------------------------------------------------------------------------------------

    def test_log(self):
        """A line for the log."""
        self.assertEqual(self.decoder.request("log", 2, [2, 0, 0, 0, 0], b"ready"),
                         'log.write(level: INFO, text: "ready")')

    def test_numbers(self):
        """64 bits are put together, a sign is seen on both widths, an enum has its name."""
        self.assertEqual(self.shown("put", {"name": "gold", "weight": 1 << 40, "lid": 2}),
                         'chest.put(name: "gold", weight: 1099511627776, lid: LOCKED)')
        for word in (0xfffffffe, 0xfffffffffffffffe):
            self.assertEqual(self.decoder.request("chest", 5, [word, 4096]),
                             "chest.lend(deep: -2, pages: lend 4096 bytes)")
        self.assertEqual(self.decoder.answer("chest", 2, 0, [0xffffffffffffffff, 1]),
                         "chest.put -> (left: -1, full: true)")

    def test_struct(self):
        """A struct's fields, without its size and what is reserved."""
        state = {"lid": 1, "weight": 5, "sizes": [1, 2, 3, 4], "paint": 0x81, "sealed": 1, "depth": -3,
                 "owner": (1, 2, 3, 4), "label": "old", "turns": 9}
        self.assertEqual(self.shown("fill", {"state": state, "first": b"\0\xff", "second": ["a", "b c"], "paint": 2}),
                         "chest.fill(state: {lid: SHUT, weight: 5, sizes: [1, 2, 3, 4], paint: RED | BLUE, sealed: true, depth: -3, "
                         'owner: 00000001000000020000000300000004, label: "old", turns: 9, more: 0, most: 0}, first: <00ff>, second: ["a", "b c"], paint: GREEN)')

    def test_older_struct(self):
        """A struct of an older version shows what it has."""
        data = bytearray(wire.pack_struct(method(self.chest, "look").outputs[0].type.struct, {"turns": 9})[:64])
        data[0] = 64
        text = self.decoder.answer("chest", 3, 0, [0] * 5, bytes(data))
        self.assertIn("turns: 9}", text)
        self.assertNotIn("more", text)

    def test_handles(self):
        """Handles show their type and number, and those that may be missing `none`."""
        self.assertEqual(self.decoder.request("chest", 7, [], b"", [0x10, 0x11]),
                         "chest.give(content: moved memory 0x10, note: connection 0x11, pay: none)")

    def test_id(self):
        """An ID is 32 hexadecimal digits."""
        self.assertEqual(self.decoder.request("chest", 3, [0x1234, 0, 0xffffffff, 1, 72]),
                         "chest.look(id: 0000123400000000ffffffff00000001)")

    def test_common(self):
        """Methods 0 and 1 are known on every protocol, which may be named by its number."""
        self.assertEqual(self.decoder.request(0x63686573, 0), "chest.info()")
        self.assertEqual(self.decoder.request("chest", 1, [7]), "chest.connect(process: 7)")
        self.assertEqual(self.decoder.answer("log", 0, 0, [1, 2]), "log.info -> (protocol: 1, version: 2)")

    def test_statuses(self):
        """Statuses of the kernel's, of all protocols, and of this one have names."""
        self.assertEqual([self.decoder.answer("chest", 2, status) for status in (7, 65, 128, 129)],
                         ["chest.put -> BUDGET", "chest.put -> MALFORMED", "chest.put -> STUCK",
                          "chest.put -> status 129?"])

    def test_events_and_signals(self):
        """Events and signals, too."""
        self.assertEqual(self.decoder.event("chest", 17, [], b"new"), 'chest.renamed(name: "new")')
        self.assertEqual(self.decoder.signals("chest", 0x20000001), "FULL | BROKEN")

    # --- what is not ---------------------------------------------------------------------------------------------------

    def test_marks(self):
        """What does not fit is marked, and the rest is shown."""
        ask = self.decoder.request
        self.assertEqual(ask("log", 2, [9], b"x"), 'log.write(level: 9?(unknown), text: "x")')
        self.assertEqual(ask("log", 2, [2], b""), 'log.write(level: INFO, text: ""?(size))')
        self.assertEqual(ask("log", 2, [2], b"a\xffb\0"),
                         'log.write(level: INFO, text: "a\\xffb\\x00"?(no UTF-8)?(NUL))')
        self.assertEqual(ask("log", 3, [0, 1, 12], b""),
                         'log.read(from: 0, least: WARNING, reading: 0xc?(unknown), label: "")')
        self.assertEqual(ask("chest", 11, [], b"ab", [5]), "chest.nothing(?(1 handles more), ?(2 bytes more))")
        self.assertEqual(ask("chest", 6, [0, 2]), "chest.swap(pages: lend_mut 0 bytes?(size), flag: 2?(no bool))")
        self.assertEqual(ask("chest", 7), "chest.give(content: ?(missing), note: ?(missing), pay: none)")
        self.assertEqual(ask("chest", 8, [65536]), "chest.shake(hard: 65536?(too large))")
        self.assertEqual(ask("chest", 200, [1, 2]), "chest.200?(0x1, 0x2, 0x0, 0x0, 0x0)")
        self.assertEqual(ask("nobody", 2, [1], b"x"), "nobody.2?(0x1, 0x0, 0x0, 0x0, 0x0, 1 bytes)")
        self.assertEqual(ask(77, 2), "0x4d.2?(0x0, 0x0, 0x0, 0x0, 0x0)")
        self.assertIn("state: ?(its size is 0, and 72 bytes came)", ask("chest", 4, [], bytes(8 + 72)))
        self.assertIn("?(the first run has 255 bytes, and 0 came)",
                      ask("chest", 4, [], b"\xff" + bytes(7) + wire.pack_struct(self.chest.structs[0], {})))

    def test_long(self):
        """A long run is cut, and says how long it is."""
        self.assertRegex(self.decoder.request("log", 2, [0], b"x" * 240), r'text: "x{64}"\.\.\. \(240 bytes\)\)$')

    def test_one_line(self):
        """Whatever a message holds, its text is one line without control characters."""
        text = self.decoder.request("log", 2, [0], b"a\n\x1b[2J\r\"\xc2\x85")
        self.assertEqual(text, 'log.write(level: ERROR, text: "a\\n\\x1b[2J\\r\\"\\x85")')

    def test_hostile(self):
        """Every malformed message of the table becomes text, and all that the words or data show is marked."""
        for each in hostile.messages(self.chest):
            text = self.decoder.request("chest", each.message.opcode, [low | high << 32 for low,
                                                                       high in zip(each.message.words,
                                                                                   each.message.wide)],
                                        each.message.data, range(len(each.message.handles)))
            self.assertTrue(text.isprintable())
            if each.method and not each.message.loan and not re.search(r"handle|another type|lacks|room|loan",
                                                                       each.why):
                self.assertIn("?", text, each.why)

    def test_anything(self):
        """Ten thousand messages of random bytes become text."""
        chance = random.Random(1)
        for _ in range(10000):
            opcode = chance.choice([*range(20), 255, 1 << 40])
            words = [chance.choice([0, 1, chance.getrandbits(32),
                                    chance.getrandbits(64)]) for _ in range(chance.randrange(7))]
            data = chance.randbytes(chance.choice([0, 1, 7, 8, 72, 80, 200]))
            for make in (lambda: self.decoder.request("chest", opcode, words, data, range(chance.randrange(5))),
                         lambda: self.decoder.answer("chest", opcode, chance.choice([0, 0, 65, 1 << 33]), words, data)):
                self.assertTrue(make().isprintable())

    def test_command(self):
        """The command shows one message."""
        self.tool("--decoder", self.path / "idl.json", self.write(SAMPLE))
        run = self.tool(self.path / "idl.json", "chest", "request", "2", "5", "0", "1", "--data", "676f6c64",
                        file="decode.py")
        self.assertEqual(run.stdout, 'chest.put(name: "gold", weight: 5, lid: SHUT)\n')
        run = self.tool(self.path / "idl.json", "0x63686573", "answer", "2", "65", file="decode.py")
        self.assertEqual(run.stdout, "chest.put -> MALFORMED\n")


class Reference(IdlTest):
    def setUp(self):
        super().setUp()
        self.page = reference.pages([self.sample()])["chest.md"]

    def test_methods(self):
        """A page has every method, with its signature, its words, its errors."""
        for each in [*self.sample().methods, *self.sample().events]:
            self.assertIn(f"\n## {each.name}\n", self.page)
        for line in ("idempotent method 2 put(name: string<1..16>, weight: u64, lid: lid) -> (left: i32, full: bool)",
                     "| `weight` | `u64` | words 0 to 1 | low half first |", "| `left` | `i32` | word 0 | room in it |",
                     "| `name` | `string<1..16>` | copied, from byte 0, to the end | which box; it is made where there is none; 1 to 16 bytes, UTF-8 without NUL |",
                     "| `STUCK` | 128 | the lid is stuck |", "| `BUDGET` | 7 |",
                     "|  | `u32` | word 4 | room for all the answer's copied data, in bytes |",
                     "|  | `u32` | word 3 | room for the answer's struct, in bytes |",
                     "| `content` | `move memory` | handle 0 | moved, not copied |",
                     "| `first` | `bytes<0..100>` | behind the struct, as long as the first u32 says | 0 to 100 bytes, bytes |",
                     "| `second` | `strings<2..50>` | behind it, to the end |", "Since 1.1.",
                     "May be sent without waiting.",
                     "The numbers 12, 13 belonged to what is gone."):
            self.assertIn(line, self.page)

    def test_types(self):
        """A page has every struct with its layout, and every enum, signal and constant with its value."""
        for line in ("A struct of 72 bytes.", "| 44 | `label` | `text[16]` |", "| 60 | `turns` | `u32` |  Since 1.1. |",
                     "| 69 | `reserved` | `u8[3]` | zero |",
                     "| `BLUE` | 0x80 |", "| `SHUT` | 1 | Nothing falls out. |",
                     "| `FULL` | 0x1 | Set when a box is full. |", "| `LABEL_BYTES` | 16 |"):
            self.assertIn(line, self.page)

    def test_links(self):
        """Every link inside a page leads to a heading of it."""
        headings = {re.sub(r"[^\w\- ]", "",
                           heading.lower()).replace(" ", "-") for heading in re.findall(r"(?m)^#+ (.*)$", self.page)}
        links = re.findall(r"\]\(#([^)]*)\)", self.page)
        self.assertGreater(len(links), 20)
        self.assertLessEqual(set(links), headings)

    def test_contents(self):
        """The first page leads to all others."""
        contents = reference.pages([self.sample()])["README.md"]
        self.assertIn("| [chest](chest.md) | 0x63686573 | 1.2 | Things in boxes. |", contents)


if __name__ == "__main__":
    unittest.main()
