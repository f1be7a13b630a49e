/* block.c - disks, seen by a program (system/block.toml: test-block; test/scenario/block.toml has the disks). */
#include <pthread.h>
#include <stdlib.h>
#include "base/bits.h"
#include "blk_dying/dying.h"
#include "idl/block_client.h"
#include "idl/system_client.h"
#include "nacre/clock.h"
#include "test/pattern.h"
#include "test/test.h"

enum { SECTOR = BLOCK_SECTOR_BYTES, LARGE = BLOCK_TRANSFER_BYTES, SECTORS = 4096, THREADS = 4, ROUNDS = 8 };

/* Sectors that the tests write to, apart from each other. */
enum { PLACE_TEXT = 7, PLACE_LENGTHS = 16, PLACE_THREADS = 1024 };

static nacre_handle_t disk_connect(const char *path)
{
	nacre_handle_t disk;

	EXPECT_EQ(block_connect_now(path, &disk), STATUS_OK);
	return disk;
}

static uint8_t *pages(size_t bytes)
{
	uint8_t *buffer = aligned_alloc(4096, align_up(bytes, 4096));

	EXPECT(buffer != NULL);
	return buffer;
}

TEST(geometry, "each disk tells what the host made it: its sectors, and whether it may be written")
{
	nacre_handle_t first = disk_connect("dev/block0"), second = disk_connect("dev/block1");
	struct block_geometry geometry;

	EXPECT_EQ(block_geometry(first, &geometry), STATUS_OK);
	EXPECT(geometry.sectors == SECTORS && geometry.block_bytes == SECTOR && !(geometry.properties & BLOCK_PROPERTY_READ_ONLY));
	EXPECT_EQ(block_geometry(second, &geometry), STATUS_OK);
	EXPECT(geometry.sectors == 128 && geometry.properties & BLOCK_PROPERTY_READ_ONLY);
	nacre_handle_close(first);
	nacre_handle_close(second);
}

TEST(host, "what the host wrote is read, on the disk it wrote it to, the last sector too")
{
	nacre_handle_t first = disk_connect("dev/block0"), second = disk_connect("dev/block1");
	uint8_t *buffer = pages(SECTOR);

	EXPECT_EQ(block_read(first, 3, buffer, SECTOR), STATUS_OK);
	EXPECT_TEXT((char *)buffer, "from the host");
	EXPECT_EQ(block_read(first, SECTORS - 1, buffer, SECTOR), STATUS_OK);
	EXPECT_TEXT((char *)buffer, "the last");
	EXPECT_EQ(block_read(second, 0, buffer, SECTOR), STATUS_OK);
	EXPECT_TEXT((char *)buffer, "another disk");
	free(buffer);
	nacre_handle_close(first);
	nacre_handle_close(second);
}

TEST(written, "what is written is read back, after a flush too, and the host finds it later")
{
	nacre_handle_t disk = disk_connect("dev/block0");
	uint8_t *buffer = pages(SECTOR);

	memset(buffer, 0, SECTOR);
	strcpy((char *)buffer, "from the guest");
	EXPECT_EQ(block_write(disk, PLACE_TEXT, buffer, SECTOR), STATUS_OK);
	EXPECT_EQ(block_flush(disk), STATUS_OK);
	memset(buffer, 'x', SECTOR);
	EXPECT_EQ(block_read(disk, PLACE_TEXT, buffer, SECTOR), STATUS_OK);
	EXPECT_TEXT((char *)buffer, "from the guest");
	free(buffer);
	nacre_handle_close(disk);
}

/* Of `size`, into a place whose neighbours must stay as they are. */
static void round_trip(nacre_handle_t disk, uint8_t *buffer, size_t size)
{
	size_t whole = align_up(size, 4096);

	pattern_put(buffer, size, (uint32_t)size);
	EXPECT_EQ(block_write(disk, PLACE_LENGTHS, buffer, size), STATUS_OK);
	memset(buffer, 'x', whole);
	EXPECT_EQ(block_read(disk, PLACE_LENGTHS, buffer, size), STATUS_OK);
	EXPECT(pattern_is(buffer, size, (uint32_t)size));
	for (size_t i = size; i < whole; i++)
		EXPECT(buffer[i] == 'x'); /* what was not asked for was not touched */
}

TEST(lengths, "every length from a sector to 128 KiB goes there and back, and no byte behind it is touched")
{
	nacre_handle_t disk = disk_connect("dev/block0");
	uint8_t *buffer = pages(LARGE), *mark = pages(SECTOR);

	for (size_t sectors = 1; sectors <= LARGE / SECTOR; sectors += sectors < 40 ? 1 : 9) {
		memset(mark, (int)sectors, SECTOR);
		if (sectors < LARGE / SECTOR)
			EXPECT_EQ(block_write(disk, PLACE_LENGTHS + sectors, mark, SECTOR), STATUS_OK);
		round_trip(disk, buffer, sectors * SECTOR);
		if (sectors == LARGE / SECTOR)
			break;
		EXPECT_EQ(block_read(disk, PLACE_LENGTHS + sectors, mark, SECTOR), STATUS_OK);
		EXPECT(mark[0] == (uint8_t)sectors && mark[SECTOR - 1] == (uint8_t)sectors);
	}
	free(buffer);
	free(mark);
	nacre_handle_close(disk);
}

TEST(range, "what does not lie on the disk is RANGE, what is no whole sector UNALIGNED, and nothing is written")
{
	static const struct { uint64_t sector; size_t bytes; nacre_status_t wanted; } wrong[] = {
		{ SECTORS, SECTOR, BLOCK_RANGE }, { SECTORS - 1, 2 * SECTOR, BLOCK_RANGE }, { SECTORS - 255, LARGE, BLOCK_RANGE },
		{ UINT64_MAX, SECTOR, BLOCK_RANGE }, { UINT64_MAX / SECTOR, SECTOR, BLOCK_RANGE }, { 1ull << 55, SECTOR, BLOCK_RANGE },
		{ 0x100000000, SECTOR, BLOCK_RANGE }, { UINT64_MAX - 1, LARGE, BLOCK_RANGE },
		{ 0, SECTOR + 1, BLOCK_UNALIGNED }, { 0, 2 * SECTOR - 1, BLOCK_UNALIGNED }, { UINT64_MAX, 1023, BLOCK_UNALIGNED },
		{ 0, SECTOR - 1, STATUS_MALFORMED }, { 0, 1, STATUS_MALFORMED }, { 0, 0, STATUS_MALFORMED },
		{ 0, LARGE + 1, NACRE_E_ARGUMENT },
	};
	nacre_handle_t disk = disk_connect("dev/block0");
	uint8_t *buffer = pages(LARGE + 4096);

	memset(buffer, 'x', LARGE + 4096);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(block_write(disk, wrong[i].sector, buffer, wrong[i].bytes), wrong[i].wanted);
		EXPECT_EQ(block_read(disk, wrong[i].sector, buffer, wrong[i].bytes), wrong[i].wanted);
	}
	EXPECT_EQ(block_read(disk, SECTORS - 1, buffer, SECTOR), STATUS_OK);
	EXPECT_TEXT((char *)buffer, "the last");
	free(buffer);
	nacre_handle_close(disk);
}

TEST(read_only, "a disk that may not be written says DENIED, and is as it was")
{
	nacre_handle_t disk = disk_connect("dev/block1");
	uint8_t *buffer = pages(SECTOR);

	EXPECT_EQ(block_write(disk, 0, buffer, SECTOR), STATUS_DENIED);
	EXPECT_EQ(block_flush(disk), STATUS_OK);
	EXPECT_EQ(block_read(disk, 0, buffer, SECTOR), STATUS_OK);
	EXPECT_TEXT((char *)buffer, "another disk");
	free(buffer);
	nacre_handle_close(disk);
}

/* --- several at once --------------------------------------------------------------------------------------- */

static struct worker {
	pthread_t thread;
	nacre_handle_t disk;
	uint32_t number, gone;       /* gone: how often the driver was gone */
	nacre_status_t status;
	bool wrong;
} workers[THREADS];

static _Atomic bool stop;           /* once each worker has done `rounds` */
static uint32_t rounds;

/* As a client does: what was taken by a driver that is gone is asked again. */
static nacre_status_t ask(struct worker *worker, bool writes, uint64_t sector, uint8_t *buffer)
{
	nacre_status_t status;

	for (;;) {
		status = writes ? block_write(worker->disk, sector, buffer, LARGE) : block_read(worker->disk, sector, buffer, LARGE);
		if (status != NACRE_E_PEER_GONE)
			return status;
		worker->gone++;
	}
}

static void *work(void *given)
{
	struct worker *worker = given;
	uint8_t *buffer = aligned_alloc(4096, LARGE);
	uint64_t sector = PLACE_THREADS + worker->number * (LARGE / SECTOR);

	worker->status = buffer ? STATUS_OK : NACRE_E_BUDGET;
	for (uint32_t round = 0; !worker->status && !worker->wrong && (round < rounds || !stop); round++) {
		pattern_put(buffer, LARGE, round * THREADS + worker->number);
		worker->status = ask(worker, true, sector, buffer);
		memset(buffer, 'x', LARGE);
		if (!worker->status)
			worker->status = ask(worker, false, sector, buffer);
		worker->wrong = !pattern_is(buffer, LARGE, round * THREADS + worker->number);
	}
	free(buffer);
	return NULL;
}

static void workers_start(nacre_handle_t disk, uint32_t least)
{
	stop = false;
	rounds = least;
	for (uint32_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .disk = disk, .number = i };
		EXPECT_EQ(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
}

/* How often the driver was gone for one of them. */
static uint32_t workers_end(void)
{
	uint32_t gone = 0;

	stop = true;
	for (uint32_t i = 0; i < THREADS; i++)
		EXPECT_EQ(pthread_join(workers[i].thread, NULL), 0);
	for (uint32_t i = 0; i < THREADS; i++) {
		EXPECT_EQ(workers[i].status, STATUS_OK);
		EXPECT(!workers[i].wrong);
		gone += workers[i].gone;
	}
	return gone;
}

TEST(together, "four threads write and read their own sectors at once, and each finds what it wrote")
{
	nacre_handle_t disk = disk_connect("dev/block0");

	workers_start(disk, ROUNDS);
	EXPECT_EQ(workers_end(), 0);
	nacre_handle_close(disk);
}

TEST(taken_back, "clients that give up in the middle get their pages back, and others never see the data meant for them")
{
	nacre_handle_t disk = disk_connect("dev/block0");
	uint8_t *mine = pages(LARGE), *buffer = pages(LARGE);
	unsigned late = 0;

	pattern_put(mine, LARGE, 1);
	EXPECT_EQ(block_write(disk, PLACE_THREADS, mine, LARGE), STATUS_OK);
	pattern_put(mine, LARGE, 2);
	EXPECT_EQ(block_write(disk, PLACE_THREADS + LARGE / SECTOR, mine, LARGE), STATUS_OK);
	for (uint64_t patience = 2000; patience < 400000; patience += 7000) {
		nacre_status_t status = block_read_until(disk, nacre_deadline_in(patience), PLACE_THREADS, buffer, LARGE);

		EXPECT(status == STATUS_OK || status == NACRE_E_TIMEOUT);
		late += status == NACRE_E_TIMEOUT;
		memset(buffer, 'x', LARGE);
		EXPECT_EQ(block_read(disk, PLACE_THREADS + LARGE / SECTOR, mine, LARGE), STATUS_OK);
		EXPECT(pattern_is(mine, LARGE, 2));
		for (size_t i = 0; i < LARGE; i++)
			EXPECT(buffer[i] == 'x');
	}
	EXPECT(late > 3);
	free(mine);
	free(buffer);
	nacre_handle_close(disk);
}

/* --- its driver dies ----------------------------------------------------------------------------------------- */

static void driver_find(nacre_handle_t system, struct system_process *process, uint64_t *charged_pages)
{
	for (uint32_t number = 0;; number = process->number + 1) {
		nacre_handle_t handle, budget;
		struct nacre_budget_state state = { 0 };

		EXPECT_EQ(system_process(system, number, process, &handle, &budget), STATUS_OK);
		nacre_handle_close(handle);
		nacre_budget_info(budget, &state);
		nacre_handle_close(budget);
		*charged_pages = state.charged_pages;
		if (!strcmp(process->label, "virtio-blk2") && process->kind == SYSTEM_KIND_SERVICE)
			return;
	}
}

TEST(killed, "a driver that dies in the middle of transfers, or whose disk gives up there, comes back, clients ask again on the same connection, and no page of its budget is lost")
{
	nacre_handle_t disk = disk_connect("dev/block2"), system;
	struct system_process process = { 0 };
	uint32_t restarts;
	uint64_t before, after;

	EXPECT_EQ(nacre_connect("svc/system", &system), STATUS_OK);
	driver_find(system, &process, &before);
	restarts = process.restarts;
	/* Its moments are counted, so however fast the machine is, all deaths come, each with something under way. */
	workers_start(disk, ROUNDS);
	/* Reading and writing are idempotent: the stubs ask once more by themselves, so few of the deaths are seen here. */
	workers_end();
	driver_find(system, &process, &after);
	EXPECT_EQ(process.restarts, restarts + DYING_DEATHS);
	EXPECT_EQ(after, before);
	nacre_handle_close(system);
	nacre_handle_close(disk);
}

TEST(crowd, "who opens more connections than a process may is refused, and served again when he has closed one")
{
	nacre_handle_t disks[8];
	unsigned open = 0;

	while (open < ARRAY_SIZE(disks) && block_connect_now("dev/block0", &disks[open]) == STATUS_OK)
		open++;
	EXPECT_EQ(open, 4);
	nacre_handle_close(disks[--open]);
	EXPECT_EQ(block_connect_now("dev/block0", &disks[open]), STATUS_OK);
	for (unsigned i = 0; i <= open; i++)
		nacre_handle_close(disks[i]);
}
