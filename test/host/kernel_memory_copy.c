/* kernel_memory_copy.c - the routine that touches user memory: what it copies, and every address it must refuse. */
#include "memory_machine.h"

#define RW (PROT_READ | PROT_WRITE)
#define ALL (PROT_READ | PROT_WRITE | PROT_EXECUTE)
#define P PAGE_SIZE

static struct space space, other;
static struct backing backing, far, image, device;
static vaddr_t base, there, image_base, device_base; /* 4 pages each; `there` in the other space */
static uint8_t kernel[COPY_STEP + 64];

static user_ptr_t at(vaddr_t address)
{
	return (user_ptr_t){ address };
}

static void fill(struct backing *memory, unsigned seed)
{
	for (size_t page = 0; page < 4; page++)
		for (unsigned i = 0; i < P; i++)
			((uint8_t *)pa_to_kva(backing_page(memory, page)))[i] = (uint8_t)(seed + page * 7 + i * 13 + i / 256);
}

static uint8_t *byte_of(const struct backing *memory, size_t offset)
{
	return (uint8_t *)pa_to_kva(backing_page(memory, offset / P)) + offset % P;
}

UNIT_SETUP
{
	machine_start(500);
	assert_int_equal(space_init(&space, &machine), E_OK);
	assert_int_equal(space_init(&other, &machine), E_OK);
	assert_int_equal(backing_make(&backing, &machine, 4, BACKING_ANONYMOUS, true), E_OK);
	assert_int_equal(backing_make(&far, &machine, 4, BACKING_ANONYMOUS, false), E_OK);
	backing_init_fixed(&image, HOST_IMAGE_BASE, 4, BACKING_IMAGE);
	backing_init_fixed(&device, 0x10000000, 4, BACKING_DEVICE);
	assert_int_equal(map(&space, &base, &backing, 0, 4, RW, ALL), E_OK);
	assert_int_equal(map(&space, &image_base, &image, 0, 4, PROT_READ, ALL), E_OK);
	assert_int_equal(map(&space, &device_base, &device, 0, 4, RW, ALL), E_OK);
	assert_int_equal(map(&other, &there, &far, 0, 4, RW, ALL), E_OK);
	fill(&backing, 1);
	fill(&far, 100);
	memset(kernel, 0xee, sizeof kernel);
}

static const size_t sizes[] = { 0, 1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 255, 1000, 4095, 4096 };
static const size_t starts[] = { 0, 1, 2, 3, 4, 5, 7, 8, 4000, 4088, 4092, 4095, 4096, 8191 };

TEST(in, "copy_in brings every byte and no other, at any offset and across pages")
{
	for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (unsigned o = 0; o < ARRAY_SIZE(starts); o++) {
			memset(kernel, 0xee, sizeof kernel);
			assert_int_equal(copy_in(&space, kernel + 3, at(base + starts[o]), sizes[s]), E_OK);
			for (size_t i = 0; i < sizes[s]; i++)
				assert_int_equal(kernel[3 + i], *byte_of(&backing, starts[o] + i));
			assert_int_equal(kernel[2], 0xee);
			assert_int_equal(kernel[3 + sizes[s]], 0xee);
		}
	}
}

TEST(out, "copy_out leaves every byte and no other, at any offset and across pages")
{
	for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (unsigned o = 1; o < ARRAY_SIZE(starts); o++) {
			uint8_t before, after;

			fill(&backing, o + s);
			before = *byte_of(&backing, starts[o] - 1);
			after = *byte_of(&backing, starts[o] + sizes[s]);
			assert_int_equal(copy_out(&space, at(base + starts[o]), kernel, sizes[s]), E_OK);
			for (size_t i = 0; i < sizes[s]; i++)
				assert_int_equal(*byte_of(&backing, starts[o] + i), 0xee);
			assert_int_equal(*byte_of(&backing, starts[o] - 1), before);
			assert_int_equal(*byte_of(&backing, starts[o] + sizes[s]), after);
		}
	}
}

TEST(across, "copy_across copies from space to space, at any two offsets")
{
	for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (unsigned o = 0; o < ARRAY_SIZE(starts); o++) {
			size_t from = starts[(o * 5 + 3) % ARRAY_SIZE(starts)], to = starts[o];

			fill(&far, 3 * o);
			assert_int_equal(copy_across(&other, at(there + to), &space, at(base + from), sizes[s]), E_OK);
			for (size_t i = 0; i < sizes[s]; i++)
				assert_int_equal(*byte_of(&far, to + i), *byte_of(&backing, from + i));
			assert_int_equal(*byte_of(&far, to + sizes[s]), (uint8_t)(3 * o + (to + sizes[s]) / P * 7 +
			                 (to + sizes[s]) % P * 13 + (to + sizes[s]) % P / 256));
		}
	}
}

TEST(overlap, "copy_across within one space moves overlapping bytes of a page as memmove does")
{
	uint8_t expected[P];

	for (int shift = -40; shift <= 40; shift++) {
		fill(&backing, 9);
		memcpy(expected, byte_of(&backing, 0), P);
		memmove(expected + 100 + shift, expected + 100, 200);
		assert_int_equal(copy_across(&space, at(base + 100 + (size_t)shift), &space, at(base + 100), 200), E_OK);
		assert_memory_equal(expected, byte_of(&backing, 0), P);
	}
}

/* Every routine refuses the address, for reading and for writing as told, and a good other side does not help. */
static void refuse(vaddr_t address, size_t size, bool reading, bool writing)
{
	err_t read = reading ? E_ADDRESS : E_OK, write = writing ? E_ADDRESS : E_OK;

	assert_int_equal(copy_in(&space, kernel, at(address), size), read);
	assert_int_equal(copy_out(&space, at(address), kernel, size), write);
	assert_int_equal(copy_across(&other, at(there), &space, at(address), size), read);
	assert_int_equal(copy_across(&space, at(address), &other, at(there), size), write);
	assert_int_equal(copy_check(&space, at(address), size, false), read);
	assert_int_equal(copy_check(&space, at(address), size, true), write);
}

TEST(unmapped, "addresses that are not mapped, of the kernel, or beyond all are E_ADDRESS; no bytes are fine anywhere")
{
	refuse(0, 1, true, true);
	refuse(base - 1, 1, true, true);
	refuse(base - 1, 2, true, true);
	refuse(base + 4 * P, 1, true, true);
	refuse(base + 4 * P - 1, 2, true, true);
	refuse(base + 3 * P + 1, P, true, true);
	refuse(USER_END - 1, 1, true, true);
	refuse(USER_END, 1, true, true);
	refuse(UINTPTR_MAX, 1, true, true);
	refuse(UINTPTR_MAX, 2, true, true); /* wraps to 0 */
	refuse(UINTPTR_MAX - P + 1, P, true, true);
	refuse((uintptr_t)kernel, 1, true, true);
	refuse((vaddr_t)1 << 63, 8, true, true);
	refuse(0, 0, false, false);
	refuse(UINTPTR_MAX, 0, false, false);
}

TEST(device, "device registers can be neither read nor written, although the program could")
{
	refuse(device_base, 4, true, true);
	refuse(device_base + 3 * P, 4, true, true);
}

TEST(image, "the image can be read and never written")
{
	memset(pa_to_kva(HOST_IMAGE_BASE), 0x3c, P);
	refuse(image_base, 4, false, true);
	assert_int_equal(copy_in(&space, kernel, at(image_base + 5), 10), E_OK);
	assert_int_equal(kernel[9], 0x3c);
	refuse(image_base + 4 * P - 1, 2, true, true);
}

TEST(protections, "the program's own protection holds: read-only, none, execute-only")
{
	vaddr_t text = 0;

	assert_int_equal(protect(&space, base, 4, PROT_READ), E_OK);
	refuse(base, 10, false, true);
	assert_int_equal(protect(&space, base, 4, 0), E_OK);
	refuse(base, 10, true, true);
	assert_int_equal(map(&space, &text, &image, 0, 1, PROT_EXECUTE, ALL), E_OK);
	refuse(text, 10, true, true);
}

TEST(lent, "a page lent writable is not there; lent read-only it can be read")
{
	pte_t *leaf = table_leaf(space.root, base), keep = *leaf;

	*leaf = (keep & ~PTE_V) | PTE_LENT;
	refuse(base, 1, true, true);
	*leaf = (keep & ~PTE_W) | PTE_LENT | PTE_WAS_W;
	refuse(base, 1, false, true);
	*leaf = keep;
}

TEST(kernel_page, "an entry without U is not the program's")
{
	*table_leaf(space.root, base) &= ~PTE_U;
	refuse(base, 1, true, true);
}

TEST(foreign_space, "an address of one space says nothing in another")
{
	assert_int_equal(copy_in(&other, kernel, at(base), 1), E_ADDRESS);
	assert_int_equal(copy_out(&other, at(base), kernel, 1), E_ADDRESS);
	assert_int_equal(copy_across(&other, at(base), &space, at(base), 1), E_ADDRESS);
}

TEST(part, "up to the bad page bytes are copied, and none behind it")
{
	assert_int_equal(unmap(&other, there, 4), E_OK);
	there = 0;
	assert_int_equal(map(&other, &there, &far, 0, 2, RW, ALL), E_OK);
	assert_int_equal(copy_out(&other, at(there + 2 * P - 10), kernel, 20), E_ADDRESS);
	assert_int_equal(*byte_of(&far, 2 * P - 1), 0xee);
	assert_true(*byte_of(&far, 2 * P) != 0xee || *byte_of(&far, 2 * P + 1) != 0xee);
}

TEST(check_long, "copy_check looks at every page of up to LIMIT_COPY_BYTES")
{
	vaddr_t run = 0;
	struct backing memory;

	assert_int_equal(backing_make(&memory, &machine, 17, BACKING_ANONYMOUS, false), E_OK);
	assert_int_equal(map(&space, &run, &memory, 0, 17, RW, ALL), E_OK);
	assert_int_equal(copy_check(&space, at(run + 5), LIMIT_COPY_BYTES, true), E_OK);
	for (unsigned page = 0; page < 17; page++) {
		pte_t *leaf = table_leaf(space.root, run + page * P), keep = *leaf;

		*leaf = 0;
		assert_int_equal(copy_check(&space, at(run + 5), LIMIT_COPY_BYTES, true), E_ADDRESS);
		*leaf = keep & ~PTE_W;
		assert_int_equal(copy_check(&space, at(run + 5), LIMIT_COPY_BYTES, true), E_ADDRESS);
		assert_int_equal(copy_check(&space, at(run + 5), LIMIT_COPY_BYTES, false), E_OK);
		*leaf = keep;
	}
	assert_true(HOST_PANICS((void)!copy_check(&space, at(run), LIMIT_COPY_BYTES + 1, true)));
	assert_true(HOST_PANICS((void)!copy_in(&space, kernel, at(run), COPY_STEP + 1)));
}
