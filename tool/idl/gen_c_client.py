"""gen_c_client.py - the client's side of a protocol in C: a stub for each method, and what receives its events."""

from gen_c_text import Lines, comment, explain, handles_in_order, run_type, scalar, struct_name, wrapped
from layout import layout_of
from model import WORDS, Bool, EnumRef, Id, Integer, InterfaceError, Loan, Run, StructRef

# Locals of a stub end in an underscore, which no name of the language does.
DEADLINE = "uint64_t deadline_ns_"


def header(protocol, events):
    """`events`: adds what receives the protocol's events."""
    name, upper, out = protocol.name, protocol.name.upper(), Lines()
    out.add(comment([f"{name}_client.h - stubs: a function for each method of a server that speaks {name}.",
                     f"Made by tool/idl from {name}.nid, do not edit.", "",
                     "A stub asks and waits for the answer; NAME_until gives up at a deadline, absolute in ns of clock_now, with "
                     "TIMEOUT; NAME_send leaves the request without waiting. Results come last and by pointer, NULL where they are "
                     "not wanted, and are zero after an error. Handles that go in stay the caller's: a duplicate travels, unless "
                     "memory is moved. Text that comes back is ended by a NUL, for which its room counts one byte."]),
            "#pragma once", f'#include "{name}.h"', '#include "nacre/names.h"', '#include "nacre/stub.h"',
            '#include "nacre/skeleton.h"' if protocol.events else None, "",
            "#ifdef __cplusplus", 'extern "C" {', "#endif", "")
    connects(out, name, upper)
    sentences(out, protocol)
    for method in protocol.methods:
        stubs(out, protocol, method)
    events(out, protocol)
    out.add("#ifdef __cplusplus", "}", "#endif")
    return out.text()


def connects(out, name, upper):
    """Three ways to the server, and one to what it may answer."""
    for end, given, version, now, what in (
            ("", "", f"{upper}_VERSION", "false",
             "A connection to the server at `path`, once somebody publishes it, that speaks this version or a newer minor one."),
            ("_now", "", f"{upper}_VERSION", "true", "The same without waiting: NOT_READY where nobody publishes it yet."),
            ("_version", ", uint32_t version_", "version_", "false", "The same for a program that is content with an older minor version.")):
        out.add(comment([what]), f"static inline nacre_status_t {name}_connect{end}(const char *path_{given}, nacre_handle_t *connection_)",
                "{", f"\treturn nacre_connect_interface(path_, {upper}_PROTOCOL, {version}, {now}, connection_);", "}", "")
    out.add(comment(["A connection that outlives its server: stubs connect anew by the name, which must stay as it is, and ask again "
                     "where the method is idempotent. Close it with nacre_lasting_close (nacre/names.h)."]),
            f"static inline nacre_status_t {name}_connect_lasting(const char *path_, nacre_handle_t *connection_)",
            "{", f"\treturn nacre_connect_lasting(path_, {upper}_PROTOCOL, {upper}_VERSION, connection_);", "}", "")


def sentences(out, protocol):
    """A status in words, where the protocol has statuses of its own."""
    if not protocol.errors:
        return
    out.add(comment(["A status in words, one of this protocol's own among them."]),
            f"static inline const char *{protocol.name}_error_sentence(nacre_status_t status_)", "{", "\tswitch (status_) {")
    for each in protocol.errors:
        out.add(f"\tcase {protocol.name.upper()}_{each.name}:", f'\t\treturn "{each.sentence}";')
    out.add("\t}", "\treturn nacre_error_sentence(status_);", "}", "")


# --- parameters ------------------------------------------------------------------------------------------------

def input_parameters(protocol, method):
    """(declaration, names as a caller passes them on) of each C parameter that goes in."""
    found = []
    for each in method.inputs:
        kind, name = each.type, each.name
        if isinstance(kind, Id):
            found.append((f"const uint32_t {name}[4]", name))
        elif isinstance(kind, StructRef):
            found.append((f"const {struct_name(protocol, kind)} *{name}", name))
        elif isinstance(kind, Run) and kind.kind == "string":
            found.append((f"const char *{name}", name))
        elif isinstance(kind, Run):
            found += [(f"{run_type(kind)}{name}", name), (f"size_t {name}_size", f"{name}_size")]
        elif isinstance(kind, Loan):
            found += [(f"{'' if kind.writable else 'const '}void *{name}", name), (f"size_t {name}_size", f"{name}_size")]
        else:
            found.append((f"{scalar(protocol, kind)} {name}", name))
    return found


def output_parameters(protocol, method):
    found = []
    for each in method.outputs:
        kind, name = each.type, each.name
        if isinstance(kind, Id):
            found.append((f"uint32_t {name}[4]", name))
        elif isinstance(kind, StructRef):
            found.append((f"{struct_name(protocol, kind)} *{name}", name))
        elif isinstance(kind, Run):
            text = "void" if kind.kind == "bytes" else "char"
            found += [(f"{text} *{name}", name), (f"size_t {name}_room", f"{name}_room"), (f"size_t *{name}_length", f"{name}_length")]
        else:
            found.append((f"{scalar(protocol, kind)} *{name}", name))
    return found


def check_unique(method, parameters):
    names = [name for _, name in parameters]
    for each in names:
        if names.count(each) > 1:
            raise InterfaceError(method.place, f"`{method.name}` has a parameter `{each}` twice in C: stubs add _size, _room and "
                                 "_length to the names of runs and loans", "rename one of them")


# --- stubs -----------------------------------------------------------------------------------------------------

def stubs(out, protocol, method):
    layout = layout_of(method)
    given, results = input_parameters(protocol, method), output_parameters(protocol, method)
    check_unique(method, given + results)
    name, whole = f"{protocol.name}_{method.name}", given + results
    marks = " Idempotent: may be asked again." if method.idempotent else ""
    lines = explain(method.doc) or [f"Method {method.number}."]
    lines[0] += marks
    if method.errors:
        lines.append("Errors: " + ", ".join(method.errors) + ".")
    waits = "" if is_words_only(layout) else "static inline "
    out.add(comment(lines))
    out.add(signature(waits or "NACRE_STUB ", f"{name}_until", protocol, DEADLINE, whole), "{",
            *body(protocol, method, layout, "deadline_ns_"), "}", "")
    out.add(signature(waits or "NACRE_STUB ", name, protocol, None, whole), "{",
            wrapped(f"\treturn {name}_until(", [protocol.name, "NACRE_DEADLINE_NEVER", *(each for _, each in whole)], ");", "\t\t"),
            "}", "")
    if method.oneway:
        out.add(signature("static inline ", f"{name}_send", protocol, None, given), "{", *send_body(protocol, method, layout, "METHOD"),
                "}", "")


def signature(how, name, protocol, deadline, parameters):
    first = [f"nacre_handle_t {protocol.name}"] + ([deadline] if deadline else [])
    return wrapped(f"{how}nacre_status_t {name}(", first + [text for text, _ in parameters], ")", "\t\t")


def is_words_only(layout):
    request, answer = layout.request, layout.answer
    return not (request.copied or request.handles or request.loan or answer.copied or answer.handles)


def words_of(layout, constant):
    """The initialiser of a request's words."""
    places = ["0"] * WORDS
    for each, first in layout.request.words:
        for index, text in enumerate(word_values(each)):
            places[first + index] = text
    while len(places) > 1 and places[-1] == "0":
        places.pop()
    return wrapped("\tstruct nacre_words words_ = { " + constant + ", { ", places, " } };", "\t\t")


def word_values(each):
    kind, name = each.type, each.name
    if isinstance(kind, Id):
        return [f"{name}[{index}]" for index in range(4)]
    if isinstance(kind, Loan):
        return [f"{name}_size"]
    if kind.words == 2:
        return [f"(uintptr_t)(uint32_t){name}", f"(uintptr_t)(uint32_t)((uint64_t){name} >> 32)"]
    if isinstance(kind, Integer) and kind.signed:
        return [f"(uintptr_t)(intptr_t){name}"]
    return [f"(uintptr_t){name}"]


def again(method):
    """May a stub ask again by itself? Memory that was moved is gone."""
    return "true" if method.idempotent and not any(each.type.moved for each in layout_of(method).request.handles) else "false"


def body(protocol, method, layout, deadline):
    upper, name = protocol.name.upper(), method.name.upper()
    lines = [words_of(layout, f"{upper}_METHOD_{name}")]
    if is_words_only(layout):
        lines.append(f"\tnacre_status_t status_ = nacre_stub_call({protocol.name}, {deadline}, &words_, {again(method)});")
        return lines + ["", *word_results(protocol, layout), "\treturn status_;"]
    lines.append("\tstruct nacre_message message_;")
    lines += prefix_declared(layout.request)
    if layout.answer.copied:
        lines.append("\tsize_t length_ = 0;")
    lines += ["\tnacre_status_t status_;", ""]
    lines += message_filled(protocol, layout.request) + room_filled(protocol, layout)
    if layout.answer.handles:
        lines.append(f"\tnacre_stub_accept(&message_, {len(layout.answer.handles)});")
    length = "&length_" if layout.answer.copied else "0"
    ask = f"nacre_stub_ask({protocol.name}, {deadline}, &words_, &message_, {length}, {again(method)})"
    hole = hole_in_handles(layout.request)
    lines.append(f"\tstatus_ = {hole} ? NACRE_E_ARGUMENT : {ask};" if hole else f"\tstatus_ = {ask};")
    lines += version_asked(protocol, method, deadline)
    lines += data_results(layout) + handle_results(layout) + word_results(protocol, layout)
    return lines + ["\treturn status_;"]


# --- what goes in ----------------------------------------------------------------------------------------------

def prefix_words(side):
    """What stands before the parameters that are copied: length of the first run and zero, the size of the struct."""
    return (["0", "0"] if side.prefix else []) + (["0"] if side.struct else [])


def prefix_declared(side):
    words = prefix_words(side)
    if side.struct:
        words[-1] = f"(uint32_t)sizeof(*{side.struct.name})"
    return [f"\tuint32_t prefix_[] = {{ {', '.join(words)} }};"] if words else []


def message_filled(protocol, side):
    lines = ["\tnacre_stub_begin(&message_);"]
    if prefix_words(side):
        lines.append("\tnacre_stub_copy(&message_, prefix_, sizeof(prefix_));")
    if side.struct:
        name = side.struct.name
        lines.append(f"\tnacre_stub_copy(&message_, (const char *){name} + sizeof(uint32_t), sizeof(*{name}) - sizeof(uint32_t));")
    for index, run in enumerate(side.runs):
        first = len(side.runs) == 2 and index == 0
        if run.type.kind == "string":
            lines.append(f"\t{'prefix_[0] = (uint32_t)' if first else ''}nacre_stub_text(&message_, {run.name});")
        else:
            lines += [f"\tprefix_[0] = (uint32_t){run.name}_size;"] if first else []
            lines.append(f"\tnacre_stub_copy(&message_, {run.name}, {run.name}_size);")
    if side.loan:
        how = "NACRE_PAGES_LEND_MUT" if side.loan.type.writable else "NACRE_PAGES_LEND"
        lines.append(f"\tnacre_stub_lend(&message_, {side.loan.name}, {side.loan.name}_size, {how});")
    return lines + handles_filled(side)


def hole_in_handles(side):
    """Where several handles need not be there, the first one that is missing ends the list."""
    optional = [each.name for each in side.handles if each.type.optional]
    holes = [f"(!{before} && {after})" for before, after in zip(optional, optional[1:])]
    return f"({' || '.join(holes)})" if len(holes) > 1 else "".join(holes)


def handles_filled(side):
    lines = []
    for each in handles_in_order(side):
        lines.append(f"\tnacre_stub_{'move' if each.type.moved else 'handle'}(&message_, {each.name});")
    return lines


def room_filled(protocol, layout):
    """Where the answer's copied data go, and the words that say how much room there is."""
    answer, lines, rooms = layout.answer, [], []
    if answer.struct:
        name = answer.struct.name
        lines += [f"\tif ({name})", f"\t\tnacre_stub_room(&message_, {name}, sizeof(*{name}));"]
        rooms.append(f"{name} ? sizeof(*{name}) : 0")
        if answer.runs:
            lines.append(f"\twords_.word[{layout.struct_room_word}] = {rooms[0]};")
    for run in answer.runs:
        rooms.append(run_room(run))
        lines.append(f"\tnacre_stub_room(&message_, {run.name}, {rooms[-1]});")
    if rooms:
        total = rooms[0] if len(rooms) == 1 else " + ".join(f"({room})" if " " in room else room for room in rooms)
        lines.append(f"\twords_.word[{layout.room_word}] = {total};")
    return lines


def run_room(run):
    """Bytes that the caller has for a run: of text one less, for the NUL."""
    return f"{run.name}_room" if run.type.kind == "bytes" else f"{run.name}_room ? {run.name}_room - 1 : 0"


def version_asked(protocol, method, deadline):
    """What is newer than the oldest minor version may reach a server that has no room for it."""
    first, grown = (protocol.version[0], 0), layout_of(method).request.struct
    newest = max([each.since for each in grown.type.struct.fields] if grown else [first])
    if method.since > first:
        since, status = method.since, "STATUS_METHOD"
    elif newest > first:
        since, status = newest, "STATUS_NEWER"
    else:
        return []
    return [f"\tstatus_ = nacre_stub_version({protocol.name}, {deadline}, status_, {hex(since[0] << 16 | since[1])}u, {status});"]


# --- what comes back -------------------------------------------------------------------------------------------

def data_results(layout):
    answer, lines = layout.answer, []
    if answer.struct and answer.runs:
        struct, run = answer.struct.name, answer.runs[0]
        lines += [f"\tif ({struct})",
                  f"\t\tstatus_ = nacre_stub_struct_and_run(status_, {struct}, sizeof(*{struct}), {run.name}, {run_room(run)}, &length_);"]
    elif answer.struct:
        struct = answer.struct.name
        lines += [f"\tif ({struct})", f"\t\tstatus_ = nacre_stub_struct(status_, {struct}, sizeof(*{struct}), length_);"]
    for run in answer.runs:
        if run.type.kind != "bytes":
            lines += [f"\tif ({run.name}_room)", f"\t\t{run.name}[status_ ? 0 : length_] = '\\0';"]
        lines += [f"\tif ({run.name}_length)", f"\t\t*{run.name}_length = status_ ? 0 : length_;"]
    return lines


def handle_results(layout):
    handles = layout.answer.handles
    if not handles:
        return []
    lines = [f"\tstatus_ = nacre_stub_handles(&message_, status_, {layout.answer.handles_min});"]
    return lines + [f"\tnacre_stub_give(message_.received[{index}], {each.name});" for index, each in enumerate(handles)]


def word_results(protocol, layout):
    lines = []
    for each, first in layout.answer.words:
        kind, name = each.type, each.name
        if isinstance(kind, Id):
            lines += [f"\tfor (unsigned i_ = 0; {name} && i_ < 4; i_++)",
                      f"\t\t{name}[i_] = status_ ? 0 : (uint32_t)words_.word[{first} + i_];"]
            continue
        lines += [f"\tif ({name})", f"\t\t*{name} = status_ ? {zero(protocol, kind)} : {word_read(protocol, kind, first)};"]
    return lines


def zero(protocol, kind):
    """What a result is after an error: zero, whether or not an enum has that."""
    return f"({scalar(protocol, kind)})0" if isinstance(kind, EnumRef) else "false" if isinstance(kind, Bool) else "0"


def word_read(protocol, kind, first):
    if kind.words == 2:
        return f"({scalar(protocol, kind)})nacre_stub_u64(&words_, {first})"
    if scalar(protocol, kind) == "bool":
        return f"words_.word[{first}] != 0"
    return f"({scalar(protocol, kind)})words_.word[{first}]"


# --- without an answer -----------------------------------------------------------------------------------------

def send_body(protocol, method, layout, kind, connection=None):
    """A oneway method's request, or an event, left in the connection's slots."""
    lines = [words_of(layout, f"{protocol.name.upper()}_{kind}_{method.name.upper()}")]
    connection, side = connection or protocol.name, layout.request
    if not (side.copied or side.handles):
        return lines + ["", f"\treturn nacre_connection_send({connection}, &words_, 0);"]
    return [*lines, "\tstruct nacre_message message_;", *prefix_declared(side), "", *message_filled(protocol, side),
            f"\treturn nacre_connection_send({connection}, &words_, &message_);"]
