/* memory.c - long copies, large memory, many mappings. */
#include "stress.h"

enum { LARGE = 1024, MANY = 64, PAGE = 4096, MOST = NACRE_LIMIT_COPY_BYTES };

static struct helper server;

struct echo {
	nacre_handle_t server;
	uint8_t *buffer;
};

static void echo(void *argument)
{
	const struct echo *echo = argument;
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)echo->buffer, MOST } } };
	struct nacre_received in = { 0 };
	nacre_err_t error;

	nacre_thread_buffer_set(echo->buffer, MOST);
	error = nacre_server_receive(echo->server, NACRE_DEADLINE_NEVER, NULL, &in);
	while (!error)
		error = nacre_server_reply_and_receive_message(echo->server, &in.words, in.token, NACRE_DEADLINE_NEVER, &message, &in);
}

/* Pieces that begin and end at odd addresses on both sides. */
static struct nacre_message odd_message(uintptr_t from, uintptr_t to)
{
	struct nacre_message message = { .in_count = 4, .out_count = 4 };
	const size_t sizes[4] = { 1, 4095, 40001, MOST - 1 - 4095 - 40001 };

	for (unsigned i = 0; i < 4; i++) {
		message.in[i] = (struct nacre_segment){ from, sizes[i] };
		message.out[3 - i] = (struct nacre_segment){ to, sizes[i] };
		from += sizes[i] + 1;
		to += sizes[i] + 3;
	}
	return message;
}

TEST(copy, "64 KiB each way, in pieces at odd addresses")
{
	struct nacre_area areas[3];
	struct nacre_message message;
	struct echo place;
	struct pair pair;

	BENCH("irqs_off_copy");
	pair = pair_make(1, 0, 0);
	for (unsigned i = 0; i < 3; i++)
		EXPECT_OK(nacre_area_create(&areas[i], NACRE_PAGES(MOST) + 1, NACRE_MEMORY_PRIVATE));
	place = (struct echo){ pair.server, (uint8_t *)areas[2].base + 1 };
	message = odd_message((uintptr_t)areas[0].base + 1, (uintptr_t)areas[1].base + 2);
	helper_start_at(&server, echo, &place, PRIORITY);
	ticker_start();
	for (unsigned round = 0; round < 10; round++) {
		struct nacre_words words = { 1, { 0 } };

		EXPECT_OK(nacre_connection_call_message(pair.connection, &words, NACRE_DEADLINE_NEVER, &message, NULL));
	}
	ticker_stop();
	pair_close(&pair);
	helper_join(&server);
	for (unsigned i = 0; i < 3; i++)
		EXPECT_OK(nacre_area_destroy(&areas[i]));
}

TEST(memory, "memory of 4 MiB made, mapped, protected, unmapped, sealed and given back; the same in one run of frames")
{
	static const uint32_t options[] = { NACRE_MEMORY_PRIVATE, NACRE_MEMORY_SHARED, NACRE_MEMORY_CONTIGUOUS };
	nacre_handle_t memory;
	uintptr_t base;

	BENCH("irqs_off_memory");
	ticker_start();
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_OK(nacre_memory_create(self_budget(), LARGE, options[i], &memory));
		EXPECT_OK(nacre_map_add(self_process(), 0, memory, 0, LARGE, NACRE_PROT_WRITE, &base));
		EXPECT_OK(nacre_map_protect(self_process(), base, LARGE, NACRE_PROT_READ));
		EXPECT_OK(nacre_map_remove(self_process(), base, LARGE));
		EXPECT_OK(nacre_memory_seal(memory));
		EXPECT_OK(nacre_handle_close(memory));
	}
	ticker_stop();
}

TEST(mappings, "64 mappings changed and removed at once, in an address space that has 300")
{
	uintptr_t base, others[300];
	nacre_handle_t memory;

	BENCH("irqs_off_mappings");
	EXPECT_OK(nacre_memory_create(self_budget(), 1, NACRE_MEMORY_SHARED, &memory));
	EXPECT_OK(nacre_map_reserve(self_process(), MANY, &base));
	ticker_start();
	for (unsigned i = 0; i < 300; i++)
		EXPECT_OK(nacre_map_add(self_process(), 0, memory, 0, 1, NACRE_PROT_READ, &others[i]));
	for (uintptr_t i = 0; i < MANY; i++)
		EXPECT_OK(nacre_map_add(self_process(), base + i * PAGE, memory, 0, 1, NACRE_PROT_WRITE, NULL));
	EXPECT_OK(nacre_map_protect(self_process(), base, MANY, NACRE_PROT_READ));
	EXPECT_OK(nacre_map_remove(self_process(), base, MANY));
	for (unsigned i = 0; i < 300; i++)
		EXPECT_OK(nacre_map_remove(self_process(), others[i], 1));
	ticker_stop();
	EXPECT_OK(nacre_map_remove(self_process(), base, MANY));
	EXPECT_OK(nacre_handle_close(memory));
}

TEST(pins, "32 pages pinned and given free")
{
	nacre_handle_t device = machine_device("ns16550a");
	struct nacre_area area;
	uint64_t physical[32];

	BENCH("irqs_off_pins");
	EXPECT_OK(nacre_area_create(&area, 32, NACRE_MEMORY_PRIVATE));
	ticker_start();
	for (unsigned round = 0; round < 10; round++) {
		EXPECT_OK(nacre_device_pin(device, (uintptr_t)area.base, 32, physical));
		EXPECT_OK(round % 2 ? nacre_device_unpin(device, (uintptr_t)area.base) : nacre_device_reset(device));
	}
	ticker_stop();
	EXPECT_OK(nacre_area_destroy(&area));
}
