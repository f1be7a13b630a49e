/* blk.h - the parts of blk: main.c takes the words apart, transfer.c asks the disk, bench.c measures. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/block_client.h"

struct disk {
	nacre_handle_t connection;
	struct block_geometry geometry;
};

/* Says what is wrong and answers false. */
bool disk_open(struct disk *disk, unsigned number);

/* `buffer` begins a page. A driver that was restarted is asked again, some times. */
nacre_status_t disk_read(const struct disk *disk, uint64_t sector, void *buffer, size_t bytes);
nacre_status_t disk_write(const struct disk *disk, uint64_t sector, const void *buffer, size_t bytes);
nacre_status_t disk_flush(const struct disk *disk);

/* Reads, writes (if it may) and copies so many KiB, and says how much came of 1,000 instructions. An exit status. */
int bench(const struct disk *disk, uint32_t kib, bool may_write);
