/* posix_signal.c - signals, timers, cancellation, spin locks: what libc does for threads of one process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "nacre/clock.h"
#include "test/alone.h"

TEST_ALONE;

static volatile sig_atomic_t seen[NSIG];
static volatile int seen_value, seen_code;
static volatile pthread_t seen_by;

static void note(int signal)
{
	seen[signal]++;
	seen_by = pthread_self();
}

static void note_info(int signal, siginfo_t *info, void *context)
{
	(void)context;
	note(signal);
	seen_value = info->si_value.sival_int;
	seen_code = info->si_code;
}

static void catch(int signal, int flags)
{
	struct sigaction action = { .sa_flags = flags };

	if (flags & SA_SIGINFO)
		action.sa_sigaction = note_info;
	else
		action.sa_handler = note;
	EXPECT_EQ(sigaction(signal, &action, NULL), 0);
	seen[signal] = 0;
}

static sigset_t set_of(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	return set;
}

TEST(nothing_reached, "without a file server, a maker of pipes and init each call fails with an errno that says so")
{
	int ends[2];

	EXPECT(open("/file", O_RDONLY) == -1 && errno == ENOENT);
	EXPECT(open("/file", O_WRONLY | O_CREAT, 0666) == -1 && errno == ENOENT);
	EXPECT(mkdir("/directory", 0777) == -1 && errno == ENOENT);
	EXPECT(opendir("/") == NULL && errno == ENOENT);
	EXPECT(pipe(ends) == -1 && errno == ENOSYS);
	EXPECT_EQ(posix_spawn(NULL, "hello", NULL, NULL, NULL, NULL), ENOSYS);
	EXPECT(access("/", F_OK) == -1 && errno == ENOENT);
}

/* --- sending and taking -------------------------------------------------------------------------------- */

TEST(raised, "raise and kill run the handler before they return, and sigaction tells it back")
{
	struct sigaction old;

	catch(SIGTERM, 0);
	EXPECT_EQ(raise(SIGTERM), 0);
	EXPECT_EQ(seen[SIGTERM], 1);
	EXPECT(seen_by == pthread_self());
	EXPECT_EQ(kill(getpid(), SIGTERM), 0);
	EXPECT_EQ(seen[SIGTERM], 2);
	EXPECT_EQ(sigaction(SIGTERM, NULL, &old), 0);
	EXPECT(old.sa_handler == note);
	EXPECT(signal(SIGTERM, SIG_IGN) == note);
	EXPECT_EQ(raise(SIGTERM), 0);
	EXPECT_EQ(seen[SIGTERM], 2);
	EXPECT_EQ(kill(getpid(), 0), 0);
	EXPECT(signal(SIGKILL, note) == SIG_ERR && errno == EINVAL);
	EXPECT(raise(1000) == -1 && errno == EINVAL);
	EXPECT(kill(getpid() + 1, SIGTERM) == -1 && errno == ESRCH);
}

TEST(masked, "a signal that is held back is pending, once however often it was sent, and comes when it is let through")
{
	sigset_t set = set_of(SIGINT), old, pending;

	catch(SIGINT, 0);
	EXPECT_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
	raise(SIGINT);
	kill(getpid(), SIGINT);
	kill(getpid(), SIGINT);
	EXPECT_EQ(seen[SIGINT], 0);
	EXPECT_EQ(sigpending(&pending), 0);
	EXPECT_EQ(sigismember(&pending, SIGINT), 1);
	EXPECT_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	EXPECT_EQ(seen[SIGINT], 2); /* one for the thread, one for the process */
	EXPECT_EQ(sigpending(&pending), 0);
	EXPECT_EQ(sigismember(&pending, SIGINT), 0);
	EXPECT(sigprocmask(99, &set, NULL) == -1 && errno == EINVAL);
}

static void nested(int signal)
{
	seen[signal]++;
	if (seen[signal] == 1)
		raise(signal);
	seen_value = seen[signal];
}

TEST(nested, "a handler is not interrupted by its own signal, unless SA_NODEFER; SA_RESETHAND lets it run once")
{
	struct sigaction action = { .sa_handler = nested };

	seen[SIGUSR1] = 0;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	EXPECT_EQ(seen[SIGUSR1], 2);
	seen[SIGUSR1] = 0;
	action.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	EXPECT_EQ(seen[SIGUSR1], 2);
	catch(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	EXPECT_EQ(sigaction(SIGUSR1, NULL, &action), 0);
	EXPECT(action.sa_handler == SIG_DFL);
}

TEST(queued, "real-time signals are queued with their values, in order, the lowest number first, up to a limit")
{
	sigset_t set = set_of(SIGRTMIN), before;
	siginfo_t info;
	int count = 0;

	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, &before);
	EXPECT_EQ(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 3 }), 0);
	EXPECT_EQ(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 }), 0);
	EXPECT_EQ(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 2 }), 0);
	for (int i = 1; i <= 3; i++) {
		EXPECT_EQ(sigwaitinfo(&set, &info), i < 3 ? SIGRTMIN : SIGRTMIN + 1);
		EXPECT_EQ(info.si_value.sival_int, i);
		EXPECT_EQ(info.si_code, SI_QUEUE);
	}
	while (sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 }) == 0)
		count++;
	EXPECT_EQ(errno, EAGAIN);
	EXPECT(count >= 32);
	signal(SIGRTMIN, SIG_IGN); /* which throws away what is pending */
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGRTMIN, SIG_DFL);
}

TEST(sigtimedwait, "sigtimedwait gives up when its time is over")
{
	sigset_t set = set_of(SIGUSR2), before;
	struct timespec patience = { .tv_nsec = 5000000 };
	uint64_t start = nacre_clock_ns();

	sigprocmask(SIG_BLOCK, &set, &before);
	EXPECT(sigtimedwait(&set, NULL, &patience) == -1 && errno == EAGAIN);
	EXPECT(nacre_clock_ns() - start >= 5 * NACRE_MS);
	raise(SIGUSR2);
	EXPECT_EQ(sigtimedwait(&set, NULL, &patience), SIGUSR2);
	patience.tv_nsec = -1;
	EXPECT(sigtimedwait(&set, NULL, &patience) == -1 && errno == EINVAL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

TEST(sigsetjmp, "a jump out of a handler can restore the mask")
{
	static sigjmp_buf place;
	sigset_t mask;

	if (!sigsetjmp(place, 1)) {
		sigset_t set = set_of(SIGUSR1);

		sigprocmask(SIG_BLOCK, &set, NULL);
		siglongjmp(place, 1);
	}
	sigprocmask(SIG_BLOCK, NULL, &mask);
	EXPECT_EQ(sigismember(&mask, SIGUSR1), 0);
}

TEST(sets, "sets take every signal there is and nothing else")
{
	sigset_t set;

	sigfillset(&set);
	EXPECT(sigismember(&set, SIGRTMAX) == 1 && sigismember(&set, 1) == 1);
	EXPECT(sigaddset(&set, 0) == -1 && errno == EINVAL);
	EXPECT(sigaddset(&set, NSIG) == -1 && errno == EINVAL);
	EXPECT_EQ(sigdelset(&set, SIGRTMAX), 0);
	EXPECT_EQ(sigismember(&set, SIGRTMAX), 0);
}

/* --- threads ------------------------------------------------------------------------------------------- */

static volatile int stage;

static void *sleep_long(void *unused)
{
	struct timespec time = { .tv_sec = 1000 }, rest = { 0 };

	(void)unused;
	stage = 1;
	if (nanosleep(&time, &rest) == -1 && errno == EINTR)
		return (void *)(uintptr_t)rest.tv_sec;
	return NULL;
}

static void await_stage(int wanted)
{
	while (stage != wanted)
		usleep(1000);
	usleep(10000); /* into the call that comes next */
}

TEST(interrupted, "pthread_kill ends another thread's sleep with EINTR, and the handler runs in that thread")
{
	pthread_t thread;
	void *rest;

	catch(SIGUSR1, 0);
	stage = 0;
	EXPECT_EQ(pthread_create(&thread, NULL, sleep_long, NULL), 0);
	await_stage(1);
	EXPECT_EQ(pthread_kill(thread, SIGUSR1), 0);
	EXPECT_EQ(pthread_join(thread, &rest), 0);
	EXPECT((uintptr_t)rest > 900 && (uintptr_t)rest < 1000);
	EXPECT_EQ(seen[SIGUSR1], 1);
	EXPECT(seen_by == thread);
}

static void *take_int(void *unused)
{
	sigset_t set = set_of(SIGINT);
	int signal;

	(void)unused;
	stage = 1;
	sigwait(&set, &signal);
	return (void *)(intptr_t)signal;
}

TEST(sigwait_thread, "a signal to the process goes to the thread that waits for it, and no handler runs")
{
	sigset_t set = set_of(SIGINT), before;
	pthread_t thread;
	void *signal;

	catch(SIGINT, 0);
	sigprocmask(SIG_BLOCK, &set, &before);
	stage = 0;
	EXPECT_EQ(pthread_create(&thread, NULL, take_int, NULL), 0);
	await_stage(1);
	EXPECT_EQ(kill(getpid(), SIGINT), 0);
	EXPECT_EQ(pthread_join(thread, &signal), 0);
	EXPECT_EQ((intptr_t)signal, SIGINT);
	EXPECT_EQ(seen[SIGINT], 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void *suspend(void *unused)
{
	sigset_t none;

	(void)unused;
	sigemptyset(&none);
	stage = 1;
	return (void *)(intptr_t)(sigsuspend(&none) == -1 && errno == EINTR);
}

TEST(sigsuspend_thread, "sigsuspend waits with another mask and returns once a handler has run")
{
	sigset_t set = set_of(SIGUSR1), before;
	pthread_t thread;
	void *right;

	catch(SIGUSR1, 0);
	sigprocmask(SIG_BLOCK, &set, &before);
	stage = 0;
	EXPECT_EQ(pthread_create(&thread, NULL, suspend, NULL), 0);
	await_stage(1);
	EXPECT_EQ(kill(getpid(), SIGUSR1), 0);
	EXPECT_EQ(pthread_join(thread, &right), 0);
	EXPECT_EQ((intptr_t)right, 1);
	EXPECT_EQ(seen[SIGUSR1], 1);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static sem_t semaphore;

static void *wait_for_semaphore(void *unused)
{
	(void)unused;
	stage = 1;
	return (void *)(intptr_t)(sem_wait(&semaphore) ? errno : 0);
}

TEST(semaphore, "sem_wait is interrupted by a signal, and loses no post that comes at the same time")
{
	pthread_t thread;
	void *result;

	catch(SIGUSR1, 0);
	EXPECT_EQ(sem_init(&semaphore, 0, 0), 0);
	stage = 0;
	EXPECT_EQ(pthread_create(&thread, NULL, wait_for_semaphore, NULL), 0);
	await_stage(1);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, &result);
	EXPECT_EQ((intptr_t)result, EINTR);
	for (int i = 0; i < 50; i++) {
		stage = 0;
		EXPECT_EQ(pthread_create(&thread, NULL, wait_for_semaphore, NULL), 0);
		while (!stage)
			usleep(100);
		sem_post(&semaphore);
		pthread_kill(thread, SIGUSR1);
		pthread_join(thread, &result);
		if ((intptr_t)result == EINTR)
			EXPECT_EQ(sem_trywait(&semaphore), 0);
		EXPECT(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
	}
}

/* --- timers -------------------------------------------------------------------------------------------- */

TEST(alarms, "alarm ends a pause; it tells what was left and can be stopped")
{
	uint64_t before = nacre_clock_ns();

	catch(SIGALRM, 0);
	EXPECT_EQ(alarm(2), 0);
	EXPECT(pause() == -1 && errno == EINTR);
	EXPECT_EQ(seen[SIGALRM], 1);
	EXPECT(nacre_clock_ns() - before >= 2 * NACRE_S);
	EXPECT_EQ(alarm(100), 0);
	EXPECT_EQ(alarm(0), 100);
	EXPECT_EQ(sleep(1), 0);
}

TEST(alarm_busy, "an alarm's handler runs even where no thread waits")
{
	catch(SIGALRM, 0);
	ualarm(1000, 0);
	for (uint64_t end = nacre_deadline_in(NACRE_S); !seen[SIGALRM] && nacre_clock_ns() < end;)
		sched_yield();
	EXPECT_EQ(seen[SIGALRM], 1);
}

TEST(interval, "an interval timer goes off again and again until it is stopped")
{
	struct itimerval value = { .it_value = { 0, 10000 }, .it_interval = { 0, 10000 } }, left;

	catch(SIGALRM, 0);
	EXPECT_EQ(setitimer(ITIMER_REAL, &value, NULL), 0);
	while (seen[SIGALRM] < 5)
		pause();
	EXPECT_EQ(getitimer(ITIMER_REAL, &left), 0);
	EXPECT(left.it_value.tv_usec <= 10000 && left.it_interval.tv_usec == 10000);
	value = (struct itimerval){ 0 };
	EXPECT_EQ(setitimer(ITIMER_REAL, &value, NULL), 0);
	seen[SIGALRM] = 0;
	usleep(50000);
	EXPECT_EQ(seen[SIGALRM], 0);
	EXPECT(setitimer(ITIMER_PROF, &value, NULL) == -1 && errno == EINVAL);
}

TEST(timer_signal, "timer_create sends a signal with its value; what was missed is an overrun")
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 77 };
	struct itimerspec value = { .it_value = { 0, 10000000 }, .it_interval = { 0, 10000000 } };
	sigset_t set = set_of(SIGRTMIN), before;
	siginfo_t info;
	timer_t timer;

	sigprocmask(SIG_BLOCK, &set, &before);
	EXPECT_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	EXPECT_EQ(timer_settime(timer, 0, &value, NULL), 0);
	usleep(100500);
	EXPECT_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	EXPECT_EQ(info.si_value.sival_int, 77);
	EXPECT_EQ(info.si_code, SI_TIMER);
	EXPECT_EQ(timer_getoverrun(timer), 9);
	EXPECT_EQ(timer_delete(timer), 0);
	EXPECT(timer_delete(timer) == -1 && errno == EINVAL);
	EXPECT(timer_create(99, &event, &timer) == -1 && errno == EINVAL);
	signal(SIGRTMIN, SIG_IGN);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void count_value(union sigval value)
{
	__atomic_fetch_add((int *)value.sival_ptr, 1, __ATOMIC_SEQ_CST);
}

TEST(timer_thread, "a timer can start a thread each time it goes off")
{
	int count = 0;
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = count_value,
				  .sigev_value.sival_ptr = &count };
	struct itimerspec value = { .it_value = { 0, 1000000 }, .it_interval = { 0, 5000000 } };
	timer_t timer;

	EXPECT_EQ(timer_create(CLOCK_REALTIME, &event, &timer), 0);
	EXPECT_EQ(timer_settime(timer, 0, &value, NULL), 0);
	for (int i = 0; i < 1000 && __atomic_load_n(&count, __ATOMIC_SEQ_CST) < 5; i++)
		usleep(1000);
	EXPECT_EQ(timer_delete(timer), 0);
	EXPECT(__atomic_load_n(&count, __ATOMIC_SEQ_CST) >= 5);
	usleep(20000); /* threads that have begun still count here */
}

/* --- cancellation, spin locks -------------------------------------------------------------------------- */

static volatile int cleaned;

static void clean(void *given)
{
	cleaned += (int)(intptr_t)given;
}

static void *cancelled_here(void *unused)
{
	(void)unused;
	pthread_cleanup_push(clean, (void *)1);
	stage = 1;
	pause();
	pthread_cleanup_pop(0);
	return NULL;
}

TEST(cancel, "a cancelled thread ends at a cancellation point, after its cleanup handlers")
{
	pthread_t thread;
	void *result;

	stage = cleaned = 0;
	EXPECT_EQ(pthread_create(&thread, NULL, cancelled_here, NULL), 0);
	await_stage(1);
	EXPECT_EQ(pthread_cancel(thread), 0);
	EXPECT_EQ(pthread_join(thread, &result), 0);
	EXPECT(result == PTHREAD_CANCELED);
	EXPECT_EQ(cleaned, 1);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void unlock(void *given)
{
	cleaned += pthread_mutex_unlock(given) == 0;
}

static void *cancelled_in_wait(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	stage = 1;
	for (;;)
		pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST(cancel_wait, "a thread that is cancelled in pthread_cond_wait holds the mutex in its cleanup handler")
{
	pthread_t thread;
	void *result;

	stage = cleaned = 0;
	EXPECT_EQ(pthread_create(&thread, NULL, cancelled_in_wait, NULL), 0);
	await_stage(1);
	EXPECT_EQ(pthread_cancel(thread), 0);
	EXPECT_EQ(pthread_join(thread, &result), 0);
	EXPECT(result == PTHREAD_CANCELED);
	EXPECT_EQ(cleaned, 1);
	EXPECT_EQ(pthread_mutex_trylock(&mutex), 0);
	pthread_mutex_unlock(&mutex);
}

static void *not_cancelled(void *unused)
{
	int old;

	(void)unused;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	stage = 1;
	usleep(20000);
	pthread_testcancel();
	stage = 2;
	pthread_setcancelstate(old, NULL);
	pthread_testcancel();
	return NULL;
}

TEST(cancel_disabled, "a thread that does not want to be cancelled goes on until it does")
{
	pthread_t thread;
	void *result;

	stage = 0;
	EXPECT_EQ(pthread_create(&thread, NULL, not_cancelled, NULL), 0);
	while (stage != 1)
		usleep(1000);
	EXPECT_EQ(pthread_cancel(thread), 0);
	EXPECT_EQ(pthread_join(thread, &result), 0);
	EXPECT_EQ(stage, 2);
	EXPECT(result == PTHREAD_CANCELED);
	EXPECT_EQ(pthread_setcancelstate(99, NULL), EINVAL);
}

static pthread_spinlock_t spin;
static int counted;

static void *count_under_spin(void *unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		pthread_spin_lock(&spin);
		counted++;
		sched_yield();
		pthread_spin_unlock(&spin);
	}
	return NULL;
}

TEST(spin_locks, "a spin lock is held by one thread at a time")
{
	pthread_t threads[3];

	EXPECT_EQ(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE), 0);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(pthread_create(&threads[i], NULL, count_under_spin, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(counted, 600);
	EXPECT_EQ(pthread_spin_trylock(&spin), 0);
	EXPECT_EQ(pthread_spin_trylock(&spin), EBUSY);
	EXPECT_EQ(pthread_spin_lock(&spin), EDEADLK);
	EXPECT_EQ(pthread_spin_unlock(&spin), 0);
	EXPECT_EQ(pthread_spin_unlock(&spin), EPERM);
	EXPECT_EQ(pthread_spin_destroy(&spin), 0);
}
