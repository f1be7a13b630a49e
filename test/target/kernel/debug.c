/* debug.c - what the debug right on a process allows. */
#include "nacre/area.h"
#include "test/child.h"

CHILD static void count_up(uintptr_t unused)
{
	volatile uintptr_t counter = unused;

	for (;;)
		counter++;
}

static void running_child(struct child *child)
{
	child_make(child, CHILD_PAGES);
	child_start(child, count_up, 0, 20);
}

TEST(debug_stop, "a stopped process does not run; its registers and memory can be read and written, and it goes on")
{
	static struct nacre_registers registers;
	uintptr_t before = 0, after = 0;
	struct child child;

	running_child(&child);
	EXPECT_ERROR(process_stop, BUSY, nacre_process_stop(self_process()));
	EXPECT_ERROR(process_registers_get, STATE, nacre_process_registers_get(child.process, 1, &registers));
	EXPECT_ERROR(process_registers_set, STATE, nacre_process_registers_set(child.process, 1, &registers));
	EXPECT_OK(nacre_process_stop(child.process));
	EXPECT_ERROR(process_stop, STATE, nacre_process_stop(child.process));
	EXPECT_OK(nacre_process_registers_get(child.process, 1, &registers));
	EXPECT_ERROR(process_registers_get, ARGUMENT, nacre_process_registers_get(child.process, 9, &registers));
	EXPECT_ERROR(process_registers_get, ADDRESS, nacre_process_registers_get(child.process, 1, (void *)8));
	EXPECT_ERROR(process_registers_set, ARGUMENT, nacre_process_registers_set(child.process, 9, &registers));
	EXPECT_ERROR(process_registers_set, ADDRESS, nacre_process_registers_set(child.process, 1, (void *)8));
	EXPECT_OK(nacre_process_read(child.process, (registers.x[1] & ~(uintptr_t)15) - 16, &before, sizeof before));
	EXPECT_OK(nacre_process_registers_set(child.process, 1, &registers));
	EXPECT_OK(nacre_process_resume(child.process));
	EXPECT_ERROR(process_resume, STATE, nacre_process_resume(child.process));
	EXPECT_ERROR(process_read, ADDRESS, nacre_process_read(child.process, 8, &after, sizeof after));
	EXPECT_ERROR(process_read, ARGUMENT, nacre_process_read(child.process, 8, &after, NACRE_LIMIT_DEBUG_BYTES + 1));
	child_destroy(&child);
}

TEST(debug_patch, "a write to sealed text is a private copy, paid by the debugger; the other process keeps the original")
{
	struct nacre_map_state state = { 0 };
	struct child child, other;
	nacre_handle_t poor;
	uint32_t ebreak = 0x00100073, original = 0, seen = 0;
	uintptr_t text = 0, there = 0;

	running_child(&child);
	running_child(&other);
	for (struct child *each = &child; each; each = each == &child ? &other : NULL) {
		uintptr_t address = 0;

		while (!nacre_map_query(each->process, address, &state) && !(state.protection & NACRE_PROT_EXECUTE))
			address = state.base + state.pages * NACRE_PAGE_BYTES;
		*(each == &child ? &text : &there) = state.base;
	}
	EXPECT_OK(nacre_process_read(other.process, there, &original, sizeof original));
	EXPECT_OK(nacre_budget_create(self_budget(), 0, 1, &poor));
	EXPECT_ERROR(process_write, BUDGET, nacre_process_write(child.process, poor, text, &ebreak, sizeof ebreak));
	EXPECT_ERROR(process_write, ARGUMENT, nacre_process_write(child.process, poor, text, &ebreak, NACRE_LIMIT_DEBUG_BYTES + 1));
	EXPECT_OK(nacre_process_write(child.process, self_budget(), text, &ebreak, sizeof ebreak));
	EXPECT_OK(nacre_process_read(child.process, text, &seen, sizeof seen));
	EXPECT_EQ(seen, ebreak);
	EXPECT_OK(nacre_process_read(other.process, there, &seen, sizeof seen));
	EXPECT_EQ(seen, original);
	EXPECT_OK(nacre_handle_close(poor));
	child_destroy(&child);
	child_destroy(&other);
}
