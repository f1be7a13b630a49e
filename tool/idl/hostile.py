"""hostile.py - messages that a server must refuse, made of a protocol: each is a request that is allowed but for one thing.

messages(protocol) is used by fuzzers' grammars (dictionary.py) and by header(protocols), a table in C that
test/target/interfaces.c throws at the servers of a whole system. What a server answers to each is known: MALFORMED,
NEWER or METHOD; or the kernel refuses the call before the server sees it (REFUSED: anything but success).
"""

from dataclasses import dataclass, replace

from contract_facts import ANY, facts
from layout import layout_of
from model import Bool, EnumRef, Integer, Loan, Text
from wire import Message, own_fields, pack_field, request, run_of

PAGE = 4096
# Text that is no UTF-8 (RFC 3629, section 4): a lone continuation, cut, overlong, a surrogate, beyond U+10FFFF, no start.
BAD_TEXT = [("a lone continuation byte", b"\x80"), ("a sequence that is cut", b"\xc3"),
            ("an overlong sequence", b"\xc0\xaf"),
            ("an overlong sequence of three", b"\xe0\x80\xaf"), ("a surrogate", b"\xed\xa0\x80"),
            ("a character beyond U+10FFFF", b"\xf4\x90\x80\x80"), ("a byte that begins nothing", b"\xff")]
WRONG_OBJECT = "memory"         # what tests can make and send, where something else is wanted
OTHER_OBJECT = "budget"         # ... and where that is wanted


@dataclass(frozen=True)
class Hostile:
    method: str
    why: str
    message: Message
    expect: str                  # MALFORMED, NEWER, METHOD or REFUSED
    only64: bool = False         # words of 32 bits cannot say this


def low(value):
    return value & 0xffffffff


def unknown_of(enum):
    """A number that no value of the enum, or bit of the flags, has."""
    bits = 8 * enum.base.bytes
    if enum.flags:
        return next((1 << bit for bit in range(bits) if not enum.mask >> bit & 1), None)
    known = {value.number for value in enum.values}
    return next((number for number in (max(known) + 1, *range(256)) if number not in known and number >> bits == 0),
                None)


# --- words -----------------------------------------------------------------------------------------------------------

def word_faults(parameter):
    """(why, low half, high half, expect, only on 64 bits) for a parameter of one word."""
    kind = parameter.type
    name = parameter.name
    if isinstance(kind, EnumRef):
        unknown = unknown_of(kind.enum)
        if unknown is not None:
            yield f"{name} is unknown", low(unknown), unknown >> 32, "NEWER", False
        base = kind.enum.base
    elif isinstance(kind, Bool):
        yield f"{name} is 2", 2, 0, "MALFORMED", False
        yield f"{name} is all ones", 0xffffffff, 0, "MALFORMED", False
        base = Integer("u8")
    else:
        base = kind
    if isinstance(kind, Integer) and base.bytes < 4:
        most = (1 << 8 * base.bytes - base.signed) - 1
        yield f"{name} is one more than {base.name} holds", most + 1, 0, "MALFORMED", False
        if base.signed:
            yield f"{name} is one less than {base.name} holds", low(-most - 2), 0xffffffff, "MALFORMED", False
        else:
            yield f"{name} is -1", 0xffffffff, 0xffffffff, "MALFORMED", False
    if isinstance(kind, Integer) and base.name == "i32":
        yield f"{name} is 2^31, without the sign", 0x80000000, 0, "MALFORMED", True
    if isinstance(kind, Integer) and base.bytes == 4:
        yield f"{name} has the bit 2^32", 0, 1, "MALFORMED", True


def words_hostile(base, side):
    for parameter, first in side.words:
        if isinstance(parameter.type, Loan):
            continue
        if parameter.type.words > 1:
            for index in range(first, first + parameter.type.words):
                yield f"part {index - first} of {parameter.name} has the bit 2^32", base.with_word(index, 0, 1), "MALFORMED", True
            continue
        for why, value, high, expect, only64 in word_faults(parameter):
            yield why, base.with_word(first, value, high), expect, only64


def room_hostile(base, layout):
    """Room that cannot hold what would come."""
    least = layout.answer.runs[0].type.min if layout.answer.runs else 0
    if least and not layout.answer.struct:
        yield "there is no room for the answer", base.with_word(layout.room_word, 0), "MALFORMED", False
    if layout.room_word is not None:
        yield "the room has the bit 2^32", base.with_word(layout.room_word, 0, 1), "MALFORMED", True


# --- copied data -----------------------------------------------------------------------------------------------------

def parts_of(base, side):
    """The copied data of an allowed message, taken apart: prefix, struct, runs."""
    data, sizes = base.data, []
    if side.struct:
        sizes.append(side.struct.type.struct.bytes)
    at = side.prefix
    struct = data[at:at + sizes[0]] if sizes else b""
    at += len(struct)
    runs = []
    for number in range(len(side.runs)):
        size = int.from_bytes(data[:4], "little") if side.prefix and not number else len(data) - at
        runs.append(data[at:at + size])
        at += size
    return struct, runs


def joined(side, struct, runs, length=None, zero=0):
    """... and put together again."""
    prefix = b""
    if side.prefix:
        prefix = low(len(runs[0]) if length is None else length).to_bytes(4, "little") + zero.to_bytes(4, "little")
    return prefix + struct + b"".join(runs)


def run_faults(parameter):
    """(why, bytes, expect) for one run."""
    kind, name = parameter.type, parameter.name
    # The kernel may find the whole longer than any buffer of the server's.
    yield f"{name} is a byte too long", run_of(kind, kind.max + 1), "REFUSED"
    if kind.min:
        yield f"{name} is a byte too short", run_of(kind, kind.min - 1), "MALFORMED"
    if kind.kind == "bytes":
        return
    end = b"\0" if kind.kind == "strings" else b""
    for why, bad in BAD_TEXT:
        text = bad.rjust(max(len(bad), kind.min - len(end)), b"a") + end
        if len(text) <= kind.max:
            yield f"{name} has {why}", text, "MALFORMED"
    if kind.kind == "string" and kind.max:
        yield f"{name} is a NUL", b"\0".rjust(max(1, kind.min), b"a"), "MALFORMED"
        if kind.max > 2:
            yield f"{name} has a NUL inside", b"a\0a".ljust(kind.min, b"a"), "MALFORMED"
    if kind.kind == "strings":
        yield f"{name} does not end", b"a" * max(1, kind.min), "MALFORMED"


def field_faults(field):
    """(why, bytes of the field, expect)"""
    kind, name = field.type, field.name
    if isinstance(kind, EnumRef) and unknown_of(kind.enum) is not None:
        yield f"{name} is unknown", pack_field(kind, unknown_of(kind.enum)), "NEWER"
    if isinstance(kind, Bool):
        yield f"{name} is 2", b"\2", "MALFORMED"
    if isinstance(kind, Text):
        yield f"{name} does not end", b"a" * kind.bytes, "MALFORMED"
        yield f"{name} goes on behind its NUL", b"\0" * (kind.bytes - 1) + b"a", "MALFORMED"
        yield f"{name} is no UTF-8", pack_field(kind, b"\xff"), "MALFORMED"


def struct_faults(struct, data):
    """(why, bytes of the struct, expect)"""
    def sized(size, more=b""):
        return size.to_bytes(4, "little") + data[4:] + more
    yield "its struct has size 0", sized(0), "MALFORMED"
    yield "its struct has size 4", sized(4), "MALFORMED"
    yield "its struct is shorter than the first version", sized(struct.bytes_first - 8), "MALFORMED"
    yield "its struct has a size that is no multiple of 8", sized(struct.bytes_first + 1), "MALFORMED"
    yield "its struct says the greatest size", sized(0xffffffff), "MALFORMED"
    yield "its struct has a field that nobody knows yet", sized(struct.bytes + 8, b"\1" + bytes(7)), "NEWER"
    yield "its struct's unknown field ends in something", sized(struct.bytes + 8, bytes(7) + b"\1"), "NEWER"
    for field in struct.fields:
        if field.name == "reserved":
            yield "its struct uses what is reserved", data[:field.offset] + b"\1" + data[field.offset + 1:], "NEWER"
    for field in own_fields(struct):
        for why, packed, expect in field_faults(field):
            yield why, data[:field.offset] + packed + data[field.offset + len(packed):], expect


def copied_hostile(base, side):
    struct, runs = parts_of(base, side)
    if not side.copied:
        yield "a byte came that nobody asked for", replace(base, data=b"a"), "REFUSED", False
        return
    if side.struct or side.prefix or any(each.type.min for each in side.runs):
        yield "no data came", replace(base, data=b""), "MALFORMED", False
    if side.struct:
        about = side.struct.type.struct
        for why, data, expect in struct_faults(about, struct):
            yield why, replace(base, data=joined(side, data, runs)), expect, False
        for size in (3, 4, about.bytes - 1):
            yield f"{size} bytes came", replace(base, data=(joined(side, struct,
                                                                   runs))[:side.prefix + size]), "MALFORMED", False
        if not side.runs:
            yield "its struct says more than came", replace(base, data=struct[:-8]), "MALFORMED", False
            yield "bytes came behind its struct", replace(base, data=struct + b"a" * 8), "MALFORMED", False
    for number, parameter in enumerate(side.runs):
        for why, data, expect in run_faults(parameter):
            yield why, replace(base, data=joined(side, struct,
                                                 runs[:number] + [data] + runs[number + 1:])), expect, False
    if side.prefix:
        more = len(runs[0]) + len(runs[1]) + 1
        for why, length in (("one more than came", more), ("the greatest number", 0xffffffff), ("2^31", 0x80000000)):
            yield f"its first run says {why}", replace(base, data=joined(side, struct, runs,
                                                                         length)), "MALFORMED", False
        yield "its zero word is not", replace(base, data=joined(side, struct, runs, None, 1)), "MALFORMED", False
        for size in (1, 4, 7):
            yield f"{size} bytes came", replace(base, data=base.data[:size]), "MALFORMED", False


# --- handles and loans -------------------------------------------------------------------------------------------------

def wrong_for(kind):
    return OTHER_OBJECT if kind == WRONG_OBJECT else WRONG_OBJECT


def handles_hostile(base, side):
    count = len(base.handles)
    if side.handles_min:
        yield "a handle is missing", replace(base, handles=base.handles[:side.handles_min - 1]), "MALFORMED", False
        yield "no handle came", replace(base, handles=()), "MALFORMED", False
    for number, parameter in enumerate(side.handles):
        handles = list(base.handles[:max(number + 1, side.handles_min)])
        if parameter.type.moved:
            continue
        if parameter.type.object != ANY:
            handles[number] = (wrong_for(parameter.type.object), ())
            yield f"{parameter.name} is of another type", replace(base, handles=tuple(handles)), "MALFORMED", False
        for right in parameter.type.rights:
            if right == "TRANSFER":
                continue
            handles[number] = (parameter.type.object, tuple(each for each in parameter.type.rights if each != right))
            yield f"{parameter.name} lacks {right}", replace(base, handles=tuple(handles)), "MALFORMED", False
    if count < 4:
        yield "a handle came that nobody asked for", replace(base, handles=base.handles + ((WRONG_OBJECT, ()),)), "REFUSED", False


def loans_hostile(base, side):
    if not side.loan:
        if not any(each.type.moved for each in side.handles):
            yield "a page was lent that nobody asked for", replace(base, loan=PAGE,
                                                                   loan_writable=False), "REFUSED", False
        return
    kind = side.loan.type
    word = next(first for parameter, first in side.words if parameter is side.loan)
    yield "the loan is missing", replace(base, loan=0), "MALFORMED", False
    pages = -(-base.loan // PAGE)
    yield "the loan is shorter than it says", replace(base, loan=pages * PAGE).with_word(word, pages * PAGE + 1), "MALFORMED", False
    yield "the loan says the greatest length", base.with_word(word, 0xffffffff), "MALFORMED", False
    yield "the loan says too little", base.with_word(word, kind.min - 1), "MALFORMED", False
    if kind.writable:
        yield "the loan can only be read", replace(base, loan_writable=False), "MALFORMED", False


# --- all of it ---------------------------------------------------------------------------------------------------------

def method_messages(method):
    """What a server of the protocol must refuse in one method."""
    layout, base = layout_of(method), request(method)
    found = [*words_hostile(base, layout.request), *room_hostile(base, layout), *copied_hostile(base, layout.request),
             *handles_hostile(base, layout.request), *loans_hostile(base, layout.request)]
    seen = set()
    for why, message, expect, only64 in found:
        if message != base and (message, only64) not in seen:
            seen.add((message, only64))
            yield Hostile(method.name, why, message, expect, only64)


def opcodes_unknown(protocol):
    """Numbers that mean nothing, as a client of a newer version, or nobody at all, would ask."""
    taken = {each.number for each in [*protocol.methods, *protocol.events]}
    numbers = [1, *protocol.reserved, max(taken, default=1) + 1, 255, 256, 0x7fffffff, 0xffffffff]
    return [number for number in numbers if number not in taken]


def messages(protocol):
    for number in opcodes_unknown(protocol):
        yield Hostile("", f"there is no method {number}", Message(number, (0,) * 5), "METHOD")
    for method in protocol.methods:
        yield from method_messages(method)


# --- as a table in C -----------------------------------------------------------------------------------------------------

HEADER = '''/* Made by tool/idl: requests that servers must refuse, of all protocols in idl/. See tool/idl/hostile.py. */
#pragma once
#include <stdint.h>

struct hostile_message {
	const char *method, *why;
	uint32_t opcode, expect;         /* expect: the status, 0: any but success */
	uint32_t word[5], wide[5];       /* low halves, and high halves on RV64 */
	const uint8_t *data;
	uint32_t size, fill;             /* `fill` more bytes of 'a' stand behind `size` bytes of data */
	uint32_t loan;                   /* bytes to be lent */
	uint8_t loan_writable, only64;   /* only64: words of 32 bits cannot say this */
	uint8_t handle_count;
	struct {
		uint8_t object;          /* type */
		uint32_t rights;
	} handle[4];
};

struct hostile_protocol {
	const char *name;
	uint32_t number, version, count;
	const struct hostile_message *messages;
};
'''


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def c_bytes(data):
    """(initialiser, size, fill): long runs of 'a' at the end are only counted."""
    body = data.rstrip(b"a") if len(data) > 16 else data
    return f"(const uint8_t[]){{ {', '.join(str(byte) for byte in body)} }}" if body else "0", len(body), len(data) - len(body)


def rights_mask(rights):
    return sum(1 << facts().rights[right][0] for right in rights)


def row(each, statuses):
    message = each.message
    data, size, fill = c_bytes(message.data)
    handles = ", ".join(f"{{ {facts().objects[WRONG_OBJECT if kind == ANY else kind]}, {rights_mask(rights):#x} }}" for kind, rights in message.handles)
    parts = [f".method = {c_string(each.method)}", f".why = {c_string(each.why)}", f".opcode = {message.opcode:#x}",
             f".expect = {statuses.get(each.expect, 0)}"]
    parts += [f".word = {{ {', '.join(f'{word:#x}' for word in message.words)} }}"] if any(message.words) else []
    parts += [f".wide = {{ {', '.join(f'{word:#x}' for word in message.wide)} }}"] if any(message.wide) else []
    parts += [f".data = {data}", f".size = {size}", f".fill = {fill}"] if message.data else []
    parts += [f".loan = {message.loan}", f".loan_writable = {int(message.loan_writable)}"] if message.loan else []
    parts += [".only64 = 1"] if each.only64 else []
    parts += [f".handle_count = {len(message.handles)}", f".handle = {{ {handles} }}"] if message.handles else []
    return "\t{ " + ", ".join(parts) + " },"


def header(protocols):
    blocks = [HEADER]
    served = [protocol for protocol in protocols if protocol.common]
    for protocol in served:
        statuses = {error.name: error.number for error in protocol.common.errors}
        rows = "\n".join(row(each, statuses) for each in messages(protocol))
        blocks.append(f"static const struct hostile_message hostile_{protocol.name}[] = {{\n{rows}\n}};\n")
    entries = "\n".join(f"\t{{ {c_string(protocol.name)}, {protocol.number:#x}, {protocol.version_number():#x}, "
                        f"sizeof(hostile_{protocol.name}) / sizeof(hostile_{protocol.name}[0]), hostile_{protocol.name} }},"
                        for protocol in served)
    blocks.append(f"static const struct hostile_protocol hostile_protocols[] = {{\n{entries}\n}};\n")
    return "\n".join(blocks)
