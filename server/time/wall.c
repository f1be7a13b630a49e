/* wall.c - the wall clock. */
#include "wall.h"
#include "abi/nacre_calls.h"
#include "idl/rtc_client.h"
#include "nacre/clock.h"
#include "nacre/log.h"

struct wall wall;
static nacre_handle_t rtc; /* NONE: the machine has none */

void wall_open(void)
{
	nacre_status_t status = rtc_connect_now("dev/rtc", &rtc);
	uint64_t now_ns = 0;

	if (!status)
		status = rtc_read(rtc, &now_ns);
	if (status) {
		nacre_log(LOG_WARNING, "no real-time clock: %s", nacre_error_sentence(status));
		return;
	}
	wall.offset_ns = now_ns - nacre_clock_ns();
	wall.known = true;
}

void wall_set(uint64_t now_ns)
{
	wall.offset_ns = now_ns - nacre_clock_ns();
	wall.known = true;
	if (rtc && rtc_set(rtc, now_ns))
		nacre_log(LOG_WARNING, "the real-time clock could not be set");
}
