/* interface.h - what all protocols have in common: how a method is called, statuses, and how a client connects.
 *
 * One connection speaks one protocol. A request is an opcode, which is the number of a method, and five words; a
 * reply is a status and five words. Beside the words travel, where the method says so: bytes (one copied run each
 * way), pages, and handles. Rules that hold for every method of every protocol:
 *
 *   - Method numbers and the meaning of a word are never reused; a method that is gone leaves a gap.
 *   - A 64-bit value takes two words, low half first, on both widths.
 *   - A structure has a fixed layout, begins with its own size in bytes, and only grows at the end. Who reads one
 *     takes what it knows of it and treats what is missing as zero.
 *   - Text is UTF-8 with its length beside it. A NUL in it is malformed, except as separator in a list of strings.
 *   - Where a method answers bytes, word[4] of the request says how many the caller has room for; the reply is
 *     never longer. For a structure this is how an older client and a newer server agree.
 *   - Methods 0 and 1 are the same everywhere (below). Unless a method says "may send", it is a call.
 *   - A server answers everything: a message it cannot understand gets STATUS_METHOD or STATUS_MALFORMED. */
#pragma once
#include <stdint.h>

/* Method 0, info. idempotent.
 *   out  word[0] protocol, word[1] version (major << 16 | minor)
 * A client that needs minor version n works with every server of the same major and a minor of n or more. */
enum { INTERFACE_INFO = 0 };

/* Method 1, connect: only ever arrives FORWARDED by the name server, on the badge under which the service was
 * published. It is the call of a client that asked names for the service; the reply goes straight to that client.
 *   in   word[0] the client's process number, as init gave it out
 *   out  handle  a connection of this protocol [CALL, and what else the protocol says] */
enum { INTERFACE_CONNECT = 1, INTERFACE_FIRST_METHOD = 2 };

/* Badges of the connections that init mints on a service's server: on which of the names in its manifest it was
 * published, counted from 0 (INTERFACE_CONNECT arrives there, and so do the calls of all clients of a shared
 * service), and init's own control connection. A service leaves these badges alone when it mints for clients. */
#define INTERFACE_BADGE_PUBLISHED 0x80000000u /* | number of the name */
#define INTERFACE_BADGE_CONTROL 0xc0000000u

/* The status of a reply. Numbers below 64 are the kernel's errors (abi/errors.toml), so that a server can pass one
 * on and a client handles one set of numbers. X(name, number, sentence) */
#define INTERFACE_STATUS_LIST(X) \
	X(OK, 0, "done") \
	X(METHOD, 64, "the protocol has no such method in this version") \
	X(MALFORMED, 65, "the message is malformed: a length, a number or a text in it is not what the method takes") \
	X(DENIED, 66, "this connection does not have the authority for that") \
	X(NOT_FOUND, 67, "there is nothing of that name or number") \
	X(NOT_READY, 68, "it is not there yet") \
	X(FULL, 69, "the limit of this client, or of the whole table, is reached") \
	X(END, 70, "there is no more") \
	X(EXISTS, 71, "there is one of that name or number already") \
	X(DEVICE, 72, "the device does not answer as it should") \
	X(NOT_PROGRAM, 73, "the file is not a program that can be started")

enum interface_status {
#define INTERFACE_STATUS_ENUM(name, number, sentence) STATUS_##name = number,
	INTERFACE_STATUS_LIST(INTERFACE_STATUS_ENUM)
#undef INTERFACE_STATUS_ENUM
};
