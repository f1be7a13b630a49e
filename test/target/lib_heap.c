/* lib_heap.c - areas, and malloc on reserve and commit. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include "nacre/area.h"
#include "test/alone.h"

TEST_ALONE;

static uintptr_t pages_charged(void)
{
	struct nacre_budget_state state = { 0 };

	EXPECT_OK(nacre_budget_info(nacre_self_budget(), &state));
	return state.charged_pages;
}

static bool is_zero(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

TEST(area, "an area is zeroed, writable, and charged until it is destroyed")
{
	uintptr_t before = pages_charged();
	struct nacre_area area;

	EXPECT_OK(nacre_area_create(&area, 3, NACRE_MEMORY_PRIVATE));
	EXPECT(is_zero(area.base, 3 * NACRE_PAGE_BYTES));
	memset(area.base, 1, 3 * NACRE_PAGE_BYTES);
	EXPECT(pages_charged() >= before + 3);
	EXPECT_OK(nacre_area_destroy(&area));
	EXPECT(pages_charged() < before + 3);
}

TEST(area_too_large, "an area beyond the budget is refused and leaves nothing behind")
{
	struct nacre_area area;
	uintptr_t before;

	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE)); /* whatever grows once has grown now */
	EXPECT_OK(nacre_area_destroy(&area));
	before = pages_charged();
	EXPECT_EQ(nacre_area_create(&area, 1 << 18, NACRE_MEMORY_PRIVATE), NACRE_E_BUDGET);
	EXPECT_EQ(nacre_area_create_guarded(&area, 1 << 18), NACRE_E_BUDGET);
	EXPECT(!area.base && !area.memory);
	EXPECT_EQ(pages_charged(), before);
}

TEST(area_guarded, "the pages beside a guarded area are reserved and not mapped")
{
	struct nacre_map_state state;
	nacre_handle_t other;
	struct nacre_area area;
	uintptr_t base;

	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 2, NACRE_MEMORY_SHARED, &other));
	EXPECT_OK(nacre_area_create_guarded(&area, 2));
	base = (uintptr_t)area.base;
	EXPECT_OK(nacre_map_query(nacre_self_process(), base, &state));
	EXPECT_EQ(state.base, base);
	EXPECT_EQ(state.pages, 2);
	EXPECT_ERROR(map_add, SPACE, nacre_map_add(nacre_self_process(), base - NACRE_PAGE_BYTES, other, 0, 2,
						   NACRE_PROT_READ, NULL));
	EXPECT_OK(nacre_handle_close(other));
	EXPECT_OK(nacre_area_destroy(&area));
}

TEST(allocate, "allocations are aligned, apart, and keep what is written to them")
{
	enum { COUNT = 200 };
	static unsigned char *block[COUNT];

	for (int i = 0; i < COUNT; i++) {
		block[i] = malloc((size_t)i * 7 + 1);
		EXPECT(block[i]);
		EXPECT_EQ((uintptr_t)block[i] % 8, 0);
		memset(block[i], i, (size_t)i * 7 + 1);
	}
	for (int i = 0; i < COUNT; i++) {
		EXPECT_EQ(block[i][0], (unsigned char)i);
		EXPECT_EQ(block[i][i * 7], (unsigned char)i);
		free(block[i]);
	}
}

TEST(allocate_large, "a block larger than a whole range of the heap is had, zeroed by calloc")
{
	size_t size = 3 << 20;
	char *block = calloc(1, size), *again;
	uintptr_t where = (uintptr_t)block;

	EXPECT(block);
	EXPECT(is_zero(block, size));
	block[size - 1] = 1;
	free(block);
	again = malloc(size);
	EXPECT_EQ((uintptr_t)again, where); /* it is not lost */
	free(again);
}

static bool can_allocate(size_t count, size_t size)
{
	void *block = count == 1 ? malloc(size) : calloc(count, size);
	bool allocated = block != NULL;

	free(block);
	return allocated;
}

TEST(allocate_too_much, "what the budget cannot pay for is NULL and ENOMEM, and the heap goes on")
{
	volatile size_t many = SIZE_MAX / 8; /* out of the compiler's sight */

	errno = 0;
	EXPECT(!can_allocate(1, 512u << 20));
	EXPECT_EQ(errno, ENOMEM);
	EXPECT(!can_allocate(many, 16));
	EXPECT(can_allocate(1, 100));
}

TEST(allocate_all, "the budget can be used up to nearly the last page, and freed memory serves again")
{
	enum { STEP = 64 << 10, MOST = 1024 };
	static void *block[MOST];
	struct nacre_budget_state state = { 0 };
	int count = 0;

	while (count < MOST && (block[count] = malloc(STEP)))
		count++;
	EXPECT_OK(nacre_budget_info(nacre_self_budget(), &state));
	EXPECT(state.limit_pages - state.charged_pages - state.given_pages < STEP / NACRE_PAGE_BYTES + 2);
	for (int i = 0; i < count; i++)
		free(block[i]);
	EXPECT(block[0] = malloc(STEP));
	free(block[0]);
}

TEST(allocate_aligned, "a block is as aligned as asked, and impossible alignments are refused")
{
	void *block = NULL;

	EXPECT_EQ(posix_memalign(&block, 256, 100), 0);
	EXPECT_EQ((uintptr_t)block % 256, 0);
	free(block);
	EXPECT_EQ(posix_memalign(&block, 24, 100), EINVAL);
	EXPECT_EQ(posix_memalign(&block, 64, SIZE_MAX - 8), ENOMEM);
}

/* The block where it then is, grown or not. */
static char *grow(char *block, size_t size)
{
	char *larger = realloc(block, size);

	if (!larger)
		return block;
	return larger;
}

TEST(reallocate, "realloc keeps what was there, also where it is refused")
{
	char *block = malloc(10);
	uintptr_t small = (uintptr_t)block, large;

	EXPECT(block);
	strcpy(block, "nacre");
	block = grow(block, 500000);
	large = (uintptr_t)block;
	EXPECT(large != small);
	EXPECT_TEXT(block, "nacre");
	block = grow(block, 512u << 20);
	EXPECT_EQ((uintptr_t)block, large);
	EXPECT_TEXT(block, "nacre");
	free(block);
}
