/* register.h - one access to a register of a device, in order with all accesses to memory around it.
 * In a file of its own, so that tests can put a device of theirs behind it (test/host/lib_virtio.c). */
#pragma once
#include "virtio/virtio.h"

/* width: 1, 2 or 4 bytes; the caller has checked that the offset is a multiple of it and lies within the registers. */
uint32_t virtio_register_read(const struct virtio *device, size_t offset, unsigned width);
void virtio_register_write(const struct virtio *device, size_t offset, uint32_t value);

/* Fields of a byte may be written as such and no wider, 4.2.2.2. */
void virtio_register_write_byte(const struct virtio *device, size_t offset, uint8_t value);
