/* pthread_create.c - threads: making, ending, joining.
 *
 *     guard | stack ... | struct nacre_tcb, thread-local storage | struct _reent | struct __pthread | guard
 *
 * is one private memory object a thread. The kernel clears `alive` after the thread has left it, so whoever sees
 * that may free it all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "interrupt.h"
#include "nacre/clock.h"
#include "nacre/start.h"
#include "nacre/startup.h"
#include "nacre/tls.h"
#include "thread.h"

enum { STACK_BYTES = 16 << 10 };

struct __lock threads_lock;
static struct __pthread *ending;       /* detached and exiting, not freed yet */
static unsigned running = 1;           /* threads that have not begun to exit */
static struct __pthread first = { .alive = 1 };
struct __pthread *threads = &first;

/* --- who am I ---------------------------------------------------------------------------------------------- */

pthread_t pthread_self(void)
{
	struct nacre_tcb *tcb = nacre_tcb();

	if (!tcb->thread) {
		first.reent = _GLOBAL_REENT;
		first.priority = nacre_startup()->priority;
		nacre_thread_self(&first.handle); /* 0 if there is no room for one: then it cannot be raised */
		tcb->thread = &first;
	}
	return tcb->thread;
}

int pthread_equal(pthread_t one, pthread_t other)
{
	return one == other;
}

/* --- which there are --------------------------------------------------------------------------------------- */

static void list_add(struct __pthread *thread)
{
	lock_take(&threads_lock);
	thread->other = threads;
	threads = thread;
	lock_drop(&threads_lock);
}

/* Under threads_lock. */
static void list_take(const struct __pthread *thread)
{
	for (struct __pthread **link = &threads; *link; link = &(*link)->other) {
		if (*link != thread)
			continue;
		*link = thread->other;
		return;
	}
}

static void list_remove(const struct __pthread *thread)
{
	lock_take(&threads_lock);
	list_take(thread);
	lock_drop(&threads_lock);
}

bool thread_is_known(const struct __pthread *thread)
{
	const struct __pthread *each = threads;

	while (each && each != thread)
		each = each->other;
	return each != NULL;
}

/* --- making ------------------------------------------------------------------------------------------------ */

static const pthread_attr_t *attributes_or_default(const pthread_attr_t *attributes)
{
	static const pthread_attr_t usual = {
		.stack_size = STACK_BYTES, .detach_state = PTHREAD_CREATE_JOINABLE, .inherit = PTHREAD_INHERIT_SCHED,
	};

	return attributes ? attributes : &usual;
}

/* Frees the detached threads that have left their stacks by now. */
static void sweep(void)
{
	struct __pthread **link = &ending;

	lock_take(&threads_lock);
	while (*link) {
		struct __pthread *thread = *link;
		struct nacre_area stack = thread->stack;

		if (__atomic_load_n(&thread->alive, __ATOMIC_ACQUIRE)) {
			link = &thread->next;
			continue;
		}
		*link = thread->next;
		list_take(thread);
		nacre_handle_close(thread->handle);
		if (stack.base)
			nacre_area_destroy(&stack);
	}
	lock_drop(&threads_lock);
}

/* What lies above the stack, at most. */
static size_t overhead(const struct nacre_tls_template *tls)
{
	return nacre_tls_block_size(tls) + sizeof(struct _reent) + sizeof(struct __pthread) + 64;
}

/* A small overhead is part of the stack asked for, so that four pages stay four pages. */
static int stack_make(const pthread_attr_t *attributes, size_t above, struct nacre_area *stack, uintptr_t *end)
{
	size_t wanted = attributes->stack_size;

	*stack = (struct nacre_area){ 0 };
	*end = (uintptr_t)attributes->stack + wanted;
	if (attributes->stack)
		return wanted > 2 * above ? 0 : EINVAL;
	if (nacre_area_create_guarded(stack, NACRE_PAGES(above > wanted / 4 ? wanted + above : wanted)))
		return EAGAIN;
	*end = (uintptr_t)stack->base + stack->pages * NACRE_PAGE_BYTES;
	return 0;
}

/* stdin, stdout and stderr are the process's, not the thread's. */
static void reent_make(struct _reent *reent)
{
	_REENT_SMALL_CHECK_INIT(_GLOBAL_REENT);
	_REENT_INIT_PTR(reent);
	reent->_stdin = _GLOBAL_REENT->_stdin;
	reent->_stdout = _GLOBAL_REENT->_stdout;
	reent->_stderr = _GLOBAL_REENT->_stderr;
	reent->__sdidinit = 1;
}

/* Puts record, reent and thread-local storage in place, from the end down. *tp is also where the stack begins. */
static struct __pthread *record_make(const struct nacre_tls_template *tls, uintptr_t end, uintptr_t *tp, uintptr_t *sp)
{
	uintptr_t record = align_down(end - sizeof(struct __pthread), 16);
	uintptr_t reent = align_down(record - sizeof(struct _reent), 16);
	struct __pthread *thread = (struct __pthread *)record;

	*sp = align_down(reent - nacre_tls_block_size(tls), 16);
	*tp = nacre_tls_place(tls, *sp);
	nacre_tls_fill(tls, (void *)*tp, nacre_tcb()->guard);
	memset(thread, 0, sizeof(*thread));
	thread->reent = (struct _reent *)reent;
	reent_make(thread->reent);
	((struct nacre_tcb *)*tp - 1)->thread = thread;
	return thread;
}

/* A thread of libc's own, for as long as the process lives: the last other one to end ends it. */
void thread_is_service(struct __pthread *thread)
{
	if (!thread->is_service)
		__atomic_fetch_sub(&running, 1, __ATOMIC_RELAXED);
	thread->is_service = true;
}

static int thread_start(struct __pthread *thread, uintptr_t tp, uintptr_t sp)
{
	nacre_handle_t handle = NACRE_HANDLE_NONE;
	nacre_err_t error;

	__atomic_fetch_add(&running, 1, __ATOMIC_RELAXED);
	error = nacre_thread_create(nacre_self_process(), (uintptr_t)nacre_thread_start, sp, (uintptr_t)thread, tp,
				    thread->priority, &handle);
	if (error) {
		__atomic_fetch_sub(&running, 1, __ATOMIC_RELAXED);
		return error == NACRE_E_PRIORITY ? EPERM : EAGAIN;
	}
	__atomic_store_n(&thread->handle, handle, __ATOMIC_RELEASE);
	nacre_futex_wake(&thread->handle, 1, NULL);
	return 0;
}

int pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	const struct nacre_tls_template tls = nacre_tls_own();
	struct __pthread *thread;
	struct nacre_area stack;
	uintptr_t end, tp, sp;
	int error;

	sweep();
	attributes = attributes_or_default(attributes);
	error = stack_make(attributes, overhead(&tls), &stack, &end);
	if (error)
		return error;
	thread = record_make(&tls, end, &tp, &sp);
	thread->stack = stack;
	thread->alive = 1;
	thread->run = run;
	thread->argument = argument;
	thread->detached = attributes->detach_state == PTHREAD_CREATE_DETACHED;
	thread->priority = attributes->inherit == PTHREAD_EXPLICIT_SCHED ? (uint32_t)attributes->priority
									 : pthread_self()->priority;
	thread->signal_mask = pthread_self()->signal_mask;
	*out = thread;
	list_add(thread);
	error = thread_start(thread, tp, sp);
	if (error)
		list_remove(thread);
	if (error && stack.base)
		nacre_area_destroy(&stack);
	return error;
}

/* Starts out by waiting for its handle, which its maker may get to write down only later: without it nobody could
 * raise the thread, and its memory could be freed under the maker's pen. */
void nacre_thread_main(void *argument)
{
	struct __pthread *thread = argument;

	while (!__atomic_load_n(&thread->handle, __ATOMIC_ACQUIRE))
		nacre_futex_wait(&thread->handle, NACRE_HANDLE_NONE, NACRE_HANDLE_NONE, NACRE_DEADLINE_NEVER);
	pthread_exit(thread->run(thread->argument));
}

/* --- ending ------------------------------------------------------------------------------------------------ */

void _pthread_cleanup_push(struct _pthread_cleanup_context *context, void (*routine)(void *), void *argument)
{
	struct __pthread *self = pthread_self();

	*context = (struct _pthread_cleanup_context){ ._routine = routine, ._arg = argument, ._previous = self->cleanup };
	self->cleanup = context;
}

void _pthread_cleanup_pop(struct _pthread_cleanup_context *context, int execute)
{
	pthread_self()->cleanup = context->_previous;
	if (execute)
		context->_routine(context->_arg);
}

/* Frees what libc allocated for this thread, but not the streams, which are the process's. */
static void reent_end(struct _reent *reent)
{
	reent->__sdidinit = 0;
	_reclaim_reent(reent);
}

/* A detached thread goes on the list of those whose memory the next one to make a thread frees. */
static void retire(struct __pthread *self)
{
	lock_take(&threads_lock);
	self->exiting = true;
	if (self->detached) {
		self->next = ending;
		ending = self;
	}
	lock_drop(&threads_lock);
}

void pthread_exit(void *result)
{
	struct __pthread *self = pthread_self();

	self->cancel_disabled = true;
	while (self->cleanup)
		_pthread_cleanup_pop(self->cleanup, 1);
	if (thread_values_destroy)
		thread_values_destroy(self);
	if (__atomic_sub_fetch(&running, 1, __ATOMIC_ACQ_REL) == 0)
		exit(0);
	if (self != &first)
		reent_end(self->reent);
	self->result = result;
	retire(self);
	nacre_thread_exit(&self->alive);
}

static void thread_free(struct __pthread *thread)
{
	struct nacre_area stack = thread->stack;

	list_remove(thread);
	if (thread->handle)
		nacre_handle_close(thread->handle);
	if (stack.base)
		nacre_area_destroy(&stack);
}

/* Waits until the kernel has cleared `alive`, with the thread raised to the waiter's priority meanwhile. Handlers of signals run
 * in between, and cancellation ends it. */
static int wait_for(struct __pthread *thread)
{
	enum { RINGS = 4 };
	nacre_err_t error = NACRE_E_OK;
	unsigned rings = 0;

	while (__atomic_load_n(&thread->alive, __ATOMIC_ACQUIRE)) {
		error = NACRE_E_OK;
		if (!interrupted_before_lock(&thread->alive))
			error = nacre_futex_wait(&thread->alive, 1, thread->handle, NACRE_DEADLINE_NEVER);
		interrupted_after();
		/* As in lock.c: a ring counts if it is still there a little later. */
		if (error == NACRE_E_DEADLOCK && ++rings == RINGS)
			return EDEADLK;
		if (error == NACRE_E_DEADLOCK)
			nacre_sleep_until(nacre_deadline_in(NACRE_MS));
		if (cancel_wanted && cancel_wanted())
			return EINTR;
	}
	return 0;
}

/* Under threads_lock: 0, or why it cannot be joined or detached. */
static int joinable(const struct __pthread *thread)
{
	if (!thread_is_known(thread))
		return ESRCH;
	return thread->detached || thread->joined ? EINVAL : 0;
}

int pthread_join(pthread_t thread, void **result)
{
	int error;

	if (thread == pthread_self())
		return EDEADLK;
	cancel_point();
	lock_take(&threads_lock);
	error = joinable(thread);
	if (!error)
		thread->joined = true;
	lock_drop(&threads_lock);
	if (error)
		return error;
	error = wait_for(thread);
	if (error) {
		thread->joined = false;
		cancel_point();
		return error;
	}
	if (result)
		*result = thread->result;
	thread_free(thread);
	return 0;
}

int pthread_detach(pthread_t thread)
{
	int error;

	lock_take(&threads_lock);
	error = joinable(thread);
	if (!error) {
		thread->detached = true;
		if (thread->exiting) {
			thread->next = ending;
			ending = thread;
		}
	}
	lock_drop(&threads_lock);
	return error;
}
