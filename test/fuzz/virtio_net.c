/* virtio_net.c - driver/virtio-net with a card and clients that mean ill. */
#include "idl/net.h"
#include "world.h"

enum { ADDRESS = 1 << 5, STATUS = 1 << 16, PREFIX_BYTES = 12, QUEUE_IN = 0 };

static void config(uint8_t bytes[256])
{
	static const uint8_t sound[8] = { 0x52, 0x54, 0, 1, 2, 3, 1, 0 };

	memset(bytes, 0, 256);
	memcpy(bytes, sound, sizeof(sound));
	if (!world_rests && !draw(4))
		bytes[6] = (uint8_t)draw(2);
}

static void ask(struct asked *asked)
{
	static const uint8_t opcodes[] = { NET_METHOD_RECEIVE, NET_METHOD_SEND, NET_METHOD_RECEIVE, NET_METHOD_SEND, NET_METHOD_WATCH,
					   NET_METHOD_LINK, NET_METHOD_STATISTICS, NET_METHOD_RECEIVE };

	asked->words.opcode = opcodes[draw(8)];
	switch (asked->words.opcode) {
	case NET_METHOD_SEND:
		asked->size = draw(8) ? NET_HEADER_BYTES + draw(NET_FRAME_BYTES - NET_HEADER_BYTES + 1) : draw(2048);
		return;
	case NET_METHOD_RECEIVE:
		asked->words.word[0] = draw(8) ? draw(2) : (uintptr_t)absurd();
		asked->words.word[4] = draw(8) ? NET_FRAME_BYTES : draw(2048);
		return;
	case NET_METHOD_WATCH:
		asked->words.word[0] = draw(9);
		asked->words.word[1] = draw(8) ? 1 + draw(255) : (uint32_t)absurd();
		asked->handles = draw(4) ? 1 : draw(3);
		return;
	default:
		asked->words.word[4] = draw(8) ? 64 : draw(128);
	}
}

static uint32_t serve(unsigned queue, const struct chain *chain)
{
	static const uint8_t prefix[PREFIX_BYTES];
	uint32_t bytes = draw(8) ? PREFIX_BYTES + 14 + draw(1500) : draw(64);

	if (queue != QUEUE_IN || !chain->count || !chain->pieces[0].device_writes)
		return 0;
	device_fill(&chain->pieces[0], bytes, (uint8_t)draw(128));
	if (bytes >= PREFIX_BYTES)
		device_write(chain->pieces[0].offset, prefix, sizeof(prefix));
	return bytes;
}

/* For a frame. */
static bool may_wait(const struct nacre_words *words)
{
	return words->opcode == NET_METHOD_RECEIVE;
}

const struct world world = { .type = VIRTIO_NET, .features = ADDRESS + STATUS, .dma_pages = 13, .publications = 1, .waiting = 1 << QUEUE_IN,
			     .config = config, .ask = ask, .serve = serve, .may_wait = may_wait };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return world_live(data, size);
}
