"""gen_c_server.py - the server's side of a protocol in C: for each method a struct of what goes in, one of what comes out,
a place for its handler, and the function between the message and the handler."""

from contract_facts import ANY
from gen_c_text import INTEGER, Lines, comment, enum_is_typed, explain, handles_in_order, run_type, scalar, struct_name, wrapped
from layout import layout_of
from model import Array, Bool, EnumRef, Handle, Id, Integer, Loan, Run, StructRef, Text

NEWER_BYTES = 64      # kept free in the receive buffer, for what newer versions add to a struct
LEAST_BUFFER = 8
SIDE_RUNS = {"bytes": "NACRE_RUN_BYTES", "string": "NACRE_RUN_STRING", "strings": "NACRE_RUN_STRINGS"}


def header(protocol, events):
    """`events`: adds what sends the protocol's events."""
    name, out = protocol.name, Lines()
    out.add(comment([f"{name}_server.h - the skeleton of a server that speaks {name}.",
                     f"Made by tool/idl from {name}.nid, do not edit.", "",
                     "A handler gets what a request brought, checked, and fills in the answer. What `in` points to is good until the "
                     "handler returns; what `out` points to must last until the next request, so the receive buffer or something "
                     "static. Handles that came in are closed afterwards unless nacre_request_keep takes them; handles that go out "
                     "are closed once they are sent unless keep_handles says otherwise. A handler that cannot answer yet keeps "
                     "request->token, answers NACRE_LATER, and NAME_answer later."]),
            "#pragma once", f'#include "{name}.h"', '#include "nacre/skeleton.h"',
            '#include "nacre/stub.h"' if protocol.events else None, "",
            "#ifdef __cplusplus", 'extern "C" {', "#endif", "")
    known_checks(out, protocol, protocol.methods)
    for method in protocol.methods:
        parameters(out, protocol, method)
    handlers(out, protocol)
    for method in protocol.methods:
        encoder(out, protocol, method)
    for method in protocol.methods:
        skeleton(out, protocol, method, "handlers")
    dispatcher(out, protocol, "serve_", "handlers", "METHOD", protocol.methods)
    served_by(out, protocol)
    events(out, protocol)
    out.add("#ifdef __cplusplus", "}", "#endif")
    return out.text()


# --- what goes in and out --------------------------------------------------------------------------------------

def has_in(method):
    """Whether the handler gets a struct of what came: parameters, or how much room there is."""
    return bool(method.inputs) or layout_of(method).answer.copied


def tag(protocol, method, side):
    return f"struct {protocol.name}_{method.name}_{side}"


def parameters(out, protocol, method):
    if has_in(method):
        out.add(f"{tag(protocol, method, 'in')} {{")
        for each in method.inputs:
            out.add(*in_fields(protocol, each, method.doc))
        if layout_of(method).answer.copied:
            out.add(comment(["for the answer's copied data"], "\t"), f"\tstruct nacre_room {room_field(method)};")
        out.add("};", "")
    if getattr(method, "outputs", []):
        out.add(f"{tag(protocol, method, 'out')} {{")
        for each in method.outputs:
            out.add(*out_fields(protocol, each, method.doc))
        if layout_of(method).answer.handles:
            out.add(comment(["the handles stay open here"], "\t"), "\tbool keep_handles;")
        out.add("};", "")


def room_field(method):
    return "room_" if any(each.name == "room" for each in method.inputs) else "room"


def note(each, doc, more=""):
    text = "; ".join(filter(None, [doc.params.get(each.name, ""), more]))
    return comment([text], "\t") if text else None


def in_fields(protocol, each, doc):
    kind, name = each.type, each.name
    if isinstance(kind, Id):
        return note(each, doc), f"\tuint32_t {name}[4];"
    if isinstance(kind, StructRef):
        return note(each, doc), f"\t{struct_name(protocol, kind)} {name};"
    if isinstance(kind, Run):
        more = "ended by a NUL, which is not counted" if kind.kind == "string" else ""
        return note(each, doc, more), f"\t{run_type(kind)}{name};", f"\tsize_t {name}_size;"
    if isinstance(kind, Loan):
        text = "lent: the client may change it at any time"
        return note(each, doc, text), f"\t{'' if kind.writable else 'const '}void *{name};", f"\tsize_t {name}_size;"
    more = "NACRE_HANDLE_NONE: none" if isinstance(kind, Handle) and kind.optional else ""
    return note(each, doc, more), f"\t{scalar(protocol, kind)} {name};"


def out_fields(protocol, each, doc):
    kind, name = each.type, each.name
    if isinstance(kind, Id):
        return note(each, doc), f"\tuint32_t {name}[4];"
    if isinstance(kind, StructRef):
        return note(each, doc), f"\t{struct_name(protocol, kind)} {name};"
    if isinstance(kind, Run):
        return note(each, doc), f"\t{run_type(kind)}{name};", f"\tsize_t {name}_size;"
    return note(each, doc), f"\t{scalar(protocol, kind)} {name};"


def handler_parameters(protocol, method):
    found = ["struct nacre_request *request"]
    if has_in(method):
        found.append(f"const {tag(protocol, method, 'in')} *in")
    if getattr(method, "outputs", []):
        found.append(f"{tag(protocol, method, 'out')} *out")
    return found


def handlers(out, protocol):
    out.add(comment(["A function for each method; NULL: answered with METHOD."]), f"struct {protocol.name}_handlers {{",
            comment(["Method 1, which only ever comes from the name server: makes a connection for the process of that number. It goes "
                     "to the client, and the handle here is closed."], "\t"),
            "\tnacre_connect_handler *connect;")
    for method in protocol.methods:
        lines = explain(method.doc)
        if method.errors:
            lines.append("Errors: " + ", ".join(method.errors) + ".")
        out.add(comment(lines, "\t"),
                wrapped(f"\tnacre_status_t (*{method.name})(", handler_parameters(protocol, method), ");", "\t\t"))
    out.add("};", "")


# --- checks of values --------------------------------------------------------------------------------------------

def known_checks(out, protocol, messages):
    """For what requests bring: is a value of an enum known, is a struct sound?"""
    kinds = [each.type for message in messages for each in message.inputs]
    structs = [kind.struct for kind in kinds if isinstance(kind, StructRef)]
    kinds += [each.type for struct in structs for each in struct.fields]
    for enum in protocol.enums:
        if any(isinstance(kind, EnumRef) and kind.enum is enum for kind in kinds):
            known_check(out, protocol, enum)
    for struct in protocol.structs:
        if struct in structs:
            struct_check(out, protocol, struct)


def known_check(out, protocol, enum):
    name, numbers = f"{protocol.name}_{enum.name}_is_known_", sorted(value.number for value in enum.values)
    once(out, name)
    out.add(f"static inline bool {name}({INTEGER[enum.base.name]} value)", "{")
    if enum.flags:
        out.add(f"\treturn !(value & ~({INTEGER[enum.base.name]}){hex(enum.mask)}{'ull' if enum.base.bytes == 8 else 'u'});")
    elif numbers == list(range(len(numbers))):
        out.add(f"\treturn value < {len(numbers)};")
    else:
        suffix = "ull" if enum.base.bytes == 8 else "u"
        out.add("\tswitch (value) {", *(f"\tcase {number}{suffix}:" for number in numbers), "\t\treturn true;", "\t}", "\treturn false;")
    out.add("}", "#endif", "")


def once(out, name):
    """Requests and events may check the same: whoever includes stubs and skeleton gets it once."""
    out.add(f"#ifndef {name.upper()}", f"#define {name.upper()}")


def field_demands(protocol, each):
    """(what must hold, else this status) of a struct's field."""
    kind, place = each.type, f"value->{each.name}"
    if each.name == "reserved":
        return [(f"nacre_in_is_zero(&{place}, sizeof({place}))" if isinstance(kind, Array) else f"!{place}", "NEWER")]
    if isinstance(kind, EnumRef):
        return [(f"{protocol.name}_{kind.enum.name}_is_known_({place})", "NEWER")]
    if isinstance(kind, Bool):
        return [(f"{place} < 2", "MALFORMED")]
    if isinstance(kind, Text):
        return [(f"nacre_in_text_fits({place}, sizeof({place}))", "MALFORMED")]
    return []


def struct_check(out, protocol, struct):
    demands = [demand for each in struct.fields for demand in field_demands(protocol, each)]
    if not demands:
        return
    once(out, f"{protocol.name}_{struct.name}_check_")
    out.add(f"static inline void {protocol.name}_{struct.name}_check_(struct nacre_intake *in, "
            f"const struct {protocol.name}_{struct.name} *value)", "{")
    for demand, status in sorted(demands, key=lambda each: each[1]):
        out.add(f"\tnacre_in_demand(in, {demand}, STATUS_{status});")
    out.add("}", "#endif", "")


# --- requests ----------------------------------------------------------------------------------------------------

def word_taken(protocol, each, first):
    kind, place = each.type, f"in.{each.name}"
    if isinstance(kind, Id):
        return [f"\tnacre_in_id(&intake, {first}, {place});"]
    if isinstance(kind, Loan):
        return [f"\t{place}_size = nacre_in_u32(&intake, {first});"]
    if isinstance(kind, Bool):
        return [f"\t{place} = nacre_in_bool(&intake, {first});"]
    if isinstance(kind, Integer):
        return [f"\t{place} = nacre_in_{kind.name}(&intake, {first});"]
    cast = f"(enum {protocol.name}_{kind.enum.name})" if enum_is_typed(kind.enum) else ""
    base = f"({INTEGER[kind.enum.base.name]})" if cast else ""
    return [f"\t{place} = {cast}nacre_in_{kind.enum.base.name}(&intake, {first});",
            f"\tnacre_in_demand(&intake, {protocol.name}_{kind.enum.name}_is_known_({base}{place}), STATUS_NEWER);"]


def copied_taken(protocol, side):
    lines = []
    if side.prefix:
        lines.append(f"\tin.{side.runs[0].name}_size = nacre_in_first(&intake);")
    if side.struct:
        struct, place = side.struct.type.struct, f"in.{side.struct.name}"
        lines.append(f"\tnacre_in_struct(&intake, &{place}, sizeof({place}), {struct.bytes_first});")
        if any(field_demands(protocol, each) for each in struct.fields):
            lines.append(f"\t{protocol.name}_{struct.name}_check_(&intake, &{place});")
    for index, run in enumerate(side.runs):
        size, kind = f"in.{run.name}_size", run.type
        if index == len(side.runs) - 1:
            lines.append(f"\t{size} = nacre_in_rest(&intake);")
        cast = "" if kind.kind == "bytes" else "(const char *)"
        lines.append(f"\tin.{run.name} = {cast}nacre_in_run(&intake, {SIDE_RUNS[kind.kind]}, (uint32_t){size}, {kind.min}, {kind.max});")
    return lines


def rights(kind):
    return " | ".join(f"NACRE_RIGHT_{right}" for right in kind.rights) or "0"


def object_type(kind):
    return "0" if kind.object == ANY else f"NACRE_OBJECT_{kind.object.upper()}"


def handles_taken(side):
    lines, moved = [], any(each.type.moved for each in side.handles)
    for index, each in enumerate(handles_in_order(side)):
        place = "request->handle_count - 1" if each.type.moved else str(index)
        if moved and each.type.optional:
            place = f"{index + 1} < request->handle_count ? {index} : NACRE_LIMIT_HANDLES"
        lines.append(wrapped(f"\tin.{each.name} = nacre_in_handle(",
                             ["&intake", place, object_type(each.type), rights(each.type)], ");", "\t\t"))
    return lines


def request_taken(protocol, layout, room):
    """Statements that fill `in` from the request; what does not fit is in intake.status then."""
    side, lines = layout.request, []
    most = len(side.handles)
    lines.append(f"\tnacre_in_shape(&intake, {side.handles_min}, {most}, {'true' if side.loan else 'false'});")
    for each, first in side.words:
        lines += word_taken(protocol, each, first)
    lines += copied_taken(protocol, side)
    if layout.answer.copied:
        lines += room_taken(layout, f"in.{room}")
    lines.append("\tnacre_in_end(&intake);")
    if side.loan:
        loan, place = side.loan.type, f"in.{side.loan.name}"
        writable = "true" if loan.writable else "false"
        lines.append(f"\t{place} = nacre_in_loan(&intake, (uint32_t){place}_size, {loan.min}, {loan.max}, {writable});")
    return lines + handles_taken(side) + ["\tif (intake.status)", "\t\treturn intake.status;"]


def room_taken(layout, place):
    """How much the caller has room for: a struct, a run, or first the one and then the other."""
    answer = layout.answer
    if answer.struct and answer.runs:
        return [f"\t{place} = nacre_in_rooms(&intake, {answer.runs[0].type.max});"]
    part, other = ("structure", "run") if answer.struct else ("run", "structure")
    least, most = (0, answer.struct.type.struct.bytes) if answer.struct else (answer.runs[0].type.min, answer.runs[0].type.max)
    return [f"\t{place}.{part} = nacre_in_room(&intake, {least}, {most});", f"\t{place}.{other} = 0;"]


# --- answers -----------------------------------------------------------------------------------------------------

def encoder(out, protocol, method):
    """NAME_encode_, which puts an answer into a reply, and NAME_answer, for later."""
    name, layout = f"{protocol.name}_{method.name}", layout_of(method)
    if method.outputs:
        out.add(wrapped(f"static inline nacre_status_t {name}_encode_(", encoder_parameters(protocol, method, layout), ")", "\t\t"), "{",
                *encoded(protocol, layout), "}", "")
    answer = ["nacre_token_t token"] + (["struct nacre_room room"] if layout.answer.copied else []) + ["nacre_status_t status"]
    answer += [f"{out_type(protocol, method, layout)}out"] if method.outputs else []
    out.add(comment([f"Answers a call that the handler left with NACRE_LATER{'; `out` counts with STATUS_OK only' if method.outputs else ''}. "
                     "STALE_TOKEN: the caller has gone."]),
            wrapped(f"static inline nacre_status_t {name}_answer(", answer, ")", "\t\t"), "{",
            "\tstruct nacre_reply reply = NACRE_ZERO;", "")
    if method.outputs:
        room = ["room"] if layout.answer.copied else []
        out.add("\tif (status == STATUS_OK)", "\t\tstatus = " + call(f"{name}_encode_", ["&reply", *room, "out"]))
    out.add("\treturn nacre_out_answer(token, status, &reply);", "}", "")


def call(name, arguments):
    return f"{name}({', '.join(arguments)});"


def out_type(protocol, method, layout):
    """The struct's size is set in place, so an answer with a struct is not constant."""
    return f"{'' if layout.answer.struct else 'const '}{tag(protocol, method, 'out')} *"


def encoder_parameters(protocol, method, layout):
    room = ["struct nacre_room room"] if layout.answer.copied else []
    return ["struct nacre_reply *reply", *room, f"{out_type(protocol, method, layout)}out"]


def encoded(protocol, layout):
    answer, lines = layout.answer, []
    for each in answer.handles:
        lines.append(f"\tnacre_out_{'optional' if each.type.optional else 'handle'}(reply, out->{each.name});")
    if answer.handles:
        lines.append("\treply->close_handles = !out->keep_handles;")
    for each, first in answer.words:
        lines += word_given(each, first)
    if answer.struct:
        place = f"out->{answer.struct.name}"
        lines.append(f"\tnacre_out_struct(reply, &{place}, sizeof({place}), room.structure);")
    for run in answer.runs:
        return lines + [f"\treturn nacre_out_run(reply, out->{run.name}, out->{run.name}_size, room.run);"]
    return lines + ["\treturn STATUS_OK;"]


def word_given(each, first):
    kind, place = each.type, f"out->{each.name}"
    if isinstance(kind, Id):
        return ["\tfor (unsigned i = 0; i < 4; i++)", f"\t\treply->word[{first} + i] = {place}[i];"]
    if kind.words == 2:
        return [f"\tnacre_out_u64(reply, {first}, (uint64_t){place});"]
    if isinstance(kind, Integer) and kind.signed:
        return [f"\treply->word[{first}] = (uintptr_t)(intptr_t){place};"]
    return [f"\treply->word[{first}] = (uintptr_t){place};"]


# --- between message and handler -----------------------------------------------------------------------------------

def way(method):
    """How it may come: a method is called, an event is sent, and oneway is both."""
    return "EVENT" if not hasattr(method, "oneway") else "EITHER" if method.oneway else "METHOD"


def skeleton(out, protocol, method, table):
    name, layout = f"{protocol.name}_{method.name}", layout_of(method)
    outputs = getattr(method, "outputs", [])
    body = ["\tstruct nacre_intake intake = nacre_in(request);"]
    if has_in(method):
        body.append(f"\t{tag(protocol, method, 'in')} in;")
    if outputs and layout.answer.struct:
        body.append(f"\t{tag(protocol, method, 'out')} *out;")
    elif outputs:
        body.append(f"\t{tag(protocol, method, 'out')} out;")
    if outputs:
        body.append("\tnacre_status_t status;")
    demand = f"!handlers->{method.name}" + {"METHOD": " || !request->token", "EVENT": " || request->token"}.get(way(method), "")
    body += ["", *([] if outputs else ["\t(void)reply;"]), f"\tif ({demand})", "\t\treturn STATUS_METHOD;"]
    body += request_taken(protocol, layout, room_field(method))
    out.add(f"static inline nacre_status_t {name}_serve_(struct nacre_request *request, struct nacre_reply *reply,",
            f"\t\tconst struct {protocol.name}_{table} *handlers)", "{", *body, *handled(protocol, method, layout), "}", "")


def cleared(each):
    """An answer starts out as zero. Member by member, because the compiler calls a function to clear a struct."""
    kind, name = each.type, each.name
    if isinstance(kind, Id):
        return [f"\tout.{name}[{index}] = 0;" for index in range(4)]
    if isinstance(kind, Run):
        return [f"\tout.{name} = 0;", f"\tout.{name}_size = 0;"]
    if isinstance(kind, EnumRef) and enum_is_typed(kind.enum):
        # By its bytes: in C++ a number is no value of an enum.
        return [f"\t__builtin_memset(&out.{name}, 0, sizeof(out.{name}));"]
    return [f"\tout.{name} = {'false' if isinstance(kind, Bool) else '0'};"]


def handled(protocol, method, layout):
    """Calls the handler, and puts its answer into the reply."""
    name = f"{protocol.name}_{method.name}"
    arguments = ["request"] + (["&in"] if has_in(method) else [])
    if not getattr(method, "outputs", []):
        return ["\treturn " + call(f"handlers->{method.name}", arguments)]
    place = "out" if layout.answer.struct else "&out"
    lines = []
    if layout.answer.struct:
        lines += [f"\tout = ({tag(protocol, method, 'out')} *)nacre_out_space(request, sizeof(*out));", "\tif (!out)",
                  "\t\treturn NACRE_E_TOO_LONG;"]
    else:
        lines += [line for each in method.outputs for line in cleared(each)]
        lines += ["\tout.keep_handles = false;"] if layout.answer.handles else []
    lines.append("\tstatus = " + call(f"handlers->{method.name}", [*arguments, place]))
    room = [f"in.{room_field(method)}"] if layout.answer.copied else []
    encode = call(f"{name}_encode_", ["reply", *room, place])
    if layout.answer.handles:
        # What the handler opened before it failed is closed all the same.
        return lines + ["\tif (status == NACRE_LATER)", "\t\treturn status;", f"\treturn status ? ({encode[:-1]}, status) : {encode}"]
    return lines + [f"\treturn status ? status : {encode}"]


def dispatcher(out, protocol, name, table, kind, messages):
    upper = protocol.name.upper()
    out.add(f"static inline nacre_status_t {protocol.name}_{name}(struct nacre_request *request, struct nacre_reply *reply,",
            "\t\tconst void *given)", "{", f"\tconst struct {protocol.name}_{table} *handlers = (const struct {protocol.name}_{table} *)given;",
            "", "\tswitch (request->words.opcode) {")
    if kind == "METHOD":
        out.add("\tcase INTERFACE_CONNECT:", "\t\treturn nacre_serve_connect(request, reply, handlers->connect);")
    for each in messages:
        out.add(f"\tcase {upper}_{kind}_{each.name.upper()}:", f"\t\treturn {protocol.name}_{each.name}_serve_(request, reply, handlers);")
    out.add("\t}", "\treturn STATUS_METHOD;", "}", "")


def request_bytes(messages):
    """The longest request's copied data, with a NUL behind each string, by whole eights."""
    longest = 0
    for message in messages:
        side = layout_of(message).request
        size = side.bytes_max + sum(run.type.kind == "string" for run in side.runs) + (NEWER_BYTES if side.struct else 0)
        longest = max(longest, size)
    return max(longest + -longest % 8, LEAST_BUFFER)


def protocol_macro(protocol, name, serve, table, messages):
    upper = protocol.name.upper()
    most = max((len(layout_of(each).request.handles) for each in messages), default=0)
    return [f"#define {upper}_{name}(handlers_) \\",
            f"\t{{ {upper}_PROTOCOL, {upper}_VERSION, {protocol.name}_{serve}, \\",
            f"\t  1 ? (handlers_) : (const struct {protocol.name}_{table} *)0, {most} }}", ""]


def served_by(out, protocol):
    upper, name = protocol.name.upper(), protocol.name
    spaces = [method for method in protocol.methods if layout_of(method).answer.struct]
    if spaces:
        out.add(f"union {name}_space_ {{", *(f"\t{tag(protocol, method, 'out')} {method.name};" for method in spaces), "};", "")
    space = f" + (sizeof(union {name}_space_) + 7) / 8 * 8" if spaces else ""
    out.add(comment(["What the receive buffer of a server must hold: any request, and the struct of an answer."]),
            f"#define {upper}_BUFFER_BYTES ({request_bytes(protocol.methods)}{space})", "",
            comment(["The initialiser of a struct nacre_protocol; `handlers`: where a struct of them lies."]),
            *protocol_macro(protocol, "SERVED_BY", "serve_", "handlers", protocol.methods),
            comment(["Serves the handle `server` of this program, and nothing else; answers an exit status."]),
            f"static inline int {name}_run(const struct {name}_handlers *handlers)", "{",
            f"\tstatic uint64_t buffer[{upper}_BUFFER_BYTES / 8];",
            f"\tconst struct nacre_protocol protocol = {upper}_SERVED_BY(handlers);", "",
            "\treturn nacre_serve_startup(&protocol, buffer, sizeof(buffer));", "}", "")
