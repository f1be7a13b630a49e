/* packet.h - packets of the gdb remote serial protocol, between a stream of bytes and their contents.
 *
 *     $contents#xx     xx: the sum of the bytes between, mod 256, in hexadecimal; } escapes the byte behind it, by exclusive-or with 0x20
 *     + -              the last packet came well; send it again. Neither, once both sides have agreed on that
 *     0x03             between packets: stop
 *
 * Whatever the other side sends, a reader comes back to where it waits for a packet, and contents end with a NUL. Makes no system
 * calls: test/host/lib_gdb.c and test/fuzz/gdb.c. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_BYTES = 2048 };

enum packet_event {
	PACKET_MORE,                   /* nothing yet */
	PACKET_WHOLE,                  /* `data` and `size` hold one until the next byte */
	PACKET_BROKEN,                 /* one with a wrong sum, or too long */
	PACKET_AGAIN,                  /* the other side wants the last one again */
	PACKET_INTERRUPT,
};

struct packet_reader {
	uint8_t state, sum, given;
	bool escaped, too_long;
	size_t size;
	char data[PACKET_BYTES + 1];
};

enum packet_event packet_take(struct packet_reader *reader, uint8_t byte);

/* One that is made. What does not fit is left out, and `cut` says so. */
struct packet {
	size_t size;
	bool cut;
	char data[2 * PACKET_BYTES];
};

void packet_begin(struct packet *packet);
void packet_text(struct packet *packet, const char *format, ...) __attribute__((format(printf, 2, 3)));
void packet_hex(struct packet *packet, const void *bytes, size_t size);
void packet_binary(struct packet *packet, const void *bytes, size_t size); /* escaped where it must be */
void packet_end(struct packet *packet);

/* --- contents, read from `at` on, never at `end` or behind it --- */

struct packet_text {
	const char *at, *end;
};

bool text_take(struct packet_text *text, const char *word);          /* false: something else stands there */
bool text_number(struct packet_text *text, uint64_t *number);         /* hexadecimal, at least a digit, at most 64 bits */
size_t text_bytes(struct packet_text *text, void *to, size_t room);  /* two digits each; how many there were */
