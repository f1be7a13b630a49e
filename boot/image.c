/* image.c - finds the parts of the boot image and checks them: structure first, then every digest. */
#include "base/hashes.h"
#include "base/string.h"
#include "boot/boot.h"
#include "boot/image.h"

#define REMEDY "write a good image to the flash and start again"

enum { FILES = 5 };

static const struct image_header *header_of(void)
{
	return (const struct image_header *)image_header;
}

static bool header_is_there(void)
{
	return memcmp(header_of()->magic, IMAGE_MAGIC, sizeof(header_of()->magic)) == 0;
}

/* Do the header's numbers describe an image that starts and continues where this one does? */
static bool header_is_consistent(const struct image_header *header)
{
	return header->header_offset == (uint32_t)(image_header - image_start) &&
	       header->archive_offset == header->header_offset + PAGE && header->archive_offset <= header->total_bytes &&
	       header->archive_bytes == header->total_bytes - header->archive_offset &&
	       header->archive_bytes >= SHA256_BYTES && header->reserved == 0;
}

/* Fills in the parts; the archive's fault, or NULL. */
static const char *parts_find(struct image *image, uint32_t *fault_offset)
{
	const struct image_header *header = header_of();
	struct archive archive;
	struct archive_file files[FILES] = {
		{ .name = "SHA256SUMS" }, { .name = "options" }, { .name = "board.dtb" }, { .name = "kernel" },
		{ .name = "init" },
	};

	image->archive.start = (uintptr_t)image_start + header->archive_offset;
	image->archive.end = image->archive.start + header->archive_bytes;
	archive_open(&archive, (const void *)image->archive.start, header->archive_bytes);
	archive_find(&archive, files, FILES);
	image->table = files[0], image->options = files[1], image->tree = files[2];
	image->kernel = files[3], image->init = files[4];
	*fault_offset = header->archive_offset + (uint32_t)archive.offset;
	return archive.fault;
}

bool image_find(struct image *image)
{
	uint32_t offset;

	return header_is_there() && header_is_consistent(header_of()) && !parts_find(image, &offset);
}

/* --- checking ------------------------------------------------------------------------------------------- */

static bool digest_matches(struct boot *boot, const void *data, size_t size, const uint8_t *wanted)
{
	uint64_t before = counters_read(&boot->machine).instructions;
	uint8_t digest[SHA256_BYTES];

	sha256_of(data, size, digest);
	boot->hash_instructions += counters_read(&boot->machine).instructions - before;
	return memcmp(digest, wanted, SHA256_BYTES) == 0;
}

static void header_check(struct boot *boot)
{
	const struct image_header *header = header_of();
	const struct machine *m = &boot->machine;
	const uint8_t *end;

	if (!header_is_there())
		fail(m, "no image: there is no NACREIMG header at %p; " REMEDY, (const void *)header);
	if (!digest_matches(boot, header, offsetof(struct image_header, header_sha256), header->header_sha256))
		fail(m, "the image header at %p is damaged, its SHA-256 is wrong; " REMEDY, (const void *)header);
	if (header->version != IMAGE_VERSION)
		fail(m, "the image header at %p is of version %u, this boot reads version 1; " REMEDY, (const void *)header,
		     (unsigned)header->version);
	if (!header_is_consistent(header))
		fail(m, "the image header at %p does not fit this boot, its offsets are wrong; " REMEDY, (const void *)header);
	end = image_start + header->total_bytes;
	if (memcmp(end - SHA256_BYTES, header->header_sha256, SHA256_BYTES) != 0)
		fail(m, "the image is cut, its end at %p is missing; " REMEDY, (const void *)end);
}

static void file_check(struct boot *boot, const struct archive_file *file)
{
	const struct archive_file *table = &boot->image.table;
	uint8_t digest[SHA256_BYTES];

	if ((uintptr_t)file->content % PAGE)
		fail(&boot->machine, "the file %s at %p is not page aligned in the image; " REMEDY, file->name,
		     (const void *)file->content);
	if (!hashes_find((const char *)table->content, table->size, file->name, digest))
		fail(&boot->machine, "the file %s has no line of its own in the image's SHA256SUMS; " REMEDY, file->name);
	if (!digest_matches(boot, file->content, file->size, digest))
		fail(&boot->machine, "the file %s at %p is damaged, its SHA-256 is not the one in SHA256SUMS; " REMEDY,
		     file->name, (const void *)file->content);
}

void image_check(struct boot *boot)
{
	struct image *image = &boot->image;
	const char *fault;
	uint32_t offset;

	header_check(boot);
	fault = parts_find(image, &offset);
	if (fault)
		fail(&boot->machine, "the image is damaged %u bytes from its start, %s; " REMEDY, (unsigned)offset, fault);
	if (!digest_matches(boot, image->table.content, image->table.size, header_of()->table_sha256))
		fail(&boot->machine, "the file SHA256SUMS at %p is damaged, its SHA-256 is not the one in the header; " REMEDY,
		     (const void *)image->table.content);
	file_check(boot, &image->options);
	file_check(boot, &image->tree);
	file_check(boot, &image->kernel);
	file_check(boot, &image->init);
}
