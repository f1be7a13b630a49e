/* load_block.c - a disk's client: what it wrote it reads. */
#include "inject.h"
#include <stdlib.h>
#include "base/string.h"
#include "idl/block_client.h"
#include "nacre/clock.h"

enum { BYTES = 20480, PLACES = 8, FIRST = 64 }; /* more than one of the driver's buffers */

static nacre_handle_t disk;
static uint8_t *written, *read;

static bool open(void)
{
	written = aligned_alloc(4096, BYTES);
	read = aligned_alloc(4096, BYTES);
	return written && read && block_connect_now("dev/block0", &disk) == STATUS_OK;
}

static enum answer judge(nacre_status_t status)
{
	return status == NACRE_E_TIMEOUT ? ANSWER_LATE : ANSWER_REFUSED;
}

static enum answer there_and_back(uint32_t number, size_t size)
{
	uint64_t sector = FIRST + number % PLACES * (BYTES / BLOCK_SECTOR_BYTES);
	uint64_t end_ns = nacre_deadline_in(ROUND_NS);
	nacre_status_t status;

	for (size_t i = 0; i < size; i++)
		written[i] = (uint8_t)(number * 7 + i + i / 251);
	memset(read, 0xa5, size);
	status = block_write_until(disk, end_ns, sector, written, size);
	if (!status)
		status = block_read_until(disk, end_ns, sector, read, size);
	if (status)
		return judge(status);
	return memcmp(written, read, size) ? ANSWER_WRONG : ANSWER_RIGHT;
}

static enum answer geometry(void)
{
	struct block_geometry geometry;
	nacre_status_t status = block_geometry_until(disk, nacre_deadline_in(ROUND_NS), &geometry);

	if (status)
		return judge(status);
	return geometry.sectors == 2048 && geometry.block_bytes == BLOCK_SECTOR_BYTES ? ANSWER_RIGHT : ANSWER_WRONG;
}

static enum answer serve_round(uint32_t number)
{
	enum answer answer = there_and_back(number, number % 2 ? BLOCK_SECTOR_BYTES : BYTES);
	nacre_status_t status;

	if (answer == ANSWER_RIGHT)
		answer = geometry();
	if (answer != ANSWER_RIGHT)
		return answer;
	status = block_flush_until(disk, nacre_deadline_in(ROUND_NS));
	return status ? judge(status) : ANSWER_RIGHT;
}

const struct load load_block = { "virtio-blk", open, serve_round };
