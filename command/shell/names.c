/* names.c - names and irq: what the name space holds, and the interrupt lines in it. */
#include "terminal.h"
#include "idl/names_client.h"
#include "idl/system_client.h"
#include "nacre/startup.h"
#include "table.h"

int run_names(int argc, char **argv)
{
	nacre_handle_t names = nacre_startup_handle("names");
	char path[NAMES_PATH_BYTES + 1], label[LABEL_BYTES];
	uint32_t state, publisher;

	(void)argc, (void)argv;
	out("%-24s %-10s %-10s %s\n", "NAME", "STATE", "KIND", "BY");
	for (uint32_t n = 0; names_list(names, n, &state, &publisher, path, sizeof(path), NULL) == STATUS_OK; n++)
		out("%-24s %-10s %-10s %s\n", path, state & NAMES_STATE_PUBLISHED ? "published" : "declared",
		    !(state & NAMES_STATE_PUBLISHED) ? "-" : state & NAMES_STATE_SHARED ? "shared" : "forwarded",
		    process_label(publisher, label));
	return STATUS_DONE;
}

int run_irq(int argc, char **argv)
{
	struct system_interrupt irq;
	char label[LABEL_BYTES];

	(void)argc, (void)argv;
	out("%-8s %-28s %s\n", "NAME", "DEVICE", "GIVEN TO");
	for (uint32_t n = 0; system_interrupt(shell.system, n, &irq) == STATUS_OK; n++)
		out("irq/%-4lu %-28s %s\n", (unsigned long)irq.number, irq.device, process_label(irq.process, label));
	return STATUS_DONE;
}
