/* trace.c - the ring of events. */
#include "trace/trace.h"
#include "arch.h"

uint32_t trace_mask;
uint64_t trace_thread;
struct trace_ring *trace_ring;
static uint32_t next; /* written % capacity, without dividing */

void trace_init(void *memory, size_t bytes)
{
	trace_ring = memory;
	trace_ring->version = 1;
	trace_ring->capacity = (uint32_t)((bytes - sizeof *trace_ring) / sizeof(struct trace_event));
}

void trace_mask_change(uint32_t mask)
{
	trace_mask = trace_ring ? mask : 0;
	arch_fast_forbid(FAST_TRACE, trace_mask); /* the short way writes no events */
	if (trace_ring)
		trace_ring->mask = mask;
}

void trace_write(uint32_t class, uint64_t a, uint64_t b, uint64_t c)
{
	struct trace_event *event = &trace_ring->events[next];

	*event = (struct trace_event){
		.time_ns = arch_clock_ns(),
		.class = class,
		.thread = (uint32_t)trace_thread,
		.a = a,
		.b = b,
		.c = c,
	};
	trace_ring->written++;
	next = next + 1 == trace_ring->capacity ? 0 : next + 1;
}
