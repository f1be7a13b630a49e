/* lib_clock.c - time as POSIX programs see it, without a time server. */
#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "nacre/clock.h"
#include "test/alone.h"

TEST_ALONE;

TEST(deadline, "a deadline lies as far ahead as asked, and one too far is never")
{
	uint64_t now = nacre_clock_ns(), soon = nacre_deadline_in(NACRE_S);

	EXPECT(soon >= now + NACRE_S && soon < now + 2 * NACRE_S);
	EXPECT(nacre_deadline_in(NACRE_DEADLINE_NEVER) == NACRE_DEADLINE_NEVER);
}

TEST(sleep, "sleeping takes as long as asked, and not much longer")
{
	uint64_t start = nacre_clock_ns(), slept;

	EXPECT_EQ(usleep(20000), 0);
	slept = nacre_clock_ns() - start;
	EXPECT(slept >= 20 * NACRE_MS && slept < 25 * NACRE_MS);
}

TEST(sleep_until, "an absolute sleep ends at its time, and one that lies in the past at once")
{
	uint64_t when = nacre_deadline_in(5 * NACRE_MS);
	struct timespec at = { .tv_sec = (time_t)(when / NACRE_S), .tv_nsec = (long)(when % NACRE_S) }, past = { 0 };

	EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0);
	EXPECT(nacre_clock_ns() >= when);
	EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL), 0);
}

TEST(sleep_wrong, "a time with too many nanoseconds is refused")
{
	struct timespec wrong = { .tv_nsec = 1000000000 };

	EXPECT_EQ(nanosleep(&wrong, NULL), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST(clocks, "the clocks go forward, and an unknown one is EINVAL")
{
	struct timespec first, second;

	EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &first), 0);
	usleep(1000);
	EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &second), 0);
	EXPECT(second.tv_sec > first.tv_sec || second.tv_nsec > first.tv_nsec);
	EXPECT_EQ(clock_gettime((clockid_t)77, &first), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST(without_time_server, "without a time server the day is the first of 1970")
{
	struct timeval now;

	EXPECT_EQ(gettimeofday(&now, NULL), 0);
	EXPECT(now.tv_sec < 3600);
	EXPECT(time(NULL) < 3600);
}

TEST(cpu_time, "CPU time grows while computing and hardly while sleeping")
{
	clock_t start = clock(), computed, slept;
	volatile int work = 0;

	while (work < 200000)
		work = work + 1;
	computed = clock() - start;
	EXPECT(computed > 0);
	start = clock();
	usleep(20000);
	slept = clock() - start;
	EXPECT(slept < 10000);
}
