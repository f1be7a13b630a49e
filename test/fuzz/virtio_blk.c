/* virtio_blk.c - driver/virtio-blk with a disk and clients that mean ill. */
#include "idl/block.h"
#include "world.h"

enum { SECTORS = 4096, BLOCK_SIZE = 1 << 6, FLUSH = 1 << 9, READ = 0, STATUS_UNSUPPORTED = 2 };

static void config(uint8_t bytes[256])
{
	static const uint64_t sectors[] = { SECTORS, 0, 1, SECTORS - 1, 1ull << 54, (1ull << 54) + 1, UINT64_MAX, 64 };
	static const uint32_t blocks[] = { 512, 1024, 4096, 0 };
	uint64_t capacity = sectors[draw(4) ? 0 : draw(8)];
	uint32_t block = blocks[draw(4) ? 0 : draw(4)];

	memset(bytes, 0, 256);
	memcpy(bytes, &capacity, sizeof(capacity));
	memcpy(bytes + 20, &block, sizeof(block));
}

static void ask(struct asked *asked)
{
	static const uint8_t opcodes[] = { BLOCK_METHOD_READ, BLOCK_METHOD_WRITE, BLOCK_METHOD_READ, BLOCK_METHOD_WRITE, BLOCK_METHOD_READ,
					   BLOCK_METHOD_FLUSH, BLOCK_METHOD_GEOMETRY, BLOCK_METHOD_STATISTICS };
	uint64_t sector = draw(4) ? 8 * draw(64) : draw(2) ? absurd() : SECTORS - draw(300);
	size_t bytes = draw(4) ? 512u << draw(9) : draw(4) ? 512 * draw(300) : (size_t)absurd();
	unsigned odd = draw(16);

	asked->words.opcode = opcodes[draw(8)];
	if (asked->words.opcode != BLOCK_METHOD_READ && asked->words.opcode != BLOCK_METHOD_WRITE) {
		asked->words.word[4] = asked->words.opcode == BLOCK_METHOD_FLUSH ? 0 : draw(8) ? 64 : draw(128);
		return;
	}
	asked->words.word[0] = (uint32_t)sector;
	asked->words.word[1] = (uint32_t)(sector >> 32);
	asked->words.word[2] = bytes;
	asked->loan_pages = odd == 15 ? draw(40) : (unsigned)((bytes + 4095) / 4096);
	asked->loan_writable = odd == 14 ? draw(2) : asked->words.opcode == BLOCK_METHOD_READ;
}

/* The operation stands in the first piece; the last is a byte for how it went. */
static uint32_t serve(unsigned queue, const struct chain *chain)
{
	uint8_t how = draw(16) < 14 || world_rests ? 0 : draw(2) ? STATUS_UNSUPPORTED : (uint8_t)absurd();
	bool lazy = happens(FLAW_BYTES) && draw(4) == 3; /* it says that all is well, and has left the data as they were */
	uint32_t written = 0;

	(void)queue;
	for (unsigned i = 0; i < chain->count; i++) {
		const struct virtio_piece *piece = &chain->pieces[i];

		if (!piece->device_writes)
			continue;
		written += piece->bytes;
		if (i + 1 < chain->count && !lazy)
			device_fill(piece, piece->bytes, (uint8_t)draw(128));
		else if (i + 1 == chain->count)
			device_write(piece->offset + piece->bytes - 1, &how, 1);
	}
	return written;
}

static bool may_wait(const struct nacre_words *words)
{
	(void)words;
	return false;
}

const struct world world = { .type = VIRTIO_BLK, .features = BLOCK_SIZE + FLUSH, .dma_pages = 17, .publications = 1,
			     .config = config, .ask = ask, .serve = serve, .may_wait = may_wait };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return world_live(data, size);
}
