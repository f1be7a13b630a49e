/* main.c - tests of the kernel that run in init's place, with all its authority. */
#include "test/machine.h"
#include "selfstart/selfstart.h"
#include "test/test.h"

NACRE_SELFSTART;

int main(int argc, char **argv)
{
	machine_start();
	machine_end(test_run_all(argc, argv));
}

TEST(version, "the contract's version is what the program was built for")
{
	uintptr_t version = 0;

	EXPECT_OK(nacre_system_version(&version));
	EXPECT_EQ(version, NACRE_VERSION_MAJOR << 16 | NACRE_VERSION_MINOR);
}

TEST(clock, "the clock goes forward")
{
	uint64_t first = 0, second = 0;

	EXPECT_OK(nacre_clock_now(&first));
	do
		EXPECT_OK(nacre_clock_now(&second));
	while (second == first);
	EXPECT(second > first);
}
