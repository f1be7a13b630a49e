/* process.h - the protocol of init at `svc/process`: programs that start at run time.
 *
 * A connection knows the programs it started and no others. A program that ended is remembered until its end was
 * asked for by `wait` or `ended`, or until the connection is closed; closing it does not end the programs.
 * Process numbers count up from 1 and are not used again. */
#pragma once
#include "idl/interface.h"

enum {
	PROCESS_PROTOCOL = 0x70726f63 /* "proc" */,
	PROCESS_VERSION = 1 << 16 | 0,
	PROCESS_START_BYTES = 2048, /* of a start request with its strings */
	PROCESS_LABEL_BYTES = 16,   /* of a program's short name, with the NUL */
};

/* start: run a program of the boot image, with the handles, name space and limits its manifest gives it.
 *   in   bytes   struct process_start and its strings
 *        handles standard input, output, error [CALL, TRANSFER], each a console or a stream like it;
 *                notice [SIGNAL, TRANSFER]: bit PROCESS_NOTICE is set on it when the program has ended
 *   out  word[0] process number
 * NOT_FOUND, NOT_PROGRAM (`report` has a sentence), BUDGET, FULL (too many ended and were not asked for). */
enum { PROCESS_START = 2 };
enum { PROCESS_NOTICE = 1 };

/* start_quiet: the same without handles: no standard streams, no notice. */
enum { PROCESS_START_QUIET = 7 };

/* Behind it, each ended by NUL: the program's name, its arguments, its environment as NAME=value. */
struct process_start {
	uint32_t size;
	uint32_t argument_count;    /* without the program's name */
	uint32_t environment_count;
	uint32_t pages;             /* of its budget; 0: as the manifest says, or what its file needs and some more */
	uint32_t priority;          /* 0: as the manifest says; never above it */
	uint32_t reserved;
};

/* How a program ended: a NACRE_CAUSE_ number of the contract, and its exit code, or what the killer said. */

/* wait: until a program ends; it is then forgotten.
 *   in   word[0] process number
 *   out  word[0] cause, word[1] code
 * NOT_FOUND, FULL (somebody waits for it already). */
enum { PROCESS_WAIT = 3 };

/* ended: the next of this client's programs that has ended; it is then forgotten.
 *   out  word[0] process number, word[1] cause, word[2] code
 * END: none. */
enum { PROCESS_ENDED = 4 };

/* kill: end a program. idempotent.
 *   in   word[0] process number, word[1] code for its exit record
 * NOT_FOUND. */
enum { PROCESS_KILL = 5 };

/* handle: to a program of this client's that lives.
 *   in   word[0] process number
 *   out  handle  process [INSPECT, TRANSFER]
 * NOT_FOUND. */
enum { PROCESS_HANDLE = 8 };

/* report: text about the last failure of this client's: why a program could not be started (process number 0), or
 * the crash report of one that ended by a fault. idempotent.
 *   in   word[0] process number or 0, word[1] byte to start from; word[4] room
 *   out  bytes
 * END, NOT_FOUND. */
enum { PROCESS_REPORT = 6 };
