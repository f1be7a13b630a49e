/* kernel_arch.c - the simulated machine itself: what tests of the kernel lean on must catch what it promises to. */
#include "unit.h"

#include "host.h"

#define ENTRIES ((size_t)1 << TABLE_BITS)
#define LEAF (PTE_V | PTE_U | PTE_A | PTE_D)

/* Pages of RAM: a root, two tables below it, and what is mapped. */
static const paddr_t root = HOST_RAM_BASE, middle = HOST_RAM_BASE + 0x1000, last = HOST_RAM_BASE + 0x2000;
static const paddr_t page = HOST_RAM_BASE + 0x3000, other = HOST_RAM_BASE + 0x4000;
static const vaddr_t address = 0x10000;

static pte_t pointer(paddr_t table)
{
	return table >> PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V;
}

static void leaf_set(vaddr_t at, pte_t entry)
{
	((pte_t *)pa_to_kva(last))[at >> PAGE_SHIFT & (ENTRIES - 1)] = entry;
}

static pte_t leaf(paddr_t to, pte_t access)
{
	return to >> PAGE_SHIFT << PTE_PPN_SHIFT | LEAF | access;
}

UNIT_SETUP
{
	host_reset();
	arch_space_fill(pa_to_kva(root));
	((pte_t *)pa_to_kva(root))[0] = pointer(middle);
	((pte_t *)pa_to_kva(middle))[0] = pointer(last);
}

TEST(memory, "RAM and image are reached by physical address, and RAM's way back is exact")
{
	*(char *)pa_to_kva(HOST_RAM_BASE + 5) = 'r';
	*(char *)pa_to_kva(HOST_IMAGE_BASE + 5) = 'i';
	assert_int_equal(*(char *)pa_to_kva(HOST_RAM_BASE + 5), 'r');
	assert_int_equal(kva_to_pa(pa_to_kva(HOST_RAM_BASE + HOST_RAM_BYTES - 1)), HOST_RAM_BASE + HOST_RAM_BYTES - 1);
	assert_true(HOST_PANICS(pa_to_kva(HOST_RAM_BASE + HOST_RAM_BYTES)));
	assert_true(HOST_PANICS(pa_to_kva(0)));
	assert_true(HOST_PANICS(kva_to_pa(&root)));
	assert_true(HOST_PANICS(kva_to_pa(pa_to_kva(HOST_IMAGE_BASE))));
}

TEST(user_access, "a program reads, writes and fetches what is mapped so, across pages, and faults elsewhere")
{
	char text[8] = { 0 };

	leaf_set(address, leaf(page, PTE_R | PTE_W));
	leaf_set(address + PAGE_SIZE, leaf(other, PTE_R | PTE_X));
	assert_int_equal(host_user_write(root, address + PAGE_SIZE - 2, "ab", 2), 0);
	memcpy(pa_to_kva(other), "cd", 2);
	assert_int_equal(host_user_read(root, address + PAGE_SIZE - 2, text, 4), 0);
	assert_string_equal(text, "abcd");
	assert_int_equal(host_user_write(root, address + PAGE_SIZE - 1, "xy", 2), CAUSE_WRITE);
	assert_int_equal(host_fault_address, address + PAGE_SIZE);
	assert_int_equal(((char *)pa_to_kva(page))[PAGE_SIZE - 1], 'x');
	assert_int_equal(host_user_fetch(root, address + PAGE_SIZE), 0);
	assert_int_equal(host_user_fetch(root, address), CAUSE_FETCH);
	assert_int_equal(host_user_read(root, address + 2 * PAGE_SIZE, text, 1), CAUSE_READ);
	assert_int_equal(host_user_read(root, USER_END, text, 1), CAUSE_READ);
}

TEST(user_registers, "device registers can be mapped; they read as zero")
{
	char text[4] = "abc";

	leaf_set(address, leaf(0x10000000, PTE_R | PTE_W));
	assert_int_equal(host_user_write(root, address, "x", 1), 0);
	assert_int_equal(host_user_read(root, address, text, 4), 0);
	assert_memory_equal(text, "\0\0\0\0", 4);
}

TEST(stale_use, "using a translation that was taken away without a flush is a panic, with one it is a fault")
{
	char byte;

	leaf_set(address, leaf(page, PTE_R));
	assert_int_equal(host_user_read(root, address, &byte, 1), 0);
	leaf_set(address, 0);
	assert_true(HOST_PANICS(host_user_read(root, address, &byte, 1)));
	assert_true(HOST_PANICS(host_tlb_check()));
	arch_tlb_flush_page(root, address + 5);
	host_tlb_check();
	assert_int_equal(host_user_read(root, address, &byte, 1), CAUSE_READ);
	assert_int_equal(host_counts.page_flushes, 1);
}

TEST(stale_kinds, "another page, less access and a parked entry are stale; more access is not")
{
	static const struct { paddr_t page; pte_t access; bool stale; } after[] = {
		{ HOST_RAM_BASE + 0x4000, PTE_R | PTE_W, true },
		{ HOST_RAM_BASE + 0x3000, PTE_R, true },
		{ HOST_RAM_BASE + 0x3000, PTE_R | PTE_W, false },
		{ HOST_RAM_BASE + 0x3000, PTE_R | PTE_W | PTE_SOFT0 | PTE_SOFT1, false },
	};

	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		leaf_set(address, leaf(page, PTE_R | PTE_W));
		host_tlb_fill(root);
		leaf_set(address, leaf(after[i].page, after[i].access));
		assert_int_equal(HOST_PANICS(host_tlb_check()), after[i].stale);
		arch_tlb_flush_space(root);
	}
	leaf_set(address, leaf(page, PTE_R));
	host_tlb_fill(root);
	leaf_set(address, leaf(page, PTE_R | PTE_W));
	host_tlb_check();
	assert_int_equal(host_user_write(root, address, "x", 1), 0);
}

TEST(stale_inactive, "a space need not be active for its translations to go stale, and its end forgets them")
{
	leaf_set(address, leaf(page, PTE_R));
	host_tlb_fill(root);
	arch_space_fill(pa_to_kva(HOST_RAM_BASE + 0x5000));
	arch_space_activate(HOST_RAM_BASE + 0x5000);
	leaf_set(address, 0);
	assert_true(HOST_PANICS(host_tlb_check()));
	arch_tlb_flush_space(HOST_RAM_BASE + 0x5000);
	assert_true(HOST_PANICS(host_tlb_check()));
	arch_space_gone(root);
	host_tlb_check();
}

TEST(bad_entries, "entries that hardware forbids or cannot stand are refused with the reason")
{
	static const struct { pte_t entry; const char *why; } bad[] = {
		{ PTE_V, "grants nothing" },
		{ LEAF | PTE_W, "W without R" },
		{ LEAF | PTE_R | PTE_W | PTE_X, "writable and executable" },
		{ PTE_V | PTE_U | PTE_R | PTE_A, "lacks A or D" },
		{ LEAF & ~PTE_U, "grants nothing" },
		{ (LEAF & ~PTE_U) | PTE_R, "not a program's" },
		{ LEAF | PTE_R | PTE_G, "global" },
	};
	char byte;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		leaf_set(address, bad[i].entry);
		assert_true(HOST_PANICS(host_user_read(root, address, &byte, 1)));
		assert_non_null(strstr(host_panic_text, bad[i].why));
	}
	((pte_t *)pa_to_kva(middle))[0] |= PTE_D;
	assert_true(HOST_PANICS(host_user_read(root, address, &byte, 1)));
	assert_non_null(strstr(host_panic_text, "pointer"));
}

TEST(root_unfilled, "a root that lacks the kernel's part cannot be used or made active")
{
	char byte;

	memset(pa_to_kva(page), 0, PAGE_SIZE);
	assert_true(HOST_PANICS(arch_space_activate(page)));
	assert_true(HOST_PANICS(host_user_read(page, address, &byte, 1)));
}

/* --- processor, time, interrupts ------------------------------------------------------------------------ */

static struct registers registers;
static char happened[64];

static void note(const char *what)
{
	strcat(happened, what);
}

static void on_syscall(void)
{
	note("s");
}

static void on_fault(unsigned cause, uintptr_t at)
{
	(void)cause, (void)at;
	note("f");
}

static void on_timer(void)
{
	note("t");
}

static void on_interrupt(unsigned line)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", line);
	note(text);
}

static const struct arch_handlers handlers = { .syscall = on_syscall, .fault = on_fault, .timer = on_timer, .interrupt = on_interrupt };

static void boot(void)
{
	registers_init(&registers, 0x1000, 0x2000, 3, 0x4000);
	arch_cpu.frame = &registers;
	arch_start(&handlers);
}

TEST(start, "arch_start comes back to host_boot, and a system call moves pc behind the ecall")
{
	host_boot(boot);
	assert_int_equal(registers.x[X_SP], 0x2000);
	assert_int_equal(registers.x[X_A0], 3);
	assert_int_equal(registers.x[X_TP], 0x4000);
	host_ecall();
	assert_string_equal(happened, "s");
	assert_int_equal(registers.pc, 0x1004);
}

TEST(timer, "the timer fires once, when its time has come, and not when it is off")
{
	host_handlers_set(&handlers);
	arch_timer_set(1000);
	host_clock_advance_ns(999);
	assert_false(arch_interrupt_pending());
	host_deliver();
	assert_string_equal(happened, "");
	host_clock_advance_ns(1);
	assert_int_equal(arch_clock_ns(), 1000);
	assert_true(arch_interrupt_pending());
	host_deliver();
	host_deliver();
	assert_string_equal(happened, "t");
	arch_timer_set(1);
	arch_timer_set(NEVER_NS);
	assert_false(arch_interrupt_pending());
}

TEST(lines, "a line is kept while disabled, arrives once, and is silent until enabled again")
{
	host_handlers_set(&handlers);
	host_interrupt_raise(5);
	assert_false(arch_interrupt_pending());
	irq_enable(5);
	assert_true(arch_interrupt_pending());
	host_deliver();
	host_interrupt_raise(5);
	host_deliver();
	assert_string_equal(happened, "5");
	irq_enable(5);
	host_deliver();
	assert_string_equal(happened, "55");
	assert_true(HOST_PANICS(irq_enable(0)));
	assert_true(HOST_PANICS(irq_enable(irq_lines())));
}

TEST(preempt, "every n-th question about pending interrupts can be answered with yes")
{
	host_preempt_every(3);
	assert_false(arch_interrupt_pending());
	assert_false(arch_interrupt_pending());
	assert_true(arch_interrupt_pending());
	assert_false(arch_interrupt_pending());
	host_preempt_every(0);
	assert_false(arch_interrupt_pending());
	assert_false(arch_interrupt_pending());
}

TEST(console, "the console's text is kept, and cut where it is too long")
{
	static char much[HOST_CONSOLE_BYTES];

	arch_console_write("hello\n", 6);
	assert_string_equal(host_console(), "hello\n");
	host_console_clear();
	assert_string_equal(host_console(), "");
	memset(much, 'x', sizeof(much));
	arch_console_write(much, sizeof(much));
	arch_console_write(much, sizeof(much));
	assert_int_equal(strlen(host_console()), HOST_CONSOLE_BYTES - 1);
}

TEST(panic, "a panic that a test expects comes back with file, line and sentence; so does the end")
{
	assert_true(HOST_PANICS(kernel_panic("x.c:7: I1 is broken")));
	assert_string_equal(host_panic_text, "kernel panic: x.c:7: I1 is broken");
	assert_true(HOST_PANICS(arch_halt(false)));
	assert_string_equal(host_panic_text, "halt: powered off");
	assert_false(HOST_PANICS((void)0));
}
