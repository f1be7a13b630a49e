/* loan.c - lending pages and taking them back. */
#include "ipc/loan.h"
#include "object/memory.h"
#include "object/pin.h"

static paddr_t zero_page; /* what a revoked read-only loan becomes; never written */

void loan_init(paddr_t page)
{
	zero_page = page;
}

static pte_t *entry_of(const struct process *process, vaddr_t base, unsigned page)
{
	return table_leaf(process->space.root, base + (vaddr_t)page * PAGE_SIZE);
}

static err_t room_check(const struct connection *connection, const struct process *borrower)
{
	bool room = borrower->window && borrower->window->free && connection->loans_out < connection->loans;

	return room ? E_OK : E_WINDOW_FULL;
}

static bool is_lendable(const struct mapping *mapping, vaddr_t base, size_t pages)
{
	const struct backing *backing = mapping ? mapping->backing : NULL;

	if (!backing || mapping->state != MAPPING_WHOLE || backing->shared || backing->sealed)
		return false;
	if (backing->kind != BACKING_ANONYMOUS) /* contiguous memory could not be given a fresh frame if the borrower pinned it */
		return false;
	return (base - mapping->base) / PAGE_SIZE + pages <= mapping->pages;
}

err_t loan_check(const struct thread *caller, vaddr_t base, size_t pages, bool writable,
                 const struct connection *connection, const struct process *borrower)
{
	const struct mapping *mapping;

	if (pages == 0 || pages > LIMIT_LOAN_PAGES || base % PAGE_SIZE)
		return E_ARGUMENT;
	mapping = space_find(&caller->process->space, base);
	if (!is_lendable(mapping, base, pages))
		return E_ADDRESS;
	if (!(mapping->protection & (writable ? PROT_WRITE : PROT_READ)))
		return E_ADDRESS;
	for (unsigned i = 0; i < pages; i++)
		if (*entry_of(caller->process, base, i) & PTE_LENT)
			return E_LENT;
	return room_check(connection, borrower);
}

err_t loan_recheck(const struct connection *connection, const struct process *borrower)
{
	return room_check(connection, borrower);
}

static void entry_lend(pte_t *entry, bool writable)
{
	pte_t value = *entry | PTE_LENT;

	if (value & PTE_W)
		value = (value & ~PTE_W) | PTE_WAS_W;
	*entry = writable ? value & ~PTE_V : value;
}

static void entry_return(pte_t *entry)
{
	pte_t value = (*entry & ~PTE_LENT) | PTE_V;

	if (value & PTE_WAS_W)
		value = (value & ~PTE_WAS_W) | PTE_W;
	*entry = value;
}

void loan_make(struct thread *caller, vaddr_t base, size_t pages, bool writable,
               struct connection *connection, struct process *borrower)
{
	paddr_t root = caller->process->space.root;

	caller->loan = (struct loan){ .lender_base = base, .mapping = space_find(&caller->process->space, base),
	                              .pages = (uint8_t)pages, .writable = writable };
	caller->process->space.lends = caller->loan.mapping;
	mapping_lends(caller->loan.mapping, (intptr_t)pages);
	for (unsigned i = 0; i < pages; i++) {
		entry_lend(entry_of(caller->process, base, i), writable);
		arch_tlb_flush_page(root, base + i * PAGE_SIZE);
	}
	loan_arrive(caller, connection, borrower);
}

void loan_arrive(struct thread *caller, struct connection *connection, struct process *borrower)
{
	struct loan *loan = &caller->loan;
	struct window *window = borrower->window;

	loan->borrower = borrower;
	loan->slot = (uint8_t)window_take(window, connection, caller->token);
	loan->borrower_base = window_slot(&borrower->space, loan->slot);
	window->slots[loan->slot].pages = loan->pages;
	window->slots[loan->slot].writable = loan->writable;
	for (unsigned i = 0; i < loan->pages; i++) {
		paddr_t page = pte_page(*entry_of(caller->process, loan->lender_base, i));

		*entry_of(borrower, loan->borrower_base, i) = pte_make(page, loan->writable ? PROT_READ | PROT_WRITE : PROT_READ);
		arch_tlb_flush_page(borrower->space.root, loan->borrower_base + i * PAGE_SIZE); /* an empty entry may be cached */
	}
}

/* Puts something else - nothing, or a stand-in - where the borrower saw the pages. */
static void borrower_set(const struct loan *loan, pte_t value)
{
	paddr_t root = loan->borrower->space.root;

	pte_t *entry = entry_of(loan->borrower, loan->borrower_base, 0); /* a window lies in one table */

	for (unsigned i = 0; i < loan->pages; i++) {
		entry[i] = value;
		arch_tlb_flush_page(root, loan->borrower_base + i * PAGE_SIZE);
	}
}

/* A page that a driver pinned stays with the driver, and the lender goes on with a copy. */
static void pinned_replace(struct thread *caller, unsigned page)
{
	struct loan *loan = &caller->loan;
	paddr_t old = pte_page(*entry_of(caller->process, loan->lender_base, page));
	paddr_t fresh = pin_replace(loan->borrower, loan->borrower_base + page * PAGE_SIZE, old);

	if (fresh)
		space_page_replace(&caller->process->space, loan->lender_base + page * PAGE_SIZE, fresh);
}

static void lender_restore(struct thread *caller)
{
	struct loan *loan = &caller->loan;
	bool pinned = loan->borrower && !list_is_empty(&loan->borrower->pins);

	for (unsigned i = 0; i < loan->pages; i++) {
		if (pinned)
			pinned_replace(caller, i);
		entry_return(entry_of(caller->process, loan->lender_base, i));
		arch_tlb_flush_page(caller->process->space.root, loan->lender_base + i * PAGE_SIZE);
	}
	mapping_lends(loan->mapping, -(intptr_t)loan->pages);
	*loan = (struct loan){ 0 };
}

void loan_depart(struct thread *caller)
{
	struct loan *loan = &caller->loan;

	if (!loan->pages || !loan->borrower)
		return;
	borrower_set(loan, 0);
	window_slot_release(loan->borrower->window, loan->slot);
	loan->borrower = NULL;
}

void loan_return(struct thread *caller)
{
	if (!caller->loan.pages)
		return;
	if (caller->loan.borrower) {
		borrower_set(&caller->loan, 0);
		window_slot_release(caller->loan.borrower->window, caller->loan.slot);
	}
	lender_restore(caller);
}

void loan_revoke(struct thread *caller)
{
	struct loan *loan = &caller->loan;
	struct window *window;

	if (!loan->pages)
		return;
	if (!loan->borrower) {
		lender_restore(caller);
		return;
	}
	window = loan->borrower->window;
	if (loan->writable) {
		frame_zero(window->sacrifice);
		borrower_set(loan, pte_make(window->sacrifice, PROT_READ | PROT_WRITE));
	} else {
		borrower_set(loan, pte_make(zero_page, PROT_READ));
	}
	window->slots[loan->slot].revoked = true;
	lender_restore(caller);
}
