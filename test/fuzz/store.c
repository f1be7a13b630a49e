/* store.c - the file server's memory may hold anything when its server starts: it is mended, and then works. */
#include "tree.h"

enum { ACTS_BEFORE = 12, ACTS_AFTER = 12 };

/* Places near the front, where headers, nodes and directories lie, come up more often. */
static void spoil(struct input *input)
{
	uint8_t *memory = tree_memory();
	unsigned count = (unsigned)input_number(input, 1) % 32;

	for (unsigned i = 0; i < count; i++) {
		uint32_t at = (uint32_t)input_number(input, 3) % (TREE_PAGES * PAGE_BYTES);
		unsigned bytes = 1u << input_number(input, 1) % 3;
		uint64_t value = input_number(input, bytes);

		for (unsigned byte = 0; byte < bytes && at + byte < TREE_PAGES * PAGE_BYTES; byte++)
			memory[at + byte] = (uint8_t)(value >> 8 * byte);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };

	tree_empty();
	for (unsigned i = 0; i < ACTS_BEFORE && !input_is_empty(&input); i++)
		tree_act(&input);
	spoil(&input);
	tree_open();
	tree_expect_sound();
	for (unsigned i = 0; i < ACTS_AFTER && !input_is_empty(&input); i++)
		tree_act(&input);
	tree_expect_sound();
	return 0;
}
