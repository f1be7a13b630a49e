/* transfer.c - asking a disk, and asking again when its driver was restarted. */
#include <stdio.h>
#include "blk.h"

enum { TRIES = 10 };

/* The request was taken and its driver is gone: it may be repeated, because all of the protocol may be. */
#define PERSIST(call)                                                                                 \
	({                                                                                            \
		nacre_status_t status_ = NACRE_E_PEER_GONE;                                           \
		for (unsigned try_ = 0; try_ < TRIES && status_ == NACRE_E_PEER_GONE; try_++)         \
			status_ = (call);                                                             \
		status_;                                                                              \
	})

nacre_status_t disk_read(const struct disk *disk, uint64_t sector, void *buffer, size_t bytes)
{
	return PERSIST(block_read(disk->connection, sector, buffer, bytes));
}

nacre_status_t disk_write(const struct disk *disk, uint64_t sector, const void *buffer, size_t bytes)
{
	return PERSIST(block_write(disk->connection, sector, buffer, bytes));
}

nacre_status_t disk_flush(const struct disk *disk)
{
	return PERSIST(block_flush(disk->connection));
}

bool disk_open(struct disk *disk, unsigned number)
{
	char path[16];
	nacre_status_t status;

	snprintf(path, sizeof(path), "dev/block%u", number);
	status = block_connect_now(path, &disk->connection);
	if (status == STATUS_NOT_READY || status == STATUS_NOT_FOUND) {
		printf("blk: there is no disk %s; devices in the shell lists what there is\n", path);
		return false;
	}
	if (!status)
		status = PERSIST(block_geometry(disk->connection, &disk->geometry));
	if (status)
		printf("blk: %s does not answer: %s\n", path, block_error_sentence(status));
	return !status;
}
