"""Compatibility: a program built against the last release must still run, and still compile.

abi/released/ holds the contract's files as they were released. Every difference that could break such a program is
named; what is added at the end is none. A release refuses breaks as well, unless it has a higher major version.
"""
import sys
from dataclasses import dataclass

from layout import layouts
from source import FILES, load
from text import write_changed


@dataclass(frozen=True)
class Break:
    file: str
    entry: str
    problem: str
    reason: str

    def __str__(self):
        return f"abi/{self.file}: {self.entry}: {self.problem}\n    why not: {self.reason}"


REMOVED = "programs that use it would no longer compile or run; keep it"
CALLED = "callers pass and expect the old registers; make a new call for it"
NUMBERED = "programs were compiled with the old number; it stays taken for good"


def pairs(old, new):
    """(old entry, new entry or None) for each entry of the release."""
    by_name = {entry.name: entry for entry in new}
    return [(entry, by_name.get(entry.name)) for entry in old]


def compare_simple(file, what, number, old, new):
    """Entries that are just a name for a number."""
    for before, after in pairs(old, new):
        entry = f'{what} "{before.name}"'
        if after is None:
            yield Break(file, entry, "was removed or renamed", REMOVED)
        elif getattr(before, number) != getattr(after, number):
            problem = f"{number} was {getattr(before, number)} and is {getattr(after, number)}"
            yield Break(file, entry, problem, NUMBERED)


def compare_reuse(file, what, number, old, new):
    """A number of the release that now means something else."""
    names = {getattr(entry, number): entry.name for entry in old}
    for entry in new:
        before = names.get(getattr(entry, number), entry.name)
        if before != entry.name:
            yield Break(file, f'{what} "{entry.name}"', f"{number} {getattr(entry, number)} was that of \"{before}\"",
                        "numbers are never reused")


def compare_rights(old, new):
    for before, after in pairs(old, new):
        if after and after.object not in ("", before.object):
            yield Break("objects.toml", f'right "{before.name}"', f"now exists for a {after.object} only",
                        "handles to other objects had it")


# --- calls -----------------------------------------------------------------------------------------------------

def compare_calls(old, new):
    for before, after in pairs(old, new):
        if after:
            yield from compare_call(before, after)


def compare_call(before, after):
    entry = f'call "{before.name}"'
    for what, old, new in (("argument", before.args, after.args), ("result", before.results, after.results)):
        for problem in compare_items(what, old, new):
            yield Break("calls.toml", entry, problem, CALLED)
    for handle, now in zip(before.args, after.args):
        more = set(now.rights) - set(handle.rights)
        if more and handle.object == now.object:
            yield Break("calls.toml", entry, f'"{now.name}" now needs {", ".join(sorted(more))}',
                        "a handle that was good enough would be refused")
    if after.noreturn != before.noreturn:
        yield Break("calls.toml", entry, "noreturn changed", "callers were compiled to go on, or not to, behind it")
    if after.blocking and not before.blocking:
        yield Break("calls.toml", entry, "may wait now", "callers rely on its not waiting, in a server's loop for instance")


def compare_items(what, old, new):
    """What changed in a list of arguments or results that a caller would notice."""
    names, now = [item.name for item in old], [item.name for item in new]
    if names != now and sorted(names) == sorted(now):
        yield f"the order of the {what}s changed from {', '.join(names)} to {', '.join(now)}"
        return
    if len(old) != len(new):
        yield f"had {len(old)} {what}s and has {len(new)}"
    for before, after in zip(old, new):
        if (before.type, before.object) != (after.type, after.object):
            yield f'{what} "{before.name}" was {spell(before)} and is {spell(after)} "{after.name}"'


def spell(item):
    return f"a {item.type}" + (f" of a {item.object}" if item.object else "")


# No call is told how large the caller's structure is, so one that grew would be written past the end of an old program's.
FROZEN = "structures are frozen: programs were compiled with the old layout; a new field comes with a new call"


# --- structures ------------------------------------------------------------------------------------------------

def compare_structs(old, new):
    for before, after in pairs(old.structs, new.structs):
        if after is None:
            yield Break("objects.toml", f'struct "{before.name}"', "was removed or renamed", REMOVED)
            continue
        for field, now in pairs(before.fields, after.fields):
            entry = f'struct "{before.name}", field "{field.name}"'
            for problem in compare_field(old, new, before.name, field, now):
                yield Break("objects.toml", entry, problem, FROZEN)
        for width in (32, 64):
            was, is_now = (layouts(contract, width)[before.name].size for contract in (old, new))
            if was != is_now:
                yield Break("objects.toml", f'struct "{before.name}"', f"was {was} bytes on RV{width} and is {is_now}", FROZEN)


def compare_field(old, new, struct, field, now):
    if now is None:
        yield "was removed or renamed"
        return
    if field.type != now.type:
        yield f"was {field.type} and is {now.type}"
    if bool(field.count) != bool(now.count):
        yield "became an array or ceased to be one"
    for width in (32, 64):
        was, is_now = (layouts(contract, width)[struct].offsets[field.name] for contract in (old, new))
        if was[0] != is_now[0]:
            yield f"moved from byte {was[0]} to {is_now[0]} on RV{width}"
        if was[1] > is_now[1]:
            yield f"shrank from {was[1]} to {is_now[1]} bytes on RV{width}"


# --- the whole -------------------------------------------------------------------------------------------------

def compare(old, new):
    """Every break between two contracts."""
    simple = [("errors.toml", "error", "number", old.errors, new.errors),
              ("objects.toml", "object", "number", old.objects, new.objects),
              ("objects.toml", "right", "bit", old.rights, new.rights),
              ("objects.toml", "kind", "number", old.kinds, new.kinds),
              ("calls.toml", "call", "number", old.calls, new.calls)]
    breaks = []
    for table in simple:
        breaks += [*compare_simple(*table), *compare_reuse(*table)]
    breaks += compare_simple("objects.toml", "constant", "value", old.constants, new.constants)
    breaks += compare_rights(old.rights, new.rights)
    breaks += compare_calls(old.calls, new.calls)
    breaks += compare_structs(old, new)
    if (new.major, new.minor) < (old.major, old.minor):
        breaks.append(Break("calls.toml", "[contract]", "the version went back", "programs ask for it to know what there is"))
    return breaks


def released(folder):
    """The contract of the last release, or None before the first."""
    if not any((folder / file).exists() for file in FILES):
        return None
    return load(folder)


def complain(breaks, what):
    for each in breaks:
        print(each, file=sys.stderr)
    print(f"contract: {len(breaks)} incompatible change{'s' * (len(breaks) != 1)}; {what}", file=sys.stderr)
    return True


def check(contract, folder):
    """True, with every break on standard error, if the contract is incompatible with the release."""
    old = released(folder)
    if old is None:
        print(f"contract: {folder} holds no release yet, nothing to compare with")
        return False
    breaks = compare(old, contract)
    return complain(breaks, f"compared with the release in {folder}") if breaks else False


def release(contract, source, folder):
    """Copies the contract's files as the new release; True if that would break programs."""
    old = released(folder)
    breaks = compare(old, contract) if old else []
    if breaks and contract.major <= old.major:
        return complain(breaks, "not released: raise `major` in calls.toml if that is meant")
    for file in FILES:
        write_changed(folder / file, (source / file).read_text())
    return False
