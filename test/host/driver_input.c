/* driver_input.c - driver/virtio-input against a device that lies: its configuration, its events; and who of its clients hears what. */
#include "driver/virtio-input/clients.h"
#include "driver/virtio-input/device.h"
#include "queue_double.h"

enum { SYN = INPUT_GROUP_SYN, KEY = INPUT_GROUP_KEY, REL = INPUT_GROUP_REL, ABS = INPUT_GROUP_ABS, CONFIG_BYTES = 136 };

static struct input_source source;
static struct virtio device;
static struct input_event heard[2048];
static unsigned heard_count, report_count;

/* The configuration: by select and subselect, size and bytes. */
static struct {
	uint8_t select, subselect;
	uint8_t sizes[256];          /* for each of the sources below */
	uint8_t name[128], codes[GROUPS][128];
	uint32_t axes[AXES][5];
	bool restless, mad;
	uint8_t size;
} config;

bool virtio_config_set(const struct virtio *of, size_t offset, uint8_t value)
{
	assert_ptr_equal(of, &device);
	assert_true(offset < 2);
	if (offset)
		config.subselect = value;
	else
		config.select = value;
	return true;
}

static const void *config_data(uint8_t *size)
{
	*size = 128;
	if (config.select == 1)
		return config.name;
	if (config.select == 0x11 && config.subselect < GROUPS)
		return config.codes[config.subselect];
	if (config.select == 0x12 && config.subselect < AXES) {
		*size = 20;
		return config.axes[config.subselect];
	}
	*size = 0;
	return config.name;
}

bool virtio_config(const struct virtio *of, size_t offset, unsigned width, unsigned count, void *to)
{
	uint8_t all[CONFIG_BYTES] = { config.select, config.subselect }, size;
	const void *data = config_data(&size);

	assert_ptr_equal(of, &device);
	assert_true(offset + (size_t)width * count <= CONFIG_BYTES);
	memcpy(all + 8, data, size);
	all[2] = config.size ? config.size : size;
	for (unsigned i = 0; config.mad && i < CONFIG_BYTES; i++)
		all[i] = dice(3) ? all[i] : (uint8_t)dice(256);
	memcpy(to, all + offset, (size_t)width * count);
	return !config.restless;
}

static void have(unsigned group, unsigned code)
{
	config.codes[group][code / 8] |= (uint8_t)(1u << code % 8);
}

static void begin(void)
{
	double_begin(4096);
	memset(&config, 0, sizeof(config));
	memcpy(config.name, "A tablet", 9);
	have(KEY, 30);
	have(KEY, 0x110);
	have(REL, 8);
	have(ABS, 0);
	have(ABS, 1);
	config.axes[0][1] = config.axes[1][1] = 1000;
	config.axes[1][0] = (uint32_t)-1000;
	heard_count = report_count = 0;
}

UNIT_SETUP
{
	begin();
}

static void up(void)
{
	assert_null(source_open(&source, &device, &dma));
	assert_null(source_begin(&source));
	assert_int_equal(notified, 1);
}

static void hear(const struct input_event *events, unsigned count)
{
	assert_true(count && count <= REPORT_EVENTS);
	for (unsigned i = 0; i < count; i++) {
		assert_true((events[i].group == SYN) == (i == count - 1));
		heard[heard_count++ % 2048] = events[i];
	}
	report_count++;
}

/* The next free chain gets the event; the driver looks when told. */
static void event_of(uint16_t type, uint16_t code, uint32_t value, uint32_t written)
{
	struct {
		uint16_t type, code;
		uint32_t value;
	} event = { type, code, value };

	for (uint16_t i = 0; i < CHAINS; i++) {
		bool waits = false;

		for (unsigned j = 0; j < answer_count; j++)
			waits |= answers[(answer_first + j) % CHAINS].chain == i;
		if (chains[i].given && !waits) {
			memcpy(dma.base + chains[i].pieces[0].offset, &event, sizeof(event));
			answer(i, written);
			return;
		}
	}
}

static void event(uint16_t type, uint16_t code, uint32_t value)
{
	event_of(type, code, value, 8);
}

static void take(void)
{
	assert_null(source_take(&source, 77, hear));
}

TEST(facts, "name, codes and axes are what the device says")
{
	up();
	assert_string_equal(source.facts.name, "A tablet");
	assert_int_equal(source.facts.kinds, INPUT_KIND_KEYS | INPUT_KIND_RELATIVE | INPUT_KIND_ABSOLUTE);
	assert_true(bitmap_has(source.codes[KEY], 30) && !bitmap_has(source.codes[KEY], 31) && !bitmap_has(source.codes[KEY], 5000));
	assert_true(source.axes[1].minimum == -1000 && source.axes[1].maximum == 1000);
	assert_int_equal(bitmap_bytes(source.codes[KEY]), 0x110 / 8 + 1);
}

TEST(absurd_facts, "a name that is no text, sizes beyond all, an axis that ends before it begins and a device that never rests")
{
	memset(config.name, 0xff, sizeof(config.name));
	memset(config.codes[ABS], 0xff, sizeof(config.codes[ABS]));
	config.axes[0][0] = 2000;
	up();
	assert_string_equal(source.facts.name, "");
	assert_false(bitmap_has(source.codes[ABS], 0));
	assert_true(bitmap_has(source.codes[ABS], 1) && !bitmap_has(source.codes[ABS], AXES));
	begin();
	memset(config.name, 'a', sizeof(config.name));
	up();
	assert_int_equal(strlen(source.facts.name), sizeof(source.facts.name) - 1);
	begin();
	config.size = 129;
	up();
	assert_int_equal(source.facts.kinds, 0);
	begin();
	config.restless = true;
	assert_non_null(strstr(source_open(&source, &device, &dma), "never tells the same"));
	double_begin(4096);
	dma.bytes = 2000;
	assert_non_null(strstr(source_open(&source, &device, &dma), "too small"));
}

TEST(report, "events are handed on when their report ends, together, and how things stand is remembered")
{
	up();
	event(KEY, 30, 1);
	event(ABS, 1, (uint32_t)-500);
	take();
	assert_int_equal(report_count, 0);
	event(SYN, 0, 0);
	take();
	assert_true(report_count == 1 && heard_count == 3);
	assert_true(heard[0].group == KEY && heard[0].code == 30 && heard[0].value == 1 && heard[0].time_ns == 77);
	assert_true(heard[1].group == ABS && heard[1].value == -500);
	assert_true(bitmap_has(source.pressed, 30) && source.axes[1].value == -500);
	event(KEY, 30, 0);
	event(SYN, 0, 0);
	take();
	assert_false(bitmap_has(source.pressed, 30));
	assert_int_equal(source.queue.in_flight, BUFFERS); /* each buffer went back */
}

TEST(impossible, "events of a group, a code or a value that the device says it does not have are dropped and counted")
{
	static const uint32_t wrong[][3] = {
		{ KEY, 31, 1 }, { KEY, 767, 1 }, { KEY, 768, 1 }, { KEY, 0xffff, 1 }, { KEY, 30, 3 }, { KEY, 30, 0xffffffff },
		{ ABS, 2, 0 }, { ABS, 64, 0 }, { ABS, 0xffff, 0 }, { ABS, 0, 1001 }, { ABS, 0, 0xffffffff }, { ABS, 1, 0x80000000 },
		{ REL, 0, 1 }, { 4, 4, 1 }, { 0x1f, 0, 0 }, { 0xffff, 0xffff, 0xffffffff }, { SYN, 3, 0 }, { SYN, 0, 1 },
	};

	up();
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		event((uint16_t)wrong[i][0], (uint16_t)wrong[i][1], wrong[i][2]);
		take();
		assert_int_equal(source.statistics.errors, i + 1);
	}
	event_of(KEY, 30, 1, 7);
	event_of(KEY, 30, 1, 0);
	take();
	assert_int_equal(source.statistics.errors, sizeof(wrong) / sizeof(wrong[0]) + 2);
	assert_int_equal(report_count, 0);
	event(SYN, 0, 0);
	take();
	assert_true(report_count == 1 && heard_count == 1);
}

TEST(endless, "a report that does not end is dropped whole, and the next one is not harmed")
{
	up();
	for (unsigned i = 0; i < 1000; i++) {
		event(REL, 8, i);
		take();
	}
	event(SYN, 0, 0);
	take();
	assert_true(report_count == 0 && source.statistics.errors == 1);
	for (unsigned i = 0; i < REPORT_EVENTS - 1; i++)
		event(REL, 8, i);
	event(SYN, 0, 0);
	take();
	assert_true(report_count == 1 && heard_count == REPORT_EVENTS && heard[0].value == 0);
}

TEST(broken, "a queue that breaks the rules is told of")
{
	up();
	queue_is_broken = true;
	assert_string_equal(source_take(&source, 0, hear), "broken");
}

TEST(mad, "five thousand devices whose configuration and events are dice: what is handed on is what a device said it has")
{
	unsigned reports = 0;

	for (seed = 1; seed <= 5000; seed++) {
		dice_state = seed * 2654435761u;
		begin();
		config.mad = dice(2);
		up();
		for (unsigned i = 0; i < 200; i++) {
			event_of((uint16_t)dice(6), dice(2) ? (uint16_t)dice(70) : (uint16_t)dice_state, dice(2) ? dice(4) : dice_state,
				 dice(9) ? 8 : dice(9));
			if (!dice(3))
				event(SYN, 0, 0);
			if (!dice(4))
				take();
		}
		for (unsigned i = 0; i < heard_count && i < 2048; i++)
			assert_true(heard[i].group == SYN || bitmap_has(source.codes[heard[i].group], heard[i].code));
		reports += report_count;
	}
	assert_true(reports > 10000);
}

/* --- clients --------------------------------------------------------------------------------------------- */

static struct clients clients;

static struct input_client *client(uint32_t process)
{
	struct input_client *free_place = client_find(&clients, 0);

	assert_non_null(free_place);
	*free_place = (struct input_client){ .process = process };
	return free_place;
}

static unsigned report(unsigned count)
{
	struct input_event events[REPORT_EVENTS] = { { 0 } };

	return clients_report(&clients, events, count);
}

static size_t look(struct input_client *of, size_t most, uint32_t *lost)
{
	static struct input_event events[INPUT_QUEUE_EVENTS];
	size_t bytes = client_look(of, events, most * sizeof(events[0]), lost);

	client_taken(of, bytes);
	return bytes / sizeof(events[0]);
}

TEST(loss, "a queue that is full loses whole reports until it was emptied, and tells how many in front of what comes next")
{
	struct input_client *slow = client(5), *quick = client(6);
	uint32_t lost;

	for (unsigned i = 0; i < 21; i++) {
		assert_int_equal(report(3), 0);
		assert_int_equal(look(quick, 64, &lost), 3);
	}
	assert_int_equal(report(3), 1); /* 63 are there, 64 is the most */
	assert_int_equal(report(1), 1); /* it would fit, and is lost all the same: the gap stays in one place */
	assert_int_equal(look(slow, 60, &lost), 60);
	assert_int_equal(lost, 0);
	assert_int_equal(report(1), 1);
	assert_int_equal(look(slow, 60, &lost), 3);
	assert_int_equal(lost, 0);
	assert_true(client_is_ready(&clients, slow));
	assert_int_equal(report(2), 0);
	assert_int_equal(slow->queue[slow->first].report, 24);
	assert_int_equal(look(slow, 60, &lost), 2);
	assert_int_equal(lost, 3);
	assert_false(client_is_ready(&clients, slow));
	assert_int_equal(look(quick, 64, &lost), 7);
	assert_int_equal(lost, 0);
}

TEST(loss_told, "that something is missing is told also when nothing comes behind it")
{
	struct input_client *slow = client(5);
	uint32_t lost;

	for (unsigned i = 0; i < 65; i++)
		report(1);
	assert_int_equal(look(slow, 64, &lost), 64);
	assert_int_equal(lost, 0);
	assert_true(client_is_ready(&clients, slow));
	assert_int_equal(look(slow, 64, &lost), 0);
	assert_int_equal(lost, 1);
	assert_false(client_is_ready(&clients, slow));
}

TEST(grab, "while one client grabs, nothing reaches the others, not even how much happened")
{
	struct input_client *other = client(5), *grabber = client(6);
	uint32_t lost;

	report(2);
	clients.grabber = 6;
	for (unsigned i = 0; i < 9; i++)
		report(2);
	assert_false(client_is_ready(&clients, other));
	assert_int_equal(look(grabber, 64, &lost), 20);
	clients.grabber = 0;
	assert_int_equal(look(other, 64, &lost), 2);
	assert_int_equal(lost, 0);
	report(1);
	assert_int_equal(other->queue[other->first].report, 1);
	assert_int_equal(look(other, 64, &lost), 1);
	assert_int_equal(lost, 1);
}
