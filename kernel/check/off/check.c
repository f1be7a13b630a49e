/* check.c - release kernels: nothing is checked after calls. Cheap assertions stay on. */
#include "check/check.h"

const unsigned kernel_check_always = 0;

void kernel_check_all(void)
{
}
