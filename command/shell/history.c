/* history.c - the last lines that were typed. */
#include "history.h"
#include "base/string.h"

enum { KEPT = 8, KEPT_BYTES = 128 };

static char lines[KEPT][KEPT_BYTES]; /* a ring */
static unsigned count;               /* all there ever were */

void history_add(const char *line)
{
	const char *last = history_at(1);

	if (!*line || string_length(line) >= KEPT_BYTES || (last && string_equal(last, line)))
		return;
	string_copy(lines[count++ % KEPT], KEPT_BYTES, line);
}

const char *history_at(unsigned n)
{
	return n && n <= count && n <= KEPT ? lines[(count - n) % KEPT] : NULL;
}
