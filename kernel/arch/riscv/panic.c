/* panic.c - the last words of a kernel that found a bug in itself: one report on the console, then the end. */
#include "base/string.h"
#include "csr.h"
#include "trap.h"

#define WORD_DIGITS (2 * sizeof(uintptr_t))

static void say(const char *text)
{
	arch_console_write(text, string_length(text));
}

static void say_hex(const char *label, uintptr_t value)
{
	char digits[WORD_DIGITS];

	for (size_t i = WORD_DIGITS; i--; value >>= 4)
		digits[i] = "0123456789abcdef"[value & 15];
	say(label);
	arch_console_write(digits, sizeof(digits));
}

static void say_number(unsigned value)
{
	char digits[10];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	arch_console_write(digits + at, sizeof(digits) - at);
}

/* A panic inside a panic says nothing more. */
static void begin(void)
{
	static bool begun;

	if (begun)
		arch_halt(true);
	begun = true;
}

static void say_registers(const struct registers *registers)
{
	for (unsigned i = 0; i < 31; i++) {
		say(i % 4 ? "  x" : "\n  x");
		say_number(i + 1);
		say_hex(" ", registers->x[i]);
	}
	say("\n");
}

void kernel_panic(const char *what)
{
	begin();
	say("\nkernel panic: ");
	say(what);
	say_hex("\n  called from ", (uintptr_t)__builtin_return_address(0));
	if (arch_cpu.frame)
		say_hex(", last in the program at ", arch_cpu.frame->pc);
	say("\n");
	arch_halt(true);
}

void trap_panic(void)
{
	begin();
	say_hex("\nkernel panic: trap in the kernel\n  scause ", CSR_READ(CSR_SCAUSE));
	say_hex("  at ", kernel_bug.pc);
	say_hex("  stval ", CSR_READ(CSR_STVAL));
	say_hex("  satp ", arch_cpu.space);
	say_registers(&kernel_bug);
	arch_halt(true);
}
