/* fast_message.c - the short way of calls and answers with a header or a deadline: up to a page of bytes in one piece of memory on
 * each side, a loan, and waits that need no new timer.
 *
 * The header is read where it lies, each field once. An address costs no walk where it is in the region that its process used
 * last (space I6); a page that is not RAM is left to the long way, by one bit of its entry. Nothing is changed in a page table but by
 * a loan, and then the change of spaces that follows anyway is the fence.
 * The long way's business: handles that come, moved memory, several segments, copies that leave a page, a loan inside one process. */
#include "ipc/fast.h"
#include "ipc/quick.h"
#include "ipc/window.h"

#define REGION_SHIFT (PAGE_SHIFT + TABLE_BITS)
#define READABLE (PTE_V | PTE_U | PTE_R)
#define WRITABLE (PTE_V | PTE_U | PTE_R | PTE_W)
#define ONE_IN 0x0001u /* the four counts of a header, as one word */
#define ONE_OUT 0x0100u
#define ACCEPT 0xff000000u
#define ACCEPT_SHIFT 24
#define BYTEWISE 128u  /* more than this is not copied byte by byte */
#define WORD sizeof(uintptr_t)
#define BLOCK 64

_Static_assert(offsetof(struct abi_message, in_count) == 0 && offsetof(struct abi_message, out_count) == 1 &&
               offsetof(struct abi_message, accept) == 3, "ONE_IN, ONE_OUT, ACCEPT");

/* Bytes from the beginning of its page, in the highest bits of the word or in the lowest; two shifts need no constant. */
#define ABOVE (sizeof(vaddr_t) * 8 - PAGE_SHIFT)
static inline QUICK uintptr_t page_rest_above(vaddr_t address)
{
	return address << ABOVE;
}
static inline QUICK uintptr_t page_rest(vaddr_t address)
{
	address = page_rest_above(address);
	__asm__("" : "+r"(address)); /* else the compiler makes a mask of it */
	return address >> ABOVE;
}

/* --- Memory of programs. */

/* The region of a space that was used last, in registers. */
struct region {
	struct space *space;
	uintptr_t number, table;
};

static inline QUICK struct region region_of(struct space *space)
{
	return (struct region){ space, space->quick_region, space->quick_table };
}

/* The entry of an address; false: there is no table for it. */
static inline QUICK bool leaf_quick(struct region *region, vaddr_t address, pte_t **leaf)
{
	if (__builtin_expect(address >> REGION_SHIFT != region->number, 0)) {
		__asm__("" : "+r"(address)); /* nothing worked out for here is kept for there */
		*leaf = table_walk(region->space->root, address);
		if (!*leaf)
			return false;
		region->number = region->space->quick_region = address >> REGION_SHIFT;
		region->table = region->space->quick_table = (uintptr_t)*leaf - (address >> PAGE_SHIFT) * sizeof(pte_t);
		return true;
	}
	*leaf = (pte_t *)(region->table + (address >> PAGE_SHIFT) * sizeof(pte_t));
	return true;
}

/* The entry of a byte's page, if that is RAM and the program has this access to it. */
static inline QUICK bool leaf_allows(struct region *region, vaddr_t address, pte_t access, pte_t *entry)
{
	pte_t *leaf;

	if (!leaf_quick(region, address, &leaf))
		return false;
	*entry = *leaf;
	return (*entry & (access | PTE_NOT_RAM)) == access;
}

/* Where the kernel sees such a byte; `rest` is page_rest(address). */
static inline QUICK bool view_quick(struct region *region, vaddr_t address, uintptr_t rest, pte_t access, char **view)
{
	pte_t entry;

	if (!leaf_allows(region, address, access, &entry))
		return false;
	/* Read anew each time: kept, it would be spilled. */
	*view = (char *)(pte_page(entry) + *(const volatile uintptr_t *)&arch_here()->frame_view + rest);
	return true;
}

static inline QUICK void four_words(char *to, const char *from)
{
	const uintptr_t *in = (const void *)from;
	uintptr_t *out = (void *)to, a = in[0], b = in[1], c = in[2], d = in[3];

	out[0] = a, out[1] = b, out[2] = c, out[3] = d;
}

/* As memcpy would, but in line. What does not lie in whole words is left to the long way, unless it is little. */
static inline QUICK bool bytes_move(char *to, const char *from, size_t size)
{
	const char *end = from + (size & -BLOCK);

	if ((size_t)(to - from) < size)
		return false;
	if (__builtin_expect(((uintptr_t)to | (uintptr_t)from) % WORD, 0)) {
		if (size > BYTEWISE)
			return false;
		goto bytes;
	}
	while (from != end) {
		four_words(to, from);
		four_words(to + 4 * WORD, from + 4 * WORD);
		if (BLOCK > 8 * WORD) {
			four_words(to + 8 * WORD, from + 8 * WORD);
			four_words(to + 12 * WORD, from + 12 * WORD);
		}
		to += BLOCK, from += BLOCK;
		__asm__("" : "+r"(to), "+r"(from)); /* both are to be where they are, not worked out anew from what they were */
	}
	size %= BLOCK;
bytes:
	if (__builtin_expect(size != 0, 0)) {
		if (((uintptr_t)to | (uintptr_t)from) % WORD == 0)
			for (; size >= WORD; size -= WORD, to += WORD, from += WORD)
				*(uintptr_t *)to = *(const uintptr_t *)from;
		for (; size; size--)
			*to++ = *from++;
	}
	return true;
}

/* false: not here. Then something may have been copied, which nobody was told of. The source lies in one page; the target does, says
 * the caller. */
static inline QUICK bool bytes_copy(struct space *space, vaddr_t target, uintptr_t target_rest, struct region *from, vaddr_t source, size_t size)
{
	struct region to = region_of(space);
	uintptr_t rest = page_rest(source);
	char *in, *out;

	return rest + size <= PAGE_SIZE && view_quick(from, source, rest, READABLE, &in) &&
	       view_quick(&to, target, target_rest, WRITABLE, &out) && bytes_move(out, in, size);
}

static inline QUICK bool header_quick(struct region *region, vaddr_t address, const volatile struct abi_message **header)
{
	return page_rest_above(address) <= (PAGE_SIZE - sizeof **header) << ABOVE && address % WORD == 0 &&
	       view_quick(region, address, page_rest(address), READABLE, (char **)header);
}

static inline QUICK uint32_t header_counts(const volatile struct abi_message *header)
{
	return *(const volatile uint32_t *)header;
}

/* --- Deadlines. */

/* false: the timer may have to be set. Notes the deadline, of which nothing is seen until `situation` becomes the thread's. */
static inline QUICK bool deadline_quick(struct thread *self, uint32_t *situation)
{
	uintptr_t low = self->registers.x[X_T1], high = sizeof low == 4 ? self->registers.x[X_T2] : low;
	uint64_t when_ns = sizeof low == 4 ? low | (uint64_t)high << 32 : low;

	if (__builtin_expect((low & high) == UINTPTR_MAX, 1))
		return true;
	if (!deadline_is_covered(self, when_ns))
		return false;
	self->deadline_ns = when_ns;
	*situation |= SITUATION(0, 0, true, false);
	return true;
}

/* --- Loans. */

struct lending {
	struct mapping *mapping;
	struct window *window;
	pte_t *leaf;
	vaddr_t base;
	uintptr_t pages;
	bool writable;
};

static inline QUICK bool in_one_region(vaddr_t base, uintptr_t pages)
{
	return base >> REGION_SHIFT == (base + (pages - 1) * PAGE_SIZE) >> REGION_SHIFT;
}

static inline QUICK bool is_lendable(const struct mapping *mapping, const struct lending *lending)
{
	const struct backing *backing = mapping->backing;

	if (!backing || mapping->state != MAPPING_WHOLE || backing->shared || backing->sealed || backing->kind != BACKING_ANONYMOUS)
		return false;
	if (((lending->base - mapping->base) >> PAGE_SHIFT) + lending->pages > mapping->pages)
		return false;
	return mapping->protection & (lending->writable ? PROT_WRITE : PROT_READ);
}

/* What loan_check would say, with the mapping that was lent from last. */
static inline QUICK bool lend_quick(const volatile struct abi_message *header, struct thread *caller, const struct connection *connection,
                                    const struct thread *receiver, struct lending *lending)
{
	struct region from = region_of(&caller->process->space);
	uint32_t how = header->pages;

	lending->base = header->page_base;
	lending->pages = header->page_count;
	lending->writable = how == PAGES_LEND_MUT;
	lending->mapping = caller->process->space.lends;
	lending->window = receiver->process->window;
	if (how > PAGES_LEND_MUT || lending->pages - 1 >= LIMIT_LOAN_PAGES || page_rest(lending->base))
		return false;
	if (!lending->mapping || !is_lendable(lending->mapping, lending) || !in_one_region(lending->base, lending->pages))
		return false;
	if (receiver->process == caller->process || !lending->window || !lending->window->free || connection->loans_out >= connection->loans)
		return false;
	if (!leaf_quick(&from, lending->base, &lending->leaf))
		return false;
	for (uintptr_t i = 0; i < lending->pages; i++)
		if (lending->leaf[i] & PTE_LENT)
			return false;
	return true;
}

static inline QUICK unsigned slot_take(struct window *window, struct connection *connection, const struct lending *lending, token_t token)
{
	unsigned slot = window->hint;
	struct window_slot *record;

	while (!(window->free >> slot & 1))
		slot = (slot + 1) % 32;
	record = &window->slots[slot];
	window->free ^= 1u << slot;
	record->connection = connection;
	record->token = token;
	record->pages = (uint8_t)lending->pages;
	record->writable = lending->writable;
	list_append(&connection->loans_list, &record->link);
	connection->loans_out++;
	return slot;
}

/* Puts the pages into the window; what loan_make does, but for the fences. The words that the receiver hears are its result. */
static inline QUICK uintptr_t lend(struct thread *caller, struct connection *connection, struct process *borrower, struct lending *lending)
{
	unsigned slot = slot_take(lending->window, connection, lending, caller->token);
	unsigned first = slot * WINDOW_SLOT_PAGES;
	pte_t gone = lending->writable ? PTE_W | PTE_V : PTE_W;
	pte_t seen = PTE_V | PTE_U | PTE_R | PTE_A | PTE_D | (lending->writable ? PTE_W : 0);

	for (uintptr_t i = 0; i < lending->pages; i++) {
		pte_t value = lending->leaf[i];

		arch_tlb_flush_page_later(caller->process->space.root, lending->base + i * PAGE_SIZE);
		arch_tlb_flush_page_later(borrower->space.root, lending->window->base + (first + i) * PAGE_SIZE);
		lending->leaf[i] = ((value | PTE_LENT) & ~gone) | (value & PTE_W ? PTE_WAS_W : 0);
		lending->window->entries[first + i] = pte_link(pte_page(value)) | seen;
	}
	mapping_lends(lending->mapping, (intptr_t)lending->pages);
	caller->loan.lender_base = lending->base;
	caller->loan.borrower_base = lending->window->base + first * PAGE_SIZE;
	caller->loan.borrower = borrower;
	caller->loan.mapping = lending->mapping;
	caller->loan.pages = (uint8_t)lending->pages;
	caller->loan.slot = (uint8_t)slot;
	caller->loan.writable = lending->writable;
	return caller->loan.borrower_base | lending->pages;
}

static inline QUICK bool is_returnable(const struct loan *loan)
{
	return list_is_empty(&loan->borrower->pins) && in_one_region(loan->lender_base, loan->pages);
}

static inline QUICK void slot_give(struct window *window, unsigned slot)
{
	struct window_slot *record = &window->slots[slot];

	if (record->connection)
		record->connection->loans_out--;
	list_remove(&record->link);
	record->token = 0;
	window->free ^= 1u << slot;
	window->hint = slot;
}

/* What loan_return does, but for the fences. */
static inline QUICK void loan_give(struct thread *caller)
{
	struct loan *loan = &caller->loan;
	struct window *window = loan->borrower->window;
	pte_t *entries = window->entries + loan->slot * WINDOW_SLOT_PAGES;
	struct region home = region_of(&caller->process->space);
	pte_t *leaf = NULL;

	leaf_quick(&home, loan->lender_base, &leaf); /* there is one: a page of it is lent */
	for (unsigned i = 0; i < loan->pages; i++) {
		pte_t value = leaf[i];

		arch_tlb_flush_page_later(caller->process->space.root, loan->lender_base + i * PAGE_SIZE);
		arch_tlb_flush_page_later(loan->borrower->space.root, loan->borrower_base + i * PAGE_SIZE);
		entries[i] = 0;
		leaf[i] = (value & ~(PTE_LENT | PTE_WAS_W)) | PTE_V | (value & PTE_WAS_W ? PTE_W : 0);
	}
	mapping_lends(loan->mapping, -(intptr_t)loan->pages);
	slot_give(window, loan->slot);
	loan->pages = 0;
	loan->writable = false;
	loan->borrower = NULL;
}

/* --- The two ways. */

/* Who would serve the call, or NULL. */
static inline QUICK struct thread *receiver_quick(const struct thread *self, handle_t handle, struct connection **connection, struct mailbox **mailbox,
                                                  uintptr_t *space)
{
	struct thread *receiver;
	struct object *object;

	if (!object_quick(self, handle, RIGHT_CALL, &object) || self->may_not_call >= LIMIT_CALL_DEPTH)
		return NULL;
	*connection = CONTAINER_OF(object, struct connection, object);
	*mailbox = (*connection)->to;
	receiver = (*mailbox)->eager;
	if (!receiver)
		receiver = (*mailbox)->keen;
	if (!receiver)
		return NULL;
	*space = receiver->process->quick_space;
	return *space ? receiver : NULL;
}

/* It would have accepted handles, and none come. */
static inline QUICK void handles_unexpected(struct mailbox *mailbox, struct thread *receiver)
{
	mailbox->keen = NULL;
	receiver->process->handles.reserved -= receiver->accept;
	receiver->accept = 0;
	receiver->message.address = 0;
}

static inline QUICK struct registers *call_done(struct arch_cpu *here, struct thread *self, struct connection *connection, struct mailbox *mailbox, struct thread *receiver,
                                                uintptr_t space, uint32_t situation, uintptr_t info, uintptr_t length, uintptr_t loan)
{
	mailbox->eager = NULL;
	if (receiver->accept)
		handles_unexpected(mailbox, receiver);
	caller_served(self, connection, receiver, situation);
	receiver_serves(receiver, self, self->may_not_call); /* it may: that is depth alone */
	return arch_fast_leave(run(here, receiver, space), self->token, connection->notice.badge, info, length, loan);
}

struct registers *fast_call_keen(struct connection *connection)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *receiver = connection->to->keen;
	uintptr_t space = receiver ? receiver->process->quick_space : 0;

	if (!space || self->may_not_call >= LIMIT_CALL_DEPTH)
		return NULL;

	/* --- Point of no return. */
	connection->to->donor = self;
	return call_done(here, self, connection, connection->to, receiver, space, SITUATION(STATE_SERVED, KIND_CALL, false, false), KIND_CALL, 0, 0);
}

/* A loan, and nothing else but a deadline. */
static __attribute__((noinline)) struct registers *call_lending(const volatile struct abi_message *header)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *receiver;
	uint32_t situation = SITUATION(STATE_SERVED, KIND_CALL, false, false);
	struct connection *connection;
	struct lending lending;
	struct mailbox *mailbox;
	uintptr_t space;

	receiver = receiver_quick(self, (handle_t)self->registers.x[X_A0], &connection, &mailbox, &space);
	if (!receiver || !deadline_quick(self, &situation))
		return NULL;
	if (header_counts(header) || !lend_quick(header, self, connection, receiver, &lending))
		return NULL;

	/* --- Point of no return. */
	mailbox->lender = self;
	return call_done(here, self, connection, mailbox, receiver, space, situation, KIND_CALL | (lending.writable ? INFO_LOAN_WRITABLE : 0), 0,
	                 lend(self, connection, receiver->process, &lending));
}

struct registers *fast_call_message(handle_t handle)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *receiver;
	struct region from = region_of(&self->process->space);
	uint32_t situation = SITUATION(STATE_SERVED, KIND_CALL, false, false), counts = 0;
	const volatile struct abi_message *header = NULL;
	struct connection *connection;
	vaddr_t address = self->registers.x[X_T3];
	uintptr_t length = 0, space;
	struct mailbox *mailbox;

	if (address) {
		if (!header_quick(&from, address, &header))
			return NULL;
		if (__builtin_expect(header->pages, 0))
			return call_lending(header);
		counts = header_counts(header);
	}
	receiver = receiver_quick(self, handle, &connection, &mailbox, &space);
	if (!receiver || !deadline_quick(self, &situation))
		return NULL;
	if (counts != ONE_IN) {
		if (!counts)
			goto words_alone;
		if (counts & ~(ONE_IN | ONE_OUT))
			return NULL;
		self->room.base = header->out[0].base;
		self->room.size = header->out[0].size;
		if (self->room.size > LIMIT_COPY_BYTES)
			return NULL;
		situation |= SITUATION(0, 0, false, true);
	}
	if (counts & ONE_IN) {
		length = header->in[0].size;
		if (length > receiver->buffer_room ||
		    !bytes_copy(&receiver->process->space, receiver->buffer.address, page_rest(receiver->buffer.address), &from, header->in[0].base, length))
			return NULL;
	}
words_alone:

	/* --- Point of no return. */
	mailbox->donor = self;
	return call_done(here, self, connection, mailbox, receiver, space, situation, KIND_CALL, length, 0);
}

/* May this thread answer this caller here and now? The space of the caller, or 0. */
static inline QUICK uintptr_t answerable(const struct arch_cpu *here, const struct thread *self, const struct thread *caller)
{
	if (caller->server_thread != self || caller->token != here->scratch[0])
		return 0;
	return here->ready_bits >> caller->priority ? 0 : caller->process->quick_space;
}

/* Slots for the handles of the next message, if there are so many, and a place where their numbers can be written. */
static inline QUICK bool accept_quick(const struct thread *self, struct region *region, vaddr_t address, unsigned accept)
{
	const struct handle_table *table = &self->process->handles;
	pte_t entry;

	return accept <= LIMIT_HANDLES && table->free_count - table->reserved >= accept && leaf_allows(region, address, WRITABLE, &entry);
}

static inline QUICK void wait_again(struct thread *self, struct mailbox *mailbox, uint32_t situation, unsigned accept)
{
	server_waits(self, situation);
	if (!accept) {
		mailbox->eager = self;
		return;
	}
	mailbox->keen = self;
	self->accept = (uint8_t)accept;
	self->process->handles.reserved += accept;
	self->message.address = self->registers.x[X_T3];
}

/* scratch[1], scratch[2]: how who answers waits on: its situation, and how many handles it accepts. */
struct registers *fast_reply_lender(struct mailbox *mailbox)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *caller = mailbox->lender;
	uintptr_t space = caller ? answerable(here, self, caller) : 0;

	if (!space || !is_returnable(&caller->loan))
		return NULL;

	/* --- Point of no return. */
	mailbox->lender = NULL;
	loan_give(caller);
	caller_answered(caller, caller->token);
	wait_again(self, mailbox, (uint32_t)here->scratch[1], (unsigned)here->scratch[2]);
	return arch_fast_leave(run(here, caller, space), 0, 0, 0, 0, 0);
}

struct registers *fast_reply_message(handle_t handle)
{
	struct arch_cpu *here = arch_here();
	struct thread *self = here->current, *caller;
	const volatile struct abi_message *header = NULL;
	struct region from = region_of(&self->process->space);
	uint32_t situation = STATE_RECEIVING, counts = 0;
	vaddr_t address = self->registers.x[X_T3];
	uintptr_t space, rest, length = 0;
	struct mailbox *mailbox;
	struct object *object;

	if (!object_quick(self, handle, RIGHT_RECEIVE, &object) || !deadline_quick(self, &situation))
		return NULL;
	mailbox = &CONTAINER_OF(object, struct server, object)->mailbox;
	caller = mailbox->donor;
	if (address) {
		if (!header_quick(&from, address, &header))
			return NULL;
		counts = header_counts(header);
		if (counts & ~(ONE_IN | ACCEPT) || header->pages)
			return NULL;
		if (counts & ACCEPT && !accept_quick(self, &from, address, counts >> ACCEPT_SHIFT))
			return NULL;
	}
	if (!caller) {
		here->scratch[1] = situation;
		here->scratch[2] = counts >> ACCEPT_SHIFT;
		return counts & ONE_IN ? NULL : fast_reply_lender(mailbox);
	}
	space = answerable(here, self, caller);
	if (!space)
		return NULL;
	if (address && counts & ONE_IN) {
		length = header->in[0].size;
		rest = page_rest(caller->room.base);
		if (length && (!caller->has_room || length > caller->room.size || rest + length > PAGE_SIZE ||
		               !bytes_copy(&caller->process->space, caller->room.base, rest, &from, header->in[0].base, length)))
			return NULL;
	}

	/* --- Point of no return. */
	mailbox->donor = NULL;
	caller_answered(caller, caller->token);
	wait_again(self, mailbox, situation, counts >> ACCEPT_SHIFT);
	return arch_fast_leave(run(here, caller, space), 0, 0, 0, length, 0);
}
