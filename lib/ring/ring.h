/* ring.h - a stream from one process to another through memory that both map: one writer, one reader, no system call while
 * both are awake.
 *
 *     writer                                             reader
 *     nacre_ring_write(&w, bytes, size, deadline, &n)    nacre_ring_read(&r, bytes, room, deadline, &n)     copied
 *     p = nacre_ring_reserve(&w, &room)                  p = nacre_ring_peek(&r, &size)                     in place
 *     nacre_ring_commit(&w, n)                           nacre_ring_release(&r, n)
 *     nacre_ring_record_write(&w, ...)                   nacre_ring_record_read(&r, ...)                    record by record
 *
 * A ring carries bytes or records, not both. It comes to be in one call (ring/setup.h). Both sides count all bytes that
 * ever went through, modulo 2^32; the place in the buffer is the count modulo the size, a power of two.
 *
 *     written - read = 0 .. size          0: empty, size: full
 *     wants          = 0: awake; n: this side sleeps, or is about to, until n bytes are there (reader) or free (writer)
 *
 *   AWAKE --nacre_ring_arm: wants = n, fence, look again--> ARMED --nothing there--> ASLEEP --signal--> AWAKE
 *     ^-------------------- something there: wants = 0 ---------+
 *
 * Whoever moves his count does it before a fence and looks at the other's `wants` behind it. So of the two, at least one
 * sees what the other did, and no wake-up is lost: test/model/ring.pml proves that, and that it needs each of the fences.
 *
 * Neither side trusts the other. Either may write anything anywhere in the shared memory at any time; so
 *   I1  a count of the other side is read once, and taken only if it keeps  0 <= written - read <= size;  else the ring is
 *       broken for good: STATUS_MALFORMED
 *   I2  the own count, the size, and where the memory lies are private: never read back from the shared memory
 *   I3  no loop runs longer than the bytes that the caller asks for, and none waits without the deadline that he gave
 *   I4  a signal is sent only to a side that wants something, and sleeping for it: one at most each time it goes to sleep
 *   I5  what the writer wants and what the reader wants together are no more than the size: so never do both wait
 * What is left to a hostile side is to send nonsense, which it could do anyway, and to withhold: bytes, or the wake-up that
 * it owes. Against that there is the deadline. Bytes that are looked at in place may change meanwhile: copy, then check.
 *
 * Errors, of all that wait: TIMEOUT; PEER_GONE: the other process has ended or closed its end, and for a reader all it wrote
 * has been read; MALFORMED. NACRE_DEADLINE_NOW does not wait and makes no system call but for a wake-up.
 *
 * Does not: lock. Each end belongs to one thread at a time. */
#pragma once
#include <stdbool.h>
#include "idl/interface.h"
#include "nacre/area.h"
#include "nacre/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NACRE_RING_LEAST_BYTES = 64, NACRE_RING_MOST_BYTES = 1 << 30, NACRE_RING_LINE_BYTES = 64 };

/* What a side says of itself, on a cache line of its own. */
struct nacre_ring_side {
	uint32_t count;   /* bytes written, or read */
	uint32_t wants;
	uint8_t unused[NACRE_RING_LINE_BYTES - 8];
};

/* At the start of the shared memory; then come the bytes. */
struct nacre_ring_memory {
	struct nacre_ring_side writer, reader;
};

/* One end, private to its process. */
struct nacre_ring {
	struct nacre_ring_side *own, *other;
	uint8_t *bytes;
	uint32_t size;                 /* of bytes[]; a power of two */
	uint32_t count;                /* own: bytes written, or read */
	uint32_t seen;                 /* the other's count when it was last looked at, checked (I1) */
	nacre_status_t broken;         /* OK or MALFORMED, for good */
	bool gone;                     /* the other side has ended */
	nacre_handle_t mailbox;        /* where this side is woken; NONE: in its server's own loop (nacre_ring_arm) */
	nacre_handle_t bell;           /* wakes the other */
	struct nacre_area area;
	nacre_handle_t gift[2];        /* of setup.c */
};

struct nacre_ring_writer {
	struct nacre_ring ring;
	uint32_t skip;                 /* records: bytes left unused at the end of the buffer before the one reserved ... */
	uint32_t reserved;             /* ... and that one's bytes, with its header; 0: none */
};

struct nacre_ring_reader {
	struct nacre_ring ring;
	uint32_t record;               /* bytes of the record at hand, with its header; 0: none has been looked at */
};

/* The two ends of a ring in memory that lies there, for whoever has it from elsewhere than setup.h. `size` is checked
 * by the caller. The counts start out as 0. */
void nacre_ring_writer_init(struct nacre_ring_writer *writer, void *memory, uint32_t size);
void nacre_ring_reader_init(struct nacre_ring_reader *reader, void *memory, uint32_t size);

/* --- bytes ------------------------------------------------------------------------------------------------- */

/* As many as there is room for, or are there, at once. */
size_t nacre_ring_try_write(struct nacre_ring_writer *writer, const void *bytes, size_t size);
size_t nacre_ring_try_read(struct nacre_ring_reader *reader, void *bytes, size_t room);

/* Writes all of them; *done, also after an error: how many. May be NULL. */
nacre_status_t nacre_ring_write(struct nacre_ring_writer *writer, const void *bytes, size_t size, uint64_t deadline_ns, size_t *done);
/* Reads what is there, at least one byte, at most `room`; *done: how many, 0 after an error. */
nacre_status_t nacre_ring_read(struct nacre_ring_reader *reader, void *bytes, size_t room, uint64_t deadline_ns, size_t *done);

/* In place. *room, *size: bytes in one piece from the address answered; up to the end of the buffer at most, so there may be
 * more behind. Commit, or release, no more than that; what would be more is cut off. */
void *nacre_ring_reserve(struct nacre_ring_writer *writer, size_t *room);
void nacre_ring_commit(struct nacre_ring_writer *writer, size_t size);
const void *nacre_ring_peek(struct nacre_ring_reader *reader, size_t *size);
void nacre_ring_release(struct nacre_ring_reader *reader, size_t size);

/* Waits until so many bytes are free, or there. ARGUMENT: more than half of the size (I5). */
nacre_status_t nacre_ring_wait_room(struct nacre_ring_writer *writer, size_t least, uint64_t deadline_ns);
nacre_status_t nacre_ring_wait_data(struct nacre_ring_reader *reader, size_t least, uint64_t deadline_ns);

/* For a loop that waits for other things, too: from now on the other side sends a signal, once, when so many bytes are free,
 * or there. False: they are already, and no signal comes. `least` as above. */
bool nacre_ring_writer_arm(struct nacre_ring_writer *writer, size_t least);
bool nacre_ring_reader_arm(struct nacre_ring_reader *reader, size_t least);

/* OK, MALFORMED or PEER_GONE, as far as is known here: without asking the kernel. */
nacre_status_t nacre_ring_state(const struct nacre_ring *ring);

/* --- records ----------------------------------------------------------------------------------------------- */

/* A record lies in one piece, at an address that is a multiple of 8 behind a header of 8 bytes. The longest: half the
 * ring, without the header. */
static inline size_t nacre_ring_record_most(const struct nacre_ring *ring)
{
	return ring->size / 2 - 8;
}

/* Room for a record of up to `size` bytes; NULL: not now, or too long. Commit says how long it became; more than was
 * reserved is not committed. */
void *nacre_ring_record_reserve(struct nacre_ring_writer *writer, size_t size);
void nacre_ring_record_commit(struct nacre_ring_writer *writer, size_t size);
/* The next record, until it is released; NULL: none is there, or the ring is broken. */
const void *nacre_ring_record_peek(struct nacre_ring_reader *reader, size_t *size);
void nacre_ring_record_release(struct nacre_ring_reader *reader);

/* Copied, and waited for. TOO_LONG: longer than the ring takes; longer than `room`, and it is still there. */
nacre_status_t nacre_ring_record_write(struct nacre_ring_writer *writer, const void *bytes, size_t size, uint64_t deadline_ns);
nacre_status_t nacre_ring_record_read(struct nacre_ring_reader *reader, void *bytes, size_t room, uint64_t deadline_ns, size_t *size);

#ifdef __cplusplus
}
#endif
