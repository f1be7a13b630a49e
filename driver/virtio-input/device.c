/* device.c - configuration and events of an input device: virtio 1.2, 5.8.5 and 5.8.6. */
#include "device.h"
#include "base/bits.h"
#include "base/string.h"
#include "base/utf8.h"

/* The configuration is a window: what is written to the first two bytes chooses what stands in the rest. */
enum { CONFIG_SELECT = 0, CONFIG_SUBSELECT = 1, CONFIG_SIZE = 2, CONFIG_DATA = 8, DATA_BYTES = 128 };
enum { SELECT_NAME = 1, SELECT_IDS = 3, SELECT_CODES = 0x11, SELECT_AXIS = 0x12 };

/* As the device writes it, 5.8.6. */
struct event {
	uint16_t type, code;
	uint32_t value;
};

/* 5.8.5. */
struct axis_facts {
	uint32_t minimum, maximum, fuzz, flat, resolution;
};

static const char restless[] = "the input device never tells the same of itself twice; it cannot be used";
static const char lost_count[] = "the driver lost count of its buffers; it is started anew";

/* --- bitmaps --------------------------------------------------------------------------------------------- */

bool bitmap_has(const uint8_t *bitmap, unsigned code)
{
	return code < INPUT_KEY_BYTES * 8 && bitmap[code / 8] >> code % 8 & 1;
}

static void bitmap_set(uint8_t *bitmap, unsigned code, bool on)
{
	uint8_t bit = (uint8_t)(1u << code % 8);

	bitmap[code / 8] = on ? bitmap[code / 8] | bit : bitmap[code / 8] & (uint8_t)~bit;
}

size_t bitmap_bytes(const uint8_t *bitmap)
{
	size_t size = INPUT_KEY_BYTES;

	while (size && !bitmap[size - 1])
		size--;
	return size;
}

/* --- what the device is ---------------------------------------------------------------------------------- */

/* Size and data of the same moment: *size bytes of `data`, the rest zero. What is longer than it can be is nothing. */
static bool config_read(const struct input_source *source, uint8_t select, uint8_t subselect, uint8_t data[DATA_BYTES], size_t *size)
{
	uint8_t all[CONFIG_DATA - CONFIG_SIZE + DATA_BYTES];

	if (!virtio_config_set(source->device, CONFIG_SELECT, select) ||
	    !virtio_config_set(source->device, CONFIG_SUBSELECT, subselect) ||
	    !virtio_config(source->device, CONFIG_SIZE, 1, sizeof(all), all))
		return false;
	*size = all[0] <= DATA_BYTES ? all[0] : 0;
	memset(data, 0, DATA_BYTES);
	memcpy(data, all + CONFIG_DATA - CONFIG_SIZE, *size);
	return true;
}

/* A name is shown to people: what is no text is left out. */
static bool name_read(struct input_source *source)
{
	uint8_t data[DATA_BYTES];
	size_t size;

	if (!config_read(source, SELECT_NAME, 0, data, &size))
		return false;
	size = min_size(size, sizeof(source->facts.name) - 1);
	size = string_length_within((const char *)data, size);
	if (utf8_is_text(data, size))
		memcpy(source->facts.name, data, size);
	return true;
}

static bool ids_read(struct input_source *source)
{
	uint16_t ids[DATA_BYTES / 2];
	size_t size;

	if (!config_read(source, SELECT_IDS, 0, (uint8_t *)ids, &size))
		return false;
	source->facts.bus = ids[0];
	source->facts.vendor = ids[1];
	source->facts.product = ids[2];
	source->facts.revision = ids[3];
	return true;
}

static bool codes_read(struct input_source *source, enum input_group group)
{
	uint8_t data[DATA_BYTES];
	size_t size;

	if (!config_read(source, SELECT_CODES, (uint8_t)group, data, &size))
		return false;
	memcpy(source->codes[group], data, INPUT_KEY_BYTES);
	if (bitmap_bytes(source->codes[group]))
		source->facts.kinds |= 1u << group;
	return true;
}

static bool axis_read(struct input_source *source, uint8_t code)
{
	uint8_t data[DATA_BYTES];
	struct axis_facts facts;
	size_t size;

	if (!config_read(source, SELECT_AXIS, code, data, &size))
		return false;
	memcpy(&facts, data, sizeof(facts));
	source->axes[code] = (struct input_axis){ .minimum = (int32_t)facts.minimum, .maximum = (int32_t)facts.maximum,
						  .fuzz = (int32_t)facts.fuzz, .flat = (int32_t)facts.flat,
						  .resolution = (int32_t)facts.resolution, .value = (int32_t)facts.minimum };
	/* Where the last value is below the first, none can be. */
	if (source->axes[code].minimum > source->axes[code].maximum)
		bitmap_set(source->codes[INPUT_GROUP_ABS], code, false);
	return true;
}

static const char *facts_read(struct input_source *source)
{
	bool sound = name_read(source) && ids_read(source) && codes_read(source, INPUT_GROUP_KEY) &&
		     codes_read(source, INPUT_GROUP_REL) && codes_read(source, INPUT_GROUP_ABS);

	memset(source->codes[INPUT_GROUP_ABS] + AXES / 8, 0, INPUT_KEY_BYTES - AXES / 8);
	for (unsigned code = 0; sound && code < AXES; code++)
		if (bitmap_has(source->codes[INPUT_GROUP_ABS], code))
			sound = axis_read(source, (uint8_t)code);
	return sound ? NULL : restless;
}

/* --- opening --------------------------------------------------------------------------------------------- */

const char *source_open(struct input_source *source, struct virtio *device, struct dma *dma)
{
	const char *why;

	*source = (struct input_source){ .device = device, .dma = dma };
	why = virtio_queue_open(&source->queue, device, 0, dma, BUFFERS);
	for (unsigned i = 0; !why && i < BUFFERS; i++)
		if (!dma_take(dma, sizeof(struct event), 8, &source->buffers[i]))
			why = "the DMA memory is too small for the events; `dma` in the manifest must be 1";
	return why ? why : facts_read(source);
}

static bool give(struct input_source *source, uint8_t buffer)
{
	struct virtio_piece piece = { source->buffers[buffer], sizeof(struct event), true };
	uint16_t chain;

	if (!virtio_queue_add(&source->queue, &piece, 1, &chain))
		return false;
	source->of_chain[chain] = buffer;
	source->given = true;
	return true;
}

static void tell(struct input_source *source)
{
	if (source->given)
		virtio_queue_notify(&source->queue);
	source->given = false;
}

const char *source_begin(struct input_source *source)
{
	for (unsigned i = 0; i < source->queue.size; i++)
		if (!give(source, (uint8_t)i))
			return lost_count;
	tell(source);
	return NULL;
}

/* --- events ---------------------------------------------------------------------------------------------- */

static bool value_is_sound(const struct input_source *source, const struct event *event)
{
	int32_t value = (int32_t)event->value;

	if (event->type == INPUT_GROUP_KEY)
		return event->value <= 2;
	return event->type != INPUT_GROUP_ABS ||
	       (value >= source->axes[event->code].minimum && value <= source->axes[event->code].maximum);
}

static bool is_sound(const struct input_source *source, const struct event *event)
{
	if (event->type == INPUT_GROUP_SYN)
		return !event->code && !event->value;
	return event->type < GROUPS && bitmap_has(source->codes[event->type], event->code) && value_is_sound(source, event);
}

/* How things stand. */
static void note(struct input_source *source, const struct event *event)
{
	if (event->type == INPUT_GROUP_KEY)
		bitmap_set(source->pressed, event->code, event->value);
	if (event->type == INPUT_GROUP_ABS)
		source->axes[event->code].value = (int32_t)event->value;
}

static void report_end(struct input_source *source, source_report *report)
{
	if (source->report_broken)
		source->statistics.errors++;
	else
		report(source->report, source->report_count);
	source->report_count = 0;
	source->report_broken = false;
}

static void gather(struct input_source *source, const struct event *event, uint64_t time_ns, source_report *report)
{
	bool is_end = event->type == INPUT_GROUP_SYN;

	if (!is_sound(source, event)) {
		source->statistics.errors++;
		return;
	}
	note(source, event);
	/* The last place is for the end. */
	if (source->report_count < REPORT_EVENTS - (is_end ? 0u : 1u))
		source->report[source->report_count++] =
			(struct input_event){ .size = sizeof(struct input_event), .group = event->type,
					      .code = event->code, .value = (int32_t)event->value, .time_ns = time_ns };
	else
		source->report_broken = true;
	if (is_end)
		report_end(source, report);
}

const char *source_take(struct input_source *source, uint64_t time_ns, source_report *report)
{
	for (unsigned i = source->queue.in_flight; i; i--) {
		uint16_t chain;
		uint32_t written;
		struct event event;
		enum virtio_taken taken = virtio_queue_take(&source->queue, &chain, &written);

		if (taken == VIRTIO_BROKEN)
			return source->queue.fault;
		if (taken == VIRTIO_NOTHING)
			break;
		memcpy(&event, source->dma->base + source->buffers[source->of_chain[chain]], sizeof(event));
		if (!give(source, source->of_chain[chain]))
			return lost_count;
		if (written == sizeof(event))
			gather(source, &event, time_ns, report);
		else
			source->statistics.errors++;
	}
	tell(source);
	return NULL;
}
