/* load_clock.c - a clock's client: time goes on, and as fast as the kernel's. */
#include "inject.h"
#include "idl/rtc_client.h"
#include "nacre/clock.h"

static nacre_handle_t clock;

static bool open(void)
{
	return rtc_connect_now("dev/rtc", &clock) == STATUS_OK;
}

static enum answer serve_round(uint32_t number)
{
	static uint64_t ahead;        /* of the kernel's, when last seen right */
	uint64_t time_ns, before_ns = nacre_clock_ns();
	nacre_status_t status = rtc_read_until(clock, nacre_deadline_in(ROUND_NS), &time_ns);
	uint64_t now_ns = nacre_clock_ns();

	(void)number;
	if (status)
		return status == NACRE_E_TIMEOUT ? ANSWER_LATE : ANSWER_REFUSED;
	if (!ahead)
		ahead = time_ns - before_ns;
	/* The two may differ by a second over all of a campaign. */
	return time_ns + NACRE_S >= before_ns + ahead && time_ns <= now_ns + ahead + NACRE_S ? ANSWER_RIGHT : ANSWER_WRONG;
}

const struct load load_clock = { "goldfish-rtc", open, serve_round };
