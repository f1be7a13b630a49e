"""tool/contract refuses what is not a sound contract, and says where and why."""
import unittest
from pathlib import Path

from contract_sample import ROOT, ContractTest

import source
from model import ContractError


class Malformed(ContractTest):
    def refused(self, *changes, file, entry, problem):
        folder = self.write("abi", *changes)
        with self.assertRaises(ContractError) as caught:
            source.load(folder)
        error = caught.exception
        self.assertEqual((Path(error.file).name, error.entry), (file, entry))
        self.assertIn(problem, str(error))
        return str(error)

    def test_sound(self):
        """The small contract itself is sound, and so is the real one."""
        source.load(self.write("abi"))
        source.load(ROOT / "abi")

    def test_not_toml(self):
        """A file that is no TOML is named, with the line."""
        self.refused(('name = "FULL"\n', 'name = FULL\n'), file="errors.toml", entry="", problem="line")

    def test_missing_file(self):
        """A file that is missing is named."""
        self.assertRaisesRegex(ContractError, "errors.toml: cannot be read", source.load, self.folder)

    def test_exit_status(self):
        """On the command line a malformed contract is a sentence on standard error, without a stack trace."""
        run = self.tool("--abi", self.write("abi", ('"FULL"\nnumber = 9', '"FULL"\nnumber = 5')), "--out", "gen")
        self.assertEqual(run.returncode, 2)
        self.assertRegex(run.stderr, r'^abi|errors.toml: error "FULL": number 5 is taken by "PEER_GONE"')
        self.assertNotIn("Traceback", run.stderr)

    def test_unknown_key(self):
        """An unknown key is refused, and the one that was meant suggested."""
        text = self.refused(("noreturn = true", "noretrun = true"), file="calls.toml", entry='call "box_leave"',
                            problem='there is no key "noretrun"')
        self.assertIn('did you mean "noreturn"?', text)

    def test_unknown_key_inside(self):
        """An unknown key of an argument is refused, with the argument's name."""
        self.refused(('type = "u32", summary', 'type = "u32", sumary'), file="calls.toml",
                     entry='call "box_put", argument "thing"', problem='there is no key "sumary"')

    def test_missing_key(self):
        """A key that is missing is named."""
        self.refused(('summary = "a note"', ""), file="objects.toml", entry='kind "NOTE"',
                     problem='the key "summary" is missing')

    def test_wrong_value(self):
        """A value of the wrong type is refused."""
        self.refused(("value = 7", 'value = "7"'), file="objects.toml", entry='constant "LIMIT_THINGS"',
                     problem='"value" must be int')

    def test_not_a_table(self):
        """An argument that is no table is refused, not tripped over."""
        self.refused(('args = [\n  { name = "code"', 'args = [ "code",\n  { name = "code"'), file="calls.toml",
                     entry='call "box_leave", argument without a name', problem="must be a table of keys")

    def test_unknown_table(self):
        """A table of an unknown name is refused."""
        self.refused(("[[kind]]", "[[kinds]]"), file="objects.toml", entry="", problem='there is no table "kinds"')

    def test_table_of_other_file(self):
        """A table in the wrong file is refused."""
        self.refused(("[[kind]]", "[[call]]"), file="objects.toml", entry="", problem="does not belong into this file")

    def test_duplicate_call_number(self):
        """Two calls of one number are refused."""
        self.refused(("number = 3\nsummary = \"Ask", "number = 1\nsummary = \"Ask"), file="calls.toml",
                     entry='call "box_ask"', problem='number 1 is taken by "box_age"')

    def test_duplicate_call_name(self):
        """Two calls of one name are refused."""
        self.refused(('"box_ask"', '"box_age"'), file="calls.toml", entry='call "box_age"', problem="is taken")

    def test_duplicate_error(self):
        """An error listed twice for one call is refused."""
        self.refused(('"RIGHTS", cause', '"FULL", cause'), file="calls.toml", entry='call "box_put", error "FULL"',
                     problem="is taken")

    def test_duplicate_bit(self):
        """Two rights of one bit are refused."""
        self.refused(("bit = 2", "bit = 1"), file="objects.toml", entry='right "FILL"', problem='bit 1 is taken by "SEE"')

    def test_unknown_error(self):
        """An error that does not exist is refused where a call lists it."""
        self.refused(('"FULL", cause', '"FUL", cause'), file="calls.toml", entry='call "box_put", error "FUL"',
                     problem='did you mean "FULL"?')

    def test_ok_is_no_error(self):
        """OK cannot be listed as an error."""
        self.refused(('"FULL", cause', '"OK", cause'), file="calls.toml", entry='call "box_put", error "OK"',
                     problem='there is no error "OK"')

    def test_ok_is_zero(self):
        """Number 0 must be OK."""
        self.refused(('name = "OK"\nnumber = 0', 'name = "OK"\nnumber = 8'), file="errors.toml", entry="", problem="OK")

    def test_unknown_right(self):
        """A right that does not exist is refused."""
        self.refused(('rights = ["SEE"]', 'rights = ["SEA"]'), file="calls.toml",
                     entry='call "box_age", argument "box"', problem='did you mean "SEE"?')

    def test_right_of_other_object(self):
        """A right that the object cannot have is refused."""
        self.refused(('object = "lid" }', 'object = "lid", rights = ["FILL"] }'), file="calls.toml",
                     entry='call "box_put", argument "lid"', problem="never of a lid")

    def test_unknown_object(self):
        """A handle of an object that does not exist is refused."""
        self.refused(('object = "lid" }', 'object = "led" }'), file="calls.toml",
                     entry='call "box_put", argument "lid"', problem='did you mean "lid"?')

    def test_handle_without_object(self):
        """A handle must say of which object."""
        self.refused((', object = "lid" }', " }"), file="calls.toml", entry='call "box_put", argument "lid"',
                     problem='needs the key "object"')

    def test_rights_without_handle(self):
        """Only a handle has rights."""
        self.refused(('type = "u32", summary', 'type = "u32", rights = ["SEE"], summary'), file="calls.toml",
                     entry='call "box_put", argument "thing"', problem='only a "handle"')

    def test_unknown_type(self):
        """An unknown type is refused, of an argument and of a field alike."""
        self.refused(('type = "u32", summary', 'type = "i31", summary'), file="calls.toml",
                     entry='call "box_put", argument "thing"', problem='there is no argument type "i31"')
        self.refused(('type = "label", count', 'type = "lable", count'), file="objects.toml",
                     entry='struct "parcel", field "labels"', problem='did you mean "label"?')

    def test_c_keyword(self):
        """A name that C has taken is refused."""
        self.refused(('name = "thing"', 'name = "volatile"'), file="calls.toml",
                     entry='call "box_put", argument "volatile"', problem="has a meaning in C")

    def test_bad_name(self):
        """A name in the wrong case is refused."""
        self.refused(('name = "LIMIT_THINGS"', 'name = "Limit"'), file="objects.toml", entry='constant "Limit"',
                     problem="is no UPPER_CASE name")

    def test_text_for_c(self):
        """A text that would end a C comment or string is refused."""
        self.refused(('summary = "a note"', 'summary = "a */ note"'), file="objects.toml", entry='kind "NOTE"',
                     problem="contains '*/'")

    def test_two_things_of_one_name(self):
        """A constant cannot have the name that a right has in C."""
        self.refused(('name = "LIMIT_THINGS"', 'name = "RIGHT_SEE"'), file="abi", entry="",
                     problem='two entries are called "RIGHT_SEE"')

    def test_registers_run_out(self):
        """More arguments than RV32 has registers for are refused."""
        more = "".join(f'{{ name = "more{i}", type = "u64", summary = "m" }}, ' for i in range(2))
        self.refused(('  { name = "lid"', more + '{ name = "lid"'), file="calls.toml", entry='call "box_put"',
                     problem="on RV32 there is no register left")

    def test_words_need_their_registers(self):
        """A message call cannot have an ordinary argument beside its words."""
        self.refused(('  { name = "words", type = "words", summary = "q', '  { name = "why", type = "u32" },\n'
                      '  { name = "words", type = "words", summary = "q'), file="calls.toml", entry='call "box_ask"',
                     problem="two arguments want a1")

    def test_message_needs_raw(self):
        """Only a raw call carries a message."""
        self.refused(("raw = true\n", ""), file="calls.toml", entry='call "box_ask"', problem="only a raw call")

    def test_noreturn_has_no_results(self):
        """A call that does not return has no results."""
        self.refused(("noreturn = true", 'noreturn = true\nresults = [ { name = "x", type = "word" } ]'),
                     file="calls.toml", entry='call "box_leave"', problem="does not return")


if __name__ == "__main__":
    unittest.main()
