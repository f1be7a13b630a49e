/* main.c - the random number server (idl/rng.h). All clients share one connection: there is nothing to tell apart. */
#include "base/string.h"
#include "generator.h"
#include "idl/rng.h"
#include "nacre/log.h"
#include "nacre/server.h"
#include "nacre/startup.h"

static nacre_status_t rng_bytes(struct nacre_request *request, struct nacre_reply *reply)
{
	static uint8_t bytes[RNG_BYTES_MAX];
	struct nacre_reply answer = { .data = bytes, .size = request->words.word[4] };

	if (!answer.size || answer.size > sizeof(bytes))
		return STATUS_MALFORMED;
	if (!generator.sound)
		return STATUS_DEVICE;
	generator_fill(bytes, answer.size);
	/* Answered here, so that no copy stays behind. */
	nacre_server_answer(request->token, STATUS_OK, &answer);
	memset(bytes, 0, answer.size);
	__asm__ volatile("" : : "r"(bytes) : "memory");
	reply->later = true;
	return STATUS_OK;
}

static nacre_status_t rng_health(struct nacre_request *request, struct nacre_reply *reply)
{
	static struct rng_health health;

	(void)request;
	health = (struct rng_health){ .size = sizeof(health), .seeded = generator.seeded, .test = generator.sound,
				      .reseeds = generator.reseeds, .bytes = generator.bytes };
	reply->data = &health;
	reply->size = sizeof(health);
	return STATUS_OK;
}

static nacre_status_t rng_seed(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	generator_seed(request->data, request->size, request->words.word[0] & 1);
	memset(request->server->buffer, 0, request->size);
	return STATUS_OK;
}

#define EVERYBODY \
	[RNG_BYTES] = { .handle = rng_bytes, .answers_bytes = true }, \
	[RNG_HEALTH] = { .handle = rng_health, .answers_bytes = true }

static const struct nacre_method client_methods[] = { EVERYBODY };
static const struct nacre_method control_methods[] = {
	EVERYBODY,
	[RNG_SEED] = { .handle = rng_seed, .size_min = 1, .size_max = 64, .by_send = true },
};

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct nacre_protocol client = NACRE_PROTOCOL(RNG_PROTOCOL, RNG_VERSION, client_methods);
	static const struct nacre_protocol control = NACRE_PROTOCOL(RNG_PROTOCOL, RNG_VERSION, control_methods);

	return badge == INTERFACE_BADGE_CONTROL ? &control : &client;
}

int main(void)
{
	static uint32_t buffer[16];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol_of = protocol_of,
				       .buffer = buffer, .buffer_size = sizeof(buffer) };

	generator_open();
	if (!generator.sound)
		nacre_log(LOG_ERROR, "the generator failed its known-answer test and hands nothing out");
	return nacre_server_run(&server);
}
