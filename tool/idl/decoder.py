"""decoder.py - the protocols as JSON, for tools that show messages (tool/idl/decode.py, the tracer): where each
parameter travels, and what enums, statuses and signals are called."""

import json

from contract_facts import facts
from layout import layout_of
from model import WORDS, Array, Bool, EnumRef, Id, Integer, Loan, Text


def word_type(kind):
    """A parameter that travels in words, or a field of a struct."""
    if isinstance(kind, EnumRef):
        return {"kind": "flags" if kind.enum.flags else "enum", "type": kind.enum.base.name,
                "values": {str(value.number): value.name for value in kind.enum.values}}
    if isinstance(kind, Loan):
        return {"kind": "loan", "min": kind.min, "max": kind.max, "writable": kind.writable}
    if isinstance(kind, Text):
        return {"kind": "text", "bytes": kind.bytes}
    if isinstance(kind, Array):
        return {"kind": "array", "type": kind.element.name, "count": kind.count}
    if isinstance(kind, Integer):
        return {"kind": "integer", "type": kind.name}
    return {"kind": "bool" if isinstance(kind, Bool) else "id"} if isinstance(kind, (Bool, Id)) else {}


def struct_fields(struct):
    return [{"name": field.name, "offset": field.offset, "since": list(field.since),
             **word_type(field.type)} for field in struct.fields]


def side(side, order):
    """One direction: its parameters in the order of the file, by name, and where each is found."""
    found = {"order": [each.name for each in order],
             "words": [{"name": each.name, "word": first, **word_type(each.type)} for each, first in side.words],
             "runs": [{"name": each.name, "kind": each.type.kind, "min": each.type.min,
                       "max": each.type.max} for each in side.runs],
             "handles": [{"name": each.name, "object": each.type.object, "rights": list(each.type.rights),
                          "optional": each.type.optional,
                          "moved": each.type.moved} for each in side.handles]}
    if side.struct:
        struct = side.struct.type.struct
        found["struct"] = {"name": side.struct.name, "bytes": struct.bytes, "bytes_first": struct.bytes_first,
                           "fields": struct_fields(struct)}
    return found


def message(each):
    layout = layout_of(each)
    made = {"name": each.name, "request": side(layout.request, each.inputs),
            "answer": side(layout.answer, getattr(each, "outputs", [])),
            "oneway": getattr(each, "oneway", False), "idempotent": getattr(each, "idempotent", False)}
    if layout.room_word is not None:
        made["room_word"] = layout.room_word
    if layout.struct_room_word is not None:
        made["struct_room_word"] = layout.struct_room_word
    return made


def describe(protocol):
    return {"number": protocol.number, "version": list(protocol.version),
            "methods": {str(each.number): message(each) for each in protocol.methods},
            "events": {str(each.number): message(each) for each in protocol.events},
            "statuses": {str(each.number): each.name for each in protocol.errors},
            "signals": {str(each.bit): each.name for each in protocol.signals}}


def generate(protocols):
    common = next((protocol.common or protocol for protocol in protocols), None)
    statuses = {str(number): name for name, (number, _) in facts().errors.items()}
    statuses |= {str(each.number): each.name for each in (common.errors if common else [])}
    shared = {str(each.number): message(each) for each in (common.methods if common else [])}
    made = {"words": WORDS, "statuses": statuses, "methods": shared,
            "protocols": {protocol.name: describe(protocol) for protocol in protocols if protocol.common}}
    return json.dumps(made, indent=1) + "\n"
