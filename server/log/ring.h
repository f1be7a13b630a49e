/* ring.h - the records: a ring of bytes in memory that outlives this process.
 *
 *      tail                     head
 *   .....|record|record|record|......     the oldest are overwritten by the newest
 *
 * Offsets count all bytes that ever were written and are never wrapped to the ring, as in base/ring.h. A record lies
 * whole in the ring: where the end is too near, the rest of it is skipped.
 *
 *   I1  head - tail <= the ring's bytes, and from tail to head there are whole records, each with a sound header
 *   I2  numbers of records count up by one from tail to head
 *
 * The memory may hold anything when it comes: I1 and I2 are proved at the start, and where they do not hold the ring
 * begins anew. So a log that dies while it writes costs at most the log. */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include "idl/log.h"

struct entry {
	struct log_record record;
	const char *text;
};

nacre_err_t ring_open(nacre_handle_t memory);

/* Adds a record; `record` needs level, process, label, text_bytes and time. Fills in its size and number. */
void ring_add(struct log_record *record, const char *text);

/* The first record with this number or a later one. False: there is none yet. */
bool ring_find(uint32_t number, struct entry *entry);

/* The record after one that was found. */
bool ring_next(struct entry *entry);
