/* leak.c - no address of the kernel's in what a program can read without asking for it: its stack with the start page, its data,
 * what the kernel tells init, the trace ring, the record of a crash. System calls are the fuzzer's: fuzz_calls. */
#include "nacre/area.h"
#include "nacre/random.h"
#include "nacre/startup.h"
#include "test/alone.h"
#include "test/child.h"
#include "test/count.h"

TEST_ALONE;

/* Where the kernel sees 16 MiB of RAM, and where it lies itself: kernel/arch/riscv/rvNN/width.h. */
#define KERNEL_RAM (sizeof(uintptr_t) == 4 ? (uintptr_t)0xb0000000u : (uintptr_t)0xffffffc000000000u)
#define KERNEL_TEXT (sizeof(uintptr_t) == 4 ? (uintptr_t)0xffc00000u : (uintptr_t)0xffffffffffe00000u)
enum { KERNEL_RAM_BYTES = 16 << 20, KERNEL_TEXT_BYTES = 1 << 20, TRACE_ALL = 0x1ff, CLASSES_LEAST = 5 };

/* What the kernel points at is aligned, as random words in a program's memory, the state of its generator among them, mostly are not. */
static bool is_kernel_address(uint64_t word)
{
	return word % 4 == 0 && (word - KERNEL_RAM < KERNEL_RAM_BYTES || word - KERNEL_TEXT < KERNEL_TEXT_BYTES);
}

static unsigned looked; /* words */

static uintptr_t find(const void *from, size_t size)
{
	const uintptr_t *word = from;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		if (is_kernel_address(word[i]))
			return word[i];
	looked += size / sizeof(*word);
	return 0;
}

TEST(noticed, "an address of the kernel's is noticed where there is one, and nothing else is taken for one")
{
	static const uintptr_t sound[] = { 0, 4096, (uintptr_t)-1, (uintptr_t)-4096, (uintptr_t)KERNEL_RAM - 1 };
	volatile uintptr_t planted[3] = { 1, KERNEL_TEXT + 64, 2 };

	EXPECT_EQ(find(sound, sizeof(sound)), 0);
	EXPECT_EQ(find((const void *)planted, sizeof(planted)), KERNEL_TEXT + 64);
	planted[1] = KERNEL_RAM + 0x1000;
	EXPECT_EQ(find((const void *)planted, sizeof(planted)), KERNEL_RAM + 0x1000);
	planted[1] = 0;
}

/* The mapping that an address lies in, from `from` on. */
static void look_through(uintptr_t address, uintptr_t from)
{
	struct nacre_map_state map = { 0 };

	EXPECT_OK(nacre_map_query(self_process(), address, &map));
	EXPECT(map.base <= address && address < map.base + map.pages * NACRE_PAGE_BYTES);
	from = from ? from : map.base;
	EXPECT_EQ(find((const void *)from, map.base + map.pages * NACRE_PAGE_BYTES - from), 0);
}

TEST(memory, "neither the stack with the start page on it, nor data, nor what init is told hold an address of the kernel's")
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	struct nacre_boot_info info = *nacre_startup()->boot_info;
	uint8_t chance[8];

	/* The seed that programs begin with is wiped by this; what init is told is left out. */
	nacre_random_fill(chance, sizeof(chance));
	memset(info.seed, 0, sizeof(info.seed));
	memset(chance, 0, sizeof(chance));
	looked = 0;
	look_through(frame, frame & ~(sizeof(uintptr_t) - 1)); /* below lies what this reckons with */
	look_through((uintptr_t)&looked, 0);
	EXPECT_EQ(find(&info, sizeof(info)), 0);
	EXPECT_EQ(find(nacre_startup(), sizeof(struct nacre_startup)), 0);
	test_note("%u words", looked);
}

CHILD __attribute__((naked)) static void fault(uintptr_t argument __attribute__((unused)))
{
	__asm__ volatile("li ra, 1\n li s0, 2\n li s1, 3\n li a5, 4\n li t6, 5\n li gp, 6\n .2byte 0");
}

static void child_faults(struct nacre_exit_record *record)
{
	struct child child;

	child_make(&child, CHILD_PAGES);
	child_start(&child, fault, 0, 4);
	child_wait(&child, record);
	child_destroy(&child);
}

TEST(crash, "the record of a crash holds the program's registers, and no address of the kernel's")
{
	struct nacre_exit_record record;

	memset(&record, 0xee, sizeof(record));
	child_faults(&record);
	EXPECT_EQ(record.cause, NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(find(&record, sizeof(record)), 0);
	EXPECT_EQ(record.reserved, 0);
}

/* kernel/trace/trace.h */
struct ring {
	uint32_t version, mask, capacity, reserved;
	uint64_t written;
	struct event {
		uint64_t time_ns;
		uint32_t class, thread;
		uint64_t a, b, c;
	} events[];
};

static uint32_t trace_look(const struct ring *ring)
{
	uint64_t count = ring->written < ring->capacity ? ring->written : ring->capacity;
	uint32_t classes = 0;

	for (uint64_t i = 0; i < count; i++) {
		const struct event *event = &ring->events[i];

		classes |= event->class;
		EXPECT(!is_kernel_address(event->a) && !is_kernel_address(event->b) && !is_kernel_address(event->c));
	}
	return classes;
}

TEST(trace, "the trace ring, with all classes on, holds no address of the kernel's")
{
	nacre_handle_t trace = nacre_startup()->boot_info->trace;
	struct nacre_exit_record record;
	struct nacre_area area, ring;
	uintptr_t pages = 0, kind = 0;
	uint32_t classes;

	EXPECT_OK(nacre_memory_info(trace, &pages, &kind));
	EXPECT_OK(nacre_area_map(&ring, trace, 0, pages, NACRE_PROT_READ));
	EXPECT_OK(nacre_trace_mask_set(trace, TRACE_ALL));
	child_faults(&record);
	EXPECT_OK(nacre_area_create(&area, 2, NACRE_MEMORY_PRIVATE));
	EXPECT_OK(nacre_area_destroy(&area));
	EXPECT_EQ(nacre_handle_close(0x7fff), NACRE_E_BAD_HANDLE);
	EXPECT_OK(nacre_trace_mask_set(trace, 0));
	classes = trace_look(ring.base);
	test_note("classes %x", (unsigned)classes);
	EXPECT(__builtin_popcount(classes) >= CLASSES_LEAST);
	EXPECT_OK(nacre_area_destroy(&ring));
}
