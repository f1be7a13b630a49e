/* aslr.c - where programs are put: loads this program again and again, and tells where its image, its stack and what is
 * mapped afterwards came to lie. tool/check/aslr.py boots it many times and reckons (`make aslr`). */
#include "base/archive.h"
#include "nacre/area.h"
#include "nacre/spawn.h"
#include "nacre/startup.h"
#include "test/alone.h"
#include "test/helper.h"

TEST_ALONE;

enum { STARTS = 100, PAGES = 60, CEILING = 5, STACK_BYTES = 16 << 10 };

struct places {
	uintptr_t image, stack, mapping;
};

static struct {
	struct nacre_area area;
	const uint8_t *content;
	size_t size, offset;
} file;

static void file_open(void)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	struct archive_file wanted = { .name = "init" };
	struct archive archive;

	EXPECT_OK(nacre_area_map(&file.area, boot->image, 0, NACRE_PAGES(boot->image_offset + boot->image_bytes), NACRE_PROT_READ));
	archive_open(&archive, (char *)file.area.base + boot->image_offset, boot->image_bytes);
	EXPECT(archive_find(&archive, &wanted, 1));
	file.content = wanted.content;
	file.size = wanted.size;
	file.offset = (size_t)(wanted.content - (const uint8_t *)file.area.base);
}

/* All that a start places, and one page as the program itself would map it; the first instruction is not executed. */
static struct places start(void)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	const char *const argv[] = { "child", NULL };
	struct nacre_spawn spec = {
		.image = boot->image, .offset = file.offset, .size = file.size, .file = file.content, .argv = argv,
		.payer = boot->budget, .stack_bytes = STACK_BYTES, .priority = CEILING,
		.budget_rights = NACRE_RIGHT_SPEND | NACRE_RIGHT_INSPECT,
	};
	struct nacre_child child;
	struct places places;
	nacre_handle_t memory;

	EXPECT_OK(nacre_budget_create(nacre_self_budget(), PAGES, CEILING, &spec.budget));
	EXPECT_OK(nacre_spawn_load(&spec, &child, NULL));
	places.image = child.load_base;
	places.stack = child.stack & ~(uintptr_t)(NACRE_PAGE_BYTES - 1);
	EXPECT_OK(nacre_memory_create(spec.budget, 1, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_OK(nacre_map_add(child.process, 0, memory, 0, 1, NACRE_PROT_READ, &places.mapping));
	EXPECT_OK(nacre_handle_close(memory));
	nacre_spawn_abandon(&child);
	EXPECT_OK(nacre_budget_destroy(spec.budget));
	EXPECT_OK(nacre_handle_close(spec.budget));
	return places;
}

TEST(starts, "a program that is started a hundred times has its image, its stack and its mapping elsewhere each time")
{
	const struct nacre_startup *startup = nacre_startup();
	struct places last = { 0 }, now;

	file_open();
	EXPECT(startup->boot_info->entropy);
	test_note("boot 0x%lx 0x%lx 0x%lx", (unsigned long)startup->load_base, (unsigned long)(uintptr_t)&now,
		  (unsigned long)(uintptr_t)file.area.base);
	for (unsigned i = 0; i < STARTS; i++, last = now) {
		now = start();
		test_note("start 0x%lx 0x%lx 0x%lx", (unsigned long)now.image, (unsigned long)now.stack, (unsigned long)now.mapping);
		EXPECT((now.image | now.stack | now.mapping) % NACRE_PAGE_BYTES == 0);
		EXPECT(now.image != last.image && now.stack != last.stack && now.mapping != last.mapping);
	}
}
