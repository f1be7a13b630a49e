/* gpu.c - commands and answers: virtio 1.2, 5.7.6. */
#include "gpu.h"
#include "base/bits.h"
#include "base/string.h"

enum {
	GET_DISPLAY_INFO = 0x100, RESOURCE_CREATE_2D, RESOURCE_UNREF, SET_SCANOUT, RESOURCE_FLUSH, TRANSFER_TO_HOST_2D,
	RESOURCE_ATTACH_BACKING,
	ANSWER_NO_DATA = 0x1100, ANSWER_DISPLAY_INFO,
};

enum { FLAG_FENCE = 1, FORMAT_BGRX = 2, RESOURCE = 1, SCANOUT = 0, SCANOUTS = 16 };

/* Of both, 5.7.6.7. With a fence the device answers only when it is done. */
struct header {
	uint32_t type, flags;
	uint64_t fence;
	uint32_t context, reserved;
};

struct question {
	struct header header;
	union {
		struct {
			uint32_t resource, format, width, height;
		} create;
		struct {
			uint32_t resource, entries;
			uint64_t address;
			uint32_t bytes, reserved;
		} backing;
		struct {
			struct rectangle rectangle;
			uint32_t scanout, resource;
		} scanout;
		struct {
			struct rectangle rectangle;
			uint64_t offset;
			uint32_t resource, reserved;
		} transfer;
		struct {
			struct rectangle rectangle;
			uint32_t resource, reserved;
		} flush;
	};
};

struct display {
	struct rectangle rectangle;
	uint32_t enabled, flags;
};

struct answer {
	struct header header;
	struct display displays[SCANOUTS]; /* only of GET_DISPLAY_INFO */
};

_Static_assert(sizeof(struct header) == 24 && sizeof(struct answer) == 24 + 24 * SCANOUTS, "virtio 1.2, 5.7.6");

static const char lost_count[] = "the driver lost count of its commands; it is started anew";

const char *gpu_open(struct gpu *gpu, struct virtio *device, struct dma *dma)
{
	const char *why;
	size_t frame;

	*gpu = (struct gpu){ .dma = dma };
	why = virtio_queue_open(&gpu->queue, device, 0, dma, GPU_QUEUE_SIZE);
	if (why)
		return why;
	if (gpu->queue.size < 2 * GPU_COMMANDS)
		return "the display has too small a queue for two commands; it cannot be used";
	for (unsigned i = 0; i < GPU_COMMANDS; i++)
		if (!dma_take(dma, sizeof(struct question), 8, &gpu->commands[i].question) ||
		    !dma_take(dma, sizeof(struct answer), 8, &gpu->commands[i].answer))
			return "the DMA memory is too small for the display's commands; raise `dma` in the manifest";
	if (!dma_take(dma, 0, GPU_FRAME_OFFSET, &frame) || frame != GPU_FRAME_OFFSET)
		return "the DMA memory has no place for a picture; raise `dma` in the manifest";
	gpu->picture.pixels = dma->base + frame;
	return NULL;
}

/* --- asking ---------------------------------------------------------------------------------------------- */

static struct question make_resource(const struct gpu *gpu)
{
	return (struct question){ .header.type = RESOURCE_CREATE_2D,
				  .create = { RESOURCE, FORMAT_BGRX, gpu->picture.width, gpu->picture.height } };
}

/* The picture's address. That all of it lies in the DMA memory, dma_address has seen. */
static struct question make_backing(const struct gpu *gpu)
{
	uint32_t bytes = gpu->picture.stride * gpu->picture.height;
	uint64_t address = 0;

	if (!dma_address(gpu->dma, GPU_FRAME_OFFSET, bytes, &address))
		bytes = 0;
	return (struct question){ .header.type = RESOURCE_ATTACH_BACKING,
				  .backing = { .resource = RESOURCE, .entries = 1, .address = address, .bytes = bytes } };
}

static struct question make_scanout(const struct gpu *gpu)
{
	return (struct question){ .header.type = SET_SCANOUT,
				  .scanout = { { 0, 0, gpu->picture.width, gpu->picture.height }, SCANOUT, RESOURCE } };
}

static struct question make_transfer(const struct gpu *gpu, const struct rectangle *r)
{
	uint64_t offset = (uint64_t)r->y * gpu->picture.stride + (uint64_t)r->x * FRAMEBUFFER_PIXEL_BYTES;

	return (struct question){ .header.type = TRANSFER_TO_HOST_2D, .transfer = { *r, offset, RESOURCE, 0 } };
}

static struct question make_flush(const struct rectangle *rectangle)
{
	return (struct question){ .header.type = RESOURCE_FLUSH, .flush = { *rectangle, RESOURCE, 0 } };
}

static bool command_ask(struct gpu *gpu, struct question question)
{
	struct gpu_command *command = &gpu->commands[gpu->asked];
	bool has_data = question.header.type == GET_DISPLAY_INFO;
	struct virtio_piece pieces[2];

	command->bytes = has_data ? sizeof(struct answer) : sizeof(struct header);
	command->type = has_data ? ANSWER_DISPLAY_INFO : ANSWER_NO_DATA;
	command->fence = question.header.fence = ++gpu->fence;
	question.header.flags = FLAG_FENCE;
	memcpy(gpu->dma->base + command->question, &question, sizeof(question));
	memset(gpu->dma->base + command->answer, 0, sizeof(struct answer));
	pieces[0] = (struct virtio_piece){ command->question, sizeof(question), false };
	pieces[1] = (struct virtio_piece){ command->answer, command->bytes, true };
	if (!virtio_queue_add(&gpu->queue, pieces, 2, &command->chain))
		return false;
	command->asked = true;
	gpu->asked++;
	return true;
}

static bool request_ask(struct gpu *gpu, enum gpu_request request, const struct rectangle *rectangle)
{
	switch (request) {
	case GPU_SIZE:
		return command_ask(gpu, (struct question){ .header.type = GET_DISPLAY_INFO });
	case GPU_RESOURCE:
		return command_ask(gpu, make_resource(gpu));
	case GPU_BACKING:
		return command_ask(gpu, make_backing(gpu));
	case GPU_SCANOUT:
		return command_ask(gpu, make_scanout(gpu));
	case GPU_SHOW:
		break;
	}
	return picture_has(&gpu->picture, rectangle) && command_ask(gpu, make_transfer(gpu, rectangle)) &&
	       command_ask(gpu, make_flush(rectangle));
}

const char *gpu_ask(struct gpu *gpu, enum gpu_request request, const struct rectangle *rectangle)
{
	if (gpu->asked)
		return lost_count;
	gpu->request = request;
	gpu->sound = true;
	if (!request_ask(gpu, request, rectangle))
		return lost_count;
	virtio_queue_notify(&gpu->queue);
	return NULL;
}

/* --- answers --------------------------------------------------------------------------------------------- */

/* The first display that is on. */
static void sides_note(struct gpu *gpu, const struct answer *answer)
{
	gpu->sides[0] = answer->displays[SCANOUT].enabled ? answer->displays[SCANOUT].rectangle.width : 0;
	gpu->sides[1] = answer->displays[SCANOUT].enabled ? answer->displays[SCANOUT].rectangle.height : 0;
}

static bool is_sound(const struct gpu_command *command, const struct answer *answer, uint32_t written)
{
	return written == command->bytes && answer->header.type == command->type && answer->header.flags & FLAG_FENCE &&
	       answer->header.fence == command->fence;
}

static void answer_take(struct gpu *gpu, struct gpu_command *command, uint32_t written)
{
	struct answer answer;

	memcpy(&answer, gpu->dma->base + command->answer, sizeof(answer));
	command->asked = false;
	gpu->asked--;
	if (!is_sound(command, &answer, written))
		gpu->sound = false;
	else if (gpu->request == GPU_SIZE)
		sides_note(gpu, &answer);
}

static enum virtio_taken taken_of(struct gpu *gpu, uint16_t chain, uint32_t written)
{
	for (unsigned i = 0; i < GPU_COMMANDS; i++)
		if (gpu->commands[i].asked && gpu->commands[i].chain == chain) {
			answer_take(gpu, &gpu->commands[i], written);
			return VIRTIO_TAKEN;
		}
	gpu->queue.fault = lost_count;
	return VIRTIO_BROKEN;
}

enum virtio_taken gpu_take(struct gpu *gpu, bool *sound)
{
	enum virtio_taken taken = VIRTIO_NOTHING;
	uint16_t chain;
	uint32_t written;

	while (gpu->asked) {
		taken = virtio_queue_take(&gpu->queue, &chain, &written);
		if (taken == VIRTIO_TAKEN)
			taken = taken_of(gpu, chain, written);
		if (taken != VIRTIO_TAKEN)
			return taken;
	}
	*sound = gpu->sound;
	return taken;
}

const char *gpu_picture(struct gpu *gpu)
{
	if (!gpu->sides[0])
		return "no display is connected; with QEMU -device virtio-gpu-device has one";
	if (!picture_choose(gpu->sides[0], gpu->sides[1], gpu->dma->bytes - GPU_FRAME_OFFSET, &gpu->picture))
		return "the display has a size that no picture can have, or the DMA memory is too small for any; raise `dma` in the manifest";
	return NULL;
}
