"""snapshot.py - does a client of the last release still work with this version, and a client of this version with an
older server? idl/released/ holds the protocols as they were released; every difference that doc/interfaces.md does not
allow is named, with its place, the reason, and what to do instead."""

import sys
from dataclasses import dataclass
from pathlib import Path

import parse
from model import (Array, Bool, EnumRef, Handle, Id, InterfaceError, Integer, Loan, Place, Run, StructRef, Text)

KEEP = "put it back"
ADD_METHOD = "put it back, and add a method for what is new"
GONE = "programs of the last release use it"


@dataclass(frozen=True)
class Break:
    place: Place
    what: str
    why: str
    instead: str

    def __str__(self):
        return f"{InterfaceError(self.place, self.what)}\n    why not: {self.why}\n    instead: {self.instead}"


def spell(version):
    return f"{version[0]}.{version[1]}"


def type_of(kind):
    """A type as it is written; two that are written alike travel alike."""
    if isinstance(kind, (Bool, Id)):
        return type(kind).__name__.lower()
    if isinstance(kind, Integer):
        return kind.name
    if isinstance(kind, EnumRef):
        return kind.enum.name
    if isinstance(kind, StructRef):
        return kind.struct.name
    if isinstance(kind, Text):
        return f"text[{kind.bytes}]"
    if isinstance(kind, Array):
        return f"{kind.element.name}[{kind.count}]"
    if isinstance(kind, Run):
        return f"{kind.kind}<{kind.min}..{kind.max}>"
    if isinstance(kind, Loan):
        return f"{'lend_mut' if kind.writable else 'lend'} bytes<{kind.min}..{kind.max}>"
    if kind.moved:
        return "move memory"
    rights = f", {' | '.join(sorted(kind.rights))}" if kind.rights else ""
    return f"handle<{kind.object}{rights}>" + "?" * kind.optional


class Comparison:
    """Of one protocol with its release."""

    def __init__(self, old, new):
        self.old, self.new, self.breaks = old, new, []

    def say(self, place, what, why, instead):
        self.breaks.append(Break(place, what, why, instead))

    def compare(self):
        old, new = self.old, self.new
        if new.version[0] > old.version[0]:
            return self.breaks    # another major version promises nothing to clients of the last one
        if new.version < old.version:
            self.say(new.place, f"`{new.name}` is version {spell(new.version)}, and {spell(old.version)} was released",
                     "clients ask for the version to know what there is",
                     f"write version {spell(old.version)} or a later one")
        if new.number != old.number:
            self.say(new.place, f"`{new.name}` has the number {new.number:#x}, and was released with {old.number:#x}",
                     "a client that asks `info` takes it for another protocol", "give it the old number back")
        self.numbered("method", "number", old.methods, new.methods, self.method, old.events)
        self.numbered("event", "number", old.events, new.events, self.message, old.methods)
        self.reserved()
        self.numbered("error", "number", old.errors, new.errors)
        self.numbered("signal", "bit", old.signals, new.signals)
        self.pairs("constant", old.constants, new.constants, self.constant)
        self.pairs("type", old.enums, new.enums, self.enum)
        self.pairs("type", old.structs, new.structs, self.struct)
        return self.breaks

    # --- any list of named things ----------------------------------------------------------------------------------

    def pairs(self, what, old, new, each, inside=None):
        """Calls `each` for what is in both, and names what is gone, or new without saying so."""
        now = {item.name: item for item in new}
        of = f" of `{inside.name}`" if inside else ""
        for before in old:
            after = now.pop(before.name, None)
            if after is None:
                self.say((inside or self.new).place, f"the {what} `{before.name}`{of} is gone, which was released "
                         f"({before.place.file}:{before.place.line})", GONE, self.instead_of_gone(what))
                continue
            if after.since != before.since:
                self.say(after.place, f"the {what} `{after.name}`{of} is since {spell(after.since)} now, and was since {spell(before.since)}",
                         "a client that is content with an older version would use what is not there, or not use what is", "put the old `since` back")
            each(before, after)
        for after in now.values():
            if after.since <= self.old.version and (inside is None or inside.since <= self.old.version):
                self.say(after.place, f"the {what} `{after.name}`{of} is new, and is since {spell(after.since)}, which was released without it",
                         f"a client that is content with {spell(after.since)} would use it with a server that does not have it",
                         f"write since {spell(self.next_version())}" + (" and raise the protocol's version" if self.new.version <= self.old.version else ""))

    def next_version(self):
        return self.new.version if self.new.version > self.old.version else (self.old.version[0],
                                                                             self.old.version[1] + 1)

    @staticmethod
    def instead_of_gone(what):
        if what in ("method", "event"):
            return "put it back; a server may answer that it does not do this any more. `reserved` is for a new major version"
        return KEEP if what == "field" else f"{KEEP}; say in its doc comment that it is out of use"

    def numbered(self, what, number, old, new, more=None, others=()):
        """Things that are a name for a number; `others` share the numbers."""
        taken = {getattr(item, number): item.name for item in [*old, *others]}
        kept = {item.name for item in old}

        def each(before, after):
            if getattr(after, number) != getattr(before, number):
                self.say(after.place, f"the {what} `{after.name}` has the {number} {getattr(after, number)}, and was released with {getattr(before, number)}",
                         "programs of the last release have the old one compiled in",
                         f"give it {getattr(before, number)} back")
            if more:
                more(before, after)

        for after in new:
            whose = taken.get(getattr(after, number), after.name)
            if whose != after.name and after.name not in kept:
                self.say(after.place, f"the {what} `{after.name}` has the {number} {getattr(after, number)}, which was released as that of `{whose}`",
                         "programs of the last release would be understood wrongly: numbers are never used again",
                         f"give it a {number} that was never used")
        self.pairs(what, old, new, each)

    # --- methods, events, reserved -----------------------------------------------------------------------------------

    def reserved(self):
        for number in self.old.reserved:
            users = [item for item in [*self.new.methods, *self.new.events] if item.number == number]
            if number not in self.new.reserved:
                self.say((users or [self.new])[0].place,
                         f"the number {number} was reserved, and is " + ("used again" if users else "not any more"),
                         "it belonged to a method that is gone; programs that still call it must hear METHOD",
                         f"write `reserved {number};`")

    def method(self, before, after):
        for modifier, dropped, added in (
                ("idempotent", "clients ask again after the server was restarted",
                 "an older server may do it twice when it is asked again"),
                ("oneway", "clients send it without waiting", "an older server refuses it when it is sent")):
            was, is_now = getattr(before, modifier), getattr(after, modifier)
            if was != is_now:
                self.say(after.place, f"the method `{after.name}` is {'no longer' if was else 'now'} {modifier}",
                         dropped if was else added,
                         KEEP if was else f"leave out `{modifier}`, and add a method that is")
        self.message(before, after)

    def message(self, before, after):
        self.parameters(after, "request", before.inputs, after.inputs)
        self.parameters(after, "answer", getattr(before, "outputs", []), getattr(after, "outputs", []))

    def parameters(self, method, side, old, new):
        names, now = [each.name for each in old], [each.name for each in new]
        if names != now and sorted(names) == sorted(now):
            self.say(new[0].place,
                     f"the parameters of the {side} of `{method.name}` come in another order: {', '.join(now)}, and not {', '.join(names)}",
                     "each has its place in the message, which the other side reads it from",
                     "put them back into the old order")
            return
        if len(old) != len(new):
            self.say(method.place,
                     f"the {side} of `{method.name}` has {len(new)} parameters, and was released with {len(old)}",
                     "the other side, if it is older, sends and expects the old ones",
                     "put the old ones back; what is new goes to the end of a struct, or into another method")
            return
        for was, is_now in zip(old, new):
            if type_of(was.type) != type_of(is_now.type):
                why, instead = self.reason(side, was.type, is_now.type)
                self.say(is_now.place,
                         f"`{is_now.name}` in the {side} of `{method.name}` is {type_of(is_now.type)}, and was released as {type_of(was.type)}",
                         why, instead)

    @staticmethod
    def reason(side, was, is_now):
        """Why a type may not change so: who would be refused by whom."""
        sender, receiver = ("client", "server") if side == "request" else ("server", "client")
        if isinstance(was, (Run, Loan)) and type(was) is type(is_now) and type_of(was).split("<")[0] == type_of(is_now).split("<")[0]:
            if is_now.max < was.max or is_now.min > was.min:
                return f"an older {sender} sends what would now be MALFORMED", "put the old bounds back, and refuse with an error of the method's"
            return f"an older {receiver} takes what is now allowed for MALFORMED", "put the old bounds back, and add a method with wider ones"
        if isinstance(was, Handle) and isinstance(is_now, Handle) and (was.object, was.moved) == (is_now.object, is_now.moved):
            if set(is_now.rights) - set(was.rights) or was.optional and not is_now.optional:
                return f"an older {sender} sends a handle that would now be refused", ADD_METHOD
            return f"an older {receiver} refuses the handle that is now allowed", ADD_METHOD
        return "it travels otherwise, or means another thing to the other side", ADD_METHOD

    # --- types and constants ---------------------------------------------------------------------------------------

    def constant(self, before, after):
        if before.value != after.value:
            self.say(after.place, f"the constant `{after.name}` is {after.value}, and was released as {before.value}",
                     "programs of the last release have the old one compiled in",
                     "put the old one back, and add a constant of another name")

    def enum(self, before, after):
        if (before.flags, before.base.name) != (after.flags, after.base.name):
            def kind(each):
                return f"{'flags' if each.flags else 'enum'} of {each.base.name}"
            self.say(after.place, f"`{after.name}` is {kind(after)}, and was released as {kind(before)}",
                     "it is read otherwise", KEEP)

        def value(was, is_now):
            if was.number != is_now.number:
                self.say(is_now.place,
                         f"the value `{is_now.name}` of `{after.name}` is {is_now.number}, and was released as {was.number}",
                         "programs of the last release have the old number compiled in", f"give it {was.number} back")

        taken = {each.number: each.name for each in before.values}
        kept = set(taken.values())
        for each in after.values:
            if taken.get(each.number, each.name) != each.name and each.name not in kept:
                self.say(each.place, f"the value `{each.name}` of `{after.name}` is {each.number}, which was released as `{taken[each.number]}`",
                         "programs of the last release take it for that", "give it a number that was never used")
        self.pairs("value", before.values, after.values, value, after)

    def struct(self, before, after):
        def own(struct):
            return [field for field in struct.fields if field.name not in ("size", "reserved")]

        def field(was, is_now):
            if type_of(was.type) != type_of(is_now.type):
                self.say(is_now.place,
                         f"the field `{is_now.name}` of `{after.name}` is {type_of(is_now.type)}, and was released as {type_of(was.type)}",
                         "older programs have the old layout compiled in", "put it back, and add a field at the end")
            elif was.offset != is_now.offset:
                self.say(is_now.place,
                         f"the field `{is_now.name}` of `{after.name}` begins at byte {is_now.offset}, and was released at {was.offset}",
                         "older programs have the old layout compiled in", "put new fields behind all released ones")

        self.pairs("field", own(before), own(after), field, after)


# --- the whole -------------------------------------------------------------------------------------------------------

def released(folder):
    """{name: protocol} of the last release. Its files are read with the common part that was released with them."""
    paths = sorted(Path(folder).glob("*.nid"))
    shared = next((parse.load(path) for path in paths if path.stem == parse.COMMON), None)
    return {path.stem: shared if path.stem == parse.COMMON else parse.parse(parse.read(path), path,
                                                                            shared or parse.common()) for path in paths}


def compare(protocols, old):
    now = {protocol.name: protocol for protocol in protocols}
    breaks = []
    for name, before in old.items():
        if name in now:
            breaks += Comparison(before, now[name]).compare()
        else:
            breaks.append(Break(Place(before.place.file, before.place.line, before.place.column),
                                f"the protocol `{name}` was released, and is gone",
                                GONE, f"put idl/{name}.nid back"))
    numbers = {before.number: name for name, before in old.items()}
    for protocol in protocols:
        whose = numbers.get(protocol.number, protocol.name)
        if whose != protocol.name:
            breaks.append(Break(protocol.place,
                                f"`{protocol.name}` has the number {protocol.number:#x}, which was released as that of `{whose}`",
                                "a client of that protocol would take this for its own",
                                "give it a number that was never used"))
    return breaks


def complain(breaks, end):
    for each in breaks:
        print(each, file=sys.stderr)
    print(f"interfaces: {len(breaks)} incompatible change{'s' * (len(breaks) != 1)}; {end}", file=sys.stderr)
    return True


def check(protocols, folder):
    """True, with every break on standard error, if these protocols are incompatible with the release."""
    old = released(folder)
    if not old:
        print(f"interfaces: {folder} holds no release yet, nothing to compare with")
        return False
    breaks = compare(protocols, old)
    return complain(breaks, f"compared with the release in {folder}") if breaks else False


def release(protocols, folder):
    """Copies the protocols' files as the new release; True if that would break programs."""
    breaks = compare(protocols, released(folder))
    if breaks:
        return complain(breaks, "nothing was released")
    folder.mkdir(parents=True, exist_ok=True)
    for protocol in protocols:
        (folder / f"{protocol.name}.nid").write_text(parse.read(protocol.place.file), encoding="utf-8")
        print(f"released {protocol.name} {spell(protocol.version)}")
    return False
