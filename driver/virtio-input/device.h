/* device.h - the input device: virtio 1.2, 5.8. Makes no system calls, so that it runs on the host against a device that lies
 * (test/host/driver_input.c).
 *
 *     buffer: GIVEN to the device --an event came: device_take--> looked at --> GIVEN
 *     report: events are gathered until a SYN comes; then all of them are handed on together
 *
 *   I1  an event is copied out of DMA memory before a byte of it is looked at
 *   I2  an event that is handed on is of a group, a code and a value that the device said at its start it has
 *   I3  a report that is handed on has 1 to REPORT_EVENTS events, the last of them the only SYN
 *   I4  one call takes at most as many events as there are buffers, however fast the device fills them */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/input.h"
#include "virtio/virtio.h"

enum { BUFFERS = 64, REPORT_EVENTS = 32, AXES = 64, GROUPS = 4 };

struct input_source {
	struct virtio *device;
	struct dma *dma;
	struct virtio_queue queue;
	size_t buffers[BUFFERS];                /* in DMA memory */
	uint8_t of_chain[VIRTIO_QUEUE_MAX];
	struct input_device facts;
	uint8_t codes[GROUPS][INPUT_KEY_BYTES]; /* bitmaps, by group */
	uint8_t pressed[INPUT_KEY_BYTES];
	struct input_axis axes[AXES];
	struct input_statistics statistics;
	struct input_event report[REPORT_EVENTS]; /* the first report_count: one that has not ended */
	unsigned report_count;
	bool report_broken;                     /* too long: all of it is dropped */
	bool given;                             /* a buffer went back: the device is to be told */
};

/* Opens the queue of a device that was negotiated with, and asks what the device is. NULL, or a sentence. */
const char *source_open(struct input_source *source, struct virtio *device, struct dma *dma);

/* Gives the device all buffers; after virtio_start. NULL, or a sentence: the driver lost count. */
const char *source_begin(struct input_source *source);

/* Takes what came, and hands on each report that ended. NULL, or a sentence: only a reset helps. */
typedef void source_report(const struct input_event *events, unsigned count);
const char *source_take(struct input_source *source, uint64_t time_ns, source_report *report);

/* How long a bitmap is without the zeroes at its end. */
size_t bitmap_bytes(const uint8_t *bitmap);
bool bitmap_has(const uint8_t *bitmap, unsigned code);
