/* programs.c - the programs of the image. */
#include "programs.h"
#include "base/string.h"
#include "terminal.h"
#include "idl/system_client.h"

bool programs_name(size_t n, char name[LABEL_BYTES])
{
	char whole[SYSTEM_NAME_BYTES + 1];

	if (system_program(shell.system, (uint32_t)n, whole, sizeof(whole), NULL))
		return false;
	string_copy(name, LABEL_BYTES, whole);
	return true;
}

int programs_unknown(const char *name)
{
	struct nearest nearest;
	char program[LABEL_BYTES];

	nearest_begin(&nearest, name);
	for (size_t i = 0; builtin_at(i); i++)
		nearest_offer(&nearest, builtin_at(i)->name);
	for (size_t i = 0; programs_name(i, program); i++)
		nearest_offer(&nearest, program);
	if (nearest_word(&nearest))
		complain(name, "there is no such command or program; the nearest is %s", nearest_word(&nearest));
	else
		complain(name, "there is no such command or program; help lists them");
	return STATUS_UNKNOWN;
}
