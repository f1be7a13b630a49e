/* main.c - a display behind a virtio slot (idl/framebuffer.nid). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "gpu.h"
#include "idl/framebuffer_server.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "virtio/driver.h"

enum { FLUSHES_MAX = 4, LOANS = 1 };

/* How long the device may take for what it was asked. */
#define PATIENCE_NS (30 * NACRE_S)

static struct virtio_driver driver;
static struct gpu gpu;
static struct nacre_server server;
static struct framebuffer_statistics statistics;

/* What outlives this process, in the page that init keeps. The picture does, too: it lies in the DMA memory. */
static volatile struct kept {
	uint32_t owner;              /* its process; 0: there is none */
	uint32_t width, height;      /* of the picture that it was told */
} *kept;

/* What is to be shown, oldest first; the device has the first one while gpu.asked. */
static struct flush {
	nacre_token_t token;         /* 0: nobody waits */
	struct rectangle rectangle;
} flushes[FLUSHES_MAX];
static unsigned flush_count;

/* --- showing --------------------------------------------------------------------------------------------- */

static void ask(enum gpu_request request, const struct rectangle *rectangle)
{
	const char *why = gpu_ask(&gpu, request, rectangle);

	if (why)
		virtio_driver_give_up(&driver, why);
}

static void pump(void)
{
	if (flush_count && !gpu.asked)
		ask(GPU_SHOW, &flushes[0].rectangle);
	server.deadline_ns = gpu.asked ? nacre_deadline_in(PATIENCE_NS) : NACRE_DEADLINE_NEVER;
}

static void flush_add(nacre_token_t token, const struct rectangle *rectangle)
{
	flushes[flush_count++] = (struct flush){ token, *rectangle };
	pump();
}

static void flush_end(bool sound)
{
	const struct rectangle *rectangle = &flushes[0].rectangle;

	statistics.errors += !sound;
	if (sound) {
		statistics.flushes++;
		statistics.pixels_flushed += (uint64_t)rectangle->width * rectangle->height;
	}
	if (flushes[0].token) /* who is gone hears nothing: STALE_TOKEN */
		nacre_server_answer(flushes[0].token, sound ? STATUS_OK : STATUS_DEVICE, NULL);
	flush_count--;
	memmove(&flushes[0], &flushes[1], flush_count * sizeof(flushes[0]));
}

static struct rectangle whole(void)
{
	return (struct rectangle){ 0, 0, gpu.picture.width, gpu.picture.height };
}

/* What the device has is left to it; all else is dropped, and black comes instead. */
static void show_black(void)
{
	struct rectangle all = whole();

	picture_fill(&gpu.picture, &all, 0);
	flush_count = gpu.asked ? 1 : 0;
	flush_add(0, &all);
}

/* --- the protocol ---------------------------------------------------------------------------------------- */

static nacre_status_t framebuffer_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	nacre_err_t error;

	(void)request;
	if (kept->owner || !process)
		return STATUS_FULL;
	error = nacre_connection_mint(server.handle, nacre_self_budget(), process, 0, LOANS, nacre_startup()->priority, connection);
	if (!error)
		error = nacre_client_rights(connection);
	if (error)
		return error;
	kept->owner = process;
	return STATUS_OK;
}

static nacre_status_t framebuffer_mode(struct nacre_request *request, const struct framebuffer_mode_in *in,
				       struct framebuffer_mode_out *out)
{
	(void)request, (void)in;
	out->mode.format = FRAMEBUFFER_FORMAT_XRGB8888;
	out->mode.width = gpu.picture.width;
	out->mode.height = gpu.picture.height;
	out->mode.stride = gpu.picture.stride;
	return STATUS_OK;
}

static nacre_status_t framebuffer_fill(struct nacre_request *request, const struct framebuffer_fill_in *in)
{
	struct rectangle rectangle = { in->x, in->y, in->width, in->height };

	(void)request;
	if (!picture_has(&gpu.picture, &rectangle))
		return FRAMEBUFFER_RANGE;
	picture_fill(&gpu.picture, &rectangle, in->colour);
	statistics.pixels_drawn += (uint64_t)in->width * in->height;
	return STATUS_OK;
}

static nacre_status_t copy(const struct framebuffer_placement *to, const void *pixels, size_t size)
{
	nacre_status_t status = picture_copy(&gpu.picture, to, pixels, size);

	if (!status)
		statistics.pixels_drawn += (uint64_t)to->width * to->height;
	return status;
}

static nacre_status_t framebuffer_blit(struct nacre_request *request, const struct framebuffer_blit_in *in)
{
	(void)request;
	return copy(&in->to, in->pixels, in->pixels_size);
}

static nacre_status_t framebuffer_draw(struct nacre_request *request, const struct framebuffer_draw_in *in)
{
	struct framebuffer_placement to = { .x = in->x, .y = in->y, .width = in->width, .height = in->height,
					    .stride = in->width * FRAMEBUFFER_PIXEL_BYTES };
	struct rectangle rectangle = { in->x, in->y, in->width, in->height };

	(void)request;
	if (!picture_has(&gpu.picture, &rectangle))
		return FRAMEBUFFER_RANGE;
	if (in->pixels_size != (uint64_t)in->width * in->height * FRAMEBUFFER_PIXEL_BYTES)
		return FRAMEBUFFER_PIXELS;
	return copy(&to, in->pixels, in->pixels_size);
}

static nacre_status_t framebuffer_flush(struct nacre_request *request, const struct framebuffer_flush_in *in)
{
	struct rectangle rectangle = { in->x, in->y, in->width, in->height };

	if (!picture_has(&gpu.picture, &rectangle))
		return FRAMEBUFFER_RANGE;
	if (flush_count == FLUSHES_MAX)
		return STATUS_FULL;
	flush_add(request->token, &rectangle);
	return NACRE_LATER;
}

static nacre_status_t framebuffer_statistics(struct nacre_request *request, const struct framebuffer_statistics_in *in,
					     struct framebuffer_statistics_out *out)
{
	struct nacre_budget_state state = { 0 };

	(void)request, (void)in;
	nacre_budget_info(nacre_self_budget(), &state);
	out->statistics = statistics;
	out->statistics.cpu_ns = state.cpu_ns;
	return STATUS_OK;
}

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct framebuffer_handlers for_publication = { .connect = framebuffer_connect };
	static const struct framebuffer_handlers for_owner = { .mode = framebuffer_mode, .fill = framebuffer_fill,
							       .blit = framebuffer_blit, .draw = framebuffer_draw,
							       .flush = framebuffer_flush, .statistics = framebuffer_statistics };
	static const struct nacre_protocol publication = FRAMEBUFFER_SERVED_BY(&for_publication),
					   of_owner = FRAMEBUFFER_SERVED_BY(&for_owner);

	if (badge & INTERFACE_BADGE_PUBLISHED)
		return &publication;
	return badge == kept->owner ? &of_owner : NULL;
}

/* --- what else arrives ----------------------------------------------------------------------------------- */

static void closed(uintptr_t badge)
{
	if (badge != kept->owner)
		return;
	kept->owner = 0;
	show_black();
}

/* True: all that was asked is answered. */
static bool take(bool *sound)
{
	if (virtio_interrupts(&driver.device) & VIRTIO_INTERRUPT_CONFIG && virtio_is_broken(&driver.device))
		virtio_driver_give_up(&driver, "the display gave up and must be reset");
	switch (gpu_take(&gpu, sound)) {
	case VIRTIO_NOTHING:
		return false;
	case VIRTIO_BROKEN:
		virtio_driver_give_up(&driver, gpu.queue.fault);
	case VIRTIO_TAKEN:
		break;
	}
	return true;
}

static void interrupted(uintptr_t badge)
{
	bool sound;

	(void)badge;
	if (take(&sound)) {
		flush_end(sound);
		pump();
	}
	nacre_interrupt_ack(driver.interrupt);
}

static void alarm(struct nacre_server *self)
{
	if (gpu.asked && self->deadline_ns <= nacre_clock_ns())
		virtio_driver_give_up(&driver, "the display has not answered for 30 seconds; it is reset");
	pump();
}

/* --- the start ------------------------------------------------------------------------------------------- */

/* Before anybody is served: asks the device and waits, at a mailbox where nothing else arrives. */
static const char *ask_and_wait(nacre_handle_t mailbox, enum gpu_request request, const struct rectangle *rectangle)
{
	struct nacre_received received = { 0 };
	bool sound = false, done = false;

	ask(request, rectangle);
	while (!done) {
		if (nacre_server_receive(mailbox, nacre_deadline_in(PATIENCE_NS), NULL, &received))
			return "the display does not answer; it cannot be used";
		done = take(&sound);
		nacre_interrupt_ack(driver.interrupt);
	}
	return sound ? NULL : "the display refuses a command that it must know; it cannot be used";
}

/* The owner's picture as it was; black without one. */
static const char *picture_open(void)
{
	struct rectangle all;
	const char *why;

	if (kept->owner) {
		gpu.sides[0] = kept->width;
		gpu.sides[1] = kept->height;
	}
	why = gpu_picture(&gpu);
	if (why)
		return why;
	kept->width = gpu.picture.width;
	kept->height = gpu.picture.height;
	all = whole();
	if (!kept->owner)
		picture_fill(&gpu.picture, &all, 0);
	return NULL;
}

static const char *show(nacre_handle_t mailbox)
{
	static const enum gpu_request requests[] = { GPU_RESOURCE, GPU_BACKING, GPU_SCANOUT, GPU_SHOW };
	const char *why = ask_and_wait(mailbox, GPU_SIZE, NULL);
	struct rectangle all;

	if (!why)
		why = picture_open();
	all = whole();
	for (unsigned i = 0; !why && i < sizeof(requests) / sizeof(requests[0]); i++)
		why = ask_and_wait(mailbox, requests[i], &all);
	return why;
}

static const char *kept_open(void)
{
	static struct nacre_area area;
	nacre_err_t error = nacre_area_map(&area, nacre_startup_handle("kept"), 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);

	kept = area.base;
	return error ? nacre_error_sentence(error) : NULL;
}

static const char *display_open(nacre_handle_t mailbox)
{
	const char *why = virtio_driver_open(&driver, VIRTIO_GPU, mailbox);

	if (!why)
		why = virtio_negotiate(&driver.device, 0);
	if (!why)
		why = gpu_open(&gpu, &driver.device, &driver.dma);
	if (!why)
		why = virtio_start(&driver.device);
	if (!why)
		why = show(mailbox);
	return why ? why : virtio_driver_listen(&driver, server.handle);
}

int main(void)
{
	static uint64_t buffer[FRAMEBUFFER_BUFFER_BYTES / 8];
	nacre_handle_t mailbox = NACRE_HANDLE_NONE;
	nacre_err_t error = nacre_server_create(nacre_self_budget(), &mailbox);
	const char *why = error ? nacre_error_sentence(error) : kept_open();

	server = (struct nacre_server){ .handle = nacre_startup_handle("server"), .protocol_of = protocol_of, .buffer = buffer,
					.buffer_size = sizeof(buffer), .closed = closed, .interrupted = interrupted,
					.alarm = alarm };
	if (!why)
		why = display_open(mailbox);
	if (why) {
		nacre_log(LOG_ERROR, "cannot start: %s", why);
		return EXIT_FAILURE;
	}
	nacre_handle_close(mailbox);
	return nacre_server_run(&server);
}
