"""tool/idl/gen_rust.py, gen_cpp.py, gen_link.py: what they refuse, and that each makes something of every protocol there is.
That it compiles and means the same is tested by the part `languages`."""
import unittest

from idl_sample import ROOT, IdlTest

import gen_cpp
import gen_link
import gen_rust
import parse
from model import InterfaceError


def protocol(items):
    return parse.parse(f"protocol sample = 0x12345678 version 1.0 {{\n{items}\n}}\n", "sample.nid")


class Backends(IdlTest):
    def refused(self, items, word):
        with self.assertRaises(InterfaceError) as caught:
            gen_rust.generate(protocol(items))
        self.assertIn(word, str(caught.exception))
        return str(caught.exception)

    def test_own_type(self):
        """A type that Rust would spell as one of the stubs' own is refused, with its place."""
        text = self.refused("\tstruct client { a: u32; }", "`client` becomes `Client` in Rust")
        self.assertTrue(text.startswith("sample.nid:2:"), text)

    def test_two_types(self):
        """Two types that Rust spells alike are refused."""
        self.refused("\tstruct a1b { a: u32; }\n\tstruct a_1b { a: u32; }\n\tenum x : u8 { A = 0 }", "in Rust")

    def test_answer(self):
        """So is one that is called like a method's answer."""
        self.refused("\tstruct get_answer { a: u32; }\n\tmethod 2 get() -> (a: u32, b: u32);", "`GetAnswer`")

    def test_values(self):
        """Values of an enum that Rust spells alike are refused, and one that it keeps to itself."""
        self.refused("\tenum x : u8 { A1B = 0, A_1B = 1 }", "in Rust")
        self.refused("\tenum x : u8 { SELF = 0 }", "in Rust")

    def test_flags(self):
        """Flags are constants, so that their names stay apart."""
        self.assertIn("pub const A_1B: X", gen_rust.generate(protocol("\tflags x : u8 { A1B = 1, A_1B = 2 }"))["sample.rs"])

    def test_moved_last(self):
        """A moved memory is looked for behind the handles that were sent, whatever its place among the parameters."""
        text = gen_rust.generate(protocol("\tmethod 2 put(memory: move memory, to: handle<connection, CALL>);"))["sample.rs"]
        self.assertIn("take_handle::<nacre::Memory>(call_.handle_count - 1,", text)
        self.assertIn("take_handle::<nacre::Connection>(0,", text)

    def test_all(self):
        """Every protocol of the system's servers has a module, two headers, and functions to link."""
        for path in sorted((ROOT / "idl").glob("*.nid")):
            each = parse.load(path)
            if not each.common:
                self.assertEqual((gen_rust.generate(each), gen_cpp.generate(each)), ({}, {}))
                continue
            self.assertEqual(set(gen_rust.generate(each)), {f"{each.name}.rs"})
            self.assertEqual(set(gen_cpp.generate(each)), {f"idl/{each.name}.hpp", f"idl/{each.name}_server.hpp"})
            for method in each.methods:
                if method.number > 1:
                    self.assertIn(f"stub_{each.name}_{method.name}(", gen_link.generate(each))

    def test_no_unsafe(self):
        """What is generated has no unsafe block."""
        for path in sorted((ROOT / "idl").glob("*.nid")):
            for text in gen_rust.generate(parse.load(path)).values():
                self.assertNotIn("unsafe", text.replace("`unsafe`", ""))


if __name__ == "__main__":
    unittest.main()
