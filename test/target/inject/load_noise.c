/* load_noise.c - who takes the noise of a driver, in place of the random number server. */
#include "inject.h"
#include <pthread.h>
#include "base/bits.h"
#include "base/string.h"
#include "idl/names_client.h"
#include "idl/rng_server.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

enum { DISTINCT_LEAST = 24 }; /* of 64 random bytes fewer are different once in 10^18 times */

static nacre_handle_t mailbox;
static volatile nacre_token_t held;     /* of the driver that brought the last piece */
static volatile uint32_t pieces, bad;

static uint8_t last[RNG_NOISE_BYTES];

static bool is_noise(const uint8_t *bytes, size_t size)
{
	bool seen[256] = { false };
	unsigned distinct = 0;

	for (size_t i = 0; i < size; i++) {
		distinct += !seen[bytes[i]];
		seen[bytes[i]] = true;
	}
	return size == RNG_NOISE_BYTES && distinct >= DISTINCT_LEAST && memcmp(bytes, last, size) != 0;
}

static nacre_status_t noise(struct nacre_request *request, const struct rng_noise_in *in, struct rng_noise_out *out)
{
	if (load != &load_noise) { /* another driver is looked at: enough for a minute */
		out->wanted = 0;
		pieces++;
		return STATUS_OK;
	}
	bad += !is_noise(in->noise, in->noise_size);
	memcpy(last, in->noise, min_size(in->noise_size, sizeof(last)));
	held = request->token;
	pieces++;
	return NACRE_LATER;
}

static void *serve(void *nothing)
{
	static const struct rng_handlers handlers = { .noise = noise };
	static const struct nacre_protocol protocol = RNG_SERVED_BY(&handlers);
	static uint64_t buffer[RNG_BUFFER_BYTES / 8 + 1];
	struct nacre_server server = { .handle = mailbox, .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer) };

	(void)nothing;
	nacre_server_run(&server);
	return NULL;
}

static bool open(void)
{
	nacre_handle_t connection;
	pthread_t thread;
	bool open = nacre_server_create(nacre_self_budget(), &mailbox) == NACRE_E_OK &&
	       nacre_connection_mint(mailbox, nacre_self_budget(), 1, 0, 0, 0, &connection) == NACRE_E_OK &&
	       pthread_create(&thread, NULL, serve, NULL) == 0 &&
	       names_publish(nacre_startup_handle("publish/svc/rng-noise"), NAMES_KIND_SHARED, connection) == STATUS_OK;

	/* Its rings are where they will be from then on. */
	while (open && !pieces)
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	return open;
}

/* Asks for more, and waits for it. */
static enum answer serve_round(uint32_t number)
{
	uint64_t end_ns = nacre_deadline_in(ROUND_NS);
	uint32_t before = pieces, bad_before = bad;
	nacre_token_t token = held;

	(void)number;
	held = 0;
	if (token)
		rng_noise_answer(token, STATUS_OK, &(struct rng_noise_out){ .wanted = RNG_NOISE_BYTES });
	while (pieces == before && nacre_clock_ns() < end_ns)
		nacre_sleep_until(nacre_deadline_in(100 * NACRE_US));
	if (pieces == before)
		return ANSWER_LATE;
	return bad == bad_before ? ANSWER_RIGHT : ANSWER_WRONG;
}

const struct load load_noise = { "virtio-rng", open, serve_round };
