/* console.c - boot's few words: a polled 16550, as found, without touching its set-up. */
#include <stdarg.h>
#include "base/format.h"
#include "boot/machine.h"

enum { TRANSMIT = 0, LINE_STATUS = 5, TRANSMIT_EMPTY = 0x20, PATIENCE = 1000000 };

void console_find(struct console *console, const struct fdt *tree)
{
	const char *path = fdt_string(tree, fdt_find_path(tree, "/chosen"), "stdout-path", 0);
	const struct fdt_node *node = path ? fdt_find_path(tree, path) : NULL;
	struct fdt_range range;

	if (!node || !fdt_is_compatible(tree, node, "ns16550a"))
		node = fdt_find_compatible(tree, NULL, "ns16550a");
	if (!node || !fdt_reg(tree, node, 0, &range))
		return;
	console->base = (uintptr_t)range.start;
	console->shift = fdt_u32(tree, node, "reg-shift", 0) & 7;
}

static volatile uint8_t *register_at(const struct console *console, unsigned index)
{
	return (volatile uint8_t *)(console->base + ((uintptr_t)index << console->shift));
}

/* A UART that is never ready must not stop the machine: the character is lost instead. */
void console_put(const struct console *console, char c)
{
	if (!console->base)
		return;
	for (unsigned i = 0; i < PATIENCE && !(*register_at(console, LINE_STATUS) & TRANSMIT_EMPTY); i++)
		;
	*register_at(console, TRANSMIT) = (uint8_t)c;
}

static void put_character(void *context, char c)
{
	if (c == '\n')
		console_put(context, '\r');
	console_put(context, c);
}

static void say_list(const struct machine *machine, const char *format, va_list list)
{
	struct console console = machine->console;

	for (const char *start = "boot: "; *start; start++)
		put_character(&console, *start);
	format_each(put_character, &console, format, list);
	put_character(&console, '\n');
}

void say(const struct machine *machine, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_list(machine, format, list);
	va_end(list);
}

void fail(const struct machine *machine, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_list(machine, format, list);
	va_end(list);
	power_off(&machine->power, 1);
}
