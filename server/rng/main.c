/* main.c - the random number server (idl/rng.nid). All clients share one connection: there is nothing to tell apart. Those who
 * bring noise have another. */
#include "base/string.h"
#include "generator.h"
#include "health.h"
#include "idl/rng_server.h"
#include "nacre/log.h"
#include "nacre/startup.h"

/* In the order of the manifest. */
enum { NAME_RNG, NAME_NOISE };

static struct health source;
static uint64_t noise_bytes;

/* The compiler must not find out that nobody reads these any more. */
static void wipe(void *bytes, size_t size)
{
	memset(bytes, 0, size);
	__asm__ volatile("" : : "r"(bytes) : "memory");
}

static nacre_status_t rng_bytes(struct nacre_request *request, const struct rng_bytes_in *in, struct rng_bytes_out *out)
{
	static uint8_t bytes[RNG_BYTES_MAX];

	if (!generator.sound)
		return STATUS_DEVICE;
	out->bytes = bytes;
	out->bytes_size = in->room.run;
	generator_fill(bytes, in->room.run);
	/* Answered here, so that no copy stays behind. */
	rng_bytes_answer(request->token, in->room, STATUS_OK, out);
	wipe(bytes, in->room.run);
	return NACRE_LATER;
}

static nacre_status_t rng_health(struct nacre_request *request, const struct rng_health_in *in, struct rng_health_out *out)
{
	(void)request, (void)in;
	out->health = (struct rng_health){ .seeded = generator.seeded, .test = generator.sound, .reseeds = generator.reseeds,
					   .bytes = generator.bytes, .source = source.state,
					   .missing = RNG_NOISE_STARTUP - source.passed, .noise_bytes = noise_bytes };
	return STATUS_OK;
}

static nacre_status_t rng_seed(struct nacre_request *request, const struct rng_seed_in *in)
{
	generator_seed(in->bytes, in->bytes_size, in->real);
	wipe(request->server->buffer, request->size);
	return STATUS_OK;
}

/* What came while the source was still tested is mixed in, too, and counts for nothing: it can make no key worse. */
static nacre_status_t rng_noise(struct nacre_request *request, const struct rng_noise_in *in, struct rng_noise_out *out)
{
	enum rng_source before = source.state;

	if (!health_test(&source, in->noise, in->noise_size)) {
		if (before != source.state)
			nacre_log(LOG_ERROR, "the noise source failed its health test and is not used any more; look for a defect of it");
		return STATUS_DEVICE;
	}
	generator_seed(in->noise, in->noise_size, before == RNG_SOURCE_SOUND);
	noise_bytes += in->noise_size;
	wipe(request->server->buffer, request->size);
	/* One piece more after the last that is tested: the first that counts. */
	out->wanted = RNG_NOISE_STARTUP - source.passed + (before == RNG_SOURCE_SOUND ? 0 : RNG_NOISE_BYTES);
	return STATUS_OK;
}

static const struct rng_handlers client_handlers = { .bytes = rng_bytes, .health = rng_health };
static const struct rng_handlers control_handlers = { .bytes = rng_bytes, .health = rng_health, .seed = rng_seed };
static const struct rng_handlers noise_handlers = { .noise = rng_noise };
static const struct nacre_protocol client = RNG_SERVED_BY(&client_handlers), control = RNG_SERVED_BY(&control_handlers),
				   noise = RNG_SERVED_BY(&noise_handlers);

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	if (badge == (INTERFACE_BADGE_PUBLISHED | NAME_NOISE))
		return &noise;
	return badge == INTERFACE_BADGE_CONTROL ? &control : &client;
}

int main(void)
{
	static uint64_t buffer[RNG_BUFFER_BYTES / 8];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &client,
				       .protocol_of = protocol_of, .buffer = buffer, .buffer_size = sizeof(buffer) };

	generator_open();
	if (!generator.sound)
		nacre_log(LOG_ERROR, "the generator failed its known-answer test and hands nothing out");
	return nacre_server_run(&server);
}
