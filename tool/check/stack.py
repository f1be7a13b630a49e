#!/usr/bin/python3
"""stack.py - the most that the kernel's one stack can hold, from the machine code of kernel.elf: frames along the deepest chain of calls.

    stack.py [--width 32|64] [--chain]

The kernel is never entered twice, so the deepest chain from any function is the most there is. A frame is all that a function takes
from sp, by itself or by a library routine. Whom a call through a pointer can reach stands in TARGETS; one that does not stand there, and
a ring of calls that does not stand in RINGS, is an error. Exit status 1 too if less than MARGIN of the stack is left.
"""

import argparse
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
CROSS = "riscv64-unknown-elf-"
MARGIN = 0.25
# function that calls through a pointer -> names of what the pointer can be
TARGETS = {
    "arch_interrupt_poll": r"on_timer|on_interrupt", "budget_step": r"share_gone", "deadlines_expire": r"call_timeout",
    "handle_attach": r"\w+_handle_added", "handle_detach": r"\w+_handle_removed", "judge_mappings": r"judge_(unmap|protect|\w+able)",
    "mapping_remove_step": r"memory_unmapped", "space_page_remove": r"memory_unmapped", "object_destroy": r"\w+_mark",
    "object_enqueue": r"cause", "reap_append": r"cause", "object_free": r"gone", "object_step": r"\w+_step|gone",
    "process_step": r"window_step|process_threads_step|process_ended|process_notices_drop", "put": r"buffer_put",
    "ready_insert": r"list_(prepend|append)", "syscall_handle": r"invoke_\w+", "call_one": r"invoke_\w+",
    "thread_end": r"thread_unwait_all", "trap_entry": r"version|map_add|map_remove|map_protect|interrupt_ack|quick_\w+|arch_quick_\w+|\w+_take",
    "trap_settle": r"on_settle", "trap_take": r"on_settle|on_syscall|on_fault", "trap_interrupt": r"fast_interrupt",
}
# (from, to): a call that closes a ring -> what is not called then, a function and names of whom it calls, and why.
RINGS = {
    ("object_release", "object_destroy"): ("object_destroy", r"\w+_mark"),    # it is dead by then, and marked once
    ("schedule", "arch_interrupt_poll"): ("schedule_once", r"schedule"),      # in_handler
    ("reap", "arch_interrupt_poll"): ("schedule_once", r"schedule"),
    ("reap_ready", "arch_interrupt_poll"): ("schedule_once", r"schedule"),
    ("budget_step", "object_step"): ("budget_step", r"object_step|process_\w+"),  # of the deepest budget, which is empty
}
FRAME = re.compile(r"\t(?:c\.)?addi?(?:16sp)?\tsp,(?:sp,)?-(\d+)")
CALL = re.compile(r"\t(?:c\.)?(?:jal|j|jalr|jr|call|tail|beq\w*|bne\w*|b\w+)\t.*?([0-9a-f]+) <([\w.$]+)(?:\+0x[0-9a-f]+)?>")
POINTER = re.compile(r"\t(?:c\.)?j(?:al)?r\t(?!ra\b|t0\s*$)(?:ra,)?(?:\d+\()?([ast]\d+)\)?\s*$")
SAVED = re.compile(r"__riscv_save_(\d+)$")


class StackError(Exception):
    """What cannot be told, as one sentence."""


def saved_bytes(count, width):
    """What __riscv_save_COUNT takes: ra and so many s registers, in units of 16 bytes."""
    each = width // 8
    return -(-(int(count) + 1) * each // 16) * 16


def base(name):
    return re.sub(r"\.(isra|part|constprop|cold|lto_priv)\b.*", "", name)


def functions(width):
    """name -> (frame in bytes, names called, calls through pointers?) of every function."""
    text = subprocess.run([CROSS + "objdump", "-d", "--no-show-raw-insn", f"build/rv{width}/kernel.elf"], capture_output=True, text=True,
                          check=True).stdout
    listed = subprocess.run([CROSS + "readelf", "-sW", f"build/rv{width}/kernel.elf"], capture_output=True, text=True, check=True).stdout
    # What is written in assembly has its own stack rules: it begins anew at the top, and its calls are ways in.
    pairs = re.findall(r"^ *\d+: ([0-9a-f]+) +\d+ FUNC .* (\S+)$", listed, re.MULTILINE)
    # Of two names the linker script gave the other: arch_ordinary is syscall_handle.
    compiled = {int(at, 16): name for at, name in sorted(pairs, key=lambda pair: (not pair[1].startswith("arch_"), pair))}
    names = {at: name if list(compiled.values()).count(name) == 1 else f"{name}.isra.{at:x}" for at, name in compiled.items()}
    found = {}
    for part in re.split(r"\n\n(?=[0-9a-f]+ <)", text):
        head = re.match(r"([0-9a-f]+) <([\w.$]+)>:\n", part.lstrip("\n"))
        if not head or int(head[1], 16) not in names or head[2].startswith("__riscv_"):
            continue
        name = names[int(head[1], 16)]
        frame, called, pointers = 0, set(), False
        for line in part.splitlines()[1:]:
            if (taken := FRAME.search(line)):
                frame += int(taken[1])
            pointers = pointers or bool(POINTER.search(line))
            if not (to := CALL.search(line)):
                continue
            if (saved := SAVED.match(to[2])):
                frame += saved_bytes(saved[1], width)
            elif (callee := names.get(int(to[1], 16), name)) != name and not callee.startswith("__riscv_"):
                called.add(callee)
        found[name] = (frame, called, pointers)
    return found


def edges(name, found, cuts):
    """Whom a function calls; cuts: (function, names) that are left out."""
    left_out = [names for function, names in cuts if function == base(name)]
    return {each for each in edges_all(name, found) if not any(re.fullmatch(names, base(each)) for names in left_out)}


def edges_all(name, found):
    _, called, pointers = found[name]
    if not pointers:
        return called & set(found)
    if base(name) not in TARGETS:
        raise StackError(f"{name} calls through a pointer, and tool/check/stack.py does not know whom: add it to TARGETS.")
    reached = {each for each in found if re.fullmatch(TARGETS[base(name)], base(each))} - {name}
    if not reached:
        raise StackError(f"nothing in the kernel has a name that TARGETS of tool/check/stack.py gives for {name}.")
    return (called | reached) & set(found)


def deepest(name, found, known, path, cuts=()):
    """(bytes, chain) of the deepest chain of calls that begins with the function."""
    if name in known:
        return known[name]
    if name in path:
        ring = path[path.index(name):]
        cut = RINGS.get((base(path[-1]), base(name)))
        if cut and cut not in cuts:
            return deepest(name, found, {}, [], (*cuts, cut))
        raise StackError(f"a ring of calls has no bound: {' -> '.join([*ring, name])}")
    best = (0, [])
    for each in sorted(edges(name, found, cuts)):
        best = max(best, deepest(each, found, known, [*path, name], cuts), key=lambda one: one[0])
    known[name] = (found[name][0] + best[0], [name, *best[1]])
    return known[name]


def stack_bytes(width):
    with open(f"kernel/arch/riscv/rv{width}/width.h", encoding="utf-8") as file:
        return int(re.search(r"#define STACK_BYTES (\d+)", file.read())[1])


def tell(width, chain):
    found, known = functions(width), {}
    most = max((deepest(name, found, known, []) for name in sorted(found)), key=lambda one: one[0])
    size = stack_bytes(width)
    limit = int(size * (1 - MARGIN))
    print(f"stack rv{width} {most[0]} bytes limit {limit} of {size}{' OVER' if most[0] > limit else ''}")
    if chain or most[0] > limit:
        print("\n".join(f"  {found[name][0]:5} {name}" for name in most[1]))
    return most[0] > limit


def main():
    parser = argparse.ArgumentParser(description="The most that the kernel's stack can hold.")
    parser.add_argument("--width", type=int, choices=(32, 64), action="append")
    parser.add_argument("--chain", action="store_true", help="show the deepest chain of calls")
    given = parser.parse_args()
    os.chdir(TOP)
    try:
        over = [tell(width, given.chain) for width in given.width or (32, 64)]
    except StackError as error:
        sys.exit(f"stack: {error}")
    sys.exit(1 if any(over) else 0)


if __name__ == "__main__":
    main()
