"""tool/idl: what is no sentence of the interface language gets one that says what was expected, and never a traceback."""
import re
import unittest

from idl_sample import SAMPLE, IdlTest, changed, fault_of


class Syntax(IdlTest):
    def refused(self, *changes, says, at, hint="", behind=False):
        text = changed(*changes)
        error = fault_of(text)
        self.assertIsNotNone(error, "was taken")
        self.assertIn(says, error.message)
        self.assertIn(hint, error.hint)
        begin = text.index(at) + len(at) * behind
        self.assertEqual((error.place.line, error.place.column), (text.count("\n", 0, begin) + 1,
                                                                  begin - text.rfind("\n", 0, begin)), error)

    def test_missing_semicolon(self):
        """A semicolon that is missing is missing where the line ends, and not where the next begins."""
        self.refused(("LATE = 7 since 1.1;", "LATE = 7 since 1.1"), at="LATE = 7 since 1.1", behind=True,
                     says="expected `;`, and not `/// How")
        self.refused(("method 11 nothing();", "method 11 nothing()"), at="method 11 nothing()", behind=True,
                     says="expected `->`, `;`, `errors` or `since`, and not `reserved`", hint="lack its `;`")

    def test_misspelt_item(self):
        """A misspelt word is asked about."""
        self.refused(("method 11 nothing", "methd 11 nothing"), at="methd",
                     says="expected an item (const, enum, flags, struct, error, method, event, signal, reserved) or `}`, and not `methd`", hint="did you mean `method`?")
        self.refused(("oneway method 9", "onewy method 9"), at="onewy", says="expected an item",
                     hint="did you mean `oneway`?")

    def test_type_expected(self):
        """Where a type must come, that is said."""
        self.refused(("hard: u16", "hard:"), at=");\n\toneway method 9", says="expected a type, and not `)`")

    def test_bounds_half(self):
        """Bounds have two ends."""
        self.refused(("string<0..200>", "string<200>"), at=">);\n\tmethod 10", says="expected `..`, and not `>`")

    def test_version(self):
        """A version has two parts."""
        self.refused(("version 1.2", "version 1"), at="1 {", says="expected a version such as 1.0, and not `1`")

    def test_sentence(self):
        """A text ends on its line."""
        self.refused(('"the lid is stuck"', '"the lid is stuck'), at='"the lid',
                     says="this text does not end on its line")
        self.refused(('"the lid is stuck"', "'the lid is stuck'"), at="'the lid",
                     says="`'` means nothing here; expected a sentence in", hint='between two "')

    def test_comments(self):
        """There are only // comments."""
        self.refused(("\tsignal FULL", "\t/* x */ signal FULL"), at="/* x", says="`/` means nothing here",
                     hint="there are no /* */")
        self.refused(("\tmethod 11", "\t# x\n\tmethod 11"), at="# x", says="`#` means nothing here",
                     hint="a remark begins with //")

    def test_negative(self):
        """Numbers are not negative."""
        self.refused(("LATE = 7", "LATE = -7"), at="-7", says="`-` means nothing here; expected a name or a number",
                     hint="numbers are not negative")

    def test_doc_of_nothing(self):
        """A doc comment stands before what it describes."""
        error = fault_of(SAMPLE.rstrip()[:-1] + "\t/// end\n}\n")
        self.assertIn("expected an item (const, enum, flags, struct, error, method, event, signal, reserved), and not `}`", error.message)
        error = fault_of(changed(("LATE = 7 since", "LATE = /// seven\n\t7 since")))
        self.assertIn("a doc comment stands before what it describes", error.hint)

    def test_order(self):
        """What stands in the wrong order is told the right one."""
        self.refused(("(got: u32) since 1.1;", "(got: u32) since 1.1 errors FULL;"), at="errors FULL;\n",
                     says="expected `;`, and not `errors`", hint="the order is: parameters, -> answer, errors, since")

    def test_more_behind(self):
        """A file holds one protocol."""
        error = fault_of(SAMPLE + "protocol other = 1 version 1.0 { }")
        self.assertIn("expected the end of the file, and not `protocol`", error.message)

    def test_empty(self):
        """An empty file, and one of remarks alone, lack a protocol."""
        for text in ("", "\n\n", "// nothing\n"):
            self.assertIn("expected `protocol`, and not the end of the file", fault_of(text).message)

    def test_keywords_as_names(self):
        """Words of the language name things where nothing else can stand."""
        text = changed(("method 11 nothing();",
                        "method 11 method(string: u32, since: bool, struct: lid) -> (errors: u8);")).replace("struct: lid", "event: lid")
        self.assertIsNone(fault_of(text))

    # --- whatever comes --------------------------------------------------------------------------------------------

    def test_every_prefix(self):
        """A file that ends anywhere is refused with a sentence at a place inside it."""
        lines = SAMPLE.split("\n")
        for length in range(len(SAMPLE.rstrip())):
            error = fault_of(SAMPLE[:length])
            self.assertIsNotNone(error, f"{length} characters were taken")
            self.assertTrue(error.message)
            self.assertLessEqual(error.place.line, len(lines))
            self.assertRegex(str(error), r"^chest\.nid:\d+:\d+: \S")

    def test_every_token_gone(self):
        """With any one word gone, a file is taken or refused, and nothing else happens."""
        refused = 0
        for token in re.finditer(r"[A-Za-z_0-9.]+|\S", SAMPLE):
            refused += fault_of(SAMPLE[:token.start()] + SAMPLE[token.end():]) is not None
        self.assertGreater(refused, 400)

    def test_every_token_twice(self):
        """With any one word twice, too."""
        for token in re.finditer(r"[A-Za-z_0-9.]+|\S", SAMPLE):
            fault_of(SAMPLE[:token.end()] + " " + SAMPLE[token.start():])

    def test_every_character_other(self):
        """With any one character another, too."""
        for at in range(0, len(SAMPLE), 11):
            for other in "{\"9":
                fault_of(SAMPLE[:at] + other + SAMPLE[at + 1:])

    def test_deep_and_long(self):
        """Ten thousand braces, and a line of a hundred thousand characters, are refused like anything else."""
        self.assertIn("expected", fault_of("protocol chest = 1 version 1.0 {" + "{" * 10000).message)
        self.assertIn("is no number",
                      fault_of("protocol chest = 1 version 1.0 { const A = " + "9" * 100000 + "; }").message)
        self.assertIn("at most 40 characters",
                      fault_of("protocol chest = 1 version 1.0 { const " + "A" * 100000 + " = 1; }").message)

    def test_carriage_returns(self):
        """Lines may end as other systems end them, and places are the same."""
        self.assertIsNone(fault_of(SAMPLE.replace("\n", "\r\n")))
        one, two = fault_of(changed(("hard: u16", "hard: u17"))), fault_of(changed(("hard: u16", "hard: u17")).replace("\n", "\r\n"))
        self.assertEqual((one.place.line, one.place.column), (two.place.line, two.place.column))

    def test_command(self):
        """The command prints faults to standard error, writes nothing, and ends with 1."""
        file = self.write(changed(("hard: u16", "hard: u17")))
        run = self.tool("--decoder", self.path / "out.json", file)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertRegex(run.stderr, r"chest.nid:\d+:\d+: there is no type `u17`\n.*\n +.*\^\^\^\n    hint: did you mean `u16`\?\n")
        self.assertFalse((self.path / "out.json").exists())

    def test_unchanged(self):
        """What comes out the same is not written again, so that nothing is built again."""
        file, out = self.write(SAMPLE), self.path / "idl.json"
        self.tool("--decoder", out, file)
        before = out.stat()
        self.tool("--decoder", out, file, file)
        self.assertEqual((out.stat().st_mtime_ns, out.stat().st_ino), (before.st_mtime_ns, before.st_ino))

    def test_command_wrong(self):
        """The command says what it lacks."""
        run = self.tool("--c", self.write(SAMPLE))
        self.assertEqual(run.returncode, 2)
        self.assertIn("--c, --rust and --cpp want --out DIR", run.stderr)


if __name__ == "__main__":
    unittest.main()
