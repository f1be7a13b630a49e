/* fixture_check.c - what must hold between any two steps of the kernel, beyond what kernel/check proves: it looks across
 * objects, at what only a test can afford to look at. */
#include "fixture.h"

/* --- Budgets. */

struct sums {
	size_t left, charged, objects;
};

static void budget_sum(const struct budget *budget, struct sums *sums)
{
	size_t given = 0;

	sums->left += account_left(&budget->account);
	sums->charged += budget->account.charged;
	LIST_FOR_EACH(node, &budget->objects) {
		const struct object *object = LIST_ENTRY(node, struct object, payer_link);

		sums->objects++;
		if (object->type != OBJECT_BUDGET)
			continue;
		const struct budget *child = CONTAINER_OF(object, struct budget, object);

		given += child->account.limit;
		budget_sum(child, sums);
	}
	assert(given == budget->account.given); /* the machine is the sum of its budgets */
}

/* --- Threads. */

static unsigned top_of(const struct pqueue *queue)
{
	const struct pqueue_node *top = pqueue_top(queue);

	return top ? top->priority : 0;
}

static unsigned higher(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned deserved(const struct thread *thread)
{
	unsigned priority = higher(thread->base_priority, top_of(&thread->owned));

	if (thread->serving)
		priority = higher(priority, thread->serving->priority);
	if (thread->attends && thread->attends->raised == thread)
		priority = higher(priority, top_of(&thread->attends->queue));
	return priority;
}

static bool is_listed(const struct thread *thread)
{
	return !list_is_empty(&thread->wait_link);
}

static void place_check(const struct thread *thread)
{
	if (thread->state == STATE_READY && process_runs(thread->process))
		assert(thread == arch_cpu.current || is_listed(thread)); /* none is forgotten */
	if (thread->state == STATE_CALLING)
		assert(thread->item.queued && thread->item.node.priority == thread->priority);
	else
		assert(!thread->item.queued);
	if (thread->state == STATE_RECEIVING)
		assert(thread->attends && (thread->attends->eager == thread || thread->attends->keen == thread) != is_listed(thread));
	if (thread->state == STATE_FUTEX)
		assert(thread->item.node.priority == thread->priority);
	else
		assert(!thread->owner);
	if (thread->state == STATE_SERVED || thread->state == STATE_CALLING)
		assert((thread->kind == KIND_FAULT) == !thread->connection);
	else
		assert(!thread->loan.pages && !thread->forwarded && !thread->server_thread);
	if (!thread_waits(thread))
		assert(!thread->accept && !thread->has_deadline && !thread->message.address && !thread->has_room);
}

static void mailbox_of_check(const struct mailbox *mailbox)
{
	const struct thread *first = LIST_FIRST(&mailbox->attendants, struct thread, attend_link);

	if (!mailbox->object->dead)
		assert(mailbox->raised == (mailbox_top(mailbox) ? first : NULL));
}

/* --- Loans. */

static void loan_check_one(const struct thread *lender)
{
	const struct loan *loan = &lender->loan;

	for (unsigned i = 0; i < loan->pages; i++) {
		const pte_t *home = table_leaf(lender->process->space.root, loan->lender_base + i * PAGE_SIZE);

		assert(*home & PTE_LENT && !(*home & PTE_W) && !(*home & PTE_V) == loan->writable);
		if (!loan->borrower)
			continue;
		const pte_t *away = table_leaf(loan->borrower->space.root, loan->borrower_base + i * PAGE_SIZE);

		assert(*away & PTE_V && pte_page(*away) == pte_page(*home) && !(*away & PTE_W) == !loan->writable);
	}
	if (loan->borrower)
		assert(!loan->borrower->window->slots[loan->slot].revoked &&
		       loan->borrower->window->slots[loan->slot].token == lender->token);
}

static size_t lent_by(const struct process *process)
{
	size_t pages = 0;

	LIST_FOR_EACH(node, &process->threads)
		pages += LIST_ENTRY(node, struct thread, process_link)->loan.pages;
	return pages;
}

static size_t lent_of_mappings(const struct process *process)
{
	size_t pages = 0;

	for (struct tree_node *node = tree_first(&process->space.mappings); node; node = tree_next(node))
		pages += LIST_ENTRY(node, struct mapping, node)->lent_pages;
	return pages;
}

/* Every slot of a window belongs to a loan that is out, or to a revoked one. */
static void window_check(const struct process *process)
{
	const struct window *window = process->window;

	for (unsigned slot = 0; window && slot < WINDOW_SLOTS; slot++) {
		const struct window_slot *record = &window->slots[slot];
		const struct thread *lender;

		assert(!(window->free >> slot & 1) == (record->token != 0));
		if (!record->token || record->revoked)
			continue;
		lender = thread_by_token(record->token);
		assert(lender && lender->loan.borrower == process && lender->loan.slot == slot);
	}
}

/* --- Processes. */

static size_t reserved_by(const struct process *process)
{
	size_t reserved = 0;

	LIST_FOR_EACH(node, &process->threads) {
		const struct thread *thread = LIST_ENTRY(node, struct thread, process_link);

		reserved += thread->accept + (size_t)thread->work.reserved;
	}
	return reserved;
}

static void process_of_check(const struct process *process)
{
	if (process->phase > PROCESS_RUNNING)
		return;
	assert(process->handles.reserved == reserved_by(process));
	assert(lent_by(process) == lent_of_mappings(process));
	window_check(process);
}

static void thread_of_check(const struct thread *thread)
{
	if (thread->process->phase > PROCESS_RUNNING)
		return;
	assert(thread->priority == deserved(thread));
	place_check(thread);
	loan_check_one(thread);
	if (thread->attends)
		mailbox_of_check(thread->attends);
	process_of_check(thread->process);
}

static void ready_check(void)
{
	unsigned top = arch_cpu.ready_bits ? 31 - (unsigned)__builtin_clz(arch_cpu.ready_bits) : 0;

	if (!arch_cpu.current)
		assert(!arch_cpu.ready_bits);
	else
		assert(arch_cpu.current->priority >= top);
	assert(arch_cpu.frame == (arch_cpu.current ? &arch_cpu.current->registers : NULL));
	assert(!arch_cpu.current || arch_cpu.space == arch_space_word(arch_cpu.current->process->space.root));
}

void fixture_check(void)
{
	struct sums sums = { 0 };

	kernel_check_now();
	budget_sum(&machine_budget, &sums);
	assert(frame_free_count() >= sums.left); /* what a budget may still charge is there */
	for (size_t i = 1; i < thread_slot_count(); i++)
		if (thread_by_slot(i))
			thread_of_check(thread_by_slot(i));
	ready_check();
	host_tlb_check();
}

struct counters counters_read(void)
{
	struct sums sums = { 0 };
	struct counters counters = { .free_frames = frame_free_count() };

	budget_sum(&machine_budget, &sums);
	counters.charged = sums.charged;
	counters.objects = sums.objects;
	for (size_t i = 1; i < thread_slot_count(); i++) {
		const struct thread *thread = thread_by_slot(i);

		if (!thread || &thread->process_link != list_first(&thread->process->threads))
			continue; /* each process once, at its first thread */
		counters.handles += thread->process->handles.used;
		counters.reserved += thread->process->handles.reserved;
		counters.mapped += thread->process->space.mapped_pages;
	}
	return counters;
}
