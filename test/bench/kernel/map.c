/* map.c - memory: made, mapped, touched, unmapped, gone. */
#include "../bench.h"
#include "test/helper.h"

enum { PAGE = 4096 };

struct place {
	nacre_handle_t memory;
	uintptr_t base;
	size_t pages;
};

static struct place place_make(size_t pages)
{
	struct place place = { .pages = pages };

	EXPECT_OK(nacre_memory_create(self_budget(), pages, NACRE_MEMORY_PRIVATE, &place.memory));
	EXPECT_OK(nacre_map_reserve(self_process(), pages, &place.base));
	return place;
}

static void place_end(struct place *place)
{
	EXPECT_OK(nacre_map_remove(self_process(), place->base, place->pages));
	EXPECT_OK(nacre_handle_close(place->memory));
}

static nacre_err_t add(const struct place *place)
{
	return nacre_map_add(self_process(), place->base, place->memory, 0, place->pages, NACRE_PROT_WRITE, NULL);
}

static void map_rounds(size_t pages)
{
	struct place place = place_make(pages);

	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_err_t error;

		MARK_BEGIN;
		error = nacre_map_add(self_process(), place.base, place.memory, 0, pages, NACRE_PROT_WRITE, NULL);
		MARK_END;
		EXPECT_OK(error);
		EXPECT_OK(nacre_map_remove(self_process(), place.base, pages));
	}
	place_end(&place);
}

static void unmap_rounds(size_t pages)
{
	struct place place = place_make(pages);

	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_err_t error;

		EXPECT_OK(add(&place));
		MARK_BEGIN;
		error = nacre_map_remove(self_process(), place.base, pages);
		MARK_END;
		EXPECT_OK(error);
	}
	place_end(&place);
}

static void protect_rounds(size_t pages)
{
	struct place place = place_make(pages);

	EXPECT_OK(add(&place));
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_err_t error;

		MARK_BEGIN;
		error = nacre_map_protect(self_process(), place.base, pages, round % 2 ? NACRE_PROT_WRITE : NACRE_PROT_READ);
		MARK_END;
		EXPECT_OK(error);
	}
	EXPECT_OK(nacre_map_remove(self_process(), place.base, pages));
	place_end(&place);
}

TEST(map, "mapping 1 and 16 pages inside a reservation, unmapping them, changing their protection")
{
	BENCH("map_1p");
	map_rounds(1);
	BENCH("map_16p");
	map_rounds(16);
	BENCH("unmap_1p");
	unmap_rounds(1);
	BENCH("unmap_16p");
	unmap_rounds(16);
	BENCH("protect_1p");
	protect_rounds(1);
	BENCH("protect_16p");
	protect_rounds(16);
}

TEST(map_anywhere, "mapping a page where the kernel likes")
{
	struct place place = place_make(1);

	BENCH("map_anywhere_1p");
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_err_t error;
		uintptr_t base;

		MARK_BEGIN;
		error = nacre_map_add(self_process(), 0, place.memory, 0, 1, NACRE_PROT_WRITE, &base);
		MARK_END;
		EXPECT_OK(error);
		EXPECT_OK(nacre_map_remove(self_process(), base, 1));
	}
	place_end(&place);
}

TEST(touch, "the first touch of memory that was granted: nobody is asked")
{
	struct place place = place_make(ROUNDS);

	EXPECT_OK(add(&place));
	BENCH("touch_1p");
	for (unsigned round = 0; round < ROUNDS; round++) {
		MARK_BEGIN;
		*(volatile char *)(place.base + round * PAGE) = 1;
		MARK_END;
	}
	EXPECT_OK(nacre_map_remove(self_process(), place.base, ROUNDS));
	place_end(&place);
}

static void create_rounds(size_t pages)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_handle_t memory;
		nacre_err_t error;

		MARK_BEGIN;
		error = nacre_memory_create(self_budget(), pages, NACRE_MEMORY_PRIVATE, &memory);
		MARK_END;
		EXPECT_OK(error);
		EXPECT_OK(nacre_handle_close(memory));
	}
}

static void destroy_rounds(size_t pages)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_handle_t memory;
		nacre_err_t error;

		EXPECT_OK(nacre_memory_create(self_budget(), pages, NACRE_MEMORY_PRIVATE, &memory));
		MARK_BEGIN;
		error = nacre_handle_close(memory);
		MARK_END;
		EXPECT_OK(error);
	}
}

TEST(memory, "making memory of 1 to 256 pages, zeroed, and giving it back")
{
	BENCH("memory_create_1p");
	create_rounds(1);
	BENCH("memory_create_16p");
	create_rounds(16);
	BENCH("memory_create_256p");
	create_rounds(256);
	BENCH("memory_destroy_1p");
	destroy_rounds(1);
	BENCH("memory_destroy_16p");
	destroy_rounds(16);
	BENCH("memory_destroy_256p");
	destroy_rounds(256);
}
