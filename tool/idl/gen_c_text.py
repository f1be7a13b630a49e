"""gen_c_text.py - spelling C: comments, types and names of a protocol. For gen_c.py and its parts."""

import textwrap

from model import Array, Bool, EnumRef, Handle, Id, Integer, Text

WIDTH = 118
TAB = 8
ENUM_MAX = (1 << 31) - 1          # what an enumerator can be in C
INTEGER = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
           "i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "i64": "int64_t"}


def comment(lines, indent=""):
    """A C comment of these lines, each wrapped; nothing for no lines."""
    room = WIDTH - TAB * len(indent) - 6
    wrapped_lines = [piece for line in lines for piece in textwrap.wrap(line, room, break_on_hyphens=False) or [""]]
    text = f"\n{indent} * ".join(wrapped_lines).replace(" * \n", " *\n")
    return f"{indent}/* {text} */" if lines else None


def explain(doc):
    """The lines of a doc comment: its paragraphs, and what it says of each parameter."""
    lines = []
    for line in doc.text.splitlines():
        if line.strip() and lines and lines[-1]:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return lines + [f"{name}: {text}" for name, text in doc.params.items()]


def number(value):
    """A number as C takes it, whatever its size."""
    suffix = "" if value <= ENUM_MAX else "u" if value < 1 << 32 else "ull"
    return (str(value) if value < 1 << 16 else hex(value)) + suffix


def wrapped(head, parts, tail, indent="\t"):
    """`head` + parts, between commas, + `tail`, broken where a line grows too long."""
    lines, pieces = [head], [part + ", " for part in parts[:-1]] + [part + tail for part in parts[-1:] or [""]]
    for piece in pieces:
        if len(lines[-1].replace("\t", " " * TAB)) + len(piece.rstrip()) > WIDTH and lines[-1].strip():
            lines.append(indent)
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def enum_is_typed(enum):
    """Whether C's enum can hold it; flags are combined, so they are integers."""
    return not enum.flags and enum.base.bytes <= 4 and all(value.number <= ENUM_MAX for value in enum.values)


def scalar(protocol, kind):
    """The C type of a parameter that is a number; Id is an array, and has none."""
    if isinstance(kind, Integer):
        return INTEGER[kind.name]
    if isinstance(kind, Bool):
        return "bool"
    if isinstance(kind, EnumRef):
        return f"enum {protocol.name}_{kind.enum.name}" if enum_is_typed(kind.enum) else INTEGER[kind.enum.base.name]
    if isinstance(kind, Handle):
        return "nacre_handle_t"
    return None


def field(protocol, each):
    """Declaration of a struct's field: what lies in memory, so of fixed size everywhere."""
    kind = each.type
    if isinstance(kind, Integer):
        return f"{INTEGER[kind.name]} {each.name};"
    if isinstance(kind, Bool):
        return f"uint8_t {each.name};"
    if isinstance(kind, EnumRef):
        return f"{INTEGER[kind.enum.base.name]} {each.name};"
    if isinstance(kind, Id):
        return f"uint32_t {each.name}[4];"
    if isinstance(kind, Text):
        return f"char {each.name}[{kind.bytes}];"
    if isinstance(kind, Array):
        return f"{INTEGER[kind.element.name]} {each.name}[{kind.count}];"
    raise AssertionError(kind)


def field_note(protocol, each):
    """What its type does not show."""
    kind = each.type
    if isinstance(kind, EnumRef):
        what = "any of" if kind.enum.flags else "one of"
        return f"{what} {protocol.name.upper()}_{kind.enum.name.upper()}_"
    if isinstance(kind, Bool):
        return "0 or 1"
    return ""


def struct_name(protocol, kind):
    return f"struct {protocol.name}_{kind.struct.name}"


def handles_in_order(side):
    """Handles as they travel: what is moved comes last, because the kernel puts it there."""
    return [each for each in side.handles if not each.type.moved] + [each for each in side.handles if each.type.moved]


def run_type(kind):
    return "const void *" if kind.kind == "bytes" else "const char *"


class Lines:
    """Lines of a file in the making."""

    def __init__(self):
        self.lines = []

    def add(self, *lines):
        self.lines += [line for line in lines if line is not None]

    def gap(self):
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def text(self):
        return "\n".join(self.lines).rstrip("\n") + "\n"
