/* kernel_memory_table.c - page tables: entries, how many are missing, made, used and freed. */
#include "memory_machine.h"

#define LEVELS_ABOVE (TABLE_LEVELS - 1)

static paddr_t root;

UNIT_SETUP
{
	machine_start(2000);
	root = account_page(&machine, FRAME_TABLE);
	arch_space_fill(pa_to_kva(root));
}

/* Charges and makes the tables of a range; how many. */
static size_t make(vaddr_t base, size_t pages)
{
	size_t missing = table_missing(root, base, pages), before = frame_free_count();

	assert_int_equal(account_charge(&machine, missing), E_OK);
	table_make(root, base, pages);
	assert_int_equal(before - frame_free_count(), missing);
	assert_int_equal(table_missing(root, base, pages), 0);
	return missing;
}

static size_t drop(vaddr_t base, size_t pages)
{
	size_t before = frame_free_count(), freed = table_drop(root, base, pages);

	assert_int_equal(frame_free_count() - before, freed);
	account_release(&machine, freed);
	return freed;
}

static vaddr_t at(size_t table, size_t page)
{
	return (vaddr_t)table * TABLE_SPAN + page * PAGE_SIZE;
}

TEST(entries, "an entry gives back its page and its protection; write implies read")
{
	paddr_t page = HOST_RAM_BASE + 5 * PAGE_SIZE;

	for (unsigned protection = 0; protection < 8; protection++) {
		pte_t entry = pte_make(page, protection);

		assert_true(pte_page(entry) == page);
		assert_int_equal(pte_protection(entry), protection & PROT_WRITE ? protection | PROT_READ : protection);
		assert_true((entry & (PTE_U | PTE_A | PTE_D)) == (PTE_U | PTE_A | PTE_D));
		assert_true(!!(entry & PTE_V) == !!protection);
		assert_true(entry != 0); /* PARKED is not empty */
	}
	assert_true(pte_make(0, 0) != 0);
}

TEST(none, "an address without tables, or of the kernel, has no leaf")
{
	assert_null(table_leaf(root, at(1, 0)));
	assert_null(table_leaf(root, 0));
	assert_null(table_leaf(root, USER_END));
	assert_null(table_leaf(root, UINTPTR_MAX));
}

TEST(first_page, "the first page needs a table at each level, its neighbours none, the next span one")
{
	assert_int_equal(make(at(1, 3), 1), LEVELS_ABOVE);
	assert_int_equal(table_missing(root, at(1, 0), TABLE_PAGES), 0);
	assert_int_equal(table_missing(root, at(2, 0), 1), 1);
	assert_int_equal(make(at(1, TABLE_PAGES - 1), 2), 1);
}

TEST(spans, "a range is counted by the tables it touches, not by its pages")
{
	assert_int_equal(table_missing(root, at(3, TABLE_PAGES - 1), 2), LEVELS_ABOVE + 1);
	assert_int_equal(table_missing(root, at(3, 0), TABLE_PAGES), LEVELS_ABOVE);
	assert_int_equal(table_missing(root, at(3, 1), TABLE_PAGES), LEVELS_ABOVE + 1);
	assert_int_equal(table_missing(root, at(3, 1), 10 * TABLE_PAGES), LEVELS_ABOVE + 10);
}

TEST(upper, "each higher table is counted once, whether the range begins or ends in it")
{
	vaddr_t border = (vaddr_t)TABLE_SPAN * TABLE_PAGES; /* of what one table of the second level maps */
	size_t higher = TABLE_LEVELS == 3 ? 2 : 0;

	if (border >= USER_END || border == 0)
		return;
	assert_int_equal(table_missing(root, border - 3 * TABLE_SPAN, 6 * TABLE_PAGES), 6 + higher);
	assert_int_equal(make(border - 3 * TABLE_SPAN, 6 * TABLE_PAGES), 6 + higher);
	assert_int_equal(drop(border - 3 * TABLE_SPAN, 6 * TABLE_PAGES), 6 + higher);
}

TEST(last_address, "the last page of user space has its table like others")
{
	assert_int_equal(make(USER_END - PAGE_SIZE, 1), LEVELS_ABOVE);
	assert_non_null(table_ready(root, USER_END - PAGE_SIZE));
	assert_int_equal(drop(USER_END - PAGE_SIZE, 1), LEVELS_ABOVE);
}

TEST(raw, "a table is not seen before it is zeroed on first use, and then is all empty")
{
	make(at(1, 0), 1);
	assert_null(table_leaf(root, at(1, 0)));
	pte_t *leaf = table_ready(root, at(1, 7));

	assert_ptr_equal(table_leaf(root, at(1, 7)), leaf);
	for (size_t i = 0; i < TABLE_PAGES; i++)
		assert_true(table_leaf(root, at(1, 0))[i] == 0);
	*leaf = pte_make(HOST_RAM_BASE + PAGE_SIZE, PROT_READ);
	assert_ptr_equal(table_ready(root, at(1, 7)), leaf);
	assert_true(*leaf != 0); /* zeroed once only */
	*leaf = 0;
}

TEST(counted, "a table lives until the last range that needs it is dropped")
{
	make(at(1, 0), 1);
	table_make(root, at(1, 5), 3);
	table_make(root, at(1, 0), TABLE_PAGES);
	assert_int_equal(drop(at(1, 0), 1), 0);
	assert_int_equal(drop(at(1, 0), TABLE_PAGES), 0);
	assert_int_equal(drop(at(1, 5), 3), LEVELS_ABOVE);
	assert_int_equal(frame_of(root)->refs, 1);
	assert_int_equal(machine.charged, 1);
}

TEST(pieces, "a range made at once may be dropped table by table")
{
	assert_int_equal(make(at(1, 9), 3 * TABLE_PAGES), LEVELS_ABOVE + 3);
	assert_int_equal(drop(at(1, 9), 1), 1);
	assert_int_equal(drop(at(3, 0), 1), 1);
	assert_int_equal(drop(at(2, 0), 1), 1);
	assert_int_equal(drop(at(4, 8), 1), LEVELS_ABOVE);
}

TEST(flushes, "linking and unlinking a table flushes the whole space before anything else can use the frame")
{
	unsigned before = host_counts.space_flushes;

	make(at(1, 0), 1);
	table_ready(root, at(1, 0));
	assert_int_equal(host_counts.space_flushes, before + 1);
	drop(at(1, 0), 1);
	assert_int_equal(host_counts.space_flushes, before + 1 + LEVELS_ABOVE);
}
