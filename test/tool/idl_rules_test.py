"""tool/idl: every rule of the interface language, each with the one change that breaks it."""
import re
import unittest
from pathlib import Path

import idl_syntax_test
from idl_sample import ROOT, SAMPLE, IdlTest, changed, fault_of


class Rules(IdlTest):
    def refused(self, *changes, says, at=None, hint=None, lines=1):
        """The sample with these changes is refused at the text `at`, with a sentence and a hint."""
        text = changed(*changes)
        error = fault_of(text)
        self.assertIsNotNone(error, "was taken")
        self.assertEqual(len(getattr(error, "errors", [error])), lines, error)
        self.assertIn(says, error.message)
        if hint:
            self.assertIn(hint, error.hint)
        begin = text.find(at or changes[-1][1], text.index(changes[-1][1]))
        begin = begin if begin >= 0 else text.rindex(at)
        self.assertEqual((error.place.line, error.place.column), (text.count("\n", 0, begin) + 1,
                                                                  begin - text.rfind("\n", 0, begin)), error)
        shown = str(error).split("\n")
        self.assertTrue(shown[0].startswith(f"chest.nid:{error.place.line}:{error.place.column}: "))
        self.assertEqual(shown[1].strip(), text.split("\n")[error.place.line - 1].strip())
        self.assertRegex(shown[2], r"^\s+\^+$")

    def item(self, text, **how):
        """The sample with one more item is refused."""
        self.refused(("\tsignal FULL = 0x1;\n", f"\tsignal FULL = 0x1;\n\t{text}\n"), **how)

    def field(self, text, **how):
        self.item("struct one { " + text + " }", **how)

    def parameters(self, text, **how):
        self.item(f"method 40 more({text});", **how)

    # --- the file ------------------------------------------------------------------------------------------------

    def test_sample(self):
        """What breaks no rule is taken."""
        self.assertIsNone(fault_of(SAMPLE))

    def test_file_name(self):
        """A protocol stands in the file of its name."""
        error = fault_of(SAMPLE, "trunk.nid")
        self.assertIn("the protocol is called `chest` and its file `trunk.nid`", str(error))
        self.assertIn("chest.nid", error.hint)

    def test_protocol_number(self):
        """A protocol has a number of 32 bits, and not 0, which the common part has."""
        self.refused(("0x63686573", "0"), at="0 version", says="a protocol's number is 1 to 4294967295, and not 0")
        self.refused(("0x63686573", "0x100000000"), at="0x100000000", says="a protocol's number is 1 to 4294967295")
        self.refused(("0x63686573", "LATE"), at="LATE version", says="a protocol's number is written out")

    def test_protocol_version(self):
        """Versions begin with 1.0 and are written in one way."""
        self.refused(("version 1.2", "version 0.9"), at="0.9", says="versions begin with 1.0")
        self.refused(("version 1.2", "version 1.02"), at="1.02", says="`1.02` has leading zeros", hint="write 1.2")
        self.refused(("version 1.2", "version 1.65536"), at="1.65536", says="`1.65536` is no version")

    def test_several_errors(self):
        """All faults that do not hide one another are told at once, in the order of the file."""
        error = fault_of(changed(("LATE = 7", "late = 7"), ("signal FULL = 0x1", "signal FULL = 0x3"),
                                 ("hard: u16", "hard: u17")))
        self.assertEqual([each.place.line for each in error.errors], sorted(each.place.line for each in error.errors))
        self.assertEqual(len(error.errors), 3)
        self.assertEqual(str(error).count("chest.nid:"), 3)

    def test_wrong_type_is_told_once(self):
        """A type that is wrong itself makes no further faults where it is used."""
        self.refused(("OPEN = 0,", "OPEN = 0x100000000,"), at="0x100000000,", says="a value of u32 is 0 to 4294967295")

    def test_shared_number(self):
        """Two protocols do not have the same number."""
        one, two = self.write(SAMPLE), self.write(changed(("protocol chest",
                                                           "protocol trunk")).replace("connection of chest",
                                                                                      "connection"), "trunk.nid")
        run = self.tool(one, two)
        self.assertEqual(run.returncode, 1)
        self.assertIn("`trunk` has the number of `chest`, 0x63686573", run.stderr)

    def test_connection_of_nothing(self):
        """A connection is of a protocol that exists."""
        run = self.tool(self.write(changed(("connection of chest", "connection of chast"))))
        self.assertEqual(run.returncode, 1)
        self.assertIn("there is no protocol `chast`", run.stderr)
        self.assertIn("did you mean `chest`?", run.stderr)

    def test_unreadable(self):
        """A file that is not there, and one that is not UTF-8, get a sentence each."""
        run = self.tool(self.path / "none.nid")
        self.assertEqual((run.returncode, run.stderr.count("\n")), (1, 1))
        self.assertIn("none.nid:1:1: the file cannot be read: no such file or directory", run.stderr)
        (self.path / "chest.nid").write_bytes(SAMPLE.encode().replace(b"stuck\"", b"st\xfcck\""))
        run = self.tool(self.path / "chest.nid")
        self.assertRegex(run.stderr, r"chest.nid:\d+:\d+: this byte is not UTF-8\n")
        self.assertNotIn("Traceback", run.stderr)

    # --- names -----------------------------------------------------------------------------------------------------

    def test_lower_case(self):
        """Types, fields, methods and parameters have lower-case names."""
        self.item("struct One { a: u32; }", at="One", says="a type's name is lower case, and `One` is not")
        self.field("One: u32;", at="One", says="a field's name is lower case")
        self.item("method 40 Go();", at="Go", says="a method's name is lower case")
        self.item("event 40 go__on();", at="go__on", says="an event's name is lower case")
        self.parameters("A: u32", at="A: u32", says="a parameter's name is lower case")

    def test_upper_case(self):
        """Constants, values, errors and signals have upper-case names."""
        self.item("const one = 1;", at="one", says="the name of a constant is upper case, and `one` is not")
        self.item("enum one : u8 { a = 1 }", at="a = 1", says="the name of a value is upper case")
        self.item("error Bad = 130 \"x\";", at="Bad", says="the name of an error is upper case")
        self.item("signal go = 4;", at="go =", says="the name of a signal is upper case")

    def test_length_of_names(self):
        """A name has at most 40 characters."""
        self.item(f"const {'A' * 41} = 1;", at="A" * 41, says="a name has at most 40 characters, and this one 41")

    def test_kept_words(self):
        """Words of C, C++ and Rust name nothing, since stubs are made for all three."""
        for word, language in (("while", "C"), ("class", "C++"), ("match", "Rust"), ("move", "Rust"), ("default", "C")):
            self.parameters(f"{word}: u32", at=f"{word}: u32",
                            says=f"`{word}` is a word of {language}, and stubs are made for that too",
                            hint="another name")

    def test_built_in_types(self):
        """A type of the language cannot be made again."""
        self.item("enum string : u8 { A = 1 }", at="string : u8", says="`string` is a type of the language")

    def test_names_twice(self):
        """Two things of a kind have different names, and the earlier line is told."""
        self.item("const SIZES = 1;", at="SIZES = 1", says="there is a constant `SIZES` already, in line 4")
        self.item("enum pair : u8 { A = 1 }", says="there is a type `pair` already", at="pair since 1.1 {")
        self.field("a: u32; a: u32;", at="a: u32; }", says="there is a field `a` already")
        self.item("error STUCK = 130 \"x\";", at="STUCK = 130", says="there is an error `STUCK` already")
        self.item("method 40 look();", at="look()", says="there is a method or an event `look` already")
        self.item("event 40 look();", at="look()", says="there is a method or an event `look` already")
        self.item("signal FULL = 8;", at="FULL = 8", says="there is a signal `FULL` already")
        self.parameters("a: u32, a: u8", at="a: u8", says="there is a parameter `a` already")
        self.item("method 40 more(a: u32) -> (a: u32);", at="a: u32);", says="there is a parameter `a` already")

    def test_names_that_meet_in_c(self):
        """Names that would be the same in C, behind the protocol's prefix, are refused."""
        self.item("const LID_OPEN = 1;", at="OPEN = 0",
                  says="the value OPEN of lid and the constant LID_OPEN would have the same name in C, chest's LID_OPEN")
        self.item("const METHOD_PUT = 1;", at="put(", says="the method put and the constant METHOD_PUT")
        self.item("const STUCK = 1;", at="STUCK = 128", says="the error STUCK and the constant STUCK")
        self.item("const VERSION = 1;", at="VERSION = 1", says="a name that every protocol has")
        self.item("method 40 shake_send();", at="shake_send", says="the method shake_send and the method shake")
        self.item("struct put_in { a: u32; }", at="put(", says="the parameters of put and the type put_in")
        self.item("struct handlers { a: u32; }", at="handlers", says="a type that every protocol has")

    def test_methods_of_everybody(self):
        """`info` and `connect` are methods 0 and 1 of every protocol, and no others."""
        self.item("method 40 connect();", at="connect()", says="every protocol has a `connect` already")
        self.item("method 40 info();", at="info()", says="every protocol has an `info` already")

    def test_parameter_as_protocol(self):
        """No parameter is called as the protocol, which is what stubs call the connection."""
        self.parameters("chest: u32", at="chest: u32", says="`chest` is the protocol, and stubs call the connection so")

    # --- numbers -----------------------------------------------------------------------------------------------------

    def test_numbers(self):
        """Numbers are decimal or hexadecimal, without leading zeros, below 2^64."""
        for bad in ("007", "0x", "0xg", "12ab", "1_000", "99999999999999999999999", "0x1ffffffffffffffff",
                    "18446744073709551616"):
            self.item(f"const ONE = {bad};", at=f"{bad};", says=f"`{bad}` is no number")

    def test_constants(self):
        """A number may be a constant that stands above."""
        self.item("const TWO = SIZE;", at="SIZE;", says="there is no constant `SIZE` above this line",
                  hint="did you mean `SIZES`?")
        self.refused(("const LABEL_BYTES = 16", "const LABEL_BYTES = SIZES"), says="there is no constant `SIZES` above",
                     at="SIZES;\n\tconst SIZES")
        self.item("signal ONE = SIZES0;", at="SIZES0", says="there is no constant `SIZES0`")

    def test_method_numbers(self):
        """Methods and events share the numbers 2 to 255, and none is used twice or again."""
        self.item("method 1 more();", at="1 more", says="the number of a method is 2 to 255, and not 1")
        self.item("method 256 more();", at="256", says="the number of a method is 2 to 255, and not 256")
        self.item("event 0 more();", at="0 more", says="the number of an event is 2 to 255, and not 0")
        self.item("method 3 more();", at="3 more", says="the number 3 is that of `look`", hint="another number")
        self.item("event 3 more();", at="3 more", says="the number 3 is that of `look`")
        self.item("method 16 more();", at="16 moved", says="the number 16 is that of `more`")
        self.item("method 13 more();", at="13 more", says="the number 13 is reserved: it is one that is gone",
                  hint="never used again")
        self.item("reserved 12;", at="12;", says="the number 12 is reserved")

    def test_enums(self):
        """Values of an enum fit its type, differ, and there is one at least."""
        self.item("enum one : i32 { A = 1 }", at="i32",
                  says="the values of `one` are u8, u16, u32 or u64, and not `i32`")
        self.item("enum one : u8 { A = 256 }", at="256", says="a value of u8 is 0 to 255, and not 256")
        self.item("enum one : u8 { A = 1, B = 1 }", at="1 }", says="1 is the number of `A` already")
        self.item("enum one : u8 { }", at="one", says="`one` has no values")
        self.item("enum one : u8 { A = 1, A = 2 }", at="A = 2", says="there is a value `A` already")
        self.item("enum one : u8 { A = 1 since 1.1 }", at="one", says="no value of `one` is as old as the type itself")

    def test_flags(self):
        """A flag is one bit."""
        self.item("flags one : u8 { A = 3 }", at="3 }", says="a flag is one bit, and 3 has 2", hint="const")
        self.item("flags one : u8 { A = 0 }", at="0 }", says="a flag is one bit, and 0 has 0")

    def test_errors(self):
        """A protocol's own errors are 128 to 255, and none is called as one that there is already."""
        self.item("error ONE = 127 \"x\";", at="127",
                  says="the number of an error of a protocol is 128 to 255, and not 127")
        self.item("error ONE = 128 \"x\";", at="128 \"x\"", says="128 is the number of `STUCK` already")
        self.item("error NOT_FOUND = 130 \"x\";", at="NOT_FOUND = ",
                  says="`NOT_FOUND` is a status that all protocols share already")
        self.item("error BUDGET = 130 \"x\";", at="BUDGET = ", says="`BUDGET` is an error of the kernel's already")
        self.item("error ONE = 130 \" \";", at="\" \"", says="an error has a sentence for people")
        self.item("error ONE = 130 \"a\\b\";", at="\"a\\b\"", says="an error has a sentence for people, without `\\`")

    def test_errors_of_methods(self):
        """A method names errors that exist, once, and not those that every method may answer."""
        self.item("method 40 more() errors NOT_FUND;", at="NOT_FUND", says="there is no error `NOT_FUND`",
                  hint="did you mean `NOT_FOUND`?")
        self.item("method 40 more() errors FULL, FULL;", at="FULL;", says="there is an error `FULL` already")
        for name in ("METHOD", "MALFORMED", "NEWER"):
            self.item(f"method 40 more() errors {name};", at=name, says=f"`{name}` is what every method may answer")
        self.item("method 40 more() errors OK;", at="OK", says="there is no error `OK`")

    def test_signals(self):
        """A signal is one bit below 2^30, and none is used twice."""
        self.item("signal ONE = 3;", at="3;", says="a signal is one bit, and 3 has 2")
        self.item("signal ONE = 0x40000000;", at="0x40000000",
                  says="a signal's bit, which lies below 2^30, is 1 to 1073741823")
        self.item("signal ONE = 0x20000000;", at="0x20000000 since", says="0x20000000 is the bit of `ONE` already")

    # --- versions ------------------------------------------------------------------------------------------------

    def test_since_newer(self):
        """Nothing is newer than the protocol."""
        self.item("method 40 more() since 1.3;", at="1.3",
                  says="since 1.3 is newer than the protocol, which is version 1.2",
                  hint="raise the version at the top to 1.3")

    def test_since_major(self):
        """`since` is of the protocol's major version."""
        self.item("const ONE = 1 since 2.0;", at="2.0", says="since 2.0 is of another major version than 1.2")

    def test_since_older_than_type(self):
        """A field or a value is not older than its type."""
        self.item("struct one since 1.2 { a: u32 since 1.1; }", at="1.1;",
                  says="since 1.1 is older than `one`, which is since 1.2")
        self.item("enum one : u8 since 1.2 { A = 1 since 1.1 }", at="1.1 }",
                  says="since 1.1 is older than `one`, which is since 1.2")

    def test_since_order(self):
        """New fields come last."""
        self.field("a: u32 since 1.1; b: u32;", at="b: u32;",
                   says="`b` is older than the field before it, which is since 1.1", hint="new fields come last")

    def test_since_of_used_type(self):
        """What is old is not of a type that is newer."""
        self.item("method 40 more(pair: pair);", at="pair: pair);",
                  says="`pair` is since 1.0, and its type `pair` only since 1.1")
        self.item("enum one : u32 since 1.2 { A = 1 }\n\tstruct two { a: one; }", at="a: one",
                  says="`a` is since 1.0, and its type `one` only since 1.2")

    def test_zero_for_older(self):
        """A field that older programs do not have is zero, which its enum has a value for."""
        self.item("enum one : u32 { A = 1 }\n\tstruct two { a: u32; b: one since 1.1; }", at="b: one",
                  says="`b` is zero in what programs older than 1.1 send, and `one` has no value 0",
                  hint="use an enum that has one")
        self.item("enum one : u32 { A = 1, B = 0 since 1.2 }\n\tstruct two { a: u32; b: one since 1.1; }", at="b: one",
                  says="`one` has no value 0")
        self.assertIsNone(fault_of(changed(("\tsignal FULL = 0x1;\n",
                                            "\tenum one : u32 { A = 0 }\n\tstruct two { a: u32; b: one since 1.1; }\n"))))

    # --- structs -------------------------------------------------------------------------------------------------

    def test_holes(self):
        """A field that would leave a hole is refused, and the hint says what to put there."""
        self.field("a: u64; b: u32;", at="a: u64",
                   says="`a` would begin at byte 4 and leave a hole of 4 bytes, because it is aligned to 8",
                   hint="move `b`, which has 4, in front of it")
        self.field("a: u64;", at="a: u64", says="`a` would begin at byte 4 and leave a hole of 4 bytes",
                   hint="4 bytes of `size`; put 4 bytes of other fields in front")
        self.field("a: u8; b: u32; c: u16; d: u8;", at="b: u32",
                   says="`b` would begin at byte 5 and leave a hole of 3 bytes")
        self.field("a: u16; b: u32; c: u16;", at="b: u32", says="leave a hole of 2 bytes",
                   hint="move `c`, which has 2, in front of it")
        self.field("a: u8; b: u16[2];", at="b: u16", says="`b` would begin at byte 5 and leave a hole of 1 byte,")

    def test_fields_of_the_compiler(self):
        """`size` and `reserved` are the compiler's, and a struct has another field."""
        self.field("size: u32;", at="size: u32", says="the compiler makes the field `size` itself")
        self.field("reserved: u32;", at="reserved: u32", says="the compiler makes the field `reserved` itself")
        self.item("struct one { }", at="one", says="`one` has no fields")

    def test_types_of_fields(self):
        """In a struct stand integers, bool, enums, flags, id, text and arrays, and nothing that travels otherwise."""
        for text, says in (("string<1..2>", "a string stands in no struct"),
                           ("bytes<1..2>", "a run of bytes stands in no struct"),
                           ("lend bytes<1..2>", "a loan stands in no struct"),
                           ("handle<memory>", "a handle stands in no struct"),
                           ("move memory", "a moved memory stands in no struct"),
                           ("strings<1..2>", "a list of strings stands in no struct")):
            self.field(f"a: {text};", at=text, says=says)
        self.field("a: contents;", at="contents; }", says="a struct stands in no other struct")
        self.field("a: text;", at="text; }", says="a text has a size", hint="text[N]")
        self.field("a: text[1];", at="1]; }", says="the size of a text, with its NUL, is 2 to 4096, and not 1")
        self.field("a: lid[2];", at="lid[2]", says="an array is of integers or a text, and not of `lid`")
        self.field("a: u32[0];", at="0]; }", says="the count of an array is 1 to 4096, and not 0")

    def test_unknown_type(self):
        """A type that is not there is asked about by the nearest name."""
        self.field("a: u33;", at="u33", says="there is no type `u33`", hint="did you mean `u32`?")
        self.field("a: pant;", at="pant", says="there is no type `pant`", hint="did you mean `paint`?")
        self.parameters("a: paintt", at="paintt", says="there is no type `paintt`", hint="did you mean `paint`?")

    # --- parameters --------------------------------------------------------------------------------------------------

    def test_bounds(self):
        """Runs and loans have bounds in bytes that can be kept."""
        for kind in ("string", "strings", "bytes", "lend bytes", "lend_mut bytes"):
            self.parameters(f"a: {kind}", at=f"{kind});", says="has bounds", hint=f"write {kind}<MIN..MAX>, in bytes")
        self.parameters("a: bytes<2..1>", at="1>", says="the greatest size is 2 to 65536, and not 1")
        self.parameters("a: bytes<0..65537>", at="65537", says="the greatest size is 1 to 65536, and not 65537")
        self.parameters("a: string<0..0>", at="0>", says="the greatest size is 1 to 65536, and not 0")
        self.parameters("a: lend bytes<1..131073>", at="131073",
                        says="the greatest size is 1 to 131072, and not 131073")
        self.parameters("a: lend bytes<0..1>", at="0..1", says="the least size is 1 to 131072, and not 0")
        self.parameters("a: bytes<0..MORE>", at="MORE", says="there is no constant `MORE`")

    def test_text_as_parameter(self):
        """Texts of fixed size and arrays are for structs."""
        self.parameters("a: text[4]", at="text[4]", says="arrays and texts of fixed size stand in structs only",
                        hint="string<MIN..MAX>")

    def test_words(self):
        """A message has five words, fewer where it says how much room there is for the answer."""
        self.parameters("a: u64, b: u64, c: u64", at="c: u64",
                        says="`c` needs 2 words, and the request has 1 left of its 5", hint="struct")
        self.parameters("a: id, b: u64", at="b: u64", says="`b` needs 2 words, and the request has 1 left of its 5")
        self.item("method 40 more(a: id, b: u32) -> (c: bytes<0..1>);", at="b: u32",
                  says="has none left of its 4 (the other 1 tell how much room there is for the answer)")
        self.item("method 40 more(a: u64, b: u64) -> (c: lid, d: contents, e: bytes<0..1>);", at="b: u64",
                  says="`b` needs 2 words, and the request has 1 left of its 3 (the other 2")
        self.item("method 40 more() -> (a: id, b: u64);", at="b: u64",
                  says="`b` needs 2 words, and the answer has 1 left of its 5")

    def test_one_struct(self):
        """A message has one struct."""
        self.parameters("a: contents, b: contents", at="b: contents",
                        says="a request carries one struct, and `a` is one already")

    def test_runs(self):
        """A request has two copied runs, an answer one."""
        self.parameters("a: bytes<0..1>, b: bytes<0..1>, c: string<0..1>", at="c: string",
                        says="a request carries two copied runs, and this is one more")
        self.item("method 40 more() -> (a: bytes<0..1>, b: string<0..1>);", at="b: string",
                  says="an answer carries one copied run, and this is one more")

    def test_copied_bytes(self):
        """What is copied fits into a message."""
        self.parameters("a: bytes<0..65536>, b: bytes<0..1>", at="b: bytes",
                        says="the request may have 65545 bytes of copied data, and a message carries 65536",
                        hint="lend pages")

    def test_handles(self):
        """A message has four handles, those that may be missing at the end."""
        four = ", ".join(f"a{n}: handle<memory>" for n in range(4))
        self.parameters(f"{four}, a4: handle<memory>", at="a4",
                        says="a request carries 4 handles, and this is one more")
        self.parameters(f"{four}, a4: move memory", at="a4", says="a request carries 4 handles")
        self.parameters("a: handle<memory>?, b: handle<memory>", at="b: handle",
                        says="`b` must be there, and stands behind `a`, which may be missing")

    def test_rights(self):
        """A handle's type exists, and has the rights that are asked for."""
        self.parameters("a: handle<memori>", at="memori", says="there is no object type `memori`",
                        hint="did you mean `memory`?")
        self.parameters("a: handle<memory, CALL>", at="CALL>",
                        says="a memory does not have the right CALL, which is a connection's",
                        hint="a memory has DUPLICATE, TRANSFER")
        self.parameters("a: handle<memory, REED>", at="REED", says="there is no right `REED`",
                        hint="did you mean `READ`?")
        self.parameters("a: handle<memory, READ | READ>", at="READ>", says="there is a right `READ` already")
        self.parameters("a: handle<server, RECEIVE>", at="RECEIVE", says="the right RECEIVE is never sent in a message")
        self.parameters("a: handle<memory of chest>", at="chest>", says="a memory speaks no protocol")

    def test_pages(self):
        """Only a request lends or moves, and one thing."""
        self.item("method 40 more() -> (a: lend bytes<1..2>);", at="a: lend",
                  says="only a request lends or moves memory", hint="lend_mut")
        self.item("method 40 more() -> (a: move memory);", at="a: move", says="only a request lends or moves memory",
                  hint="handle<memory, ...>")
        self.parameters("a: lend bytes<1..2>, b: lend_mut bytes<1..2>", at="b: lend_mut",
                        says="a request carries one loan or one moved memory, and `a` is one already")
        self.parameters("a: lend bytes<1..2>, b: move memory", at="b: move",
                        says="a request carries one loan or one moved memory")
        self.parameters("a: move memory, b: move memory", at="b: move",
                        says="a request carries one loan or one moved memory")

    def test_oneway(self):
        """A oneway method answers nothing, lends nothing, and has a request that can be sent."""
        self.item("oneway method 40 more() -> (a: u32);", at="a: u32",
                  says="a oneway method answers nothing: who sends does not wait")
        self.item("oneway method 40 more(a: lend bytes<1..2>);", at="a: lend",
                  says="a oneway method neither lends nor moves memory")
        self.item("oneway method 40 more(a: move memory);", at="a: move",
                  says="a oneway method neither lends nor moves memory")
        self.item("oneway method 40 more(a: bytes<65..66>);", at="a: bytes",
                  says="a send carries 64 bytes of copied data, and this method has at least 65")
        self.item("oneway method 40 more(a: contents);", at="a: contents",
                  says="a send carries 64 bytes of copied data, and this method has at least 72")

    def test_event(self):
        """An event is only ever sent, so all of it fits into a send."""
        self.item("event 40 more(a: bytes<0..65>);", at="a: bytes",
                  says="an event carries 64 bytes of copied data, and this one up to 65")
        self.item("event 40 more(a: move memory);", at="a: move", says="an event neither lends nor moves memory")

    def test_idempotent_move(self):
        """What was moved cannot be moved again."""
        self.item("idempotent method 40 more(a: move memory);", at="a: move",
                  says="what was moved is gone, so the client cannot ask again")

    def test_modifiers(self):
        """Modifiers stand once, and only `connect` is forwarded."""
        self.item("oneway oneway method 40 more();", at="oneway method 40", says="`oneway` stands here twice")
        self.item("forwarded method 40 more();", at="forwarded", says="only `connect` is forwarded")

    # --- doc comments ------------------------------------------------------------------------------------------------

    def test_doc_of_no_parameter(self):
        """A doc line that describes a parameter names one that is there."""
        self.refused(("/// left: room in it", "/// lift: room in it"), at="/// lift",
                     says="this describes a parameter `lift`, which is not there", hint="did you mean `left`?")

    def test_doc_ends_comment(self):
        """A doc comment cannot end the comment that it becomes in C."""
        for mark in ("*/", "/*", "\\"):
            self.refused(("/// A box.", f"/// A {mark} box."), at="/// A",
                         says=f"`{mark}` may not stand in a doc comment, which becomes a comment in C")

    def test_what_does_not_show(self):
        """Characters that do not show, such as those that turn text around, are refused."""
        for character in ("\u202e", "\x00", "\x1b", "\u200b"):
            self.refused(("/// A box.", f"/// A {character} box."), at=character,
                         says=f"U+{ord(character):04X} does not show, and may not stand here")

    def test_every_rule_has_its_test(self):
        """Each sentence of a complaint in tool/idl is seen by some test here."""
        seen = "".join(Path(file).read_text() for file in (__file__, idl_syntax_test.__file__)).replace('\\"', '"')
        unseen, found = [], 0
        for name in ("build.py", "rules.py", "names.py", "parse.py", "syntax.py"):
            source = (ROOT / "tool/idl" / name).read_text()
            for sentence in re.findall(r'(?:fail|InterfaceError)\([^"]*?f?"((?:[^"\\]|\\.)+)"', source):
                words = max(re.split(r"\{[^{}]*\}|\{[^{}]*\{[^{}]*\}[^{}]*\}", sentence), key=len).strip(" `,")
                found += 1
                unseen += [f"{name}: {sentence}"] * (words not in seen)
        self.assertEqual(unseen, [])
        self.assertGreater(found, 70)


if __name__ == "__main__":
    unittest.main()
