/* main.c - hostile programs: how they are started, and what is looked at when they are gone. */
#include "hostile.h"
#include "nacre/clock.h"

CHILD static void nothing(uintptr_t code)
{
	nacre_process_exit(code);
}

/* The children's code and this process's receive window are there to stay, and are not what is counted. */
static void warm_up(void)
{
	static bool warm;
	struct child child;

	if (warm)
		return;
	warm = true;
	child_make(&child, HOSTILE_PAGES);
	child_start(&child, nothing, 1, HOSTILE_PRIORITY);
	EXPECT_EQ(child_end(&child), 1);
	EXPECT_OK(nacre_process_window_create(self_process()));
}

static uintptr_t room_make(struct child *child)
{
	nacre_handle_t memory;
	uintptr_t base = 0;

	EXPECT_OK(nacre_memory_create(child->budget, 2, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_OK(nacre_map_add(child->process, 0, memory, 0, 2, NACRE_PROT_WRITE, &base));
	EXPECT_OK(nacre_handle_close(memory));
	return base;
}

void hostile_make(struct hostile *hostile)
{
	warm_up();
	hostile->before = count_now();
	hostile->plan = (struct nacre_words){ 0 };
	hostile->control = pair_make(1, 2, 1);
	child_make(&hostile->child, HOSTILE_PAGES);
	hostile->plan.word[0] = child_give(&hostile->child, hostile->child.process,
					   NACRE_RIGHT_ALL & ~(NACRE_RIGHT_DESTROY | NACRE_RIGHT_DEBUG));
	hostile->plan.word[1] = child_give(&hostile->child, hostile->child.budget,
					   NACRE_RIGHT_ALL & ~(NACRE_RIGHT_DESTROY | NACRE_RIGHT_MANAGE));
	hostile->plan.word[2] = room_make(&hostile->child);
}

void hostile_start(struct hostile *hostile, void (*run)(uintptr_t))
{
	struct nacre_received in = { 0 };
	nacre_handle_t control = child_give(&hostile->child, hostile->control.connection, NACRE_RIGHT_ALL);

	hostile->plan.opcode = control;
	child_start(&hostile->child, run, control, HOSTILE_PRIORITY);
	EXPECT_OK(nacre_server_receive(hostile->control.server, nacre_deadline_in(NACRE_S), NULL, &in));
	EXPECT_EQ(in.words.opcode, CHILD_ASKS);
	EXPECT_OK(nacre_server_reply(&hostile->plan, in.token, NULL));
}

struct nacre_exit_record hostile_end(struct hostile *hostile)
{
	struct nacre_exit_record record = { 0 };
	struct nacre_received in = { 0 };

	if (nacre_server_receive(hostile->child.server, nacre_deadline_in(10 * NACRE_S), NULL, &in))
		EXPECT_OK(nacre_process_kill(hostile->child.process, HOSTILE_KILLED));
	EXPECT_OK(nacre_process_status(hostile->child.process, &record));
	child_destroy(&hostile->child);
	pair_close(&hostile->control);
	expect_all_back(hostile->before);
	return record;
}

uint32_t hostile_run(void (*run)(uintptr_t))
{
	struct hostile hostile;
	struct nacre_exit_record record;

	hostile_make(&hostile);
	hostile_start(&hostile, run);
	record = hostile_end(&hostile);
	EXPECT_EQ(record.cause, NACRE_CAUSE_EXIT);
	return (uint32_t)record.code;
}

uint32_t hostile_fault(void (*run)(uintptr_t))
{
	struct hostile hostile;

	hostile_make(&hostile);
	hostile_start(&hostile, run);
	return hostile_end(&hostile).cause;
}
