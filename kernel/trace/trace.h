/* trace.h - one-line events by mask into a ring. Off, an event costs a load and an untaken branch.
 *
 * The ring is memory that init holds a handle to and maps read-only: a header, then events; the writer never waits and never
 * looks back, a reader that is too slow sees `written` jump. Kernel addresses never go in: objects are named by serial. */
#pragma once
#include "types.h"

enum trace_class {
	TRACE_SWITCH = 1u << 0,    /* a: serial of the thread, b: priority */
	TRACE_SYSCALL = 1u << 1,   /* a: call number, b: a0, c: a1 */
	TRACE_RESULT = 1u << 2,    /* a: call number, b: error */
	TRACE_MESSAGE = 1u << 3,   /* a: opcode, b: badge, c: kind */
	TRACE_INTERRUPT = 1u << 4, /* a: line */
	TRACE_FAULT = 1u << 5,     /* a: cause, b: address, c: pc */
	TRACE_PAGE = 1u << 6,      /* a: base, b: pages, c: what */
	TRACE_END = 1u << 7,       /* a: serial of the process, b: cause, c: code */
	TRACE_REFUSAL = 1u << 8,   /* a: call number, b: error, c: argument: why a call was refused */
};
#define TRACE_ALL 0x1ffu

struct trace_event {
	uint64_t time_ns;
	uint32_t class, thread; /* serial of the current thread, low half */
	uint64_t a, b, c;
};

struct trace_ring {
	uint32_t version, mask;
	uint32_t capacity, reserved; /* events */
	uint64_t written;            /* events ever; the newest is at (written - 1) % capacity */
	struct trace_event events[];
};

extern struct trace_ring *trace_ring; /* NULL: there is none yet; a debugger reads it */
extern uint32_t trace_mask;
void trace_init(void *ring, size_t bytes);
void trace_mask_change(uint32_t mask);
void trace_write(uint32_t class, uint64_t a, uint64_t b, uint64_t c) __attribute__((cold));
extern uint64_t trace_thread; /* serial of the thread that runs */

static inline void trace(uint32_t class, uint64_t a, uint64_t b, uint64_t c)
{
	if (__builtin_expect(trace_mask & class, 0))
		trace_write(class, a, b, c);
}
