/* image.h - the layout of a boot image in flash; tool/image/image.py writes it. All numbers are little-endian.
 *
 *   0                boot's text, padded to a page
 *   header_offset    this header, alone on its page
 *   archive_offset   a POSIX tar archive up to the end; the content of each file starts on a page of its own:
 *                      SHA256SUMS   digest of every other file, as sha256sum(1) prints it
 *                      options      boot options
 *                      board.dtb    the device tree for when firmware brings none
 *                      kernel, init, then other programs
 *   total_bytes - 32 header_sha256 once more: where it is missing the image was cut. tar ignores it
 *
 * The chain of trust: header_sha256 covers the header, table_sha256 in it covers SHA256SUMS, and that covers each
 * file. Boot checks the files it uses; the loader checks each other program when it is first started.
 * This finds damage, not malice: whoever can write the flash can write a matching header. A signature over the
 * header belongs here, checked right after header_sha256 against a key that the flash's writer does not have. */
#pragma once
#include <stdint.h>
#include "base/sha256.h"

#define IMAGE_MAGIC "NACREIMG"

enum { IMAGE_VERSION = 1 };

struct image_header {
	char magic[8];
	uint32_t version;
	uint32_t header_offset, total_bytes;      /* offsets from the image's first byte */
	uint32_t archive_offset, archive_bytes;
	uint32_t reserved;                        /* 0 */
	uint8_t table_sha256[SHA256_BYTES];
	uint8_t header_sha256[SHA256_BYTES];      /* of all fields above */
};
