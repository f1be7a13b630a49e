"""A protocol for the tests of tool/idl, and what they share."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tool/idl"))

import parse  # noqa: E402
from model import InterfaceError  # noqa: E402

# Has one of everything.
SAMPLE = """/// Things in boxes.
protocol chest = 0x63686573 version 1.2 {
	const LABEL_BYTES = 16;
	const SIZES = 0x4;
	const LATE = 7 since 1.1;

	/// How a box is closed.
	enum lid : u32 {
		OPEN = 0,
		/// Nothing falls out.
		SHUT = 1,
		LOCKED = 2 since 1.1
	}
	flags paint : u8 { RED = 1, GREEN = 2, BLUE = 0x80 }
	enum wide : u64 { SMALL = 1, LARGE = 0x100000000 }

	/// A box.
	struct contents {
		lid: lid;
		weight: u64;
		sizes: u16[SIZES];
		paint: paint;
		sealed: bool;
		depth: i16;
		owner: id;
		label: text[LABEL_BYTES];
		turns: u32 since 1.1;
		more: u32 since 1.2;
		most: u8 since 1.2;
	}
	struct pair since 1.1 { left: u32; right: i64; }

	error STUCK = 128 "the lid is stuck";
	error HEAVY = 255 "the box is too heavy" since 1.1;

	/// Puts a thing into a box.
	/// name: which box; it is made
	///   where there is none
	/// left: room in it
	idempotent method 2 put(name: string<1..LABEL_BYTES>, weight: u64, lid: lid) -> (left: i32, full: bool) errors STUCK, FULL, BUDGET;
	method 3 look(id: id) -> (state: contents) errors NOT_FOUND;
	method 18 read(from: u64) -> (state: contents, text: string<0..40>) errors END;
	method 4 fill(state: contents, first: bytes<0..100>, second: strings<2..50>, paint: paint);
	method 5 lend(deep: i8, pages: lend bytes<1..8192>);
	method 6 swap(pages: lend_mut bytes<16..4096>, flag: bool) -> (got: u32) since 1.1;
	method 7 give(content: move memory, note: handle<connection of chest, SIGNAL | TRANSFER>, pay: handle<budget, SPEND>?) ->
		(mine: handle<memory, READ | WRITE>, other: handle<process>?);
	oneway method 8 shake(hard: u16);
	oneway method 9 label(text: string<0..200>);
	method 10 pair(pair: pair, size: wide) -> (other: pair) since 1.1;
	method 11 nothing();
	reserved 12, 13;

	/// Set when a box is full.
	signal FULL = 0x1;
	signal BROKEN = 0x20000000 since 1.1;
	event 16 moved(id: id, how: lid) since 1.2;
	event 17 renamed(name: string<1..LABEL_BYTES>);
}
"""


class IdlTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)

    def write(self, text, name="chest.nid"):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def tool(self, *words, file="idl.py"):
        return subprocess.run(["/usr/bin/python3", ROOT / "tool/idl" / file, *map(str, words)], cwd=ROOT, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)

    @staticmethod
    def sample():
        return parse.parse(SAMPLE, "chest.nid")


def method(protocol, name):
    return next(each for each in [*protocol.methods, *protocol.events] if each.name == name)


def changed(*changes, text=SAMPLE):
    """The sample with each (old, new) replaced, which must be in it once."""
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} is {text.count(old)} times in the sample")
        text = text.replace(old, new)
    return text


def fault_of(text, file="chest.nid"):
    """The InterfaceError of a text, or None."""
    try:
        parse.parse(text, file)
    except InterfaceError as error:
        return error
    return None
