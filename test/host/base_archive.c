/* base_archive.c - the tar reader: names, sizes, pax records, and archives that lie. */
#include "base/archive.h"
#include "unit.h"

enum { ROOM = 64 * 512 };

static uint8_t bytes[ROOM];
static size_t used;
static struct archive archive;
static struct archive_entry entry;

/* --- building ------------------------------------------------------------------------------------------- */

static void checksum_fix(uint8_t *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (unsigned i = 0; i < 512; i++)
		sum += header[i];
	sprintf((char *)header + 148, "%06o", sum);
}

static uint8_t *header_put(const char *name, char type, size_t size)
{
	uint8_t *header = bytes + used;

	memset(header, 0, 512);
	memcpy(header, name, strlen(name));
	sprintf((char *)header + 124, "%011zo", size);
	header[156] = (uint8_t)type;
	memcpy(header + 257, "ustar\00000", 8);
	checksum_fix(header);
	used += 512;
	return header;
}

static void content_put(const void *content, size_t size)
{
	memset(bytes + used, 0, (size + 511) / 512 * 512);
	memcpy(bytes + used, content, size);
	used += (size + 511) / 512 * 512;
}

static uint8_t *file_put(const char *name, const char *content)
{
	uint8_t *header = header_put(name, '0', strlen(content));

	content_put(content, strlen(content));
	return header;
}

static void pax_put(const char *records)
{
	header_put("pax", 'x', strlen(records));
	content_put(records, strlen(records));
}

static void end_put(void)
{
	memset(bytes + used, 0, 1024);
	used += 1024;
}

/* Reads on from the start with everything built so far. */
static void reopen(void)
{
	archive_open(&archive, bytes, used);
}

static void assert_next(const char *name, const char *content)
{
	assert_true(archive_next(&archive, &entry));
	assert_string_equal(entry.name, name);
	assert_int_equal(entry.size, strlen(content));
	assert_memory_equal(entry.content, content, entry.size);
}

static void assert_end(void)
{
	assert_false(archive_next(&archive, &entry));
	assert_null(archive.fault);
	assert_false(archive_next(&archive, &entry));
}

static void assert_fault(const char *sentence)
{
	assert_false(archive_next(&archive, &entry));
	assert_non_null(archive.fault);
	assert_string_equal(archive.fault, sentence);
	assert_false(archive_next(&archive, &entry));
}

/* --- reading -------------------------------------------------------------------------------------------- */

TEST(walk, "files come in order with name, type and content where it lies")
{
	file_put("one", "first");
	header_put("folder/", '5', 0);
	file_put("folder/two", "");
	end_put();
	reopen();
	assert_next("one", "first");
	assert_ptr_equal(entry.content, bytes + 512);
	assert_int_equal(entry.type, '0');
	assert_next("folder/", "");
	assert_int_equal(entry.type, '5');
	assert_next("folder/two", "");
	assert_end();
}

TEST(empty, "an archive of nothing but its end mark is empty")
{
	end_put();
	reopen();
	assert_end();
}

TEST(old_type, "a type byte of zero means a file")
{
	uint8_t *header = file_put("old", "x");

	header[156] = 0;
	checksum_fix(header);
	end_put();
	reopen();
	assert_next("old", "x");
	assert_int_equal(entry.type, '0');
}

TEST(long_names, "a name of 100 bytes and a prefix of 155 fit to the last byte")
{
	char name[101], prefix[156], whole[257];
	uint8_t *header;

	memset(name, 'n', 100), memset(prefix, 'p', 155);
	name[100] = prefix[155] = '\0';
	header = file_put("", "x");
	memcpy(header, name, 100);
	memcpy(header + 345, prefix, 155);
	checksum_fix(header);
	end_put();
	reopen();
	sprintf(whole, "%s/%s", prefix, name);
	assert_next(whole, "x");
}

TEST(pax_comment, "a pax comment leaves the next file as it is")
{
	pax_put("20 comment=anything\n");
	file_put("plain", "text");
	end_put();
	reopen();
	assert_next("plain", "text");
	assert_end();
}

TEST(pax_path, "pax records of path and size rule over the header, for one file only")
{
	pax_put("17 path=the/real\n9 size=3\n");
	file_put("short", "abcdef");
	file_put("next", "xy");
	end_put();
	reopen();
	assert_next("the/real", "abc");
	assert_next("next", "xy");
	assert_end();
}

TEST(find, "all wanted files are found in one walk, in any order")
{
	struct archive_file files[] = { { .name = "b" }, { .name = "a" } };

	file_put("a", "1"), file_put("c", "3"), file_put("b", "22");
	end_put();
	reopen();
	assert_true(archive_find(&archive, files, 2));
	assert_memory_equal(files[0].content, "22", 2);
	assert_int_equal(files[0].size, 2);
	assert_memory_equal(files[1].content, "1", 1);
}

TEST(find_wrong, "a file that is missing or there twice is a fault")
{
	struct archive_file one = { .name = "a" }, two = { .name = "b" };

	file_put("a", "1"), file_put("a", "2");
	end_put();
	reopen();
	assert_false(archive_find(&archive, &one, 1));
	assert_string_equal(archive.fault, "the archive holds a name twice");
	assert_false(archive_find(&archive, &two, 1));
	assert_string_equal(archive.fault, "the archive lacks a file");
	assert_null(two.content);
}

TEST(find_folder, "a folder is not the file of that name")
{
	struct archive_file one = { .name = "a" };

	header_put("a", '5', 0);
	end_put();
	reopen();
	assert_false(archive_find(&archive, &one, 1));
}

/* --- hostile archives ----------------------------------------------------------------------------------- */

TEST(checksum, "a header with any one byte changed is refused")
{
	file_put("name", "content");
	end_put();
	for (size_t at = 0; at < 512; at++) {
		bytes[at] ^= 0x40;
		reopen();
		assert_false(archive_next(&archive, &entry));
		assert_non_null(archive.fault);
		bytes[at] ^= 0x40;
	}
}

TEST(magic, "other kinds of tar are refused")
{
	uint8_t *header = file_put("name", "content");

	end_put();
	memcpy(header + 257, "ustar  \0", 8);
	checksum_fix(header);
	reopen();
	assert_fault("the archive holds a header that is not ustar");
}

static void assert_size_field(const char *field, const char *sentence)
{
	uint8_t *header;

	used = 0;
	header = file_put("name", "content");
	memcpy(header + 124, field, 12);
	checksum_fix(header);
	end_put();
	reopen();
	assert_fault(sentence);
}

TEST(sizes, "sizes that are unreadable or reach past the end are refused")
{
	assert_size_field("00000000008 ", "the archive holds a header with an unreadable size");
	assert_size_field("            ", "the archive holds a header with an unreadable size");
	assert_size_field("\200\0\0\0\0\0\0\0\0\0\0\7", "the archive holds a header with an unreadable size");
	assert_size_field("-0000000007 ", "the archive holds a header with an unreadable size");
	assert_size_field("00000004001 ", "the archive is cut: a file reaches past its end");
	assert_size_field("77777777777 ", "the archive is cut: a file reaches past its end");
	assert_size_field("777777777777", "the archive is cut: a file reaches past its end");
}

TEST(pax_size_hostile, "a pax size that reaches past the end, or overflows, is refused")
{
	pax_put("29 size=18446744073709551609\n");
	file_put("name", "content");
	end_put();
	reopen();
	assert_fault("the archive is cut: a file reaches past its end");
	used = 0;
	pax_put("29 size=18446744073709551616\n");
	file_put("name", "content");
	end_put();
	reopen();
	assert_fault("the archive holds a malformed pax record");
}

TEST(pax_malformed, "malformed pax records are refused")
{
	static const char *const wrong[] = { "x", "5 a=b", "6 a=b", "7 a=b\n", "5 a=b\n", "4 a=\n", "0 a=b\n", "6 ab\n\n",
					     "99999999999999999999 a=b\n", " a=b\n", "6a=bcd", "5 =b\n", "10 size=x\n",
					     "8 size=\n", "6 a=b\n9 size=1x" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		used = 0;
		pax_put(wrong[i]);
		file_put("name", "content");
		end_put();
		reopen();
		assert_fault("the archive holds a malformed pax record");
	}
}

TEST(names_hostile, "names that are empty, too long, or hold a NUL are refused")
{
	char records[400];

	file_put("", "x");
	end_put();
	reopen();
	assert_fault("the archive holds a file without a usable name");
	used = 0;
	sprintf(records, "267 path=%0257d\n", 0);
	pax_put(records);
	file_put("name", "x");
	end_put();
	reopen();
	assert_fault("the archive holds a file without a usable name");
	used = 0;
	header_put("pax", 'x', 12);
	content_put("12 path=a\0b\n", 12);
	file_put("name", "x");
	end_put();
	reopen();
	assert_fault("the archive holds a file without a usable name");
}

TEST(global_pax, "a global pax header is refused")
{
	header_put("pax", 'g', 0);
	end_put();
	reopen();
	assert_fault("the archive holds a global pax header, which is not supported");
}

TEST(cut, "an archive cut at any byte is refused")
{
	pax_put("20 comment=anything\n");
	file_put("one", "first"), file_put("two", "second");
	end_put();
	for (size_t size = 0; size < used; size++) {
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, bytes, size);
		archive_open(&archive, copy, size);
		while (archive_next(&archive, &entry))
			;
		assert_non_null(archive.fault);
		free(copy);
	}
}

TEST(end_half, "one block of zeros is no end")
{
	file_put("one", "first");
	end_put();
	file_put("hidden", "after");
	memmove(bytes + 1536, bytes + 2048, used - 2048);
	used -= 512;
	reopen();
	assert_next("one", "first");
	assert_fault("the archive's end mark is half missing");
}

TEST(every_byte, "an archive with any one byte changed, and its checksums mended, is read safely")
{
	static const uint8_t changes[] = { 0x01, 0x10, 0x80, 0xff };

	pax_put("17 path=the/real\n9 size=3\n");
	file_put("short", "abcdef");
	end_put();
	for (size_t at = 0; at < used - 1024; at++)
		for (size_t i = 0; i < sizeof(changes); i++) {
			uint8_t *copy = malloc(used);

			memcpy(copy, bytes, used);
			copy[at] ^= changes[i];
			checksum_fix(copy), checksum_fix(copy + 1024);
			archive_open(&archive, copy, used);
			while (archive_next(&archive, &entry))
				assert_true(entry.content >= copy && entry.content + entry.size <= copy + used);
			free(copy);
		}
}
