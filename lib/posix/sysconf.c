/* sysconf.c - limits, and which parts of POSIX are there. -1 without an errno: there is no limit, or it is not there. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "idl/files.h"
#include "nacre/startup.h"
#include "signals.h"

enum { ARGUMENT_BYTES = 2024, TIMERS = 31, OVERRUNS = 32767 };

/* X(name, value): what programs may ask for. Behind each _SC_ name its value. */
#define SYSCONF_LIST(X) \
	X(ARG_MAX, ARGUMENT_BYTES) X(CHILD_MAX, 64) X(CLK_TCK, CLK_TCK) X(OPEN_MAX, OPEN_MAX) X(PAGESIZE, 4096) \
	X(STREAM_MAX, OPEN_MAX) X(TZNAME_MAX, 10) X(VERSION, 200809L) X(NPROCESSORS_CONF, 1) X(NPROCESSORS_ONLN, 1) \
	X(JOB_CONTROL, -1) X(SAVED_IDS, -1) X(NGROUPS_MAX, 0) X(REGEXP, -1) X(SHELL, -1) X(IPV6, -1) X(RAW_SOCKETS, -1) \
	X(THREADS, _POSIX_THREADS) X(THREAD_SAFE_FUNCTIONS, _POSIX_THREAD_SAFE_FUNCTIONS) \
	X(THREAD_ATTR_STACKADDR, _POSIX_THREAD_ATTR_STACKADDR) X(THREAD_ATTR_STACKSIZE, _POSIX_THREAD_ATTR_STACKSIZE) \
	X(THREAD_PRIORITY_SCHEDULING, _POSIX_THREAD_PRIORITY_SCHEDULING) X(THREAD_PRIO_INHERIT, _POSIX_THREAD_PRIO_INHERIT) \
	X(THREAD_PRIO_PROTECT, -1) X(THREAD_PROCESS_SHARED, -1) X(THREAD_CPUTIME, -1) X(THREAD_SPORADIC_SERVER, -1) \
	X(THREAD_ROBUST_PRIO_INHERIT, -1) X(THREAD_ROBUST_PRIO_PROTECT, -1) \
	X(THREAD_KEYS_MAX, PTHREAD_KEYS_MAX) X(THREAD_STACK_MIN, PTHREAD_STACK_MIN) X(THREAD_THREADS_MAX, -1) \
	X(THREAD_DESTRUCTOR_ITERATIONS, PTHREAD_DESTRUCTOR_ITERATIONS) \
	X(PRIORITY_SCHEDULING, _POSIX_PRIORITY_SCHEDULING) X(BARRIERS, _POSIX_BARRIERS) X(SPIN_LOCKS, _POSIX_SPIN_LOCKS) \
	X(READER_WRITER_LOCKS, _POSIX_READER_WRITER_LOCKS) X(SEMAPHORES, _POSIX_SEMAPHORES) X(SEM_VALUE_MAX, SEM_VALUE_MAX) \
	X(SEM_NSEMS_MAX, -1) X(TIMEOUTS, _POSIX_TIMEOUTS) X(TIMERS, _POSIX_TIMERS) X(TIMER_MAX, TIMERS) \
	X(DELAYTIMER_MAX, OVERRUNS) X(MONOTONIC_CLOCK, _POSIX_MONOTONIC_CLOCK) X(CLOCK_SELECTION, _POSIX_CLOCK_SELECTION) \
	X(CPUTIME, _POSIX_CPUTIME) X(SPORADIC_SERVER, -1) X(REALTIME_SIGNALS, _POSIX_REALTIME_SIGNALS) \
	X(RTSIG_MAX, SIGRTMAX - SIGRTMIN + 1) X(SIGQUEUE_MAX, SIGNALS_QUEUED_MAX) X(SPAWN, _POSIX_SPAWN) \
	X(FSYNC, _POSIX_FSYNC) X(SYNCHRONIZED_IO, _POSIX_SYNCHRONIZED_IO) X(MAPPED_FILES, -1) X(MEMLOCK, -1) \
	X(MEMLOCK_RANGE, -1) X(MEMORY_PROTECTION, -1) X(MESSAGE_PASSING, -1) X(SHARED_MEMORY_OBJECTS, -1) \
	X(ASYNCHRONOUS_IO, -1) X(PRIORITIZED_IO, -1) X(TYPED_MEMORY_OBJECTS, -1) X(TRACE, -1) X(AIO_MAX, -1) \
	X(MQ_OPEN_MAX, -1) X(HOST_NAME_MAX, -1) X(SYMLOOP_MAX, 0)

long sysconf(int name)
{
	struct nacre_budget_state state;

	switch (name) {
#define SYSCONF_CASE(what, value) \
	case _SC_##what: \
		return value;
	SYSCONF_LIST(SYSCONF_CASE)
	case _SC_PHYS_PAGES:
	case _SC_AVPHYS_PAGES:
		/* Of this process's budget: what else the machine has is not its affair. */
		if (nacre_budget_info(nacre_self_budget(), &state))
			return -1;
		return (long)(name == _SC_PHYS_PAGES ? state.limit_pages : state.limit_pages - state.charged_pages - state.given_pages);
	}
	errno = EINVAL;
	return -1;
}

static long pathconf_of(int name)
{
	switch (name) {
	case _PC_NAME_MAX:
		return FILES_NAME_BYTES;
	case _PC_PATH_MAX:
		return PATH_MAX;
	case _PC_PIPE_BUF:
		return PIPE_BUF;
	case _PC_LINK_MAX:
		return 65535;
	case _PC_NO_TRUNC:
		return 1;
	case _PC_MAX_CANON:
	case _PC_MAX_INPUT:
		return 255;
	case _PC_CHOWN_RESTRICTED:
	case _PC_VDISABLE:
	case _PC_ASYNC_IO:
	case _PC_PRIO_IO:
		return -1;
	case _PC_SYNC_IO:
		return 1;
	}
	errno = EINVAL;
	return -1;
}

long pathconf(const char *path, int name)
{
	return access(path, F_OK) ? -1 : pathconf_of(name);
}

long fpathconf(int file, int name)
{
	return fcntl(file, F_GETFD) < 0 ? -1 : pathconf_of(name);
}

int getpagesize(void);
int getpagesize(void)
{
	return 4096;
}
