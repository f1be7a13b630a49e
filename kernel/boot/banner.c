/* banner.c - what the kernel says for itself, on the early console. */
#include <stdarg.h>

#include "base/format.h"
#include "base/parse.h"
#include "boot/boot.h"
#include "memory/frame.h"
#include "memory/random.h"

void boot_print(const char *format, ...)
{
	char line[160];
	va_list arguments;
	size_t size;

	va_start(arguments, format);
	size = format_list(line, sizeof line, format, arguments);
	va_end(arguments);
	arch_console_write(line, size < sizeof line ? size : sizeof line - 1);
}

void boot_banner(const struct machine *machine)
{
	if (option_flag(machine->options, machine->options_bytes, "quiet"))
		return;
	boot_print("nacre: kernel for RV%u, %lu KiB RAM, image of %lu KiB\n", (unsigned)sizeof(void *) * 8,
	           (unsigned long)(machine->ram.bytes / 1024), (unsigned long)(machine->image.bytes / 1024));
	if (!random_seeded())
		boot_print("nacre: entropy: NONE, IDs and ASLR are predictable\n");
}
