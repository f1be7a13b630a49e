/* host.c - the simulated machine: memory, processor, clock, interrupts, console. Address translation is in mmu.c. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmu.h"

struct arch_cpu arch_cpu;
struct host_counts host_counts;
bool host_user_clock = true;

static struct simulation {
	const struct arch_handlers *handlers;
	uint64_t clock_ns, timer_ns;
	bool enabled[HOST_IRQ_LINES], raised[HOST_IRQ_LINES];
	unsigned preempt_every;
	char console[HOST_CONSOLE_BYTES];
	size_t console_bytes;
} machine = { .timer_ns = NEVER_NS };

void host_reset(void)
{
	machine = (struct simulation){ .timer_ns = NEVER_NS };
	arch_cpu = (struct arch_cpu){ 0 };
	host_counts = (struct host_counts){ 0 };
	host_user_clock = true;
	mmu_reset();
}

/* --- the end -------------------------------------------------------------------------------------------- */

jmp_buf host_panic_jump;
bool host_panic_caught;
char host_panic_text[256];

static void give_up(void) __attribute__((noreturn));
static void give_up(void)
{
	if (host_panic_caught)
		longjmp(host_panic_jump, 1);
	fprintf(stderr, "%s%s\n", machine.console, host_panic_text);
	abort();
}

void kernel_panic(const char *what)
{
	snprintf(host_panic_text, sizeof(host_panic_text), "kernel panic: %s", what);
	give_up();
}

void arch_halt(bool failed)
{
	snprintf(host_panic_text, sizeof(host_panic_text), "halt: %s", failed ? "failed" : "powered off");
	give_up();
}

void arch_restart(void)
{
	snprintf(host_panic_text, sizeof(host_panic_text), "halt: restarted");
	give_up();
}

/* --- memory --------------------------------------------------------------------------------------------- */

static uint8_t ram[HOST_RAM_BYTES] __attribute__((aligned(PAGE_SIZE)));
static uint8_t image[HOST_IMAGE_BYTES] __attribute__((aligned(PAGE_SIZE)));

bool mmu_is_memory(paddr_t address)
{
	return address - HOST_RAM_BASE < HOST_RAM_BYTES || address - HOST_IMAGE_BASE < HOST_IMAGE_BYTES;
}

void *pa_to_kva(paddr_t address)
{
	assert(mmu_is_memory(address));
	if (address - HOST_RAM_BASE < HOST_RAM_BYTES)
		return ram + (address - HOST_RAM_BASE);
	return image + (address - HOST_IMAGE_BASE);
}

paddr_t kva_to_pa(const void *address)
{
	size_t offset = (uintptr_t)address - (uintptr_t)ram;

	assert(offset < HOST_RAM_BYTES);
	return HOST_RAM_BASE + offset;
}

/* --- processor ------------------------------------------------------------------------------------------ */

static jmp_buf start_jump;
static bool booting;

void host_handlers_set(const struct arch_handlers *handlers)
{
	machine.handlers = handlers;
}

void arch_start(const struct arch_handlers *handlers)
{
	host_handlers_set(handlers);
	assert(booting); /* call host_handlers_set, or wrap what ends here in host_boot */
	longjmp(start_jump, 1);
}

void host_boot(void (*boot)(void))
{
	booting = true;
	if (setjmp(start_jump) == 0)
		boot();
	booting = false;
}

void host_ecall(void)
{
	assert(machine.handlers && arch_cpu.frame);
	arch_cpu.frame->pc += 4;
	machine.handlers->syscall();
}

void registers_init(struct registers *registers, vaddr_t entry, vaddr_t stack, uintptr_t argument, vaddr_t tls)
{
	*registers = (struct registers){ .pc = entry };
	registers->x[X_SP] = stack;
	registers->x[X_A0] = argument;
	registers->x[X_TP] = tls;
}

void arch_fence_instructions(void)
{
	host_counts.instruction_fences++;
}

/* --- time ----------------------------------------------------------------------------------------------- */

void host_clock_advance_ns(uint64_t ns)
{
	machine.clock_ns += ns;
}

uint64_t host_timer_ns(void)
{
	return machine.timer_ns;
}

uint64_t arch_clock_ns(void)
{
	return machine.clock_ns;
}

void arch_timer_set_ns(uint64_t when_ns)
{
	machine.timer_ns = when_ns;
}

bool arch_user_clock(void)
{
	return host_user_clock;
}

uint32_t arch_timebase_hz(void)
{
	return 10000000;
}

uint64_t arch_instructions(void)
{
	return 0;
}

/* --- interrupts ----------------------------------------------------------------------------------------- */

static bool timer_is_due(void)
{
	return machine.timer_ns != NEVER_NS && machine.clock_ns >= machine.timer_ns;
}

static unsigned line_pending(void)
{
	for (unsigned line = 1; line < HOST_IRQ_LINES; line++)
		if (machine.raised[line] && machine.enabled[line])
			return line;
	return 0;
}

void host_interrupt_raise(unsigned line)
{
	assert(line && line < HOST_IRQ_LINES);
	machine.raised[line] = true;
}

void host_preempt_every(unsigned asks)
{
	machine.preempt_every = asks;
}

bool arch_interrupt_pending(void)
{
	host_counts.pending_asks++;
	if (machine.preempt_every && host_counts.pending_asks % machine.preempt_every == 0)
		return true;
	return timer_is_due() || line_pending();
}

void arch_interrupt_poll(void)
{
	unsigned line;

	if (timer_is_due()) {
		machine.timer_ns = NEVER_NS;
		machine.handlers->timer();
	}
	while ((line = line_pending())) {
		machine.raised[line] = machine.enabled[line] = false;
		machine.handlers->interrupt(line);
	}
}

void host_deliver(void)
{
	assert(machine.handlers);
	arch_interrupt_poll();
}

unsigned irq_lines(void)
{
	return HOST_IRQ_LINES;
}

void irq_enable(unsigned line)
{
	assert(line && line < HOST_IRQ_LINES);
	machine.enabled[line] = true;
}

void irq_disable(unsigned line)
{
	assert(line && line < HOST_IRQ_LINES);
	machine.enabled[line] = false;
}

/* --- console -------------------------------------------------------------------------------------------- */

void arch_console_write(const char *text, size_t size)
{
	size_t room = sizeof(machine.console) - 1 - machine.console_bytes;

	if (size > room)
		size = room;
	memcpy(machine.console + machine.console_bytes, text, size);
	machine.console_bytes += size;
}

const char *host_console(void)
{
	return machine.console;
}

void host_console_clear(void)
{
	memset(machine.console, 0, machine.console_bytes);
	machine.console_bytes = 0;
}
