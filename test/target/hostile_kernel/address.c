/* address.c - addresses that are not the program's: the kernel's, of page tables, of devices, of others, of nobody. */
#include "hostile.h"
#include "nacre/clock.h"

enum { EVIL = 12 };

/* Whatever may lie there in some process or in the kernel, this program has nothing there. */
CHILD static uintptr_t evil_address(unsigned n)
{
	uintptr_t top, sign;

	__asm__("li %0, -1" : "=r"(top)); /* what the compiler knew, it would put among the constants */
	sign = top ^ top >> 1;
	if (n < 4)
		return n == 0 ? 0 : n == 1 ? 4096 : n == 2 ? 0x10000000 : 0x80000000;
	if (n < 8)
		return n == 4 ? sign : n == 5 ? sign - 4096 : n == 6 ? sign | sign >> 1 : top << 12;
	return n == 8 ? sign | 0x200000 : n == 9 ? (uintptr_t)1 << (sizeof(top) == 4 ? 31 : 38) : n == 10 ? top << 30 : 0x20000000;
}

CHILD static void map_at(const struct nacre_words *plan, uintptr_t address)
{
	nacre_handle_t self = (nacre_handle_t)plan->word[0], memory;

	FAILS(nacre_map_remove(self, address, 1));
	FAILS(nacre_map_remove(self, address, ~(size_t)0));
	FAILS(nacre_map_protect(self, address, 1, NACRE_PROT_READ | NACRE_PROT_WRITE));
	FAILS(nacre_map_protect(self, address, 1, 0));
	SUCCEEDS(nacre_memory_create((nacre_handle_t)plan->word[1], 1, NACRE_MEMORY_PRIVATE, &memory));
	if (address) /* 0 means: anywhere */
		FAILS(nacre_map_add(self, address, memory, 0, 1, NACRE_PROT_WRITE, NULL));
	SUCCEEDS(nacre_handle_close(memory));
}

CHILD static void unmap_everything(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	for (unsigned n = 0; n < EVIL; n++) {
		map_at(&plan, evil_address(n));
		map_at(&plan, evil_address(n) | 1);
	}
	nacre_process_exit(0);
}

TEST(address_map, "unmapping, protecting and mapping at addresses of the kernel, of devices and of nobody is refused")
{
	EXPECT_EQ(hostile_run(unmap_everything), 0);
}

/* Every call that takes an address of memory to read or to write. */
CHILD static void touch_at(const struct nacre_words *plan, void *address)
{
	nacre_handle_t self = (nacre_handle_t)plan->word[0], budget = (nacre_handle_t)plan->word[1], placed;

	REFUSED(ADDRESS, nacre_budget_info(budget, address));
	REFUSED(ADDRESS, nacre_process_info(self, address));
	REFUSED(ADDRESS, nacre_process_thread(self, 0, address));
	REFUSED(ADDRESS, nacre_process_handle(self, 0, address, NULL));
	REFUSED(ADDRESS, nacre_map_query(self, 0, address));
	REFUSED(ADDRESS, nacre_thread_buffer_set(address, 64));
	REFUSED(ADDRESS, nacre_futex_wait(address, 0, 0, NACRE_DEADLINE_NOW));
	FAILS(nacre_process_status(self, address));
	REFUSED(STATE, nacre_process_place(self, budget, 0, &placed));
}

CHILD static void message_at(const struct nacre_words *plan, uintptr_t address)
{
	nacre_handle_t control = (nacre_handle_t)plan->opcode;
	struct nacre_message message;
	struct nacre_words words;

	words_clear(&words, 9);
	if (address)
		REFUSED(ADDRESS, nacre_connection_call_message(control, &words, NACRE_DEADLINE_NEVER,
							       (struct nacre_message *)address, NULL));
	message_clear(&message);
	message.in_count = 1;
	message.in[0].base = address;
	message.in[0].size = 8;
	REFUSED(ADDRESS, nacre_connection_call_message(control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	REFUSED(ADDRESS, nacre_connection_send(control, &words, &message));
	message.in[0].base = plan->word[2] + 8192 - 4; /* half of it is the program's */
	REFUSED(ADDRESS, nacre_connection_send(control, &words, &message));
	message_clear(&message);
	message.page_count = 1;
	message.page_base = address & ~(uintptr_t)4095;
	message.pages = NACRE_PAGES_LEND;
	FAILS(nacre_connection_call_message(control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	message.pages = NACRE_PAGES_LEND_MUT;
	FAILS(nacre_connection_call_message(control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
}

CHILD static void point_everywhere(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	for (unsigned n = 0; n < EVIL; n++)
		touch_at(&plan, (void *)evil_address(n));
	nacre_process_exit(0);
}

TEST(address_pointer, "no call reads from or writes to memory that is not the program's, whoever's it is")
{
	EXPECT_EQ(hostile_run(point_everywhere), 0);
}

CHILD static void message_everywhere(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	for (unsigned n = 0; n < EVIL; n++)
		message_at(&plan, evil_address(n));
	nacre_process_exit(0);
}

/* Calls only fail when somebody takes them. */
TEST(address_message, "a message whose header, segments or pages are not the sender's is refused to the sender; its server sees nothing of it")
{
	static char buffer[64];
	struct nacre_received in = { 0 };
	struct hostile hostile;

	EXPECT_OK(nacre_thread_buffer_set(buffer, sizeof buffer));
	hostile_make(&hostile);
	hostile_start(&hostile, message_everywhere);
	EXPECT_EQ(nacre_server_receive(hostile.control.server, nacre_deadline_in(5 * NACRE_S), NULL, &in), NACRE_E_TIMEOUT);
	EXPECT_OK(nacre_thread_buffer_set(NULL, 0));
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}

/* A line further each time: what lies beyond the room's end belongs to nobody. */
CHILD static void run_over_the_end(uintptr_t control)
{
	struct nacre_words plan;
	struct nacre_message message;
	struct nacre_words words;
	uintptr_t end;

	plan_ask(control, &plan);
	words_clear(&words, 9);
	end = plan.word[2] + 8192;
	SUCCEEDS(nacre_budget_info((nacre_handle_t)plan.word[1], (void *)(end - sizeof(struct nacre_budget_state))));
	for (unsigned over = 8; over <= sizeof(struct nacre_budget_state); over += 8)
		REFUSED(ADDRESS, nacre_budget_info((nacre_handle_t)plan.word[1],
						   (void *)(end + over - sizeof(struct nacre_budget_state))));
	REFUSED(ADDRESS, nacre_thread_buffer_set((void *)(end - 64), 65));
	REFUSED(ADDRESS, nacre_thread_buffer_set((void *)(end - 4096), NACRE_LIMIT_COPY_BYTES));
	message_clear(&message);
	message.in_count = 4;
	for (unsigned i = 0; i < 4; i++) {
		message.in[i].base = end - 8;
		message.in[i].size = i < 3 ? 8 : 9;
	}
	REFUSED(ADDRESS, nacre_connection_send((nacre_handle_t)control, &words, &message));
	message.in[3].base = ~(uintptr_t)0 - 4; /* wraps round */
	message.in[3].size = 8;
	REFUSED(ADDRESS, nacre_connection_send((nacre_handle_t)control, &words, &message));
	message.in[0].size = message.in[1].size = ~(size_t)0 / 2 + 1; /* their sum wraps round */
	FAILS(nacre_connection_send((nacre_handle_t)control, &words, &message));
	message.in_count = 5;
	REFUSED(ARGUMENT, nacre_connection_send((nacre_handle_t)control, &words, &message));
	nacre_process_exit(0);
}

TEST(address_end, "a structure or segment that begins in the program's memory and ends beyond it, or wraps round, is refused")
{
	EXPECT_EQ(hostile_run(run_over_the_end), 0);
}

/* Its own text is sealed memory, its stack and room are private memory. */
CHILD static void lend_what_is_not_lendable(uintptr_t control)
{
	struct nacre_words plan, words;
	struct nacre_message message;
	nacre_handle_t memory;
	uintptr_t base;

	plan_ask(control, &plan);
	words_clear(&words, 9);
	message_clear(&message);
	message.pages = NACRE_PAGES_LEND;
	message.page_count = 1;
	__asm__("auipc %0, 0" : "=r"(base)); /* its own text */
	message.page_base = base & ~(uintptr_t)4095;
	REFUSED(ADDRESS, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	SUCCEEDS(nacre_memory_create((nacre_handle_t)plan.word[1], 1, NACRE_MEMORY_SHARED, &memory));
	SUCCEEDS(nacre_map_add((nacre_handle_t)plan.word[0], 0, memory, 0, 1, NACRE_PROT_WRITE, &base));
	message.page_base = base;
	REFUSED(ADDRESS, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	/* Both pages of the room are fine, the third is none: nothing is lent. */
	message.page_base = plan.word[2];
	message.page_count = 3;
	message.pages = NACRE_PAGES_LEND_MUT;
	REFUSED(ADDRESS, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	*(volatile uint8_t *)plan.word[2] = 1;
	*(volatile uint8_t *)(plan.word[2] + 4096) = 2;
	message.page_count = 33;
	REFUSED(ARGUMENT, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	message.page_count = ~(uintptr_t)0;
	REFUSED(ARGUMENT, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	message.page_count = 0;
	REFUSED(ARGUMENT, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	message.page_count = 1;
	message.page_base = plan.word[2] + 16;
	REFUSED(ARGUMENT, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	/* Read-only memory is not lent writable. */
	SUCCEEDS(nacre_map_protect((nacre_handle_t)plan.word[0], plan.word[2], 2, NACRE_PROT_READ));
	message.page_base = plan.word[2];
	REFUSED(ADDRESS, nacre_connection_call_message((nacre_handle_t)control, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	nacre_process_exit(0);
}

TEST(lend_refused, "text, shared memory, read-only memory and ranges that end outside are not lent, and a loan that fails half way leaves nothing lent")
{
	struct nacre_received in = { 0 };
	struct hostile hostile;

	hostile_make(&hostile);
	hostile_start(&hostile, lend_what_is_not_lendable);
	EXPECT_EQ(nacre_server_receive(hostile.control.server, nacre_deadline_in(5 * NACRE_S), NULL, &in), NACRE_E_TIMEOUT);
	EXPECT_EQ(hostile_end(&hostile).code, 0);
}

/* No route leads to memory that can be written and executed. */
CHILD static void write_and_execute(uintptr_t control)
{
	enum { R = NACRE_PROT_READ, W = NACRE_PROT_WRITE, X = NACRE_PROT_EXECUTE };
	struct nacre_words plan;
	nacre_handle_t self, memory;
	uintptr_t base, other;

	plan_ask(control, &plan);
	self = (nacre_handle_t)plan.word[0];
	SUCCEEDS(nacre_memory_create((nacre_handle_t)plan.word[1], 1, NACRE_MEMORY_SHARED, &memory));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, 0, 1, W | X, NULL));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, 0, 1, R | W | X, NULL));
	REFUSED(SEALED, nacre_map_add(self, 0, memory, 0, 1, X, NULL));
	SUCCEEDS(nacre_map_add(self, 0, memory, 0, 1, W, &base));
	REFUSED(SEALED, nacre_map_protect(self, base, 1, R | X));
	REFUSED(ARGUMENT, nacre_map_protect(self, base, 1, W | X));
	SUCCEEDS(nacre_map_add(self, 0, memory, 0, 1, R, &other));
	SUCCEEDS(nacre_map_protect(self, other, 1, R));
	REFUSED(BUSY, nacre_memory_seal(memory));
	SUCCEEDS(nacre_map_remove(self, base, 1));
	SUCCEEDS(nacre_memory_seal(memory));
	SUCCEEDS(nacre_map_protect(self, other, 1, R | X));
	REFUSED(SEALED, nacre_map_add(self, 0, memory, 0, 1, W, NULL));
	REFUSED(SEALED, nacre_map_protect(self, other, 1, W));
	__asm__("auipc %0, 0" : "=r"(base));
	FAILS(nacre_map_protect(self, base & ~(uintptr_t)4095, 1, W));
	nacre_process_exit(0);
}

TEST(write_execute, "memory is never writable and executable: not by a mapping, a protection, a second mapping, or sealing late")
{
	EXPECT_EQ(hostile_run(write_and_execute), 0);
}

/* Numbers that would reach RAM beyond the memory, if they were only added up. */
CHILD static void reach_beyond(uintptr_t control)
{
	struct nacre_words plan;
	nacre_handle_t self, memory;
	size_t all = ~(size_t)0;

	plan_ask(control, &plan);
	self = (nacre_handle_t)plan.word[0];
	SUCCEEDS(nacre_memory_create((nacre_handle_t)plan.word[1], 2, NACRE_MEMORY_SHARED, &memory));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, 2, 1, NACRE_PROT_READ, NULL));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, 1, 2, NACRE_PROT_READ, NULL));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, all, 1, NACRE_PROT_READ, NULL));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, all, 2, NACRE_PROT_READ, NULL));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, 2, all, NACRE_PROT_READ, NULL));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, 0x80000, all - 0x7fffe, NACRE_PROT_READ, NULL));
	REFUSED(ARGUMENT, nacre_map_add(self, 0, memory, 0, 0, NACRE_PROT_READ, NULL));
	nacre_process_exit(0);
}

TEST(physical, "no offset or length reaches RAM outside of a memory object")
{
	EXPECT_EQ(hostile_run(reach_beyond), 0);
}
