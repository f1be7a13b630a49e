"""wire.py - messages as they travel, made from values: what tests, the fuzzers' grammar and the table of malformed
messages begin with. Stubs of the back ends must make the same bytes."""

from dataclasses import dataclass, replace

from layout import layout_of
from model import WORDS, Array, Bool, EnumRef, Id, Loan, Run, StructRef, Text


@dataclass(frozen=True)
class Message:
    opcode: int
    words: tuple                  # low 32 bits each, but for signs: see `wide`
    data: bytes = b""
    handles: tuple = ()           # of (object type, rights)
    loan: int = 0                 # bytes lent
    loan_writable: bool = False
    wide: tuple = (0,) * WORDS    # high halves of the words on RV64

    def with_word(self, index, low, high=0):
        words, wide = list(self.words), list(self.wide)
        words[index], wide[index] = low, high
        return replace(self, words=tuple(words), wide=tuple(wide))


def value_of(kind):
    """A value that is allowed, as small as can be."""
    if isinstance(kind, EnumRef):
        return 0 if kind.enum.flags else kind.enum.values[0].number
    if isinstance(kind, Run):
        return run_of(kind, max(kind.min, 1 if kind.max else 0))
    if isinstance(kind, StructRef):
        return {each.name: value_of(each.type) for each in own_fields(kind.struct)}
    if isinstance(kind, Loan):
        return kind.min
    if isinstance(kind, Text):
        return "a"
    if isinstance(kind, Array):
        return [0] * kind.count
    return (0, 0, 0, 0) if isinstance(kind, Id) else 0


def run_of(kind, size):
    """A run of that many bytes."""
    text = b"a" * size
    return text[:-1] + b"\0" if kind.kind == "strings" and size else text


def own_fields(struct):
    return [each for each in struct.fields if each.name not in ("size", "reserved")]


def pack_field(kind, value):
    if isinstance(kind, Text):
        data = value.encode() if isinstance(value, str) else value
        return data.ljust(kind.bytes, b"\0")
    if isinstance(kind, Array):
        return b"".join(pack_field(kind.element, each) for each in value)
    if isinstance(kind, Id):
        return b"".join(each.to_bytes(4, "little") for each in value)
    base = kind.enum.base if isinstance(kind, EnumRef) else kind
    return (int(value) & ((1 << 8 * kind.bytes) - 1)).to_bytes(kind.bytes if isinstance(kind, Bool) else base.bytes,
                                                               "little")


def pack_struct(struct, values):
    data = bytearray(struct.bytes)
    data[:4] = struct.bytes.to_bytes(4, "little")
    for each in own_fields(struct):
        packed = pack_field(each.type, values.get(each.name, value_of(each.type)))
        data[each.offset:each.offset + len(packed)] = packed
    return bytes(data)


def pack_words(side, values):
    words, wide = [0] * WORDS, [0] * WORDS
    for parameter, first in side.words:
        value = values.get(parameter.name, value_of(parameter.type))
        if isinstance(parameter.type, Id):
            words[first:first + 4] = value
        elif parameter.type.words == 2:
            words[first], words[first + 1] = value & 0xffffffff, value >> 32 & 0xffffffff
        else:
            words[first] = int(value) & 0xffffffff
            wide[first] = 0xffffffff if int(value) < 0 else 0
    return words, wide


def run_bytes(value):
    return value.encode() if isinstance(value, str) else b"".join(each.encode() + b"\0" for each in value) if isinstance(value, list) else value


def pack(opcode, side, values):
    """A message of one direction; what `values` does not name has a small value that is allowed."""
    words, wide = pack_words(side, values)
    runs = [run_bytes(values.get(each.name, value_of(each.type))) for each in side.runs]
    data = len(runs[0]).to_bytes(8, "little") if side.prefix else b""
    if side.struct:
        data += pack_struct(side.struct.type.struct, values.get(side.struct.name, {}))
    loan = values.get(side.loan.name, side.loan.type.min) if side.loan else 0
    return Message(opcode, tuple(words), data + b"".join(runs),
                   tuple((each.type.object, each.type.rights) for each in side.handles), loan,
                   bool(side.loan and side.loan.type.writable), tuple(wide))


def request(method, values=None):
    """With all the room that the answer may want."""
    layout = layout_of(method)
    message = pack(method.number, layout.request, values or {})
    if layout.struct_room_word is not None:
        message = message.with_word(layout.struct_room_word, layout.answer.struct.type.struct.bytes)
    if layout.room_word is not None:
        message = message.with_word(layout.room_word, layout.answer.bytes_max)
    return message


def answer(method, values=None):
    return pack(0, layout_of(method).answer, values or {})
