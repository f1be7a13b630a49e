/* directory.h - names: the content of a directory is a chain of entries in each of its pages.
 *
 *     | node, span, length, kind | name .... | node ... | name ... |   ...   | node 0: free, up to the page's end |
 *
 *   I1  spans are multiples of 4 and sum up to the page; none crosses it
 *   I2  an entry keeps its place while it is there, so that a place in a directory can be remembered */
#pragma once
#include "store.h"

struct place {
	uint32_t position;     /* in bytes, of the entry */
	uint32_t node;
};

/* Is the name one that an entry may have: 1 to 255 bytes, no slash? `.` and `..` are not. */
bool name_is_usable(const char *name, size_t size);

/* False: there is no such name. */
bool directory_find(const struct node *directory, const char *name, size_t size, struct place *place);

/* The name must not be there yet. Counts the link, and makes this the parent of a directory. */
nacre_status_t directory_add(uint32_t directory, uint8_t client, const char *name, size_t size, uint32_t node);

/* Takes the entry out and uncounts the link; the node is not settled. */
void directory_remove(uint32_t directory, const struct place *place);

/* Lets the entry name another node, whose link is counted; that of the old one is uncounted. */
void directory_replace(uint32_t directory, const struct place *place, uint32_t node);

bool directory_is_empty(const struct node *directory);

/* Packs entries from a position on, as FILES_LIST answers them. 0: there is no more, or no room for one (*more). */
size_t directory_list(const struct node *directory, uint32_t position, void *to, size_t room, bool *more);

/* Mends chains, takes out entries whose node cannot be there, and counts links. */
void directory_check(uint32_t number);
