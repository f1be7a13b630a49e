"""rust/abi.rs: the contract for Rust: errors, constants, structures, and every system call as an inline function.

A module of the crate nacre (lang/rust); it uses nothing but core. A call answers Result; a result that the contract calls an out parameter is what it
answers. A call is unsafe where the kernel is told of memory by address: buffers, messages, mappings, stacks.
"""
import textwrap

from header import number
from layout import layouts
from registers import ZERO_IN_MESSAGE, assign
from stubs import CALLER_SAVED, RECEIVED_FIELDS, WORD_FIELDS

WIDTH = 116
KEYWORDS = {"as", "in", "move", "match", "type", "ref", "loop", "fn", "mod", "use", "where", "box", "self", "super"}
FIELD = {"u8": "u8", "u16": "u16", "u32": "u32", "i32": "i32", "u64": "u64", "word": "usize", "ptr": "usize",
         "size": "usize"}
ARG = {"handle": "RawHandle", "handle_any": "RawHandle", "word": "usize", "size": "usize", "u32": "u32", "u64": "u64",
       "va": "usize", "ptr": "*mut c_void", "deadline": "u64", "token": "usize", "message": "*mut Message"}
RESULT = {"handle": "RawHandle", "word": "usize", "va": "usize", "u64": "u64", "length": "usize",
          "received": "Received", "words": "Words"}
# The caller answers for what these point at.
UNSAFE = {"ptr", "va", "message"}

HEAD = """\
//! The kernel's contract: errors, numbers, structures, system calls. Generated from abi/, do not edit.
//!
//! Sizes are in bytes unless named otherwise, deadlines absolute in ns of `clock_now`. Handles are plain numbers here;
//! `nacre::handle` has types that close them.
#![allow(clippy::too_many_arguments)]

use core::arch::asm;
use core::ffi::c_void;
use core::num::NonZeroU32;

/// This process's name for an object; 0 is never one.
pub type RawHandle = u32;

/// For the deadline of a call that waits: for ever.
pub const DEADLINE_NEVER: u64 = u64::MAX;
/// Do not wait.
pub const DEADLINE_NOW: u64 = 0;

/// What the kernel (below 64) or a server answered instead of success. One set of numbers for both.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error(NonZeroU32);

impl Error {
    /// The error of that number; 0, which is success, stops the program.
    pub const fn new(number: u32) -> Error {
        match NonZeroU32::new(number) {
            Some(number) => Error(number),
            None => panic!("0 is success and no error"),
        }
    }

    /// The error in a register: nothing where it is 0.
    pub const fn of_register(register: usize) -> Result<(), Error> {
        match NonZeroU32::new(register as u32) {
            Some(number) => Err(Error(number)),
            None => Ok(()),
        }
    }

    pub const fn number(self) -> u32 {
        self.0.get()
    }
}
"""
MESSAGE = """\
/// What every message carries in registers.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct Words {
    /// Of a reply: its status.
    pub opcode: usize,
    pub word: [usize; 5],
}

/// What a receive brings.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct Received {
    pub words: Words,
    /// Answers a call; 0 if nobody waits.
    pub token: usize,
    /// Of the connection, interrupt or notice.
    pub badge: usize,
    /// INFO_...
    pub info: usize,
    /// Bytes in the receive buffer.
    pub length: usize,
    /// What was lent: its first address, 0 if nothing was.
    pub loan_base: usize,
    pub loan_pages: usize,
}"""


def doc(text, indent=""):
    return "\n".join(f"{indent}/// {line}" for line in textwrap.wrap(text, WIDTH - 4 - len(indent)))


def name_of(name):
    return f"r#{name}" if name in KEYWORDS else name


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


# --- constants and structures ----------------------------------------------------------------------------------

def errors(contract):
    lines = ["/// The kernel's errors.", "impl Error {"]
    for error in contract.errors:
        if error.number:
            lines += [doc(error.sentence[0].upper() + error.sentence[1:] + ".", "    "),
                      f"    pub const {error.name}: Error = Error::new({error.number});"]
    return "\n".join(lines + ["}"])


def constants(contract):
    named = [("VERSION_MAJOR", contract.major, "of the contract"), ("VERSION_MINOR", contract.minor, "of the contract")]
    named += [(f"OBJECT_{known.name.upper()}", known.number, known.summary) for known in contract.objects]
    named += [(f"RIGHT_{right.name}", 1 << right.bit, right.summary) for right in contract.rights]
    named += [("RIGHT_ALL", sum(1 << right.bit for right in contract.rights), "every right there is")]
    named += [(f"KIND_{kind.name}", kind.number, kind.summary) for kind in contract.kinds]
    named += [(each.name, each.value, each.summary) for each in contract.constants]
    return "\n".join(f"{doc(summary)}\npub const {name}: u32 = {number(value)};" for name, value, summary in named)


def field_type(field):
    one = FIELD.get(field.type) or camel(field.type)
    return f"[{one}; {field.count}]" if field.count else one


def structure(struct, small, large):
    name = camel(struct.name)
    lines = [doc(struct.summary), "#[repr(C)]", "#[derive(Clone, Copy, Default, Debug)]", f"pub struct {name} {{"]
    for field in struct.fields:
        lines += [doc(field.summary, "    "), f"    pub {name_of(field.name)}: {field_type(field)},"]
    size = str(small.size) if small.size == large.size else f"if usize::BITS == 32 {{ {small.size} }} else {{ {large.size} }}"
    return "\n".join([*lines, "}", f"const _: () = assert!(core::mem::size_of::<{name}>() == {size});"])


def structures(contract):
    small, large = layouts(contract, 32), layouts(contract, 64)
    return "\n\n".join(structure(struct, small[struct.name], large[struct.name]) for struct in contract.structs)


# --- calls -----------------------------------------------------------------------------------------------------

def parameters(call):
    """Parameters in Rust; words that come back are changed in place."""
    answered = call.result_of_type("words")
    return [f"{name_of(arg.name)}: " + (f"&{'mut ' if answered else ''}Words" if arg.type == "words" else ARG[arg.type])
            for arg in call.args]


def answers(call):
    """Results that the function answers, as (result, Rust type)."""
    return [(result, RESULT[result.type]) for result in call.results
            if result.type != "words" or not call.arg_of_type("words")]


def signature(call):
    types = [kind for _, kind in answers(call)]
    answer = "()" if not types else types[0] if len(types) == 1 else f"({', '.join(types)})"
    answer = "!" if call.noreturn else f"Result<{answer}, Error>"
    unsafe = "unsafe " if UNSAFE & {arg.type for arg in call.args} else ""
    return f"pub {unsafe}fn {call.name}({', '.join(parameters(call))}) -> {answer} {{"


def load(slot, width):
    """The expression that a register is loaded with."""
    name = name_of(slot.item.name)
    if slot.item.type == "words":
        return f"given.{WORD_FIELDS[slot.part]}"
    if slot.part:
        return f"({name} >> 32) as usize"
    return name if slot.item.type in ("word", "size", "va", "token") else f"{name} as usize"


def operands(call, width):
    """The asm! operands: every caller-saved register goes in, comes out or dies."""
    assignment = assign(call, width)
    loads = {slot.register: load(slot, width) for slot in assignment.ins}
    if call.is_message():
        loads = {register: "0usize" for register in ZERO_IN_MESSAGE} | loads
    loads["a7"] = f"{call.number}usize"
    wanted = set() if call.noreturn else {"a0"} | {slot.register for slot in assignment.outs}
    lines = []
    for register in CALLER_SAVED:
        out = register if register in wanted else "_"
        if call.noreturn:
            lines += [f'in("{register}") {loads[register]},'] if register in loads else []
        elif register in loads:
            lines.append(f'inlateout("{register}") {loads[register]} => {out},')
        else:
            lines.append(f'lateout("{register}") {out},')
    return lines, [register for register in CALLER_SAVED if register in wanted]


def value(result, registers):
    if result.type == "received":
        return received(registers)
    if result.type == "words":
        return f"Words {{ opcode: {registers[0]}, word: [{', '.join(registers[1:])}] }}"
    if len(registers) == 2:
        return f"({registers[1]} as u64) << 32 | {registers[0]} as u64"
    return f"{registers[0]} as {RESULT[result.type]}" if result.type in ("handle", "u64") else registers[0]


def received(registers):
    rest = dict(zip(RECEIVED_FIELDS[6:], registers[6:]))
    loan = rest.pop("loan")
    fields = [f"words: Words {{ opcode: {registers[0]}, word: [{', '.join(registers[1:6])}] }}"]
    fields += [f"{name}: {register}" for name, register in rest.items()]
    return f"Received {{ {', '.join(fields)}, loan_base: {loan} & !0xfff, loan_pages: {loan} & 0xfff }}"


def ending(call, width):
    """What follows the system call: the error, then the results."""
    outs = assign(call, width).outs

    def registers(result):
        return [slot.register for slot in outs if slot.item is result]

    lines = ["Error::of_register(a0)?;"]
    if call.arg_of_type("words") and call.result_of_type("words"):
        words = call.result_of_type("words")
        lines.append(f"*{call.arg_of_type('words').name} = {value(words, registers(words))};")
    values = [value(result, registers(result)) for result, _ in answers(call)]
    return lines + [f"Ok({values[0] if len(values) == 1 else '(' + ', '.join(values) + ')'})"]


def body(call, width):
    lines, wanted = operands(call, width)
    before = [f"let given = *{arg.name};" for arg in call.args if arg.type == "words"]
    before += [f"let {register}: usize;" for register in wanted]
    options = "options(noreturn, nostack)" if call.noreturn else "options(nostack)"
    inside = ["asm!(", '    "ecall",', *("    " + line for line in lines), f"    {options}", ")"]
    if not call.noreturn:
        inside[-1] += ";"
    asm = ["unsafe {", *("    " + line for line in inside), "}"]
    return before + asm + ([] if call.noreturn else ending(call, width))


def function(call, width):
    return "\n".join(["#[inline(always)]", signature(call), *("    " + line for line in body(call, width)), "}"])


def documentation(call):
    lines = [doc(call.summary + (f" {call.doc}" if call.doc else "")), "///"]
    lines += [doc(f"- `{item.name}`: {item.summary}") for item in call.args if item.summary]
    lines += [doc(f"- answers `{item.name}`: {item.summary}") for item in call.results if item.summary]
    names = list(dict.fromkeys(failure.name for failure in call.failures()))
    lines.append(doc("Does not return." if call.noreturn else "Errors: " + (", ".join(names) or "none") + "."))
    if UNSAFE & {arg.type for arg in call.args}:
        lines += ["///", "/// # Safety", "/// The addresses given must be what the call takes, and yours to hand over."]
    return "\n".join(lines)


def stub(call):
    """One function, or one a width where they differ: 64-bit values travel in two registers on RV32."""
    narrow, wide = function(call, 32), function(call, 64)
    if narrow == wide:
        return f"{documentation(call)}\n{narrow}"
    return "\n".join(f'{documentation(call)}\n#[cfg(target_pointer_width = "{width}")]\n{text}'
                     for width, text in ((32, narrow), (64, wide)))


def generate(contract):
    parts = [HEAD.strip(), errors(contract), constants(contract), MESSAGE, structures(contract),
             *(stub(call) for call in contract.calls)]
    return "\n\n".join(parts) + "\n"
