/* early.c - lookups that come before init has said all it has to say. */
#include "early.h"
#include "abi/nacre_calls.h"
#include "base/string.h"

enum { EARLY_MAX = 24 };

static struct early {
	nacre_token_t token;
	uintptr_t badge;
	enum names_patience patience;
	uint8_t size;
	char path[NAMES_PATH_BYTES + 1];
} kept[EARLY_MAX];
static unsigned count, taken;

nacre_status_t early_keep(const struct nacre_request *request, const struct names_lookup_in *in)
{
	struct early *early = &kept[count];

	if (count == EARLY_MAX)
		return STATUS_FULL;
	*early = (struct early){ .token = request->token, .badge = request->badge, .patience = in->patience, .size = (uint8_t)in->path_size };
	memcpy(early->path, in->path, in->path_size);
	count++;
	return NACRE_LATER;
}

bool early_next(struct nacre_request *request, struct names_lookup_in *in)
{
	while (taken < count) {
		const struct early *early = &kept[taken++];

		if (nacre_server_token_check(early->token)) /* it gave up */
			continue;
		*request = (struct nacre_request){ .token = early->token, .badge = early->badge };
		*in = (struct names_lookup_in){ .patience = early->patience, .path = early->path, .path_size = early->size };
		return true;
	}
	return false;
}
