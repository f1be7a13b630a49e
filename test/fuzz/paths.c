/* paths.c - paths of the file server: whatever is made, renamed, linked and removed, the store stays sound. */
#include "tree.h"

enum { ACTS_MAX = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };

	tree_empty();
	for (unsigned i = 0; i < ACTS_MAX && !input_is_empty(&input); i++)
		tree_act(&input);
	tree_expect_sound();
	return 0;
}
