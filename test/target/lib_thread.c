/* lib_thread.c - POSIX and C11 threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>
#include "nacre/clock.h"
#include "test/alone.h"

TEST_ALONE;

static uintptr_t pages_charged(void)
{
	struct nacre_budget_state state = { 0 };

	EXPECT_OK(nacre_budget_info(nacre_self_budget(), &state));
	return state.charged_pages;
}

static uint32_t threads_alive(void)
{
	struct nacre_process_state state = { 0 };

	EXPECT_OK(nacre_process_info(nacre_self_process(), &state));
	return state.threads;
}

static struct timespec in_ms(unsigned ms)
{
	uint64_t when = nacre_deadline_in(ms * NACRE_MS);

	return (struct timespec){ .tv_sec = (time_t)(when / NACRE_S), .tv_nsec = (long)(when % NACRE_S) };
}

static pthread_t start(void *(*run)(void *), void *argument)
{
	pthread_t thread;

	EXPECT_EQ(pthread_create(&thread, NULL, run, argument), 0);
	return thread;
}

static void *finish(pthread_t thread)
{
	void *result = NULL;

	EXPECT_EQ(pthread_join(thread, &result), 0);
	return result;
}

/* --- making, ending, joining -------------------------------------------------------------------------------- */

static void *add_one(void *number)
{
	return (char *)number + 1;
}

static void *leave_early(void *value)
{
	pthread_exit(value);
}

TEST(join, "join waits for the end and brings the result, however the thread ended")
{
	EXPECT_EQ((uintptr_t)finish(start(add_one, (void *)41)), 42);
	EXPECT_EQ((uintptr_t)finish(start(leave_early, (void *)17)), 17);
}

TEST(join_again, "a thread that does not exist for joining is refused: itself, a detached one")
{
	pthread_t thread = start(add_one, NULL);

	EXPECT_EQ(pthread_join(pthread_self(), NULL), EDEADLK);
	EXPECT_EQ(pthread_detach(thread), 0);
	EXPECT_EQ(pthread_join(thread, NULL), EINVAL);
	EXPECT_EQ(pthread_detach(thread), EINVAL);
}

static _Thread_local int local = 5;

static void *change_local(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)(local++ == 5 && local == 6);
}

TEST(thread_local_each, "each thread has thread-local variables and an errno of its own")
{
	local = 1;
	errno = 77;
	EXPECT(finish(start(change_local, NULL)));
	EXPECT_EQ(local, 1);
	EXPECT_EQ(errno, 77);
}

static void *fail_to_allocate(void *unused)
{
	void *block;

	(void)unused;
	errno = 0;
	block = malloc(1u << 30);
	free(block);
	return (void *)(uintptr_t)(!block && errno == ENOMEM);
}

TEST(errno_each, "libc sets the errno of the thread that failed")
{
	errno = 78;
	EXPECT(finish(start(fail_to_allocate, NULL)));
	EXPECT_EQ(errno, 78);
}

static pthread_t seen_self;

static void *note_self(void *unused)
{
	(void)unused;
	seen_self = pthread_self();
	return NULL;
}

TEST(self, "a thread knows itself by the name its maker has for it")
{
	pthread_t thread = start(note_self, NULL);

	finish(thread);
	EXPECT(pthread_equal(seen_self, thread));
	EXPECT(!pthread_equal(pthread_self(), thread));
}

TEST(memory_back, "threads that have ended cost nothing, joined or detached")
{
	uintptr_t before;

	finish(start(add_one, NULL));
	before = pages_charged();
	for (int i = 0; i < 20; i++)
		finish(start(add_one, NULL));
	EXPECT_EQ(pages_charged(), before);
	for (int i = 0; i < 20; i++)
		EXPECT_EQ(pthread_detach(start(add_one, NULL)), 0);
	while (threads_alive() > 1)
		usleep(1000);
	finish(start(add_one, NULL)); /* sweeps */
	EXPECT_EQ(pages_charged(), before);
}

static void *pass(void *barrier)
{
	pthread_barrier_wait(barrier);
	return NULL;
}

TEST(many, "two hundred threads live at once")
{
	enum { COUNT = 200 };
	static pthread_t threads[COUNT];
	static pthread_barrier_t barrier;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	EXPECT_EQ(pthread_attr_setstacksize(&attr, 4096), 0);
	EXPECT_EQ(pthread_barrier_init(&barrier, NULL, COUNT + 1), 0);
	for (int i = 0; i < COUNT; i++)
		EXPECT_EQ(pthread_create(&threads[i], &attr, pass, &barrier), 0);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < COUNT; i++)
		finish(threads[i]);
}

TEST(stack_given, "a thread runs on a stack of the caller's")
{
	static char stack[8192] __attribute__((aligned(16)));
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	EXPECT_EQ(pthread_attr_setstack(&attr, stack, sizeof(stack)), 0);
	EXPECT_EQ(pthread_create(&thread, &attr, add_one, (void *)1), 0);
	EXPECT_EQ((uintptr_t)finish(thread), 2);
}

TEST(attributes_wrong, "attributes out of range are refused")
{
	struct sched_param above = { .sched_priority = 32 };
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	EXPECT_EQ(pthread_attr_setstacksize(&attr, 100), EINVAL);
	EXPECT_EQ(pthread_attr_setdetachstate(&attr, 9), EINVAL);
	EXPECT_EQ(pthread_attr_setschedparam(&attr, &above), EINVAL);
}

static void *busy_flag(void *flag)
{
	*(volatile int *)flag = 1;
	return NULL;
}

TEST(priority, "a thread of lower priority runs only when its maker waits")
{
	struct sched_param low = { .sched_priority = 1 };
	volatile int ran = 0;
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	EXPECT_EQ(pthread_attr_setschedparam(&attr, &low), 0);
	EXPECT_EQ(pthread_create(&thread, &attr, busy_flag, (void *)&ran), 0);
	EXPECT_EQ(ran, 0);
	EXPECT_EQ(pthread_setschedprio(thread, 2), 0);
	EXPECT_EQ(pthread_setschedprio(thread, 99), EINVAL);
	finish(thread);
	EXPECT_EQ(ran, 1);
}

/* --- mutexes ------------------------------------------------------------------------------------------------ */

static struct {
	pthread_mutex_t mutex;
	int count;
} counter = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void *count_up(void *times)
{
	for (uintptr_t i = 0; i < (uintptr_t)times; i++) {
		pthread_mutex_lock(&counter.mutex);
		int count = counter.count;

		if (i % 64 == 0)
			sched_yield(); /* in the middle of the critical section */
		counter.count = count + 1;
		pthread_mutex_unlock(&counter.mutex);
	}
	return NULL;
}

TEST(mutex, "a mutex keeps threads apart")
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = start(count_up, (void *)500);
	for (int i = 0; i < 4; i++)
		finish(threads[i]);
	EXPECT_EQ(counter.count, 2000);
}

static void *try_lock(void *mutex)
{
	return (void *)(uintptr_t)pthread_mutex_trylock(mutex);
}

static void *try_unlock(void *mutex)
{
	return (void *)(uintptr_t)pthread_mutex_unlock(mutex);
}

TEST(mutex_held, "what another thread holds can be neither taken nor dropped")
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
	EXPECT_EQ((uintptr_t)finish(start(try_lock, &mutex)), EBUSY);
	EXPECT_EQ((uintptr_t)finish(start(try_unlock, &mutex)), EPERM);
	EXPECT_EQ(pthread_mutex_destroy(&mutex), EBUSY);
	EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
	EXPECT_EQ(pthread_mutex_destroy(&mutex), 0);
}

TEST(mutex_timed, "a timed lock gives up at its time")
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct timespec when;

	EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
	when = in_ms(10);
	EXPECT_EQ(pthread_mutex_timedlock(&counter.mutex, &when), 0);
	pthread_mutex_unlock(&counter.mutex);
	EXPECT_EQ(pthread_mutex_timedlock(&mutex, &when), EDEADLK);
	pthread_mutex_unlock(&mutex);
}

static void *lock_until_late(void *mutex)
{
	struct timespec when = in_ms(10);

	return (void *)(uintptr_t)pthread_mutex_timedlock(mutex, &when);
}

TEST(mutex_timeout, "a timed lock of a mutex that stays held ends with ETIMEDOUT")
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	EXPECT_EQ((uintptr_t)finish(start(lock_until_late, &mutex)), ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
	EXPECT_EQ(pthread_mutex_trylock(&mutex), 0);
}

TEST(mutex_recursive, "a recursive mutex is taken as often as it is dropped")
{
	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;

	pthread_mutexattr_init(&attr);
	EXPECT_EQ(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE), 0);
	EXPECT_EQ(pthread_mutex_init(&mutex, &attr), 0);
	EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
	EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
	EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
	EXPECT_EQ((uintptr_t)finish(start(try_lock, &mutex)), EBUSY);
	EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
	EXPECT_EQ(pthread_mutex_unlock(&mutex), EPERM);
}

TEST(mutex_twice, "any other mutex taken twice by one thread is EDEADLK instead of a hang")
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
	EXPECT_EQ(pthread_mutex_lock(&mutex), EDEADLK);
	EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
}

static void *take_and_leave(void *mutex)
{
	return (void *)(uintptr_t)pthread_mutex_lock(mutex);
}

TEST(mutex_orphaned, "a mutex whose holder ended stays held: a wait for it ends at its time, and costs little")
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct timespec when;
	clock_t before;

	EXPECT_EQ((uintptr_t)finish(start(take_and_leave, &mutex)), 0);
	before = clock();
	when = in_ms(200);
	EXPECT_EQ(pthread_mutex_timedlock(&mutex, &when), ETIMEDOUT);
	EXPECT(clock() - before < CLOCKS_PER_SEC / 10);
}

static struct {
	pthread_mutex_t mutex;
	sem_t taken;
	volatile int middle_ran, order;
} inversion = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void *hold_a_while(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&inversion.mutex);
	sem_post(&inversion.taken);
	for (volatile int i = 0; i < 100000; i = i + 1)
		continue;
	inversion.order = inversion.middle_ran;
	pthread_mutex_unlock(&inversion.mutex);
	return NULL;
}

static void *be_in_the_way(void *unused)
{
	(void)unused;
	inversion.middle_ran = 1;
	return NULL;
}

static pthread_t start_at(int priority, void *(*run)(void *))
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedparam(&attr, &param);
	EXPECT_EQ(pthread_create(&thread, &attr, run, NULL), 0);
	return thread;
}

TEST(mutex_raises, "who holds a mutex runs at the priority of who waits for it")
{
	pthread_t low, middle;

	sem_init(&inversion.taken, 0, 0);
	low = start_at(2, hold_a_while);
	sem_wait(&inversion.taken);
	middle = start_at(8, be_in_the_way);
	pthread_mutex_lock(&inversion.mutex);
	EXPECT_EQ(inversion.order, 0); /* the one in the middle had to wait for the low one */
	pthread_mutex_unlock(&inversion.mutex);
	finish(low);
	finish(middle);
}

/* --- conditions --------------------------------------------------------------------------------------------- */

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int turn;
} game = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void *answer(void *rounds)
{
	pthread_mutex_lock(&game.mutex);
	for (uintptr_t i = 0; i < (uintptr_t)rounds; i++) {
		while (game.turn % 2 == 0)
			pthread_cond_wait(&game.changed, &game.mutex);
		game.turn++;
		pthread_cond_signal(&game.changed);
	}
	pthread_mutex_unlock(&game.mutex);
	return NULL;
}

TEST(condition, "two threads take turns by a condition")
{
	enum { ROUNDS = 100 };
	pthread_t thread = start(answer, (void *)ROUNDS);

	pthread_mutex_lock(&game.mutex);
	for (int i = 0; i < ROUNDS; i++) {
		while (game.turn % 2)
			pthread_cond_wait(&game.changed, &game.mutex);
		game.turn++;
		pthread_cond_signal(&game.changed);
	}
	pthread_mutex_unlock(&game.mutex);
	finish(thread);
	EXPECT_EQ(game.turn, 2 * ROUNDS);
}

TEST(condition_timeout, "a wait that nobody ends ends at its time, with the mutex held")
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	uint64_t before = nacre_clock_ns();
	pthread_condattr_t attr;
	struct timespec when;
	pthread_cond_t cond;

	pthread_condattr_init(&attr);
	EXPECT_EQ(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), 0);
	EXPECT_EQ(pthread_cond_init(&cond, &attr), 0);
	pthread_mutex_lock(&mutex);
	when = in_ms(10);
	EXPECT_EQ(pthread_cond_timedwait(&cond, &mutex, &when), ETIMEDOUT);
	EXPECT(nacre_clock_ns() - before >= 10 * NACRE_MS);
	EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
	EXPECT_EQ(pthread_cond_destroy(&cond), 0);
}

TEST(condition_unheld, "waiting without the mutex is refused")
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

	EXPECT_EQ(pthread_cond_wait(&cond, &mutex), EPERM);
}

static void *wait_for_start(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&game.mutex);
	while (game.turn >= 0)
		pthread_cond_wait(&game.changed, &game.mutex);
	pthread_mutex_unlock(&game.mutex);
	return NULL;
}

TEST(broadcast, "a broadcast wakes all who wait")
{
	pthread_t threads[5];

	for (int i = 0; i < 5; i++)
		threads[i] = start(wait_for_start, NULL);
	usleep(1000);
	pthread_mutex_lock(&game.mutex);
	game.turn = -1;
	pthread_cond_broadcast(&game.changed);
	pthread_mutex_unlock(&game.mutex);
	for (int i = 0; i < 5; i++)
		finish(threads[i]);
}

/* --- the rest ------------------------------------------------------------------------------------------------ */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int initialised;

static void initialise(void)
{
	usleep(1000);
	initialised++;
}

static void *initialise_once(void *unused)
{
	(void)unused;
	pthread_once(&once, initialise);
	return (void *)(uintptr_t)initialised;
}

TEST(once, "what is done once is done before any of those who asked goes on")
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		threads[i] = start(initialise_once, NULL);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ((uintptr_t)finish(threads[i]), 1);
}

static pthread_key_t key;
static volatile int destroyed;

static void destroy(void *value)
{
	destroyed += (int)(uintptr_t)value;
}

static void *use_key(void *value)
{
	void *before = pthread_getspecific(key);

	pthread_setspecific(key, value);
	return before ? NULL : pthread_getspecific(key);
}

TEST(keys, "each thread has its own value behind a key, destroyed when it ends")
{
	EXPECT_EQ(pthread_key_create(&key, destroy), 0);
	EXPECT_EQ(pthread_setspecific(key, (void *)100), 0);
	EXPECT_EQ((uintptr_t)finish(start(use_key, (void *)3)), 3);
	EXPECT_EQ(destroyed, 3);
	EXPECT_EQ((uintptr_t)pthread_getspecific(key), 100);
	EXPECT_EQ(pthread_key_delete(key), 0);
	EXPECT_EQ(pthread_setspecific(key, NULL), EINVAL);
}

static void *leave_with_cleanup(void *flag)
{
	pthread_cleanup_push(destroy, (void *)1000);
	if (flag)
		pthread_exit(NULL);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST(cleanup, "cleanup handlers run when a thread leaves early, and not when they were popped")
{
	destroyed = 0;
	finish(start(leave_with_cleanup, NULL));
	EXPECT_EQ(destroyed, 0);
	finish(start(leave_with_cleanup, (void *)1));
	EXPECT_EQ(destroyed, 1000);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void *try_read(void *unused)
{
	int error = pthread_rwlock_tryrdlock(&rwlock);

	(void)unused;
	if (!error)
		pthread_rwlock_unlock(&rwlock);
	return (void *)(uintptr_t)error;
}

static void *try_write(void *unused)
{
	int error = pthread_rwlock_trywrlock(&rwlock);

	(void)unused;
	if (!error)
		pthread_rwlock_unlock(&rwlock);
	return (void *)(uintptr_t)error;
}

TEST(rwlock, "readers share, a writer does not")
{
	EXPECT_EQ(pthread_rwlock_rdlock(&rwlock), 0);
	EXPECT_EQ((uintptr_t)finish(start(try_read, NULL)), 0);
	EXPECT_EQ((uintptr_t)finish(start(try_write, NULL)), EBUSY);
	EXPECT_EQ(pthread_rwlock_unlock(&rwlock), 0);
	EXPECT_EQ(pthread_rwlock_wrlock(&rwlock), 0);
	EXPECT_EQ((uintptr_t)finish(start(try_read, NULL)), EBUSY);
	EXPECT_EQ(pthread_rwlock_unlock(&rwlock), 0);
	EXPECT_EQ(pthread_rwlock_unlock(&rwlock), EPERM);
}

static void *write_locked(void *unused)
{
	(void)unused;
	pthread_rwlock_wrlock(&rwlock);
	pthread_rwlock_unlock(&rwlock);
	return NULL;
}

TEST(rwlock_writer_first, "a writer that waits goes before readers that come later")
{
	pthread_t writer;

	EXPECT_EQ(pthread_rwlock_rdlock(&rwlock), 0);
	writer = start(write_locked, NULL);
	usleep(1000);
	EXPECT_EQ((uintptr_t)finish(start(try_read, NULL)), EBUSY);
	EXPECT_EQ(pthread_rwlock_unlock(&rwlock), 0);
	finish(writer);
	EXPECT_EQ((uintptr_t)finish(start(try_read, NULL)), 0);
}

static pthread_barrier_t barrier;

static void *meet(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD);
}

TEST(barrier, "a barrier lets all pass at once and names one of them")
{
	pthread_t threads[3];
	uintptr_t serial = 0;

	EXPECT_EQ(pthread_barrier_init(&barrier, NULL, 0), EINVAL);
	EXPECT_EQ(pthread_barrier_init(&barrier, NULL, 3), 0);
	for (int i = 0; i < 3; i++)
		threads[i] = start(meet, NULL);
	for (int i = 0; i < 3; i++)
		serial += (uintptr_t)finish(threads[i]);
	EXPECT_EQ(serial, 1);
}

static void *post(void *semaphore)
{
	usleep(1000);
	sem_post(semaphore);
	return NULL;
}

TEST(semaphore, "a semaphore counts, waits and times out")
{
	struct timespec when;
	pthread_t thread;
	sem_t semaphore;
	int value;

	EXPECT_EQ(sem_init(&semaphore, 0, 1), 0);
	EXPECT_EQ(sem_wait(&semaphore), 0);
	EXPECT_EQ(sem_trywait(&semaphore), -1);
	EXPECT_EQ(errno, EAGAIN);
	when = in_ms(5);
	EXPECT_EQ(sem_timedwait(&semaphore, &when), -1);
	EXPECT_EQ(errno, ETIMEDOUT);
	thread = start(post, &semaphore);
	EXPECT_EQ(sem_wait(&semaphore), 0);
	finish(thread);
	EXPECT_EQ(sem_getvalue(&semaphore, &value), 0);
	EXPECT_EQ(value, 0);
}

static int c11_body(void *argument)
{
	mtx_lock(argument);
	mtx_unlock(argument);
	return 7;
}

TEST(c11, "C11 threads and mutexes do the same")
{
	int result = 0;
	thrd_t thread;
	mtx_t mutex;

	EXPECT_EQ(mtx_init(&mutex, mtx_plain), thrd_success);
	EXPECT_EQ(mtx_lock(&mutex), thrd_success);
	EXPECT_EQ(thrd_create(&thread, c11_body, &mutex), thrd_success);
	EXPECT_EQ(mtx_unlock(&mutex), thrd_success);
	EXPECT_EQ(thrd_join(thread, &result), thrd_success);
	EXPECT_EQ(result, 7);
}

static void *allocate_much(void *seed)
{
	for (unsigned i = 0; i < 300; i++) {
		char *block = malloc(i % 200 + 1);

		if (!block)
			return NULL;
		memset(block, (int)(uintptr_t)seed, i % 200 + 1);
		if (i % 7 == 0)
			sched_yield();
		if (block[i % 200] != (char)(uintptr_t)seed)
			return NULL;
		free(block);
	}
	return (void *)1;
}

TEST(malloc_in_threads, "threads allocate at once without harm")
{
	pthread_t threads[4];

	for (uintptr_t i = 0; i < 4; i++)
		threads[i] = start(allocate_much, (void *)(i + 1));
	for (int i = 0; i < 4; i++)
		EXPECT(finish(threads[i]));
}
