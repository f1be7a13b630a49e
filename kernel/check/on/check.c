/* check.c - test kernels: every invariant of every object after every system call, or after each so many (pace.c). */
#include "check/check.h"
#include "ipc/interrupt.h"
#include "ipc/receive.h"
#include "object/budget.h"
#include "object/memory.h"
#include "object/reap.h"
#include "thread/schedule.h"

static void (*const type_checks[])(const struct object *) = {
	[OBJECT_PROCESS] = process_check,       [OBJECT_THREAD] = thread_check, [OBJECT_SERVER] = server_check,
	[OBJECT_CONNECTION] = connection_check, [OBJECT_MEMORY] = memory_check, [OBJECT_DEVICE] = device_check,
	[OBJECT_INTERRUPT] = interrupt_check,   [OBJECT_BUDGET] = budget_check,
};

static void one_check(const struct object *object)
{
	object_check(object);
	type_checks[object->type](object);
}

/* Objects on the reap queue are half taken apart and promise nothing. */
static void objects_check(struct budget *budget)
{
	LIST_FOR_EACH(node, &budget->objects) {
		struct object *object = LIST_ENTRY(node, struct object, payer_link);

		if (!object->queued)
			one_check(object);
		if (object->type == OBJECT_BUDGET) /* nests at most LIMIT_BUDGET_DEPTH deep */
			objects_check(CONTAINER_OF(object, struct budget, object));
	}
}

/* Checking everything after every call makes a big system crawl: a system of many objects is checked now and then. */
enum { CALLS_PER_CHECK_PER_OBJECT = 4 };

static unsigned countdown;

static unsigned object_count(const struct budget *budget)
{
	unsigned count = 0;

	LIST_FOR_EACH(node, &budget->objects) {
		struct object *object = LIST_ENTRY(node, struct object, payer_link);

		count += 1 + (object->type == OBJECT_BUDGET ? object_count(CONTAINER_OF(object, struct budget, object)) : 0);
	}
	return count;
}

const unsigned kernel_check_always = UNSETTLED_CHECK;

void kernel_check_now(void)
{
	one_check(&machine_budget.object);
	objects_check(&machine_budget);
	schedule_check();
	frame_check();
}

void kernel_check_all(void)
{
	if (countdown--)
		return;
	countdown = kernel_check_pace + object_count(&machine_budget) / 64 * CALLS_PER_CHECK_PER_OBJECT;
	kernel_check_now();
}
