/* base_sha256.c - SHA-256 against the standard's vectors and against itself in pieces. */
#include "base/hashes.h"
#include "base/sha256.h"
#include "unit.h"

static void hex(const uint8_t digest[SHA256_BYTES], char text[65])
{
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
}

static void assert_digest(const void *data, size_t size, const char *expected)
{
	uint8_t digest[SHA256_BYTES];
	char text[65];

	sha256_of(data, size, digest);
	hex(digest, text);
	assert_string_equal(text, expected);
}

TEST(vectors, "the examples of FIPS 180-4 come out")
{
	static const char *const two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	assert_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest(two, 56, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(million, "a million letters, given in uneven pieces, come out")
{
	char letters[997];
	struct sha256 hash;
	uint8_t digest[SHA256_BYTES];
	char text[65];

	memset(letters, 'a', sizeof(letters));
	sha256_init(&hash);
	for (size_t left = 1000000; left;) {
		size_t take = left < sizeof(letters) ? left : sizeof(letters);

		sha256_update(&hash, letters, take);
		left -= take;
	}
	sha256_finish(&hash, digest);
	hex(digest, text);
	assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(lengths, "around every block boundary the padding is right")
{
	static const struct { size_t size; const char *digest; } known[] = {
		{ 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
		{ 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
		{ 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34" },
		{ 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
		{ 65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0" },
	};
	char letters[65];

	memset(letters, 'a', sizeof(letters));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_digest(letters, known[i].size, known[i].digest);
}

TEST(pieces, "any cut into two pieces, at any alignment, gives the same digest")
{
	uint8_t data[208], whole[SHA256_BYTES], cut[SHA256_BYTES];
	struct sha256 hash;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t start = 0; start < 8; start++)
		for (size_t first = 0; first <= 200; first++) {
			sha256_of(data + start, 200, whole);
			sha256_init(&hash);
			sha256_update(&hash, data + start, first);
			sha256_update(&hash, data + start + first, 200 - first);
			sha256_finish(&hash, cut);
			assert_memory_equal(cut, whole, SHA256_BYTES);
		}
}

/* --- tables of digests ---------------------------------------------------------------------------------- */

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static bool found(const char *table, const char *name, uint8_t first)
{
	uint8_t digest[SHA256_BYTES];
	size_t size = strlen(table);
	char *copy = malloc(size ? size : 1);
	bool is_found;

	memcpy(copy, table, size);
	is_found = hashes_find(copy, size, name, digest);
	free(copy);
	return is_found && digest[0] == first;
}

TEST(table, "a digest is found by its whole name, in text or binary form")
{
	assert_true(found(A "  kernel\n" B " *bin/x\n", "kernel", 0x01));
	assert_true(found(A "  kernel\n" B " *bin/x\n", "bin/x", 0xff));
	assert_true(found(A "  a b\n", "a b", 0x01));
	assert_false(found(A "  kernel\n", "kern", 0x01));
	assert_false(found(A "  kernel\n", "kernels", 0x01));
	assert_false(found(A "  kernel\n", "", 0x01));
	assert_false(found("", "kernel", 0));
}

TEST(table_twice, "a name that stands twice is found not at all")
{
	assert_false(found(A "  kernel\n" B "  kernel\n", "kernel", 0x01));
	assert_false(found(A "  kernel\n" A "  kernel\n", "kernel", 0x01));
}

TEST(table_damaged, "damaged lines match nothing and do not hide the others")
{
	assert_false(found(A "  kernel", "kernel", 0x01));
	assert_false(found(A " kernel\n", "kernel", 0x01));
	assert_false(found(A "   kernel\n", "kernel", 0x01));
	assert_false(found("0" A "  kernel\n", "kernel", 0x00));
	assert_false(found(B "  y\n" A "x kernel\n", "kernel", 0x01));
	assert_false(found(B "  y\n" A " xkernel\n", "kernel", 0x01));
	assert_false(found(A "  y\n" A "xx\n", "y", 0xff));
	assert_true(found(A "  y\n" A "xx\n" B "\n" B "  \n", "y", 0x01));
	assert_false(found("G" A "  x\n", "x", 0));
	assert_false(found("ABCDEF" B "  x\n", "x", 0));
	assert_true(found("nonsense\n\n" A "  x\n", "x", 0x01));
}

TEST(table_names, "names are listed by line")
{
	static const char table[] = A "  one\nbad\n" B " *three\n";
	const char *name;
	size_t length;

	assert_true(hashes_name(table, strlen(table), 0, &name, &length));
	assert_int_equal(length, 3);
	assert_memory_equal(name, "one", 3);
	assert_false(hashes_name(table, strlen(table), 1, &name, &length));
	assert_true(hashes_name(table, strlen(table), 2, &name, &length));
	assert_memory_equal(name, "three", 5);
	assert_false(hashes_name(table, strlen(table), 3, &name, &length));
}

TEST(table_cut, "a table cut at any byte is read safely")
{
	static const char table[] = A "  one\n" B "  two\n";
	uint8_t digest[SHA256_BYTES];

	for (size_t size = 0; size < strlen(table); size++) {
		char *copy = malloc(size ? size : 1);

		memcpy(copy, table, size);
		assert_false(hashes_find(copy, size, "two", digest));
		assert_int_equal(hashes_find(copy, size, "one", digest), size >= 70);
		free(copy);
	}
}
