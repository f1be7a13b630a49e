/* watch.c - who wants to hear when something could be read or written. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "console.h"

enum { WATCHES_MAX = 8 };

static struct watch {
	nacre_handle_t to;    /* NONE: free */
	uintptr_t badge;
	uint32_t wanted, bits;
} watches[WATCHES_MAX];

uint32_t watch_now(void)
{
	return (input_is_readable() ? CONSOLE_READY_READABLE : 0) | (output_is_writable() ? CONSOLE_READY_WRITABLE : 0);
}

static void end(struct watch *watch)
{
	nacre_handle_close(watch->to);
	watch->to = NACRE_HANDLE_NONE;
}

static bool id_read(nacre_handle_t handle, uintptr_t id[4])
{
	return nacre_handle_id(handle, &id[0], &id[1], &id[2], &id[3]) == NACRE_E_OK;
}

/* Is the watch to make place for a new one: for the same connection, or one that is no more? */
static bool is_replaced(const struct watch *watch, uintptr_t badge, const uintptr_t fresh[4])
{
	uintptr_t id[4];

	return !id_read(watch->to, id) || (watch->badge == badge && !memcmp(id, fresh, sizeof(id)));
}

static struct watch *place_for(uintptr_t badge, nacre_handle_t to)
{
	struct watch *free = NULL;
	uintptr_t fresh[4];

	if (!id_read(to, fresh))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(watches); i++) {
		if (watches[i].to && is_replaced(&watches[i], badge, fresh))
			end(&watches[i]);
		if (!watches[i].to)
			free = &watches[i];
	}
	return free;
}

nacre_status_t watch_add(uintptr_t badge, uint32_t wanted, uint32_t bits, nacre_handle_t to)
{
	struct watch *place = place_for(badge, to);

	if (!place)
		return STATUS_FULL;
	*place = (struct watch){ to, badge, wanted, bits };
	return STATUS_OK;
}

void watch_serve(void)
{
	uint32_t now = watch_now();

	for (size_t i = 0; i < ARRAY_SIZE(watches); i++) {
		if (!watches[i].to || !(watches[i].wanted & now))
			continue;
		nacre_connection_signal(watches[i].to, watches[i].bits); /* whoever it was may be gone: so be it */
		end(&watches[i]);
	}
}

void watch_clean(uintptr_t badge)
{
	for (size_t i = 0; i < ARRAY_SIZE(watches); i++)
		if (watches[i].to && watches[i].badge == badge)
			end(&watches[i]);
}
