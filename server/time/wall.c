/* wall.c - the wall clock. */
#include "wall.h"
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "idl/rtc_client.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/startup.h"

#define MAGIC 0x77616c6cu /* "wall" */

/* In the page that init keeps: what a successor goes on with. Reading the real-time clock anew would let the time of day jump, back
 * too, by as much as that takes. The one that is not `current` is written, so that a death in the middle leaves the other. */
struct kept {
	uint32_t magic, current;
	struct wall wall[2];
};

struct wall wall;
static volatile struct kept *kept; /* NULL: there is no such page */
static nacre_handle_t rtc;         /* NONE: not looked for yet, or the machine has none */

static void keep(void)
{
	uint32_t other;

	if (!kept)
		return;
	other = !kept->current;
	kept->wall[other] = wall;
	kept->current = other;
	kept->magic = MAGIC;
}

/* What the predecessor knew. False: it was none, or knew nothing. */
static bool kept_load(void)
{
	static struct nacre_area area;

	if (nacre_area_map(&area, nacre_startup_handle("kept"), 0, NACRE_PAGES(sizeof(*kept)), NACRE_PROT_READ | NACRE_PROT_WRITE))
		return false;
	kept = area.base;
	if (kept->magic != MAGIC || kept->current > 1)
		return false;
	wall = kept->wall[kept->current];
	return wall.known;
}

static nacre_status_t rtc_find(void)
{
	return rtc ? STATUS_OK : rtc_connect_now("dev/rtc", &rtc);
}

void wall_open(void)
{
	uint64_t now_ns = 0;
	nacre_status_t status;

	if (kept_load())
		return;
	status = rtc_find();
	if (!status)
		status = rtc_read(rtc, &now_ns);
	if (status) {
		nacre_log(LOG_WARNING, "no real-time clock: %s", nacre_error_sentence(status));
		return;
	}
	wall.offset_ns = now_ns - nacre_clock_ns();
	wall.known = true;
	keep();
}

void wall_set(uint64_t now_ns)
{
	wall.offset_ns = now_ns - nacre_clock_ns();
	wall.known = true;
	keep();
	if (!rtc_find() && rtc_set(rtc, now_ns))
		nacre_log(LOG_WARNING, "the real-time clock could not be set");
}

void wall_zone_set(int32_t minutes)
{
	wall.zone_minutes = minutes;
	keep();
}
