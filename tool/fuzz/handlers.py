#!/usr/bin/python3
"""handlers.py - a server of every protocol for the fuzzer `messages` (test/fuzz/messages.c): handlers that look at all they
are given and answer what the fuzzer says.

    handlers.py FILE.nid ... >OUT.h
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../idl"))

import parse  # noqa: E402
from gen_c_server import handler_parameters, has_in, object_type, room_field  # noqa: E402
from layout import layout_of  # noqa: E402
from model import Handle, Id, Integer, Loan, Run, StructRef  # noqa: E402

KINDS = {"bytes": "FUZZ_BYTES", "string": "FUZZ_STRING", "strings": "FUZZ_STRINGS"}


def see(each):
    """The line that looks at a parameter."""
    kind, name = each.type, each.name
    if isinstance(kind, Run):
        return f"fuzz_see_run(request, in->{name}, in->{name}_size, {kind.min}, {kind.max}, {KINDS[kind.kind]});"
    if isinstance(kind, Loan):
        return f"fuzz_see_loan(request, in->{name}, in->{name}_size, {kind.min}, {kind.max}, {str(kind.writable).lower()});"
    if isinstance(kind, Handle):
        return f"fuzz_see_handle(request, in->{name}, {object_type(kind)}, {str(kind.optional).lower()});"
    return f"look_at(&in->{name}, sizeof(in->{name}));"


def fill(each, method):
    """The line that makes a result; enums, flags and bools stay zero, because a handler never answers what is none."""
    kind, name = each.type, each.name
    if isinstance(kind, Run):
        return f"out->{name} = fuzz_run(request, in->{room_field(method)}.run, {kind.max}, &out->{name}_size);"
    if isinstance(kind, Handle):
        return f"out->{name} = fuzz_handle({str(kind.optional).lower()});"
    if isinstance(kind, (Integer, Id)):
        return f"fuzz_fill(&out->{name}, sizeof(out->{name}));"
    if isinstance(kind, StructRef):
        return f"look_at(&out->{name}, sizeof(out->{name}));"
    return None


def handler(protocol, method):
    outputs = getattr(method, "outputs", [])
    lines = [f"static nacre_status_t fuzz_{protocol.name}_{method.name}({', '.join(handler_parameters(protocol, method))})", "{"]
    if has_in(method):
        lines.append("\t(void)in;")
    if outputs:
        lines.append("\t(void)out;")
    lines += [f"\t{see(each)}" for each in method.inputs]
    lines += [f"\t{line}" for line in (fill(each, method) for each in outputs) if line]
    if layout_of(method).answer.handles and outputs:
        lines.append("\tout->keep_handles = fuzz_keeps();")
    return "\n".join([*lines, "\treturn fuzz_status(request);", "}", ""])


def protocol_text(protocol):
    own = [f".{method.name} = fuzz_{protocol.name}_{method.name}" for method in protocol.methods]
    text = f'#include "idl/{protocol.name}_server.h"\n\n'
    text += "\n".join(handler(protocol, method) for method in protocol.methods)
    return text + f"\nstatic const struct {protocol.name}_handlers fuzz_{protocol.name}_handlers = {{\n\t.connect = fuzz_connect, " + \
        f"{', '.join(own)}\n}};\n\n"


def main(paths):
    protocols = [each for each in parse.load_all(paths) if each.name != "interface"]
    print("/* Made by tool/fuzz/handlers.py, do not edit. */")
    print("\n".join(protocol_text(each) for each in protocols))
    print("static const struct nacre_protocol fuzz_protocols[] = {")
    for each in protocols:
        print(f"\t{each.name.upper()}_SERVED_BY(&fuzz_{each.name}_handlers),")
    print("};")


if __name__ == "__main__":
    main(sys.argv[1:])
