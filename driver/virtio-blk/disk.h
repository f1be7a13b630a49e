/* disk.h - the disk: virtio 1.2, 5.2. Four buffers in DMA memory, each with one request of the device's.
 *
 *     FREE --disk_ask--> ASKED --the device is done: disk_take--> FREE
 *
 * Data are copied between a buffer and the client's pages by transfer.c. They are not transferred to the client's pages
 * themselves: those go back to the client when this process is killed, and the device would go on writing to them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/block.h"
#include "virtio/driver.h"

enum { BUFFERS = 4, BUFFER_BYTES = 16384 };

enum disk_operation { DISK_READ = 0, DISK_WRITE = 1, DISK_FLUSH = 4 }; /* as the device numbers them */

struct disk {
	struct virtio_driver driver;
	struct virtio_queue queue;
	struct block_geometry geometry;
	struct block_statistics statistics;
	unsigned asked;              /* buffers that the device has */
};

extern struct disk disk;

/* NULL, or a sentence. */
const char *disk_open(nacre_handle_t server);

/* A free buffer; false: all are asked. */
bool disk_buffer_find(unsigned *buffer);
uint8_t *disk_buffer(unsigned buffer);

/* Has the device read or write `bytes` of the buffer, at most BUFFER_BYTES, at a sector, or flush. The range was checked. */
void disk_ask(unsigned buffer, enum disk_operation operation, uint64_t sector, uint32_t bytes);

/* The next buffer that the device is done with; *sound: it did what it was asked. False: there is none. */
bool disk_take(unsigned *buffer, bool *sound);

/* The line has fired: looks what changed. disk_take follows. */
void disk_interrupted(void);
void disk_interrupt_end(void);
