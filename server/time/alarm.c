/* alarm.c - signals at a time to come. */
#include "alarm.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"

enum { ALARMS_MAX = 32 };

static struct alarm {
	uintptr_t owner;
	uint64_t when_ns;
	uint32_t bits;
	uint32_t number;           /* counts up, never 0 */
	nacre_handle_t connection; /* NONE: free */
} alarms[ALARMS_MAX];
static uint32_t last_number;

static void release(struct alarm *alarm)
{
	nacre_handle_close(alarm->connection);
	alarm->connection = NACRE_HANDLE_NONE;
}

uint32_t alarm_add(uintptr_t owner, uint64_t when_ns, uint32_t bits, nacre_handle_t connection, uint32_t *number)
{
	struct alarm *place = NULL;
	unsigned owned = 0;

	for (size_t i = 0; i < ARRAY_SIZE(alarms); i++) {
		if (!alarms[i].connection)
			place = &alarms[i];
		else
			owned += alarms[i].owner == owner;
	}
	if (!place || owned >= TIME_ALARMS_EACH)
		return STATUS_FULL;
	last_number += last_number == UINT32_MAX ? 2 : 1;
	*place = (struct alarm){ owner, when_ns, bits, last_number, connection };
	*number = last_number;
	return STATUS_OK;
}

uint32_t alarm_cancel(uintptr_t owner, uintptr_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(alarms); i++) {
		if (!alarms[i].connection || alarms[i].owner != owner || alarms[i].number != number)
			continue;
		release(&alarms[i]);
		return STATUS_OK;
	}
	return STATUS_NOT_FOUND;
}

void alarm_cancel_all(uintptr_t owner)
{
	for (size_t i = 0; i < ARRAY_SIZE(alarms); i++)
		if (alarms[i].connection && alarms[i].owner == owner)
			release(&alarms[i]);
}

uint64_t alarm_run(uint64_t now_ns)
{
	uint64_t next_ns = NACRE_DEADLINE_NEVER;

	for (size_t i = 0; i < ARRAY_SIZE(alarms); i++) {
		struct alarm *alarm = &alarms[i];

		if (!alarm->connection)
			continue;
		if (alarm->when_ns <= now_ns) {
			nacre_connection_signal(alarm->connection, alarm->bits); /* the client may be gone: so be it */
			release(alarm);
		} else if (alarm->when_ns < next_ns) {
			next_ns = alarm->when_ns;
		}
	}
	return next_ns;
}
