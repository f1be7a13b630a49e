/* machine.h - what M-mode keeps while the system runs: where its four devices are, and what the timer owes to whom.
 *
 * Addresses are those of the device tree; 0 means that the tree names no such device. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fdt.h"

#define NEVER UINT64_MAX

/* A 16550, polled. Its registers are bytes, `1 << shift` bytes apart. */
struct console {
	uintptr_t base;
	uint32_t shift;
};

/* One word that, written to, ends or restarts the machine. */
struct trigger {
	uintptr_t address;
	uint32_t value;
};

struct power {
	uintptr_t test;         /* a sifive,test device, which also passes a status on to the emulator */
	struct trigger off, reboot;
};

struct timer {
	uintptr_t mtime, mtimecmp;
	uint32_t frequency;             /* ticks a second */
	uint64_t supervisor, deadline;  /* in ticks; NEVER: nobody waits */
};

struct machine {
	unsigned long hart;
	struct console console;
	struct power power;
	struct timer timer;
	bool has_sstc, has_scounteren;
	bool is_supervisor;             /* other firmware has M-mode: boot runs in S-mode, loads the kernel, and is gone */
};

/* The registers of the trapped program; start.S knows this layout. x[n - 1] is register n. */
struct trap_frame {
	unsigned long x[31], mepc, mstatus;
};

enum { REGISTER_A0 = 9, REGISTER_A1 = 10, REGISTER_A6 = 15, REGISTER_A7 = 16 };   /* indices of x */

/* console.c. `fail` says "boot: ", the sentence and a newline, and ends the machine with status 1. */
void console_find(struct console *console, const struct fdt *tree);
void console_put(const struct console *console, char c);
__attribute__((format(printf, 2, 3))) void say(const struct machine *machine, const char *format, ...);
__attribute__((format(printf, 2, 3))) _Noreturn void fail(const struct machine *machine, const char *format, ...);

/* power.c. A status other than 0 reaches only a sifive,test device. */
void power_find(struct power *power, const struct fdt *tree);
_Noreturn void power_off(const struct power *power, unsigned status);
_Noreturn void power_reboot(const struct power *power);

/* timer.c */
void timer_find(struct timer *timer, const struct fdt *tree, unsigned long hart);
bool timer_deadline_set(struct machine *machine, uint64_t ns);
void timer_program(const struct timer *timer);
void timer_supervisor_set(struct machine *machine, uint64_t ticks);
void timer_interrupt(struct machine *machine);
uint64_t timer_now(const struct timer *timer);

/* sbi.c: a call from S-mode. emulate.c: true where it did the instruction's work. trap.c */
void sbi_call(struct machine *machine, struct trap_frame *frame);
bool emulate(const struct machine *machine, struct trap_frame *frame, uint32_t instruction);
