/* world.h - a driver of a virtio device in a world that means ill: the kernel, clients and the device are the fuzzer's.
 *
 *     input --> world.c: what the driver's mailbox receives, and every other call it makes of the kernel
 *           --> device.c: what the registers say, and what happens in DMA memory, at the worst moment
 *           --> virtio_NAME.c: what the clients of this driver ask, and what its device does when it keeps to the rules
 *
 * One input is one life of the driver's process, from main to its end. When the input is used up the device keeps to the rules,
 * and the driver must come to rest. Proven, beside what the sanitizers see:
 *   P1  every call is answered once, or its client is gone, or the driver ended
 *   P2  no byte that one client brought, or that the driver's former life left in DMA memory, reaches another client
 *   P3  no place outside the driver's DMA memory is ever named to the device, nor is any of its rings a piece of a request
 *   P4  DMA memory is not touched before the device was reset and said so, and a piece that the device has is not touched
 *   P5  the device is driven in the order of the standard, and nothing is told to it after its last reset
 *   P6  a driver that ends by itself has said why, in the log, and leaves a device that was reset
 *   P7  nothing is done for ever: steps between two messages are bounded
 *   P8  a device that took back a chain it did not have, or said that it wrote more than it could, is not used any more
 * Bytes are told apart by value: TAG + n are those of process n, TAG those of the former life, DEVICE_BYTE and up the device's. */
#pragma once
#include <setjmp.h>
#include "abi/nacre_calls.h"
#include "input.h"
#include "nacre/server.h"
#include "virtio/driver.h"

enum { PROCESSES = 8, TAG = 0x40, DEVICE_BYTE = 0x80, PIECES_MAX = 8, QUEUES = 12, SLOTS = 4 };

/* What a client's message is made of; pages come and go with the call. */
struct asked {
	struct nacre_words words;
	uint8_t data[4096];
	size_t size;
	unsigned loan_pages;
	bool loan_writable;
	unsigned handles;
};

struct chain {
	uint16_t head;
	unsigned count;
	struct virtio_piece pieces[PIECES_MAX];
};

/* What the fuzzer of one driver brings. */
struct world {
	uint32_t type;               /* of the device */
	uint64_t features;
	size_t dma_pages;
	unsigned publications;       /* names that it publishes */
	unsigned badge_shift;        /* 0, or where a client's badge has the number of the publication, counted from 1 */
	unsigned waiting;            /* queues, a bit each, whose requests the device keeps until something comes from outside */
	void (*config)(uint8_t config[256]);                              /* as a sound device has it */
	void (*ask)(struct asked *asked);                                 /* what a client asks, mostly with sense */
	uint32_t (*serve)(unsigned queue, const struct chain *chain);     /* done by the rules: how much was written */
	bool (*may_wait)(const struct nacre_words *words);                /* this call needs no answer at the end */
	void (*rest)(void);                                               /* what else must hold at the end; NULL */
};

extern const struct world world;

extern struct input input;
int driver_main(void);

/* --- world.c --- */

unsigned draw(unsigned sides);
uint64_t absurd(void);

/* What the device does wrong, this time. */
bool happens(unsigned flaw);
enum { FLAW_REGISTERS = 1, FLAW_RESET = 2, FLAW_CONFIG = 4, FLAW_QUEUES = 8, FLAW_FEATURES = 16, FLAW_RINGS = 32, FLAW_BYTES = 64,
	FLAW_STATUS = 128, FLAW_SLOW_LINE = 256 };

extern uint8_t *dma_base;
extern size_t dma_bytes;
extern bool world_rests;             /* the input is used up */
extern unsigned world_errors;        /* lines of the log that tell of one */

/* One life. */
int world_live(const uint8_t *data, size_t size);

/* The process ends. */
void world_end(void) __attribute__((noreturn));
void world_step(void);

/* --- device.c --- */

void device_begin(void);
void device_act(void);
bool device_serve_all(void);         /* by the rules; false: there was nothing to do */
bool device_interrupts(void);        /* is the line up? */
void device_interrupt_all(void);
bool device_runs(void);
bool device_is_left_running(void);
uint64_t device_physical(size_t page);
void device_write(size_t offset, const void *bytes, size_t size);
void device_fill(const struct virtio_piece *piece, uint32_t bytes, uint8_t byte);
