"""The boot image and boot itself: what tool/image/image.py makes, and what boot/ does with it under QEMU.

Boot is compiled here from its sources, and so is a small kernel, the probe: it prints what it was handed over and
does what the boot option `probe=` asks for. It uses no memory but what boot gave it in a2.
"""
import hashlib
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tool/qemu"))
from qemu import Machine  # noqa: E402

IMAGE_PY = ROOT / "tool/image/image.py"
PAGE = 4096
WIDTHS = (32, 64)
ARCH = {32: "-march=rv32imac -mabi=ilp32", 64: "-march=rv64imac -mabi=lp64"}
BASE = {32: 0xC0000000, 64: 0xFFFFFFFFC0000000}
GCC = "riscv64-unknown-elf-gcc -misa-spec=2.2 -mcmodel=medany -std=gnu11 -Os -ffreestanding -nostdlib"
BARE = "rv{width},sstc=off,pmp=off,h=off,f=off,d=off"
REMEDY = "; write a good image to the flash and start again"

PROBE_START = r"""
    .section .text.start, "ax"
    .globl _start, enter_user
_start: mv s11, a3
    li t0, 0x3000                   # the stack: the end of the data's four pages
    add sp, a2, t0
    li t0, 0x1000
    add sp, sp, t0
    lla t0, trap
    ori t0, t0, 1                   # vectored, which for exceptions must make no difference
    csrw stvec, t0
    csrr a4, satp
    csrr a5, sstatus
    csrr a6, sie
    tail probe
    # Every trap: notes status, cause and value in s9 to s11, goes on behind the instruction, in S-mode.
    .balign 64
    .option push
    .option norvc
trap:
    .rept 16
    j 3f
    .endr
    .option pop
3:  csrw sscratch, t0
    csrr s9, sstatus
    csrr s10, scause
    csrr s11, stval
    bltz s10, 1f
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    j 2f
1:  li t0, 32                       # a timer interrupt: that once is enough
    csrc sie, t0
2:  li t0, 256
    csrs sstatus, t0
    csrr t0, sscratch
    sret
    # Reads `time` in U-mode. The call behind it goes to S-mode from U, and to M-mode (SBI, harmless) from S.
enter_user: li t0, 256
    csrc sstatus, t0
    lla t0, 1f
    csrw sepc, t0
    li a7, 0x10
    li a6, 0
    sret
    .balign 4
1:  csrr a0, time
    ecall
    ret
"""

PROBE = r"""
#include "base/bytes.h"
#include "base/fdt.h"
#include "base/format.h"
#include "base/parse.h"
#include "base/string.h"

register unsigned long status __asm__("s9");
register unsigned long cause __asm__("s10");
register unsigned long value __asm__("s11");

__attribute__((section(".data"))) const uint32_t magic[4] = { 0x11111111, 0x22222222, 0x33333333, 0x44444444 };
__attribute__((section(".bss"))) uint8_t room[0x4000 - 16];
unsigned long enter_user(void);

static long sbi(unsigned long extension, unsigned long function, unsigned long x, unsigned long y, unsigned long *out)
{
	register unsigned long a0 __asm__("a0") = x, a1 __asm__("a1") = y;
	register unsigned long a6 __asm__("a6") = function, a7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
	if (out)
		*out = a1;
	return (long)a0;
}

static void put(void *context, char c)
{
	(void)context;
	sbi(1, 0, (unsigned char)c, 0, NULL);
}

static void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_each(put, NULL, format, list);
	va_end(list);
}

static uint64_t now(void)
{
	unsigned long high, low, again;

#if __riscv_xlen == 64
	__asm__ volatile("csrr %0, time" : "=r"(low));
	return low;
#endif
	do
		__asm__ volatile("csrr %0, 0xc81\n\tcsrr %1, 0xc01\n\tcsrr %2, 0xc81" : "=r"(high), "=r"(low), "=r"(again));
	while (high != again);
	return (uint64_t)high << 32 | low;
}

static void timer_set(uint64_t ticks)
{
	sbi(0x54494d45, 0, (unsigned long)ticks, (unsigned long)(ticks >> 31 >> 1), NULL);
}

static unsigned long pending(void)
{
	unsigned long sip;

	__asm__ volatile("csrr %0, sip" : "=r"(sip));
	return sip >> 5 & 1;
}

/* The empty asm tells the compiler that the trap handler may have changed both. */
#define TRY(name, ...) do { cause = 99, value = 0; __asm__ volatile(__VA_ARGS__); \
	__asm__ volatile("" : "+r"(cause), "+r"(value), "+r"(status)); \
	say("%s cause=%ld value=%lx status=%lx\n", name, (long)cause, value, status & 0x122); } while (0)

static void probe_timer(void)
{
	uint64_t start = now();

	say("timer before=%lu", pending());
	timer_set(start + 20000);
	__asm__ volatile("csrs sie, %0" : : "r"(1 << 5));
	__asm__ volatile("wfi");
	say(" late=%u after=%lu", (unsigned)(now() - start - 20000), pending());
	timer_set(UINT64_MAX);
	say(" cleared=%lu\n", pending());
	cause = 99;
	__asm__ volatile("csrs sstatus, 2");
	timer_set(now());
	while (cause == 99)
		__asm__ volatile("" : "+r"(cause));
	say("interrupt cause=%ld\n", (long)(cause & 0xff));
}

static void probe_traps(void)
{
	uint64_t a = now(), b = now();

	TRY("ones", ".word 0xffffffff");
	TRY("enabled", "csrs sstatus, 2\n\t.word 0xffffffff\n\tcsrc sstatus, 2" : : : "memory");
	TRY("machine", "csrr t0, mstatus" : : : "t0");
	TRY("writetime", "csrrw t0, time, t0" : : : "t0");
	TRY("break", ".option push\n.option norvc\nebreak\n.option pop");
	TRY("cycle", "csrr t0, cycle" : : : "t0");
	TRY("instret", "csrr t0, instret" : : : "t0");
	TRY("time", "csrr t0, time" : : : "t0");
	TRY("stimecmp", "csrr t0, 0x14d" : : : "t0");
	TRY("upper", "csrr t0, timeh" : : : "t0");
	TRY("scounteren0", "csrw scounteren, zero\n\tcall enter_user" : : : "ra", "t0", "a0", "a1", "a6", "a7", "memory");
	TRY("scounteren2", "csrw scounteren, 2\n\tcall enter_user" : : : "ra", "t0", "a0", "a1", "a6", "a7", "memory");
	while (b == a)
		b = now();
	say("advances=%d\n", b > a && b - a < 100000);
}

static void probe_memory(const struct fdt *tree)
{
	struct fdt_range range;

	fdt_reserved(tree, 0, &range);
	TRY("read", ".option push\n.option norvc\nlw t0, 0(%0)\n.option pop" : : "r"((uintptr_t)range.start) : "t0", "memory");
	TRY("write", ".option push\n.option norvc\nsw %0, 4(%0)\n.option pop" : : "r"((uintptr_t)range.start) : "memory");
	fdt_reserved(tree, 1, &range);
	TRY("tree", ".option push\n.option norvc\nlw t0, 0(%0)\n.option pop" : : "r"((uintptr_t)range.start) : "t0", "memory");
}

static void probe_sbi(void)
{
	static const unsigned long extensions[] = { 0, 1, 8, 0x10, 0x54494d45, 0x53525354, 4, 0x735049, 0x52464e43 };
	unsigned long out;
	long error = sbi(0x10, 0, 0, 0, &out);

	say("spec=%lx error=%ld probes=", out, error);
	for (unsigned i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		sbi(0x10, 3, extensions[i], 0, &out);
		say("%lu", out);
	}
	say(" ipi=%ld", sbi(0x735049, 0, 1, 0, NULL));
	say(" legacy=%ld", sbi(4, 0, 0, 0, NULL));
	say(" base7=%ld", sbi(0x10, 7, 0, 0, NULL));
	say(" badreset=%ld\n", sbi(0x53525354, 0, 3, 0, NULL));
}

/* Looks for the tree's seed in all RAM that is free now. */
static void probe_seed(const struct fdt *tree, const struct fdt_node *chosen)
{
	struct fdt_range memory, taken;
	struct fdt_property seed;
	unsigned found = 0;

	fdt_property(tree, chosen, "rng-seed", &seed);
	fdt_reg(tree, fdt_find_type(tree, NULL, "memory"), 0, &memory);
	fdt_reserved(tree, 1, &taken);
	for (uintptr_t at = (uintptr_t)memory.start; at < (uintptr_t)taken.start; at += 4)
		found += load_be32((const void *)at) == load_be32(seed.data);
	say("seed=%u\n", found);
}

/* What the first boot left in RAM tells the second one, which must not find what was left in its own data. */
static void probe_reboot(uintptr_t data)
{
	memset((void *)data, 0x5a, 0x3000);
	volatile uint32_t *mark = (volatile uint32_t *)(data + 0x100000);

	if (mark[0] == 0x600df00d)
		sbi(0x53525354, 0, 0, 0, NULL);
	mark[0] = 0x600df00d;
	sbi(0x53525354, 0, 1, 0, NULL);
}

static void tell_tree(const struct fdt *tree, const struct fdt_node *chosen)
{
	struct fdt_property p;
	struct fdt_range range;

	for (uint32_t i = 0; fdt_property_at(tree, chosen, i, &p); i++) {
		say("chosen %s=", p.name);
		for (uint32_t j = 0; j < p.size; j++)
			say("%02x", p.data[j]);
		say("\n");
	}
	for (uint32_t i = 0; fdt_reserved(tree, i, &range); i++)
		say("reserved %llx %llx\n", (long long)range.start, (long long)range.size);
	fdt_reg(tree, fdt_find_type(tree, NULL, "memory"), 0, &range);
	say("memory %llx %llx\n", (long long)range.start, (long long)range.size);
}

static unsigned long sum(const uint8_t *data, size_t from, size_t to)
{
	unsigned long total = 0;

	while (from < to)
		total += data[from++];
	return total;
}

void probe(unsigned long hart, const void *blob, uint8_t *data, unsigned long check, unsigned long satp,
	   unsigned long sstatus, unsigned long sie)
{
	struct fdt tree;
	const char *fault = fdt_open(&tree, blob, FDT_BYTES_MAX);
	const struct fdt_node *chosen = fdt_find_path(&tree, "/chosen");
	const char *options = fdt_string(&tree, chosen, "bootargs", 0);
	struct option what;
	/* Before the stack below the end of the data was ever used this far down. */
	unsigned long rest = sum(data, 16, 0x3000);

	say("probe hart=%lu check=%d data=%p satp=%lx sie=%lx interrupts=%lu fault=%s\n", hart,
	    check == ((uintptr_t)data ^ 0x4e616372), (void *)data, satp, sie, sstatus >> 1 & 1, fault);
	say("data %08x %08x rest=%lu tree=%p\n", load_le32(data), load_le32(data + 12), rest, blob);
	if (!option_find(options, string_length(options), "probe", &what))
		tell_tree(&tree, chosen);
	else if (string_equal_counted(what.value, what.size, "timer"))
		probe_timer();
	else if (string_equal_counted(what.value, what.size, "traps"))
		probe_traps();
	else if (string_equal_counted(what.value, what.size, "memory"))
		probe_memory(&tree);
	else if (string_equal_counted(what.value, what.size, "sbi"))
		probe_sbi();
	else if (string_equal_counted(what.value, what.size, "seed"))
		probe_seed(&tree, chosen);
	else if (string_equal_counted(what.value, what.size, "spin"))
		for (;;)
			;
	else if (string_equal_counted(what.value, what.size, "failure"))
		sbi(0x53525354, 0, 0, 1, NULL);
	else if (string_equal_counted(what.value, what.size, "legacy"))
		sbi(8, 0, 0, 0, NULL);
	else if (string_equal_counted(what.value, what.size, "reboot"))
		probe_reboot((uintptr_t)data);
	say("end\n");
	sbi(0x53525354, 0, 0, 0, NULL);
}
"""

PROBE_LDS = """
ENTRY(_start)
PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); note PT_NOTE FLAGS(4); }
SECTIONS {
  . = %#x;
  .text : { *(.text.start) *(.text .text.*) *(.rodata .rodata.* .srodata .srodata.*) } :text
  .note.gnu.build-id : { *(.note.gnu.build-id) } :text :note
  . = %#x;
  .data : { *(.data .data.*) } :data
  .bss : { *(.bss .bss.*) } :data
  /DISCARD/ : { *(.comment .riscv.attributes .eh_frame .sdata .sbss) }
}
"""


def header_at(content):
    """The header starts a page; its magic also stands in boot's text."""
    return next(at for at in range(0, len(content), PAGE) if content[at:at + 8] == b"NACREIMG")


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        raise AssertionError(f"{command}:\n{done.stderr}")
    return done.stdout


def sources(folder, endings):
    return sorted(p for p in (ROOT / folder).iterdir() if p.suffix in endings)


def boot_compile(folder, width):
    objects = folder / f"objects{width}"
    objects.mkdir()
    run([*GCC.split(), *ARCH[width].split(), "-fPIE", "-ffunction-sections", f"-I{ROOT}", "-c",
         *sources("boot", (".c", ".S")), *sources("base", (".c",))], cwd=objects)


def boot_link(folder, width, *extra):
    """The flags that matter are those that boot/README.md names."""
    elf = folder / f"boot{width}.elf"
    run([*GCC.split(), *ARCH[width].split(), "-fPIE", "-pie", f"-B{folder}/", "-Wl,--no-dynamic-linker,-z,norelro,--gc-sections",
         f"-Wl,-T,{ROOT}/boot/boot.lds", *sorted((folder / f"objects{width}").iterdir()), *extra, "-o", elf])
    run(["riscv64-unknown-elf-objcopy", "-O", "binary", "-j", ".text", elf, folder / f"boot{width}"])


def probe_build(folder, width):
    lds = folder / f"probe{width}.lds"
    lds.write_text(PROBE_LDS % (BASE[width], BASE[width] + 0x100000))
    run([*GCC.split(), *ARCH[width].split(), "-ffixed-s9", "-ffixed-s10", "-ffixed-s11", "-msmall-data-limit=0", "-fno-pic", "-s",
         f"-I{ROOT}", f"-Wl,-T,{lds},-z,max-page-size=4096,--build-id=sha1", folder / "start.S", folder / "probe.c",
         *sources("base", (".c",)), "-o", folder / f"probe{width}"])


def setUpModule():
    """One folder for all tests, with boot, probe and device tree for both widths."""
    Workshop.folder = folder = Path(tempfile.mkdtemp(prefix="nacre-image-"))
    unittest.addModuleCleanup(shutil.rmtree, folder)
    Workshop.dtb = folder / "board.dtb"
    (folder / "ld").symlink_to(shutil.which("riscv64-linux-gnu-ld"))
    (folder / "start.S").write_text(PROBE_START)
    (folder / "probe.c").write_text(PROBE)
    run(["dtc", "-q", "-O", "dtb", "-o", Workshop.dtb, ROOT / "board/qemu-virt/board.dts"])
    for width in WIDTHS:
        boot_compile(folder, width)
        boot_link(folder, width)
        probe_build(folder, width)


class Workshop(unittest.TestCase):
    folder = dtb = None     # of setUpModule

    def image(self, width, options="", name="image", files=(), **paths):
        """Builds an image and returns its path."""
        out = self.folder / f"{name}{width}"
        done = self.image_py(width, out, options, files, **paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return out

    def image_py(self, width, out, options="", files=(), **paths):
        given = {"boot": f"boot{width}", "kernel": f"probe{width}", "init": f"probe{width}", "dtb": "board.dtb", **paths}
        words = [word for key, path in given.items() for word in (f"--{key}", self.folder / path)]
        words += [word for file in files for word in ("--file", file)]
        return subprocess.run([IMAGE_PY, "build", *words, "--options", options, "--out", out], capture_output=True, text=True)

    def spoilt_elf(self, name, at, form, value, width=32):
        """The probe with one field of its ELF file changed."""
        content = bytearray((self.folder / f"probe{width}").read_bytes())
        struct.pack_into(form, content, at, value)
        (self.folder / name).write_bytes(content)
        return name

    @staticmethod
    def parts(image):
        """(header's offset, archive's bytes, archive's offset)."""
        content = Path(image).read_bytes()
        at = header_at(content)
        _, stated_at, total, archive_at, size, _ = struct.unpack_from("<6I", content, at + 8)
        assert stated_at == at and archive_at + size == total == len(content)
        return at, content[archive_at:], archive_at

    def members(self, image):
        """{name: (offset in the image, content)}, read by Python's tar reader."""
        _, archive, base = self.parts(image)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            return {m.name: (base + m.offset_data, tar.extractfile(m).read()) for m in tar.getmembers()}


class Images(Workshop):
    def files(self):
        """A small, a page-sized, a page-and-a-bit and an empty file, and a program."""
        for name, size in (("small", 5), ("page", PAGE), ("more", PAGE + 600), ("empty", 0), ("most", PAGE - 1024)):
            (self.folder / name).write_bytes(b"x" * size)
        return [f"data/{name}={self.folder / name}" for name in ("small", "page", "more", "empty", "most")] + [
            f"bin/probe={self.folder / 'probe32'}"]

    def test_standard_tools(self):
        """tar lists and extracts the archive, and sha256sum agrees with its table."""
        image = self.image(32, "a=b", files=self.files())
        archive = self.folder / "archive.tar"
        archive.write_bytes(self.parts(image)[1])
        self.assertEqual(run(["tar", "tf", archive]).split(),
                         ["SHA256SUMS", "options", "board.dtb", "kernel", "init", "bin/probe", "data/empty", "data/more",
                          "data/most", "data/page", "data/small"])
        out = Path(tempfile.mkdtemp(dir=self.folder))
        run(["tar", "xf", archive, "-C", out])
        self.assertEqual(run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=out).count(": OK\n"), 10)
        self.assertEqual((out / "options").read_text(), "a=b\n")
        self.assertEqual((out / "kernel").read_bytes(), (self.folder / "probe32").read_bytes())

    def test_pages(self):
        """The content of each file starts on a page, and no page holds content of two files."""
        members = self.members(self.image(32, files=self.files()))
        last_page = -1
        for name, (offset, content) in members.items():
            self.assertEqual(offset % PAGE, 0, name)
            if content:
                self.assertGreater(offset // PAGE, last_page, name)
                last_page = (offset + len(content) - 1) // PAGE

    def test_header(self):
        """The header's hashes cover the header and the table, and the image's end repeats the first."""
        image = self.image(64)
        at, archive, _ = self.parts(image)
        content = image.read_bytes()
        header = content[at:at + 64]
        self.assertEqual(header[32:], hashlib.sha256(self.members(image)["SHA256SUMS"][1]).digest())
        self.assertEqual(content[at + 64:at + 96], hashlib.sha256(header).digest())
        self.assertEqual(content[-32:], content[at + 64:at + 96])
        self.assertEqual(len(content) % PAGE, 0)
        self.assertFalse(any(content[at + 96:at + PAGE]))
        self.assertFalse(any(archive[-1056:-32]))

    def test_same_bytes(self):
        """The same inputs give the same bytes, whatever the order of files, the folder, the time."""
        files = self.files()
        one = self.image(32, "x", "one", files).read_bytes()
        os.utime(self.folder / "small", (0, 0))
        two = self.image(32, "x", "two", files[::-1]).read_bytes()
        self.assertEqual(one, two)

    def test_whole_or_not(self):
        """A build that fails leaves the old image as it was and no other file behind."""
        image = self.image(32, name="kept")
        before, listing = image.read_bytes(), sorted(os.listdir(self.folder))
        self.assertEqual(self.image_py(32, image, kernel="missing").returncode, 1)
        self.assertEqual(image.read_bytes(), before)
        self.assertEqual(sorted(os.listdir(self.folder)), listing)

    def refused(self, sentence, width=32, **more):
        done = self.image_py(width, self.folder / "refused", **more)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Aimage\.py: [^\n]*" + re.escape(sentence) + r"[^\n]*\.\n\Z")
        self.assertFalse((self.folder / "refused").exists())

    def test_refuses_inputs(self):
        """Missing and unfitting inputs are refused with one sentence."""
        self.refused("No such file", init="nothing")
        self.refused("is not boot's text", boot="probe32")
        self.refused("not a little-endian ELF file", kernel="board.dtb")
        self.refused("is not a 32-bit program", init="probe64")
        self.refused("at most 1000 bytes", options="x" * 1001)
        done = self.image_py(32, self.folder / "nothing/image")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Aimage\.py: cannot write [^\n]*: No such file or directory\.\n\Z")

    def test_refuses_names(self):
        """Names that a reader could stumble over are refused."""
        for name in ("", "/x", "a//b", "../x", "a/./b", "a b", "ä", "a\n"):
            self.refused("is no name for a file", files=[f"{name}={self.dtb}"])
        self.refused("longer than the 100 bytes", files=[f"{'n' * 101}={self.dtb}"])
        self.refused("two files are named kernel", files=[f"kernel={self.dtb}"])
        self.refused("two files are named SHA256SUMS", files=[f"SHA256SUMS={self.dtb}"])
        self.refused("two files are named a", files=[f"a={self.dtb}", f"a={self.dtb}"])
        self.refused("wants NAME=PATH", files=["bin/x"])

    def test_refuses_segments(self):
        """Programs whose segments cannot be mapped in place are refused, with the segment and the remedy."""
        text, data = 52, 52 + 32
        for at, form, value, sentence in (
                (text + 28, "<I", 16, "cannot be mapped in place"), (text + 8, "<I", BASE[32] + 4, "cannot be mapped in place"),
                (text + 24, "<I", 7, "both writable and executable"), (data + 8, "<I", BASE[32], "share a page of memory"),
                (text + 16, "<I", 1 << 30, "lies outside the file"), (44, "<H", 0, "has nothing to load"),
                (28, "<I", 1 << 30, "lies outside it"), (18, "<H", 62, "not an executable for RISC-V")):
            spoilt = self.spoilt_elf("spoilt", at, form, value)
            self.refused(f"spoilt: its segment at 0x{BASE[32]:x}" if value == 16 else sentence, kernel=spoilt)
            self.refused(sentence, files=[f"bin/x={self.folder / spoilt}"])
        shared = self.spoilt_elf("spoilt", data + 24, "<I", 4)
        content = bytearray((self.folder / shared).read_bytes())
        struct.pack_into("<I", content, data + 4, PAGE)
        (self.folder / shared).write_bytes(content)
        self.refused("share a page of the file", kernel=shared)

    def test_flash_size(self):
        """An image is padded to the flash's size, and refused where it is larger."""
        out = self.folder / "padded"
        base = [IMAGE_PY, "build", "--boot", self.folder / "boot32", "--kernel", self.folder / "probe32", "--init",
                self.folder / "probe32", "--dtb", self.dtb, "--out", out, "--flash-bytes"]
        run([*base, "33554432"])
        self.assertEqual(out.stat().st_size, 33554432)
        done = subprocess.run([*base, "65536"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the flash only 65536", done.stderr)

    def test_info(self):
        """info lists files with place, size and digest, and for programs build ID and segments."""
        for width in WIDTHS:
            image = self.image(width, files=self.files()[:1])
            told = run([IMAGE_PY, "info", image])
            offset, content = self.members(image)["kernel"]
            self.assertRegex(told, rf"(?m)^kernel +{offset:#x} +[0-9.]+ KiB +ok$")
            self.assertRegex(told, rf"{width}-bit, fixed address, entry 0x{BASE[width]:x}, build ID [0-9a-f]{{40}}")
            self.assertRegex(told, rf"R-X  0x{BASE[width]:x}  .* mapped in place")
            self.assertRegex(told, rf"RW-  0x{BASE[width] + 0x100000:x}  .* copied to RAM")
            self.assertEqual(told.count(" ok\n"), 6)

    def test_info_damage(self):
        """info finds damage of any kind and ends with status 1."""
        image = self.image(32)
        good, at = image.read_bytes(), self.parts(image)[0]
        for name, place, sentence in (("header", at + 9, "the header at"), ("table", self.members(image)["SHA256SUMS"][0],
                                      "SHA256SUMS is missing"), ("end", len(good) - 1, "the image is cut"),
                                      ("magic", at, "no boot image")):
            content = bytearray(good)
            content[place] ^= 1
            (self.folder / "bad").write_bytes(content)
            done = subprocess.run([IMAGE_PY, "info", self.folder / "bad"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, name)
            self.assertIn(sentence, done.stderr)
        content = bytearray(good)
        content[self.members(image)["init"][0] + 100] ^= 1
        (self.folder / "bad").write_bytes(content)
        done = subprocess.run([IMAGE_PY, "info", self.folder / "bad"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^init .* DAMAGED$")

    def test_usage(self):
        """Wrong usage ends with status 2."""
        for words in ([], ["build"], ["info"], ["bake", "x"]):
            self.assertEqual(subprocess.run([IMAGE_PY, *words], capture_output=True).returncode, 2)


class Boot(Workshop):
    def boot(self, width, image, mem="16M", cpu=None, extra=(), **more):
        """Runs until QEMU ends; (its status, what came over the UART)."""
        with Machine(width, mem, image, cpu=cpu and cpu.format(width=width), extra=extra, seconds=60, **more) as machine:
            status = machine.wait()
            return status, machine.output

    def probe(self, width, what="", mem="16M", cpu=None, options="", extra=()):
        """What the probe says, when it ends as it should."""
        image = self.image(width, f"{what and 'probe=' + what} {options}".strip())
        status, output = self.boot(width, image, mem, cpu, extra)
        self.assertEqual(status, 0, output)
        self.assertTrue(output.endswith("end\n"), output)
        return output

    def told(self, output):
        """The probe's report on the tree: chosen properties, reserved ranges, memory."""
        chosen = {k: bytes.fromhex(v) for k, v in re.findall(r"(?m)^chosen (\S+)=([0-9a-f]*)$", output)}
        reserved = [(int(a, 16), int(b, 16)) for a, b in re.findall(r"(?m)^reserved (\w+) (\w+)$", output)]
        memory = tuple(int(n, 16) for n in re.search(r"(?m)^memory (\w+) (\w+)$", output).groups())
        return chosen, reserved, memory

    def assert_handed_over(self, width, output, image, flash=0x20000000):
        """The whole contract between boot and kernel, for an image that lies at `flash`."""
        chosen, reserved, memory = self.told(output)
        members, archive_at = self.members(image), self.parts(image)[2]
        head = re.search(r"^probe hart=0 check=1 data=0x(\w+) satp=0 sie=0 interrupts=0 fault=\(null\)\n"
                         r"data 11111111 44444444 rest=0 tree=0x(\w+)$", output, re.M)
        self.assertTrue(head, output)
        data, tree = (int(n, 16) for n in head.groups())
        start, end = (struct.unpack(">Q", chosen[f"linux,initrd-{edge}"])[0] for edge in ("start", "end"))
        self.assertEqual((start, end), (flash + archive_at, flash + image.stat().st_size))
        numbers = struct.unpack(f">{len(chosen['nacre,init']) // 8}Q", chosen["nacre,init"])
        content = flash + members["init"][0]
        self.assertEqual(numbers[:2], (BASE[width], 2))
        self.assertEqual(numbers[2:4] + (numbers[6],), (content + PAGE, BASE[width], 5))
        self.assertEqual(numbers[8:12], (BASE[width] + 0x100000, 16, 0x4000, 6))
        for at, size in reserved[:3]:
            self.assertTrue(at % PAGE == size % PAGE == 0 and memory[0] <= at and at + size <= sum(memory))
        self.assertEqual(reserved[0], (sum(memory) - 8192, 8192))
        self.assertEqual(reserved[1][0], tree)
        self.assertEqual(tree + reserved[1][1], reserved[0][0])
        self.assertEqual(reserved[2], (data, 0x4000))
        return chosen, reserved, memory

    def test_hand_over(self):
        """The kernel gets hart, tree and data as the contract says, and the tree names image, init and what is taken."""
        for width in WIDTHS:
            image = self.image(width)
            status, output = self.boot(width, image)
            self.assertEqual(status, 0)
            chosen, reserved, memory = self.assert_handed_over(width, output, image)
            self.assertEqual(len(reserved), 3)
            self.assertEqual(memory, (0x80000000, 16 << 20))
            self.assertEqual(reserved[2][0], 0x80000000)
            self.assertEqual(len(chosen["rng-seed"]), 32)

    def test_memory_sizes(self):
        """Boot works with 2 MiB, with the tree at the start of RAM, with odd sizes, and with a lot."""
        for width in WIDTHS:
            image = self.image(width)
            for mem, size in (("1M", 1 << 20), ("2M", 2 << 20), ("3M", 3 << 20), ("128M", 128 << 20), ("1G", 1 << 30)):
                status, output = self.boot(width, image, mem)
                self.assertEqual(status, 0, mem)
                self.assertEqual(self.assert_handed_over(width, output, image)[2][1], size)

    def test_too_little_memory(self):
        """Where RAM is too small, or not where the tree says, boot says so and ends with status 1."""
        for width in WIDTHS:
            status, output = self.boot(width, self.image(width), "512K")
            self.assertEqual(status, 1)
            self.assertRegex(output, r"\Aboot: the RAM at 0x80ffe000, which the device tree promises, does not answer; .*\n\Z")

    def test_bare_hart(self):
        """A hart without Sstc, PMP, hypervisor and floating point boots as well."""
        for width in WIDTHS:
            image = self.image(width)
            status, output = self.boot(width, image, cpu=BARE)
            self.assertEqual(status, 0)
            self.assert_handed_over(width, output, image)

    def test_other_harts(self):
        """With more harts all but the first are parked."""
        for width in WIDTHS:
            output = self.ends(width, 3, "spin", "deadline=50000000", extra=["-smp", "4"])
            self.assertEqual(re.findall(r"probe hart=\d", output), ["probe hart=0"])

    def shimmed(self, width, image, a1):
        """A page in front of the image that sets a1 and jumps to it."""
        source, elf = self.folder / "shim.S", self.folder / "shim"
        source.write_text(f".globl _start\n_start: li a1, {a1}\n li t0, 0x20001000\n jr t0\n")
        run([*GCC.split(), *ARCH[width].split(), "-Wl,-Ttext=0x20000000,--build-id=none", source, "-o", elf])
        run(["riscv64-unknown-elf-objcopy", "-O", "binary", "-j", ".text", elf, self.folder / "shim.bin"])
        out = self.folder / f"shimmed{width}"
        out.write_bytes((self.folder / "shim.bin").read_bytes().ljust(PAGE, b"\0") + image.read_bytes())
        return out

    def test_own_tree(self):
        """Where a1 points at no tree, or at nothing, the image's own is used; the image may lie anywhere in the flash."""
        for width in WIDTHS:
            image = self.image(width)
            for a1 in (0, 0x80000008, 0x80000FFF, 0x20001000, 0x18000000, 0x7FFFFFFF):
                status, output = self.boot(width, self.shimmed(width, image, a1))
                self.assertEqual(status, 0)
                chosen, _, memory = self.assert_handed_over(width, output, image, 0x20001000)
                self.assertEqual(memory[1], 16 << 20)
                self.assertNotIn("rng-seed", chosen)

    def test_seed_erased(self):
        """The firmware's tree, and the seed in it, is gone when the kernel starts."""
        for width in WIDTHS:
            self.assertIn("seed=0\n", self.probe(width, "seed"))

    def test_from_ram(self):
        """Started from RAM boot keeps the image and puts the kernel's data behind it."""
        for width in WIDTHS:
            image = self.image(width)
            status, output = self.boot(width, None, extra=["-bios", str(image)])
            self.assertEqual(status, 0, output)
            _, reserved, _ = self.assert_handed_over(width, output, image, 0x80000000)
            self.assertEqual(reserved[3], (0x80000000, image.stat().st_size))
            self.assertEqual(reserved[2][0], 0x80000000 + image.stat().st_size)

    def test_options(self):
        """The image's options become bootargs, as one line."""
        for width in WIDTHS:
            chosen, _, _ = self.told(self.probe(width, options="one=1 two\nthree"))
            self.assertEqual(chosen["bootargs"], b"one=1 two three\0")

    def test_counters(self):
        """The tree tells instructions at reset, at hand-over and spent hashing, and they fit the work."""
        for width in WIDTHS:
            chosen, _, _ = self.told(self.probe(width))
            reset, over = struct.unpack(">2Q", chosen["nacre,boot-instructions"])
            hashed, = struct.unpack(">Q", chosen["nacre,hash-instructions"])
            cycles = struct.unpack(">2Q", chosen["nacre,boot-cycles"])
            size = 2 * (self.folder / f"probe{width}").stat().st_size
            self.assertLess(reset, 1000)
            self.assertLess(over - reset - hashed, 1500000)
            self.assertTrue(60 * size < hashed < 75 * (size + 8192), (hashed, size))
            self.assertLess(abs((cycles[1] - cycles[0]) - (over - reset)), 1000)

    def test_timer(self):
        """set_timer wakes the hart in time, interrupts it, and clears what was pending, with Sstc and without."""
        for width in WIDTHS:
            for cpu, options in ((None, ""), (BARE, ""), (None, "no-time-csr"), (BARE, "no-time-csr")):
                output = self.probe(width, "timer", cpu=cpu, options=options)
                late = re.search(r"timer before=0 late=(\d+) after=1 cleared=0\ninterrupt cause=5\n", output)
                self.assertTrue(late, output)
                self.assertLess(int(late[1]), 200)

    def assert_traps(self, width, output, stimecmp=2):
        found = re.findall(r"(?m)^(\w+) cause=(\d+) value=(\w+) status=(\w+)$", output)
        traps = {name: (int(cause), value) for name, cause, value, _ in found}
        status = {name: int(bits, 16) for name, _, _, bits in found}
        spp, spie = 0x100, 0x20
        self.assertEqual(traps["ones"], (2, "ffffffff"))
        self.assertEqual((status["ones"], status["enabled"], status["scounteren0"]), (spp, spp | spie, spie))
        self.assertEqual(traps["machine"], (2, "300022f3"))
        self.assertEqual(traps["writetime"], (2, "c01292f3"))
        self.assertEqual(traps["break"][0], 3)
        for name in ("cycle", "instret", "time"):
            self.assertEqual(traps[name][0], 99, name)
        self.assertEqual(traps["stimecmp"][0], stimecmp)
        self.assertEqual(traps["upper"][0], 99 if width == 32 else 2)
        self.assertEqual(traps["scounteren0"], (2, "c0102573"))
        self.assertEqual(traps["scounteren2"][0], 8)
        self.assertIn("advances=1\n", output)

    def test_traps(self):
        """S-mode sees illegal instructions and breakpoints itself, and counters can be read."""
        for width in WIDTHS:
            self.assert_traps(width, self.probe(width, "traps"), stimecmp=99)

    def test_time_emulated(self):
        """Without a time CSR it is emulated, for U-mode only where scounteren allows it; all else traps as before."""
        for width in WIDTHS:
            self.assert_traps(width, self.probe(width, "traps", options="no-time-csr"))
            self.assert_traps(width, self.probe(width, "traps", options="no-time-csr", cpu=BARE))

    def test_boot_memory_hidden(self):
        """PMP keeps S-mode out of boot's RAM, and only out of that."""
        for width in WIDTHS:
            output = self.probe(width, "memory")
            self.assertRegex(output, r"read cause=5 value=80ffe000 .*\nwrite cause=7 value=80ffe004 .*\ntree cause=99 ")

    def test_sbi(self):
        """The SBI says what it has and refuses what it has not."""
        for width in WIDTHS:
            self.assertIn("spec=1000000 error=0 probes=111111000 ipi=-2 legacy=-2 base7=-2 badreset=-3\n",
                          self.probe(width, "sbi"))

    def ends(self, width, status, what, options="", cpu=None, **more):
        done, output = self.boot(width, self.image(width, f"probe={what} {options}"), cpu=cpu, **more)
        self.assertEqual(done, status, output)
        self.assertNotIn("end\n", output)
        return output

    def test_shutdown(self):
        """A shutdown ends QEMU with status 0, one for a failure with status 1."""
        for width in WIDTHS:
            self.assertEqual(self.boot(width, self.image(width))[0], 0)
            self.ends(width, 0, "legacy")
            self.ends(width, 1, "failure")

    def test_reboot(self):
        """A cold reboot starts over, with the kernel's data fresh and its bss zero."""
        for width in WIDTHS:
            output = self.ends(width, 0, "reboot", reboot=True)
            self.assertEqual(output.count("probe hart=0"), 2)
            self.assertEqual(output.count("data 11111111 44444444 rest=0"), 2)

    def test_deadline(self):
        """The option deadline ends a run that takes too long with one sentence and status 3, and only such a run."""
        for width in WIDTHS:
            for cpu in (None, BARE):
                output = self.ends(width, 3, "spin", "deadline=30000000", cpu)
                self.assertRegex(output, r"\nboot: the deadline passed, [^\n]*\n\Z")
                self.assertIn("interrupt cause=5", self.probe(width, "timer", options="deadline=60000000000", cpu=cpu))

    def test_deadline_wrong(self):
        """A deadline that is no number is refused."""
        status, output = self.boot(32, self.image(32, "deadline=soon"))
        self.assertEqual(status, 1)
        self.assertEqual(output, "boot: the boot option deadline=soon is not a number of nanoseconds; correct the options\n")

    # --- images that boot must refuse ---------------------------------------------------------------------------

    def refused(self, content, sentence, width=32):
        bad = self.folder / f"bad{width}"
        bad.write_bytes(content)
        status, output = self.boot(width, bad)
        self.assertEqual(status, 1, output)
        self.assertRegex(output, r"\Aboot: [^\n]*" + re.escape(sentence) + r"[^\n]*\n\Z")

    def test_missing(self):
        """Boot alone, over an empty flash, says that there is no image."""
        for width in WIDTHS:
            boot = (self.folder / f"boot{width}").read_bytes()
            for rest in (b"", b"\xff" * 65536):
                self.refused(boot + rest, f"no image: there is no NACREIMG header at 0x{0x20000000 + len(boot):x}" + REMEDY,
                             width)

    def test_cut(self):
        """An image cut anywhere, and padded with either kind of empty flash, is refused as cut or missing."""
        for width in WIDTHS:
            content = self.image(width).read_bytes()
            at = header_at(content)
            for size in (at + 1, at + 40, at + 96, at + PAGE, at + 3 * PAGE + 7, len(content) // 2, len(content) - PAGE,
                         len(content) - 32, len(content) - 1):
                sentence = "no image" if size < at + 8 else "the image header" if size < at + 96 else (
                    f"the image is cut, its end at 0x{0x20000000 + len(content):x} is missing")
                self.refused(content[:size].ljust(len(content), b"\0"), sentence, width)
                self.refused(content[:size].ljust(len(content) + PAGE, b"\xff"), sentence, width)

    def test_header_damage(self):
        """Any one byte of the header changed is found."""
        content = self.image(32).read_bytes()
        at = header_at(content)
        for place in range(0, 96, 5):
            spoilt = bytearray(content)
            spoilt[at + place] ^= 0x10
            self.refused(spoilt, "no image" if place < 8 else f"the image header at 0x{0x20000000 + at:x} is damaged")

    def test_file_damage(self):
        """Damage to the table or to any file that boot uses is found and named, with its place."""
        for width in WIDTHS:
            image = self.image(width, files=[f"bin/x={self.folder}/probe{width}"])
            content = image.read_bytes()
            for name in ("SHA256SUMS", "options", "board.dtb", "kernel", "init"):
                offset, data = self.members(image)[name]
                for place in (0, len(data) - 1):
                    spoilt = bytearray(content)
                    spoilt[offset + place] ^= 1
                    self.refused(spoilt, f"the file {name} at 0x{0x20000000 + offset:x} is damaged", width)
            spoilt = bytearray(content)
            spoilt[self.members(image)["bin/x"][0]] ^= 1
            (self.folder / "unused").write_bytes(spoilt)
            self.assertEqual(self.boot(width, self.folder / "unused")[0], 0)

    def test_archive_damage(self):
        """A damaged header within the archive is found, with its place."""
        image = self.image(32)
        content = image.read_bytes()
        for name, (offset, _) in self.members(image).items():
            spoilt = bytearray(content)
            spoilt[offset - 512 + 1] ^= 1
            self.refused(spoilt, f"the image is damaged {offset - 512} bytes from its start, the archive holds a header "
                         "with a wrong checksum")

    def rehash(self, content, change):
        """An image whose header was changed and whose hashes are right again: another builder's."""
        content = bytearray(content)
        at = header_at(content)
        change(content, at)
        digest = hashlib.sha256(content[at:at + 64]).digest()
        content[at + 64:at + 96] = content[-32:] = digest
        return content

    def test_header_foreign(self):
        """A well-hashed header of another version, or whose offsets do not fit, is refused."""
        content = self.image(32).read_bytes()
        self.refused(self.rehash(content, lambda c, at: struct.pack_into("<I", c, at + 8, 2)), "is of version 2")
        for field, value in ((12, 0), (16, 0), (16, 0xFFFFFFFF), (20, 0), (20, 0xFFFFF000), (24, 0xFFFFFFFF), (24, 0),
                             (28, 1)):
            self.refused(self.rehash(content, lambda c, at: struct.pack_into("<I", c, at + field, value)),
                         "does not fit this boot")

    def test_kernel_unfit(self):
        """A kernel of the wrong shape is refused with the reason."""
        for at, form, value, sentence in ((16, "<H", 3, "is not one R-X and one RW- segment"),
                                          (24, "<I", 0, "its entry point does not lie in an executable segment"),
                                          (36, "<I", 3, "it needs hardware floating point"),
                                          (52 + 32 + 20, "<I", 0x7000000, "there is no RAM for the kernel's data")):
            kernel = self.spoilt_elf("unfit", at, form, value)
            self.refused(self.image(32, kernel=kernel).read_bytes(), sentence)

    def test_init_unfit(self):
        """An init that could not be started is refused with the reason, before the kernel starts."""
        init = self.spoilt_elf("unfit", 24, "<I", 0)
        self.refused(self.image(32, init=init).read_bytes(),
                     "the program init in the image cannot be started: its entry point does not lie in an executable segment")

    def test_options_long(self):
        """The longest options that image.py takes fit."""
        for width in WIDTHS:
            text = "x" * 1000
            self.assertEqual(self.told(self.probe(width, options=text))[0]["bootargs"], text.encode() + b"\0")

    # --- boot's text --------------------------------------------------------------------------------------------

    def test_no_pointers(self):
        """The linker script refuses writable data and constants that hold pointers: boot must run at any address."""
        source = self.folder / "extra.c"
        for text, sentence in (
                ('int counter = 1; int more(void); int more(void) { return counter++; }', "boot must have no writable data"),
                ('const char *const words[] = { "a", "b" }; const char *more(int i); '
                 'const char *more(int i) { return words[i]; }', "boot must run at any address")):
            source.write_text(text)
            with self.assertRaisesRegex(AssertionError, sentence):
                boot_link(self.folder, 32, "-Wl,--undefined=more", source)


if __name__ == "__main__":
    unittest.main()
