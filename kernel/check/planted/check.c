/* check.c - kernel-planted: in the place of checks an index out of range, for the test that kernel-ubsan would say so. */
#include "check/check.h"
#include "thread/thread.h"

const unsigned kernel_check_always = UNSETTLED_CHECK;

static volatile unsigned beyond = LIMIT_HANDLES;
extern uint32_t kernel_planted[LIMIT_HANDLES];
uint32_t kernel_planted[LIMIT_HANDLES];

void kernel_check_all(void)
{
	kernel_planted[beyond] = 1;
}
