/* first_life.c - an init that does as it is typed: for scenarios about the end of init. Each of its lives begins with
 * a line and one key: c crashes, e exits, anything else switches the machine off. */
#include "selfstart/selfstart.h"
#include "test/machine.h"
#include "test/test.h"

NACRE_SELFSTART;

static volatile uint8_t *uart_open(void)
{
	const struct nacre_boot_info *boot = machine_info();
	nacre_handle_t memory;
	uintptr_t base = 0;

	if (!nacre_device_memory(machine_device("ns16550a"), boot->budget, 0, &memory))
		nacre_map_add(boot->process, 0, memory, 0, 1, NACRE_PROT_READ, &base);
	return (volatile uint8_t *)base;
}

static int key(void)
{
	enum { DATA = 0, LINE_STATUS = 5, RECEIVED = 1 };
	volatile uint8_t *uart = uart_open();

	while (!(uart[LINE_STATUS] & RECEIVED))
		continue;
	return uart[DATA];
}

int main(void)
{
	volatile int *volatile nowhere = NULL;

	machine_start();
	test_note("init lives; c, e or any other key");
	switch (key()) {
	case 'c':
		*nowhere = 1;
		break;
	case 'e':
		nacre_process_exit(9);
	}
	machine_end(0);
}
