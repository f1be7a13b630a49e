/* window.h - the receive window of a process: where pages lent to it appear.
 *
 * One page table of addresses, cut into slots of 32 pages and a guard. A slot belongs to one loan from take to reply; if the
 * loan is taken back earlier, harmless pages stand in for it and the slot stays the loan's until the server lets go of the
 * token (replies, forwards, or asks after it), so that an address the server still uses is never somebody else's pages.
 *
 *   FREE --take--> LENT --reply--> FREE            I1  free bit n set if and only if slot n is FREE
 *                    +--revoke--> REVOKED --token let go--> FREE
 *   I2  LENT or REVOKED: connection, if it lives, counts it in loans_out */
#pragma once
#include "ipc/connection.h"

struct window_slot {
	struct list link;                /* in connection->loans_list */
	struct connection *connection;   /* NULL: gone */
	token_t token;
	uint8_t pages;
	bool writable, revoked;
};

struct window {
	struct process *process;
	paddr_t sacrifice;               /* what a revoked writable loan becomes; zeroed at each revocation */
	uint32_t free;                   /* bit per slot */
	unsigned hint;                   /* where the short way looks for one first */
	pte_t *entries;                  /* of slot 0's first page, which is at base */
	vaddr_t base;
	struct window_slot slots[WINDOW_SLOTS];
};

/* So many pages more of a mapping are lent, or fewer. */
static inline __attribute__((always_inline)) void mapping_lends(struct mapping *mapping, intptr_t pages)
{
	mapping->lent_pages += (uint32_t)pages;
	if (mapping->backing)
		mapping->backing->lent_pages += (uint32_t)pages;
}

err_t window_create(struct process *process) must_use; /* E_BUDGET E_SPACE E_STATE */
bool window_step(struct process *process); /* one slot of a window that goes, at last the window itself; true: nothing left */
int window_take(struct window *window, struct connection *connection, token_t token); /* a slot; the caller checked there is one */
void window_let_go(struct process *process, token_t token);  /* frees the slot of a revoked loan, if the token has one */
void window_connection_gone(struct connection *connection);
void window_slot_release(struct window *window, unsigned slot); /* entries are cleared already */
