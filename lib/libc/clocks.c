/* clocks.c - time of day, sleeping, CPU time, in POSIX's words. */
#include <errno.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "thread.h"
#include "wall.h"

int _gettimeofday(struct timeval *time, void *zone);
clock_t _times(struct tms *times);

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Of the process: its budget is its own. */
static uint64_t cpu_ns(void)
{
	struct nacre_budget_state state = { 0 };

	nacre_budget_info(nacre_self_budget(), &state);
	return state.cpu_ns;
}

static uint64_t to_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * NACRE_S + (uint64_t)time->tv_nsec;
}

static void from_ns(struct timespec *time, uint64_t ns)
{
	time->tv_sec = (time_t)(ns / NACRE_S);
	time->tv_nsec = (long)(ns % NACRE_S);
}

int timespec_check(const struct timespec *time)
{
	return time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= (long)NACRE_S ? EINVAL : 0;
}

uint64_t thread_deadline(clockid_t clock, const struct timespec *when)
{
	uint64_t ns = to_ns(when), offset = clock == CLOCK_MONOTONIC ? 0 : wall_offset_ns();

	return ns > offset ? ns - offset : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	switch (clock) {
	case CLOCK_REALTIME:
		from_ns(time, nacre_clock_ns() + wall_offset_ns());
		return 0;
	case CLOCK_MONOTONIC:
		from_ns(time, nacre_clock_ns());
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		from_ns(time, cpu_ns());
		return 0;
	}
	return fail(EINVAL);
}

/* What the counter can tell apart is the machine's affair; a microsecond is promised. */
int clock_getres(clockid_t clock, struct timespec *resolution)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_PROCESS_CPUTIME_ID)
		return fail(EINVAL);
	if (resolution)
		from_ns(resolution, NACRE_US);
	return 0;
}

/* Setting it takes a connection to svc/clock-set, which a program that may do so uses itself. */
int clock_settime(clockid_t clock, const struct timespec *time)
{
	(void)clock, (void)time;
	return fail(EPERM);
}

int _gettimeofday(struct timeval *time, void *zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
	if (timespec_check(time) || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
		return EINVAL;
	nacre_sleep_until(flags & TIMER_ABSTIME ? thread_deadline(clock, time) : nacre_deadline_in(to_ns(time)));
	if (rest)
		from_ns(rest, 0); /* nothing interrupts a sleep */
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	int error = clock_nanosleep(CLOCK_MONOTONIC, 0, time, rest);

	return error ? fail(error) : 0;
}

int usleep(useconds_t microseconds)
{
	nacre_sleep_until(nacre_deadline_in(microseconds * NACRE_US));
	return 0;
}

unsigned sleep(unsigned seconds)
{
	nacre_sleep_until(nacre_deadline_in(seconds * NACRE_S));
	return 0;
}

clock_t _times(struct tms *times)
{
	*times = (struct tms){ .tms_utime = (clock_t)(cpu_ns() / (NACRE_S / CLK_TCK)) };
	return (clock_t)(nacre_clock_ns() / (NACRE_S / CLK_TCK));
}
