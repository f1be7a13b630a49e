/* ram.c - where things may lie in RAM: one bank, and the ranges in it that are taken.
 *
 * Only the first bank of the first memory node is used here; the kernel sees the whole tree. */
#include "base/bits.h"
#include "boot/boot.h"

static void range_mark(struct ram *ram, const struct fdt_range *range)
{
	if (range->start <= UINTPTR_MAX && range->size <= UINTPTR_MAX - range->start)
		ram_mark(ram, (uintptr_t)range->start, (uintptr_t)(range->start + range->size));
}

/* What firmware keeps stands in the reservation block or below /reserved-memory (Devicetree Specification 0.3, 3.5). */
static void reserved_mark(struct ram *ram, const struct fdt *tree)
{
	const struct fdt_node *parent = fdt_find_path(tree, "/reserved-memory"), *node = NULL;
	struct fdt_range range;

	for (uint32_t i = 0; fdt_reserved(tree, i, &range); i++)
		range_mark(ram, &range);
	while (parent && (node = fdt_child(tree, parent, node)))
		for (uint32_t i = 0; fdt_reg(tree, node, i, &range); i++)
			range_mark(ram, &range);
}

bool ram_find(struct ram *ram, const struct fdt *tree)
{
	struct fdt_range range;
	uint64_t end;

	if (!fdt_reg(tree, fdt_find_type(tree, NULL, "memory"), 0, &range) || range.start > UINTPTR_MAX)
		return false;
	end = min_u64(range.size, UINTPTR_MAX - range.start) + range.start;
	ram->bank.start = align_up((uintptr_t)range.start, PAGE);
	ram->bank.end = align_down((uintptr_t)end, PAGE);
	reserved_mark(ram, tree);
	return ram->bank.start < ram->bank.end;
}

/* Where there is no room to note it, all of RAM is taken: that stops with a sentence instead of an overlap. */
void ram_mark(struct ram *ram, uintptr_t start, uintptr_t end)
{
	if (ram->taken_count < TAKEN_MAX)
		ram->taken[ram->taken_count++] = (struct range){ start, end };
	else
		ram->taken[0] = ram->bank;
}

void ram_unmark(struct ram *ram, uintptr_t start)
{
	for (unsigned i = 0; i < ram->taken_count; i++)
		if (ram->taken[i].start == start)
			ram->taken[i] = (struct range){ 0, 0 };
}

/* The first taken range that meets [start, start + size). */
static const struct range *taken_at(const struct ram *ram, uintptr_t start, uintptr_t size)
{
	for (unsigned i = 0; i < ram->taken_count; i++)
		if (ram->taken[i].start < start + size && start < ram->taken[i].end)
			return &ram->taken[i];
	return NULL;
}

bool ram_take_highest(struct ram *ram, uintptr_t size, uintptr_t alignment, struct range *found)
{
	uintptr_t top = ram->bank.end, start;
	const struct range *taken;

	do {
		if (top < ram->bank.start || top - ram->bank.start < size)
			return false;
		start = align_down(top - size, alignment);
		taken = taken_at(ram, start, size);
		if (taken)
			top = taken->start;
	} while (taken || start < ram->bank.start);
	*found = (struct range){ start, start + size };
	ram_mark(ram, start, start + size);
	return true;
}

bool ram_take_lowest(struct ram *ram, uintptr_t size, uintptr_t alignment, struct range *found)
{
	uintptr_t start = align_up(ram->bank.start, alignment);
	const struct range *taken;

	do {
		if (start > ram->bank.end || ram->bank.end - start < size)
			return false;
		taken = taken_at(ram, start, size);
		if (taken)
			start = align_up(taken->end, alignment);
	} while (taken);
	*found = (struct range){ start, start + size };
	ram_mark(ram, start, start + size);
	return true;
}

/* Writes the complement of what is there, reads it, and writes it back; a trap on the way is a no. */
static bool word_answers(uintptr_t address)
{
	unsigned long vector, answer = 0, old, inverse, seen;

	__asm__ volatile("lla %0, 1f\n\tcsrrw %0, mtvec, %0\n\t"
			 "lw %2, 0(%5)\n\tnot %3, %2\n\tsw %3, 0(%5)\n\tlw %4, 0(%5)\n\tsw %2, 0(%5)\n\t"
			 "xor %4, %4, %3\n\tseqz %1, %4\n\t"
			 ".balign 4\n1:\tcsrw mtvec, %0"
			 : "=&r"(vector), "+&r"(answer), "=&r"(old), "=&r"(inverse), "=&r"(seen)
			 : "r"(address) : "memory");
	return answer;
}

bool ram_answers(struct range range)
{
	return word_answers(range.start) && word_answers(range.end - sizeof(uint32_t));
}
