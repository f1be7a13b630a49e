/* device.c - a virtio device behind its registers that does what the fuzzer says: by the rules, or against each of them. */
#include "world.h"
#include "virtio/queue.h"
#include "virtio/register.h"

enum { MAGIC_VALUE = 0x74726976, REGISTER_BYTES = 4096, CONFIG = 0x100, RING_ROOM = 6 };
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64 };
enum { NEXT = 1, WRITE = 2, CHAINS = VIRTIO_QUEUE_MAX };
#define PHYSICAL 0x8123456789000ull

static struct ring {
	uint32_t max, size, ready;         /* max: as the driver was told */
	uint64_t at[3];
	uint16_t seen, done;
	struct chain chains[CHAINS];       /* that it has, oldest first */
	unsigned count;
	uint16_t last;                     /* the head of the last it gave back */
} rings[QUEUES];

static struct {
	uint32_t status, status_or, told, select, half, driver_half, interrupts, generation;
	uint64_t offered, accepted;
	uint8_t config[256];
	bool was_reset, was_started, deaf;   /* was_reset: and has said so, since it was asked to */
	bool is_broken;                    /* the driver has seen a queue of it that is */
	unsigned flip_in;                  /* loads of the driver's until DMA memory changes under it; 0: it does not */
} device;

/* What the driver's queues have given away, as it knows it itself. */
static struct given {
	const struct virtio_queue *queue;
	struct chain chain;
} given[QUEUES * VIRTIO_QUEUE_MAX];
static unsigned given_count;

/* --- memory as the device sees it ------------------------------------------------------------------------ */

/* P3 */
static uint8_t *reach(uint64_t address, size_t bytes)
{
	MUST(address >= PHYSICAL && address - PHYSICAL <= dma_bytes && bytes <= dma_bytes - (address - PHYSICAL));
	return dma_base + (address - PHYSICAL);
}

uint64_t device_physical(size_t page)
{
	return PHYSICAL + page * 4096;
}

static uint16_t half(const struct ring *ring, unsigned part, size_t n)
{
	uint16_t value;

	memcpy(&value, reach(ring->at[part] + 2 * n, 2), 2);
	return value;
}

static void half_set(const struct ring *ring, unsigned part, size_t n, uint16_t value)
{
	memcpy(reach(ring->at[part] + 2 * n, 2), &value, 2);
}

static bool is_in_rings(size_t offset, size_t bytes)
{
	for (unsigned i = 0; i < QUEUES; i++) {
		const size_t sizes[] = { 16u * rings[i].size, 6 + 2u * rings[i].size, 6 + 8u * rings[i].size };

		for (unsigned part = 0; part < 3 && rings[i].ready; part++) {
			size_t at = rings[i].at[part] - PHYSICAL;

			if (offset < at + sizes[part] && at < offset + bytes)
				return true;
		}
	}
	return false;
}

void device_write(size_t offset, const void *bytes, size_t size)
{
	memcpy(reach(PHYSICAL + offset, size), bytes, size);
}

void device_fill(const struct virtio_piece *piece, uint32_t bytes, uint8_t byte)
{
	memset(reach(PHYSICAL + piece->offset, piece->bytes), DEVICE_BYTE | byte, bytes < piece->bytes ? bytes : piece->bytes);
}

static void scribble(size_t offset, size_t size)
{
	for (; size && offset < dma_bytes; size--, offset++)
		dma_base[offset] = (uint8_t)(is_in_rings(offset, 1) ? absurd() : absurd() | DEVICE_BYTE);
}

/* --- chains ---------------------------------------------------------------------------------------------- */

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

static void chain_read(const struct ring *ring, uint16_t head, struct chain *chain)
{
	struct descriptor descriptor = { .flags = NEXT, .next = head };

	*chain = (struct chain){ .head = head };
	while (descriptor.flags & NEXT && chain->count < PIECES_MAX) {
		if (descriptor.next >= ring->size)
			return;
		memcpy(&descriptor, reach(ring->at[0] + 16u * descriptor.next, 16), 16);
		if (descriptor.address - PHYSICAL > dma_bytes || descriptor.bytes > dma_bytes - (descriptor.address - PHYSICAL))
			return; /* it was the device that wrote over it: what the driver wrote is judged in driver_add */
		chain->pieces[chain->count++] = (struct virtio_piece){ descriptor.address - PHYSICAL, descriptor.bytes,
								       descriptor.flags & WRITE };
	}
}

static void collect(struct ring *ring)
{
	while (ring->ready && ring->seen != half(ring, 1, 1)) {
		uint16_t head = half(ring, 1, 2u + ring->seen % ring->size);

		if ((uint16_t)(half(ring, 1, 1) - ring->seen) > ring->size || ring->count == CHAINS)
			break;
		ring->seen++;
		chain_read(ring, head, &ring->chains[ring->count++]);
	}
}

static void used_put(struct ring *ring, uint32_t id, uint32_t bytes)
{
	uint32_t entry[2] = { id, bytes };

	memcpy(reach(ring->at[2] + 4 + 8u * (ring->done % ring->size), 8), entry, 8);
	half_set(ring, 2, 1, ++ring->done);
	device.interrupts |= VIRTIO_INTERRUPT_USED;
}

static struct chain chain_take(struct ring *ring, unsigned n)
{
	struct chain chain = ring->chains[n];

	ring->count--;
	memmove(&ring->chains[n], &ring->chains[n + 1], (ring->count - n) * sizeof(chain));
	ring->last = chain.head;
	return chain;
}

static uint32_t writable(const struct chain *chain)
{
	uint32_t bytes = 0;

	for (unsigned i = 0; i < chain->count; i++)
		bytes += chain->pieces[i].device_writes ? chain->pieces[i].bytes : 0;
	return bytes;
}

bool device_serve_all(void)
{
	bool any = false;

	for (unsigned i = 0; i < QUEUES; i++) {
		collect(&rings[i]);
		for (unsigned n = world.waiting & 1u << i ? 0 : rings[i].count; n && device_runs(); n--, any = true) {
			struct chain chain = chain_take(&rings[i], 0);

			used_put(&rings[i], chain.head, world.serve(i, &chain));
		}
	}
	return any;
}

/* --- what it may do at any time -------------------------------------------------------------------------- */

static void act_on_ring(unsigned number)
{
	struct ring *ring = &rings[number];
	struct chain chain;
	unsigned how;

	collect(ring);
	if (!ring->ready || !ring->size || !device_runs())
		return;
	how = happens(FLAW_RINGS) ? draw(16) : draw(2);
	if (how >= 10) {
		if (how == 10)
			used_put(ring, (uint32_t)absurd(), (uint32_t)absurd());
		else if (how == 11)
			used_put(ring, ring->last, 0);
		else if (how == 12)
			half_set(ring, 2, 1, (uint16_t)(ring->done + absurd()));
		else if (how == 13)
			half_set(ring, 2, 0, (uint16_t)absurd());
		else
			scribble(ring->at[draw(3)] - PHYSICAL + draw(8u * ring->size), draw(16));
		return;
	}
	if (!ring->count)
		return;
	chain = chain_take(ring, how == 1 ? draw(ring->count) : 0);
	if (how < 4)
		used_put(ring, chain.head, world.serve(number, &chain));
	else if (how < 6) /* it says so, and has done nothing */
		used_put(ring, chain.head, writable(&chain));
	else if (how == 6)
		used_put(ring, chain.head, draw(2) ? 0 : (uint32_t)draw(writable(&chain) + 1));
	else if (how == 7)
		used_put(ring, chain.head, writable(&chain) + 1 + (uint32_t)(draw(2) ? 0 : absurd()));
	else if (how == 8)
		used_put(ring, chain.head, world.serve(number, &chain) - 1);
	else { /* some of it, by dice */
		for (unsigned i = 0; i < chain.count; i++)
			if (chain.pieces[i].device_writes)
				scribble(chain.pieces[i].offset + draw(chain.pieces[i].bytes), draw(32));
		used_put(ring, chain.head, draw(2) ? writable(&chain) : draw(writable(&chain) + 1));
	}
}

void device_act(void)
{
	unsigned what = draw(32);

	if (what < 20)
		act_on_ring(draw(QUEUES));
	else if (what < 23 && happens(FLAW_BYTES))
		device.flip_in = 1 + draw(64);
	else if (what < 25 && happens(FLAW_BYTES) && device.was_reset)
		scribble((size_t)draw((unsigned)dma_bytes), draw(64));
	else if (what < 28) {
		unsigned at = draw(32);

		if (happens(FLAW_CONFIG))
			device.config[at] = (uint8_t)absurd();
		else
			world.config(device.config);
		device.generation++;
		device.interrupts |= VIRTIO_INTERRUPT_CONFIG;
	} else if (what == 28)
		device.interrupts |= draw(4);
	else if (what == 29 && happens(FLAW_STATUS)) {
		device.status_or |= NEEDS_RESET;
		device.interrupts |= draw(2) ? VIRTIO_INTERRUPT_CONFIG : 0;
	} else if (what == 30 && happens(FLAW_STATUS))
		device.status = 0;
	else if (what == 31 && happens(FLAW_STATUS))
		device.status_or = (uint32_t)absurd();
}

bool device_interrupts(void)
{
	return device.interrupts;
}

void device_interrupt_all(void)
{
	device.interrupts = VIRTIO_INTERRUPT_USED | VIRTIO_INTERRUPT_CONFIG;
}

bool device_runs(void)
{
	return device.status & DRIVER_OK;
}

bool device_is_left_running(void)
{
	return device.was_started;
}

void device_begin(void)
{
	memset(&device, 0, sizeof(device));
	memset(rings, 0, sizeof(rings));
	given_count = 0;
	device.status = ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK; /* its driver was killed in the middle */
	device.offered = VIRTIO_F_VERSION_1 | world.features;
	world.config(device.config);
	if (happens(FLAW_CONFIG))
		for (unsigned i = draw(8); i; i--)
			device.config[draw(64)] = (uint8_t)absurd();
	if (happens(FLAW_FEATURES))
		device.offered ^= draw(2) ? 1ull << draw(40) : absurd();
	device.deaf = happens(FLAW_RESET) && draw(32) == 31;
	for (unsigned i = 0; i < QUEUES; i++)
		rings[i].max = happens(FLAW_QUEUES) ? (uint32_t)absurd() : 256;
}

/* --- registers ------------------------------------------------------------------------------------------- */

static uint32_t answer(size_t offset, unsigned width)
{
	const struct ring *ring = device.select < QUEUES ? &rings[device.select] : NULL;
	uint32_t value = 0;

	switch (offset) {
	case 0x000: return MAGIC_VALUE;
	case 0x004: return 2;
	case 0x008: return world.type;
	case 0x010: return device.half < 2 ? (uint32_t)(device.offered >> 32 * device.half) : 0;
	case 0x034: return ring ? ring->max : 0;
	case 0x044: return ring ? ring->ready : 0;
	case 0x060: return device.interrupts;
	case 0x070:
		device.was_reset = device.was_reset || !device.status;
		return device.status | device.status_or;
	case 0x0fc: return happens(FLAW_CONFIG) && draw(8) == 7 ? ++device.generation : device.generation;
	}
	MUST(offset >= CONFIG && offset + width <= CONFIG + sizeof(device.config));
	memcpy(&value, &device.config[offset - CONFIG], width);
	return value;
}

uint32_t virtio_register_read(const struct virtio *of, size_t offset, unsigned width)
{
	MUST(of->bytes == REGISTER_BYTES && (width == 1 || width == 2 || width == 4) && offset % width == 0);
	MUST(offset + width <= of->bytes);
	world_step();
	if (happens(FLAW_REGISTERS) && draw(256) >= 0xf0) {
		uint32_t value = (uint32_t)absurd() >> (32 - 8 * width);

		if (offset == 0x070)
			device.was_reset = device.was_reset || !value;
		if (offset == 0x034 && device.select < QUEUES)
			rings[device.select].max = value;
		return value;
	}
	return offset >= CONFIG + sizeof(device.config) ? 0 : answer(offset, width);
}

static void status_write(uint32_t value)
{
	if (value) {
		MUST(value == (device.told | ACKNOWLEDGE | DRIVER) || value == (device.told | FEATURES_OK) || value == (device.told | DRIVER_OK));
		device.told = value;
		device.status |= value;
		device.was_started = value & DRIVER_OK;
		return;
	}
	device.was_started = false;
	device.was_reset = false;
	device.accepted = device.interrupts = device.told = 0;
	if (device.deaf)
		return;
	device.status = device.status_or = 0;
	for (unsigned i = 0; i < QUEUES; i++)
		rings[i] = (struct ring){ .max = rings[i].max };
}

/* P5: queues are placed between the agreement on features and the start, and used after it. */
static void ring_write(struct ring *ring, size_t offset, uint32_t value)
{
	unsigned part = (unsigned)(offset - 0x080) / 16;

	MUST(ring && !device.was_started && device.was_reset);
	if (offset == 0x038) {
		ring->size = value;
		MUST(value && !(value & (value - 1)) && value <= ring->max && value <= VIRTIO_QUEUE_MAX);
		return;
	}
	if (offset == 0x044) {
		MUST(value == 1);
		reach(ring->at[0], 16u * ring->size);
		reach(ring->at[1], RING_ROOM + 2u * ring->size);
		reach(ring->at[2], RING_ROOM + 8u * ring->size);
		ring->ready = happens(FLAW_QUEUES) && draw(8) == 7 ? 0 : 1;
		return;
	}
	MUST(part < 3 && offset % 16 % 4 == 0 && offset % 16 < 8);
	ring->at[part] = offset % 16 ? (ring->at[part] & 0xffffffff) | (uint64_t)value << 32 : value;
}

void virtio_register_write_byte(const struct virtio *of, size_t offset, uint8_t value)
{
	(void)of, (void)offset, (void)value;
	world_step(); /* none of these devices has a field that a driver writes */
}

void virtio_register_write(const struct virtio *of, size_t offset, uint32_t value)
{
	(void)of;
	world_step();
	switch (offset) {
	case 0x014: device.half = value; return;
	case 0x020: device.accepted |= (uint64_t)value << 32 * (device.driver_half & 1); return;
	case 0x024: device.driver_half = value; return;
	case 0x030: device.select = value; return;
	case 0x050:
		MUST(device.was_started && value < QUEUES && !device.is_broken);
		collect(&rings[value]);
		if (happens(FLAW_RINGS | FLAW_BYTES) && !draw(4))
			device_act();
		return;
	case 0x064: device.interrupts &= ~value; return;
	case 0x070: status_write(value); return;
	}
	ring_write(device.select < QUEUES ? &rings[device.select] : NULL, offset, value);
}

/* --- the driver's queues, seen from its side --------------------------------------------------------------- */


bool __real_virtio_queue_add(struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count, uint16_t *chain);
bool __wrap_virtio_queue_add(struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count, uint16_t *chain);
enum virtio_taken __real_virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written);
enum virtio_taken __wrap_virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written);
/* P3, before the device can change them: what stands there is what was meant. */
static void descriptors_judge(const struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count, uint16_t n)
{
	for (unsigned i = 0; i < count; i++) {
		struct descriptor descriptor;

		MUST(n < queue->size);
		memcpy(&descriptor, dma_base + queue->descriptors + 16u * n, sizeof(descriptor));
		MUST(descriptor.address == PHYSICAL + pieces[i].offset && descriptor.bytes == pieces[i].bytes);
		MUST(descriptor.flags == ((pieces[i].device_writes ? WRITE : 0) | (i + 1 < count ? NEXT : 0)));
		n = descriptor.next;
	}
}

bool __wrap_virtio_queue_add(struct virtio_queue *queue, const struct virtio_piece *pieces, unsigned count, uint16_t *chain)
{
	MUST(!device.is_broken); /* P8 */
	if (!__real_virtio_queue_add(queue, pieces, count, chain))
		return false;
	MUST(count <= PIECES_MAX && given_count < sizeof(given) / sizeof(given[0]));
	given[given_count].queue = queue;
	given[given_count].chain = (struct chain){ .head = *chain, .count = count };
	for (unsigned i = 0; i < count; i++) {
		reach(PHYSICAL + pieces[i].offset, pieces[i].bytes);
		MUST(!is_in_rings(pieces[i].offset, pieces[i].bytes)); /* P3 */
		given[given_count].chain.pieces[i] = pieces[i];
	}
	given_count++;
	descriptors_judge(queue, pieces, count, *chain);
	return true;
}

enum virtio_taken __wrap_virtio_queue_take(struct virtio_queue *queue, uint16_t *chain, uint32_t *written)
{
	enum virtio_taken taken = __real_virtio_queue_take(queue, chain, written);
	unsigned i = 0;

	MUST(!device.is_broken); /* P8 */
	device.is_broken = taken == VIRTIO_BROKEN;
	if (taken != VIRTIO_TAKEN)
		return taken;
	while (i < given_count && (given[i].queue != queue || given[i].chain.head != *chain))
		i++;
	MUST(i < given_count);
	MUST(*written <= writable(&given[i].chain));
	given[i] = given[--given_count];
	return taken;
}

/* --- every load and store of the driver's ----------------------------------------------------------------- */

static bool is_dma(const void *at)
{
	return (const uint8_t *)at >= dma_base && (const uint8_t *)at < dma_base + dma_bytes;
}

/* P4 */
static void touch(const void *at, size_t size, bool writes)
{
	size_t offset = (size_t)((const uint8_t *)at - dma_base);

	MUST(device.was_reset);
	for (unsigned i = 0; i < given_count; i++)
		for (unsigned n = 0; n < given[i].chain.count; n++) {
			const struct virtio_piece *piece = &given[i].chain.pieces[n];

			MUST(!((writes || piece->device_writes) && offset < piece->offset + piece->bytes && piece->offset < offset + size));
		}
}

static void loads(const void *at, size_t size)
{
	if (!dma_base || !is_dma(at))
		return;
	touch(at, size, false);
	if (device.flip_in && !--device.flip_in)
		scribble((size_t)((const uint8_t *)at - dma_base), size);
}

static void stores(const void *at, size_t size)
{
	if (dma_base && is_dma(at))
		touch(at, size, true);
}

void __sanitizer_cov_load1(const uint8_t *at);
void __sanitizer_cov_load2(const uint16_t *at);
void __sanitizer_cov_load4(const uint32_t *at);
void __sanitizer_cov_load8(const uint64_t *at);
void __sanitizer_cov_load16(const void *at);
void __sanitizer_cov_store1(const uint8_t *at);
void __sanitizer_cov_store2(const uint16_t *at);
void __sanitizer_cov_store4(const uint32_t *at);
void __sanitizer_cov_store8(const uint64_t *at);
void __sanitizer_cov_store16(const void *at);

void __sanitizer_cov_load1(const uint8_t *at) { loads(at, 1); }
void __sanitizer_cov_load2(const uint16_t *at) { loads(at, 2); }
void __sanitizer_cov_load4(const uint32_t *at) { loads(at, 4); }
void __sanitizer_cov_load8(const uint64_t *at) { loads(at, 8); }
void __sanitizer_cov_load16(const void *at) { loads(at, 16); }
void __sanitizer_cov_store1(const uint8_t *at) { stores(at, 1); }
void __sanitizer_cov_store2(const uint16_t *at) { stores(at, 2); }
void __sanitizer_cov_store4(const uint32_t *at) { stores(at, 4); }
void __sanitizer_cov_store8(const uint64_t *at) { stores(at, 8); }
void __sanitizer_cov_store16(const void *at) { stores(at, 16); }

void *driver_memcpy(void *to, const void *from, size_t size);
void *driver_memset(void *to, int byte, size_t size);

void *driver_memcpy(void *to, const void *from, size_t size)
{
	if (size) {
		loads(from, size);
		stores(to, size);
	}
	return memcpy(to, from, size);
}

void *driver_memset(void *to, int byte, size_t size)
{
	if (size)
		stores(to, size);
	return memset(to, byte, size);
}
