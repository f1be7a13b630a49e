/* log.h - the protocol of the log: `svc/log` to write, `svc/log-reader` to read.
 *
 * Records lie in a ring of memory that outlives the log's process; the oldest make room for the newest. Who wrote a
 * record is known from the connection, not from what the writer says. */
#pragma once
#include "idl/interface.h"

enum { LOG_PROTOCOL = 0x6c6f6720 /* "log " */, LOG_VERSION = 1 << 16 | 0, LOG_TEXT_BYTES = 240 };

/* Levels, the gravest first. X(name, number) */
#define LOG_LEVEL_LIST(X) X(ERROR, 0) X(WARNING, 1) X(INFO, 2) X(DEBUG, 3)
enum log_level {
#define LOG_LEVEL_ENUM(name, number) LOG_##name = number,
	LOG_LEVEL_LIST(LOG_LEVEL_ENUM)
#undef LOG_LEVEL_ENUM
	LOG_LEVEL_COUNT
};

/* write: one line. Control characters in it are shown as '?'. may send (then up to 64 bytes).
 *   in   word[0] level; bytes text, 1 to LOG_TEXT_BYTES, without newline
 * DENIED on a reader's connection. */
enum { LOG_WRITE = 2 };

/* read: the first record from a number on that is grave enough and, if asked, of one process or name.
 *   in   word[0] record number to start from, 0: the oldest there is; word[1] least grave level wanted;
 *        word[2] LOG_FOLLOW: wait for one instead of END; word[4] room
 *        bytes   label of the program wanted; none: all
 *   out  bytes   struct log_record and its text
 * END, DENIED on a writer's connection, FULL (too many follow). */
enum { LOG_READ = 3 };
enum { LOG_FOLLOW = 1 };

struct log_record {
	uint32_t size;
	uint32_t number;     /* counts up from 1; a gap means that records were overwritten before they were read */
	uint32_t level;
	uint32_t process;
	uint64_t time_ns;    /* clock_now when it arrived */
	char label[16];
	uint32_t text_bytes; /* the text follows the structure */
	uint32_t reserved;
};

/* label: the short name of a process. On init's control connection only. may send.
 *   in   word[0] process number; bytes name, 1 to 15 */
enum { LOG_LABEL = 5 };

/* level: keep only records at least as grave. For readers.
 *   in   word[0] level
 *   out  word[0] the level before */
enum { LOG_SET_LEVEL = 4 };
