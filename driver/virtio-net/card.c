/* card.c - the network card. */
#include "card.h"
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "nacre/clock.h"

enum { QUEUE_IN = 0, QUEUE_OUT = 1 };

/* Features, 5.1.3, and fields of the configuration, 5.1.4. */
#define FEATURE_ADDRESS (1ull << 5)
#define FEATURE_STATUS (1ull << 16)
enum { CONFIG_ADDRESS = 0, CONFIG_STATUS = 6, STATUS_UP = 1 };

/* In front of each frame, 5.1.6: twelve bytes that are zero where no feature was agreed upon that fills them. */
enum { PREFIX_BYTES = 12 };

struct card card;

/* Offsets in DMA memory. */
static size_t buffers_in[BUFFERS_IN], buffers_out[BUFFERS_OUT];

/* Which buffer a chain is of; only what the queue says is in flight is looked up. */
static uint8_t of_chain_in[VIRTIO_QUEUE_MAX], of_chain_out[VIRTIO_QUEUE_MAX];

/* Frames that came, oldest first, in a ring. */
static struct held {
	uint8_t buffer;
	uint16_t size;
} held[BUFFERS_IN];
static unsigned held_first, held_count;

static uint8_t free_out[BUFFERS_OUT];
static unsigned free_out_count;

/* Since when the card has not taken a frame that it was given. */
static uint64_t out_since_ns;
#define OUT_PATIENCE_NS (2 * NACRE_S)

static void lost_count(void)
{
	virtio_driver_give_up(&card.driver, "the driver lost count of its buffers; it is started anew");
}

/* --- opening --------------------------------------------------------------------------------------------- */

static bool buffers_take(size_t *buffers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!dma_take(&card.driver.dma, BUFFER_BYTES, BUFFER_BYTES, &buffers[i]))
			return false;
	return true;
}

static void give(uint8_t buffer)
{
	struct virtio_piece piece = { buffers_in[buffer], PREFIX_BYTES + NET_FRAME_BYTES, true };
	uint16_t chain;

	/* The card may say that a frame came, and not have written it: what another client has read must not be there. */
	memset(card.driver.dma.base + piece.offset, 0, piece.bytes);
	if (!virtio_queue_add(&card.in, &piece, 1, &chain))
		lost_count();
	of_chain_in[chain] = buffer;
}

static const char *link_read(void)
{
	uint64_t features = card.driver.device.features;
	uint16_t status = STATUS_UP;

	if (features & FEATURE_STATUS && !virtio_config(&card.driver.device, CONFIG_STATUS, 2, 1, &status))
		return "the network card never tells the same link state twice; it cannot be used";
	card.link.state = status & STATUS_UP ? NET_LINK_STATE_UP : 0;
	return NULL;
}

static const char *address_read(void)
{
	if (!(card.driver.device.features & FEATURE_ADDRESS))
		return "the network card has no address; with QEMU pass mac= to -device virtio-net-device";
	if (!virtio_config(&card.driver.device, CONFIG_ADDRESS, 1, NET_ADDRESS_BYTES, card.link.address))
		return "the network card never tells the same address twice; it cannot be used";
	if (card.link.address[0] & 1)
		return "the network card's address is one of a group, and none of a card; it cannot be used";
	card.link.payload_bytes = NET_FRAME_BYTES - NET_HEADER_BYTES;
	return link_read();
}

static const char *queues_open(void)
{
	struct virtio_driver *driver = &card.driver;
	const char *why = virtio_queue_open(&card.in, &driver->device, QUEUE_IN, &driver->dma, BUFFERS_IN);

	if (!why)
		why = virtio_queue_open(&card.out, &driver->device, QUEUE_OUT, &driver->dma, BUFFERS_OUT);
	if (!why && (card.in.size < BUFFERS_IN || card.out.size < BUFFERS_OUT))
		return "the network card has too small queues; it cannot be used";
	if (!why && (!buffers_take(buffers_in, BUFFERS_IN) || !buffers_take(buffers_out, BUFFERS_OUT)))
		return "the DMA memory is too small for the card's buffers; `dma` in the manifest must be 13";
	return why;
}

const char *card_open(nacre_handle_t server)
{
	struct virtio_driver *driver = &card.driver;
	const char *why = virtio_driver_open(driver, VIRTIO_NET, server);

	if (!why)
		why = virtio_negotiate(&driver->device, FEATURE_ADDRESS | FEATURE_STATUS);
	if (!why)
		why = queues_open();
	if (!why)
		why = address_read();
	if (!why)
		why = virtio_start(&driver->device);
	if (why)
		return why;
	for (unsigned i = 0; i < BUFFERS_IN; i++)
		give((uint8_t)i);
	for (unsigned i = 0; i < BUFFERS_OUT; i++)
		free_out[free_out_count++] = (uint8_t)i;
	virtio_queue_notify(&card.in);
	return NULL;
}

/* --- out ------------------------------------------------------------------------------------------------- */

bool card_is_up(void)
{
	return card.link.state & NET_LINK_STATE_UP;
}

bool card_can_send(void)
{
	return free_out_count && card_is_up();
}

bool card_send(const void *frame, size_t size)
{
	struct virtio_piece piece = { 0, (uint32_t)(PREFIX_BYTES + size), false };
	uint16_t chain;
	uint8_t buffer;

	if (!card_can_send())
		return false;
	buffer = free_out[--free_out_count];
	piece.offset = buffers_out[buffer];
	memset(card.driver.dma.base + piece.offset, 0, PREFIX_BYTES);
	memcpy(card.driver.dma.base + piece.offset + PREFIX_BYTES, frame, size);
	if (!virtio_queue_add(&card.out, &piece, 1, &chain))
		lost_count();
	of_chain_out[chain] = buffer;
	if (card.out.in_flight == 1)
		out_since_ns = nacre_clock_ns();
	virtio_queue_notify(&card.out);
	card.statistics.sent++;
	return true;
}

static void take_out(void)
{
	uint16_t chain;
	uint32_t written;
	enum virtio_taken taken;

	while ((taken = virtio_queue_take(&card.out, &chain, &written)) == VIRTIO_TAKEN) {
		if (free_out_count == BUFFERS_OUT)
			lost_count();
		free_out[free_out_count++] = of_chain_out[chain];
		out_since_ns = nacre_clock_ns();
	}
	if (taken == VIRTIO_BROKEN)
		virtio_driver_give_up(&card.driver, card.out.fault);
}

uint64_t card_deadline_ns(void)
{
	return card.out.in_flight && card_is_up() ? out_since_ns + OUT_PATIENCE_NS : NACRE_DEADLINE_NEVER;
}

void card_watch(void)
{
	take_out(); /* its interrupt may be on its way */
	if (nacre_clock_ns() >= card_deadline_ns())
		virtio_driver_give_up(&card.driver, "the network card took no frame for 2 s; it is reset, and its driver is started anew");
}

/* --- in -------------------------------------------------------------------------------------------------- */

static void hold(uint8_t buffer, uint32_t written)
{
	if (held_count == BUFFERS_IN)
		lost_count();
	if (written < PREFIX_BYTES + NET_HEADER_BYTES) {
		card.statistics.errors++;
		give(buffer);
		return;
	}
	held[(held_first + held_count++) % BUFFERS_IN] = (struct held){ buffer, (uint16_t)(written - PREFIX_BYTES) };
	card.statistics.received++;
}

/* At most as many as there are buffers, however fast more come: a buffer that is given back in between may be filled at
 * once, and its interrupt is for the next time. */
static void take_in(void)
{
	enum virtio_taken taken = VIRTIO_TAKEN;
	uint16_t chain;
	uint32_t written;

	for (unsigned i = card.in.in_flight; i; i--) {
		taken = virtio_queue_take(&card.in, &chain, &written);
		if (taken != VIRTIO_TAKEN)
			break;
		hold(of_chain_in[chain], written);
	}
	if (taken == VIRTIO_BROKEN)
		virtio_driver_give_up(&card.driver, card.in.fault);
}

const uint8_t *card_frame(size_t *size)
{
	if (!held_count)
		return NULL;
	*size = held[held_first].size;
	return card.driver.dma.base + buffers_in[held[held_first].buffer] + PREFIX_BYTES;
}

void card_frame_done(void)
{
	uint8_t buffer = held[held_first].buffer;

	held_first = (held_first + 1) % BUFFERS_IN;
	held_count--;
	give(buffer);
	virtio_queue_notify(&card.in);
}

bool card_interrupted(void)
{
	uint32_t state = card.link.state;
	bool config;
	const char *why = virtio_interrupted(&card.driver.device, &config);

	if (!why && config)
		why = link_read();
	if (why)
		virtio_driver_give_up(&card.driver, why);
	take_out();
	take_in();
	if (card.link.state != state)
		out_since_ns = nacre_clock_ns(); /* without a link frames may wait */
	return card.link.state != state;
}

void card_interrupt_end(void)
{
	nacre_interrupt_ack(card.driver.interrupt);
}
