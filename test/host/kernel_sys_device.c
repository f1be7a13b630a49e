/* kernel_sys_device.c - devices: registers, interrupts, pins for DMA. */
#include "unit.h"

#include "fixture.h"

static struct program *driver, *client;
static struct thread *d, *c;
static handle_t device, mailbox, line;

enum { LINE = 5 }; /* the device's first */

UNIT_SETUP
{
	world_start();
	driver = program_new(10);
	client = program_new(10);
	d = driver->thread;
	c = client->thread;
	device = give(&boss, boss_device, driver);
	mailbox = make_server(driver);
	line = connect_with(driver, mailbox, client, 7, 2, 4, 0);
}

static handle_t result(void)
{
	return (handle_t)*thread_a(d, 1);
}

static uintptr_t bind(unsigned index, unsigned priority)
{
	return CALL(d, DEVICE_INTERRUPT, device, driver->budget, index, mailbox, 40 + index, priority);
}

/* --- What it has. */

TEST(info, "device_info tells node, register ranges and lines")
{
	struct abi_device_state seen;

	EXPECT_OK(CALL(d, DEVICE_INFO, device, driver->data + P));
	peek(driver, driver->data + P, &seen, sizeof seen);
	assert_int_equal(seen.node, 0x40);
	assert_int_equal(seen.regions, 2);
	assert_int_equal(seen.interrupts, 2);
	EXPECT_ERROR(device_info, ADDRESS, CALL(d, DEVICE_INFO, device, 8));
	world_end();
}

TEST(registers, "register ranges become memory of whole pages that can be mapped, never executed, sealed, lent or moved")
{
	handle_t registers, own = connect(driver, mailbox, driver, 1);
	vaddr_t base;
	struct abi_message m = { .pages = PAGES_MOVE };

	EXPECT_OK(CALL(d, DEVICE_MEMORY, device, driver->budget, 1));
	registers = result();
	EXPECT_OK(CALL(d, MEMORY_INFO, registers));
	assert_int_equal(*thread_a(d, 1), 2);
	assert_int_equal(*thread_a(d, 2), MEMORY_DEVICE | MEMORY_SHARED);
	base = map_memory(driver, registers, 2, RW);
	assert_true(can_write(driver, base));
	EXPECT_ERROR(memory_seal, ARGUMENT, CALL(d, MEMORY_SEAL, registers));
	EXPECT_ERROR(map_add, SEALED, CALL(d, MAP_ADD, driver->self, 0, registers, 0, 2, PROT_EXECUTE));
	EXPECT_ERROR(thread_buffer_set, ADDRESS, CALL(d, THREAD_BUFFER_SET, base, 64)); /* the kernel never copies there */
	m.page_base = registers;
	EXPECT_ERROR(connection_send, BUSY, do_send(d, own, 1, &m));
	EXPECT_ERROR(device_memory, ARGUMENT, CALL(d, DEVICE_MEMORY, device, driver->budget, 2));
	world_end();
}

TEST(registers_offset, "a range that does not start at a page still gives the page it lies in")
{
	EXPECT_OK(CALL(d, DEVICE_MEMORY, device, driver->budget, 0));
	EXPECT_OK(CALL(d, MEMORY_INFO, result()));
	assert_int_equal(*thread_a(d, 1), 1);
	world_end();
}

TEST(registers_taken_away, "device memory whose payer goes is unmapped everywhere")
{
	struct program *payer = program_new(10);
	handle_t budget = give(payer, payer->budget, driver);
	vaddr_t base;

	EXPECT_OK(CALL(d, DEVICE_MEMORY, device, budget, 0));
	base = map_memory(driver, result(), 1, RW);
	program_budget_end(payer);
	assert_false(can_read(driver, base));
	EXPECT_OK(CALL(d, THREAD_YIELD, 0));
	world_end();
}

TEST(short, "without pages a device gives neither memory nor interrupt")
{
	handle_t poor = make_budget(driver, 0);

	EXPECT_ERROR(device_memory, BUDGET, CALL(d, DEVICE_MEMORY, device, poor, 0));
	EXPECT_ERROR(device_interrupt, BUDGET, CALL(d, DEVICE_INTERRUPT, device, poor, 0, mailbox, 1, 1));
	EXPECT_OK(CALL(d, BUDGET_CREATE, driver->budget, 2, 5));
	EXPECT_ERROR(device_interrupt, PRIORITY, CALL(d, DEVICE_INTERRUPT, device, result(), 0, mailbox, 1, 6));
	EXPECT_OK(bind(0, 1)); /* the line is free still */
	world_end();
}

/* --- Interrupts. */

TEST(interrupt, "an interrupt arrives with its badge, is silent until acknowledged, and then may fire again")
{
	handle_t interrupt;

	EXPECT_OK(bind(0, 12));
	interrupt = result();
	EXPECT_BLOCKED(do_receive(d, mailbox));
	interrupt_raise(LINE);
	assert_int_equal(got(d).kind, KIND_INTERRUPT);
	assert_int_equal(got(d).badge, 40);
	EXPECT_BLOCKED(do_receive(d, mailbox));
	interrupt_raise(LINE); /* masked: kept by the controller */
	assert_true(is_waiting(d));
	EXPECT_OK(do_send(c, line, 1, NULL));
	EXPECT_OK(CALL(d, INTERRUPT_ACK, interrupt));
	host_deliver();
	EXPECT_OK(do_receive_until(d, mailbox, 0, 0));
	assert_int_equal(got(d).kind, KIND_INTERRUPT);
	world_end();
}

TEST(interrupt_coalesce, "interrupts that come before the last was received are one message")
{
	handle_t interrupt;

	EXPECT_OK(bind(0, 12));
	interrupt = result();
	for (unsigned i = 0; i < 3; i++) {
		interrupt_raise(LINE);
		EXPECT_OK(CALL(d, INTERRUPT_ACK, interrupt));
	}
	EXPECT_OK(do_receive_until(d, mailbox, 0, 0));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(d, mailbox, 0, 0));
	world_end();
}

TEST(interrupt_priority, "an interrupt overtakes what is queued with lower priority, and wakes its driver over lower threads")
{
	EXPECT_OK(bind(0, 12));
	EXPECT_OK(do_send(c, line, 1, NULL));
	interrupt_raise(LINE);
	EXPECT_OK(do_receive_until(d, mailbox, 0, 0));
	assert_int_equal(got(d).kind, KIND_INTERRUPT);
	EXPECT_OK(do_receive_until(d, mailbox, 0, 0));
	assert_int_equal(got(d).kind, KIND_SEND);
	world_end();
}

TEST(interrupt_refused, "a line that is not there, a priority out of range, or a line that is bound already are refused")
{
	EXPECT_ERROR(device_interrupt, ARGUMENT, bind(2, 1));
	EXPECT_ERROR(device_interrupt, ARGUMENT, bind(0, 32));
	EXPECT_OK(bind(0, 1));
	EXPECT_ERROR(device_interrupt, BUSY, bind(0, 1));
	EXPECT_OK(bind(1, 1));
	world_end();
}

TEST(interrupt_gone, "an interrupt whose object goes leaves its line masked and free to be bound again")
{
	handle_t interrupt;

	EXPECT_OK(bind(0, 1));
	interrupt = result();
	interrupt_raise(LINE); /* lies in the queue */
	EXPECT_OK(CALL(d, HANDLE_CLOSE, interrupt));
	EXPECT_ERROR(server_receive, TIMEOUT, do_receive_until(d, mailbox, 0, 0));
	interrupt_raise(LINE);
	EXPECT_OK(bind(0, 1));
	host_deliver();
	EXPECT_OK(do_receive_until(d, mailbox, 0, 0));
	world_end();
}

TEST(interrupt_server_dies, "an interrupt whose server is gone stays silent; nothing is lost that could be told to anybody")
{
	handle_t second, interrupt;

	EXPECT_OK(bind(0, 1));
	interrupt = result();
	interrupt_raise(LINE);
	EXPECT_OK(CALL(d, HANDLE_CLOSE, mailbox));
	EXPECT_OK(CALL(d, INTERRUPT_ACK, interrupt));
	interrupt_raise(LINE);
	EXPECT_OK(CALL(d, HANDLE_CLOSE, interrupt));
	second = make_server(driver);
	mailbox = second;
	EXPECT_OK(bind(0, 1));
	world_end();
}

TEST(interrupt_no_server, "an interrupt cannot be bound to a server that is gone")
{
	struct program *maker = program_new(10);

	mailbox = give(maker, make_server(maker), driver);
	program_budget_end(maker);
	EXPECT_ERROR(device_interrupt, PEER_GONE, bind(0, 1));
	world_end();
}

TEST(interrupt_driver_dies, "a driver that dies leaves its lines masked and free")
{
	EXPECT_OK(bind(0, 1));
	EXPECT_OK(bind(1, 1));
	interrupt_raise(LINE);
	program_kill(driver);
	interrupt_raise(LINE);
	assert_true(interrupt_line_free(LINE) && interrupt_line_free(LINE + 1));
	world_end();
}

static void driver_sleeps(struct thread *thread)
{
	if (thread == d || is_waiting(d))
		return;
	assert_int_equal(got(d).kind, KIND_INTERRUPT);
	between_steps = NULL;
	EXPECT_BLOCKED(do_futex_wait(d, driver->data, 0, 0, NEVER));
}

TEST(interrupt_in_work, "an interrupt that comes in the middle of long work in the kernel is delivered before the work goes on")
{
	struct thread *worker = program_thread(client, 5);

	EXPECT_OK(bind(0, 20));
	EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, client->boss_budget, 400));
	EXPECT_BLOCKED(do_futex_wait(c, client->data, 0, 0, NEVER));
	EXPECT_BLOCKED(do_receive(d, mailbox));
	thread_runs(worker);
	host_interrupt_raise(LINE); /* while the call runs: its first look finds it */
	between_steps = driver_sleeps;
	EXPECT_OK(CALL(worker, MEMORY_CREATE, client->budget, 200, 0));
	assert_null(between_steps);
	world_end();
}

/* --- Pins. */

static uint64_t pinned[32];

static uintptr_t pin(vaddr_t base, unsigned pages)
{
	uintptr_t error = CALL(d, DEVICE_PIN, device, base, pages, driver->data + P);

	if (!error)
		peek(driver, driver->data + P, pinned, pages * sizeof pinned[0]);
	return error;
}

TEST(pin, "pinning tells the physical addresses, charges a page each, and holds the frames until unpin")
{
	size_t charged = program_account(driver)->account.charged;
	vaddr_t base = driver->data + 5 * P;

	pattern_write(driver, base, 3 * P, 2);
	EXPECT_OK(pin(base, 3));
	assert_true(program_account(driver)->account.charged >= charged + 3);
	for (unsigned i = 0; i < 3; i++) {
		uint8_t there[P];

		peek(driver, base + i * P, there, P);
		assert_memory_equal(pa_to_kva((paddr_t)pinned[i]), there, P);
	}
	EXPECT_ERROR(map_remove, LENT, CALL(d, MAP_REMOVE, driver->self, driver->data, DATA_PAGES));
	EXPECT_ERROR(memory_seal, BUSY, CALL(d, MEMORY_SEAL, driver->data_memory));
	EXPECT_ERROR(device_unpin, ADDRESS, CALL(d, DEVICE_UNPIN, device, base + P));
	EXPECT_OK(CALL(d, DEVICE_UNPIN, device, base));
	EXPECT_ERROR(device_unpin, ADDRESS, CALL(d, DEVICE_UNPIN, device, base));
	assert_int_equal(program_account(driver)->account.charged, charged);
	EXPECT_OK(CALL(d, MAP_REMOVE, driver->self, driver->data, DATA_PAGES));
	world_end();
}

TEST(pin_refused, "only writable RAM of the process that is pinned nowhere else can be pinned, 1 to 32 pages")
{
	vaddr_t base = driver->data + 5 * P, registers, fixed;

	EXPECT_ERROR(device_pin, ARGUMENT, pin(base, 0));
	EXPECT_ERROR(device_pin, ARGUMENT, pin(base, 33));
	EXPECT_ERROR(device_pin, ARGUMENT, pin(base + 8, 1));
	EXPECT_ERROR(device_pin, ADDRESS, pin(0, 1));
	EXPECT_ERROR(device_pin, ADDRESS, pin(driver->data + (DATA_PAGES - 1) * P, 2));
	EXPECT_ERROR(device_pin, ADDRESS, CALL(d, DEVICE_PIN, device, base, 1, 8));
	EXPECT_OK(CALL(d, DEVICE_MEMORY, device, driver->budget, 0));
	registers = map_memory(driver, result(), 1, RW);
	EXPECT_ERROR(device_pin, ADDRESS, pin(registers, 1));
	fixed = map_memory(driver, make_memory(driver, 1, 0), 1, PROT_READ);
	EXPECT_ERROR(device_pin, ADDRESS, pin(fixed, 1));
	EXPECT_OK(pin(base, 2));
	EXPECT_ERROR(device_pin, ADDRESS, pin(base + P, 2));
	world_end();
}

TEST(pin_short, "a pin that the driver's budget cannot pay for changes nothing")
{
	size_t charged = program_account(driver)->account.charged;
	unsigned refused = 0;

	for (size_t room = 0;; room++) {
		EXPECT_OK(CALL(boss.thread, BUDGET_RESIZE, driver->boss_budget, charged + room));
		if (pin(driver->data + 5 * P, 4) == E_OK)
			break;
		EXPECT_ERROR(device_pin, BUDGET, pin(driver->data + 5 * P, 4));
		refused++;
	}
	assert_true(refused >= 4 && refused <= 5);
	world_end();
}

TEST(pin_reset, "a device reset ends all pins of the device, also interrupted at every one")
{
	size_t charged = program_account(driver)->account.charged;

	for (unsigned i = 0; i < 5; i++)
		EXPECT_OK(pin(driver->data + (4 + 2 * i) * P, 2));
	host_preempt_every(1);
	EXPECT_OK(CALL(d, DEVICE_RESET, device));
	assert_int_equal(program_account(driver)->account.charged, charged);
	EXPECT_OK(CALL(d, DEVICE_RESET, device));
	world_end();
}

TEST(pin_driver_dies, "pins end with the driver's process")
{
	EXPECT_OK(pin(driver->data + 4 * P, 2));
	program_kill(driver);
	world_end();
}

TEST(pin_contiguous, "contiguous memory is one run of physical addresses")
{
	vaddr_t base = map_memory(driver, make_memory(driver, 7, MEMORY_CONTIGUOUS), 7, RW);

	EXPECT_OK(pin(base, 7));
	for (unsigned i = 1; i < 7; i++)
		assert_int_equal(pinned[i], pinned[0] + i * P);
	world_end();
}

TEST(pin_lent, "pages lent away cannot be pinned by the lender")
{
	struct program *server = program_new(10);
	handle_t there = make_server(server), to = connect(server, there, driver, 1);
	struct abi_message m = { .pages = PAGES_LEND, .page_base = driver->data + 4 * P, .page_count = 1 };
	struct thread *helper = program_thread(driver, 10);

	EXPECT_OK(CALL(server->thread, PROCESS_WINDOW_CREATE, server->self));
	EXPECT_BLOCKED(do_receive(server->thread, there));
	EXPECT_BLOCKED(do_call_message(helper, to, 1, &m, NEVER));
	EXPECT_ERROR(device_pin, LENT, pin(driver->data + 4 * P, 1));
	EXPECT_ERROR(device_pin, LENT, pin(driver->data + 3 * P, 2));
	world_end();
}

/* --- Pins of borrowed pages. */

static vaddr_t lent;

static struct got lend(uint64_t deadline_ns)
{
	struct abi_message m = { .pages = PAGES_LEND_MUT, .page_base = lent, .page_count = 3 };

	if (!driver->process->window)
		EXPECT_OK(CALL(d, PROCESS_WINDOW_CREATE, driver->self));
	EXPECT_BLOCKED(do_receive(d, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, deadline_ns));
	return got(d);
}

static void lent_make(void)
{
	lent = map_memory(client, make_memory(client, 3, 0), 3, RW);
	pattern_write(client, lent, 3 * P, 1);
}

TEST(loan_pinned, "when a pinned loan ends the client goes on with a fresh copy, and the driver keeps its frame until unpin")
{
	struct got in;
	uint8_t *frame;

	lent_make();
	in = lend(NEVER);
	EXPECT_OK(pin(in.loan + P, 1));
	frame = pa_to_kva((paddr_t)pinned[0]);
	EXPECT_OK(do_reply(d, in.token, 0, NULL));
	assert_true(pattern_is(client, lent, 3 * P, 1));
	frame[0] ^= 0xff; /* DMA that comes late */
	assert_true(pattern_is(client, lent, 3 * P, 1));
	EXPECT_OK(CALL(d, DEVICE_UNPIN, device, in.loan + P));
	EXPECT_OK(CALL(c, MAP_REMOVE, client->self, lent, 3));
	world_end();
}

TEST(loan_pinned_side_by_side, "the same of each of two pins that lie side by side")
{
	struct got in;

	lent_make();
	in = lend(NEVER);
	EXPECT_OK(pin(in.loan + P, 2));
	EXPECT_OK(pin(in.loan, 1));
	EXPECT_OK(CALL(d, DEVICE_UNPIN, device, in.loan + P));
	EXPECT_OK(pin(in.loan + P, 2));
	EXPECT_OK(do_reply(d, in.token, 0, NULL));
	for (unsigned i = 0; i < 2; i++)
		memset(pa_to_kva((paddr_t)pinned[i]), 0xee, P);
	assert_true(pattern_is(client, lent, 3 * P, 1));
	EXPECT_OK(CALL(d, DEVICE_UNPIN, device, in.loan));
	EXPECT_OK(CALL(d, DEVICE_UNPIN, device, in.loan + P));
	world_end();
}

TEST(loan_pinned_revoked, "the same when the client times out, or dies")
{
	struct got in;

	lent_make();
	in = lend(soon());
	EXPECT_OK(pin(in.loan, 3));
	pass_ns(1000000);
	assert_true(pattern_is(client, lent, 3 * P, 1));
	memset(pa_to_kva((paddr_t)pinned[2]), 0, P);
	assert_true(pattern_is(client, lent, 3 * P, 1));
	EXPECT_OK(CALL(d, DEVICE_RESET, device));
	in = lend(NEVER);
	EXPECT_OK(pin(in.loan, 3));
	program_kill(client);
	program_budget_end(client);
	memset(pa_to_kva((paddr_t)pinned[1]), 7, P);
	EXPECT_OK(CALL(d, DEVICE_RESET, device));
	world_end();
}

TEST(loan_pinned_again, "a pin that outlives its loan does not touch the next loan at the same address")
{
	struct got in, second;

	lent_make();
	in = lend(soon());
	EXPECT_OK(pin(in.loan, 3));
	pass_ns(1000000);
	memset(pa_to_kva((paddr_t)pinned[0]), 0xee, P);
	EXPECT_ERROR(server_reply, STALE_TOKEN, do_reply(d, in.token, 0, NULL)); /* lets go of the slot */
	second = lend(NEVER);
	assert_int_equal(second.loan, in.loan);
	EXPECT_OK(do_reply(d, second.token, 0, NULL));
	assert_true(pattern_is(client, lent, 3 * P, 1));
	world_end();
}

TEST(loan_pinned_foreign, "the same with memory that another budget pays for, and whose payer goes during the loan")
{
	struct program *payer = program_new(10);
	handle_t memory = pass(payer, make_memory(payer, 3, 0), client);
	struct got in;

	lent = map_memory(client, memory, 3, RW);
	pattern_write(client, lent, 3 * P, 4);
	in = lend(NEVER);
	EXPECT_OK(pin(in.loan, 2));
	EXPECT_OK(do_reply(d, in.token, 0, NULL));
	assert_true(pattern_is(client, lent, 3 * P, 4));
	EXPECT_OK(CALL(d, DEVICE_RESET, device));
	in = lend(NEVER);
	EXPECT_OK(pin(in.loan, 3));
	program_budget_end(payer);
	EXPECT_OK(do_reply(d, in.token, 0, NULL));
	assert_true(pattern_is(client, lent, 3 * P, 4));
	EXPECT_OK(CALL(c, MAP_REMOVE, client->self, lent, 3));
	world_end();
}

TEST(loan_pinned_driver_dies, "a driver that dies with a pinned loan gives the client a copy and its own frames back")
{
	struct got in;

	lent_make();
	in = lend(NEVER);
	EXPECT_OK(pin(in.loan, 3));
	program_kill(driver);
	EXPECT_ERROR(connection_call_message, PEER_GONE, answer(c));
	assert_true(pattern_is(client, lent, 3 * P, 1));
	world_end();
}

TEST(loan_pinned_forward, "a call whose loan is pinned cannot be forwarded")
{
	struct program *back = program_new(10);
	handle_t back_line = connect(back, make_server(back), driver, 3);
	struct got in;

	lent_make();
	in = lend(NEVER);
	EXPECT_OK(pin(in.loan, 1));
	EXPECT_ERROR(server_forward, BUSY, do_forward(d, back_line, in.token, 1));
	EXPECT_OK(CALL(d, DEVICE_UNPIN, device, in.loan));
	EXPECT_OK(do_forward(d, back_line, in.token, 1));
	world_end();
}

TEST(loan_read_only, "pages lent read-only cannot be pinned")
{
	struct abi_message m = { .pages = PAGES_LEND };

	lent_make();
	m.page_base = lent;
	m.page_count = 1;
	EXPECT_OK(CALL(d, PROCESS_WINDOW_CREATE, driver->self));
	EXPECT_BLOCKED(do_receive(d, mailbox));
	EXPECT_BLOCKED(do_call_message(c, line, 1, &m, NEVER));
	EXPECT_ERROR(device_pin, ADDRESS, pin(got(d).loan, 1));
	world_end();
}

TEST(revoked_pinned, "the stand-in of a revoked loan may be pinned; it is nobody's memory")
{
	struct got in;

	lent_make();
	in = lend(soon());
	pass_ns(1000000);
	EXPECT_OK(pin(in.loan, 1));
	EXPECT_ERROR(server_token_check, STALE_TOKEN, do_token_check(d, in.token));
	EXPECT_OK(CALL(d, DEVICE_UNPIN, device, in.loan));
	world_end();
}
