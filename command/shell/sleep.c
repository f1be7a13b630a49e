/* sleep.c - sleep: waits, unless Ctrl-C comes first. */
#include "terminal.h"
#include "jobs.h"
#include "nacre/clock.h"

/* "1.25" as nanoseconds. */
static bool duration_read(const char *text, uint64_t *ns)
{
	uint64_t unit = NACRE_S;
	bool digits = false;

	*ns = 0;
	for (; *text >= '0' && *text <= '9'; text++, digits = true) {
		*ns = *ns * 10 + (uint64_t)(*text - '0') * NACRE_S;
		if (*ns > UINT64_MAX / 100)
			return false;
	}
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++, digits = true) {
			unit /= 10;
			*ns += unit * (uint64_t)(*text - '0');
		}
	return digits && !*text;
}

int run_sleep(int argc, char **argv)
{
	bool undisturbed;
	uint64_t ns;

	(void)argc;
	if (!duration_read(argv[1], &ns))
		return builtin_misused(argv[0]);
	out_flush();
	jobs_attend(true);
	undisturbed = jobs_sleep(nacre_deadline_in(ns));
	jobs_attend(false);
	return undisturbed ? STATUS_DONE : STATUS_INTERRUPTED;
}
