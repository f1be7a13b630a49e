/* virtio_console.c - driver/virtio-console with a device, hosts and clients that mean ill. */
#include "idl/serial.h"
#include "world.h"

enum { PORTS = 4, FEATURE_PORTS = 1 << 1, CONTROL_IN = 2, CONTROL_OUT = 3, DEVICE_PORTS = 5 };
enum { DEVICE_READY, DEVICE_ADD, DEVICE_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };

static unsigned told;        /* control messages of the host's */

static void config(uint8_t bytes[256])
{
	memset(bytes, 0, 256);
	bytes[4] = DEVICE_PORTS;
	told = 0;
}

static void ask(struct asked *asked)
{
	static const uint8_t opcodes[] = { SERIAL_METHOD_READ, SERIAL_METHOD_WRITE, SERIAL_METHOD_READ, SERIAL_METHOD_WRITE,
					   SERIAL_METHOD_WATCH, SERIAL_METHOD_PORT, SERIAL_METHOD_READ, SERIAL_METHOD_WRITE };

	asked->words.opcode = opcodes[draw(8)];
	switch (asked->words.opcode) {
	case SERIAL_METHOD_WRITE:
		asked->words.word[0] = draw(8) ? draw(2) : (uintptr_t)absurd();
		asked->size = draw(8) ? 1 + draw(SERIAL_BYTES) : draw(1024);
		return;
	case SERIAL_METHOD_READ:
		asked->words.word[0] = draw(8) ? draw(2) : (uintptr_t)absurd();
		asked->words.word[4] = draw(8) ? 1 + draw(SERIAL_BYTES) : draw(1024);
		return;
	case SERIAL_METHOD_WATCH:
		asked->words.word[0] = draw(9);
		asked->words.word[1] = draw(8) ? 1 + draw(255) : (uint32_t)absurd();
		asked->handles = draw(4) ? 1 : draw(3);
		return;
	default:
		asked->words.word[4] = draw(8) ? 128 : draw(256);
	}
}

/* What a host does with a port, mostly in an order that makes sense; sometimes of a port that there is none. */
static uint32_t control(const struct virtio_piece *piece)
{
	static const uint8_t events[] = { DEVICE_ADD, DEVICE_ADD, PORT_OPEN, PORT_OPEN, PORT_OPEN, PORT_NAME, DEVICE_REMOVE, CONSOLE_PORT };
	struct { uint32_t port; uint16_t event, value; char name[32]; } message = { .port = draw(DEVICE_PORTS) };
	uint32_t bytes = 8;

	message.event = events[draw(8)];
	message.value = (uint16_t)draw(2);
	if (told < 2 * PORTS && draw(16) < 14) { /* as a host begins */
		message.port = 1 + told / 2;
		message.event = told % 2 ? PORT_OPEN : DEVICE_ADD;
		message.value = 1;
	}
	told++;
	memset(message.name, DEVICE_BYTE, sizeof(message.name));
	if (message.event == PORT_NAME) {
		bytes += 1 + draw(32);
		memset(message.name, draw(2) ? 'p' : (int)absurd() | DEVICE_BYTE, bytes - 8);
	}
	if (happens(FLAW_RINGS) && draw(16) == 15)
		message.port = (uint32_t)absurd();
	if (happens(FLAW_RINGS) && draw(16) == 15)
		message.event = (uint16_t)absurd();
	device_write(piece->offset, &message, bytes < piece->bytes ? bytes : piece->bytes);
	return happens(FLAW_RINGS) && draw(32) == 31 ? draw(8) : bytes;
}

static uint32_t serve(unsigned queue, const struct chain *chain)
{
	uint32_t bytes;

	if (!chain->count || !chain->pieces[0].device_writes)
		return 0;
	if (queue == CONTROL_IN)
		return control(&chain->pieces[0]);
	bytes = draw(8) ? 1 + draw(SERIAL_BYTES) : 0;
	device_fill(&chain->pieces[0], bytes, (uint8_t)draw(128));
	return bytes < chain->pieces[0].bytes ? bytes : chain->pieces[0].bytes;
}

/* For bytes, and for the other end to be opened. */
static bool may_wait(const struct nacre_words *words)
{
	return words->opcode == SERIAL_METHOD_READ || words->opcode == SERIAL_METHOD_WRITE;
}

const struct world world = { .type = VIRTIO_CONSOLE, .features = FEATURE_PORTS, .dma_pages = 3, .publications = PORTS,
			     .waiting = 1 << CONTROL_IN | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10, .badge_shift = 24,
			     .config = config, .ask = ask, .serve = serve, .may_wait = may_wait };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return world_live(data, size);
}
