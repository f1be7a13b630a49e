/* smallest.c - the smallest system call: the way in and out. */
#include "../bench.h"
#include "nacre/clock.h"
#include "test/helper.h"

TEST(syscall_min, "the smallest system call that answers")
{
	BENCH("syscall_min");
	for (unsigned round = 0; round < ROUNDS; round++) {
		uintptr_t version;

		MARK_BEGIN;
		nacre_system_version(&version);
		MARK_END;
		EXPECT(version);
	}
}

static void pass(unsigned calls)
{
	uint64_t begin_ns, end_ns;

	MARK_BEGIN;
	begin_ns = nacre_clock_ns();
	for (unsigned i = 0; i < calls; i++)
		nacre_system_version(NULL);
	end_ns = nacre_clock_ns();
	MARK_END;
	test_note("by the clock: %lu ns", (unsigned long)(end_ns - begin_ns));
}

/* An instruction takes a nanosecond here, so the machine's clock is a second opinion about what is counted. The test part
 * `bench` compares the two. */
TEST(clock_agrees, "a short and a long stretch between two marks, by the clock")
{
	BENCH("check_clock");
	pass(1);
	pass(2000);
}
