/* kept.c - what outlives this process. */
#include "kept.h"
#include "base/string.h"
#include "nacre/area.h"
#include "nacre/startup.h"

#define MAGIC 0x6b657074u /* "kept" */

static bool makes_sense(const struct kept *kept)
{
	return kept->magic == MAGIC && kept->in.size == KEPT_IN_BYTES && kept->out.size == KEPT_OUT_BYTES &&
	       ring_used(&kept->in) <= KEPT_IN_BYTES && ring_used(&kept->out) <= KEPT_OUT_BYTES &&
	       kept->line.length <= sizeof(kept->line.bytes) && kept->line.taken <= kept->line.length;
}

nacre_err_t kept_open(struct kept **result)
{
	static struct nacre_area area;
	struct kept *kept;
	nacre_err_t error = nacre_area_map(&area, nacre_startup_handle("kept"), 0, NACRE_PAGES(sizeof(*kept)),
					   NACRE_PROT_READ | NACRE_PROT_WRITE);

	if (error)
		return error;
	kept = area.base;
	if (!makes_sense(kept)) {
		memset(kept, 0, sizeof(*kept));
		kept->magic = MAGIC;
		kept->in.size = KEPT_IN_BYTES;
		kept->out.size = KEPT_OUT_BYTES;
	}
	/* The page lies elsewhere in each life. */
	kept->in.bytes = kept->in_bytes;
	kept->out.bytes = kept->out_bytes;
	*result = kept;
	return NACRE_E_OK;
}
