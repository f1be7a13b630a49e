/* programs.c - the programs of the image. */
#include "programs.h"
#include "console.h"
#include "idl/system.h"
#include "nacre/client.h"

bool programs_name(size_t n, char name[LABEL_BYTES])
{
	struct nacre_words words = { .opcode = SYSTEM_PROGRAM_NAME, .word = { n } };
	size_t length = 0;

	if (nacre_ask_bytes(shell.system, &words, NULL, 0, name, LABEL_BYTES - 1, &length))
		return false;
	name[length] = 0;
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
