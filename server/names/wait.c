/* wait.c - connects that wait for a name to be published. */
#include "wait.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"

enum { WAITERS_MAX = 16 };

static struct waiter {
	nacre_token_t token; /* 0: free */
	uintptr_t badge;
	uint8_t number;
} waiters[WAITERS_MAX];

uint32_t wait_for(const struct name *name, nacre_token_t token, uintptr_t badge)
{
	struct waiter *place = NULL;

	wait_clean(badge);
	for (size_t i = 0; i < ARRAY_SIZE(waiters); i++) {
		if (!waiters[i].token)
			place = &waiters[i];
		else if (waiters[i].badge == badge)
			return STATUS_FULL;
	}
	if (!place)
		return STATUS_FULL;
	*place = (struct waiter){ token, badge, (uint8_t)name_number(name) };
	return STATUS_OK;
}

nacre_token_t wait_next(const struct name *name, uintptr_t *badge)
{
	for (size_t i = 0; i < ARRAY_SIZE(waiters); i++) {
		nacre_token_t token = waiters[i].token;

		if (!token || waiters[i].number != name_number(name))
			continue;
		waiters[i].token = 0;
		*badge = waiters[i].badge;
		return token;
	}
	return 0;
}

void wait_clean(uintptr_t badge)
{
	for (size_t i = 0; i < ARRAY_SIZE(waiters); i++)
		if (waiters[i].token && waiters[i].badge == badge && nacre_server_token_check(waiters[i].token))
			waiters[i].token = 0;
}
