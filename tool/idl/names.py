"""names.py - what may be called what: spelling of names, words that other languages keep to themselves, and names that
would meet in the code made from a protocol."""

import difflib
import re

from model import InterfaceError

LOWER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
NAME_MAX = 40

C = """auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false"""
CPP = """alignas alignof and and_eq asm bitand bitor catch char8_t char16_t char32_t class compl concept consteval
constexpr constinit const_cast co_await co_return co_yield decltype delete dynamic_cast explicit export friend mutable
namespace new noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast requires
static_assert static_cast template this thread_local throw try typeid typename using virtual wchar_t xor xor_eq"""
RUST = """as async await crate dyn fn impl in let loop match mod move mut pub ref self super trait type unsafe use where
abstract become box final macro override priv typeof unsized yield"""
KEPT = {word: language for language, words in (("Rust", RUST), ("C++", CPP), ("C", C)) for word in words.split()}

# Types of the language; a type of a protocol's would hide them.
BUILTIN = ["bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "id", "text", "string", "strings", "bytes",
           "lend", "lend_mut", "move", "handle"]


def near(name, names):
    """A question whether one of these was meant, or nothing."""
    found = difflib.get_close_matches(name, list(names), 1, 0.6)
    return f"did you mean `{found[0]}`?" if found else ""


def article(what):
    return "an" if what[0] in "aeiou" else "a"


def check_lower(place, name, what):
    if not LOWER.fullmatch(name):
        raise InterfaceError(place, f"{article(what)} {what}'s name is lower case, and `{name}` is not",
                             "letters a to z, digits, and single underscores between them")
    if name in KEPT:
        raise InterfaceError(place, f"`{name}` is a word of {KEPT[name]}, and stubs are made for that too",
                             "choose another name")
    check_length(place, name)


def check_upper(place, name, what):
    if not UPPER.fullmatch(name):
        raise InterfaceError(place, f"the name of {article(what)} {what} is upper case, and `{name}` is not",
                             "letters A to Z, digits, and single underscores between them")
    check_length(place, name)


def check_length(place, name):
    if len(name) > NAME_MAX:
        raise InterfaceError(place, f"a name has at most {NAME_MAX} characters, and this one {len(name)}",
                             "choose a shorter one")


# --- names that meet in C ----------------------------------------------------------------------------------------
# C has no name spaces: what is made of a protocol shares the protocol's prefix. (name without prefix, place, what it is)

def constants_made(protocol):
    for name in ("PROTOCOL", "VERSION", "BUFFER_BYTES", "SERVED_BY", "EVENTS_BUFFER_BYTES", "EVENTS_SERVED_BY"):
        yield name, None, "a name that every protocol has"
    for each in protocol.constants:
        yield each.name, each.place, f"the constant {each.name}"
    for each in protocol.errors:
        yield each.name, each.place, f"the error {each.name}"
    for enum in protocol.enums:
        for value in enum.values:
            yield f"{enum.name.upper()}_{value.name}", value.place, f"the value {value.name} of {enum.name}"
    for kind, items in (("METHOD", protocol.methods), ("EVENT", protocol.events), ("SIGNAL", protocol.signals)):
        for each in items:
            yield f"{kind}_{each.name.upper()}", each.place, f"the {kind.lower()} {each.name}"


def functions_made(protocol):
    for name in ("connect", "connect_now", "connect_version", "error_sentence", "info", "run"):
        yield name, None, "a function that every protocol has"
    for method in protocol.methods:
        for end in ("", "_until", "_answer") + ("_send",) * method.oneway:
            yield method.name + end, method.place, f"the method {method.name}"
    for event in protocol.events:
        yield f"{event.name}_send", event.place, f"the event {event.name}"


def tags_made(protocol):
    for name in ("handlers", "event_handlers"):
        yield name, None, "a type that every protocol has"
    for each in [*protocol.enums, *protocol.structs]:
        yield each.name, each.place, f"the type {each.name}"
    for each in [*protocol.methods, *protocol.events]:
        for end in ("_in", "_out"):
            yield each.name + end, each.place, f"the parameters of {each.name}"


def clashes(protocol):
    """InterfaceErrors for names that would be made twice."""
    for made in (constants_made, functions_made, tags_made):
        seen = {}
        for name, place, what in made(protocol):
            if name not in seen:
                seen[name] = what
            elif place and seen[name] != what:
                yield InterfaceError(place, f"{what} and {seen[name]} would have the same name in C, {protocol.name}'s {name}",
                                     "rename one of them")
