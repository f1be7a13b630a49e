/* parts.h - what the files of this folder share. Not for programs. */
#pragma once
#include "ring/ring.h"

/* Bytes that are free, or there, as far as is known; looks at the other side's count if that is fewer than `least`. 0 once
 * the ring is broken. */
uint32_t nacre_ring_free(struct nacre_ring *ring, uint32_t least);
uint32_t nacre_ring_there(struct nacre_ring *ring, uint32_t least);

/* Moves the own count, lets the other side see it, and wakes it if it wants that. */
void nacre_ring_advance(struct nacre_ring *ring, uint32_t bytes, bool writes);

/* nacre_ring_free or nacre_ring_there. */
typedef uint32_t nacre_ring_amount(struct nacre_ring *ring, uint32_t least);

bool nacre_ring_arm(struct nacre_ring *ring, nacre_ring_amount *amount, uint32_t least);
nacre_status_t nacre_ring_wait(struct nacre_ring *ring, nacre_ring_amount *amount, uint32_t least, uint64_t deadline_ns);

/* bell.c; a test on the host has its own. */

/* Wakes the other side. Sets ring->gone if there is none. */
void nacre_ring_wake(struct nacre_ring *ring);
/* Until this side is woken, perhaps for nothing: OK; TIMEOUT; PEER_GONE, and ring->gone is set. */
nacre_status_t nacre_ring_sleep(struct nacre_ring *ring, uint64_t deadline_ns);
