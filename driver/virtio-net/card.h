/* card.h - the network card: virtio 1.2, 5.1. Buffers of 2 KiB in DMA memory, one frame each.
 *
 *     in:   GIVEN to the device --a frame came--> HELD, oldest first: card_frame --card_frame_done--> GIVEN
 *     out:  FREE --card_send--> GIVEN --the device is done--> FREE */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/net.h"
#include "virtio/driver.h"

enum { BUFFERS_IN = 16, BUFFERS_OUT = 8, BUFFER_BYTES = 2048 };

struct card {
	struct virtio_driver driver;
	struct virtio_queue in, out;
	struct net_link link;
	struct net_statistics statistics;
};

extern struct card card;

/* NULL, or a sentence. */
const char *card_open(nacre_handle_t server);

bool card_is_up(void);

/* A frame of NET_HEADER_BYTES to NET_FRAME_BYTES. False: no buffer is free. */
bool card_can_send(void);
bool card_send(const void *frame, size_t size);

/* The oldest frame that is held; NULL. It stays there until card_frame_done. */
const uint8_t *card_frame(size_t *size);
void card_frame_done(void);

/* The line has fired: takes what came and what has gone. True: the link's state has changed. */
bool card_interrupted(void);
void card_interrupt_end(void);

/* By when the card must have taken a frame that it was given; NEVER. card_watch: it is then; if it has not, this process ends
 * with the card reset. */
uint64_t card_deadline_ns(void);
void card_watch(void);
