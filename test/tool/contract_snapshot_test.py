"""tool/contract finds every incompatible change against the last release."""
import re
import unittest

from contract_sample import CALLS, OBJECTS, ROOT, ContractTest


class Snapshot(ContractTest):
    def check(self, *changes):
        old, new = self.write("old"), self.write("new", *changes)
        return self.tool("--abi", new, "--check-snapshot", old)

    def broken(self, *changes, entry, problem):
        run = self.check(*changes)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertRegex(run.stderr, re.escape(f"{entry}: ") + ".*" + re.escape(problem))
        self.assertRegex(run.stderr, r"^abi/\w+\.toml: ")
        self.assertIn("why not: ", run.stderr)

    def test_same(self):
        """A contract is compatible with itself."""
        self.assertEqual(self.check().returncode, 0)

    def test_no_release_yet(self):
        """Before the first release there is nothing to break."""
        run = self.tool("--abi", self.write("new"), "--check-snapshot", "released")
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_additions(self):
        """New calls, errors, constants and fewer rights are compatible."""
        run = self.check(
            ('[[call]]\nname = "box_leave"', '[[call]]\nname = "box_new"\nnumber = 9\nsummary = "n"\n'
             '[[call]]\nname = "box_leave"'),
            ('name = "FULL"\n', 'name = "NEWER"\nnumber = 12\nsentence = "s"\nhint = ""\n[[error]]\nname = "FULL"\n'),
            ('[[constant]]', '[[constant]]\nset = "limit"\nname = "LIMIT_NEW"\nvalue = 1\nsummary = "n"\n[[constant]]'),
            ('rights = ["SEE"]', "rights = []"), ('"RIGHTS", cause', '"BAD_HANDLE", cause'), ("blocking = true\n", ""))
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_renamed_argument(self):
        """Another name for an argument breaks nobody."""
        self.assertEqual(self.check(('name = "thing"', 'name = "object"')).returncode, 0)

    def test_call_removed(self):
        """A call that is gone breaks its callers."""
        self.broken((CALLS[CALLS.index('[[call]]\nname = "box_leave"'):CALLS.index('[[call]]\nname = "box_ask"')], ""),
                    entry='call "box_leave"', problem="was removed")

    def test_call_renumbered(self):
        """A call with another number breaks compiled programs."""
        self.broken(("number = 3\nsummary = \"Ask", "number = 4\nsummary = \"Ask"), entry='call "box_ask"',
                    problem="number was 3 and is 4")

    def test_number_reused(self):
        """The number of a call that was removed cannot be given to another."""
        self.broken(('"box_leave"', '"box_other"'), entry='call "box_other"', problem='number 2 was that of "box_leave"')

    def test_argument_order(self):
        """Arguments in another order break callers, even when their types are alike."""
        first, second = '{ name = "place", type = "word", summary = "where" }', '{ name = "left", type = "word", summary = "room" }'
        self.broken((f"{first},\n  {second}", f"{second},\n  {first}"), entry='call "box_put"',
                    problem="the order of the results changed from place, left to left, place")

    def test_argument_type(self):
        """An argument of another type breaks callers."""
        self.broken(('type = "u32", summary = "what"', 'type = "word", summary = "what"'), entry='call "box_put"',
                    problem='argument "thing" was a u32 and is a word')

    def test_argument_object(self):
        """A handle to another object breaks callers."""
        self.broken(('object = "lid" }', 'object = "box" }'), entry='call "box_put"',
                    problem='was a handle of a lid and is a handle of a box')

    def test_argument_added(self):
        """An argument more breaks callers, who leave garbage in its register."""
        self.broken(('{ name = "code"', '{ name = "why", type = "word" }, { name = "code"'), entry='call "box_leave"',
                    problem="had 1 arguments and has 2")

    def test_result_removed(self):
        """A result less breaks callers."""
        self.broken((',\n  { name = "left", type = "word", summary = "room" }', ""), entry='call "box_put"',
                    problem="had 2 results and has 1")

    def test_result_type(self):
        """A result of another type breaks callers."""
        self.broken(('{ name = "age_ns", type = "u64"', '{ name = "age_ns", type = "word"'), entry='call "box_age"',
                    problem='result "age_ns" was a u64 and is a word')

    def test_more_rights(self):
        """Needing a right more breaks callers who were given less."""
        self.broken(('rights = ["SEE"]', 'rights = ["SEE", "FILL"]'), entry='call "box_age"', problem='"box" now needs FILL')

    def test_first_right(self):
        """Needing rights where none were needed breaks callers."""
        self.broken(('object = "lid" }', 'object = "lid", rights = ["SEE"] }'), entry='call "box_put"',
                    problem='"lid" now needs SEE')

    def test_may_wait_now(self):
        """A call that never waited cannot begin to."""
        self.broken(("number = 1\nsummary = \"How", "number = 1\nblocking = true\nsummary = \"How"),
                    entry='call "box_age"', problem="may wait now")

    def test_noreturn(self):
        """A call that did not return cannot begin to."""
        self.broken(("noreturn = true\n", ""), entry='call "box_leave"', problem="noreturn changed")

    def test_error_number(self):
        """An error with another number is misread by compiled programs."""
        self.broken(("number = 9", "number = 10"), entry='error "FULL"', problem="number was 9 and is 10")

    def test_error_removed(self):
        """An error that is gone breaks those who look for it."""
        run = self.check(('name = "BAD_CALL"', 'name = "NO_CALL"'))
        self.assertIn('error "BAD_CALL": was removed or renamed', run.stderr)
        self.assertIn('error "NO_CALL": number 1 was that of "BAD_CALL"', run.stderr)

    def test_object_number(self):
        """An object type with another number is misread."""
        self.broken(('name = "lid"\nnumber = 2', 'name = "lid"\nnumber = 3'), entry='object "lid"', problem="number was 2")

    def test_right_bit(self):
        """A right with another bit means something else to compiled programs."""
        self.broken(("bit = 2", "bit = 3"), entry='right "FILL"', problem="bit was 2 and is 3")

    def test_right_narrowed(self):
        """A right that fewer objects have breaks their users."""
        self.broken(("bit = 1\n", 'bit = 1\nobject = "box"\n'), entry='right "SEE"', problem="for a box only")

    def test_kind_number(self):
        """A message kind with another number is misread."""
        self.broken(('name = "NOTE"\nnumber = 1', 'name = "NOTE"\nnumber = 2'), entry='kind "NOTE"', problem="number was 1")

    def test_constant(self):
        """A constant with another value is misread."""
        self.broken(("value = 7", "value = 8"), entry='constant "LIMIT_THINGS"', problem="value was 7 and is 8")

    def test_constant_removed(self):
        """A constant that is gone breaks those who use it."""
        self.broken(('"LIMIT_THINGS"', '"LIMIT_STUFF"'), entry='constant "LIMIT_THINGS"', problem="was removed")

    def test_struct_removed(self):
        """A structure that is gone breaks those who use it."""
        self.broken(('name = "parcel"', 'name = "packet"'), entry='struct "parcel"', problem="was removed")

    def test_field_removed(self):
        """A field that is gone breaks those who use it."""
        self.broken(('name = "kind", type = "u8"', 'name = "sort", type = "u8"'), entry='struct "parcel", field "kind"',
                    problem="was removed")

    def test_field_moved(self):
        """A field at another offset is misread, also where only one width moves it."""
        self.broken(('{ name = "kind", type = "u8", summary = "k" }', '{ name = "kind", type = "u8", summary = "k" },\n'
                     '  { name = "more", type = "u32", summary = "m" }'), entry='struct "parcel", field "labels"',
                    problem="moved from byte 4 to 8 on RV32")

    def test_inner_struct_grown(self):
        """A structure that grows moves what lies behind it in another."""
        self.broken(('type = "word", summary = "a" }', 'type = "word", summary = "a" }, { name = "b", type = "u64", '
                     'summary = "b" }'), entry='struct "parcel", field "when_ns"', problem="moved from byte")

    def test_field_shrunk(self):
        """An array with fewer elements breaks those who use them all."""
        self.broken(('type = "label", count = 2', 'type = "label", count = 1'), entry='struct "parcel", field "labels"',
                    problem="shrank from 16 to 8 bytes on RV32")

    def test_field_added(self):
        """A structure that grows is written past the end of an old program's."""
        self.broken(('type = "u64", summary = "w" }', 'type = "u64", summary = "w" }, { name = "n", type = "u64", summary = "n" }'),
                    entry='struct "parcel"', problem="bytes on RV32 and is")

    def test_field_type(self):
        """A field of another type is misread, even at the same size."""
        self.broken(('name = "at", type = "word"', 'name = "at", type = "ptr"'), entry='struct "label", field "at"',
                    problem="was word and is ptr")

    def test_version_back(self):
        """The version never goes back."""
        self.broken(("major = 1", "major = 0"), entry="[contract]", problem="the version went back")

    def test_release(self):
        """A release copies the contract, and the contract is then compatible with it."""
        new = self.write("new")
        self.assertEqual(self.tool("--abi", new, "--release", "released").returncode, 0)
        self.assertEqual((self.folder / "released/calls.toml").read_text(), CALLS)
        self.assertEqual(self.tool("--abi", new, "--check-snapshot", "released").returncode, 0)

    def test_release_refuses_breaks(self):
        """An incompatible contract is not released under the same major version, and is under a higher one."""
        self.tool("--abi", self.write("old"), "--release", "released")
        run = self.tool("--abi", self.write("new", ("value = 7", "value = 8")), "--release", "released")
        self.assertEqual(run.returncode, 1)
        self.assertEqual((self.folder / "released/objects.toml").read_text(), OBJECTS)
        run = self.tool("--abi", self.write("new", ("value = 7", "value = 8"), ("major = 1", "major = 2")),
                        "--release", "released")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("value = 8", (self.folder / "released/objects.toml").read_text())

    def test_real_contract(self):
        """The contract in abi/ is compatible with the last release."""
        run = self.tool("--check-snapshot", ROOT / "abi/released")
        self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    unittest.main()
