/* kernel_sys_debug.c - the debugger's calls: stop and resume, registers, memory through private copies. */
#include "unit.h"

#include "fixture.h"

static struct program *handler, *victim;
static struct thread *h, *v;
static handle_t faults, process; /* the handler's */

#define BUFFER (handler->data + 2 * P)

UNIT_SETUP
{
	world_start();
	handler = program_new(10);
	victim = program_new(10);
	h = handler->thread;
	v = victim->thread;
	faults = make_server(handler);
	process = give(&boss, victim->boss_process, handler);
	EXPECT_OK(CALL(h, PROCESS_FAULT_SET, process, faults, 66));
	EXPECT_OK(CALL(h, THREAD_BUFFER_SET, BUFFER, sizeof(struct abi_registers)));
}

static struct abi_exit_record record(void)
{
	struct abi_exit_record seen;

	EXPECT_OK(CALL(h, PROCESS_STATUS, process, handler->data + P));
	peek(handler, handler->data + P, &seen, sizeof seen);
	return seen;
}

static void registers_fill(struct thread *thread)
{
	thread->registers.pc = 0x4440;
	for (unsigned i = 0; i < 31; i++)
		thread->registers.x[i] = 0x1000 + i;
}

TEST(stop, "no thread of a stopped process runs, whatever happens to it, until it is resumed")
{
	struct thread *second = program_thread(victim, 10);

	EXPECT_BLOCKED(do_futex_wait(second, victim->data, 0, 0, soon()));
	EXPECT_OK(CALL(h, PROCESS_STOP, process));
	EXPECT_ERROR(process_stop, STATE, CALL(h, PROCESS_STOP, process));
	EXPECT_ERROR(process_stop, BUSY, CALL(h, PROCESS_STOP, handler->self));
	pass_ns(1000000); /* its deadline passes meanwhile */
	EXPECT_BLOCKED(do_receive(h, faults));
	assert_null(arch_cpu.current);
	EXPECT_OK(CALL(boss.thread, PROCESS_RESUME, victim->boss_process));
	assert_ptr_equal(arch_cpu.current->process, victim->process);
	EXPECT_ERROR(futex_wait, TIMEOUT, answer(second));
	EXPECT_OK(CALL(v, THREAD_YIELD, 0));
	EXPECT_OK(CALL(second, THREAD_YIELD, 0));
	world_end();
}

TEST(stop_refused, "only a started process can be stopped, and only a stopped one resumed")
{
	EXPECT_OK(CALL(h, PROCESS_CREATE, handler->budget, handler->budget));
	handle_t new = (handle_t)*thread_a(h, 1);
	EXPECT_ERROR(process_stop, STATE, CALL(h, PROCESS_STOP, new));
	EXPECT_ERROR(process_resume, STATE, CALL(h, PROCESS_RESUME, new));
	EXPECT_ERROR(process_resume, STATE, CALL(h, PROCESS_RESUME, process));
	EXPECT_OK(CALL(h, HANDLE_CLOSE, new));
	world_end();
}

TEST(stop_hand_over, "a call to a stopped server is taken, and served when it is resumed; a stopped caller's reply waits for it")
{
	struct program *client = program_new(10);
	handle_t mailbox = make_server(victim), line = connect(victim, mailbox, client, 1);

	EXPECT_BLOCKED(do_receive(v, mailbox));
	EXPECT_OK(CALL(h, PROCESS_STOP, process));
	EXPECT_BLOCKED(do_call(client->thread, line, 1));
	assert_int_equal(client->thread->state, STATE_SERVED);
	EXPECT_OK(CALL(h, PROCESS_RESUME, process));
	EXPECT_BLOCKED(do_futex_wait(h, handler->data, 0, 0, NEVER));
	EXPECT_OK(CALL(boss.thread, PROCESS_STOP, client->boss_process));
	EXPECT_OK(do_reply(v, got(v).token, 0, NULL));
	EXPECT_BLOCKED(do_receive(v, mailbox));
	assert_null(arch_cpu.current);
	EXPECT_OK(CALL(boss.thread, PROCESS_RESUME, client->boss_process));
	assert_ptr_equal(arch_cpu.current, client->thread);
	world_end();
}

TEST(stop_kill, "a stopped process can be killed")
{
	EXPECT_OK(CALL(h, PROCESS_STOP, process));
	EXPECT_OK(CALL(h, PROCESS_KILL, process, 4));
	assert_int_equal(record().code, 4);
	EXPECT_ERROR(process_resume, STATE, CALL(h, PROCESS_RESUME, process));
	world_end();
}

TEST(registers, "registers of a stopped thread are read and written whole")
{
	struct abi_registers seen;

	registers_fill(v);
	EXPECT_ERROR(process_registers_get, STATE, CALL(h, PROCESS_REGISTERS_GET, process, 1, BUFFER));
	EXPECT_ERROR(process_registers_set, STATE, CALL(h, PROCESS_REGISTERS_SET, process, 1, BUFFER));
	EXPECT_OK(CALL(h, PROCESS_STOP, process));
	EXPECT_OK(CALL(h, PROCESS_REGISTERS_GET, process, 1, BUFFER));
	peek(handler, BUFFER, &seen, sizeof seen);
	assert_memory_equal(&seen, &v->registers, sizeof seen);
	seen.x[3] = 5;
	seen.pc = 0x8880;
	poke(handler, BUFFER, &seen, sizeof seen);
	EXPECT_OK(CALL(h, PROCESS_REGISTERS_SET, process, 1, BUFFER));
	assert_memory_equal(&seen, &v->registers, sizeof seen);
	EXPECT_ERROR(process_registers_get, ARGUMENT, CALL(h, PROCESS_REGISTERS_GET, process, 2, BUFFER));
	EXPECT_ERROR(process_registers_set, ARGUMENT, CALL(h, PROCESS_REGISTERS_SET, process, 0, BUFFER));
	EXPECT_ERROR(process_registers_get, ADDRESS, CALL(h, PROCESS_REGISTERS_GET, process, 1, 8));
	EXPECT_ERROR(process_registers_set, ADDRESS, CALL(h, PROCESS_REGISTERS_SET, process, 1, 8));
	world_end();
}

TEST(registers_waiting, "registers of a thread that waits in a call can be read, not written: the call's results would cover them")
{
	thread_fault(v, CAUSE_BREAKPOINT, 4);
	EXPECT_OK(do_receive(h, faults));
	EXPECT_OK(do_reply(h, got(h).token, 0, NULL)); /* it has faulted before */
	EXPECT_BLOCKED(do_futex_wait(v, victim->data, 0, 0, NEVER));
	EXPECT_OK(CALL(h, PROCESS_STOP, process));
	EXPECT_OK(CALL(h, PROCESS_REGISTERS_GET, process, 1, BUFFER));
	EXPECT_ERROR(process_registers_set, STATE, CALL(h, PROCESS_REGISTERS_SET, process, 1, BUFFER));
	world_end();
}

TEST(registers_faulted, "registers of a faulted thread can be read and written without stopping the process")
{
	struct abi_registers seen;

	thread_fault(v, CAUSE_BREAKPOINT, 4);
	EXPECT_OK(do_receive(h, faults));
	token_t token = got(h).token;
	EXPECT_OK(CALL(h, PROCESS_REGISTERS_GET, process, 1, BUFFER));
	peek(handler, BUFFER, &seen, sizeof seen);
	seen.x[8] = 0x88;
	poke(handler, BUFFER, &seen, sizeof seen);
	EXPECT_OK(CALL(h, PROCESS_REGISTERS_SET, process, 1, BUFFER));
	EXPECT_OK(do_reply(h, token, 0, NULL));
	assert_int_equal(v->registers.x[8], 0x88);
	world_end();
}

TEST(memory, "a debugger reads and writes memory of the process, through its protection")
{
	uint32_t value = 0x1234;

	poke_word(victim, victim->data + 4 * P - 2, 0xabcd9876);
	EXPECT_OK(CALL(h, PROCESS_READ, process, victim->data + 4 * P - 2, BUFFER, 4));
	assert_int_equal(peek_word(handler, BUFFER), 0xabcd9876);
	EXPECT_OK(CALL(v, MAP_PROTECT, victim->self, victim->data, DATA_PAGES, PROT_READ));
	poke_word(handler, BUFFER, value);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, victim->data + 4 * P - 2, BUFFER, 4));
	assert_int_equal(peek_word(victim, victim->data + 4 * P - 2), value);
	EXPECT_OK(CALL(h, PROCESS_READ, process, victim->data, handler->data + 4 * P, 4096));
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, victim->data + 100, handler->data + 4 * P, 4096));
	world_end();
}

TEST(memory_self, "a process may debug its own memory, overlapping ranges too")
{
	vaddr_t base = victim->data + 3 * P;

	pattern_write(victim, base, 4000, 1);
	EXPECT_OK(CALL(v, PROCESS_WRITE, victim->self, victim->budget, base + 10, base, 4000));
	assert_true(pattern_is(victim, base + 10, 4000, 1));
	EXPECT_OK(CALL(v, PROCESS_READ, victim->self, base + 10, base, 4000));
	assert_true(pattern_is(victim, base, 4000, 1));
	world_end();
}

TEST(memory_refused, "a debugger's range is at most 4096 bytes, and memory on both sides")
{
	handle_t poor = make_budget(handler, 0);

	EXPECT_ERROR(process_read, ARGUMENT, CALL(h, PROCESS_READ, process, victim->data, BUFFER, 4097));
	EXPECT_ERROR(process_write, ARGUMENT, CALL(h, PROCESS_WRITE, process, poor, victim->data, BUFFER, 4097));
	EXPECT_ERROR(process_read, ADDRESS, CALL(h, PROCESS_READ, process, victim->data, 8, 4));
	EXPECT_ERROR(process_read, ADDRESS, CALL(h, PROCESS_READ, process, 8, BUFFER, 4));
	EXPECT_ERROR(process_read, ADDRESS, CALL(h, PROCESS_READ, process, (vaddr_t)-2, BUFFER, 4));
	EXPECT_ERROR(process_write, ADDRESS, CALL(h, PROCESS_WRITE, process, poor, victim->data, 8, 4));
	EXPECT_ERROR(process_write, ADDRESS, CALL(h, PROCESS_WRITE, process, poor, 8, BUFFER, 4));
	EXPECT_ERROR(process_write, ADDRESS, CALL(h, PROCESS_WRITE, process, poor, victim->data + DATA_PAGES * P - 2, BUFFER, 4));
	EXPECT_ERROR(process_write, ADDRESS, CALL(h, PROCESS_WRITE, process, poor, (vaddr_t)-2, BUFFER, 4));
	world_end();
}

/* Image memory of the handler's budget, mapped executable in the victim. */
static vaddr_t image_map(size_t pages)
{
	struct memory *image;
	handle_t handle;

	assert_int_equal(memory_new_fixed(program_account(handler), HOST_IMAGE_BASE, 8, BACKING_IMAGE, &image), E_OK);
	memset(pa_to_kva(HOST_IMAGE_BASE), 0x13, 8 * P);
	assert_int_equal(handle_reserve(handler->process, 1), E_OK);
	handle = handle_add(handler->process, &image->object, RIGHT_ALL_MEMORY);
	EXPECT_OK(CALL(h, MAP_ADD, process, 0, handle, 0, pages, PROT_READ | PROT_EXECUTE));
	return *thread_a(h, 1);
}

static uint32_t image_word(void)
{
	return *(uint32_t *)pa_to_kva(HOST_IMAGE_BASE);
}

TEST(patch, "a write to image text puts a private copy there, charged to the debugger; nobody else sees it")
{
	vaddr_t text = image_map(3);
	size_t charged = program_account(handler)->account.charged;
	unsigned fences = host_counts.instruction_fences;

	poke_word(handler, BUFFER, 0x00100073);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text + 4, BUFFER, 4));
	assert_true(program_account(handler)->account.charged > charged);
	charged = program_account(handler)->account.charged;
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text + 8, BUFFER, 4)); /* no second copy */
	assert_int_equal(program_account(handler)->account.charged, charged);
	assert_int_equal(peek_word(victim, text), 0x13131313);
	assert_int_equal(peek_word(victim, text + 4), 0x00100073);
	assert_int_equal(image_word(), 0x13131313);
	assert_int_equal(host_user_fetch(victim->process->space.root, text + 4), 0);
	assert_false(can_write(victim, text + 4));
	assert_true(host_counts.instruction_fences > fences);
	EXPECT_OK(CALL(v, MAP_REMOVE, victim->self, text, 3)); /* and goes with the mapping */
	assert_true(program_account(handler)->account.charged < charged);
	world_end();
}

TEST(patch_payer, "without pages for the copy nothing is written")
{
	vaddr_t text = image_map(2);

	for (unsigned pages = 0; pages < 2; pages++) {
		handle_t poor = make_budget(handler, pages);

		EXPECT_ERROR(process_write, BUDGET, CALL(h, PROCESS_WRITE, process, poor, text, BUFFER, 4));
		EXPECT_ERROR(process_write, BUDGET, CALL(h, PROCESS_WRITE, process, poor, text + P - 2, BUFFER, 4));
		EXPECT_OK(CALL(h, HANDLE_CLOSE, poor));
	}
	assert_int_equal(peek_word(victim, text), 0x13131313);
	world_end();
}

TEST(patch_two_pages, "a write that lies on two pages needs both copies, or does nothing")
{
	vaddr_t text = image_map(2);
	handle_t payer;
	uintptr_t error;
	unsigned pages = 0;

	poke_word(handler, BUFFER, 0);
	do {
		struct counters before;

		payer = make_budget(handler, pages++);
		before = counters_read();
		error = CALL(h, PROCESS_WRITE, process, payer, text + P - 2, BUFFER, 4);
		if (!error)
			break;
		expect_unchanged(&before, "process_write", __FILE__, __LINE__);
		assert_int_equal(peek_word(victim, text + P - 4), 0x13131313);
		EXPECT_OK(CALL(h, HANDLE_CLOSE, payer));
	} while (pages < 8);
	assert_int_equal(error, E_OK);
	assert_int_equal(peek_word(victim, text + P - 2), 0);
	world_end();
}

TEST(patch_page_end, "a write up to a page's last byte copies that page alone, also where nothing comes after it")
{
	vaddr_t text = image_map(2);
	size_t charged;

	poke_word(handler, BUFFER, 7);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text, BUFFER, 4));
	charged = program_account(handler)->account.charged;
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text + P - 4, BUFFER, 4));
	assert_int_equal(program_account(handler)->account.charged, charged);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text + 2 * P - 4, BUFFER, 4));
	assert_int_equal(peek_word(victim, text + P - 4), 7);
	assert_int_equal(peek_word(victim, text + 2 * P - 4), 7);
	world_end();
}

TEST(patch_second_had, "a write on two pages is refused without a copy of the first, although the second has one")
{
	vaddr_t text = image_map(2);
	handle_t poor = make_budget(handler, 0);

	poke_word(handler, BUFFER, 0);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text + P, BUFFER, 4));
	EXPECT_ERROR(process_write, BUDGET, CALL(h, PROCESS_WRITE, process, poor, text + P - 2, BUFFER, 4));
	assert_int_equal(peek_word(victim, text + P - 4), 0x13131313);
	world_end();
}

TEST(patch_payer_dies, "when the payer of a private copy goes, the original is back")
{
	vaddr_t text = image_map(2);
	handle_t payer = make_budget(handler, 8);

	poke_word(handler, BUFFER, 0);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, payer, text, BUFFER, 4));
	assert_int_equal(peek_word(victim, text), 0);
	EXPECT_OK(CALL(h, BUDGET_DESTROY, payer));
	assert_int_equal(peek_word(victim, text), 0x13131313);
	world_end();
}

TEST(patch_image_dies, "when the image memory goes under a private copy, mapping and copy go together")
{
	vaddr_t text = image_map(2);
	struct program *payer = program_new(10);
	handle_t budget = give(payer, payer->budget, handler);

	poke_word(handler, BUFFER, 0);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, budget, text, BUFFER, 4));
	program_budget_end(handler); /* which pays for the image */
	assert_false(can_read(victim, text));
	EXPECT_OK(CALL(v, THREAD_YIELD, 0));
	program_kill(payer);
	program_budget_end(payer);
	EXPECT_OK(CALL(v, THREAD_YIELD, 0));
	world_end();
}

TEST(patch_process_dies, "private copies go with the process")
{
	vaddr_t text = image_map(3);
	size_t charged = program_account(handler)->account.charged;

	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text, BUFFER, 4));
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text + 2 * P, BUFFER, 4));
	EXPECT_OK(CALL(h, PROCESS_KILL, process, 1));
	pass_ns(1);
	assert_int_equal(program_account(handler)->account.charged, charged);
	world_end();
}

TEST(patch_sealed, "sealed memory is patched in the one process and stays as it is in others")
{
	struct program *other = program_new(10);
	handle_t memory = make_memory(handler, 2, MEMORY_SHARED);
	vaddr_t mine = map_memory(handler, memory, 2, RW), there, text;

	pattern_write(handler, mine, 2 * P, 3);
	EXPECT_OK(CALL(h, MAP_REMOVE, handler->self, mine, 2));
	EXPECT_OK(CALL(h, MEMORY_SEAL, memory));
	EXPECT_OK(CALL(h, MAP_ADD, process, 0, memory, 0, 2, PROT_READ | PROT_EXECUTE));
	text = *thread_a(h, 1);
	there = map_memory(other, give(handler, memory, other), 2, PROT_READ);
	poke_word(handler, BUFFER, 0x55555555);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text + 100, BUFFER, 4));
	assert_int_equal(peek_word(victim, text + 100), 0x55555555);
	assert_true(pattern_is(other, there, 2 * P, 3));
	EXPECT_OK(CALL(h, MAP_PROTECT, process, text, 2, PROT_READ));
	assert_int_equal(peek_word(victim, text + 100), 0x55555555);
	EXPECT_OK(CALL(h, MAP_REMOVE, process, text, 2));
	assert_true(pattern_is(other, there, 2 * P, 3));
	world_end();
}

TEST(patch_sealed_orphan, "a private copy in memory whose payer died is undone to the page the mapping still holds")
{
	struct program *payer = program_new(10);
	handle_t memory = make_memory(payer, 2, MEMORY_SHARED);
	vaddr_t base = map_memory(payer, memory, 2, RW), text;
	handle_t here = give(payer, memory, handler);

	pattern_write(payer, base, 2 * P, 3);
	EXPECT_OK(CALL(payer->thread, MAP_REMOVE, payer->self, base, 2));
	EXPECT_OK(CALL(payer->thread, MEMORY_SEAL, memory));
	EXPECT_OK(CALL(h, MAP_ADD, process, 0, here, 0, 2, PROT_READ));
	text = *thread_a(h, 1);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text, BUFFER, 4));
	program_budget_end(payer);
	program_kill(handler);
	program_budget_end(handler);
	assert_true(pattern_is(victim, text, 2 * P, 3));
	EXPECT_OK(CALL(v, MAP_REMOVE, victim->self, text, 2));
	world_end();
}

TEST(patch_some, "unmapping undoes the private copies of its range and leaves others")
{
	vaddr_t first = image_map(3), second = image_map(3);

	poke_word(handler, BUFFER, 0x77777777);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, first + P, BUFFER, 4));
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, second + P, BUFFER, 4));
	EXPECT_OK(CALL(v, MAP_REMOVE, victim->self, second, 3));
	assert_int_equal(peek_word(victim, first + P), 0x77777777);
	EXPECT_OK(CALL(v, MAP_REMOVE, victim->self, first, 3));
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, victim->data, BUFFER, 0)); /* nothing, anywhere */
	world_end();
}

TEST(patch_orphan, "what is not writable and lost its payer may be sealed text of others: it is patched, not written")
{
	struct program *payer = program_new(10), *other = program_new(10);
	handle_t memory = make_memory(payer, 2, MEMORY_SHARED);
	vaddr_t base = map_memory(payer, memory, 2, RW), text, there;

	pattern_write(payer, base, 2 * P, 3);
	EXPECT_OK(CALL(payer->thread, MAP_REMOVE, payer->self, base, 2));
	EXPECT_OK(CALL(payer->thread, MEMORY_SEAL, memory));
	text = map_memory(victim, give(payer, memory, victim), 2, PROT_READ);
	there = map_memory(other, give(payer, memory, other), 2, PROT_READ);
	program_budget_end(payer);
	poke_word(handler, BUFFER, 0x66666666);
	EXPECT_OK(CALL(h, PROCESS_WRITE, process, handler->budget, text, BUFFER, 4));
	assert_int_equal(peek_word(victim, text), 0x66666666);
	assert_true(pattern_is(other, there, 2 * P, 3));
	world_end();
}

TEST(lent, "a debugger cannot write what is lent away, nor read it")
{
	handle_t mailbox = make_server(handler), line = connect(handler, mailbox, victim, 1);
	struct abi_message m = { .pages = PAGES_LEND_MUT, .page_base = victim->data + 3 * P, .page_count = 1 };

	EXPECT_OK(CALL(h, PROCESS_WINDOW_CREATE, handler->self));
	EXPECT_BLOCKED(do_receive(h, mailbox));
	EXPECT_BLOCKED(do_call_message(v, line, 1, &m, NEVER));
	EXPECT_ERROR(process_write, LENT, CALL(h, PROCESS_WRITE, process, handler->budget, victim->data + 3 * P, BUFFER, 4));
	EXPECT_ERROR(process_write, LENT, CALL(h, PROCESS_WRITE, process, handler->budget, victim->data + 3 * P - 2, BUFFER, 4));
	EXPECT_ERROR(process_read, ADDRESS, CALL(h, PROCESS_READ, process, victim->data + 3 * P, BUFFER, 4));
	world_end();
}
