/* content.h - the bytes of a file: its pages hang on a tree whose inner pages hold 1,024 page numbers each.
 *
 *     height 0: the root is the one page    1: the root names up to 1,024    2: 1,048,576, which is 4 GiB
 *
 * A page number 0 is a hole: it reads as zeros and takes no page. */
#pragma once
#include "store.h"

#define CONTENT_BYTES_MAX (1ull << 32)

/* How many bytes were read, 0 at the end. */
size_t content_read(const struct node *node, uint64_t offset, void *to, size_t size);

/* How many bytes were written; 0 and a status where it was none. The client pays for new pages. */
nacre_status_t content_write(struct node *node, uint8_t client, uint64_t offset, const void *from, size_t size,
			     size_t *written);

nacre_status_t content_resize(struct node *node, uint64_t size);

/* Frees all pages from this one on, which is counted in the file. */
void content_cut(struct node *node, uint32_t from);

/* The page that holds the file's n-th, 0: a hole. `take`: makes one where there is none, if there is space. */
uint32_t content_page(struct node *node, uint32_t n, bool take, uint8_t client);

/* Proves that the node's pages are pages and not another's, marks their owners, counts them, and cuts off the rest. */
void content_check(struct node *node);
