/* main.c - looks up what it is told, for tests of names and of processes (test/target/hostile_names.c).
 *
 *     looker PATH                 ends with the status of connecting to it
 *     looker hold PATH            the same, but where it succeeds it stays
 *     looker child WORD...        starts a looker with these words, and ends as it does
 *     looker widen PATTERN PATH   the same, and wants its name space to be narrowed to the pattern: a wider one, say
 *     looker tree                 starts a looker that stays, on its own budget, and stays */
#include <stdio.h>
#include "base/string.h"
#include "idl/process_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"

static int stay(void)
{
	for (;;)
		nacre_sleep_until(NACRE_DEADLINE_NEVER);
	return 0;
}

static int look(const char *path, bool hold)
{
	nacre_handle_t connection;
	nacre_status_t status = nacre_connect_now(path, &connection);

	return status || !hold ? (int)status : stay();
}

/* The words, each with its NUL, behind the program's name. */
static size_t join(char *to, size_t room, char **words)
{
	size_t at = string_length(string_copy(to, room, "looker") ? to : "") + 1;

	for (; *words && at < room; words++)
		at += string_length(string_copy(to + at, room - at, *words) ? *words : "") + 1;
	return at;
}

static int start(char **words, uint32_t count, const char *within, uint32_t how, bool wait)
{
	struct process_start head = { .argument_count = count, .how = how };
	uint32_t number, cause, code = 0;
	nacre_handle_t process;
	char strings[128];
	size_t size = join(strings, sizeof(strings), words);
	nacre_status_t status = process_connect("svc/process", &process);

	if (!status)
		status = within ? process_start_narrow(process, &head, strings, size, within, string_length(within) + 1, 0, 0, 0, 0, &number)
				: process_start_quiet(process, &head, strings, size, &number);
	if (!status && wait)
		status = process_wait(process, number, &cause, &code);
	return status || !wait ? (int)status : (int)code;
}

int main(int argc, char **argv)
{
	static char *const hold[] = { "hold", "svc/time", NULL };

	if (argc == 2 && string_equal(argv[1], "tree"))
		return start((char **)hold, 2, NULL, PROCESS_HOW_OWN_BUDGET, false) ? 1 : stay();
	if (argc == 2)
		return look(argv[1], false);
	if (argc == 3 && string_equal(argv[1], "hold"))
		return look(argv[2], true);
	if (argc >= 3 && string_equal(argv[1], "child"))
		return start(argv + 2, (uint32_t)argc - 2, NULL, 0, true);
	if (argc == 4 && string_equal(argv[1], "widen"))
		return start(argv + 3, 1, argv[2], 0, true);
	return 2;
}
