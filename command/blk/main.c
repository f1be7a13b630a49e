/* main.c - blk: looks at disks, sector by sector. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bits.h"
#include "blk.h"

enum { LINE_BYTES = 16, BENCH_KIB = 1024 };

static _Alignas(4096) uint8_t block[4096];

static int usage(void)
{
	puts("usage: blk [-d DISK] info\n"
	     "       blk [-d DISK] read SECTOR           shows a sector\n"
	     "       blk [-d DISK] write SECTOR TEXT     a text, and zeros behind it\n"
	     "       blk [-d DISK] bench [-w] [KIB]      how much 1,000 instructions move; -w: also writing, what was there");
	return 2;
}

static int failed(nacre_status_t status)
{
	printf("blk: %s\n", block_error_sentence(status));
	return 1;
}

static int info(const struct disk *disk)
{
	const struct block_geometry *geometry = &disk->geometry;
	struct block_statistics statistics;
	nacre_status_t status = block_statistics(disk->connection, &statistics);

	if (status)
		return failed(status);
	printf("%llu sectors of %u bytes, %llu KiB, in blocks of %u bytes%s%s\n", (unsigned long long)geometry->sectors,
	       (unsigned)BLOCK_SECTOR_BYTES, (unsigned long long)geometry->sectors / 2, (unsigned)geometry->block_bytes,
	       geometry->properties & BLOCK_PROPERTY_READ_ONLY ? ", read only" : "",
	       geometry->properties & BLOCK_PROPERTY_CACHED ? ", with a cache" : "");
	printf("%llu sectors read, %llu written, %u requests failed\n", (unsigned long long)statistics.sectors_read,
	       (unsigned long long)statistics.sectors_written, (unsigned)statistics.errors);
	return 0;
}

/* The block that holds the sector, and where in it the sector lies. */
static nacre_status_t block_get(const struct disk *disk, uint64_t sector, uint64_t *first, uint8_t **at)
{
	uint32_t in_block = disk->geometry.block_bytes / BLOCK_SECTOR_BYTES;

	*first = sector - sector % in_block;
	*at = block + (sector - *first) * BLOCK_SECTOR_BYTES;
	return disk_read(disk, *first, block, disk->geometry.block_bytes);
}

static void show_line(const uint8_t *bytes, unsigned offset)
{
	printf("%03x ", offset);
	for (unsigned i = 0; i < LINE_BYTES; i++)
		printf(" %02x", bytes[i]);
	printf("  ");
	for (unsigned i = 0; i < LINE_BYTES; i++)
		putchar(bytes[i] < 0x80 && isprint(bytes[i]) ? bytes[i] : '.');
	putchar('\n');
}

/* Lines that only repeat the one before are left out. */
static void show(const uint8_t *bytes)
{
	for (unsigned offset = 0; offset < BLOCK_SECTOR_BYTES; offset += LINE_BYTES) {
		if (!offset || memcmp(bytes + offset, bytes + offset - LINE_BYTES, LINE_BYTES) != 0)
			show_line(bytes + offset, offset);
		else if (offset == LINE_BYTES || memcmp(bytes + offset - LINE_BYTES, bytes + offset - 2 * LINE_BYTES, LINE_BYTES) != 0)
			puts("...");
	}
}

static int read_sector(const struct disk *disk, uint64_t sector)
{
	uint8_t *at;
	uint64_t first;
	nacre_status_t status = block_get(disk, sector, &first, &at);

	if (status)
		return failed(status);
	show(at);
	return 0;
}

static int write_sector(const struct disk *disk, uint64_t sector, const char *text)
{
	uint8_t *at;
	uint64_t first;
	nacre_status_t status = block_get(disk, sector, &first, &at);

	if (!status) {
		strncpy((char *)at, text, BLOCK_SECTOR_BYTES); /* fills up with zeros, and need not end with one */
		status = disk_write(disk, first, block, disk->geometry.block_bytes);
	}
	if (!status)
		status = disk_flush(disk);
	return status ? failed(status) : 0;
}

static bool number_read(const char *text, uint64_t *number)
{
	char *end;

	*number = strtoull(text, &end, 0);
	return isdigit((unsigned char)*text) && !*end;
}

static int run_bench(const struct disk *disk, int argc, char **argv)
{
	bool may_write = argc && !strcmp(argv[0], "-w");
	uint64_t kib = min_u64(BENCH_KIB, disk->geometry.sectors / 2);

	argc -= may_write, argv += may_write;
	if (argc > 1 || (argc && (!number_read(argv[0], &kib) || kib > disk->geometry.sectors / 2)))
		return usage();
	kib -= kib % (BLOCK_TRANSFER_BYTES / 1024);
	if (!kib || kib > UINT32_MAX) {
		puts("blk: the bench needs at least 128 KiB of disk");
		return 1;
	}
	return bench(disk, (uint32_t)kib, may_write);
}

static int run(const struct disk *disk, int argc, char **argv)
{
	uint64_t sector;

	if (argc == 1 && !strcmp(argv[0], "info"))
		return info(disk);
	if (argc && !strcmp(argv[0], "bench"))
		return run_bench(disk, argc - 1, argv + 1);
	if (argc == 2 && !strcmp(argv[0], "read") && number_read(argv[1], &sector))
		return read_sector(disk, sector);
	if (argc == 3 && !strcmp(argv[0], "write") && number_read(argv[1], &sector))
		return write_sector(disk, sector, argv[2]);
	return usage();
}

int main(int argc, char **argv)
{
	uint64_t number = 0;
	struct disk disk;
	int first = 1;

	if (argc > 2 && !strcmp(argv[1], "-d")) {
		if (!number_read(argv[2], &number) || number > 99)
			return usage();
		first = 3;
	}
	if (argc == first)
		return usage();
	if (!disk_open(&disk, (unsigned)number))
		return 1;
	return run(&disk, argc - first, argv + first);
}
