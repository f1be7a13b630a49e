/* names.c - names and irq: what the name space holds, and the interrupt lines in it. */
#include "console.h"
#include "idl/names.h"
#include "idl/system.h"
#include "nacre/client.h"
#include "nacre/startup.h"
#include "table.h"

int run_names(int argc, char **argv)
{
	nacre_handle_t names = nacre_startup_handle("names");
	char path[NAMES_PATH_BYTES], label[LABEL_BYTES];

	(void)argc, (void)argv;
	out("%-24s %-10s %-10s %s\n", "NAME", "STATE", "KIND", "BY");
	for (uintptr_t n = 0;; n++) {
		struct nacre_words words = { .opcode = NAMES_LIST, .word = { n } };
		size_t length = 0;
		bool published;

		if (nacre_ask_bytes(names, &words, NULL, 0, path, sizeof(path), &length))
			return STATUS_DONE;
		published = words.word[0] & NAMES_IS_PUBLISHED;
		out("%-24.*s %-10s %-10s %s\n", (int)length, path, published ? "published" : "declared",
		    !published ? "-" : words.word[0] & NAMES_IS_SHARED ? "shared" : "forwarded",
		    process_label((uint32_t)words.word[1], label));
	}
}

int run_irq(int argc, char **argv)
{
	char label[LABEL_BYTES];

	(void)argc, (void)argv;
	out("%-8s %-28s %s\n", "NAME", "DEVICE", "GIVEN TO");
	for (uintptr_t n = 0;; n++) {
		struct nacre_words words = { .opcode = SYSTEM_INTERRUPT, .word = { n } };
		struct system_interrupt irq = { 0 };
		size_t length = 0;

		if (nacre_ask_bytes(shell.system, &words, NULL, 0, &irq, sizeof(irq), &length))
			return STATUS_DONE;
		out("irq/%-4lu %-28s %s\n", (unsigned long)irq.number, irq.device, process_label(irq.process, label));
	}
}
