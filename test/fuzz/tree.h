/* tree.h - a file server's store without a server around it: for the fuzzers `paths` and `store`. */
#pragma once
#include "input.h"
#include "server/files/store.h"

enum { TREE_PAGES = 40 };

/* An empty store, with a few clients in use. */
void tree_empty(void);

/* What is in the memory is opened, as after a death of the server. */
void tree_open(void);

void *tree_memory(void);

/* Does one thing that the input says: makes, removes, renames, links, finds, lists, writes, cuts. */
void tree_act(struct input *input);

/* Opens the store again: where every change was whole, that mends nothing. */
void tree_expect_sound(void);
