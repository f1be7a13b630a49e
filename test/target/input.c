/* input.c - what the drivers of a keyboard and a tablet tell, refuse and outlive, while nobody types (system/display-test.toml:
 * test-input). What comes when somebody does, the part `display` of the test runner looks at. */
#include "idl/input_client.h"
#include "idl/system_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/startup.h"
#include "test/test.h"

enum { KEY_A = 30, BUTTON_LEFT = 0x110, X = 0, Y = 1 };

static nacre_handle_t keyboard, tablet;
static struct input_event events[INPUT_QUEUE_EVENTS];

static void inputs_open(void)
{
	EXPECT_EQ(input_connect_now("dev/input0", &keyboard), STATUS_OK);
	EXPECT_EQ(input_connect_now("dev/input1", &tablet), STATUS_OK);
}

static void inputs_close(void)
{
	nacre_handle_close(keyboard);
	nacre_handle_close(tablet);
}

static nacre_status_t fetch(nacre_handle_t input, enum input_patience patience, uint64_t ns, uint32_t *lost)
{
	size_t bytes = 1;
	nacre_status_t status = input_fetch_until(input, nacre_deadline_in(ns), patience, lost, events, sizeof(events), &bytes);

	EXPECT(!bytes);
	return status;
}

TEST(devices, "each device tells its name and what it has: a keyboard keys, a tablet buttons and axes")
{
	struct input_device device;

	inputs_open();
	EXPECT_EQ(input_device(keyboard, &device), STATUS_OK);
	EXPECT_TEXT(device.name, "QEMU Virtio Keyboard");
	EXPECT_EQ(device.kinds, INPUT_KIND_KEYS);
	EXPECT_EQ(input_device(tablet, &device), STATUS_OK);
	EXPECT_TEXT(device.name, "QEMU Virtio Tablet");
	EXPECT((device.kinds & (INPUT_KIND_KEYS | INPUT_KIND_ABSOLUTE)) == (INPUT_KIND_KEYS | INPUT_KIND_ABSOLUTE));
	EXPECT(device.vendor == 0x0627 && device.product == 3);
	inputs_close();
}

static bool has(nacre_handle_t input, enum input_group group, unsigned code)
{
	uint8_t codes[INPUT_KEY_BYTES] = { 0 };
	size_t size = 0;

	return !input_codes(input, group, codes, sizeof(codes), &size) && codes[code / 8] >> code % 8 & 1;
}

TEST(codes, "which keys, buttons and axes a device has")
{
	uint8_t codes[INPUT_KEY_BYTES];
	struct input_axis axis;
	size_t size;

	inputs_open();
	EXPECT(has(keyboard, INPUT_GROUP_KEY, KEY_A) && !has(keyboard, INPUT_GROUP_KEY, BUTTON_LEFT));
	EXPECT(has(tablet, INPUT_GROUP_KEY, BUTTON_LEFT) && has(tablet, INPUT_GROUP_ABS, X) && has(tablet, INPUT_GROUP_ABS, Y));
	EXPECT_EQ(input_codes(keyboard, INPUT_GROUP_ABS, codes, sizeof(codes), &size), STATUS_NOT_FOUND);
	EXPECT_EQ(input_codes(keyboard, INPUT_GROUP_SYN, codes, sizeof(codes), &size), STATUS_NOT_FOUND);
	EXPECT_EQ(input_axis(tablet, X, &axis), STATUS_OK);
	EXPECT(axis.minimum == 0 && axis.maximum == 0x7fff && axis.value == 0);
	EXPECT_EQ(input_axis(tablet, 2, &axis), STATUS_NOT_FOUND);
	EXPECT_EQ(input_axis(tablet, 64, &axis), STATUS_NOT_FOUND);
	EXPECT_EQ(input_axis(tablet, 0xffff, &axis), STATUS_NOT_FOUND);
	EXPECT_EQ(input_axis(keyboard, X, &axis), STATUS_NOT_FOUND);
	inputs_close();
}

TEST(nothing, "while nothing happens a fetch answers NOT_READY, or waits until its caller gives up, any number of times")
{
	uint8_t keys[INPUT_KEY_BYTES];
	size_t size = 1;
	uint32_t lost;

	inputs_open();
	EXPECT_EQ(fetch(keyboard, INPUT_PATIENCE_NOW, 2 * NACRE_S, &lost), STATUS_NOT_READY);
	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(fetch(keyboard, INPUT_PATIENCE_WAIT, NACRE_MS, &lost), NACRE_E_TIMEOUT);
	EXPECT_EQ(input_fetch(keyboard, INPUT_PATIENCE_NOW, &lost, events, sizeof(events[0]) - 1, &size), NACRE_E_TOO_LONG);
	EXPECT_EQ(input_pressed(keyboard, keys, sizeof(keys), &size), STATUS_OK);
	EXPECT_EQ(size, 0);
	inputs_close();
}

TEST(one_connection, "a process has one connection to a device: a second is told FULL, and served when the first is gone")
{
	nacre_handle_t second;

	inputs_open();
	EXPECT_EQ(input_connect_now("dev/input0", &second), STATUS_FULL);
	inputs_close();
	inputs_open();
	inputs_close();
}

TEST(watch, "a watch with bits of the kernel's, or none, is refused; one that is replaced, and one whose device closes, is closed")
{
	nacre_handle_t server, notice;
	struct nacre_received received = { 0 };
	bool now = true;

	inputs_open();
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 7, 0, 0, 8, &notice));
	EXPECT_EQ(input_watch(keyboard, 0, notice, &now), STATUS_MALFORMED);
	EXPECT_EQ(input_watch(keyboard, NACRE_SIGNAL_CLOSED | 1, notice, &now), STATUS_MALFORMED);
	EXPECT_EQ(input_watch(keyboard, 4, notice, &now), STATUS_OK);
	EXPECT(!now);
	EXPECT_EQ(input_watch(keyboard, 8, notice, &now), STATUS_OK);
	nacre_handle_close(notice);
	EXPECT_ERROR(server_receive, TIMEOUT, nacre_server_receive(server, nacre_deadline_in(NACRE_MS), NULL, &received));
	inputs_close();
	EXPECT_OK(nacre_server_receive(server, nacre_deadline_in(2 * NACRE_S), NULL, &received));
	EXPECT((received.info & NACRE_INFO_KIND) == NACRE_KIND_SIGNAL && received.badge == 7 &&
	       received.words.word[0] == NACRE_SIGNAL_CLOSED);
	nacre_handle_close(server);
}

static uint32_t driver_number(nacre_handle_t system)
{
	struct system_process process = { 0 };

	for (uint32_t number = 0; strcmp(process.label, "virtio-input") != 0; number = process.number + 1)
		EXPECT_EQ(system_process(system, number, &process, NULL, NULL), STATUS_OK);
	return process.number;
}

TEST(killed, "a driver that is killed comes back: connections and a grab are good, and the next fetch says that something is missing")
{
	nacre_handle_t system;
	struct input_axis axis;
	uint32_t lost = 0;

	inputs_open();
	EXPECT_EQ(nacre_connect("svc/system", &system), STATUS_OK);
	EXPECT_EQ(input_grab(keyboard, true), STATUS_OK);
	for (unsigned round = 0; round < 3; round++) {
		EXPECT_EQ(system_kill(system, driver_number(system), 0), STATUS_OK);
		while (input_axis(keyboard, X, &axis) == NACRE_E_PEER_GONE)
			;
		EXPECT_EQ(fetch(keyboard, INPUT_PATIENCE_WAIT, 2 * NACRE_S, &lost), STATUS_OK);
		EXPECT_EQ(lost, 1);
		EXPECT_EQ(fetch(keyboard, INPUT_PATIENCE_NOW, 2 * NACRE_S, &lost), STATUS_NOT_READY);
	}
	EXPECT_EQ(input_grab(keyboard, false), STATUS_OK);
	nacre_handle_close(system);
	inputs_close();
}
