"""The system calls for Rust: the same registers as the stubs for C, which contract_stubs_test.py runs."""
import re
import unittest

from contract_sample import ROOT

import rust
import source
import stubs

CONTRACT = source.load(ROOT / "abi")


def rust_registers(call, width):
    """(loaded, answered, dying) registers of the asm! of a call."""
    lines, _ = rust.operands(call, width)
    loaded = {re.search(r'"(\w+)"', line).group(1) for line in lines if line.startswith("in")}
    answered = {re.search(r'"(\w+)"', line).group(1) for line in lines if re.search(r"(=> |\) )[at]\d,", line)}
    return loaded, answered, {re.search(r'"(\w+)"', line).group(1) for line in lines}


class RustCalls(unittest.TestCase):
    def test_loaded(self):
        """Each call loads the registers that its stub for C loads; on RV64 a deadline has no second half."""
        for call in CONTRACT.calls:
            for width in (32, 64):
                wanted = {register for register, value in stubs.operands(call, width).items() if value is not None}
                if width == 64 and any(arg.type == "deadline" for arg in call.args):
                    wanted.discard("t2")
                self.assertEqual(rust_registers(call, width)[0], wanted, f"{call.name} on RV{width}")

    def test_answered(self):
        """Each call takes its results, and the error, from the registers of the map."""
        for call in CONTRACT.calls:
            if call.noreturn:
                continue
            for width in (32, 64):
                wanted = {"a0"} | {slot.register for slot in rust.assign(call, width).outs}
                self.assertEqual(rust_registers(call, width)[1], wanted, f"{call.name} on RV{width}")

    def test_dying(self):
        """The compiler knows that every caller-saved register dies."""
        for call in CONTRACT.calls:
            if not call.noreturn:
                self.assertEqual(rust_registers(call, 32)[2], set(stubs.CALLER_SAVED), call.name)

    def test_unsafe(self):
        """A call that is told of memory by address is unsafe, and no other."""
        text = rust.generate(CONTRACT)
        for call in CONTRACT.calls:
            is_unsafe = f"pub unsafe fn {call.name}(" in text
            self.assertEqual(is_unsafe, any(arg.type in ("ptr", "va", "message") for arg in call.args), call.name)
            self.assertEqual(is_unsafe, f"pub fn {call.name}(" not in text, call.name)

    def test_all(self):
        """Every error, constant and structure of the contract has a name in Rust."""
        text = rust.generate(CONTRACT)
        for error in CONTRACT.errors:
            self.assertEqual(f"pub const {error.name}: Error = Error::new({error.number});" in text, error.number != 0, error.name)
        for constant in CONTRACT.constants:
            self.assertIn(f"pub const {constant.name}: u32 =", text)
        for struct in CONTRACT.structs:
            self.assertIn(f"pub struct {rust.camel(struct.name)} {{", text)


if __name__ == "__main__":
    unittest.main()
