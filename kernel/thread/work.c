/* work.c - giving up a system call that was interrupted. */
#include "thread/work.h"
#include "object/memory.h"

void work_abandon(struct thread *thread)
{
	if (thread->work.memory)
		memory_filled(thread->work.memory);
	if (thread->work.reserved)
		handle_unreserve(thread->process, 1);
	thread->under_way = false;
	thread->work.reserved = false;
	thread->work.base = 0;
}

void work_begin(struct thread *self, unsigned call)
{
	if (!self->under_way || self->work.call == call)
		return;
	work_abandon(self);
}
