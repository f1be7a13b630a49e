/* driver_gpu.c - driver/virtio-gpu against a device that lies: what its answers may say, and what a client's rectangles may be. */
#include "driver/virtio-gpu/gpu.h"
#include "queue_double.h"

enum { FRAME_BYTES = 64 * 48 * 4, NO_DATA = 0x1100, SIZES = 0x1101, FENCE = 1 };

static struct gpu gpu;
static struct virtio device;

/* The header of every question and answer, as the device sees it. */
struct wire {
	uint32_t type, flags;
	uint64_t fence;
	uint32_t rest[2 + 12];
};

static void begin(size_t frame_bytes)
{
	double_begin(GPU_FRAME_OFFSET + frame_bytes);
	assert_null(gpu_open(&gpu, &device, &dma));
}

UNIT_SETUP
{
	begin(FRAME_BYTES);
}

static struct wire question(uint16_t chain)
{
	struct wire wire;

	assert_true(chains[chain].given && chains[chain].count == 2 && !chains[chain].pieces[0].device_writes);
	memcpy(&wire, dma.base + chains[chain].pieces[0].offset, chains[chain].pieces[0].bytes);
	return wire;
}

static uint8_t *room(uint16_t chain)
{
	return dma.base + chains[chain].pieces[1].offset;
}

/* As a device that keeps to the rules. */
static void obey(uint16_t chain, uint32_t width, uint32_t height)
{
	struct wire asked = question(chain), answered = { .type = NO_DATA, .flags = FENCE, .fence = asked.fence };
	uint32_t sides[6] = { 0, 0, width, height, 1, 0 };

	assert_int_equal(asked.flags, FENCE);
	if (asked.type == 0x100) {
		answered.type = SIZES;
		memcpy(room(chain) + 24, sides, sizeof(sides));
	}
	memcpy(room(chain), &answered, 24);
	answer(chain, chains[chain].writable);
}

static bool take(void)
{
	bool sound = false;

	assert_int_equal(gpu_take(&gpu, &sound), VIRTIO_TAKEN);
	assert_int_equal(gpu.asked, 0);
	return sound;
}

static const char *up(uint32_t width, uint32_t height)
{
	const char *why;

	assert_null(gpu_ask(&gpu, GPU_SIZE, NULL));
	obey(0, width, height);
	assert_true(take());
	why = gpu_picture(&gpu);
	for (enum gpu_request request = GPU_RESOURCE; !why && request <= GPU_SCANOUT; request++) {
		assert_null(gpu_ask(&gpu, request, NULL));
		obey(0, 0, 0);
		assert_true(take());
	}
	return why;
}

TEST(up, "the picture is what the display's size is, where the memory has room, and its address is told whole")
{
	struct wire wire;

	assert_null(up(64, 48));
	assert_true(gpu.picture.width == 64 && gpu.picture.height == 48 && gpu.picture.stride == 256);
	assert_ptr_equal(gpu.picture.pixels, dma.base + GPU_FRAME_OFFSET);
	assert_null(gpu_ask(&gpu, GPU_BACKING, NULL));
	wire = question(0);
	assert_true(wire.rest[2] == 1 && wire.rest[3] == 1 && wire.rest[6] == FRAME_BYTES);
	assert_true((uint64_t)wire.rest[5] << 32 | (wire.rest[4] == (uint32_t)(dma.physical + GPU_FRAME_OFFSET)));
}

TEST(sizes, "a display that is too large for the memory gets a usual size, and absurd sizes get none")
{
	static const uint32_t absurd[][2] = { { 0, 0 }, { 0, 480 }, { 640, 0 }, { 1, 0xffffffff }, { 319, 239 }, { 0x10000, 1 },
					      { 320, 0x80000000 }, { 0x40000000, 4 } };

	begin(320 * 240 * 4);
	assert_null(up(0xffffffff, 0xffffffff));
	assert_true(gpu.picture.width == 320 && gpu.picture.height == 240);
	begin(640 * 480 * 4);
	assert_null(up(1280, 800));
	assert_true(gpu.picture.width == 640 && gpu.picture.height == 480);
	for (unsigned i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		const char *why;

		begin(i == 4 ? 1000 : FRAME_BYTES);
		why = up(absurd[i][0], absurd[i][1]);
		assert_non_null(why);
		assert_non_null(strstr(why, absurd[i][0] && absurd[i][1] ? "size" : absurd[i][0] ? "size" : "no display"));
	}
}

TEST(small_memory, "DMA memory that has no place for commands or a picture is told in a sentence")
{
	double_begin(4096);
	dma.bytes = 200;
	assert_non_null(strstr(gpu_open(&gpu, &device, &dma), "too small"));
	double_begin(4096);
	dma.bytes = 4000;
	assert_non_null(strstr(gpu_open(&gpu, &device, &dma), "no place"));
	double_begin(4096);
	assert_null(gpu_open(&gpu, &device, &dma));
	assert_non_null(up(64, 48));
}

/* One answer that is wrong in one thing. */
static void lies(uint32_t type, uint32_t flags, int64_t fence, int32_t shorter)
{
	struct wire asked, answered = { 0 };

	begin(FRAME_BYTES);
	assert_null(up(64, 48));
	assert_null(gpu_ask(&gpu, GPU_SCANOUT, NULL));
	asked = question(0);
	answered = (struct wire){ .type = type, .flags = flags, .fence = asked.fence + (uint64_t)fence };
	memcpy(room(0), &answered, 24);
	answer(0, chains[0].writable - (uint32_t)shorter);
	assert_int_equal(take(), type == NO_DATA && flags == FENCE && !fence && !shorter);
	/* The next one is not harmed. */
	assert_null(gpu_ask(&gpu, GPU_SCANOUT, NULL));
	obey(0, 0, 0);
	assert_true(take());
}

TEST(lies, "an answer of another type, without its fence, of another command or too short is none, and the next one is not harmed")
{
	lies(NO_DATA, FENCE, 0, 0);
	lies(0, FENCE, 0, 0);
	lies(SIZES, FENCE, 0, 0);
	lies(0x1200, FENCE, 0, 0);
	lies(0xffffffff, FENCE, 0, 0);
	lies(NO_DATA, 0, 0, 0);
	lies(NO_DATA, FENCE, -1, 0);
	lies(NO_DATA, FENCE, 1, 0);
	lies(NO_DATA, FENCE, 0, 1);
	lies(NO_DATA, FENCE, 0, 24);
}

TEST(stale, "an answer that stood in memory before the device wrote is not taken for one")
{
	assert_null(up(64, 48));
	assert_null(gpu_ask(&gpu, GPU_SCANOUT, NULL));
	answer(0, 24);
	assert_false(take());
}

TEST(show, "showing is a transfer and a flush, answered in either order, and nothing else is asked meanwhile")
{
	struct rectangle part = { 3, 5, 10, 20 };
	bool sound = true;
	struct wire wire;

	assert_null(up(64, 48));
	assert_null(gpu_ask(&gpu, GPU_SHOW, &part));
	wire = question(0);
	assert_true(wire.type == 0x105 && wire.rest[2] == 3 && wire.rest[3] == 5 && wire.rest[4] == 10 && wire.rest[5] == 20);
	assert_int_equal(wire.rest[6], 5 * 256 + 3 * 4);
	assert_int_equal(question(1).type, 0x104);
	obey(1, 0, 0);
	assert_int_equal(gpu_take(&gpu, &sound), VIRTIO_NOTHING);
	assert_non_null(gpu_ask(&gpu, GPU_SHOW, &part));
	obey(0, 0, 0);
	assert_true(take());
	assert_null(gpu_ask(&gpu, GPU_SHOW, &part));
	answer(0, 24);
	obey(1, 0, 0);
	assert_false(take()); /* one of two was none */
}

TEST(outside, "no rectangle outside the picture reaches the device")
{
	static const struct rectangle wrong[] = { { 0, 0, 65, 1 }, { 64, 0, 1, 1 }, { 1, 1, 0xffffffff, 1 }, { 0, 48, 1, 1 }, { 0, 0, 0, 0 } };

	assert_null(up(64, 48));
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_non_null(gpu_ask(&gpu, GPU_SHOW, &wrong[i]));
		assert_int_equal(gpu.asked, 0);
		assert_false(chains[0].given);
	}
}

TEST(broken, "a queue that breaks the rules is told of")
{
	bool sound;

	assert_null(gpu_ask(&gpu, GPU_SIZE, NULL));
	queue_is_broken = true;
	assert_int_equal(gpu_take(&gpu, &sound), VIRTIO_BROKEN);
	assert_string_equal(gpu.queue.fault, "broken");
}

/* --- drawing --------------------------------------------------------------------------------------------- */

static uint32_t some(void)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 4, 47, 48, 63, 64, 65, 256, 1024, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff };

	return dice(3) ? dice(70) : values[dice(sizeof(values) / sizeof(values[0]))];
}

/* By the sanitizer no byte outside is read or written: source and picture are of exactly their size. */
TEST(drawing, "a hundred thousand rectangles at random: those that fit are drawn as they should be, the others change nothing")
{
	unsigned drawn = 0, refused = 0;
	uint32_t *picture_pixels = malloc(FRAME_BYTES);
	struct picture picture = { (uint8_t *)picture_pixels, 64, 48, 256 };

	memset(picture_pixels, 0, FRAME_BYTES);
	for (unsigned i = 0; i < 100000; i++) {
		struct framebuffer_placement to = { .x = some(), .y = some(), .width = some(), .height = some(),
						    .offset = some() & (dice(8) ? ~3u : ~0u), .stride = 4 * some() };
		size_t size = 4 + dice(20000);
		uint8_t *source = malloc(size);
		nacre_status_t status;

		memset(source, (int)(i & 255), size);
		status = picture_copy(&picture, &to, source, size);
		if (!status) {
			uint32_t wanted = (i & 255) * 0x01010101u;

			drawn++;
			assert_int_equal(picture_pixels[to.y * 64 + to.x], wanted);
			assert_int_equal(picture_pixels[(to.y + to.height - 1) * 64 + to.x + to.width - 1], wanted);
		} else {
			refused++;
			assert_true(status == FRAMEBUFFER_RANGE || status == FRAMEBUFFER_PIXELS);
		}
		free(source);
	}
	free(picture_pixels);
	assert_true(drawn > 500 && refused > 500);
}

/* --- dice ------------------------------------------------------------------------------------------------ */

TEST(mad, "ten thousand devices that answer by dice: never more than was asked, and the picture keeps its size")
{
	unsigned ups = 0, sounds = 0;

	for (seed = 1; seed <= 10000; seed++) {
		const char *why = NULL;

		dice_state = seed * 2654435761u;
		begin(FRAME_BYTES);
		for (unsigned step = 0; !why && step < 20; step++) {
			struct rectangle all = { 0, 0, gpu.picture.width, gpu.picture.height };
			enum gpu_request request = step < 4 ? (enum gpu_request)step : GPU_SHOW;
			bool sound = false;

			why = gpu_ask(&gpu, request, &all);
			for (uint16_t chain = 0; !why && chain < 2; chain++)
				if (chains[chain].given) {
					obey(chain, dice(4) ? 64 : dice_state, dice(4) ? 48 : dice_state);
					for (unsigned i = dice(8) ? 0 : dice(6); i; i--)
						room(chain)[dice(chains[chain].writable)] = (uint8_t)dice(256);
				}
			while (!why && gpu_take(&gpu, &sound) == VIRTIO_NOTHING && gpu.asked)
				;
			sounds += sound;
			if (!why && request == GPU_SIZE)
				why = sound ? gpu_picture(&gpu) : "refused";
			if (!why) {
				assert_true(gpu.picture.width && gpu.picture.height);
				assert_true((uint64_t)gpu.picture.stride * gpu.picture.height <= FRAME_BYTES);
			}
		}
		ups += !why;
	}
	assert_true(ups > 1000 && sounds > 1000);
}
