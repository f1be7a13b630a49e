"""gen_c.py - C for a protocol: NAME.h with its numbers and structs, NAME_client.h with a stub for each method,
NAME_server.h with the skeleton. lib/nacre/stub.h and lib/nacre/skeleton.h are what they stand on.

The headers are whole: static inline functions, clean in C11 and C++17. What takes space is in the library; what is made
here is a few calls for each parameter, and for a method that has only words on both sides, nothing but the words."""

import gen_c_client
import gen_c_events
import gen_c_server
from gen_c_text import Lines, comment, enum_is_typed, explain, field, field_note, number

COMMON = "interface"


def generate(protocol):
    """{"idl/NAME.h": text, ...}"""
    if protocol.name == COMMON:
        return {"idl/interface.h": common_header(protocol)}
    return {f"idl/{protocol.name}.h": header(protocol),
            f"idl/{protocol.name}_client.h": gen_c_client.header(protocol, gen_c_events.receiver),
            f"idl/{protocol.name}_server.h": gen_c_server.header(protocol, gen_c_events.senders)}


def begin(out, protocol, file, what):
    out.add(comment([f"{file} - {what}", f"Made by tool/idl from {protocol.name}.nid, do not edit.", "",
                     *explain(protocol.doc)]), "#pragma once")


def constants(out, protocol, prefix):
    for each in protocol.constants:
        out.add(comment(explain(each.doc)), f"#define {prefix}{each.name} {number(each.value)}")
    out.gap()


def enums(out, protocol):
    upper = protocol.name.upper()
    for enum in protocol.enums:
        prefix = f"{upper}_{enum.name.upper()}_"
        out.add(comment(explain(enum.doc)))
        if enum_is_typed(enum):
            out.add(f"enum {protocol.name}_{enum.name} {{")
            for value in enum.values:
                out.add(comment(explain(value.doc), "\t"), f"\t{prefix}{value.name} = {value.number},")
            out.add("};")
        else:
            for value in enum.values:
                out.add(comment(explain(value.doc)), f"#define {prefix}{value.name} {flag_number(value.number)}")
        out.gap()


def flag_number(value):
    """Flags are put together, so they are unsigned."""
    return hex(value) + ("ull" if value >= 1 << 32 else "u")


def structs(out, protocol):
    for struct in protocol.structs:
        name = f"struct {protocol.name}_{struct.name}"
        out.add(comment(explain(struct.doc)), f"{name} {{")
        for each in struct.fields:
            note = field_note(protocol, each)
            out.add(comment(explain(each.doc) + ([note] if note else []), "\t"), "\t" + field(protocol, each))
        out.add("};", f'NACRE_STATIC_ASSERT(sizeof({name}) == {struct.bytes}, "layout of the protocol");')
        for each in struct.fields:
            out.add(f'NACRE_STATIC_ASSERT(offsetof({name}, {each.name}) == {each.offset}, "layout of the protocol");')
        out.gap()


def numbers(out, upper, kind, items, value):
    for each in items:
        out.add(f"#define {upper}_{kind}{each.name.upper()} {value(each)}")
    if items:
        out.gap()


def header(protocol):
    upper, out = protocol.name.upper(), Lines()
    begin(out, protocol, f"{protocol.name}.h", "numbers and structs of a protocol.")
    out.add('#include "abi/nacre_abi.h"', '#include "idl/interface.h"', "", "#ifdef __cplusplus", 'extern "C" {', "#endif", "",
            f"#define {upper}_PROTOCOL {hex(protocol.number)}u",
            f"#define {upper}_VERSION {hex(protocol.version_number())}u /* {protocol.version[0]}.{protocol.version[1]} */", "")
    constants(out, protocol, upper + "_")
    enums(out, protocol)
    structs(out, protocol)
    numbers(out, upper, "METHOD_", protocol.methods, lambda each: each.number)
    numbers(out, upper, "EVENT_", protocol.events, lambda each: each.number)
    for each in protocol.signals:
        out.add(comment(explain(each.doc)), f"#define {upper}_SIGNAL_{each.name} {hex(each.bit)}u")
    out.gap()
    for each in protocol.errors:
        out.add(comment([each.sentence, *explain(each.doc)]), f"#define {upper}_{each.name} {each.number}u")
    out.gap()
    out.add("#ifdef __cplusplus", "}", "#endif")
    return out.text()


# --- what all protocols share ------------------------------------------------------------------------------------

def common_header(protocol):
    out = Lines()
    begin(out, protocol, "interface.h", "methods, statuses and badges that all protocols share.")
    out.add("#include <stdint.h>", "", "#ifdef __cplusplus", 'extern "C" {', "#endif", "")
    constants(out, protocol, "INTERFACE_")
    for each in protocol.methods:
        out.add(comment(explain(each.doc)), f"#define INTERFACE_{each.name.upper()} {each.number}", "")
    out.add(comment(["Methods of a protocol's own begin here."]),
            f"#define INTERFACE_FIRST_METHOD {1 + max(each.number for each in protocol.methods)}", "",
            comment(["The status of an answer. Numbers below 64 are the kernel's errors. X(name, number, sentence)"]),
            "#define INTERFACE_STATUS_LIST(X) \\", '\tX(OK, 0, "done") \\')
    for each in protocol.errors:
        out.add(f'\tX({each.name}, {each.number}, "{each.sentence}") \\')
    out.lines[-1] = out.lines[-1].removesuffix(" \\")
    out.gap()
    out.add("enum interface_status {", "\tSTATUS_OK = 0,", *(f"\tSTATUS_{each.name} = {each.number}," for each in protocol.errors),
            "};", "", "#ifdef __cplusplus", "}", "#endif")
    return out.text()
