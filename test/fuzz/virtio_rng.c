/* virtio_rng.c - driver/virtio-rng with a device and a random number server that mean ill. */
#include "idl/rng_client.h"
#include "world.h"

enum { CONNECTION = 0x900 };

static void config(uint8_t bytes[256])
{
	memset(bytes, 0, 256);
}

/* It serves nobody. */
static void ask(struct asked *asked)
{
	asked->words.opcode = draw(8);
}

static uint32_t serve(unsigned queue, const struct chain *chain)
{
	uint32_t bytes = chain->count ? chain->pieces[0].bytes : 0;

	(void)queue;
	if (chain->count)
		device_fill(&chain->pieces[0], bytes, (uint8_t)draw(128));
	return bytes;
}

static bool may_wait(const struct nacre_words *words)
{
	(void)words;
	return false;
}

nacre_status_t nacre_connect_interface(const char *path, uint32_t protocol, uint32_t version, bool now, nacre_handle_t *connection)
{
	MUST(!strcmp(path, "svc/rng-noise") && protocol == RNG_PROTOCOL && version == RNG_VERSION && !now);
	*connection = CONNECTION;
	return draw(32) == 31 ? STATUS_DENIED : STATUS_OK;
}

nacre_status_t nacre_stub_version(nacre_handle_t connection, uint64_t deadline_ns, nacre_status_t status, uint32_t version,
				  nacre_status_t otherwise)
{
	(void)connection, (void)deadline_ns, (void)version, (void)otherwise;
	return status;
}

/* What is brought is the device's, or zeros where it only said that it wrote: never what the former life left. */
nacre_status_t nacre_stub_ask(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			      struct nacre_message *message, size_t *length, bool again)
{
	const uint8_t *noise = (const uint8_t *)message->in[0].base;

	MUST(connection == CONNECTION && deadline_ns != NACRE_DEADLINE_NEVER && !length && !again);
	MUST(message->in_count == 1 && message->in[0].size >= 1 && message->in[0].size <= RNG_NOISE_BYTES);
	for (size_t i = 0; i < message->in[0].size; i++)
		MUST(noise[i] >= DEVICE_BYTE || !noise[i]);
	words->word[0] = draw(2) ? draw(2000) : (uintptr_t)absurd();
	return draw(4) < 3 ? STATUS_OK : draw(2) ? STATUS_DEVICE : NACRE_E_TIMEOUT;
}

const struct world world = { .type = VIRTIO_RNG, .dma_pages = 1, .publications = 1, .config = config, .ask = ask, .serve = serve,
			     .may_wait = may_wait };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return world_live(data, size);
}
