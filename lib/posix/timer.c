/* timer.c - timers that send signals or start threads: timer_create and its kin, alarm, setitimer.
 *
 *     stopped --settime--> running --deadline--> fires, and again after its interval
 *
 * One thread of libc's own, made when the first timer is, sleeps until the next deadline. Deadlines are the kernel's
 * counter's: a timer on the wall clock goes off when it would have at the time it was set, whatever the clock is set to
 * later. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "nacre/clock.h"
#include "signals.h"

enum { TIMERS_MAX = 32, STACK_BYTES = 16 << 10, OVERRUNS_MAX = 32767, ALARM = 0 };

static struct timer {
	bool used;
	clockid_t clock;
	struct sigevent event;
	uint64_t deadline_ns;      /* 0: stopped */
	uint64_t interval_ns;
	int overruns;
} timers[TIMERS_MAX];
static struct __lock timers_lock;
static uint32_t changes;           /* futex: counts what may bring the next deadline nearer */
static bool has_thread;

static int fail(int error)
{
	errno = error;
	return -1;
}

static uint64_t ns_of(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * NACRE_S + (uint64_t)time->tv_nsec;
}

static struct timespec time_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NACRE_S), .tv_nsec = (long)(ns % NACRE_S) };
}

/* --- the thread ---------------------------------------------------------------------------------------- */

/* What the thread is to call: a copy, because the timer may be gone before it runs. */
struct notice {
	void (*run)(union sigval);
	union sigval value;
};

static void *notify(void *given)
{
	struct notice notice = *(struct notice *)given;

	free(given);
	notice.run(notice.value);
	return NULL;
}

static int notify_thread(struct notice *notice, pthread_attr_t *attributes)
{
	pthread_attr_t detached;

	if (attributes)
		detached = *attributes;
	else
		pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	return pthread_create(&(pthread_t){ NULL }, &detached, notify, notice);
}

/* False: there was no memory for it. */
static bool thread_notify(const struct timer *timer)
{
	struct notice *notice = malloc(sizeof(*notice));
	sigset_t *mask = signal_mask(), before = *mask;
	int error;

	if (!notice)
		return false;
	*notice = (struct notice){ timer->event.sigev_notify_function, timer->event.sigev_value };
	*mask = 0; /* which the new thread takes over */
	error = notify_thread(notice, timer->event.sigev_notify_attributes);
	*mask = before;
	if (error)
		free(notice);
	return !error;
}

static void fire(struct timer *timer)
{
	int error;

	if (timer->event.sigev_notify == SIGEV_THREAD)
		timer->overruns += !thread_notify(timer);
	if (timer->event.sigev_notify != SIGEV_SIGNAL)
		return;
	if (signal_is_queued(timer->event.sigev_signo, timer->event.sigev_value)) {
		timer->overruns += timer->overruns < OVERRUNS_MAX;
		return;
	}
	timer->overruns = 0;
	error = signal_send(timer->event.sigev_signo, NULL, SI_TIMER, timer->event.sigev_value);
	timer->overruns += error != 0;
}

/* Fires what is due; answers the next deadline. */
static uint64_t fire_due(void)
{
	uint64_t now = nacre_clock_ns(), next = NACRE_DEADLINE_NEVER;

	for (size_t i = 0; i < TIMERS_MAX; i++) {
		struct timer *timer = &timers[i];

		if (!timer->deadline_ns)
			continue;
		if (timer->deadline_ns <= now) {
			fire(timer);
			timer->deadline_ns = timer->interval_ns ? timer->deadline_ns + timer->interval_ns : 0;
			/* What was missed altogether is counted, not made up for. */
			if (timer->interval_ns && timer->deadline_ns <= now) {
				uint64_t missed = (now - timer->deadline_ns) / timer->interval_ns + 1;

				timer->overruns = missed < (uint64_t)(OVERRUNS_MAX - timer->overruns) ? timer->overruns + (int)missed
												     : OVERRUNS_MAX;
				timer->deadline_ns += missed * timer->interval_ns;
			}
		}
		if (timer->deadline_ns && timer->deadline_ns < next)
			next = timer->deadline_ns;
	}
	return next;
}

static void *serve(void *unused)
{
	uint64_t next;
	uint32_t seen;

	(void)unused;
	*signal_mask() = ~0ull;
	for (;;) {
		seen = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
		lock_take(&timers_lock);
		next = fire_due();
		lock_drop(&timers_lock);
		signal_run_for_all();
		nacre_futex_wait(&changes, seen, NACRE_HANDLE_NONE, next);
	}
	return NULL;
}

/* Under timers_lock. 0 or EAGAIN. */
static int thread_make(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	if (has_thread)
		return 0;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attributes, serve, NULL);
	if (!error)
		thread_is_service(thread);
	has_thread = !error;
	return error ? EAGAIN : 0;
}

static void changed(void)
{
	__atomic_fetch_add(&changes, 1, __ATOMIC_ACQ_REL);
	nacre_futex_wake(&changes, 1, NULL);
}

/* --- timers -------------------------------------------------------------------------------------------- */

static bool event_is_sound(const struct sigevent *event)
{
	switch (event->sigev_notify) {
	case SIGEV_NONE:
		return true;
	case SIGEV_SIGNAL:
		return signal_is_valid(event->sigev_signo);
	case SIGEV_THREAD:
		return event->sigev_notify_function;
	}
	return false;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict out)
{
	struct sigevent usual = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	int error;

	if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || (event && !event_is_sound(event)))
		return fail(EINVAL);
	lock_take(&timers_lock);
	error = thread_make();
	for (size_t i = ALARM + 1; !error && i <= TIMERS_MAX; i++) {
		if (i == TIMERS_MAX)
			error = EAGAIN;
		else if (!timers[i].used) {
			usual.sigev_value.sival_int = (int)i;
			timers[i] = (struct timer){ .used = true, .clock = clock, .event = event ? *event : usual };
			*out = (timer_t)i;
			break;
		}
	}
	lock_drop(&timers_lock);
	return error ? fail(error) : 0;
}

static struct timer *timer_of(timer_t number)
{
	return (size_t)number > ALARM && (size_t)number < TIMERS_MAX && timers[(size_t)number].used ? &timers[(size_t)number] : NULL;
}

int timer_delete(timer_t number)
{
	struct timer *timer;

	lock_take(&timers_lock);
	timer = timer_of(number);
	if (timer)
		*timer = (struct timer){ 0 };
	lock_drop(&timers_lock);
	return timer ? 0 : fail(EINVAL);
}

static struct itimerspec state_of(const struct timer *timer)
{
	uint64_t now = nacre_clock_ns(), left = 0;

	/* One that is due and has not fired yet has the least time left that there is. */
	if (timer->deadline_ns)
		left = timer->deadline_ns > now ? timer->deadline_ns - now : 1;
	return (struct itimerspec){ .it_value = time_of(left), .it_interval = time_of(timer->interval_ns) };
}

int timer_gettime(timer_t number, struct itimerspec *value)
{
	const struct timer *timer;

	lock_take(&timers_lock);
	timer = timer_of(number);
	if (timer)
		*value = state_of(timer);
	lock_drop(&timers_lock);
	return timer ? 0 : fail(EINVAL);
}

static void set(struct timer *timer, uint64_t deadline_ns, uint64_t interval_ns)
{
	timer->deadline_ns = deadline_ns;
	timer->interval_ns = interval_ns;
	timer->overruns = 0;
	changed();
}

int timer_settime(timer_t number, int flags, const struct itimerspec *restrict value, struct itimerspec *restrict old)
{
	struct itimerspec before;
	struct timer *timer;
	uint64_t deadline_ns = 0;

	if (timespec_check(&value->it_value) || timespec_check(&value->it_interval) || value->it_value.tv_sec < 0 ||
	    value->it_interval.tv_sec < 0)
		return fail(EINVAL);
	lock_take(&timers_lock);
	timer = timer_of(number);
	if (timer) {
		before = state_of(timer);
		if (ns_of(&value->it_value)) {
			deadline_ns = flags & TIMER_ABSTIME ? thread_deadline(timer->clock, &value->it_value)
							    : nacre_deadline_in(ns_of(&value->it_value));
			deadline_ns += !deadline_ns; /* long past: at once */
		}
		set(timer, deadline_ns, ns_of(&value->it_interval));
		if (old)
			*old = before;
	}
	lock_drop(&timers_lock);
	return timer ? 0 : fail(EINVAL);
}

int timer_getoverrun(timer_t number)
{
	const struct timer *timer;
	int overruns = 0;

	lock_take(&timers_lock);
	timer = timer_of(number);
	if (timer)
		overruns = timer->overruns;
	lock_drop(&timers_lock);
	return timer ? overruns : fail(EINVAL);
}

/* --- alarm, and the interval timer of real time, which are one ----------------------------------------- */

/* Sets it, 0: stops it; answers what was left of it. */
static int alarm_set(uint64_t ns, uint64_t interval_ns, struct itimerspec *before)
{
	struct timer *timer = &timers[ALARM];
	int error;

	lock_take(&timers_lock);
	error = thread_make();
	*before = state_of(timer);
	if (!error) {
		timer->used = true;
		timer->event = (struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
		set(timer, ns ? nacre_deadline_in(ns) : 0, interval_ns);
	}
	lock_drop(&timers_lock);
	return error;
}

unsigned alarm(unsigned seconds)
{
	struct itimerspec before;

	alarm_set(seconds * NACRE_S, 0, &before);
	return (unsigned)before.it_value.tv_sec + (before.it_value.tv_nsec > 0);
}

useconds_t ualarm(useconds_t microseconds, useconds_t interval)
{
	struct itimerspec before;

	alarm_set(microseconds * NACRE_US, interval * NACRE_US, &before);
	return (useconds_t)(ns_of(&before.it_value) / NACRE_US);
}

static struct itimerval in_microseconds(const struct itimerspec *from)
{
	return (struct itimerval){
		.it_value = { from->it_value.tv_sec, from->it_value.tv_nsec / 1000 },
		.it_interval = { from->it_interval.tv_sec, from->it_interval.tv_nsec / 1000 },
	};
}

static bool is_time(const struct timeval *time)
{
	return time->tv_sec >= 0 && time->tv_usec >= 0 && time->tv_usec < 1000000;
}

int setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict old)
{
	struct itimerspec before;

	if (which != ITIMER_REAL || !is_time(&value->it_value) || !is_time(&value->it_interval))
		return fail(EINVAL);
	if (alarm_set((uint64_t)value->it_value.tv_sec * NACRE_S + (uint64_t)value->it_value.tv_usec * NACRE_US,
		      (uint64_t)value->it_interval.tv_sec * NACRE_S + (uint64_t)value->it_interval.tv_usec * NACRE_US, &before))
		return fail(EAGAIN);
	if (old)
		*old = in_microseconds(&before);
	return 0;
}

int getitimer(int which, struct itimerval *value)
{
	struct itimerspec state;

	if (which != ITIMER_REAL)
		return fail(EINVAL);
	lock_take(&timers_lock);
	state = state_of(&timers[ALARM]);
	lock_drop(&timers_lock);
	*value = in_microseconds(&state);
	return 0;
}
