/* table.h - the names there are, what each means now, and which profile sees which.
 *
 *   DECLARED --publish--> PUBLISHED --unpublish, publisher or service gone--> DECLARED
 *
 *   I1  a name's number and path never change; a name that is published has a connection, no other has
 *   I2  rules are only added: what a name space once saw it keeps seeing
 *
 * Everything lies in fixed tables that together fill one page: names and rules come from the system description,
 * which is known when the system is built, and from nobody else. */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include <stddef.h>
#include "idl/names.h"

struct text {
	uint16_t offset, size; /* in the table's text; size 0: none */
};

struct name {
	struct text path;
	nacre_handle_t connection; /* NONE: not published */
	uint32_t publisher;        /* its process number */
	bool shared;
	uint8_t limit;             /* processes that may connect; 0: any number */
};

const char *text_bytes(struct text text);

/* NULL where there is no such name. The first also where nothing was declared under that number. */
struct name *name_of_number(uint32_t number);
struct name *name_of_path(const char *path, size_t size);
uintptr_t name_number(const struct name *name);

/* STATUS_ of idl/names.nid. */
uint32_t name_declare(uint32_t number, const char *path, size_t size);

/* Takes the connection over and closes the one before. */
void name_publish(struct name *name, nacre_handle_t connection, uint32_t publisher, bool shared);
void name_unpublish(struct name *name);

/* How many are declared and how many of them published. */
void name_count(uint32_t *declared, uint32_t *published);

/* `flags`: NAMES_RULE_... */
uint32_t rule_add(uint32_t profile, uint32_t flags, const char *pattern, size_t size);

/* Does the profile see the name in lists? Does it reach it? May it resolve IDs? */
bool profile_sees(uintptr_t profile, const struct name *name);
bool profile_reaches(uintptr_t profile, const struct name *name);
bool profile_may_resolve(uintptr_t profile);
