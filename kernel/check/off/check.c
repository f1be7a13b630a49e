/* check.c - release kernels: nothing is checked after calls. Cheap assertions stay on. */
#include "check/check.h"

void kernel_check_all(void)
{
}
