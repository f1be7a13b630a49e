/* peer.c - the other process of a benchmark. */
#include "peer.h"
#include "nacre/area.h"

enum { PEER_PAGES = 64, LOANS = 1 };

static void plan_make(struct peer *peer)
{
	uintptr_t here;

	EXPECT_OK(nacre_memory_create(self_budget(), 1, NACRE_MEMORY_SHARED, &peer->memory));
	EXPECT_OK(nacre_map_add(self_process(), 0, peer->memory, 0, 1, NACRE_PROT_WRITE, &here));
	EXPECT_OK(nacre_map_add(peer->child.process, 0, peer->memory, 0, 1, NACRE_PROT_WRITE, &peer->plan_there));
	peer->plan = (volatile struct plan *)here;
}

void peer_make(struct peer *peer)
{
	peer->pair = pair_make(1, 4, LOANS);
	child_make(&peer->child, PEER_PAGES);
	EXPECT_OK(nacre_process_window_create(peer->child.process));
	plan_make(peer);
	peer->plan->server = child_give(&peer->child, peer->pair.server, NACRE_RIGHT_RECEIVE);
	peer->plan->connection = child_give(&peer->child, peer->pair.connection, NACRE_RIGHT_ALL_CONNECTION);
}

uintptr_t peer_map(struct peer *peer, size_t pages)
{
	nacre_handle_t memory;
	uintptr_t base = 0;

	EXPECT_OK(nacre_memory_create(peer->child.budget, pages, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_OK(nacre_map_add(peer->child.process, 0, memory, 0, pages, NACRE_PROT_WRITE, &base));
	EXPECT_OK(nacre_handle_close(memory));
	return base;
}

void peer_start(struct peer *peer, void (*run)(uintptr_t), unsigned priority)
{
	child_start(&peer->child, run, peer->plan_there, priority);
}

void peer_end(struct peer *peer)
{
	child_destroy(&peer->child);
	EXPECT_OK(nacre_map_remove(self_process(), (uintptr_t)peer->plan, 1));
	EXPECT_OK(nacre_handle_close(peer->memory));
	pair_close(&peer->pair);
}

CHILD void peer_answer(uintptr_t at)
{
	const volatile struct plan *plan = (const volatile struct plan *)at;

	if (plan->size)
		nacre_thread_buffer_set((void *)plan->buffer, plan->size);
	answer_words(plan->server);
	nacre_process_exit(1);
}
