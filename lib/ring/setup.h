/* setup.h - how a ring comes to be: one side makes the memory, and handles go both ways in one call.
 *
 *     who offers                                           who accepts
 *     struct nacre_ring_reader r = { 0 };                  struct nacre_ring_writer w = { 0 };
 *     nacre_ring_offer(&r.ring, 4096, &how)
 *       call: 4096, r.ring.gift[0], r.ring.gift[1]  ---->  nacre_ring_accept(&w.ring, 4096, memory, bell, &how)
 *       the answer                                  <----    w.ring.gift[1]
 *     nacre_ring_reader_open(&r, bell)                     nacre_ring_writer_open(&w, NONE)
 *
 * Either may be writer or reader. gift[0] is the memory, gift[1] the *bell*: a connection with which the other side may
 * signal, and nothing else. They are duplicated by the message; open closes those here, so that the end of the other process
 * is the end of the last bell, and is told of. So who accepts opens after his answer has gone: in a handler, close_handles
 * of struct nacre_reply closes gift[1], and he opens at once.
 *
 * The memory is checked before it is mapped: plain shared memory, large enough. Both sides pay for its pages while they map
 * it, so the end of one takes nothing from the other. The size that came in the call is a number like any other: accept
 * checks it.
 *
 * Errors: ARGUMENT: a size that is no power of two or out of range, memory of another kind or too small; WRONG_TYPE, RIGHTS,
 * BUDGET and so on as the system calls answer. After an error nothing is left but what the caller had. */
#pragma once
#include "ring/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where this end is woken. All zeros: in a mailbox of its own, which is what functions that wait need. */
struct nacre_ring_where {
	nacre_handle_t server;     /* a server's own mailbox, with MINT: signals come to its loop, with this badge, and CLOSED */
	uintptr_t badge;
	uint32_t priority;         /* of the signals */
};

nacre_status_t nacre_ring_offer(struct nacre_ring *ring, size_t bytes, const struct nacre_ring_where *where);

/* Takes over both handles: they are closed in the end, or here after an error. */
nacre_status_t nacre_ring_accept(struct nacre_ring *ring, size_t bytes, nacre_handle_t memory, nacre_handle_t bell,
				 const struct nacre_ring_where *where);

/* `bell`: as the answer brought it; NONE for who accepted. */
void nacre_ring_writer_open(struct nacre_ring_writer *writer, nacre_handle_t bell);
void nacre_ring_reader_open(struct nacre_ring_reader *reader, nacre_handle_t bell);

/* Ends it, in whatever state it is after offer or accept. The other side hears of it: PEER_GONE. */
void nacre_ring_close(struct nacre_ring *ring);

#ifdef __cplusplus
}
#endif
