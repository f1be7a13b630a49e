"""check.py - what a skeleton must answer to a request before its handler sees it, by the rules of doc/interfaces.md: OK,
MALFORMED, NEWER or METHOD. A second opinion, written from that page alone: the table of malformed messages is held
against it, and a fuzzer can hold servers against it."""

from contract_facts import ANY
from layout import layout_of
from model import Bool, EnumRef, Integer, Loan, Text

HALF = 0xffffffff
PAGE = 4096


class Refused(Exception):
    pass


def demand(holds, verdict="MALFORMED"):
    if not holds:
        raise Refused(verdict)


def text_check(data):
    demand(b"\0" not in data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("MALFORMED") from None


def value_check(kind, value):
    """A number, as its base type holds it."""
    if isinstance(kind, Bool):
        demand(value in (0, 1))
    elif isinstance(kind, EnumRef) and kind.enum.flags:
        demand(not value & ~kind.enum.mask, "NEWER")
    elif isinstance(kind, EnumRef):
        demand(value in [each.number for each in kind.enum.values], "NEWER")


def word_check(kind, low, high, wide):
    """One word of an integer of up to 32 bits, on a machine of 64 (wide) or 32 bits."""
    base = kind.enum.base if isinstance(kind, EnumRef) else kind
    value = low | (high << 32 if wide else 0)
    bits = 64 if wide else 32
    if isinstance(base, Integer) and base.signed:
        value = value - (1 << bits) if value >> (bits - 1) else value
        demand(-(1 << 8 * base.bytes - 1) <= value < 1 << 8 * base.bytes - 1)
    elif isinstance(kind, EnumRef):
        value_check(kind, value)
    elif isinstance(kind, Bool):
        value_check(kind, value)
    else:
        demand(value < 1 << 8 * base.bytes)


def words_check(side, message, wide):
    for parameter, first in side.words:
        kind = parameter.type
        if isinstance(kind, Loan):
            continue
        if kind.words == 1:
            word_check(kind, message.words[first], message.wide[first], wide)
            continue
        demand(not wide or not any(message.wide[first:first + kind.words]))
        if isinstance(kind, EnumRef):
            value_check(kind, message.words[first] | message.words[first + 1] << 32)


def room_check(layout, message, wide):
    for word in (layout.room_word, layout.struct_room_word):
        demand(word is None or not wide or not message.wide[word])
    if layout.room_word is None or not layout.answer.runs:
        return
    room = message.words[layout.room_word]
    if layout.answer.struct:
        demand(message.words[layout.struct_room_word] <= room)
        room -= message.words[layout.struct_room_word]
    demand(room >= layout.answer.runs[0].type.min)


def field_check(field, data):
    kind = field.type
    if isinstance(kind, Text):
        text, nul, rest = data.partition(b"\0")
        demand(nul and not any(rest))
        text_check(text)
    elif isinstance(kind, (Bool, EnumRef)):
        value_check(kind, int.from_bytes(data, "little"))


def struct_check(struct, data):
    """Bytes that the struct takes."""
    demand(len(data) >= 4)
    size = int.from_bytes(data[:4], "little")
    demand(struct.bytes_first <= size <= len(data) and size % 8 == 0)
    known = data[:min(size, struct.bytes)].ljust(struct.bytes, b"\0")
    demand(not any(data[struct.bytes:size]), "NEWER")
    for field in struct.fields[1:]:
        part = known[field.offset:field.offset + field.type.bytes]
        if field.name == "reserved":
            demand(not any(part), "NEWER")
        elif field.offset + len(part) <= size:
            field_check(field, part)
    return size


def run_check(kind, data):
    demand(kind.min <= len(data) <= kind.max)
    if kind.kind == "string":
        text_check(data)
    if kind.kind == "strings" and data:
        demand(data.endswith(b"\0"))
        text_check(data.replace(b"\0", b"a"))


def copied_check(side, data):
    length = None
    if side.prefix:
        demand(len(data) >= 8 and not any(data[4:8]))
        length, data = int.from_bytes(data[:4], "little"), data[8:]
    if side.struct:
        data = data[struct_check(side.struct.type.struct, data):]
    runs = list(side.runs)
    if length is not None:
        demand(length <= len(data))
        run_check(runs.pop(0).type, data[:length])
        data = data[length:]
    if runs:
        run_check(runs[0].type, data)
    else:
        demand(not data)


def handles_check(side, message):
    demand(side.handles_min <= len(message.handles) <= len(side.handles))
    for parameter, (kind, rights) in zip(side.handles, message.handles):
        demand(parameter.type.object in (kind, ANY))
        demand(parameter.type.moved or set(parameter.type.rights) - {"TRANSFER"} <= set(rights))


def loan_check(side, message, wide):
    if not side.loan:
        demand(not message.loan)
        return
    kind = side.loan.type
    first = next(first for parameter, first in side.words if parameter is side.loan)
    length = message.words[first] | (message.wide[first] << 32 if wide else 0)
    pages = -(-message.loan // PAGE)
    demand(message.loan and kind.min <= length <= kind.max and length <= pages * PAGE)
    demand(message.loan_writable or not kind.writable)


def verdict(protocol, message, wide=False):
    method = next((each for each in protocol.methods if each.number == message.opcode), None)
    if method is None:
        return "METHOD"
    layout = layout_of(method)
    try:
        words_check(layout.request, message, wide)
        room_check(layout, message, wide)
        copied_check(layout.request, message.data)
        handles_check(layout.request, message)
        loan_check(layout.request, message, wide)
    except Refused as refused:
        return str(refused)
    return "OK"
