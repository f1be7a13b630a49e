/* description.h - the system description: the text `system` of the image, as tool/system/system.py wrote it.
 *
 * Lines `key value` in the order of the TOML it came from; a program's after its `program NAME`. The text lies in
 * the image and is read where it lies: what is asked for often is in struct program, lists (names, devices, ...)
 * are walked each time. system.py has checked all of it, so here only what would do harm is checked again.
 *
 *     struct fact fact = { 0 };
 *     while (fact_next(program, "lookup", &fact)) use(fact.value, fact.size); */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROGRAMS_MAX = 64 };

enum restart { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };

struct program {
	const char *facts, *end;     /* its lines */
	const char *name, *file;     /* counted, no NUL */
	uint8_t name_size, file_size;
	bool is_service, critical, window, server, resolve, trusted_dma, cores;
	uint8_t priority, profile, restart;
	uint8_t deaths;              /* given up after so many in so many seconds */
	uint32_t seconds, backoff_ms, heartbeat_ms;
	uint32_t cpu_share_ns, cpu_period_ns; /* 0: no share */
	uint32_t pages, heap_pages, stack_bytes, dma_pages, keep_pages;
};

struct description {
	const char *globals, *globals_end; /* the lines before the first program */
	const char *name, *version;
	size_t name_size, version_size;
	bool require_entropy;
	uint32_t reserve_pages;      /* that init keeps for itself */
	size_t count;
	struct program programs[PROGRAMS_MAX];
};

extern struct description description;

/* Reads the text. NULL, or a sentence that says what is wrong with it. */
const char *description_read(const char *text, size_t size);

struct fact {
	const char *value;           /* counted; NULL: start from the beginning */
	size_t size;
};

/* The next of a program's facts of that key. */
bool fact_next(const struct program *program, const char *key, struct fact *fact);

/* What a type of virtio devices is called (counted); false: it has no name. */
bool description_virtio(uint32_t type, struct fact *name);

/* The program of a name; the one that stands for all others; NULL. */
const struct program *program_find(const char *name, size_t size);
const struct program *program_default(void);
