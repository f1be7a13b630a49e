/* pthread_once.c - something that is done once, by whoever comes first, while the others wait. */
#include <pthread.h>
#include <stdbool.h>
#include "abi/nacre_calls.h"

enum { NOT_YET, RUNNING, WAITED_FOR, DONE };

int pthread_once(pthread_once_t *once, void (*run)(void))
{
	uint32_t state = NOT_YET;

	if (__atomic_compare_exchange_n(&once->state, &state, RUNNING, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
		run();
		if (__atomic_exchange_n(&once->state, DONE, __ATOMIC_RELEASE) == WAITED_FOR)
			nacre_futex_wake(&once->state, UINT32_MAX, NULL);
		return 0;
	}
	while (state != DONE) {
		if (state == RUNNING)
			__atomic_compare_exchange_n(&once->state, &state, WAITED_FOR, false, __ATOMIC_ACQUIRE,
						    __ATOMIC_ACQUIRE);
		else
			nacre_futex_wait(&once->state, WAITED_FOR, NACRE_HANDLE_NONE, NACRE_DEADLINE_NEVER);
		state = __atomic_load_n(&once->state, __ATOMIC_ACQUIRE);
	}
	return 0;
}
