/* fault.c - a page fault on its way to a handler in another process, and the answer that lets the thread go on. */
#include "../bench.h"
#include "nacre/area.h"
#include "peer.h"

enum mode { TO_HANDLER, RESUME };
enum { FAULTS = 2 * ROUNDS + 1 };

static struct peer peer;

/* Touches pages that are not there until the handler maps them. */
CHILD static void touch(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;
	uintptr_t page = plan->buffer;

	for (unsigned round = 0; round < FAULTS; round++, page += NACRE_PAGE_BYTES) {
		if (plan->mode == TO_HANDLER)
			MARK_BEGIN;
		*(volatile char *)page = 1;
		if (plan->mode == RESUME)
			MARK_END;
	}
	nacre_process_exit(0);
}

/* Each answer is the next receive as well, so the handler waits when the next fault comes. */
static void rounds(nacre_handle_t handler, struct nacre_received *in, nacre_handle_t memory, unsigned first, enum mode mode)
{
	for (unsigned round = first; round < first + ROUNDS; round++) {
		nacre_err_t error;

		EXPECT_EQ(info_kind(in), NACRE_KIND_FAULT);
		EXPECT_OK(nacre_map_add(peer.child.process, peer.plan->buffer + round * NACRE_PAGE_BYTES, memory, round, 1,
		                        NACRE_PROT_WRITE, NULL));
		peer.plan->mode = mode;
		in->words.opcode = 0;
		if (mode == RESUME)
			MARK_BEGIN;
		error = nacre_server_reply_and_receive(handler, &in->words, in->token, in);
		if (mode == TO_HANDLER)
			MARK_END;
		EXPECT_OK(error);
	}
}

TEST(fault, "a page fault until its handler runs, and the handler's answer until the thread runs again")
{
	struct nacre_received in = { 0 };
	nacre_handle_t handler, memory;
	uintptr_t base;

	EXPECT_OK(nacre_server_create(self_budget(), &handler));
	EXPECT_OK(nacre_memory_create(self_budget(), FAULTS, NACRE_MEMORY_SHARED, &memory));
	peer_make(&peer);
	EXPECT_OK(nacre_budget_resize(peer.child.budget, 4 * ROUNDS + 64));
	EXPECT_OK(nacre_process_fault_set(peer.child.process, handler, 1));
	EXPECT_OK(nacre_map_reserve(peer.child.process, FAULTS, &base));
	peer.plan->buffer = base;
	peer.plan->mode = TO_HANDLER;
	peer_start(&peer, touch, PRIORITY);
	EXPECT_OK(nacre_server_receive(handler, NACRE_DEADLINE_NEVER, NULL, &in));
	BENCH("fault_to_handler");
	rounds(handler, &in, memory, 0, TO_HANDLER);
	BENCH("fault_reply");
	rounds(handler, &in, memory, ROUNDS, RESUME);
	peer_end(&peer);
	EXPECT_OK(nacre_handle_close(memory));
	EXPECT_OK(nacre_handle_close(handler));
}
