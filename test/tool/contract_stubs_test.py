"""The generated stubs, run: each call's registers are what abi/README.md's register map says they are.

A bare machine under QEMU runs every stub. Its trap handler notes all registers at the ecall and hands back a
pattern in every register that a system call may change; the program, which is generated here from the contract,
compares both with the map. Calls that do not return are only compiled.
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from contract_sample import ROOT, TOOL

import source
from registers import ZERO_IN_MESSAGE, assign
from stubs import RECEIVED_FIELDS, WORD_FIELDS, result_name

NUMBER = {"a": 10, "t": 5}          # x10 is a0, x5 is t0
ARCH = {32: "-march=rv32imac -mabi=ilp32", 64: "-march=rv64imac -mabi=lp64"}
GCC = "riscv64-unknown-elf-gcc -misa-spec=2.2"
CLANG = "clang-14 --target=riscv{width} -mno-relax"

MACHINE = r"""
    .globl _start, seen, give
#if __riscv_xlen == 32
#define STORE sw
#define LOAD lw
#else
#define STORE sd
#define LOAD ld
#endif
#define W (__riscv_xlen / 8)
_start: la sp, stack_top
    la t0, trap
    csrw mtvec, t0
    la t0, seen
    csrw mscratch, t0
    call try_all
    li t0, 0x100000
    sw a0, 0(t0)
hang: j hang
    .balign 4
trap: csrrw sp, mscratch, sp
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    STORE x\n, \n * W(sp)
    .endr
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    la sp, give
    .irp n, 5,6,7,10,11,12,13,14,15,16,17,28,29,30,31
    LOAD x\n, \n * W(sp)
    .endr
    la sp, seen
    csrrw sp, mscratch, sp
    mret
    .bss
    .balign 16
seen: .space 32 * W
give: .space 32 * W
    .space 8192
stack_top:
"""
PROGRAM = r"""
#include "abi/nacre_calls.h"
extern volatile uintptr_t seen[32], give[32];
static int failures;

/* Compilers call it for structures. */
void *memset(void *to, int byte, size_t size);
void *memset(void *to, int byte, size_t size)
{
    for (volatile unsigned char *at = to; size; size--)
        *at++ = (unsigned char)byte;
    return to;
}

static void say(const char *text)
{
    while (*text)
        *(volatile unsigned char *)0x10000000 = *text++;
}

static void expect(int truth, const char *text)
{
    if (!truth) {
        failures++;
        say(text);
        say("\n");
    }
}

/* A value that fills the machine word and differs for each x. */
static uintptr_t mark(uintptr_t x)
{
    return (uintptr_t)0x9e3779b97f4a7c15u * (x + 1);
}

static void answer(uintptr_t err)
{
    for (int i = 0; i < 32; i++)
        give[i] = mark(100 + i);
    give[10] = err;
}
"""


def x(register):
    """Number of a register called aN or tN."""
    index = int(register[1:])
    return 28 + index - 3 if register[0] == "t" and index > 2 else NUMBER[register[0]] + index


class Trial:
    """The C function that tries one stub."""

    def __init__(self, call, width):
        self.call, self.width, self.assignment = call, width, assign(call, width)
        self.setup, self.actual, self.checks, self.untouched = [], [], [], []

    def expect(self, truth, what, into=None):
        (self.checks if into is None else into).append(f'expect({truth}, "{self.call.name}: {what}");')

    def registers_of(self, item, slots):
        return [x(slot.register) for slot in slots if slot.item is item]

    def add_arg(self, arg, position):
        registers = self.registers_of(arg, self.assignment.ins)
        if arg.type == "words":
            self.setup.append("struct nacre_words words = {mark(10), {mark(11), mark(12), mark(13), mark(14), mark(15)}};")
            self.actual.append("&words")
            for part, register in enumerate(registers):
                self.expect(f"seen[{register}] == mark({10 + part})", f"word {part}")
            return
        wide = arg.type in ("u64", "deadline")
        kind = {"u64": "uint64_t", "deadline": "uint64_t", "handle": "uint32_t", "handle_any": "uint32_t",
                "u32": "uint32_t"}.get(arg.type, "uintptr_t")
        value = f"(uint64_t)mark({position}) << 31 | mark({position + 20})" if wide else f"mark({position})"
        self.setup.append(f"{kind} {arg.name}_in = ({kind})({value});")
        cast = {"ptr": "(void *)", "message": "(struct nacre_message *)"}.get(arg.type, "")
        self.actual.append(f"{cast}{arg.name}_in")
        for half, register in enumerate(registers):
            self.expect(f"seen[{register}] == (uintptr_t)({arg.name}_in >> {32 * half})", f"argument {arg.name}")

    def add_result(self, result):
        registers = self.registers_of(result, self.assignment.outs)
        if result.type == "words":
            self.fields("words", WORD_FIELDS, registers, "mark(10 + {})")
            return
        name = result_name(self.call, result) + "_result"
        self.actual.append("&" + name)
        if result.type == "received":
            self.setup.append(f"struct nacre_received {name} = {{{{0, {{0}}}}, 0, 0, 0, 0, 0, 0}};")
            self.fields(name, RECEIVED_FIELDS[:-1], registers, "0")
            self.expect(f"{name}.loan_base + {name}.loan_pages == mark(100 + {registers[-1]}) "
                        f"&& {name}.loan_base % 4096 == 0 && {name}.loan_pages < 4096", "loan")
            return
        kind = {"handle": "nacre_handle_t", "u64": "uint64_t", "length": "size_t"}.get(result.type, "uintptr_t")
        value = " | ".join(f"(uint64_t)mark(100 + {register}) << {32 * half}" for half, register in enumerate(registers))
        self.setup.append(f"{kind} {name} = 77;")
        self.expect(f"{name} == ({kind})({value})", f"result {result.name}")

    def fields(self, name, fields, registers, before):
        for index, (field, register) in enumerate(zip(fields, registers)):
            self.expect(f"{name}.{field} == mark(100 + {register})", f"{field} out")
            self.expect(f"{name}.{field} == {before.format(index)}", f"{field} written with an error", self.untouched)

    def add_fixed(self):
        self.expect(f"seen[17] == NACRE_CALL_{self.call.name.upper()}", "number")
        used = {slot.register for slot in self.assignment.ins}
        for register in ZERO_IN_MESSAGE if self.call.is_message() else ():
            if register not in used:
                self.expect(f"seen[{x(register)}] == 0", f"{register} not zero")

    def lines(self):
        for position, arg in enumerate(self.call.args):
            self.add_arg(arg, position)
        wanted = len(self.actual)
        for result in self.call.results:
            self.add_result(result)
        self.add_fixed()
        call = f"nacre_{self.call.name}({', '.join(self.actual)})"
        nothing = self.actual[:wanted] + ["NULL"] * (len(self.actual) - wanted)
        return [f"static __attribute__((noinline)) void try_{self.call.name}(void)", "{", *self.setup,
                "answer(5);", f'expect({call} == 5, "{self.call.name}: error");', *self.untouched,
                "answer(0);", f'expect({call} == 0, "{self.call.name}: no error");', *self.checks,
                "answer(0);", f"(void)nacre_{self.call.name}({', '.join(nothing)});", "}"]


def program(contract, width):
    calls = [call for call in contract.calls if not call.noreturn]
    lines = [line for call in calls for line in Trial(call, width).lines()]
    main = ["int try_all(void);", "int try_all(void)", "{", *(f"try_{call.name}();" for call in calls),
            "return failures ? 0x13333 : 0x5555;", "}"]
    return "\n".join([PROGRAM, *lines, *main]) + "\n"


class Stubs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.contract = source.load(ROOT / "abi")
        subprocess.run([sys.executable, TOOL, "--out", cls.folder], check=True)
        (cls.folder / "machine.S").write_text(MACHINE)

    def run_stubs(self, width, compiler, level):
        (self.folder / "try.c").write_text(program(self.contract, width))
        compile_c = f"{compiler} {ARCH[width]} -mcmodel=medany -ffreestanding -std=c11 -Wall -Wextra -Werror {level}"
        self.shell(f"{compile_c} -Wno-unused-function -I. -c try.c -o try.o".format(width=width))
        self.shell(f"{GCC} {ARCH[width]} -nostdlib -Wl,--no-relax,-Ttext=0x80000000 machine.S try.o -lgcc -o try.elf")
        run = self.shell(f"timeout 20 qemu-system-riscv{width} -M virt -m 16 -bios none -kernel try.elf -nographic", 2)
        self.assertEqual((run.stdout, run.returncode), ("", 0))

    def shell(self, command, worst=0):
        run = subprocess.run(command.split(), cwd=self.folder, text=True, capture_output=True, stdin=subprocess.DEVNULL)
        self.assertLessEqual(run.returncode, worst, f"{command}\n{run.stdout}{run.stderr}")
        return run

    def test_gcc_rv32(self):
        """Compiled by gcc for RV32, plain or optimised, every stub keeps to the register map."""
        for level in ("-O0", "-Os", "-O2"):
            self.run_stubs(32, GCC, level)

    def test_gcc_rv64(self):
        """Compiled by gcc for RV64, plain or optimised, every stub keeps to the register map."""
        for level in ("-O0", "-Os", "-O2"):
            self.run_stubs(64, GCC, level)

    def test_clang_rv32(self):
        """Compiled by clang for RV32, plain or optimised, every stub keeps to the register map."""
        for level in ("-O0", "-Os", "-O2"):
            self.run_stubs(32, CLANG, level)

    def test_clang_rv64(self):
        """Compiled by clang for RV64, plain or optimised, every stub keeps to the register map."""
        for level in ("-O0", "-Os", "-O2"):
            self.run_stubs(64, CLANG, level)


if __name__ == "__main__":
    unittest.main()
