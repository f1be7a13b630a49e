/* alone.c - output and an end for tests that run as init. */
#include "test/alone.h"
#include "test/machine.h"

const char test_alone_linked = 1;

static __attribute__((constructor)) void alone(void)
{
	if (!machine_info())
		return; /* a child of the one that is init */
	machine_start();
	test_ended = machine_end;
}
