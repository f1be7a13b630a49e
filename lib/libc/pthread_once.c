/* pthread_once.c - something that is done once, by whoever comes first, while the others wait. */
#include <pthread.h>
#include <stdbool.h>
#include "abi/nacre_calls.h"

enum { NOT_YET, RUNNING, WAITED_FOR, DONE };

static void end(pthread_once_t *once, uint32_t state)
{
	if (__atomic_exchange_n(once, state, __ATOMIC_RELEASE) == WAITED_FOR)
		nacre_futex_wake(once, UINT32_MAX, NULL);
}

/* The thread that ran it was cancelled: it is as if it had never been called. */
static void undo(void *once)
{
	end(once, NOT_YET);
}

static void run_once(pthread_once_t *once, void (*run)(void))
{
	pthread_cleanup_push(undo, once);
	run();
	pthread_cleanup_pop(0);
	end(once, DONE);
}

int pthread_once(pthread_once_t *once, void (*run)(void))
{
	uint32_t state = NOT_YET;

	while (state != DONE) {
		if (state == NOT_YET) {
			if (!__atomic_compare_exchange_n(once, &state, RUNNING, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
				continue;
			run_once(once, run);
			return 0;
		}
		if (state == RUNNING)
			__atomic_compare_exchange_n(once, &state, WAITED_FOR, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
		else
			nacre_futex_wait(once, WAITED_FOR, NACRE_HANDLE_NONE, NACRE_DEADLINE_NEVER);
		state = __atomic_load_n(once, __ATOMIC_ACQUIRE);
	}
	return 0;
}
