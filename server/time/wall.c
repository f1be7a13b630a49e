/* wall.c - the wall clock. */
#include "wall.h"
#include "abi/nacre_calls.h"
#include "idl/rtc.h"
#include "nacre/client.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/names.h"

struct wall wall;
static nacre_handle_t rtc; /* NONE: the machine has none */

void wall_open(void)
{
	struct nacre_words words = { .opcode = RTC_READ };
	nacre_status_t status = nacre_connect_now("dev/rtc", &rtc);

	if (!status)
		status = nacre_ask(rtc, &words);
	if (status) {
		nacre_log(LOG_WARNING, "no real-time clock: %s", nacre_error_sentence(status));
		return;
	}
	wall.offset_ns = ((uint64_t)words.word[1] << 32 | (uint32_t)words.word[0]) - nacre_clock_ns();
	wall.known = true;
}

void wall_set(uint64_t now_ns)
{
	struct nacre_words words = { .opcode = RTC_SET, .word = { (uint32_t)now_ns, (uint32_t)(now_ns >> 32) } };

	wall.offset_ns = now_ns - nacre_clock_ns();
	wall.known = true;
	if (rtc && nacre_ask(rtc, &words))
		nacre_log(LOG_WARNING, "the real-time clock could not be set");
}
