/* memory.c - memory objects and mappings: what may be mapped how, and what is refused. */
#include "nacre/area.h"
#include "test/child.h"

enum { PAGE = NACRE_PAGE_BYTES };
#define BAD_PAGES ((size_t)1 << (sizeof(size_t) * 8 - 4))

static nacre_handle_t memory(size_t pages, uint32_t options)
{
	nacre_handle_t handle = 0;

	EXPECT_OK(nacre_memory_create(self_budget(), pages, options, &handle));
	return handle;
}

static uintptr_t map(nacre_handle_t handle, size_t pages, uint32_t protection)
{
	uintptr_t base = 0;

	EXPECT_OK(nacre_map_add(self_process(), 0, handle, 0, pages, protection, &base));
	return base;
}

static nacre_err_t try_map(nacre_handle_t handle, uintptr_t base, size_t offset, size_t pages, uint32_t protection)
{
	return nacre_map_add(self_process(), base, handle, offset, pages, protection, NULL);
}

TEST(memory_zeroed, "memory arrives zeroed, and a touch of any page of it succeeds")
{
	nacre_handle_t handle = memory(40, NACRE_MEMORY_PRIVATE);
	volatile uint32_t *words = (volatile uint32_t *)map(handle, 40, NACRE_PROT_WRITE);

	for (size_t i = 0; i < 40 * PAGE / sizeof *words; i++) {
		EXPECT_EQ(words[i], 0);
		words[i] = 0xdeadbeef;
	}
	EXPECT_OK(nacre_map_remove(self_process(), (uintptr_t)words, 40));
	EXPECT_OK(nacre_handle_close(handle));
	handle = memory(40, NACRE_MEMORY_PRIVATE);
	words = (volatile uint32_t *)map(handle, 40, NACRE_PROT_READ);
	for (size_t i = 0; i < 40 * PAGE / sizeof *words; i++)
		EXPECT_EQ(words[i], 0); /* nothing of what the frames held before */
	EXPECT_OK(nacre_map_remove(self_process(), (uintptr_t)words, 40));
	EXPECT_OK(nacre_handle_close(handle));
}

TEST(memory_create_refused, "memory of no pages, of unknown kind, larger than the budget or than any run is refused")
{
	nacre_handle_t none;

	EXPECT_ERROR(memory_create, ARGUMENT, nacre_memory_create(self_budget(), 0, 0, &none));
	EXPECT_ERROR(memory_create, ARGUMENT, nacre_memory_create(self_budget(), 1, 0x80, &none));
	EXPECT_ERROR(memory_create, BUDGET, nacre_memory_create(self_budget(), BAD_PAGES, 0, &none));
	EXPECT_ERROR(memory_create, FRAGMENTED, nacre_memory_create(self_budget(), 2000, NACRE_MEMORY_CONTIGUOUS, &none));
	EXPECT_EQ(none, 0);
}

TEST(memory_seal, "only sealed memory is executable; sealed memory is never writable, and sealing is for good")
{
	nacre_handle_t handle = memory(1, NACRE_MEMORY_SHARED), device, registers;
	uintptr_t base = map(handle, 1, NACRE_PROT_WRITE);

	EXPECT_ERROR(memory_seal, BUSY, nacre_memory_seal(handle));
	EXPECT_ERROR(map_add, SEALED, try_map(handle, 0, 0, 1, NACRE_PROT_READ | NACRE_PROT_EXECUTE));
	EXPECT_OK(nacre_map_protect(self_process(), base, 1, NACRE_PROT_READ));
	EXPECT_OK(nacre_memory_seal(handle));
	EXPECT_ERROR(memory_seal, SEALED, nacre_memory_seal(handle));
	EXPECT_ERROR(map_protect, SEALED, nacre_map_protect(self_process(), base, 1, NACRE_PROT_WRITE));
	EXPECT_ERROR(map_add, SEALED, try_map(handle, 0, 0, 1, NACRE_PROT_WRITE));
	EXPECT_OK(nacre_map_protect(self_process(), base, 1, NACRE_PROT_READ | NACRE_PROT_EXECUTE));
	EXPECT_ERROR(map_protect, ARGUMENT, nacre_map_protect(self_process(), base, 1, NACRE_PROT_WRITE | NACRE_PROT_EXECUTE));
	EXPECT_OK(nacre_map_remove(self_process(), base, 1));
	EXPECT_OK(nacre_handle_close(handle));
	device = machine_device("ns16550a");
	EXPECT_OK(nacre_device_memory(device, self_budget(), 0, &registers));
	EXPECT_ERROR(memory_seal, ARGUMENT, nacre_memory_seal(registers));
	EXPECT_OK(nacre_handle_close(registers));
}

TEST(map_refused, "a mapping needs the rights, lies inside the memory and inside one reservation, and is never W and X")
{
	nacre_handle_t handle = memory(2, NACRE_MEMORY_SHARED), narrow;
	uintptr_t base;

	EXPECT_OK(nacre_handle_duplicate(handle, NACRE_RIGHT_READ, &narrow));
	EXPECT_ERROR(map_add, RIGHTS, try_map(narrow, 0, 0, 1, NACRE_PROT_WRITE));
	EXPECT_ERROR(map_add, ARGUMENT, try_map(handle, 0, 1, 2, NACRE_PROT_READ));
	EXPECT_ERROR(map_add, ARGUMENT, try_map(handle, 0, 0, 0, NACRE_PROT_READ));
	EXPECT_ERROR(map_add, ARGUMENT, try_map(handle, 0, 0, 1, 8));
	EXPECT_ERROR(map_add, ARGUMENT, try_map(handle, 0, 0, 1, NACRE_PROT_WRITE | NACRE_PROT_EXECUTE));
	EXPECT_OK(nacre_map_reserve(self_process(), 3, &base));
	EXPECT_ERROR(map_add, ARGUMENT, try_map(handle, base + 1, 0, 1, NACRE_PROT_READ));
	EXPECT_ERROR(map_add, SPACE, try_map(handle, base + 2 * PAGE, 0, 2, NACRE_PROT_READ));
	EXPECT_OK(try_map(handle, base + PAGE, 0, 1, NACRE_PROT_READ));
	EXPECT_ERROR(map_add, SPACE, try_map(handle, base, 0, 2, NACRE_PROT_READ));
	EXPECT_OK(nacre_map_remove(self_process(), base + PAGE, 1));
	EXPECT_OK(nacre_map_remove(self_process(), base, 3));
	EXPECT_OK(nacre_handle_close(narrow));
	EXPECT_OK(nacre_handle_close(handle));
}

/* One page goes a short way of its own (kernel/syscall/quick.c), two go the ordinary one. */
TEST(map_rights, "a handle that may only be written through can be read through as well; one that may only be executed cannot")
{
	for (size_t pages = 1; pages <= 2; pages++) {
		nacre_handle_t handle = memory(2, NACRE_MEMORY_SHARED), narrow;
		uintptr_t base;

		EXPECT_OK(nacre_map_reserve(self_process(), 2, &base));
		EXPECT_OK(nacre_handle_duplicate(handle, NACRE_RIGHT_WRITE, &narrow));
		EXPECT_OK(try_map(narrow, base, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE));
		EXPECT_OK(nacre_map_protect(self_process(), base, pages, NACRE_PROT_READ));
		EXPECT_OK(nacre_map_remove(self_process(), base, pages));
		EXPECT_OK(nacre_handle_close(narrow));
		EXPECT_OK(nacre_memory_seal(handle));
		EXPECT_OK(nacre_handle_duplicate(handle, NACRE_RIGHT_EXECUTE, &narrow));
		EXPECT_ERROR(map_add, RIGHTS, try_map(narrow, base, 0, pages, NACRE_PROT_READ));
		EXPECT_ERROR(map_add, RIGHTS, try_map(narrow, 0, 0, pages, NACRE_PROT_READ | NACRE_PROT_EXECUTE));
		EXPECT_OK(nacre_map_remove(self_process(), base, 2));
		EXPECT_OK(nacre_handle_close(narrow));
		EXPECT_OK(nacre_handle_close(handle));
	}
}

TEST(map_private_once, "private memory is mapped once at a time")
{
	nacre_handle_t handle = memory(1, NACRE_MEMORY_PRIVATE);
	uintptr_t base = map(handle, 1, NACRE_PROT_WRITE);

	EXPECT_ERROR(map_add, BUSY, try_map(handle, 0, 0, 1, NACRE_PROT_READ));
	EXPECT_OK(nacre_map_remove(self_process(), base, 1));
	base = map(handle, 1, NACRE_PROT_READ);
	EXPECT_OK(nacre_map_remove(self_process(), base, 1));
	EXPECT_OK(nacre_handle_close(handle));
}

TEST(map_reserve_refused, "a reservation of no pages, or of more than there is room for, is refused")
{
	size_t large = (size_t)1 << (sizeof(size_t) == 4 ? 18 : 24); /* a few of these are more than there is */
	uintptr_t base, bases[8];
	unsigned count = 0;
	struct child poor;
	nacre_err_t error;

	EXPECT_ERROR(map_reserve, ARGUMENT, nacre_map_reserve(self_process(), 0, &base));
	EXPECT_ERROR(map_reserve, ARGUMENT, nacre_map_reserve(self_process(), BAD_PAGES, &base));
	while (count < 8 && !(error = nacre_map_reserve(self_process(), large, &bases[count])))
		count++;
	EXPECT_ERROR(map_reserve, SPACE, error);
	while (count--)
		EXPECT_OK(nacre_map_remove(self_process(), bases[count], large));
	child_make(&poor, CHILD_PAGES);
	do
		error = nacre_map_reserve(poor.process, 1, &base);
	while (!error);
	EXPECT_ERROR(map_reserve, BUDGET, error);
	child_destroy(&poor);
}

TEST(map_ranges, "unmap and protect take whole mappings, aligned, at most 64 of them")
{
	nacre_handle_t handle = memory(1, NACRE_MEMORY_SHARED), narrow;
	uintptr_t base, one;

	EXPECT_OK(nacre_map_reserve(self_process(), 66, &base));
	for (uintptr_t i = 0; i < 65; i++)
		EXPECT_OK(try_map(handle, base + i * PAGE, 0, 1, NACRE_PROT_READ));
	EXPECT_ERROR(map_protect, LIMIT, nacre_map_protect(self_process(), base, 65, NACRE_PROT_WRITE));
	EXPECT_ERROR(map_remove, LIMIT, nacre_map_remove(self_process(), base, 65));
	EXPECT_ERROR(map_remove, ADDRESS, nacre_map_remove(self_process(), base + 64 * PAGE, 2));
	EXPECT_ERROR(map_protect, ADDRESS, nacre_map_protect(self_process(), base + 65 * PAGE, 1, NACRE_PROT_READ));
	EXPECT_ERROR(map_remove, ARGUMENT, nacre_map_remove(self_process(), base + 1, 1));
	EXPECT_ERROR(map_remove, ARGUMENT, nacre_map_remove(self_process(), base, 0));
	EXPECT_ERROR(map_protect, ARGUMENT, nacre_map_protect(self_process(), base, 1, 64));
	EXPECT_OK(nacre_map_remove(self_process(), base, 60));
	EXPECT_OK(nacre_map_remove(self_process(), base + 60 * PAGE, 5));
	EXPECT_OK(nacre_map_remove(self_process(), base, 66));
	EXPECT_OK(nacre_handle_duplicate(handle, NACRE_RIGHT_READ, &narrow));
	one = map(narrow, 1, NACRE_PROT_READ);
	EXPECT_ERROR(map_protect, RIGHTS, nacre_map_protect(self_process(), one, 1, NACRE_PROT_WRITE));
	EXPECT_OK(nacre_map_remove(self_process(), one, 1));
	EXPECT_OK(nacre_handle_close(narrow));
	EXPECT_OK(nacre_handle_close(handle));
}

TEST(map_shared, "what one mapping of shared memory writes, another reads; a foreign mapping outlives the payer's budget")
{
	nacre_handle_t budget, handle;
	uintptr_t first, second;

	EXPECT_OK(nacre_budget_create(self_budget(), 8, 10, &budget));
	EXPECT_OK(nacre_memory_create(budget, 1, NACRE_MEMORY_SHARED, &handle));
	first = map(handle, 1, NACRE_PROT_WRITE);
	second = map(handle, 1, NACRE_PROT_READ);
	*(volatile int *)first = 42;
	EXPECT_EQ(*(volatile int *)second, 42);
	EXPECT_OK(nacre_budget_destroy(budget));
	EXPECT_EQ(*(volatile int *)second, 42);
	*(volatile int *)first = 43;
	EXPECT_EQ(*(volatile int *)second, 43);
	EXPECT_OK(nacre_map_remove(self_process(), first, 1));
	EXPECT_OK(nacre_map_remove(self_process(), second, 1));
	EXPECT_OK(nacre_handle_close(handle));
	EXPECT_OK(nacre_handle_close(budget));
}

TEST(window_refused, "a receive window that the budget cannot pay for is refused, and so is a second one")
{
	struct child poor;
	nacre_handle_t filler;

	child_make(&poor, 8);
	while (!nacre_memory_create(poor.budget, 1, 0, &filler))
		EXPECT_OK(nacre_handle_close(filler) ? NACRE_E_OK : nacre_memory_create(poor.budget, 1, 0, &filler));
	EXPECT_ERROR(process_window_create, BUDGET, nacre_process_window_create(poor.process));
	child_destroy(&poor);
	child_make(&poor, CHILD_PAGES);
	EXPECT_OK(nacre_process_window_create(poor.process));
	EXPECT_ERROR(process_window_create, STATE, nacre_process_window_create(poor.process));
	child_destroy(&poor);
}
