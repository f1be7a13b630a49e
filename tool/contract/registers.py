"""Which argument and result travels in which register: the register map of abi/README.md, as code.

An ordinary argument takes a0, a1, ... in order, an ordinary result a1, a2, ...; a 64-bit one takes two on RV32,
low half first. Words, tokens, deadlines and messages have registers of their own.
"""
from dataclasses import dataclass

A = [f"a{i}" for i in range(7)]
REGISTER_NAMES = {f"a{i}" for i in range(8)} | {f"t{i}" for i in range(7)}
WORDS = A[1:]
MAX_HANDLES = 3                     # typed handles of one call; the kernel's table has room for so many
# What a message call leaves zero, where it does not carry anything in it: reserved for later, and no message.
ZERO_IN_MESSAGE = ("t3", "t4", "t5", "t6")
RECEIVED = {"t0": "token", "t1": "badge", "t2": "info", "t3": "length", "t4": "loan"}


@dataclass(frozen=True)
class Slot:
    """One register's worth of an argument or result: `part` 0 is the low half or the whole; of words, the index."""
    register: str
    item: object
    part: int = 0


@dataclass(frozen=True)
class Assignment:
    ins: tuple
    outs: tuple


def fixed_slots(item, width):
    """Slots of an item that has its own registers; None for an ordinary one."""
    if item.type == "words":
        return [Slot(register, item, part) for part, register in enumerate(WORDS)]
    if item.type == "received":
        words = [Slot(register, item, part) for part, register in enumerate(WORDS)]
        return words + [Slot(register, item, 6 + part) for part, register in enumerate(RECEIVED)]
    if item.type == "deadline":
        return [Slot("t1", item, 0), Slot("t2", item, 1)][:1 if width == 64 else 2]
    if item.type in ("token", "message", "length"):
        return [Slot({"token": "t0"}.get(item.type, "t3"), item)]
    return None


def slots(items, first, width):
    """Slots of these items, ordinary ones from register number `first` of the a registers on."""
    assigned, position = [], first
    for item in items:
        fixed = fixed_slots(item, width)
        if fixed is None:
            count = 2 if item.type == "u64" and width == 32 else 1
            fixed = [Slot(f"a{position + part}", item, part) for part in range(count)]
            position += count
        assigned += fixed
    return tuple(assigned)


def assign(call, width):
    return Assignment(slots(call.args, 0, width), slots(call.results, 1, width))


def misfit(assignment):
    """Why the assignment is impossible, or an empty string."""
    for what, used in (("arguments", assignment.ins), ("results", assignment.outs)):
        registers = [slot.register for slot in used]
        for slot in used:
            if slot.register not in REGISTER_NAMES - {"a7"}:
                return f"there is no register left for \"{slot.item.name}\" among the {what}"
            if registers.count(slot.register) > 1:
                return f"two {what} want {slot.register}"
    return ""
