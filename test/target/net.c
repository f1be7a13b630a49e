/* net.c - network cards, seen by a program (system/net.toml: test-net; test/scenario/net.toml has the cards, on one hub). */
#include <stdlib.h>
#include "base/bits.h"
#include "idl/net_client.h"
#include "idl/system_client.h"
#include "nacre/startup.h"
#include "nacre/clock.h"
#include "test/test.h"

enum { FRAME_LEAST = 60, BUFFERS = 16, TYPE = 0x88b5 }; /* TYPE: for experiments, IEEE 802 */

static nacre_handle_t one, two;      /* the cards */
static const uint8_t address_one[6] = { 0x52, 0x54, 0, 0, 0, 0x0a }, address_two[6] = { 0x52, 0x54, 0, 0, 0, 0x0b };
static uint8_t frame[NET_FRAME_BYTES];

static void cards_open(void)
{
	EXPECT_EQ(net_connect_now("dev/net0", &one), STATUS_OK);
	EXPECT_EQ(net_connect_now("dev/net1", &two), STATUS_OK);
}

/* A card has one client at a time; the end of a test that failed does not close them. */
static void cards_close(void)
{
	nacre_handle_close(one);
	nacre_handle_close(two);
}

static nacre_status_t send(nacre_handle_t card, const uint8_t to[6], const uint8_t from[6], size_t size, uint8_t mark)
{
	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	frame[12] = TYPE >> 8, frame[13] = TYPE & 255;
	for (size_t i = 14; i < size; i++)
		frame[i] = (uint8_t)(mark + i);
	return net_send(card, frame, size);
}

static void send_surely(nacre_handle_t card, const uint8_t to[6], const uint8_t from[6], size_t size, uint8_t mark)
{
	nacre_status_t status;

	do
		status = send(card, to, from, size, mark);
	while (status == STATUS_NOT_READY);
	EXPECT_EQ(status, STATUS_OK);
}

/* The next frame of these tests; QEMU's own host may say something in between. */
static nacre_status_t receive(nacre_handle_t card, size_t *size)
{
	nacre_status_t status;

	do
		status = net_receive_until(card, nacre_deadline_in(2 * NACRE_S), NET_PATIENCE_WAIT, frame, sizeof(frame), size);
	while (!status && (frame[12] != TYPE >> 8 || frame[13] != (TYPE & 255)));
	return status;
}

static void expect_frame(nacre_handle_t card, const uint8_t from[6], size_t sent, uint8_t mark)
{
	size_t size;

	EXPECT_EQ(receive(card, &size), STATUS_OK);
	EXPECT(size == sent || (sent < FRAME_LEAST && size == FRAME_LEAST)); /* a network may fill up what is short */
	EXPECT(!memcmp(frame + 6, from, 6));
	for (size_t i = 14; i < sent; i++)
		EXPECT(frame[i] == (uint8_t)(mark + i));
}

/* Until a frame is held for whoever reads. */
static void frame_await(nacre_handle_t card)
{
	uint32_t now = 0;

	while (!now)
		EXPECT_EQ(net_watch(card, NET_READY_RECEIVE, 0, NACRE_HANDLE_NONE, &now), STATUS_OK);
}

TEST(link, "each card tells the address that the host gave it, and that its link is up")
{
	struct net_link link;

	cards_open();
	EXPECT_EQ(net_link(one, &link), STATUS_OK);
	EXPECT(!memcmp(link.address, address_one, 6) && link.state == NET_LINK_STATE_UP && link.payload_bytes == 1500);
	EXPECT_EQ(net_link(two, &link), STATUS_OK);
	EXPECT(!memcmp(link.address, address_two, 6));
	cards_close();
}

TEST(lengths, "frames of every length from a header to the longest go from one card to the other, both ways")
{
	cards_open();
	for (size_t size = 14; size <= NET_FRAME_BYTES; size += size < 80 || size > 1500 ? 1 : 97) {
		send_surely(one, address_two, address_one, size, (uint8_t)size);
		expect_frame(two, address_one, size, (uint8_t)size);
		send_surely(two, address_one, address_two, size, (uint8_t)(size + 1));
		expect_frame(one, address_two, size, (uint8_t)(size + 1));
	}
	cards_close();
}

TEST(wrong_lengths, "what is shorter or longer than a frame is refused")
{
	cards_open();
	EXPECT_EQ(net_send(one, frame, 13), STATUS_MALFORMED);
	EXPECT_EQ(net_send(one, frame, 0), STATUS_MALFORMED);
	static uint8_t large[NET_FRAME_BYTES + 1];
	EXPECT(net_send(one, large, sizeof(large)) != STATUS_OK);
	send_surely(one, address_two, address_one, 100, 1);
	expect_frame(two, address_one, 100, 1);
	cards_close();
}

TEST(order, "a thousand frames arrive, each once and in order")
{
	cards_open();
	for (unsigned i = 0; i < 1000; i++) {
		send_surely(one, address_two, address_one, 64, (uint8_t)i);
		if (i % 8 == 7) /* fewer than there are buffers */
			for (unsigned j = i - 7; j <= i; j++)
				expect_frame(two, address_one, 64, (uint8_t)j);
	}
	cards_close();
}

/* Frames in buffers that nobody asked for. */
static unsigned held(nacre_handle_t card)
{
	size_t size;
	unsigned count = 0;

	while (net_receive(card, NET_PATIENCE_NOW, frame, sizeof(frame), &size) == STATUS_OK)
		count += frame[12] == TYPE >> 8;
	return count;
}

TEST(flood, "frames that nobody reads fill the buffers, further ones wait in the network or are lost, and the card goes on")
{
	cards_open();
	for (unsigned i = 0; i < 200; i++)
		send_surely(one, address_two, address_one, 1000, (uint8_t)i);
	frame_await(two);
	expect_frame(two, address_one, 1000, 0); /* what came first is there */
	while (held(two))
		;
	send_surely(one, address_two, address_one, 77, 9);
	expect_frame(two, address_one, 77, 9);
	cards_close();
}

TEST(one_client, "a card has one client: a second is told FULL, and served when the first is gone")
{
	nacre_handle_t second;

	cards_open();
	EXPECT_EQ(net_connect_now("dev/net0", &second), STATUS_FULL);
	cards_close();
	cards_open();
	cards_close();
}

TEST(strangers_frames, "a client does not get frames that came for the one before it")
{
	size_t size;

	cards_open();
	send_surely(one, address_two, address_one, 100, 5);
	expect_frame(two, address_one, 100, 5);
	send_surely(one, address_two, address_one, 100, 6);
	frame_await(two);
	cards_close();
	cards_open();
	EXPECT_EQ(net_receive(two, NET_PATIENCE_NOW, frame, sizeof(frame), &size), STATUS_NOT_READY);
	cards_close();
}

TEST(room, "a frame that is longer than the reader's room stays for who has more, and a reader that gave up loses none")
{
	uint8_t small[NET_HEADER_BYTES];
	size_t size;

	cards_open();
	EXPECT_EQ(net_receive_until(two, nacre_deadline_in(NACRE_MS), NET_PATIENCE_WAIT, frame, sizeof(frame), &size), NACRE_E_TIMEOUT);
	send_surely(one, address_two, address_one, 100, 3);
	EXPECT_EQ(net_receive(two, NET_PATIENCE_WAIT, small, sizeof(small), &size), NACRE_E_TOO_LONG);
	expect_frame(two, address_one, 100, 3);
	cards_close();
}

TEST(watch, "who watches is told once, by a signal, that a frame is there")
{
	nacre_handle_t server, notice;
	struct nacre_received received = { 0 };
	uint32_t now = 1;

	cards_open();
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 7, 0, 0, 8, &notice));
	EXPECT_EQ(net_watch(two, NET_READY_RECEIVE, 4, notice, &now), STATUS_OK);
	EXPECT_EQ(now, 0);
	send_surely(one, address_two, address_one, 100, 4);
	EXPECT_OK(nacre_server_receive(server, nacre_deadline_in(2 * NACRE_S), NULL, &received));
	EXPECT((received.info & NACRE_INFO_KIND) == NACRE_KIND_SIGNAL && received.badge == 7 && received.words.word[0] == 4);
	expect_frame(two, address_one, 100, 4);
	EXPECT_EQ(net_watch(two, NET_READY_RECEIVE, NACRE_SIGNAL_CLOSED, notice, &now), STATUS_MALFORMED);
	nacre_handle_close(notice);
	nacre_handle_close(server);
	cards_close();
}

static uint32_t driver_number(nacre_handle_t system, const char *label, uint32_t *restarts)
{
	for (uint32_t number = 0;;) {
		struct system_process process;
		nacre_handle_t handle, budget;

		EXPECT_EQ(system_process(system, number, &process, &handle, &budget), STATUS_OK);
		nacre_handle_close(handle);
		nacre_handle_close(budget);
		*restarts = process.restarts;
		if (!strcmp(process.label, label))
			return process.number;
		number = process.number + 1;
	}
}

TEST(killed, "a driver that is killed comes back: its client's connection is good, its one client still the only one")
{
	nacre_handle_t system, second;
	uint32_t before, after;
	struct net_link link;

	cards_open();
	EXPECT_EQ(nacre_connect("svc/system", &system), STATUS_OK);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < BUFFERS / 2; i++)
			send_surely(one, address_two, address_one, 1000, (uint8_t)i);
		EXPECT_EQ(system_kill(system, driver_number(system, "virtio-net1", &before), 0), STATUS_OK);
		while (net_link(two, &link) == NACRE_E_PEER_GONE)
			;
		driver_number(system, "virtio-net1", &after);
		EXPECT_EQ(after, before + 1);
		EXPECT_EQ(net_connect_now("dev/net1", &second), STATUS_FULL);
		held(two);
		send_surely(one, address_two, address_one, 200, 8);
		expect_frame(two, address_one, 200, 8);
	}
	nacre_handle_close(system);
	cards_close();
}
