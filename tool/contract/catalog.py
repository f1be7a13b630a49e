"""contract.json: all of the contract with what the tool works out (registers, layouts, implied errors), for the
tracer, the fuzzers and bindings of other languages."""
import json
from dataclasses import asdict

from layout import layouts
from registers import assign


def registers(call, item, outgoing):
    """Where an argument or result travels, by width."""
    found = {}
    for width in (32, 64):
        assignment = assign(call, width)
        slots = assignment.outs if outgoing else assignment.ins
        found[str(width)] = [slot.register for slot in slots if slot.item is item]
    return found


def argument(call, item):
    entry = {"name": item.name, "type": item.type, "summary": item.summary, "registers": registers(call, item, False)}
    if item.type == "handle":
        entry |= {"object": item.object, "rights": list(item.rights)}
    return entry


def result(call, item):
    return {"name": item.name, "type": item.type, "summary": item.summary, "registers": registers(call, item, True)}


def call_entry(call):
    return {
        "name": call.name, "number": call.number, "noun": call.noun, "summary": call.summary, "doc": call.doc,
        "blocking": call.blocking, "raw": call.raw, "noreturn": call.noreturn, "message": call.is_message(),
        "args": [argument(call, item) for item in call.args],
        "results": [result(call, item) for item in call.results],
        "errors": [asdict(failure) for failure in call.failures()],
    }


def struct_entry(struct, by_width):
    placed = {}
    for width, done in by_width.items():
        layout = done[struct.name]
        fields = {name: {"offset": offset, "size": size} for name, (offset, size) in layout.offsets.items()}
        placed[width] = {"size": layout.size, "align": layout.align, "fields": fields}
    return asdict(struct) | {"layout": placed}


def generate(contract):
    by_width = {"32": layouts(contract, 32), "64": layouts(contract, 64)}
    document = {
        "version": {"major": contract.major, "minor": contract.minor},
        "errors": [asdict(error) for error in contract.errors],
        "objects": [asdict(known) for known in contract.objects],
        "rights": [asdict(right) for right in contract.rights],
        "kinds": [asdict(kind) for kind in contract.kinds],
        "constants": [asdict(constant) for constant in contract.constants],
        "structs": [struct_entry(struct, by_width) for struct in contract.structs],
        "calls": [call_entry(call) for call in contract.calls],
    }
    return json.dumps(document, indent=1) + "\n"
