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
	unsigned preempt_every, preempt_at;
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

/* As entry.S does it: words pass on, t0-t4 are the function's, the rest is 0. */
static bool short_way(struct registers *(*function)(handle_t handle))
{
	struct registers *from = arch_cpu.frame, *to;

	arch_cpu.scratch[0] = from->x[X_T0];
	to = function((handle_t)from->x[X_A0]);
	if (!to)
		return false;
	from->pc += 4;
	memcpy(&to->x[X_A0 + 1], &from->x[X_A0 + 1], 6 * sizeof to->x[0]);
	to->x[X_A0] = to->x[X_A7] = to->x[X_T5] = to->x[X_T6] = 0;
	arch_cpu.frame = to;
	return true;
}

/* With ORDINARY in the environment no call takes a short way, so that the same tests hold the ordinary ones, too. */
enum { FAST_NEVER = 1 << 30 };
static unsigned fast_forbidden;

__attribute__((constructor)) static void ordinary_set(void)
{
	fast_forbidden = getenv("ORDINARY") ? FAST_NEVER : 0;
}

static bool timer_is_due(void);
static unsigned line_pending(void);

void arch_fast_forbid(unsigned why, bool forbid)
{
	fast_forbidden = forbid ? fast_forbidden | why : fast_forbidden & ~why;
}

/* For tests without messages; the fixture wires the real ones, as kernel.lds does. */
#define NO_SHORT_WAY(name)                                                          \
	__attribute__((weak)) struct registers *name(handle_t handle)               \
	{                                                                           \
		(void)handle;                                                       \
		return NULL;                                                        \
	}
NO_SHORT_WAY(arch_fast_call)
NO_SHORT_WAY(arch_fast_reply)
NO_SHORT_WAY(arch_fast_call_message)
NO_SHORT_WAY(arch_fast_reply_message)

static bool any_short_way(uintptr_t number)
{
	switch (number) {
	case CALL_CONNECTION_CALL:
		return short_way(arch_fast_call);
	case CALL_SERVER_REPLY_AND_RECEIVE:
		return short_way(arch_fast_reply);
	case CALL_CONNECTION_CALL_MESSAGE:
		return short_way(arch_fast_call_message);
	case CALL_SERVER_REPLY_AND_RECEIVE_MESSAGE:
		return short_way(arch_fast_reply_message);
	default:
		return false;
	}
}

quick_call *const *host_quick_calls;

static void results_set(struct registers *frame, uintptr_t a0, uintptr_t a1)
{
	memset(&frame->x[X_T0], 0, 3 * sizeof frame->x[0]);
	memset(&frame->x[X_T3], 0, 4 * sizeof frame->x[0]);
	memset(&frame->x[X_A0], 0, 8 * sizeof frame->x[0]);
	frame->x[X_A0] = a0;
	frame->x[X_A0 + 1] = a1;
}

__attribute__((weak)) quick_t arch_quick_signal(handle_t handle, uintptr_t bits)
{
	(void)handle, (void)bits;
	return 0;
}

__attribute__((weak)) quick_t arch_quick_yield(void)
{
	return 0;
}

__attribute__((weak)) quick_t arch_fast_interrupt(unsigned line)
{
	(void)line;
	return 0;
}

/* Caller-saved registers, but t1, t2 and a2, which hold something for who is entered. */
static void enter(quick_t next)
{
	struct registers *to = (struct registers *)(uintptr_t)next;
	uintptr_t t1 = to->x[X_T1], t2 = to->x[X_T2];

	results_set(to, 0, 0);
	to->x[X_A0 + 2] = (uintptr_t)(next >> 8 * sizeof(uintptr_t));
	to->x[X_T1] = t1;
	to->x[X_T2] = t2;
	arch_cpu.frame = to;
}

/* False: it did not hand over, and *error is the result. Nobody is ever bare here: the results are written at once. */
static bool hands_over(uintptr_t number, const uintptr_t *a, uintptr_t *error)
{
	struct registers *from = arch_cpu.frame;
	quick_t next = number == CALL_THREAD_YIELD ? arch_quick_yield() : arch_quick_signal((handle_t)a[0], a[1]);

	*error = (uintptr_t)(next >> 8 * sizeof(uintptr_t));
	if (!(uintptr_t)next)
		return false;
	from->pc += 4;
	results_set(from, 0, 0);
	enter(next);
	return true;
}

static bool quick_way(uintptr_t number)
{
	const uintptr_t *a = &arch_cpu.frame->x[X_A0];
	struct registers *frame = arch_cpu.frame;
	uintptr_t error = 0, value = 0;
	quick_t result;

	if (!host_quick_calls || number >= QUICK_CALLS)
		return false;
	if (number == CALL_THREAD_YIELD || number == CALL_CONNECTION_SIGNAL) {
		if (hands_over(number, a, &error))
			return true;
	} else if (host_quick_calls[number]) {
		result = host_quick_calls[number](a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
		error = (uintptr_t)result;
		value = (uintptr_t)(result >> 8 * sizeof(uintptr_t));
	} else {
		return false;
	}
	frame->pc += 4;
	if (!(arch_cpu.unsettled & UNSETTLED_FRAME))
		results_set(frame, error, value);
	if (arch_cpu.unsettled)
		machine.handlers->settle();
	return true;
}

void host_ecall(void)
{
	uintptr_t number = arch_cpu.frame->x[X_A7];

	assert(machine.handlers && arch_cpu.frame);
	if (!fast_forbidden && (any_short_way(number) || quick_way(number)))
		return;
	arch_cpu.frame->pc += 4;
	machine.handlers->syscall();
}

/* As the entry code: one line may wake its driver the short way. */
static void line_deliver(void)
{
	unsigned line = arch_cpu.frame && !fast_forbidden && !timer_is_due() ? line_pending() : 0;
	quick_t next;

	if (!line)
		return;
	machine.raised[line] = machine.enabled[line] = false;
	next = arch_fast_interrupt(line);
	if ((uintptr_t)next)
		enter(next);
	else if (arch_cpu.unsettled)
		machine.handlers->settle();
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

/* A tick is a nanosecond. */
uint64_t arch_ticks_to_ns(uint64_t ticks)
{
	return ticks;
}

uint64_t arch_ticks_from_ns(uint64_t ns)
{
	return ns;
}

void arch_timer_set(uint64_t when_ticks)
{
	machine.timer_ns = when_ticks;
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

void host_preempt_at(unsigned ask)
{
	machine.preempt_at = ask;
}

bool arch_interrupt_pending(void)
{
	host_counts.pending_asks++;
	if (machine.preempt_at && host_counts.pending_asks == machine.preempt_at)
		return true;
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
	line_deliver();
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
