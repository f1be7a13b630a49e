/* lib_start.c - how a program starts: what must hold when main() begins. */
#include <stdlib.h>
#include "nacre/random.h"
#include "nacre/tls.h"
#include "test/alone.h"
#include "test/stale.h"

TEST_ALONE;

static int target = 7;
static int *const pointer = &target;
static _Thread_local int initialised = 42, zeroed;
static _Thread_local int *relocated = &target;
static _Thread_local char aligned[8] __attribute__((aligned(64)));
static int constructed;

__attribute__((constructor)) static void construct(void)
{
	constructed++;
}

TEST(relocation, "pointers in initialised data point at what they name")
{
	EXPECT_EQ((uintptr_t)pointer, (uintptr_t)&target);
	EXPECT_EQ(*pointer, 7);
}

TEST(thread_local_values, "thread-local variables have their initial values")
{
	EXPECT_EQ(initialised, 42);
	EXPECT_EQ(zeroed, 0);
	EXPECT_EQ((uintptr_t)relocated, (uintptr_t)&target);
}

TEST(thread_local_alignment, "thread-local variables are as aligned as they ask for")
{
	EXPECT_EQ((uintptr_t)aligned % 64, 0);
}

TEST(constructors, "constructors have run once")
{
	EXPECT_EQ(constructed, 1);
}

TEST(block, "the startup block says what it should")
{
	const struct nacre_startup *startup = nacre_startup();

	EXPECT_EQ(startup->version, NACRE_STARTUP_VERSION);
	EXPECT_EQ(startup->size, sizeof(*startup));
	EXPECT_EQ(startup->argc, 1);
	EXPECT_TEXT(startup->argv[0], "init");
	EXPECT(!startup->argv[1] && !startup->envp[0]);
	EXPECT(startup->boot_info);
	EXPECT(startup->priority > 0);
}

TEST(own_handles, "process and budget are handles of their types, and an unknown name is none")
{
	uintptr_t type = 0, rights = 0;

	EXPECT_OK(nacre_handle_info(nacre_self_process(), &type, &rights));
	EXPECT_EQ(type, NACRE_OBJECT_PROCESS);
	EXPECT_OK(nacre_handle_info(nacre_self_budget(), &type, &rights));
	EXPECT_EQ(type, NACRE_OBJECT_BUDGET);
	EXPECT_EQ(nacre_startup_handle("nonsense"), NACRE_HANDLE_NONE);
}

TEST(guard, "the stack guard is set, and its lowest byte is zero")
{
	EXPECT(nacre_tcb()->guard);
	EXPECT_EQ(nacre_tcb()->guard & 0xff, 0);
}

TEST(stale, "an array on the stack that nobody has set is zero, whatever the stack held before")
{
	test_stack_fill((uintptr_t)-1);
	EXPECT_EQ(test_stack_stale(), 0);
}

TEST(random, "random bytes differ from draw to draw, and the seed is wiped")
{
	static const uint8_t zero[NACRE_STARTUP_RANDOM_BYTES];
	uint8_t first[40], second[40];

	nacre_random_fill(first, sizeof(first));
	nacre_random_fill(second, sizeof(second));
	EXPECT(memcmp(first, second, sizeof(first)));
	EXPECT(memcmp(first, first + 8, 32));
	EXPECT(!memcmp(nacre_startup()->random, zero, sizeof(zero)));
}

TEST(environment, "the environment is empty and can be added to")
{
	EXPECT(!getenv("HOME"));
	EXPECT_EQ(setenv("HOME", "/", 1), 0);
	EXPECT_TEXT(getenv("HOME"), "/");
}
