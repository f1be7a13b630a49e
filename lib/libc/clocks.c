/* clocks.c - time of day, sleeping, CPU time, in POSIX's words. */
#include <errno.h>
#include <stdbool.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "interrupt.h"
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

/* Of the process: its budget is its own. The kernel adds up when the CPU changes hands, so it is given up for an instant,
 * but not every time somebody asks. The pause is long enough not to be over before the call that waits for it. */
static uint64_t cpu_ns(void)
{
	enum { PAUSE_NS = 20000, FRESH_NS = 5000000 };
	static uint64_t paused_ns;
	struct nacre_budget_state state = { 0 };

	if (nacre_clock_ns() - paused_ns > FRESH_NS) {
		nacre_sleep_until(nacre_deadline_in(PAUSE_NS));
		paused_ns = nacre_clock_ns();
	}
	nacre_budget_info(nacre_self_budget(), &state);
	return state.cpu_ns;
}

/* Beyond five hundred years it is for ever. */
static uint64_t to_ns(const struct timespec *time)
{
	uint64_t ns;

	if (__builtin_mul_overflow((uint64_t)time->tv_sec, NACRE_S, &ns) || __builtin_add_overflow(ns, (uint64_t)time->tv_nsec, &ns))
		return NACRE_DEADLINE_NEVER;
	return ns;
}

static void from_ns(struct timespec *time, uint64_t ns)
{
	time->tv_sec = (time_t)(ns / NACRE_S);
	time->tv_nsec = (long)(ns % NACRE_S);
}

int timespec_check(const struct timespec *time)
{
	return time->tv_nsec < 0 || time->tv_nsec >= (long)NACRE_S ? EINVAL : 0;
}

uint64_t thread_deadline(clockid_t clock, const struct timespec *when)
{
	uint64_t ns = to_ns(when), offset = clock == CLOCK_MONOTONIC ? 0 : wall_offset_ns();

	if (when->tv_sec < 0)
		return 0;
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

int clock_getcpuclockid(pid_t process, clockid_t *clock)
{
	if (process != 0 && process != getpid())
		return ESRCH;
	*clock = CLOCK_PROCESS_CPUTIME_ID;
	return 0;
}

/* Setting it takes a connection to svc/clock-set, which a program that may do so uses itself. */
int clock_settime(clockid_t clock, const struct timespec *time)
{
	return fail(clock != CLOCK_REALTIME || time->tv_sec < 0 || timespec_check(time) ? EINVAL : EPERM);
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

/* 0, or EINTR where a handler ran before. */
static int sleep_until(uint64_t deadline_ns)
{
	uint32_t word = 0;
	nacre_err_t error = NACRE_E_OK;
	bool interrupted;

	do {
		if (!interrupted_before(&word, NACRE_HANDLE_NONE))
			error = nacre_futex_wait(&word, word, NACRE_HANDLE_NONE, deadline_ns);
		interrupted = interrupted_after();
		cancel_point();
	} while (!interrupted && error != NACRE_E_TIMEOUT);
	return interrupted ? EINTR : 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
	uint64_t deadline_ns, now;
	int error;

	if (timespec_check(time) || time->tv_sec < 0 || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
		return clock == CLOCK_PROCESS_CPUTIME_ID ? ENOTSUP : EINVAL;
	cancel_point();
	deadline_ns = flags & TIMER_ABSTIME ? thread_deadline(clock, time) : nacre_deadline_in(to_ns(time));
	error = sleep_until(deadline_ns);
	if (rest && !(flags & TIMER_ABSTIME)) {
		now = nacre_clock_ns();
		from_ns(rest, error && deadline_ns > now ? deadline_ns - now : 0);
	}
	return error;
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	int error = clock_nanosleep(CLOCK_MONOTONIC, 0, time, rest);

	return error ? fail(error) : 0;
}

int usleep(useconds_t microseconds)
{
	cancel_point();
	return sleep_until(nacre_deadline_in(microseconds * NACRE_US)) ? fail(EINTR) : 0;
}

/* What is left of it, in whole seconds, where a handler ran before. */
unsigned sleep(unsigned seconds)
{
	struct timespec rest = { .tv_sec = seconds };

	if (!clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest))
		return 0;
	return (unsigned)rest.tv_sec + (rest.tv_nsec > 0);
}

clock_t _times(struct tms *times)
{
	*times = (struct tms){ .tms_utime = (clock_t)(cpu_ns() / (NACRE_S / CLK_TCK)) };
	return (clock_t)(nacre_clock_ns() / (NACRE_S / CLK_TCK));
}
