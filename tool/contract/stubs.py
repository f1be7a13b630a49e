"""nacre_calls.h: every system call as an inline function for C and C++, gcc and clang, RV32 and RV64.

A stub loads the registers of the register map, executes ecall, and on success stores the results through the
pointers it was given. The compiler is told that all other caller-saved registers die.
"""
from registers import ZERO_IN_MESSAGE, assign
from text import comment, wrapped_list

CALLER_SAVED = [f"a{i}" for i in range(8)] + [f"t{i}" for i in range(7)]
ARG_C = {"handle": "nacre_handle_t", "handle_any": "nacre_handle_t", "word": "uintptr_t", "size": "size_t",
         "u32": "uint32_t", "u64": "uint64_t", "va": "uintptr_t", "ptr": "void *", "deadline": "uint64_t",
         "token": "nacre_token_t"}
RESULT_C = {"handle": "nacre_handle_t", "word": "uintptr_t", "va": "uintptr_t", "u64": "uint64_t", "length": "size_t",
            "received": "struct nacre_received"}
WORD_FIELDS = ["opcode"] + [f"word[{i}]" for i in range(5)]
RECEIVED_FIELDS = [f"words.{field}" for field in WORD_FIELDS] + ["token", "badge", "info", "length", "loan"]

HEAD = """\
/* nacre_calls.h - the system calls as inline functions. Generated from abi/, do not edit.
 * Each answers NACRE_E_OK or an error. Results come last and by pointer, NULL where they are not wanted; with an error
 * they are 0, but message words and what was received stay as they were. `words` go in and, where a reply comes, out.
 * Sizes are in bytes unless named otherwise, deadlines absolute in ns of clock_now: NACRE_DEADLINE_NEVER, NACRE_DEADLINE_NOW. */
#pragma once
#include "nacre_abi.h"

/* Always inline, so that code that is copied elsewhere can use them. */
#define NACRE_STUB static inline __attribute__((always_inline))

#ifndef __riscv_xlen
#error "these are the stubs for RISC-V"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The half of a 64-bit value that travels in a second register on RV32. */
NACRE_STUB uintptr_t nacre_high_half(uint64_t value)
{
    return sizeof(uintptr_t) == 4 ? (uintptr_t)(value >> 32) : 0;
}
"""
TAIL = """\
#ifdef __cplusplus
}
#endif
"""


# --- the signature ---------------------------------------------------------------------------------------------

def result_name(call, result):
    """Parameter that takes the result; an argument of the same name keeps it."""
    return result.name + "_out" if any(arg.name == result.name for arg in call.args) else result.name


def arg_parameter(call, arg):
    answered = call.result_of_type("words") or call.result_of_type("received")
    if arg.type == "words":
        const = "" if call.result_of_type("words") else "const "
        return f"{const}struct nacre_words *{arg.name}"
    if arg.type == "message":
        return f"{'' if answered else 'const '}struct nacre_message *{arg.name}"
    return f"{ARG_C[arg.type]} {arg.name}".replace("* ", "*")


def result_parameters(call):
    """Results by pointer; of words only where they do not come back through the argument."""
    outs = []
    for result in call.results:
        if result.type != "words":
            outs.append(f"{RESULT_C[result.type]} *{result_name(call, result)}")
        elif not call.arg_of_type("words"):
            outs.append(f"struct nacre_words *{result.name}")
    return outs


def prototype(call, before=""):
    parameters = [arg_parameter(call, arg) for arg in call.args] + result_parameters(call)
    answer = "void" if call.noreturn else "nacre_err_t"
    return wrapped_list(f"{before}{answer} nacre_{call.name}(", parameters or ["void"], ")")


def doc(call):
    lines = [call.summary + (f" {call.doc}" if call.doc else "")]
    lines += [f"{item.name}: {item.summary}" for item in call.args if item.summary]
    lines += [f"{result_name(call, item)} (result): {item.summary}" for item in call.results if item.summary]
    names = list(dict.fromkeys(failure.name for failure in call.failures()))
    lines.append("Does not return." if call.noreturn else "Errors: " + (", ".join(names) or "none") + ".")
    return comment(lines)


# --- the body --------------------------------------------------------------------------------------------------

def prepare(call, width):
    """What is worked out before the first register is loaded: code in between, a call of the sanitizer's for instance,
    could destroy registers that are loaded already."""
    lines = [f"const struct nacre_words given = *{arg.name};" for arg in call.args if arg.type == "words"]
    return lines + [f"const uintptr_t {arg.name}_high = nacre_high_half({arg.name});" for arg in call.args
                    if arg.type == "deadline" or arg.type == "u64" and width == 32]


def load(slot):
    """The C expression that a register of an argument is loaded with."""
    item = slot.item
    if item.type == "words":
        return f"given.{WORD_FIELDS[slot.part]}"
    if slot.part:
        return f"{item.name}_high"
    return f"(uintptr_t){item.name}" if item.type in ("ptr", "message", "u64", "deadline") else item.name


def operands(call, width):
    """Register -> the expression it is loaded with; None for one that only brings a result."""
    assignment = assign(call, width)
    loads = {slot.register: load(slot) for slot in assignment.ins}
    for arg in call.args:
        if arg.type == "deadline":      # on RV64 too, so that both widths share the text
            loads["t2"] = f"{arg.name}_high"
    if call.is_message():
        loads = {register: "0" for register in ZERO_IN_MESSAGE} | loads
    loads["a7"] = f"NACRE_CALL_{call.name.upper()}"
    for register in ["a0"] * (not call.noreturn) + [slot.register for slot in assignment.outs]:
        loads.setdefault(register, None)
    return {register: loads[register] for register in CALLER_SAVED if register in loads}


def stores(call, width):
    """Statements that write the results of a call that went well."""
    lines, outs = [], assign(call, width).outs
    for result in call.results:
        registers = [slot.register for slot in outs if slot.item is result]
        name = result_name(call, result)
        if result.type == "words":
            name = (call.arg_of_type("words") or result).name
            written = [f"{name}->{field} = {register};" for field, register in zip(WORD_FIELDS, registers)]
        elif result.type == "received":
            written = received_stores(name, registers)
        else:
            written = [f"*{name} = {scalar(result, registers)};"]
        # A scalar is stored in any case: the kernel answers 0 with an error, and so the compiler sees it initialised.
        wanted = f"a0 == NACRE_E_OK && {name}" if result.type in ("words", "received") else name
        lines += [f"if ({wanted}) {{", *("    " + line for line in written), "}"]
    return lines


def scalar(result, registers):
    if len(registers) == 2:
        return f"(uint64_t){registers[1]} << 32 | {registers[0]}"
    return f"(nacre_handle_t){registers[0]}" if result.type == "handle" else registers[0]


def received_stores(name, registers):
    lines = []
    for field, register in zip(RECEIVED_FIELDS, registers):
        if field == "loan":
            lines += [f"{name}->loan_base = {register} & ~(uintptr_t)0xfff;", f"{name}->loan_pages = {register} & 0xfff;"]
        else:
            lines.append(f"{name}->{field} = {register};")
    return lines


def ecall(call, used):
    tied = [f'"+r"({register})' for register, value in used.items() if value is not None]
    fresh = [f'"=r"({register})' for register, value in used.items() if value is None]
    dying = [f'"{register}"' for register in CALLER_SAVED if register not in used] + ['"memory"']
    return [wrapped_list('__asm__ volatile("ecall" : ', tied + fresh, "", " " * 8),
            wrapped_list(" " * 8 + ": : ", dying, ");", " " * 8)]


def body(call, width):
    """Statements of the stub."""
    used = operands(call, width)
    lines = prepare(call, width)
    lines += [f'register uintptr_t {register} __asm__("{register}")' + (f" = {value};" if value is not None else ";")
             for register, value in used.items()]
    lines += ecall(call, used)
    if call.noreturn:
        return lines + ["__builtin_trap();"]
    return lines + stores(call, width) + ["return (nacre_err_t)a0;"]


def stub(call):
    narrow, wide = body(call, 32), body(call, 64)
    lines = ["    " + line for line in narrow]
    if narrow != wide:
        lines = ["#if __riscv_xlen == 32", *lines, "#else", *("    " + line for line in wide), "#endif"]
    before = "__attribute__((noreturn)) NACRE_STUB " if call.noreturn else "NACRE_STUB "
    return "\n".join([doc(call), prototype(call, before), "{", *lines, "}"])


def generate(contract):
    return "\n\n".join([HEAD.strip(), *(stub(call) for call in contract.calls), TAIL.strip()]) + "\n"
