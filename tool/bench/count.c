/* count.c - a plugin of QEMU that counts the instructions of benchmarks. The host program is bench.py.
 *
 * The guest says where a measured stretch begins and ends by marks (test/bench/bench.h): instructions without effect,
 * which cost it one instruction each and need no right to read a counter. What is between two marks is a *window*; its
 * sample is the stretch from the first entry into the kernel to the last return to a program, so that loading registers
 * and storing results is not in it. What the whole window has beside that is the price of the stub.
 *
 *     mark BENCH (name) ...  BEGIN  registers loaded  ecall | kernel | server | kernel | results stored  END
 *                                                     <------------ sample ----------->
 *                                   <------------------- window ----------------------------------->
 *
 *   I1  executed counts every instruction, whoever executes it; with -icount that is the guest's nanosecond clock
 *       without the time it slept
 *   I2  an instruction that faults is counted, and counted again when it is executed anew
 *
 * Arguments: out=FILE; kernel=LOWEST ADDRESS; for a profile: bench=NAME,sample=INDEX of one window,
 * stretch=NUMBER of one stretch (see off); uart=PHYSICAL ADDRESS of the register whose last write is wanted.
 * Output, a line each:
 *     bench NAME
 *     sample SAMPLE WINDOW KERNEL LOADS STORES JUMPS CODE_LINES DATA_LINES PAGES
 *     off LENGTH NUMBER           of what was since the last `bench`: the longest stretch in which the kernel did not look
 *                                 for interrupts, and which one it was
 *     uart EXECUTED               after the last byte that a program sent
 *     step ADDRESS BYTES          each instruction of that window or stretch
 *     hits ADDRESS BYTES COUNT    each instruction of the whole run
 *     end EXECUTED */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "qemu_plugin.h"

#define EXPORT __attribute__((visibility("default")))
enum { MARK_NONE, MARK_BEGIN, MARK_END, MARK_BENCH };                     /* test/bench/bench.h */
enum { LINE_BYTES = 32, PAGE_BYTES = 4096, NAME_OFFSET = 8, NAME_MAX_BYTES = 48, TABLE = 1 << 20, SEEN = 1 << 18 };
enum { ECALL = 0x73, SRET = 0x10200073, WFI = 0x10500073, CSR_SIP = 0x144, OPCODE_SYSTEM = 0x73 };
enum mode { BOOT, USER, KERNEL };

struct insn {
	uint64_t address;
	uint32_t bytes;
	uint8_t size, mark;
	bool in_kernel, looks; /* looks: for pending interrupts */
	const char *name;      /* of MARK_BENCH */
	uint64_t hits;
	struct insn *next;
};

struct tally {
	uint64_t executed, kernel, loads, stores, jumps, code_lines, data_lines, pages;
};

static struct {
	FILE *out;
	uint64_t kernel, uart, sample, stretch;
	const char *bench;
} wanted;

static struct insn *table[TABLE];
static struct insn *last;
static struct tally now;      /* since reset */
static enum mode mode;

static struct {
	bool open, entered, recorded;
	uint64_t number;          /* of this window in its benchmark */
	struct tally begin, entry, leave;
} window;

/* Stretches in which the kernel does not look for interrupts: from a trap, or from one look, to the next or to the return. */
static struct {
	bool open;
	uint64_t since, number, longest, longest_number; /* the longest since the last BENCH */
} off;

static uint64_t uart_at;

/* --- what was touched: sets that are emptied by a new generation ----------------------------------------------- */

struct seen {
	uint64_t key, generation;
};
static struct seen code_seen[SEEN], data_seen[SEEN], page_seen[SEEN];
static uint64_t generation = 1;

static uint64_t is_new(struct seen *set, uint64_t key)
{
	uint64_t i = key * 0x9e3779b97f4a7c15u >> 46;

	for (unsigned tries = 0; tries < SEEN; tries++, i = (i + 1) % SEEN) {
		if (set[i].generation == generation && set[i].key == key)
			return 0;
		if (set[i].generation != generation) {
			set[i] = (struct seen){ key, generation };
			return 1;
		}
	}
	fputs("count.c: a window touches more lines than there is room for; enlarge SEEN.\n", stderr);
	abort();
}

static void touch_code(const struct insn *insn)
{
	now.code_lines += is_new(code_seen, insn->address / LINE_BYTES);
	now.pages += is_new(page_seen, insn->address / PAGE_BYTES);
}

static void on_memory(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	bool store = qemu_plugin_mem_is_store(info);

	(void)cpu;
	(void)data;
	if (wanted.uart && store && mode == USER) {
		struct qemu_plugin_hwaddr *real = qemu_plugin_get_hwaddr(info, address);

		if (real && qemu_plugin_hwaddr_is_io(real) && qemu_plugin_hwaddr_phys_addr(real) == wanted.uart)
			uart_at = now.executed;
	}
	if (!window.open)
		return;
	now.loads += !store;
	now.stores += store;
	now.data_lines += is_new(data_seen, address / LINE_BYTES);
	now.pages += is_new(page_seen, address / PAGE_BYTES);
}

/* --- looks for interrupts ---------------------------------------------------------------------------------------- */

static void off_begin(void)
{
	off.open = true;
	off.since = now.executed;
	off.number++;
}

static void off_end(void)
{
	if (off.open && now.executed - off.since > off.longest) {
		off.longest = now.executed - off.since;
		off.longest_number = off.number;
	}
	off.open = false;
}

static void off_write(void)
{
	fprintf(wanted.out, "off %llu %llu\n", (unsigned long long)off.longest, (unsigned long long)off.longest_number);
	off.longest = 0;
}

/* --- windows --------------------------------------------------------------------------------------------------- */

static void window_begin(void)
{
	generation++;
	window.open = true;
	window.entered = false;
	window.begin = window.entry = window.leave = now;
}

static void difference_write(const struct tally *from, const struct tally *to, uint64_t whole)
{
	fprintf(wanted.out, "sample %llu %llu %llu %llu %llu %llu %llu %llu %llu\n",
	        (unsigned long long)(to->executed - from->executed), (unsigned long long)whole,
	        (unsigned long long)(to->kernel - from->kernel), (unsigned long long)(to->loads - from->loads),
	        (unsigned long long)(to->stores - from->stores), (unsigned long long)(to->jumps - from->jumps),
	        (unsigned long long)(to->code_lines - from->code_lines),
	        (unsigned long long)(to->data_lines - from->data_lines), (unsigned long long)(to->pages - from->pages));
}

static void window_end(void)
{
	if (!window.open)
		return;
	if (!window.entered)
		window.leave = now;
	difference_write(&window.entry, &window.leave, now.executed - window.begin.executed);
	window.open = false;
	window.number++;
}

static void bench_begin(const char *name)
{
	off_write();
	fprintf(wanted.out, "bench %s\n", name ? name : "?");
	window.open = false;
	window.number = 0;
	window.recorded = wanted.bench && name && strcmp(name, wanted.bench) == 0;
}

/* --- one step -------------------------------------------------------------------------------------------------- */

static void enter(void)
{
	mode = KERNEL;
	off_begin();
	if (!window.open || window.entered)
		return;
	window.entered = true;
	window.entry = now;
	if (last->bytes == ECALL)
		window.entry.executed--;
}

static void leave(void)
{
	off_end();
	mode = USER;
	if (window.open && window.entered)
		window.leave = now;
}

/* The firmware runs at addresses like a program's, before the first sret and when the kernel calls it. */
static void mode_follow(const struct insn *insn)
{
	if (insn->in_kernel && mode == USER)
		enter();
	else if (!insn->in_kernel && mode != USER && last && last->bytes == SRET)
		leave();
}

static void mark_do(const struct insn *insn)
{
	if (insn->mark == MARK_END)
		window_end();
	else if (insn->mark == MARK_BENCH)
		bench_begin(insn->name);
}

static bool is_recorded(void)
{
	if (wanted.stretch)
		return off.open && off.number == wanted.stretch;
	return window.open && window.recorded && window.number == wanted.sample;
}

static void step(unsigned cpu, void *data)
{
	struct insn *insn = data;

	(void)cpu;
	mode_follow(insn);
	if (insn->mark)
		mark_do(insn);
	if (window.open) {
		if (last && insn->address != last->address + last->size)
			now.jumps++;
		touch_code(insn);
	}
	insn->hits++;
	if (is_recorded() && insn->mark != MARK_END)
		fprintf(wanted.out, "step %llx %x\n", (unsigned long long)insn->address, insn->bytes);
	now.executed++;
	now.kernel += mode == KERNEL;
	if (insn->looks && mode == KERNEL) {
		off_end();
		off_begin();
	}
	if (insn->mark == MARK_BEGIN)
		window_begin();
	last = insn;
}

/* --- translation ----------------------------------------------------------------------------------------------- */

/* slti zero, zero, MARK */
static uint8_t mark_of(uint32_t bytes)
{
	return (bytes & 0xfffff) == 0x2013 && bytes >> 20 <= MARK_BENCH ? (uint8_t)(bytes >> 20) : MARK_NONE;
}

static bool looks(uint32_t bytes)
{
	bool reads_sip = (bytes & 0x7f) == OPCODE_SYSTEM && bytes >> 20 == CSR_SIP && (bytes >> 12 & 3) == 2;

	return bytes == WFI || reads_sip;
}

/* The name stands behind the jump that follows the mark, never across the end of a page. */
static const char *name_of(struct qemu_plugin_insn *insn)
{
	const char *text = qemu_plugin_insn_haddr(insn);

	return text ? strndup(text + NAME_OFFSET, NAME_MAX_BYTES) : NULL;
}

static struct insn *insn_find(struct qemu_plugin_insn *from)
{
	uint64_t address = qemu_plugin_insn_vaddr(from);
	size_t size = qemu_plugin_insn_size(from);
	uint32_t bytes = 0;
	struct insn **place = &table[(address >> 1) * 0x9e3779b97f4a7c15u >> 44], *insn;

	memcpy(&bytes, qemu_plugin_insn_data(from), size);
	for (insn = *place; insn; insn = insn->next)
		if (insn->address == address && insn->bytes == bytes && mark_of(bytes) != MARK_BENCH)
			return insn;
	insn = calloc(1, sizeof(*insn));
	if (!insn)
		abort();
	*insn = (struct insn){ .address = address, .bytes = bytes, .size = (uint8_t)size, .mark = mark_of(bytes),
	                       .in_kernel = address >= wanted.kernel, .looks = looks(bytes), .next = *place };
	if (insn->mark == MARK_BENCH)
		insn->name = name_of(from);
	return *place = insn;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *from = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_insn_exec_cb(from, step, QEMU_PLUGIN_CB_NO_REGS, insn_find(from));
		qemu_plugin_register_vcpu_mem_cb(from, on_memory, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
	}
}

static void hits_write(void)
{
	for (unsigned i = 0; i < TABLE; i++)
		for (struct insn *insn = table[i]; insn; insn = insn->next)
			if (insn->hits)
				fprintf(wanted.out, "hits %llx %x %llu\n", (unsigned long long)insn->address, insn->bytes,
				        (unsigned long long)insn->hits);
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	off_write();
	hits_write();
	fprintf(wanted.out, "uart %llu\nend %llu\n", (unsigned long long)uart_at, (unsigned long long)now.executed);
	fclose(wanted.out);
}

/* --- start ----------------------------------------------------------------------------------------------------- */

static bool argument(char *text)
{
	char *value = strchr(text, '=');

	if (!value)
		return false;
	*value++ = '\0';
	if (!strcmp(text, "out"))
		wanted.out = fopen(value, "w");
	else if (!strcmp(text, "kernel"))
		wanted.kernel = strtoull(value, NULL, 16);
	else if (!strcmp(text, "uart"))
		wanted.uart = strtoull(value, NULL, 16);
	else if (!strcmp(text, "bench"))
		wanted.bench = strdup(value);
	else if (!strcmp(text, "sample"))
		wanted.sample = strtoull(value, NULL, 10);
	else if (!strcmp(text, "stretch"))
		wanted.stretch = strtoull(value, NULL, 10);
	else
		return false;
	return true;
}

EXPORT int qemu_plugin_version = 1;

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!argument(argv[i]))
			return -1;
	if (!wanted.out || !wanted.kernel)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
