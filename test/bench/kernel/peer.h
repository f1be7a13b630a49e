/* peer.h - the other process of a benchmark: a server, a driver, a thread to yield to.
 *
 * Its code is a CHILD function (lib/test/child.h), whose argument is the address of a struct plan in memory that both share.
 *
 *     peer_make(&peer);
 *     peer.plan->size = 64;
 *     peer_start(&peer, serve, PRIORITY);
 *     ...nacre_connection_call(peer.pair.connection, ...)...
 *     peer_end(&peer);                        in whatever state it is */
#pragma once
#include "test/child_code.h"

/* This program's own thread has PRIORITY; who is to be served before it is URGENT, who after it is LAZY. */
enum { PRIORITY = 24, URGENT = 26, LAZY = 20 };

/* Filled in by who starts it. */
struct plan {
	nacre_handle_t server, connection, interrupt; /* handles of the peer's; server and connection are there already */
	uint32_t mode, stop;
	uintptr_t buffer, size, pages; /* addresses of the peer's */
	uint64_t deadline_ns;
};

struct peer {
	struct child child;
	struct pair pair;
	nacre_handle_t memory;
	volatile struct plan *plan;
	uintptr_t plan_there;
};

void peer_make(struct peer *peer);
uintptr_t peer_map(struct peer *peer, size_t pages);  /* new memory of the peer's; its address there */
void peer_start(struct peer *peer, void (*run)(uintptr_t), unsigned priority);
void peer_end(struct peer *peer);

/* The tightest server there is: it answers with the words that came, until its server is gone. Between two system calls it
 * does what the contract asks for (a0, a7, and zero in what is reserved), and the token stays where it is. */
static inline __attribute__((always_inline)) void answer_words(nacre_handle_t server)
{
	__asm__ volatile("li t0, 0\n"
	                 "1: mv a0, %0\n li a7, %1\n li t3, 0\n li t4, 0\n li t5, 0\n li t6, 0\n ecall\n"
	                 "beqz a0, 1b"
	                 : : "r"((uintptr_t)server), "i"(NACRE_CALL_SERVER_REPLY_AND_RECEIVE)
	                 : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
}

/* A child that does that; with plan->size it has a receive buffer. */
void peer_answer(uintptr_t plan);
