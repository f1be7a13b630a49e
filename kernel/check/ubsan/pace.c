/* pace.c - kernel-ubsan: what the compiler checks, it checks always, and the rest is proven now and then, so that millions of calls
 * can be made. A prime, so that no loop of a program's stays out of step with it. */
#include "check/check.h"

const unsigned kernel_check_pace = 96;
