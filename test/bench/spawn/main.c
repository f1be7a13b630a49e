/* main.c - how long it takes to make a program run. This program is init and its own child: it starts init's file in the
 * boot image, which is not hashed again. */
#include "../bench.h"
#include "base/archive.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/spawn.h"
#include "test/alone.h"

TEST_ALONE;

enum { PAGES = 60, BELOW = 5 };

static struct {
	struct nacre_area area;
	const uint8_t *content;
	size_t size, offset;
} file;

static nacre_handle_t notices;

int main(int argc, char **argv)
{
	if (nacre_startup()->boot_info)
		return test_main(argc, argv);
	if (argv[1][0] == 'm')
		MARK_END;
	return 0;
}

static void file_open(void)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	struct archive_file wanted = { .name = "init" };
	struct archive archive;

	EXPECT_OK(nacre_server_create(boot->budget, &notices));
	EXPECT_OK(nacre_area_map(&file.area, boot->image, 0, NACRE_PAGES(boot->image_offset + boot->image_bytes), NACRE_PROT_READ));
	archive_open(&archive, (char *)file.area.base + boot->image_offset, boot->image_bytes);
	EXPECT(archive_find(&archive, &wanted, 1));
	file.content = wanted.content;
	file.size = wanted.size;
	file.offset = (size_t)(wanted.content - (const uint8_t *)file.area.base);
}

/* Begins before the loader, and waits for the end of the child. */
static void run(nacre_handle_t budget, const char *what)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	const char *const argv[] = { "child", what, NULL };
	struct nacre_spawn spec = {
		.image = boot->image, .offset = file.offset, .size = file.size, .file = file.content, .argv = argv,
		.payer = boot->budget, .budget = budget, .stack_bytes = 16 << 10, .priority = BELOW,
		.budget_rights = NACRE_RIGHT_SPEND | NACRE_RIGHT_INSPECT,
	};
	struct nacre_received in = { 0 };
	struct nacre_child child;

	MARK_BEGIN;
	EXPECT_OK(nacre_spawn_load(&spec, &child, NULL));
	EXPECT_OK(nacre_process_watch(child.process, notices, 1, BELOW));
	EXPECT_OK(nacre_spawn_start(&child, NULL));
	EXPECT_OK(nacre_server_receive(notices, NACRE_DEADLINE_NEVER, NULL, &in));
	if (what[0] == 'e')
		MARK_END;
	EXPECT_EQ(in.info & NACRE_INFO_KIND, NACRE_KIND_EXIT);
	EXPECT_OK(nacre_handle_close(child.process));
}

static void rounds(const char *what)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		nacre_handle_t budget;

		EXPECT_OK(nacre_budget_create(nacre_self_budget(), PAGES, BELOW, &budget));
		run(budget, what);
		EXPECT_OK(nacre_budget_destroy(budget));
		EXPECT_OK(nacre_handle_close(budget));
	}
}

TEST(spawn, "a program is loaded and started from its ELF file, until its main(), and until its end is known")
{
	file_open();
	BENCH("spawn_main");
	rounds("main");
	BENCH("spawn_exit");
	rounds("exit");
}
