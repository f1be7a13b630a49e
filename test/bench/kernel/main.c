/* main.c - benchmarks of the kernel alone: this program runs as init, with nothing around it. */
#include "test/alone.h"

TEST_ALONE;
