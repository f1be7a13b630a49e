"""rust_types.py - a protocol's types in Rust, and each kind of parameter: its Rust type on either side, how it is put
into words, structs and runs, and how it is taken out and checked."""

import textwrap

from model import Array, Bool, EnumRef, Handle, Id, Integer, Loan, Run, StructRef, Text

WIDTH = 116
OBJECTS = {"connection": "nacre::Connection", "server": "nacre::Mailbox", "memory": "nacre::Memory", "budget": "nacre::Budget",
           "process": "nacre::Process", "thread": "nacre::Thread", "device": "nacre::Device", "interrupt": "nacre::Interrupt",
           "any": "nacre::Handle"}



def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def documented(text, indent=""):
    """A doc comment of a text with paragraphs."""
    lines = []
    for paragraph in (text or "").split("\n\n") if text else []:
        lines += [f"{indent}///"] if lines else []
        lines += [f"{indent}/// {line}" for line in textwrap.wrap(paragraph, WIDTH - 4 - len(indent))]
    return lines


def block(head, lines, tail="}"):
    return [head, *("    " + line if line else "" for line in lines), tail]


# --- types of fields and words -----------------------------------------------------------------------------------

def plain(kind):
    """The Rust type of what is passed by value; the same on both sides."""
    if isinstance(kind, Integer):
        return kind.name
    if isinstance(kind, Bool):
        return "bool"
    if isinstance(kind, Id):
        return "[u32; 4]"
    if isinstance(kind, EnumRef):
        return camel(kind.enum.name)
    if isinstance(kind, StructRef):
        return camel(kind.struct.name)
    if isinstance(kind, Text):
        return f"wire::Text<{kind.bytes}>"
    return f"[{kind.element.name}; {kind.count}]"


def number_of(kind, value):
    """The integer that an integer, bool or enum is sent as."""
    if isinstance(kind, Bool):
        return f"{value} as u8", "u8"
    if isinstance(kind, EnumRef):
        return f"{value}.number()", kind.enum.base.name
    return value, kind.name


# --- words -------------------------------------------------------------------------------------------------------

def words_put(kind, value, first):
    """[(word, expression)] for a parameter that travels in words."""
    if isinstance(kind, Id):
        return [(first + part, f"{value}[{part}] as usize") for part in range(4)]
    number, name = number_of(kind, value)
    if kind.words == 2:
        return [(first, f"({number}) as u32 as usize"), (first + 1, f"(({number}) as u64 >> 32) as usize")]
    return [(first, f"({number}).word()")]


def words_take(kind, words, first, answered="false"):
    """The expression that takes it out of `words` and checks it; `answered`: by a server, to us."""
    if isinstance(kind, Id):
        return f"wire::id(&{words}[{first}..])?"
    if isinstance(kind, Bool):
        return f"wire::boolean({words}[{first}])?"
    name = kind.enum.base.name if isinstance(kind, EnumRef) else kind.name
    if kind.words == 2:
        taken = f"wire::long({words}[{first}], {words}[{first + 1}])?" + (" as i64" if name == "i64" else "")
    else:
        taken = f"{name}::of_word({words}[{first}])?"
    return known(kind, taken, answered) if isinstance(kind, EnumRef) else taken


def known(kind, taken, answered="false"):
    """An enum or flags out of its number. A newer server's flags stay as they came: nobody is told what they mean."""
    if kind.enum.flags and answered != "false":
        kept = f"{camel(kind.enum.name)}({taken})"
        return kept if answered == "true" else f"if {answered} {{ {kept} }} else {{ {camel(kind.enum.name)}::of({taken})? }}"
    return f"{camel(kind.enum.name)}::of({taken})?"


# --- enums, flags, structs ---------------------------------------------------------------------------------------

def enum(each):
    name, base = camel(each.name), each.base.name
    lines = documented(each.doc.text or f"{each.name} of the protocol.")
    lines += [f"#[repr({base})]", "#[derive(Clone, Copy, PartialEq, Eq, Debug)]"]
    values = []
    for value in each.values:
        values += [*documented(value.doc.text), f"{camel(value.name)} = {value.number:#x},"]
    arms = [f"{value.number:#x} => Ok({name}::{camel(value.name)})," for value in each.values]
    of = block(f"pub fn of(number: {base}) -> nacre::Result<{name}> {{", block("match number {", [*arms, "_ => Err(nacre::status::NEWER),"]))
    number = block(f"pub fn number(self) -> {base} {{", [f"self as {base}"])
    return "\n".join([*lines, *block(f"pub enum {name} {{", values), "",
                      *block(f"impl {name} {{", ["/// The value of that number; `NEWER`: this version knows none.", *of, "", *number])])


def flags(each):
    name, base = camel(each.name), each.base.name
    lines = [*documented(each.doc.text or f"{each.name} of the protocol."), "#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]",
             f"pub struct {name}({base});", ""]
    inside = []
    for value in each.values:
        inside += [*documented(value.doc.text), f"pub const {value.name}: {name} = {name}({value.number:#x});"]
    inside += ["", "/// No bit at all.", *block(f"pub const fn empty() -> {name} {{", [f"{name}(0)"]), "", "/// These bits; `NEWER`: one of them is not known to this version.",
               *block(f"pub fn of(bits: {base}) -> nacre::Result<{name}> {{",
                      [f"if bits & !{each.mask:#x} != 0 {{ Err(nacre::status::NEWER) }} else {{ Ok({name}(bits)) }}"]),
               "", *block(f"pub fn number(self) -> {base} {{", ["self.0"]),
               "", "/// Are all of these bits set?", *block(f"pub fn has(self, bits: {name}) -> bool {{", ["self.0 & bits.0 == bits.0"])]
    operator = block(f"impl core::ops::BitOr for {name} {{",
                     [f"type Output = {name};", *block(f"fn bitor(self, other: {name}) -> {name} {{", [f"{name}(self.0 | other.0)"])])
    return "\n".join([*lines, *block(f"impl {name} {{", inside), "", *operator])


def own_fields(struct):
    """What the user sees: not the size, nor what is reserved."""
    return [field for field in struct.fields[1:] if field.name != "reserved"]


def field_put(field):
    kind, start, end = field.type, field.offset, field.offset + field.type.bytes
    if isinstance(kind, Text):
        return [f"bytes[{start}..{end}].copy_from_slice(self.{field.name}.as_bytes());"]
    if isinstance(kind, (Array, Id)):
        size = kind.element.bytes if isinstance(kind, Array) else 4
        return block(f"for (index, each) in self.{field.name}.iter().enumerate() {{",
                     [f"each.put(&mut bytes[{start} + index * {size}..{start} + index * {size} + {size}]);"])
    return [f"({number_of(kind, f'self.{field.name}')[0]}).put(&mut bytes[{start}..{end}]);"]


def field_take(field):
    kind, start, end = field.type, field.offset, field.offset + field.type.bytes
    if isinstance(kind, Text):
        return f"wire::Text::of_bytes(&bytes[{start}..{end}])?"
    if isinstance(kind, (Array, Id)):
        element = kind.element if isinstance(kind, Array) else Integer("u32")
        count = kind.count if isinstance(kind, Array) else 4
        return f"wire::array::<{element.name}, {count}>(&bytes[{start}..{end}])"
    if isinstance(kind, Bool):
        return f"wire::boolean(bytes[{start}] as usize)?"
    name = kind.enum.base.name if isinstance(kind, EnumRef) else kind.name
    taken = f"{name}::of_bytes(&bytes[{start}..{end}])"
    return known(kind, taken, "answered") if isinstance(kind, EnumRef) else taken


def struct(each):
    name, fields = camel(each.name), own_fields(each)
    shown, put = [], []
    for field in fields:
        shown += [*documented(field.doc.text), f"pub {field.name}: {plain(field.type)},"]
        put += field_put(field)
    take = [f"{field.name}: {field_take(field)}," for field in fields]
    inside = ["/// Bytes of it in a message, as this version knows it.", f"pub const BYTES: usize = {each.bytes};",
              "/// The least that anybody sends.", f"const LEAST: usize = {each.bytes_first};", "",
              "/// As it travels.",
              *block(f"pub fn bytes(&self) -> [u8; {each.bytes}] {{",
                     [f"let mut bytes = [0; {each.bytes}];", f"({each.bytes}u32).put(&mut bytes[0..4]);", *put, "bytes"]),
              "", "/// Out of what travelled, filled up with zeroes where an older version sent it; `answered`: by a server, to us.",
              *block(f"pub fn of(bytes: &[u8; {each.bytes}], answered: bool) -> nacre::Result<{name}> {{",
                     block(f"Ok({name} {{", take, "})"))]
    return "\n".join([*documented(each.doc.text or f"{each.name} of the protocol."), "#[derive(Clone, PartialEq, Eq, Debug)]",
                      *block(f"pub struct {name} {{", shown), "", *block(f"impl {name} {{", inside)])


def types(protocol):
    made = [flags(each) if each.flags else enum(each) for each in protocol.enums]
    return "\n\n".join(made + [struct(each) for each in protocol.structs])


# --- parameters --------------------------------------------------------------------------------------------------

def handle_type(kind):
    return OBJECTS[kind.object]


RUN_TYPES = {"string": "&{}str", "strings": "wire::Strings<{}>", "bytes": "&{}[u8]"}


def run_type(kind, lifetime=""):
    return RUN_TYPES[kind.kind].format(lifetime + (" " if kind.kind != "strings" and lifetime else "") or ("'_" if kind.kind == "strings" else ""))


def run_take(kind, data):
    call = {"string": "wire::string", "strings": "wire::Strings::of", "bytes": "wire::run"}[kind.kind]
    return f"{call}({data}, {kind.min}, {kind.max})?"


def rights(kind):
    return " | ".join(f"nacre::abi::RIGHT_{name}" for name in kind.rights) or "0"
