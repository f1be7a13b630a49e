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

enum restart { RESTART_ALWAYS, RESTART_FAULT, RESTART_NEVER };

struct program {
	const char *facts, *end;     /* its lines */
	const char *name, *file;     /* counted, no NUL */
	uint8_t name_size, file_size;
	bool is_service, critical, window, server, resolve;
	uint8_t priority, profile, restart;
	uint32_t pages, heap_pages, stack_bytes;
};

struct description {
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

/* The program of a name; the one that stands for all others; NULL. */
const struct program *program_find(const char *name, size_t size);
const struct program *program_default(void);
