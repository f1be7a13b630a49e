"""What a contract is, after reading: plain records, and the few questions every output asks about them."""
from dataclasses import dataclass, field


class ContractError(Exception):
    """A defect of the contract's files: which file, which entry, what is wrong, what to do."""

    def __init__(self, file, entry, problem, hint=""):
        self.file, self.entry, self.problem, self.hint = file, entry, problem, hint
        place = f"{file}: {entry}" if entry else f"{file}"
        super().__init__(f"{place}: {problem}" + (f"\n    hint: {hint}" if hint else ""))


@dataclass(frozen=True)
class Error:
    name: str
    number: int
    sentence: str
    hint: str


@dataclass(frozen=True)
class Object:
    name: str
    number: int
    summary: str


@dataclass(frozen=True)
class Right:
    name: str
    bit: int
    summary: str
    object: str = ""                # empty: for all types

    def applies_to(self, object_name):
        return self.object in ("", object_name)


@dataclass(frozen=True)
class Kind:
    name: str
    number: int
    summary: str


@dataclass(frozen=True)
class Constant:
    set: str
    name: str
    value: int
    summary: str


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    summary: str
    count: int = 0                  # 0: no array


@dataclass(frozen=True)
class Struct:
    name: str
    summary: str
    fields: tuple


@dataclass(frozen=True)
class Item:
    """An argument or a result of a call."""
    name: str
    type: str
    summary: str = ""
    object: str = ""                # of type "handle": the object's type
    rights: tuple = ()              # of type "handle": rights that the kernel checks before the handler runs


@dataclass(frozen=True)
class Failure:
    """An error a call can answer, and why it does."""
    name: str
    cause: str
    implied: bool = False


@dataclass(frozen=True)
class Call:
    name: str
    number: int
    summary: str
    doc: str = ""
    blocking: bool = False
    raw: bool = False
    noreturn: bool = False
    args: tuple = ()
    results: tuple = ()
    errors: tuple = ()

    @property
    def noun(self):
        return self.name.split("_")[0]

    @property
    def handles(self):
        """Arguments whose handle is checked by type."""
        return [arg for arg in self.args if arg.type == "handle"]

    def arg_of_type(self, type_name):
        return next((arg for arg in self.args if arg.type == type_name), None)

    def result_of_type(self, type_name):
        return next((result for result in self.results if result.type == type_name), None)

    def is_message(self):
        """Does the call carry or await a message, in the registers set aside for that?"""
        types = {item.type for item in self.args + self.results}
        return bool(types & {"words", "token", "message", "received"})

    def failures(self):
        """Explicit errors, then those that follow from the handle arguments."""
        return list(self.errors) + [f for handle in self.handles for f in implied_failures(handle)]


def implied_failures(handle):
    """What the kernel answers for a handle argument before the call's own code runs."""
    causes = [("BAD_HANDLE", f"`{handle.name}` names nothing"),
              ("WRONG_TYPE", f"`{handle.name}` is not a {handle.object}")]
    if handle.rights:
        causes.append(("RIGHTS", f"`{handle.name}` lacks {' or '.join(handle.rights)}"))
    causes.append(("PEER_GONE", f"the {handle.object} behind `{handle.name}` was destroyed"))
    return [Failure(name, cause, implied=True) for name, cause in causes]


@dataclass(frozen=True)
class Contract:
    major: int
    minor: int
    errors: tuple
    objects: tuple
    rights: tuple
    kinds: tuple
    constants: tuple
    structs: tuple
    calls: tuple = field(default=())

    @property
    def call_count(self):
        return max(call.number for call in self.calls) + 1

    def rights_of(self, object_name):
        return [right for right in self.rights if right.applies_to(object_name)]

    def constant_sets(self):
        sets = {}
        for constant in self.constants:
            sets.setdefault(constant.set, []).append(constant)
        return sets
