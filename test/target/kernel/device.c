/* device.c - devices, interrupts and pins. */
#include "nacre/area.h"
#include "test/child.h"

static nacre_handle_t uart(void)
{
	nacre_handle_t device = machine_device("ns16550a");

	EXPECT(device);
	return device;
}

TEST(device_refused, "registers and lines a device does not have, and budgets that cannot pay, are refused")
{
	nacre_handle_t server, poor, none, bound;

	EXPECT_OK(nacre_server_create(self_budget(), &server));
	EXPECT_OK(nacre_budget_create(self_budget(), 0, 10, &poor));
	EXPECT_ERROR(device_info, ADDRESS, nacre_device_info(uart(), (void *)8));
	EXPECT_ERROR(device_memory, ARGUMENT, nacre_device_memory(uart(), self_budget(), 1, &none));
	EXPECT_ERROR(device_memory, BUDGET, nacre_device_memory(uart(), poor, 0, &none));
	EXPECT_ERROR(device_interrupt, ARGUMENT, nacre_device_interrupt(uart(), self_budget(), 9, server, 1, 1, &none));
	EXPECT_ERROR(device_interrupt, ARGUMENT, nacre_device_interrupt(uart(), self_budget(), 0, server, 1, 32, &none));
	EXPECT_ERROR(device_interrupt, BUDGET, nacre_device_interrupt(uart(), poor, 0, server, 1, 1, &none));
	EXPECT_OK(nacre_device_interrupt(uart(), self_budget(), 0, server, 1, 1, &bound));
	EXPECT_ERROR(device_interrupt, BUSY, nacre_device_interrupt(uart(), self_budget(), 0, server, 1, 1, &none));
	EXPECT_OK(nacre_handle_close(bound));
	EXPECT_OK(nacre_handle_close(poor));
	EXPECT_OK(nacre_handle_close(server));
}

TEST(device_interrupt_server_gone, "an interrupt is not bound to a server that was destroyed")
{
	nacre_handle_t budget, server, none;

	EXPECT_OK(nacre_budget_create(self_budget(), 4, 10, &budget));
	EXPECT_OK(nacre_server_create(budget, &server));
	EXPECT_OK(nacre_budget_destroy(budget));
	EXPECT_ERROR(device_interrupt, PEER_GONE, nacre_device_interrupt(uart(), self_budget(), 0, server, 1, 1, &none));
	EXPECT_OK(nacre_handle_close(server));
	EXPECT_OK(nacre_handle_close(budget));
}

TEST(pin_refused, "pins need whole writable pages of the caller's, a sane number of them, and a budget that can pay")
{
	struct nacre_area area;
	uint64_t physical[32];
	uintptr_t base;

	EXPECT_OK(nacre_area_create(&area, 2, NACRE_MEMORY_PRIVATE));
	base = (uintptr_t)area.base;
	EXPECT_ERROR(device_pin, ARGUMENT, nacre_device_pin(uart(), base + 1, 1, physical));
	EXPECT_ERROR(device_pin, ARGUMENT, nacre_device_pin(uart(), base, 0, physical));
	EXPECT_ERROR(device_pin, ARGUMENT, nacre_device_pin(uart(), base, 33, physical));
	EXPECT_ERROR(device_pin, ADDRESS, nacre_device_pin(uart(), base, 3, physical));
	EXPECT_ERROR(device_pin, ADDRESS, nacre_device_pin(uart(), base, 1, (void *)8));
	EXPECT_ERROR(device_unpin, ADDRESS, nacre_device_unpin(uart(), base));
	EXPECT_OK(nacre_device_pin(uart(), base, 2, physical));
	EXPECT(physical[0] && physical[0] != physical[1] && physical[0] % NACRE_PAGE_BYTES == 0);
	EXPECT_ERROR(map_remove, LENT, nacre_map_remove(self_process(), base, 2));
	EXPECT_ERROR(memory_seal, BUSY, nacre_memory_seal(area.memory));
	EXPECT_OK(nacre_device_unpin(uart(), base));
	EXPECT_OK(nacre_device_pin(uart(), base, 1, physical));
	EXPECT_OK(nacre_device_reset(uart()));
	EXPECT_ERROR(device_unpin, ADDRESS, nacre_device_unpin(uart(), base));
	EXPECT_OK(nacre_area_destroy(&area));
}

/* Runs in a child whose budget has no page left: exits with what the pin answered. */
CHILD static void pin_stack(uintptr_t device)
{
	uint64_t physical[1];

	nacre_process_exit(nacre_device_pin((nacre_handle_t)device, (uintptr_t)physical & ~(uintptr_t)4095, 1, physical));
}

static void budget_drain(nacre_handle_t budget)
{
	struct nacre_budget_state state;

	EXPECT_OK(nacre_budget_info(budget, &state));
	EXPECT_OK(nacre_budget_resize(budget, state.charged_pages + state.given_pages));
}

TEST(pin_budget, "a pin is charged a page each, and is refused where there is none left")
{
	nacre_handle_t device;
	struct child child;

	child_make(&child, CHILD_PAGES);
	device = child_give(&child, uart(), NACRE_RIGHT_MANAGE);
	child_start(&child, pin_stack, device, 10); /* runs when this thread waits */
	budget_drain(child.budget);
	EXPECT_ERROR(device_pin, BUDGET, child_end(&child));
}

static struct helper helper;
static struct nacre_message lent;
static nacre_handle_t lend_to;

static void lend(void *unused)
{
	struct nacre_words words = { 1, { 0 } };

	(void)unused;
	nacre_connection_call_message(lend_to, &words, NACRE_DEADLINE_NEVER, &lent, NULL);
}

TEST(pin_loan, "a page lent away cannot be pinned; a borrowed one can, and the lender then gets a copy back")
{
	struct pair pair = pair_make(1, 0, 1);
	struct nacre_received in = { 0 };
	struct nacre_area area;
	uint64_t physical[1];
	volatile char *page;

	nacre_process_window_create(self_process()); /* it may have one already */
	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE));
	page = area.base;
	*page = 'a';
	lend_to = pair.connection;
	lent = (struct nacre_message){ .pages = NACRE_PAGES_LEND_MUT, .page_base = (uintptr_t)area.base, .page_count = 1 };
	helper_start(&helper, lend, NULL);
	EXPECT_OK(nacre_server_receive(pair.server, NACRE_DEADLINE_NEVER, NULL, &in));
	EXPECT_ERROR(device_pin, LENT, nacre_device_pin(uart(), (uintptr_t)area.base, 1, physical));
	EXPECT_OK(nacre_device_pin(uart(), in.loan_base, 1, physical));
	EXPECT_ERROR(server_forward, BUSY, nacre_server_forward(pair.connection, &in.words, in.token));
	*(volatile char *)in.loan_base = 'b';
	EXPECT_OK(nacre_server_reply(&in.words, in.token, NULL));
	helper_join(&helper);
	EXPECT_EQ(*page, 'b');
	EXPECT_OK(nacre_device_unpin(uart(), in.loan_base));
	EXPECT_OK(nacre_area_destroy(&area));
	pair_close(&pair);
}

TEST(trace_mask, "only the trace ring's memory sets the mask, and only classes there are")
{
	struct nacre_area area;

	EXPECT_OK(nacre_area_create(&area, 1, NACRE_MEMORY_PRIVATE));
	EXPECT_ERROR(trace_mask_set, ARGUMENT, nacre_trace_mask_set(area.memory, 1));
	EXPECT_ERROR(trace_mask_set, ARGUMENT, nacre_trace_mask_set(machine_info()->trace, 0x80000000u));
	EXPECT_OK(nacre_trace_mask_set(machine_info()->trace, 1));
	EXPECT_OK(nacre_trace_mask_set(machine_info()->trace, 0));
	EXPECT_OK(nacre_area_destroy(&area));
}
