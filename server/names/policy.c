/* policy.c - narrowed name spaces, places, refusals. */
#include "policy.h"
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "base/utf8.h"
#include "idl/log_client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "path.h"

bool policy_done;

static struct narrowing {
	uint32_t process;              /* 0: free */
	uint8_t size;
	char patterns[NAMES_NARROW_BYTES]; /* each with a NUL */
} narrowings[NAMES_NARROWED_MAX];

static struct holder {
	uint32_t process;              /* 0: free */
	uintptr_t number;              /* of the name */
} holders[NAMES_HOLDERS_MAX];

static uint32_t process_of(uintptr_t badge)
{
	return (uint32_t)badge & NAMES_BADGE_PROCESS_MASK;
}

/* --- narrowing --------------------------------------------------------------------------------------------- */

static struct narrowing *narrowing_of(uint32_t process)
{
	for (size_t i = 0; i < ARRAY_SIZE(narrowings); i++)
		if (narrowings[i].process == process)
			return &narrowings[i];
	return NULL;
}

bool policy_narrowed_reaches(uintptr_t badge, const struct name *name)
{
	const struct narrowing *narrowing = process_of(badge) ? narrowing_of(process_of(badge)) : NULL;
	size_t length;

	if (!narrowing)
		return true;
	for (const char *at = narrowing->patterns; at < narrowing->patterns + narrowing->size; at += length + 1) {
		length = string_length(at);
		if (path_fits(text_bytes(name->path), name->path.size, at, length))
			return true;
	}
	return false;
}

uint32_t policy_narrow(uint32_t slot, uint32_t process, const char *patterns, size_t size)
{
	if (!process || slot >= ARRAY_SIZE(narrowings) || size > sizeof(narrowings[0].patterns))
		return STATUS_MALFORMED;
	narrowings[slot].process = process;
	narrowings[slot].size = (uint8_t)size;
	memcpy(narrowings[slot].patterns, patterns, size);
	return STATUS_OK;
}

/* --- places ------------------------------------------------------------------------------------------------ */

bool policy_place_take(const struct name *name, uintptr_t badge)
{
	struct holder *place = NULL;
	unsigned held = 0;

	if (!name->limit)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++) {
		if (!holders[i].process) {
			place = &holders[i];
			continue;
		}
		if (holders[i].number != name_number(name))
			continue;
		if (holders[i].process == process_of(badge))
			return true;
		held++;
	}
	if (held >= name->limit || !place)
		return false;
	*place = (struct holder){ process_of(badge), name_number(name) };
	return true;
}

void policy_gone(uint32_t process)
{
	struct narrowing *narrowing = process ? narrowing_of(process) : NULL;

	if (narrowing)
		narrowing->process = 0;
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
		if (holders[i].process == process)
			holders[i].process = 0;
}

/* --- refusals ---------------------------------------------------------------------------------------------- */

static void send_line(const char *format, unsigned long number, const char *path, size_t size)
{
	nacre_handle_t log = nacre_startup_handle("log");
	char line[NACRE_LIMIT_SEND_BYTES + 1];
	size_t length = min_size(format_text(line, sizeof(line), format, number, (int)size, path), sizeof(line) - 1);

	utf8_clean(line, length);
	if (log)
		log_write_send(log, LOG_LEVEL_WARNING, line);
}

void policy_refused(uintptr_t badge, const char *path, size_t size)
{
	static uint64_t second_ns;
	static unsigned lines, lost;
	uint64_t now_ns = nacre_clock_ns();

	if (now_ns - second_ns >= NACRE_S || !second_ns) {
		if (lost)
			send_line("%lu more were refused%.*s", lost, "", 0);
		second_ns = now_ns;
		lines = lost = 0;
	}
	if (lines++ >= REFUSALS_PER_SECOND)
		lost++;
	else
		send_line("process %lu was refused %.*s", process_of(badge), path, size);
}
