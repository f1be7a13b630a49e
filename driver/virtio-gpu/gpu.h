/* gpu.h - the device: virtio 1.2, 5.7, commands for 2D. Makes no system calls, so that it runs on the host against a device that
 * lies (test/host/driver_gpu.c).
 *
 * One thing is asked at a time. Each has one or two commands, which the device may answer in any order:
 *
 *     IDLE --gpu_ask--> ASKED --all answers are there: gpu_take--> IDLE
 *
 * At its start the device is asked for SIZE, RESOURCE, BACKING and SCANOUT, in this order; from then on it shows what SHOW
 * names of the picture. The picture lies in the DMA memory: the device reads it and never writes there.
 *
 *   I1  a command's answer is copied out of DMA memory before a byte of it is looked at: the device may change it
 *   I2  the size of the picture is the driver's choice, once; no answer can change it
 *   I3  a rectangle that goes to the device lies within the picture */
#pragma once
#include "picture.h"
#include "virtio/virtio.h"

/* Commands are below all else in the DMA memory, in its first page; behind it lies the picture. */
enum { GPU_COMMANDS = 2, GPU_QUEUE_SIZE = 4, GPU_FRAME_OFFSET = 4096 };

enum gpu_request { GPU_SIZE, GPU_RESOURCE, GPU_BACKING, GPU_SCANOUT, GPU_SHOW };

struct gpu {
	struct dma *dma;
	struct virtio_queue queue;
	struct picture picture;
	enum gpu_request request;    /* what was asked last */
	uint32_t sides[2];           /* what the device says of its display, once SIZE was answered */
	unsigned asked;              /* commands that the device has */
	bool sound;                  /* of those that are back */
	uint64_t fence;              /* number of the last command */
	struct gpu_command {
		size_t question, answer; /* in DMA memory */
		uint32_t bytes;          /* of the answer */
		uint32_t type;           /* that it must have */
		uint64_t fence;
		uint16_t chain;
		bool asked;
	} commands[GPU_COMMANDS];
};

/* Opens the queue of a device that was negotiated with. NULL, or a sentence. */
const char *gpu_open(struct gpu *gpu, struct virtio *device, struct dma *dma);

/* Asks; for SHOW a rectangle of the picture. NULL, or a sentence: the driver lost count, and must end. */
const char *gpu_ask(struct gpu *gpu, enum gpu_request request, const struct rectangle *rectangle);

/* Takes what was answered. TAKEN: all of it; *sound: the device did what it was asked. BROKEN: gpu->queue.fault. */
enum virtio_taken gpu_take(struct gpu *gpu, bool *sound);

/* After SIZE: chooses the picture's size. NULL, or a sentence. */
const char *gpu_picture(struct gpu *gpu);
