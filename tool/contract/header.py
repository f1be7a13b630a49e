"""The contract as C constants and structures: nacre_abi.h for programs, contract.h for the kernel.

Both are made from the same parts. Names of programs start with NACRE_ and nacre_; the kernel's do not, but for
its structures, which start with abi_, since it has structures of its own that are called thread_state and so on.
"""
from dataclasses import dataclass

from layout import SCALARS, layouts
from text import comment


@dataclass(frozen=True)
class Style:
    upper: str                      # before constants
    lower: str                      # before enums
    struct: str                     # before structs


PUBLIC = Style("NACRE_", "nacre_", "nacre_")
KERNEL = Style("", "", "abi_")

PUBLIC_HEAD = """\
/* nacre_abi.h - the kernel's contract: numbers and structures. Generated from abi/, do not edit.
 * Plain C11 and C++17; an assembler sees the numbers of the calls. The calls themselves: nacre_calls.h. */
#pragma once
"""
PUBLIC_TYPES = """\
#include <stddef.h>
#include <stdint.h>

typedef uint32_t nacre_handle_t; /* this process's name for an object; 0 is never one */
typedef uintptr_t nacre_token_t; /* names a caller that waits for a reply; 0 is never one */

#ifdef __cplusplus
#define NACRE_STATIC_ASSERT static_assert
#else
#define NACRE_STATIC_ASSERT _Static_assert
#endif

#define NACRE_HANDLE_NONE ((nacre_handle_t)0)
#define NACRE_DEADLINE_NEVER UINT64_MAX
#define NACRE_DEADLINE_NOW ((uint64_t)0) /* do not wait */
"""
PUBLIC_MESSAGE = """\
/* What every message carries in registers. */
struct nacre_words {
    uintptr_t opcode; /* of a reply: status */
    uintptr_t word[5];
};

/* What a receive brings. */
struct nacre_received {
    struct nacre_words words;
    nacre_token_t token; /* answers a call; 0 if nobody waits */
    uintptr_t badge;     /* of the connection, interrupt or notice */
    uintptr_t info;      /* NACRE_INFO_... */
    size_t length;       /* bytes in the receive buffer */
    uintptr_t loan_base; /* what was lent: its first address, 0 if nothing was */
    size_t loan_pages;
};
"""
KERNEL_HEAD = """\
/* contract.h - the kernel's contract with programs, as the kernel sees it. Generated from abi/, do not edit.
 * An assembler sees the numbers of the calls only. */
#pragma once
"""
KERNEL_TYPES = """\
#include <stddef.h>
#include <stdint.h>
"""
KERNEL_ERRORS = [("BLOCKED", -1, "inside only: the caller sleeps; its registers are written when it wakes"),
                 ("RESTART", -2, "inside only: the call is executed again later")]


def define(name, value, summary):
    return f"#define {name} {value} /* {summary} */"


def enumeration(name, members):
    """A C enum of (name, value, summary)."""
    lines = [f"    {member} = {value}, /* {summary} */" for member, value, summary in members]
    return "\n".join([f"enum {name} {{".replace("  ", " "), *lines, "};"])


def tag(name, style):
    """Programs see the name of the enum; in the kernel a tag such as object_type is its own to use."""
    return style.lower + name if style.lower else ""


# --- constants -------------------------------------------------------------------------------------------------

def call_numbers(contract, style):
    lines = [f"#define {style.upper}CALL_{call.name.upper()} {call.number}" for call in contract.calls]
    count = define(f"{style.upper}CALL_COUNT", contract.call_count, "one more than the highest number")
    return "\n".join(["/* Numbers of the system calls, for a7. */", *lines, count])


def version(contract, style):
    return "\n".join(["/* Version of the contract: system_version answers major << 16 | minor. */",
                      f"#define {style.upper}VERSION_MAJOR {contract.major}",
                      f"#define {style.upper}VERSION_MINOR {contract.minor}"])


def errors(contract, style, extra=()):
    members = [(error.name, error.number, error.sentence) for error in contract.errors]
    members = [(f"{style.upper}E_{name}", number, sentence) for name, number, sentence in [*members, *extra]]
    enum = f"{style.lower}err"
    return f"{enumeration(enum, members)}\ntypedef enum {enum} {enum}_t;"


def error_list(contract):
    """An X macro, so that a program can build its tables of names, sentences and hints in any form."""
    rows = [f'    X({error.name}, {error.number}, "{error.sentence}", "{error.hint}")' for error in contract.errors]
    return "\n".join(["/* X(name, number, sentence for a person, hint) for every error. */",
                      " \\\n".join(["#define NACRE_ERROR_LIST(X)", *rows])])


def objects(contract, style):
    members = [(f"{style.upper}OBJECT_{known.name.upper()}", known.number, known.summary) for known in contract.objects]
    return enumeration(tag("object_type", style), members)


def object_count(contract):
    return define("OBJECT_TYPE_COUNT", max(known.number for known in contract.objects) + 1,
                  "one more than the highest type, for tables")


def rights(contract, style):
    lines = [define(f"{style.upper}RIGHT_{right.name}", f"(1u << {right.bit})",
                    (f"{right.object}: " if right.object else "") + right.summary) for right in contract.rights]
    every = sum(1 << right.bit for right in contract.rights)
    lines += ["/* All rights there are, and those that make sense for each type. */",
              f"#define {style.upper}RIGHT_ALL {every:#x}u"]
    for known in contract.objects:
        mask = sum(1 << right.bit for right in contract.rights_of(known.name))
        lines.append(f"#define {style.upper}RIGHT_ALL_{known.name.upper()} {mask:#x}u")
    return "\n".join(["/* Rights of a handle. */", *lines])


def kinds(contract, style):
    members = [(f"{style.upper}KIND_{kind.name}", kind.number, kind.summary) for kind in contract.kinds]
    return enumeration(tag("message_kind", style), members)


def constants(contract, style):
    blocks = []
    for name, members in contract.constant_sets().items():
        lines = [define(style.upper + each.name, number(each.value) + "u", each.summary) for each in members]
        blocks.append("\n".join([f"/* Constants: {name}. */", *lines]))
    return "\n\n".join(blocks)


def number(value):
    """Counts read better in decimal, high bits in hex."""
    return f"{value}" if value < 1 << 20 else f"{value:#x}"


# --- structures ------------------------------------------------------------------------------------------------

def c_type(field, style):
    return SCALARS[field.type][2] if field.type in SCALARS else f"struct {style.struct}{field.type}"


def structure(struct, style):
    lines = []
    for field in struct.fields:
        array = f"[{field.count}]" if field.count else ""
        lines.append(f"    {c_type(field, style)} {field.name}{array}; /* {field.summary} */")
    head = comment([f"{struct.name}: {struct.summary}"])
    return "\n".join([head, f"struct {style.struct}{struct.name} {{", *lines, "};"])


def structures(contract, style):
    return "\n\n".join(structure(struct, style) for struct in contract.structs)


def layout_asserts(contract, style, macro):
    """What a compiler that lays structures out in another way stumbles over."""
    narrow, wide = layouts(contract, 32), layouts(contract, 64)
    lines = ["/* The layout is part of the contract, on both widths. */"]
    for struct in contract.structs:
        name, small, large = f"struct {style.struct}{struct.name}", narrow[struct.name], wide[struct.name]
        lines.append(layout_assert(macro, f"sizeof({name})", small.size, large.size))
        lines += [layout_assert(macro, f"offsetof({name}, {field})", small.offsets[field][0], large.offsets[field][0])
                  for field in small.offsets]
    return "\n".join(lines)


def layout_assert(macro, measured, small, large):
    expected = str(small) if small == large else f"(sizeof(uintptr_t) == 4 ? {small} : {large})"
    return f'{macro}({measured} == {expected}, "layout of the contract");'


# --- the two headers -------------------------------------------------------------------------------------------

def public(contract):
    parts = [PUBLIC_HEAD.strip(), version(contract, PUBLIC), call_numbers(contract, PUBLIC), "#ifndef __ASSEMBLER__",
             PUBLIC_TYPES.strip(), errors(contract, PUBLIC), error_list(contract), objects(contract, PUBLIC),
             rights(contract, PUBLIC), kinds(contract, PUBLIC), constants(contract, PUBLIC), PUBLIC_MESSAGE.strip(),
             structures(contract, PUBLIC), layout_asserts(contract, PUBLIC, "NACRE_STATIC_ASSERT"),
             "#endif /* __ASSEMBLER__ */"]
    return "\n\n".join(parts) + "\n"


def kernel(contract):
    parts = [KERNEL_HEAD.strip(), version(contract, KERNEL), call_numbers(contract, KERNEL), "#ifndef __ASSEMBLER__",
             KERNEL_TYPES.strip(), errors(contract, KERNEL, KERNEL_ERRORS), objects(contract, KERNEL),
             object_count(contract), rights(contract, KERNEL), kinds(contract, KERNEL), constants(contract, KERNEL),
             structures(contract, KERNEL), layout_asserts(contract, KERNEL, "_Static_assert"),
             "#endif /* __ASSEMBLER__ */"]
    return "\n\n".join(parts) + "\n"
