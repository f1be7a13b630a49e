"""Reads abi/*.toml and refuses what is not a sound contract, naming file, entry and remedy.

Nothing but the rules of the form stands here: which keys there are, that names and numbers are unique, that
what is referred to exists, that arguments fit the registers. Compatibility with a release is snapshot.py's.
"""
import difflib
import re
import tomllib

from layout import SCALARS
from model import (Call, Constant, Contract, ContractError, Error, Failure, Field, Item, Kind, Object, Right, Struct)
from registers import MAX_HANDLES, REGISTER_NAMES, assign, misfit

FILES = ("errors.toml", "objects.toml", "calls.toml")
MESSAGE_TYPES = {"words", "token", "message", "received", "length"}
ARG_TYPES = {"handle", "handle_any", "word", "size", "u32", "u64", "va", "ptr", "deadline", "words", "token", "message"}
RESULT_TYPES = {"handle", "word", "va", "u64", "words", "received", "length"}

LOWER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
# Words that C, C++ or the generated code use themselves.
TAKEN = set("""alignas alignof and asm auto bool break case catch char class const constexpr continue default delete do
    double else enum explicit export extern false float for friend goto if inline int long mutable namespace new not
    operator or private protected public register return short signed sizeof static struct switch template this throw
    true try typedef typeid typename union unsigned using virtual void volatile while xor""".split())
TAKEN_BY_ITEMS = {"self", "in", "results", "err", "given"}     # names that the generated functions use themselves

# Keys of each table: name -> type, with a * behind the name when it may be missing.
KEYS = {
    "contract": {"major": int, "minor": int},
    "error": {"name": str, "number": int, "sentence": str, "hint": str},
    "object": {"name": str, "number": int, "summary": str},
    "right": {"name": str, "bit": int, "summary": str, "object*": str},
    "kind": {"name": str, "number": int, "summary": str},
    "constant": {"set": str, "name": str, "value": int, "summary": str},
    "struct": {"name": str, "summary": str, "fields": list},
    "field": {"name": str, "type": str, "summary": str, "count*": int},
    "call": {"name": str, "number": int, "summary": str, "doc*": str, "blocking*": bool, "raw*": bool,
             "noreturn*": bool, "args*": list, "results*": list, "errors*": list},
    "argument": {"name": str, "type": str, "summary*": str, "object*": str, "rights*": list},
    "result": {"name": str, "type": str, "summary*": str},
    "cause": {"name": str, "cause": str},
}


class Place:
    """Where in which file a check looks; knows how to fail there."""

    def __init__(self, file, entry=""):
        self.file, self.entry = file, entry

    def inside(self, entry):
        return Place(self.file, f"{self.entry}, {entry}" if self.entry else entry)

    def fail(self, problem, hint=""):
        raise ContractError(self.file, self.entry, problem, hint)

    def need(self, truth, problem, hint=""):
        if not truth:
            self.fail(problem, hint)

    def need_known(self, name, known, what):
        self.need(isinstance(name, str), f"{name!r} is no name of {'an' if what[0] in 'aeiou' else 'a'} {what}")
        close = difflib.get_close_matches(name, sorted(known), 1)
        hint = f'did you mean "{close[0]}"?' if close else "known are: " + ", ".join(sorted(known))
        self.need(name in known, f'there is no {what} "{name}"', hint)


def label(table, entry, nameless="without a name"):
    """How an entry is called in a complaint."""
    return f'{table} "{entry["name"]}"' if isinstance(entry, dict) and "name" in entry else f"{table} {nameless}"


def check_keys(place, entry, table):
    """Every key is known and of its type, none is missing, no text is empty."""
    place.need(isinstance(entry, dict), f"must be a table of keys, not {entry!r}")
    types = {key.rstrip("*"): kind for key, kind in KEYS[table].items()}
    for key, value in entry.items():
        place.need_known(key, types, "key")
        place.need(type(value) is types[key], f'"{key}" must be {types[key].__name__}, not {value!r}')
        if type(value) is str:
            check_text(place, key, value)
    for key in KEYS[table]:
        place.need(key.endswith("*") or key in entry, f'the key "{key}" is missing')


def check_text(place, key, text):
    """Texts end up in C strings and comments, and in tables of Markdown."""
    place.need(text.strip() or key == "hint", f'"{key}" is empty')
    for mark in ('"', "\\", "*/", "\n"):
        place.need(mark not in text, f'"{key}" contains {mark!r}', "texts stand in C strings and comments")


def check_name(place, name, pattern):
    form = "lower_case" if pattern is LOWER else "UPPER_CASE"
    place.need(pattern.fullmatch(name), f'"{name}" is no {form} name')
    place.need(name not in TAKEN and name not in REGISTER_NAMES, f'"{name}" has a meaning in C or in the stubs',
               "take another name")


def check_item_name(place, name):
    check_name(place, name, LOWER)
    place.need(name not in TAKEN_BY_ITEMS, f'"{name}" is a name of the generated code', "take another name")


def check_unique(place, entries, table, keys):
    for key in keys:
        seen = {}
        for entry in entries:
            value, other = getattr(entry, key), seen.get(getattr(entry, key))
            place.inside(f'{table} "{entry.name}"').need(
                other is None, f'{key} {value!r} is taken by "{other and other.name}"', "numbers and names are never reused")
            seen[value] = entry


def read_toml(folder, file):
    try:
        return tomllib.loads((folder / file).read_text())
    except OSError as error:
        raise ContractError(folder / file, "", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(folder / file, "", f"is not TOML: {error}") from None


def entries(place, document, table, pattern=UPPER):
    """Entries of one table of a file as (place, dict), with keys and name checked."""
    listed = document.pop(table, [])
    place.need(isinstance(listed, list), f"[{table}] must be written [[{table}]]")
    for position, entry in enumerate(listed):
        inside = place.inside(label(table, entry, f"number {position + 1}"))
        check_keys(inside, entry, table)
        check_name(inside, entry["name"], pattern)
        yield inside, entry


def check_nothing_left(place, document):
    for table in document:
        place.need_known(table, set(KEYS) - {"field", "argument", "result", "cause"}, "table")
        place.fail(f"the table [{table}] does not belong into this file")


def in_range(place, key, value, low, high):
    place.need(low <= value <= high, f'"{key}" is {value}, and must be {low} to {high}')


# --- errors.toml -----------------------------------------------------------------------------------------------

def load_errors(folder):
    place, document = Place(folder / "errors.toml"), read_toml(folder, "errors.toml")
    errors = []
    for inside, entry in entries(place, document, "error"):
        in_range(inside, "number", entry["number"], 0, 0x7fff)
        errors.append(Error(**entry))
    check_nothing_left(place, document)
    check_unique(place, errors, "error", ("name", "number"))
    zero = next((error.name for error in errors if error.number == 0), None)
    place.need(zero == "OK", "number 0 must be the error OK", "0 in a0 is success for every caller")
    return errors


# --- objects.toml ----------------------------------------------------------------------------------------------

def load_objects(folder):
    """Objects, rights, kinds, constants, structs."""
    place, document = Place(folder / "objects.toml"), read_toml(folder, "objects.toml")
    objects = load_simple(place, document, "object", Object, "number", 1, 255, LOWER)
    rights = load_rights(place, document, {known.name for known in objects})
    kinds = load_simple(place, document, "kind", Kind, "number", 1, 15)
    constants = load_simple(place, document, "constant", Constant, "value", 0, 0xffffffff)
    structs = load_structs(place, document)
    check_nothing_left(place, document)
    return objects, rights, kinds, constants, structs


def load_simple(place, document, table, record, number, low, high, pattern=UPPER):
    records = []
    for inside, entry in entries(place, document, table, pattern):
        in_range(inside, number, entry[number], low, high)
        records.append(record(**entry))
    check_unique(place, records, table, ("name", "number") if number == "number" else ("name",))
    return records


def load_rights(place, document, object_names):
    rights = []
    for inside, entry in entries(place, document, "right"):
        in_range(inside, "bit", entry["bit"], 0, 31)
        if "object" in entry:
            inside.need_known(entry["object"], object_names, "object")
        rights.append(Right(**entry))
    check_unique(place, rights, "right", ("name", "bit"))
    return rights


def load_structs(place, document):
    structs = []
    for inside, entry in entries(place, document, "struct", LOWER):
        inside.need(entry["fields"], "has no fields")
        known = set(SCALARS) | {struct.name for struct in structs}
        fields = tuple(load_field(inside, each, known) for each in entry["fields"])
        check_unique(inside, fields, "field", ("name",))
        structs.append(Struct(entry["name"], entry["summary"], fields))
    check_unique(place, structs, "struct", ("name",))
    return structs


def load_field(place, entry, known):
    inside = place.inside(label("field", entry))
    check_keys(inside, entry, "field")
    check_name(inside, entry["name"], LOWER)
    inside.need_known(entry["type"], known, "type (a struct must stand before its user)")
    if "count" in entry:
        in_range(inside, "count", entry["count"], 1, 4096)
    return Field(**entry)


# --- calls.toml ------------------------------------------------------------------------------------------------

def load_calls(folder, contract):
    """Version and calls; the rest of the contract is known by then."""
    place, document = Place(folder / "calls.toml"), read_toml(folder, "calls.toml")
    version = document.pop("contract", None)
    check_keys(place.inside("[contract]"), version, "contract")
    calls = []
    for inside, entry in entries(place, document, "call", LOWER):
        calls.append(load_call(inside, entry, contract))
    check_nothing_left(place, document)
    place.need(calls, "there is no call")
    check_unique(place, calls, "call", ("name", "number"))
    return version, calls


def load_call(place, entry, contract):
    in_range(place, "number", entry["number"], 0, 0x7fff)
    place.need("_" in entry["name"], "the name must be <noun>_<verb>")
    call = Call(**entry | {
        "args": tuple(load_arg(place, each, contract) for each in entry.get("args", [])),
        "results": tuple(load_result(place, each) for each in entry.get("results", [])),
        "errors": tuple(load_failure(place, each, contract) for each in entry.get("errors", []))})
    check_shape(place, call)
    for width in (32, 64):
        problem = misfit(assign(call, width))
        place.need(not problem, f"on RV{width} {problem}", "pass a structure by pointer instead")
    return call


def load_arg(place, entry, contract):
    inside = place.inside(label("argument", entry))
    check_keys(inside, entry, "argument")
    check_item_name(inside, entry["name"])
    inside.need_known(entry["type"], ARG_TYPES, "argument type")
    if entry["type"] == "handle":
        check_handle(inside, entry, contract)
    else:
        inside.need(not {"object", "rights"} & set(entry), 'only a "handle" has an object and rights')
    return Item(**entry | {"rights": tuple(entry.get("rights", []))})


def check_handle(place, entry, contract):
    place.need("object" in entry, 'a "handle" needs the key "object"', 'or take "handle_any" for any type')
    place.need_known(entry["object"], {known.name for known in contract.objects}, "object")
    rights = {right.name: right for right in contract.rights}
    for name in entry.get("rights", []):
        place.need_known(name, rights, "right")
        place.need(rights[name].applies_to(entry["object"]),
                   f'the right {name} is of a {rights[name].object}, never of a {entry["object"]}')


def load_result(place, entry):
    inside = place.inside(label("result", entry))
    check_keys(inside, entry, "result")
    check_item_name(inside, entry["name"])
    inside.need_known(entry["type"], RESULT_TYPES, "result type")
    return Item(**entry)


def load_failure(place, entry, contract):
    inside = place.inside(label("error", entry))
    check_keys(inside, entry, "cause")
    inside.need_known(entry["name"], {error.name for error in contract.errors} - {"OK"}, "error")
    return Failure(**entry)


def check_shape(place, call):
    """Rules that tie arguments, results and options of one call together."""
    check_unique(place, call.args, "argument", ("name",))
    check_unique(place, call.results, "result", ("name",))
    check_unique(place, call.errors, "error", ("name",))
    place.need(len(call.handles) <= MAX_HANDLES, f"more than {MAX_HANDLES} typed handles")
    special = [item.name for item in call.args + call.results if item.type in MESSAGE_TYPES]
    place.need(call.raw or not special, f'"{special and special[0]}" is of a message, which only a raw call can carry',
               "add raw = true")
    place.need(not call.noreturn or not (call.results or call.errors), "does not return, and so has no results or errors")
    for handle in call.handles:
        hidden = f"{handle.name}_rights"
        place.need(handle.rights or hidden not in {arg.name for arg in call.args}, f'"{hidden}" is the name of the rights'
                   f' that the kernel\'s handler gets for "{handle.name}"', "take another name")


# --- the whole -------------------------------------------------------------------------------------------------

def check_constants(place, contract):
    """Every number gets its own name, whatever table it comes from."""
    names = [f"E_{e.name}" for e in contract.errors] + [f"OBJECT_{o.name.upper()}" for o in contract.objects]
    names += [f"RIGHT_{r.name}" for r in contract.rights] + [f"KIND_{k.name}" for k in contract.kinds]
    names += [f"CALL_{c.name.upper()}" for c in contract.calls] + [c.name for c in contract.constants]
    for name in names:
        place.need(names.count(name) == 1, f'two entries are called "{name}" in C', "rename one of them")


def load(folder):
    """The contract in this folder; ContractError says what is wrong with it."""
    errors = load_errors(folder)
    objects, rights, kinds, constants, structs = load_objects(folder)
    parts = [tuple(part) for part in (errors, objects, rights, kinds, constants, structs)]
    version, calls = load_calls(folder, Contract(0, 0, *parts))
    contract = Contract(version["major"], version["minor"], *parts, tuple(calls))
    check_constants(Place(folder), contract)
    return contract
