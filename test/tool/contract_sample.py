"""What the tests of tool/contract share: a small contract to change by replacing words, and ways to run the tool."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tool/contract/contract.py"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOL.parent))        # for the tests that look inside

ERRORS = """
[[error]]
name = "OK"
number = 0
sentence = "done"
hint = ""
[[error]]
name = "BAD_CALL"
number = 1
sentence = "no such call"
hint = "look"
[[error]]
name = "BAD_HANDLE"
number = 2
sentence = "no such handle"
hint = "look"
[[error]]
name = "WRONG_TYPE"
number = 3
sentence = "another type"
hint = "look"
[[error]]
name = "RIGHTS"
number = 4
sentence = "a right lacks"
hint = "ask"
[[error]]
name = "PEER_GONE"
number = 5
sentence = "it is gone"
hint = "connect again"
[[error]]
name = "FULL"
number = 9
sentence = "no room"
hint = "wait"
"""
OBJECTS = """
[[object]]
name = "box"
number = 1
summary = "holds things"
[[object]]
name = "lid"
number = 2
summary = "closes a box"
[[right]]
name = "OPEN"
bit = 0
object = "box"
summary = "it can be opened"
[[right]]
name = "SEE"
bit = 1
summary = "it can be looked at"
[[right]]
name = "FILL"
bit = 2
object = "box"
summary = "it can be filled"
[[kind]]
name = "NOTE"
number = 1
summary = "a note"
[[constant]]
set = "limit"
name = "LIMIT_THINGS"
value = 7
summary = "things in a box"
[[struct]]
name = "label"
summary = "a label"
fields = [ { name = "size", type = "u8", summary = "s" }, { name = "at", type = "word", summary = "a" } ]
[[struct]]
name = "parcel"
summary = "a parcel"
fields = [
  { name = "kind", type = "u8", summary = "k" },
  { name = "labels", type = "label", count = 2, summary = "l" },
  { name = "when_ns", type = "u64", summary = "w" },
]
"""
CALLS = """
[contract]
major = 1
minor = 0
[[call]]
name = "box_put"
number = 0
summary = "Put something in."
args = [
  { name = "box", type = "handle", object = "box", rights = ["OPEN"] },
  { name = "thing", type = "u32", summary = "what" },
  { name = "weight", type = "u64", summary = "mg" },
  { name = "lid", type = "handle", object = "lid" },
]
results = [
  { name = "place", type = "word", summary = "where" },
  { name = "left", type = "word", summary = "room" },
]
errors = [
  { name = "FULL", cause = "no room" },
  { name = "RIGHTS", cause = "the lid fits another" },
]
[[call]]
name = "box_age"
number = 1
summary = "How old a box is."
args = [
  { name = "box", type = "handle", object = "box", rights = ["SEE"] },
]
results = [
  { name = "age_ns", type = "u64", summary = "ns" },
]
[[call]]
name = "box_leave"
number = 2
summary = "Leave."
noreturn = true
args = [
  { name = "code", type = "word", summary = "why" },
]
[[call]]
name = "box_ask"
number = 3
summary = "Ask and wait."
blocking = true
raw = true
args = [
  { name = "box", type = "handle", object = "box", rights = ["OPEN"] },
  { name = "words", type = "words", summary = "question" },
  { name = "deadline_ns", type = "deadline", summary = "until" },
]
results = [
  { name = "words", type = "words", summary = "answer" },
]
"""
FILES = {"errors.toml": ERRORS, "objects.toml": OBJECTS, "calls.toml": CALLS}


class ContractTest(unittest.TestCase):
    """A test with a folder of its own and a small contract in it that can be changed by replacing words."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name, *changes):
        """The small contract as the folder `name`, with (old, new) replaced where `old` stands, exactly once."""
        texts, folder = dict(FILES), self.folder / name
        for old, new in changes:
            holders = [file for file, text in texts.items() if old in text]
            self.assertEqual(len(holders), 1, f"{old!r} stands in {holders}")
            texts[holders[0]] = texts[holders[0]].replace(old, new, 1)
        folder.mkdir(exist_ok=True)
        for file, text in texts.items():
            (folder / file).write_text(text)
        return folder

    def tool(self, *arguments):
        command = [sys.executable, TOOL, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=self.folder)

    def shell(self, command):
        run = subprocess.run(command.split(), capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(run.returncode, 0, f"{command}\n{run.stdout}{run.stderr}")
        return run.stdout
