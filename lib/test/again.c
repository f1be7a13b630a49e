/* again.c - the program's own file, started once more. */
#include "test/again.h"
#include "base/archive.h"
#include "nacre/area.h"
#include "nacre/startup.h"
#include "test/helper.h"

enum { PAGES = 128, NO_EXIT = 1000 };

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

	if (file.content)
		return;
	EXPECT_OK(nacre_area_map(&file.area, boot->image, 0, NACRE_PAGES(boot->image_offset + boot->image_bytes), NACRE_PROT_READ));
	archive_open(&archive, (char *)file.area.base + boot->image_offset, boot->image_bytes);
	EXPECT(archive_find(&archive, &wanted, 1));
	file.content = wanted.content;
	file.size = wanted.size;
	file.offset = (size_t)(wanted.content - (const uint8_t *)file.area.base);
}

void again_start(struct again *again, const char *what, nacre_handle_t given, uint32_t rights, unsigned priority)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	const char *const argv[] = { "again", what, NULL };
	const struct nacre_spawn_handle handles[] = { { "given", given, rights } };
	struct nacre_spawn spec = {
		.image = boot->image, .argv = argv, .handles = handles, .handle_count = 1, .payer = boot->budget,
		.budget_rights = NACRE_RIGHT_SPEND | NACRE_RIGHT_INSPECT, .priority = priority, .window = true,
	};

	file_open();
	spec.offset = file.offset;
	spec.size = file.size;
	spec.file = file.content;
	EXPECT_OK(nacre_budget_create(boot->budget, PAGES, 31, &again->budget));
	spec.budget = again->budget;
	EXPECT_OK(nacre_spawn_load(&spec, &again->child, NULL));
	EXPECT_OK(nacre_server_create(boot->budget, &again->notices));
	EXPECT_OK(nacre_process_watch(again->child.process, again->notices, 1, self_ceiling()));
	EXPECT_OK(nacre_spawn_start(&again->child, NULL));
}

uint32_t again_end(struct again *again)
{
	struct nacre_received in = { 0 };
	struct nacre_exit_record record = { 0 };

	EXPECT_OK(nacre_server_receive(again->notices, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_OK(nacre_process_status(again->child.process, &record));
	again_kill(again);
	return record.cause == NACRE_CAUSE_EXIT ? (uint32_t)record.code : NO_EXIT + record.cause;
}

void again_kill(struct again *again)
{
	EXPECT_OK(nacre_budget_destroy(again->budget));
	EXPECT_OK(nacre_handle_close(again->budget));
	EXPECT_OK(nacre_handle_close(again->child.process));
	EXPECT_OK(nacre_handle_close(again->notices));
}
