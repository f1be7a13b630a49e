"""The reference model of the contract (test/reference): doc/verification.md says which calls it has, and which not."""
import re
import unittest

from contract_sample import ROOT

import source

CALLS = {call.name for call in source.load(ROOT / "abi").calls}


def modelled():
    """The calls that calls.c says it covers."""
    text = (ROOT / "test/reference/calls.c").read_text(encoding="utf-8")
    table = re.search(r"ref_covers\[CALL_COUNT\] = \{(.*?)\};", text, re.S).group(1)
    return {name.lower() for name in re.findall(r"\[CALL_(\w+)\] = true", table)}


def told(heading):
    """The calls named in code spans of the first column of the table under a heading of the page."""
    page = (ROOT / "doc/verification.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page.split(heading)[1].split("\n## ")[0].split("\n### ")[0], re.M)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


class Covered(unittest.TestCase):
    def test_calls(self):
        """The page names each call of the contract once: with the model, or with the reason why not."""
        have, lack = told("### Calls it has"), told("### Calls it has not")
        self.assertEqual(sorted(have + lack), sorted(CALLS))
        self.assertEqual(set(have), modelled())

    def test_done(self):
        """Each call that the model has is carried out by it, and chosen by who makes the sequences."""
        for path, count in (("test/reference/calls.c", 1), ("test/reference/differ.c", 1)):
            text = (ROOT / path).read_text(encoding="utf-8")
            text = text.split("static void do_call(void)")[1] if "do_call" in text else re.search(r"calls\[\] = \{(.*?)\};", text, re.S).group(1)
            for name in modelled():
                self.assertGreaterEqual(len(re.findall(rf"\bCALL_{name.upper()}\b", text)), count, f"{name} in {path}")
