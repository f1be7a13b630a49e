/* kernel.c - the kernel's system calls, against the reference model: a sequence of calls that many threads make. */
#include "../reference/differ.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	differ_run(data, size, &(struct differ_options){ 0 });
	return 0;
}
