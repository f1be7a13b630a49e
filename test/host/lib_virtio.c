/* lib_virtio.c - lib/virtio against a device of ours behind its registers: one that keeps to the rules, and one that answers
 * whatever the dice say and scribbles over all memory it was given.
 *
 * A fuzzing test names its seed when it fails; VIRTIO_SEED=that in the environment begins there. */
#include "lib/virtio/queue.h"
#include "lib/virtio/register.h"
#include "unit.h"

enum { REGISTER_BYTES = 0x200, DMA_BYTES = 8192, DATA_BYTES = 64, MAGIC = 0x74726976 };
enum { DEVICE_ID = VIRTIO_BLK, STATUS_NEEDS_RESET = 64, FEATURES_OK = 8, WRITE = 2, NEXT = 1 };
#define PHYSICAL 0x8123456789000ull

/* The device. What a test sets makes it misbehave in one way. */
static struct model {
	uint32_t magic, version, id, status, queue_max, select, half, interrupts, generation, driver_half;
	uint64_t offered, accepted, rings[3];
	uint32_t size, ready;
	uint16_t seen, done;          /* of the available and the used ring */
	uint8_t config[0x100];
	bool deaf_to_reset, refuses_features, refuses_queue, busy_queue, restless_config;
	bool mad;                     /* all of it, by dice */
	unsigned notified, reads;
	uint16_t heads[VIRTIO_QUEUE_MAX * 4];
	unsigned head_count;          /* chains it has */
} model;

static struct virtio device;
static struct virtio_queue queue;
static struct dma dma;
static uint32_t dice_state, seed;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (dice_state >> 8) % sides;
}

static uint32_t absurd(void)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 7, 63, 64, 65, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
					   0xffffffff };

	return dice(2) ? values[dice(sizeof(values) / sizeof(values[0]))] : dice_state;
}

/* --- memory as the device sees it ------------------------------------------------------------------------ */

/* Every address that it was told must lie in the memory it was given. */
static uint8_t *reach(uint64_t address, size_t bytes)
{
	if (address < PHYSICAL || address - PHYSICAL > DMA_BYTES || bytes > DMA_BYTES - (address - PHYSICAL))
		fail_msg("seed %u: the device was told the address %llx", seed, (unsigned long long)address);
	return dma.base + (address - PHYSICAL);
}

static uint16_t half(unsigned ring, size_t n)
{
	uint16_t value;

	memcpy(&value, reach(model.rings[ring], 6) + 2 * n, 2);
	return value;
}

static void half_set(unsigned ring, size_t n, uint16_t value)
{
	memcpy(reach(model.rings[ring], 6) + 2 * n, &value, 2);
}

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

static struct descriptor descriptor_at(uint16_t n)
{
	struct descriptor descriptor;

	assert_true(n < model.size);
	memcpy(&descriptor, reach(model.rings[0] + 16u * n, 16), 16);
	return descriptor;
}

/* Walks a chain as the device does; answers how many bytes of it can be written. */
static uint32_t chain_walk(uint16_t head)
{
	uint32_t writable = 0;
	struct descriptor descriptor;
	unsigned count = 0;

	do {
		descriptor = descriptor_at(head);
		reach(descriptor.address, descriptor.bytes);
		assert_true(descriptor.address - PHYSICAL >= dma.rings);
		assert_true(++count <= model.size);
		writable += descriptor.flags & WRITE ? descriptor.bytes : 0;
		head = descriptor.next;
	} while (descriptor.flags & NEXT);
	return writable;
}

static void used_write(uint32_t id, uint32_t bytes)
{
	uint32_t entry[2] = { id, bytes };

	memcpy(reach(model.rings[2] + 4 + 8u * (model.done % model.size), 8), entry, 8);
	half_set(2, 1, ++model.done);
}

/* Takes what is new in the available ring. */
static void collect(void)
{
	while (model.seen != half(1, 1)) {
		uint16_t head = half(1, 2u + model.seen++ % model.size);

		chain_walk(head);
		model.heads[model.head_count++ % (sizeof(model.heads) / 2)] = head;
	}
}

static void scribble(void)
{
	for (unsigned i = dice(40); i; i--)
		dma.base[dice(DMA_BYTES)] = (uint8_t)dice(256);
	if (model.ready && !dice(3))
		half_set(2, 1, (uint16_t)(model.done + dice(4)));
	if (model.ready && !dice(3))
		used_write(dice(3) ? dice(VIRTIO_QUEUE_MAX + 2) : absurd(), dice(2) ? 0 : absurd());
	if (model.ready && !dice(3) && model.head_count)
		used_write(model.heads[dice(model.head_count) % (sizeof(model.heads) / 2)], 0);
	model.interrupts = dice_state;
}

/* --- registers ------------------------------------------------------------------------------------------- */

static uint32_t answer(size_t offset, unsigned width)
{
	uint32_t value = 0;

	switch (offset) {
	case 0x000: return model.magic;
	case 0x004: return model.version;
	case 0x008: return model.id;
	case 0x010: return (uint32_t)(model.offered >> 32 * (model.half & 1));
	case 0x034: return model.queue_max;
	case 0x044: return model.busy_queue ? 1 : model.ready;
	case 0x060: return model.interrupts;
	case 0x070: return model.status;
	case 0x0fc: return model.restless_config ? model.generation++ : model.generation;
	}
	assert_true(offset >= 0x100 && offset + width <= REGISTER_BYTES);
	memcpy(&value, &model.config[offset - 0x100], width);
	return value;
}

uint32_t virtio_register_read(const struct virtio *of, size_t offset, unsigned width)
{
	assert_ptr_equal(of, &device);
	assert_true(offset % width == 0 && offset + width <= REGISTER_BYTES);
	if (++model.reads > 10000000)
		fail_msg("seed %u: the driver reads for ever", seed);
	/* Mostly sane in the first steps, so that the later ones are reached. */
	if (model.mad && !dice(offset < 0x010 ? 50 : 8))
		return absurd() >> (32 - 8 * width);
	return answer(offset, width);
}

static void notified(uint32_t number)
{
	assert_int_equal(number, queue.number);
	model.notified++;
	collect();
	if (model.mad)
		scribble();
}

static void status_write(uint32_t value)
{
	if (!value && !model.deaf_to_reset) {
		model.status = model.seen = model.done = model.ready = model.head_count = 0;
		return;
	}
	model.status |= value & ~(model.refuses_features ? FEATURES_OK : 0u);
}

void virtio_register_write(const struct virtio *of, size_t offset, uint32_t value)
{
	unsigned ring = (unsigned)(offset - 0x080) / 16;

	assert_ptr_equal(of, &device);
	switch (offset) {
	case 0x014: model.half = value; return;
	case 0x020: model.accepted |= (uint64_t)value << 32 * (model.driver_half & 1); return;
	case 0x024: model.driver_half = value; return;
	case 0x030: model.select = value; return;
	case 0x038: model.size = value; return;
	case 0x044: model.ready = model.refuses_queue ? 0 : value; return;
	case 0x050: notified(value); return;
	case 0x064: model.interrupts &= ~value; return;
	case 0x070: status_write(value); return;
	}
	assert_true(ring < 3 && offset % 16 % 4 == 0 && offset % 16 < 8);
	model.rings[ring] = offset % 16 ? (model.rings[ring] & 0xffffffff) | (uint64_t)value << 32 : value;
}

void virtio_register_write_byte(const struct virtio *of, size_t offset, uint8_t value)
{
	assert_ptr_equal(of, &device);
	assert_true(offset >= 0x100 && offset < REGISTER_BYTES);
	model.config[offset - 0x100] = value;
}

/* --- a driver -------------------------------------------------------------------------------------------- */

static void begin(void)
{
	free(dma.base);
	dma = (struct dma){ .base = aligned_alloc(4096, DMA_BYTES), .physical = PHYSICAL, .bytes = DMA_BYTES };
	memset(dma.base, 0xa5, DMA_BYTES);
	model = (struct model){ .magic = MAGIC, .version = 2, .id = DEVICE_ID, .status = 7, .queue_max = 16,
				.offered = VIRTIO_F_VERSION_1 | 0xf0 };
}

UNIT_SETUP
{
	begin();
}

static uint8_t registers[REGISTER_BYTES]; /* never touched: the doubles above are asked */

static const char *bring_up(uint16_t size)
{
	const char *why = virtio_open(&device, registers, sizeof(registers), DEVICE_ID);

	if (!why)
		why = virtio_negotiate(&device, 0x30);
	if (!why)
		why = virtio_queue_open(&queue, &device, 0, &dma, size);
	return why ? why : virtio_start(&device);
}

static void up(uint16_t size)
{
	const char *why = bring_up(size);

	if (why)
		fail_msg("%s", why);
}

static void refused(const char *what)
{
	const char *why = bring_up(16);

	assert_non_null(why);
	if (!strstr(why, what))
		fail_msg("%s", why);
}

static bool add(unsigned count, uint16_t *chain)
{
	struct virtio_piece pieces[VIRTIO_QUEUE_MAX];

	for (unsigned i = 0; i < count; i++)
		pieces[i] = (struct virtio_piece){ dma.rings + i * DATA_BYTES, DATA_BYTES, i > 0 };
	return virtio_queue_add(&queue, pieces, count, chain);
}

TEST(up, "a device that keeps to the rules is reset and started, and agrees on what both sides have")
{
	up(16);
	assert_int_equal(model.status, 15);
	assert_int_equal(device.features, VIRTIO_F_VERSION_1 | 0x30);
	assert_int_equal(model.accepted, device.features);
	assert_int_equal(model.size, 16);
}

TEST(smaller_queue, "a device that has less room for a queue than the driver would like gets a smaller one")
{
	model.queue_max = 7;
	up(16);
	assert_int_equal(queue.size, 4);
	begin();
	model.queue_max = 0xffffffff;
	up(32);
	assert_int_equal(queue.size, 32);
}

TEST(refusals, "whatever a device does wrong at its start is told in a sentence of its own")
{
	model.magic = 0;
	refused("no virtio device");
	begin(), model.version = 1;
	refused("legacy version 1");
	begin(), model.id = VIRTIO_NET;
	refused("another type");
	begin(), model.deaf_to_reset = true;
	refused("does not answer the reset");
	begin(), model.offered = 0xff;
	refused("only the legacy interface");
	begin(), model.refuses_features = true;
	refused("refuses the features");
	begin(), model.queue_max = 0;
	refused("lacks a queue");
	begin(), model.busy_queue = true;
	refused("in use after its reset");
	begin(), model.refuses_queue = true;
	refused("does not take the queue");
	begin(), dma.bytes = 300;
	refused("too small");
	assert_string_equal(virtio_open(&device, registers, 0x80, DEVICE_ID),
			    "there is no virtio device at these registers; the device tree is wrong");
}

TEST(there_and_back, "chains travel to the device and back, in any order, and each comes back once")
{
	uint16_t chain[3], back;
	uint32_t written;

	up(8);
	for (unsigned round = 0; round < 70000 / 3; round++) { /* past the end of the 16-bit indices */
		for (unsigned i = 0; i < 3; i++)
			assert_true(add(2, &chain[i]));
		virtio_queue_notify(&queue);
		assert_int_equal(model.head_count, 3);
		assert_int_equal(virtio_queue_take(&queue, &back, &written), VIRTIO_NOTHING);
		for (unsigned i = 3; i--;)
			used_write(model.heads[i], DATA_BYTES);
		for (unsigned i = 3; i--;) {
			assert_int_equal(virtio_queue_take(&queue, &back, &written), VIRTIO_TAKEN);
			assert_int_equal(back, chain[i]);
			assert_int_equal(written, DATA_BYTES);
		}
		assert_int_equal(queue.free_count, 8);
		model.head_count = 0;
	}
}

TEST(full, "a queue without free descriptors takes nothing more, and goes on when one came back")
{
	uint16_t chain, back;
	uint32_t written;

	up(8);
	for (unsigned i = 0; i < 4; i++)
		assert_true(add(2, &chain));
	assert_false(add(1, &chain));
	virtio_queue_notify(&queue);
	used_write(model.heads[1], 0);
	assert_int_equal(virtio_queue_take(&queue, &back, &written), VIRTIO_TAKEN);
	assert_false(add(3, &chain));
	assert_true(add(2, &chain));
	assert_int_equal(chain, back);
}

TEST(pieces, "a piece that does not lie in the data part of DMA memory is refused, and so is an order that is none")
{
	static const struct { size_t offset; uint32_t bytes; } wrong[] = {
		{ 0, 16 }, { DMA_BYTES - 8, 16 }, { DMA_BYTES, 1 }, { DMA_BYTES + 1, 1 }, { SIZE_MAX, 2 }, { SIZE_MAX - 3, 8 },
		{ 4096, 0xffffffff }, { 4096, 0 },
	};
	struct virtio_piece backwards[2] = { { 4096, 8, true }, { 4096, 8, false } };
	uint16_t chain;

	up(8);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct virtio_piece piece = { wrong[i].offset, wrong[i].bytes, true };

		assert_false(virtio_queue_add(&queue, &piece, 1, &chain));
	}
	assert_false(virtio_queue_add(&queue, &(struct virtio_piece){ dma.rings - 1, 8, true }, 1, &chain));
	assert_true(virtio_queue_add(&queue, &(struct virtio_piece){ dma.rings, 8, true }, 1, &chain));
	assert_false(virtio_queue_add(&queue, backwards, 2, &chain));
	assert_false(virtio_queue_add(&queue, backwards, 0, &chain));
	assert_int_equal(queue.free_count, 7);
}

TEST(rings_first, "a queue that is opened after data was handed out is refused: its rings would lie among it")
{
	size_t offset;

	assert_true(dma_take(&dma, 10, 1, &offset));
	refused("too small");
}

static void breaks(uint32_t id, uint32_t bytes, const char *what)
{
	uint16_t chain;
	uint32_t written;

	begin();
	up(8);
	assert_true(add(2, &chain));
	virtio_queue_notify(&queue);
	used_write(id, bytes);
	assert_int_equal(virtio_queue_take(&queue, &chain, &written), VIRTIO_BROKEN);
	assert_non_null(strstr(queue.fault, what));
	assert_int_equal(virtio_queue_take(&queue, &chain, &written), VIRTIO_BROKEN);
	assert_false(add(1, &chain));
}

TEST(broken, "a number that was not given, a length beyond the room, too many at once: the queue is dead until a reset")
{
	uint16_t chain;
	uint32_t written;

	breaks(8, 0, "not given");
	breaks(1, 0, "not given");
	breaks(0xffffffff, 0, "not given");
	breaks(0x10000, 0, "not given");
	breaks(0, DATA_BYTES + 1, "more than there was room for");
	breaks(0, 0xffffffff, "more than there was room for");
	begin();
	up(8);
	half_set(2, 1, 1);
	assert_int_equal(virtio_queue_take(&queue, &chain, &written), VIRTIO_BROKEN);
	assert_non_null(strstr(queue.fault, "more requests than it was given"));
	/* And after it, all is well. */
	dma.used = dma.rings = 0;
	up(8);
	assert_true(add(2, &chain));
}

TEST(twice, "a chain that comes back twice is told from one that was given again")
{
	uint16_t chain, other;
	uint32_t written;

	up(8);
	assert_true(add(1, &chain) && add(1, &other));
	virtio_queue_notify(&queue);
	used_write(chain, 0);
	used_write(chain, 0);
	assert_int_equal(virtio_queue_take(&queue, &other, &written), VIRTIO_TAKEN);
	assert_int_equal(virtio_queue_take(&queue, &other, &written), VIRTIO_BROKEN);
}

TEST(config, "configuration is read by width and never beyond the registers, and one that never rests is given up")
{
	uint8_t bytes[8] = { 0 };
	uint64_t number;

	up(8);
	for (unsigned i = 0; i < 8; i++)
		model.config[i] = (uint8_t)(i + 1);
	assert_true(virtio_config(&device, 0, 1, 6, bytes));
	assert_memory_equal(bytes, "\1\2\3\4\5\6\0", 8);
	assert_true(virtio_config(&device, 0, 4, 2, &number));
	assert_int_equal(number, 0x0807060504030201);
	assert_false(virtio_config(&device, 1, 2, 1, bytes));
	assert_false(virtio_config(&device, 0x100, 1, 1, bytes));
	assert_false(virtio_config(&device, 0xfc, 4, 2, bytes));
	assert_false(virtio_config(&device, SIZE_MAX - 3, 4, 2, bytes));
	assert_false(virtio_config(&device, 0, 4, 0xffffffff, bytes));
	assert_true(virtio_config_set(&device, 3, 0x5a));
	assert_true(virtio_config(&device, 3, 1, 1, bytes) && bytes[0] == 0x5a);
	assert_true(virtio_config_set(&device, 0xff, 1));
	assert_false(virtio_config_set(&device, 0x100, 1));
	assert_false(virtio_config_set(&device, SIZE_MAX, 1));
	model.restless_config = true;
	assert_false(virtio_config(&device, 0, 4, 1, bytes));
}

TEST(gives_up, "a device that wants to be reset, and one that says it does not want to be told, are understood")
{
	uint16_t chain;

	up(8);
	assert_false(virtio_is_broken(&device));
	model.status |= STATUS_NEEDS_RESET;
	assert_true(virtio_is_broken(&device));
	half_set(2, 0, 1);
	assert_true(add(1, &chain));
	virtio_queue_notify(&queue);
	assert_int_equal(model.notified, 0);
	model.interrupts = 0xffffffff;
	assert_int_equal(virtio_interrupts(&device), 3);
	assert_int_equal(model.interrupts, 0xfffffffc);
}

TEST(interrupts_for_nothing, "a device that interrupts for nothing is given up after ten thousand times, and one that works is not")
{
	uint16_t chain;
	uint32_t written;
	unsigned count = 0;
	bool config;

	up(8);
	for (unsigned round = 0; round < 30; round++) {
		for (unsigned i = 0; i < 1000; i++)
			assert_null(virtio_interrupted(&device, &config));
		assert_true(add(1, &chain));
		virtio_queue_notify(&queue);
		used_write(chain, 0);
		assert_int_equal(virtio_queue_take(&queue, &chain, &written), VIRTIO_TAKEN);
	}
	while (!virtio_interrupted(&device, &config))
		count++;
	assert_int_equal(count, 10000);
}

TEST(reset_by_itself, "a device that was reset while it ran, and one that refuses to start, are given up, the latter after a reset")
{
	bool config;

	up(8);
	model.interrupts = VIRTIO_INTERRUPT_USED;
	assert_null(virtio_interrupted(&device, &config));
	model.status = 0;
	assert_non_null(strstr(virtio_interrupted(&device, &config), "gave up"));
	begin();
	assert_null(virtio_open(&device, registers, sizeof(registers), DEVICE_ID));
	assert_null(virtio_negotiate(&device, 0));
	model.status |= STATUS_NEEDS_RESET;
	assert_non_null(strstr(virtio_start(&device), "gave up when it was started"));
	assert_int_equal(model.status, 0);
}

/* --- dice ------------------------------------------------------------------------------------------------ */

/* What the driver has given away, as the test knows it: chains come back once, and only these. */
static bool given[VIRTIO_QUEUE_MAX];

static void one_step(void)
{
	uint16_t chain = 0;
	uint32_t written = 0;
	uint8_t all[REGISTER_BYTES];

	switch (dice(6)) {
	case 0:
	case 1:
		if (add(1 + dice(4), &chain)) {
			assert_true(chain < queue.size && !given[chain]);
			given[chain] = true;
			virtio_queue_notify(&queue);
		}
		break;
	case 2:
		virtio_interrupts(&device);
		break;
	case 3:
		virtio_config(&device, absurd() & ~3u, 4, absurd(), all);
		break;
	default:
		if (virtio_queue_take(&queue, &chain, &written) != VIRTIO_TAKEN)
			break;
		assert_true(chain < queue.size && given[chain] && written <= 4 * DATA_BYTES);
		given[chain] = false;
	}
}

TEST(mad, "ten thousand devices that answer by dice: no access outside, no endless loop, no chain given back twice")
{
	const char *from = getenv("VIRTIO_SEED");
	unsigned first = from ? (unsigned)strtoul(from, NULL, 0) : 1, running = 0, taken_ends = 0;

	for (seed = first; seed < first + 10000; seed++) {
		dice_state = seed * 2654435761u;
		begin();
		memset(given, 0, sizeof(given));
		model.mad = true;
		model.queue_max = dice(4) ? 16 : absurd();
		if (bring_up((uint16_t)(1u << dice(7))))
			continue;
		running++;
		for (unsigned step = 0; step < 200; step++)
			one_step();
		taken_ends += !queue.fault;
	}
	/* A test that only ever sees devices that cannot be started, or break at once, shows nothing. */
	assert_true(running > 1000);
	assert_true(taken_ends > 10);
}
