/* bench.c - how much of a disk 1,000 instructions move, beside copying the same bytes in memory.
 *
 * Counted is CPU time: this program's, on which is also what the driver did while this program waited, and what the driver
 * used on its own account. Where a nanosecond is an instruction, as in QEMU with -icount shift=0, that counts instructions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "blk.h"
#include "nacre/startup.h"

static uint64_t cpu_ns(const struct disk *disk)
{
	struct nacre_budget_state state = { 0 };
	struct block_statistics statistics = { 0 };

	nacre_budget_info(nacre_self_budget(), &state);
	block_statistics(disk->connection, &statistics);
	return state.cpu_ns + statistics.cpu_ns;
}

static void say(const char *what, uint32_t kib, uint32_t piece, uint64_t ns)
{
	printf("%-6s %u KiB in pieces of %3u KiB: %6u bytes per 1,000 instructions\n", what, (unsigned)kib, (unsigned)piece / 1024,
	       (unsigned)((uint64_t)kib * 1024 * 1000 / (ns ? ns : 1)));
}

/* What it takes to read all, or to read and write it. Writes put back what was read, so that a disk is the same afterwards. */
static nacre_status_t measure(const struct disk *disk, uint32_t kib, uint32_t piece, bool writes, void *buffer, uint64_t *used)
{
	uint64_t start = cpu_ns(disk);
	nacre_status_t status = STATUS_OK;

	for (uint64_t at = 0; !status && at < (uint64_t)kib * 1024; at += piece) {
		status = disk_read(disk, at / BLOCK_SECTOR_BYTES, buffer, piece);
		if (!status && writes)
			status = disk_write(disk, at / BLOCK_SECTOR_BYTES, buffer, piece);
	}
	*used = cpu_ns(disk) - start;
	return status;
}

static nacre_status_t measure_both(const struct disk *disk, uint32_t kib, uint32_t piece, bool may_write, void *buffer)
{
	uint64_t reading, both;
	nacre_status_t status = measure(disk, kib, piece, false, buffer, &reading);

	if (!status)
		say("read", kib, piece, reading);
	if (status || !may_write)
		return status;
	status = measure(disk, kib, piece, true, buffer, &both);
	if (!status)
		say("write", kib, piece, both - reading);
	return status;
}

static void measure_copy(const struct disk *disk, uint32_t kib, uint8_t *buffer)
{
	uint64_t start = cpu_ns(disk);

	for (uint32_t at = 0; at < kib; at += BLOCK_TRANSFER_BYTES / 2048) {
		memcpy(buffer, buffer + BLOCK_TRANSFER_BYTES / 2, BLOCK_TRANSFER_BYTES / 2);
		__asm__ volatile("" ::: "memory");
	}
	say("copy", kib, BLOCK_TRANSFER_BYTES / 2, cpu_ns(disk) - start);
}

int bench(const struct disk *disk, uint32_t kib, bool may_write)
{
	static const uint32_t pieces[] = { 4096, 16384, BLOCK_TRANSFER_BYTES };
	void *buffer = aligned_alloc(4096, BLOCK_TRANSFER_BYTES);
	nacre_status_t status = buffer ? STATUS_OK : NACRE_E_BUDGET;

	for (unsigned i = 0; !status && i < ARRAY_SIZE(pieces); i++)
		status = measure_both(disk, kib, pieces[i], may_write, buffer);
	if (!status)
		measure_copy(disk, kib, buffer);
	else
		printf("blk: %s\n", block_error_sentence(status));
	free(buffer);
	return status != STATUS_OK;
}
