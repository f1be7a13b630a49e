/* timing.c - what mbedtls/timing.h promises, on Nacre's monotonic clock. */
#include <pthread.h>
#include "mbedtls/timing.h"
#include "nacre/clock.h"

volatile int mbedtls_timing_alarmed;

unsigned long mbedtls_timing_hardclock(void)
{
	return (unsigned long)nacre_clock_ns();
}

unsigned long mbedtls_timing_get_timer(struct mbedtls_timing_hr_time *timer, int reset)
{
	uint64_t now_ns = nacre_clock_ns();
	uint64_t passed_ns = now_ns - timer->start_ns;

	if (reset) {
		timer->start_ns = now_ns;
		return 0;
	}
	return (unsigned long)(passed_ns / NACRE_MS);
}

void mbedtls_timing_set_delay(void *data, uint32_t int_ms, uint32_t fin_ms)
{
	mbedtls_timing_delay_context *delay = data;

	delay->int_ms = int_ms;
	delay->fin_ms = fin_ms;
	if (fin_ms)
		mbedtls_timing_get_timer(&delay->timer, 1);
}

/* -1: none is set; 0, 1, 2: none, the intermediate, the final delay has passed. */
int mbedtls_timing_get_delay(void *data)
{
	mbedtls_timing_delay_context *delay = data;
	unsigned long passed_ms;

	if (!delay->fin_ms)
		return -1;
	passed_ms = mbedtls_timing_get_timer(&delay->timer, 0);
	return (passed_ms >= delay->int_ms) + (passed_ms >= delay->fin_ms);
}

/* --- the alarm ---------------------------------------------------------------------------------------------- */

/* There are no signals: a thread sleeps. One that was set again meanwhile must not ring: each has a number. */
static struct {
	pthread_mutex_t lock;
	unsigned number;
	uint64_t deadline_ns;
} alarms = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *ring(void *number)
{
	uint64_t deadline_ns;

	pthread_mutex_lock(&alarms.lock);
	deadline_ns = alarms.deadline_ns;
	pthread_mutex_unlock(&alarms.lock);
	nacre_sleep_until(deadline_ns);
	pthread_mutex_lock(&alarms.lock);
	if (alarms.number == (unsigned)(uintptr_t)number)
		mbedtls_timing_alarmed = 1;
	pthread_mutex_unlock(&alarms.lock);
	return NULL;
}

/* Where no thread can be had the alarm rings at once: whoever waits for it must not wait for ever. */
void mbedtls_set_alarm(int seconds)
{
	pthread_t thread;
	unsigned number;

	pthread_mutex_lock(&alarms.lock);
	mbedtls_timing_alarmed = 0;
	number = ++alarms.number;
	alarms.deadline_ns = nacre_deadline_in((uint64_t)(seconds > 0 ? seconds : 0) * NACRE_S);
	pthread_mutex_unlock(&alarms.lock);
	if (seconds <= 0 || pthread_create(&thread, NULL, ring, (void *)(uintptr_t)number))
		mbedtls_timing_alarmed = 1;
	else
		pthread_detach(thread);
}
