/* main.c - a noise source behind a virtio slot: virtio 1.2, 5.4. Brings what it gives to the random number server, raw, as much
 * as that wants (idl/rng.nid).
 *
 *     RESTING --a minute has passed--> ASKED --the device has written--> brought --wanted--> ASKED
 *        ^                                                                  +---- enough ----> RESTING
 *        +-- RESTING, for good or not, --the server was started anew, init tells--> ASKED */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/rng_client.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/server.h"
#include "nacre/startup.h"
#include "virtio/driver.h"

enum { QUEUE_SIZE = 2 };

/* Between two pieces of noise when enough was brought; before asking again whoever did not answer. */
#define REST_NS (60 * NACRE_S)
#define PATIENCE_NS NACRE_S

static struct virtio_driver driver;
static struct virtio_queue queue;
static struct nacre_server server;
static nacre_handle_t rng;
static size_t buffer;        /* in DMA memory */
static bool given_up;        /* rng wants no noise of this source any more */
static bool enough;          /* ... for now */

static void rest(uint64_t ns)
{
	server.deadline_ns = given_up ? NACRE_DEADLINE_NEVER : nacre_deadline_in(ns);
}

static void ask(void)
{
	struct virtio_piece piece = { buffer, RNG_NOISE_BYTES, true };
	uint16_t chain;

	if (queue.in_flight)
		return;
	/* What the device says that it wrote, and did not, must not be what lay there. */
	memset(driver.dma.base + buffer, 0, RNG_NOISE_BYTES);
	if (!virtio_queue_add(&queue, &piece, 1, &chain))
		return;
	virtio_queue_notify(&queue);
	server.deadline_ns = NACRE_DEADLINE_NEVER; /* noise may take its time */
}

/* The server's own copy: the device could change the memory while it is tested. */
static void bring(size_t size)
{
	uint8_t noise[RNG_NOISE_BYTES];
	uint32_t wanted = 0;
	nacre_status_t status;

	memcpy(noise, driver.dma.base + buffer, size);
	memset(driver.dma.base + buffer, 0, RNG_NOISE_BYTES);
	status = rng_noise_until(rng, nacre_deadline_in(PATIENCE_NS), noise, size, &wanted);
	memset(noise, 0, sizeof(noise));
	__asm__ volatile("" : : "r"(noise) : "memory");
	given_up = status == STATUS_DEVICE;
	if (given_up)
		nacre_log(LOG_ERROR, "the noise of this device failed the random number server's health test; it is not used");
	if (!status && !wanted && !enough)
		nacre_log(LOG_INFO, "the random number server has the noise it wants; more goes there each minute");
	enough = !status && !wanted;
	if (!status && wanted)
		ask();
	else
		rest(status ? PATIENCE_NS : REST_NS);
}

static void take(void)
{
	uint32_t written;
	uint16_t chain;

	switch (virtio_queue_take(&queue, &chain, &written)) {
	case VIRTIO_BROKEN:
		virtio_driver_give_up(&driver, queue.fault);
	case VIRTIO_NOTHING:
		return;
	case VIRTIO_TAKEN:
		break;
	}
	if (written)
		bring(written);
	else
		rest(PATIENCE_NS);
}

static void interrupted(uintptr_t badge)
{
	bool config;
	const char *why = virtio_interrupted(&driver.device, &config);

	(void)badge;
	if (why)
		virtio_driver_give_up(&driver, why);
	take();
	nacre_interrupt_ack(driver.interrupt);
}

static void alarm(struct nacre_server *self)
{
	self->deadline_ns = NACRE_DEADLINE_NEVER;
	ask();
}

/* Whom it brings noise to was started anew, and has none. */
static void signalled(uintptr_t badge, uintptr_t bits)
{
	if (badge != INTERFACE_BADGE_CONTROL || !(bits & INTERFACE_SIGNAL_DEPENDS))
		return;
	given_up = enough = false;
	ask();
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	(void)badge;
	return NULL; /* nobody has a connection */
}

static const char *source_open(void)
{
	const char *why = virtio_driver_open(&driver, VIRTIO_RNG, server.handle);

	if (!why)
		why = virtio_negotiate(&driver.device, 0);
	if (!why)
		why = virtio_queue_open(&queue, &driver.device, 0, &driver.dma, QUEUE_SIZE);
	if (!why && !dma_take(&driver.dma, RNG_NOISE_BYTES, 1, &buffer))
		why = "the DMA memory is too small for a buffer; `dma` in the manifest must be 1";
	return why ? why : virtio_start(&driver.device);
}

int main(void)
{
	static uint64_t received[16];
	nacre_status_t status;
	const char *why;

	server = (struct nacre_server){ .handle = nacre_startup_handle("server"), .protocol_of = protocol_of, .buffer = received,
					.buffer_size = sizeof(received), .interrupted = interrupted, .signalled = signalled, .alarm = alarm };
	status = rng_connect("svc/rng-noise", &rng);
	why = status ? nacre_error_sentence(status) : source_open();
	if (why) {
		nacre_log(LOG_ERROR, "cannot start: %s", why);
		return EXIT_FAILURE;
	}
	ask();
	return nacre_server_run(&server);
}
