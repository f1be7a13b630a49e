/* ports.h - serial ports: virtio 1.2, 5.3, with the feature of several ports. Buffers in DMA memory, some bytes each.
 *
 *     in:   GIVEN to the device --bytes came--> HELD, oldest first: port_bytes --port_bytes_done, all read--> GIVEN
 *     out:  FREE --port_send--> GIVEN --the device is done: the host has read--> FREE
 *
 *     device: port is there --> driver: ready --> device: its name, open
 *     driver: open, closed, as its client comes and goes. To a closed port the device sends nothing.
 *
 * Port 0 of the device is its console, which nobody serves; port n is numbered n - 1 here.
 *   I1  what is to be told to the device and finds no free message stays due, and goes out when one is free
 *   I2  bytes wait, whoever is the client, until they are read; what was read is wiped before the device has the buffer again */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/serial.h"
#include "virtio/driver.h"

enum { PORTS = 4, PORT_BUFFERS = 2, BUFFER_BYTES = SERIAL_BYTES };

/* NULL, or a sentence. */
const char *ports_open(nacre_handle_t server);

/* Has the device such a port? */
bool port_is_there(unsigned port);
void port_describe(unsigned port, struct serial_port *description);

bool port_is_open(unsigned port);
bool port_is_hung_up(unsigned port);

/* A client has come to it, or gone. */
void port_attend(unsigned port, bool is_attended);

/* The oldest bytes that are held; NULL. They stay until port_bytes_done says how many of them were read. */
const uint8_t *port_bytes(unsigned port, size_t *size);
void port_bytes_done(unsigned port, size_t size);

/* Up to BUFFER_BYTES. False: no buffer is free, or the port is not open. */
bool port_can_send(unsigned port);
bool port_send(unsigned port, const void *bytes, size_t size);

/* The line has fired: takes what came and what has gone. Bits: 1 << port, its state has changed. */
uint32_t ports_interrupted(void);
void ports_interrupt_end(void);
