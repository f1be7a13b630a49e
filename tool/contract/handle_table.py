"""handle_errors.h: every typed handle argument of every call, so that one test that walks a table can provoke the
errors that the handle arguments imply."""
from registers import assign
from text import wrapped_list

HEAD = """\
/* handle_errors.h - every typed handle argument of every system call. Generated from abi/, do not edit.
 * For tests, on the host and on the target: it needs neither the kernel's nor the programs' headers.
 *
 * For each entry and each i < handle_count: give the arguments before i good handles (one live object of each type
 * with all rights will do), put a bad one into a[handles[i].slot], leave the rest zero (a deadline of 0 does not wait,
 * a message of 0 is none), make the call, and expect in a0
 *     BAD_HANDLE   for 0 and for a handle that was closed
 *     WRONG_TYPE   for a handle of another type than handles[i].type
 *     RIGHTS       for one that lacks any one bit of handles[i].rights
 *     PEER_GONE    for one whose object was destroyed
 * A test that does so says EXPECT_HANDLE_ERRORS(call_table), and the report of errors believes it. */
#pragma once
#include <stdint.h>

struct handle_place {{
    uint8_t slot;    /* a0 + slot */
    uint8_t type;    /* object type */
    uint32_t rights; /* all are needed; 0: none is */
}};

struct call_handles {{
    const char *name;
    uint16_t number;
    uint8_t handle_count;
    struct handle_place handles[{handles}];
}};
"""
INVOKE = """\
#ifdef __riscv
/* The system call of this number with a0-a6 from `a` and all else zero; answers the error. */
static inline uintptr_t call_table_invoke(uintptr_t number, const uintptr_t a[7])
{
    register uintptr_t a0 __asm__("a0") = a[0];
    register uintptr_t a1 __asm__("a1") = a[1];
    register uintptr_t a2 __asm__("a2") = a[2];
    register uintptr_t a3 __asm__("a3") = a[3];
    register uintptr_t a4 __asm__("a4") = a[4];
    register uintptr_t a5 __asm__("a5") = a[5];
    register uintptr_t a6 __asm__("a6") = a[6];
    register uintptr_t a7 __asm__("a7") = number;
    __asm__ volatile("li t0, 0\\n li t1, 0\\n li t2, 0\\n li t3, 0\\n li t4, 0\\n li t5, 0\\n li t6, 0\\n ecall"
        : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7)
        : : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    return a0;
}
#endif
"""


def slot_number(call, handle, width):
    register = next(slot.register for slot in assign(call, width).ins if slot.item is handle)
    return int(register.removeprefix("a"))


def place(contract, call, handle):
    narrow, wide = slot_number(call, handle, 32), slot_number(call, handle, 64)
    slot = str(narrow) if narrow == wide else f"sizeof(uintptr_t) == 4 ? {narrow} : {wide}"
    number = next(known.number for known in contract.objects if known.name == handle.object)
    mask = sum(1 << right.bit for right in contract.rights if right.name in handle.rights)
    return f"{{{slot}, {number}, {mask:#x}}}"


def row(contract, call):
    places = [place(contract, call, handle) for handle in call.handles]
    return wrapped_list(f'    {{"{call.name}", {call.number}, {len(places)}, {{', places, "}},", " " * 8)


def generate(contract):
    calls = [call for call in contract.calls if call.handles]
    rows = ["static const struct call_handles call_table[] = {", *(row(contract, call) for call in calls), "};"]
    most = max([len(call.handles) for call in calls], default=1)
    return "\n\n".join([HEAD.format(handles=most).strip(), "\n".join(rows), INVOKE.strip()]) + "\n"
