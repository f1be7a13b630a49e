"""tool/contract: what it generates, and which errors it finds that no test provokes.

Most tests use the small contract of contract_sample.py; the others read the real one in abi/.
"""
import json
import re
import unittest

from contract_sample import ROOT, ContractTest

import source
from stubs import CALLER_SAVED


class Generated(ContractTest):
    RISCV = ["-march=rv32imac -mabi=ilp32", "-march=rv64imac -mabi=lp64"]
    STRICT = "-Wall -Wextra -Werror -Wundef -Wshadow -Wconversion -Wno-unused-function -ffreestanding -I."

    def generate(self, abi=ROOT / "abi"):
        run = self.tool("--abi", abi, "--out", ".")
        self.assertEqual(run.returncode, 0, run.stderr)

    def types_header(self):
        """The few kernel types that the generated sources name."""
        (self.folder / "types.h").write_text(
            "#pragma once\n#include <stddef.h>\n#include <stdint.h>\n#include \"kernel/contract.h\"\ntypedef uint32_t handle_t;\n"
            "typedef uintptr_t vaddr_t;\ntypedef struct { uintptr_t address; } user_ptr_t;\n")

    def test_unchanged_files_stay(self):
        """A second run writes nothing, so that make builds nothing."""
        self.generate()
        before = {path: path.stat().st_mtime_ns for path in self.folder.rglob("*") if path.is_file()}
        self.generate()
        self.assertGreater(len(before), 8)
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in before})

    def test_programs_compile(self):
        """The public headers compile as C11 and C++17, by gcc and clang, plain and optimised, for both widths."""
        self.generate()
        for name in ("use.c", "use.cc"):
            (self.folder / name).write_text('#include "abi/nacre_calls.h"\n#include "test/handle_errors.h"\n')
        for arch in self.RISCV:
            clang = f"clang-14 --target=riscv{32 if '32' in arch else 64}"
            for level in ("-O0", "-Os"):
                for compiler in ("riscv64-unknown-elf-gcc -misa-spec=2.2", clang):
                    self.shell(f"{compiler} {arch} {level} {self.STRICT} -std=c11 -c use.c -o use.o")
                    self.shell(f"{compiler} {arch} {level} {self.STRICT} -std=c++17 -c use.cc -o use.o")

    def test_kernel_compiles(self):
        """The kernel's sources compile for both widths and for the host; the asserts there check the layouts."""
        self.generate()
        self.types_header()
        strict = f"-std=gnu11 {self.STRICT} -Wno-conversion -Wmissing-prototypes -Wstrict-prototypes"
        for compiler in [f"riscv64-unknown-elf-gcc -misa-spec=2.2 {arch}" for arch in self.RISCV] + ["clang-14", "gcc"]:
            for name in ("dispatch", "names"):
                self.shell(f"{compiler} -Os {strict} -c kernel/{name}.c -o {name}.o")

    def test_assembler(self):
        """An assembler sees the numbers of the calls in both headers."""
        self.generate()
        (self.folder / "use.S").write_text(
            '#include "abi/nacre_abi.h"\n#include "kernel/contract.h"\nli a7, NACRE_CALL_CLOCK_NOW\nli a7, CALL_CLOCK_NOW\n')
        self.shell(f"riscv64-unknown-elf-gcc {self.RISCV[0]} -I. -c use.S -o use.o")

    def test_clobbers(self):
        """Every stub names every caller-saved register, as operand or clobber, and memory."""
        self.generate()
        text = (self.folder / "abi/nacre_calls.h").read_text()
        stubs = re.findall(r"__asm__ volatile\((.*?)\);", text, re.DOTALL)
        self.assertGreater(len(stubs), 60)
        for stub in stubs:
            named = re.findall(r'"\+?=?r"\((\w+)\)', stub) + re.findall(r'"([at]\d)"', stub)
            self.assertEqual(sorted(named), sorted(CALLER_SAVED), stub)
            self.assertIn('"memory"', stub)

    def test_dispatch(self):
        """Dispatch hands typed arguments to a handler, joins 64-bit halves, and returns results in order."""
        self.generate(self.write("abi"))
        self.types_header()
        (self.folder / "main.c").write_text(DISPATCH_TEST)
        self.shell("clang-14 -fsanitize=address,undefined -fno-sanitize-recover=all -I. main.c kernel/dispatch.c "
                   "kernel/names.c -o main")
        self.shell(str(self.folder / "main"))

    def test_json(self):
        """contract.json holds every call with registers by width, and implied errors marked as such."""
        self.generate(self.write("abi"))
        document = json.loads((self.folder / "contract.json").read_text())
        put = next(call for call in document["calls"] if call["name"] == "box_put")
        self.assertEqual(put["args"][2]["registers"], {"32": ["a2", "a3"], "64": ["a2"]})
        self.assertEqual(put["args"][3]["registers"], {"32": ["a4"], "64": ["a3"]})
        implied = [(error["name"], error["cause"]) for error in put["errors"] if error["implied"]]
        self.assertIn(("RIGHTS", "`box` lacks OPEN"), implied)
        self.assertNotIn(("RIGHTS", "`lid` lacks "), implied)
        self.assertEqual(document["structs"][1]["layout"]["32"]["fields"]["when_ns"], {"offset": 24, "size": 8})
        self.assertEqual(document["structs"][1]["layout"]["64"]["size"], 48)

    def test_handle_table(self):
        """The table of handles has each typed handle with register, type and rights."""
        self.generate(self.write("abi"))
        text = (self.folder / "test/handle_errors.h").read_text()
        self.assertIn('{"box_put", 0, 2, {{0, 1, 0x1}, {sizeof(uintptr_t) == 4 ? 4 : 3, 2, 0x0}}}', text)
        self.assertNotIn("box_leave", text)

    def test_reference(self):
        """The reference has a section for every call of the real contract, and every link in it leads somewhere."""
        run = self.tool("--reference", "ref")
        self.assertEqual(run.returncode, 0, run.stderr)
        pages = {path.name: path.read_text() for path in (self.folder / "ref").iterdir()}
        for call in source.load(ROOT / "abi").calls:
            self.assertIn(f"\n## nacre_{call.name}\n", pages[f"{call.noun}.md"])
        for name, text in pages.items():
            for page, anchor in re.findall(r"\]\(([\w.]*)#?(\w*)\)", text):
                titles = re.findall(r"^## (.*)$", pages[page or name], re.MULTILINE)
                self.assertTrue(not anchor or anchor in [title.lower() for title in titles], f"{name}: {page}#{anchor}")

    def test_reference_errors(self):
        """A call's section gives stated and implied causes of an error together."""
        self.tool("--abi", self.write("abi"), "--reference", "ref")
        text = (self.folder / "ref/box.md").read_text()
        self.assertIn("the lid fits another; or `box` lacks OPEN", text)
        self.assertIn("Does not return.", text)


DISPATCH_TEST = r"""
#include <stdlib.h>
#include <string.h>
#include "kernel/dispatch.h"
#include "kernel/names.h"
#include "kernel/syscalls.h"
#define need(truth) ((truth) ? (void)0 : abort())
static struct box *const a_box = (struct box *)16;
static struct lid *const a_lid = (struct lid *)32;
static struct thread *const me = (struct thread *)64;

err_t sys_box_put(struct thread *self, struct box *box, uint32_t thing, uint64_t weight, struct lid *lid,
                  uint32_t lid_rights, uintptr_t *place, uintptr_t *left)
{
    need(self == me && box == a_box && thing == 7 && weight == 0x123456789abcdef0 && lid == a_lid && lid_rights == 5);
    *place = 1;
    *left = 2;
    return E_FULL;
}
err_t sys_box_age(struct thread *self, struct box *box, uint64_t *age_ns)
{
    need(self == me && box == a_box);
    *age_ns = 0xfedcba9876543210;
    return E_OK;
}
err_t sys_box_leave(struct thread *self, uintptr_t code)
{
    need(self == me && code == 3);
    return E_BLOCKED;
}
err_t sys_box_ask(struct thread *self)
{
    need(self == me);
    return E_RESTART;
}
int main(void)
{
    uintptr_t results[CALL_RESULTS_MAX] = {0};
    struct call_arguments put = {.a = {(uintptr_t)a_box, 7, 0x123456789abcdef0, (uintptr_t)a_lid}, .rights = {1, 5}};
    const struct call_entry *entry = &call_entries[CALL_BOX_PUT];
    need(entry->invoke(me, &put, results) == E_FULL && results[0] == 1 && results[1] == 2 && entry->result_count == 2);
    need(entry->handle_count == 2 && entry->handles[1].slot == 3 && entry->handles[1].type == OBJECT_LID);
    need(entry->handles[0].rights == RIGHT_OPEN && entry->handles[1].rights == 0 && !entry->raw);
    need(call_entries[CALL_BOX_AGE].invoke(me, &put, results) == E_OK && results[0] == 0xfedcba9876543210);
    struct call_arguments leave = {.a = {3}};
    need(call_entries[CALL_BOX_LEAVE].invoke(me, &leave, results) == E_BLOCKED);
    need(call_entries[CALL_BOX_ASK].invoke(me, &leave, results) == E_RESTART && call_entries[CALL_BOX_ASK].raw);
    need(!strcmp(call_names[CALL_BOX_ASK], "box_ask") && !strcmp(err_sentences[E_FULL], "no room") && !err_names[7]);
    return 0;
}
"""


class Coverage(ContractTest):
    COMPLETE = r"""
    /* EXPECT_ERROR(box_put, NONSENSE, in a comment) */
    #define TEST(name, sentence) EXPECT_ERROR(box_put, NONSENSE, \
        in a directive)
    static const char *text = "EXPECT_ERROR(box_put, NONSENSE, in a string) }";
    TEST(full, "a full box is full")
    {
        if (text[0] == '}') { return; }
        EXPECT_ERROR(box_put,
                     FULL,   // over several lines
                     nacre_box_put(box, 1, 2, lid, NULL, NULL));
    }
    TEST(strange_lid, "a strange lid is refused") { EXPECT_ERROR(box_put, RIGHTS, put(LID)); }
    TEST(handles, "every handle argument is checked") { EXPECT_HANDLE_ERRORS(call_table); }
    TEST(number, "an unknown number is refused") { EXPECT_ERROR(no_call, BAD_CALL, call(99)); }
    """

    def report(self, text):
        (self.folder / "box.c").write_text(text)
        return self.tool("--abi", self.write("abi"), "--report-errors", "box.c")

    def test_complete(self):
        """Each call and error is listed with file and test; calls over several lines count, comments do not."""
        run = self.report(self.COMPLETE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("box_put FULL box.c:full\n", run.stdout)
        self.assertIn("box_put RIGHTS box.c:strange_lid\n", run.stdout)
        self.assertIn("box_ask PEER_GONE box.c:handles\n", run.stdout)
        self.assertIn("no_call BAD_CALL box.c:number\n", run.stdout)

    def test_stated_error_missing(self):
        """An error that a call states is missing when only the table of handles provokes it."""
        run = self.report(self.COMPLETE.replace("EXPECT_ERROR(box_put, RIGHTS, put(LID));", ""))
        self.assertEqual(run.returncode, 1)
        self.assertIn("missing: box_put RIGHTS: the lid fits another\n", run.stderr)
        self.assertIn("box_put RIGHTS box.c:handles\n", run.stdout)

    def test_implied_errors_missing(self):
        """Errors that handles imply are missing when no test walks the table."""
        run = self.report(self.COMPLETE.replace("EXPECT_HANDLE_ERRORS(call_table);", ""))
        self.assertEqual(run.returncode, 1)
        self.assertIn("missing: box_age WRONG_TYPE: `box` is not a box\n", run.stderr)

    def test_implied_error_one_by_one(self):
        """An implied error also counts when a test provokes just that one."""
        run = self.report('TEST(a, "s") { EXPECT_ERROR(box_age, PEER_GONE, age(box)); }')
        self.assertIn("box_age PEER_GONE box.c:a\n", run.stdout)
        self.assertNotIn("missing: box_age PEER_GONE", run.stderr)

    def test_no_tests(self):
        """Without any test everything is missing."""
        run = self.tool("--abi", self.write("abi"), "--report-errors")
        self.assertEqual(run.returncode, 1)
        self.assertIn("0 of 15 errors", run.stderr)

    def refused(self, text, problem):
        run = self.report(text)
        self.assertEqual(run.returncode, 2)
        self.assertIn(problem, run.stderr)
        self.assertRegex(run.stderr, r"^box\.c:\d+: EXPECT_")

    def test_unknown_pair(self):
        """An error that the contract does not give to the call is refused, with file and line."""
        self.refused('TEST(a, "s")\n{ EXPECT_ERROR(box_age, FULL, age()); }', 'does not say that "box_age" can answer "FULL"')

    def test_outside(self):
        """A claim outside of any test is refused."""
        self.refused("static void help(void) { EXPECT_ERROR(box_put, FULL, put()); }", "stands outside of a TEST")
        self.refused('TEST(a, "s") { }\nvoid help(void) { EXPECT_ERROR(box_put, FULL, put()); }', "outside of a TEST")

    def test_wrong_form(self):
        """A claim that cannot be read statically is refused."""
        self.refused('TEST(a, "s") { EXPECT_ERROR(calls[i], FULL, put()); }', "must be EXPECT_ERROR(call_name")
        self.refused('TEST(a, "s") { EXPECT_HANDLE_ERRORS(other); }', "must be EXPECT_HANDLE_ERRORS(call_table)")


if __name__ == "__main__":
    unittest.main()
