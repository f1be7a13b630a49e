/* store.h - the memory that outlives this process: the files, and who has which of them open.
 *
 *     page 0     header, clients, locks          page 1    open files
 *     then       the owner of each page          then      nodes
 *     then       pages of files and directories, named by their number in the store
 *
 * It may hold anything when it comes: a service that dies leaves it as it was in the middle of a change. `store_open`
 * proves the invariants and mends what does not hold, so that at most the change in question is lost.
 *
 *   I1  a page is free (owner 0), or reached from exactly one node
 *   I2  a node is free, or has a name, or is open, or is the root; a directory has exactly one name
 *   I3  a directory's pages are chains of entries (directory.h), whose nodes are not free
 *   I4  bytes of a file's last page behind its end are zero
 *   I5  an open file belongs to a client in use, a lock to a client that has the node open
 *   I6  counts (links, opens, pages, a client's share) are what one would count */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "nacre/error.h"

enum {
	PAGE_BYTES = 4096,
	CLIENTS_MAX = 48,
	OPENS_MAX = 512,
	LOCKS_MAX = 128,
	ROOT_NODE = 1,
	OWNER_LEFT = 0x7f,     /* of a page or node: a client that is gone */
	OWNER_MARK = 0x80,     /* while the store is checked */
};

struct client {
	uint32_t process;      /* number, as init gave it out; 0: the entry is free */
	uint32_t pages, nodes; /* what it has taken */
	uint32_t opens;
};

struct range_lock {
	uint64_t start, last;  /* bytes, both in it */
	uint32_t node;         /* 0: the entry is free */
	uint8_t client, kind;
	uint8_t reserved[2];
};

struct open_file {
	uint32_t node;         /* 0: the entry is free */
	uint16_t generation;   /* so that a number that was closed is not another's */
	uint8_t client, flags;
};

enum node_kind { NODE_FREE, NODE_FILE, NODE_DIRECTORY };

struct node {
	uint8_t kind, owner, height; /* height: of the tree of its pages (content.h) */
	uint8_t reserved;
	uint16_t mode, links;
	uint32_t root, pages;  /* page 0: none */
	uint32_t parent;       /* of a directory */
	uint32_t opens;
	uint64_t size;
	uint64_t modified_ns, changed_ns; /* since 1970 */
};

struct store {
	uint32_t magic, pages, node_count, first_page;
	uint32_t pages_free, nodes_free;
	uint32_t epoch;        /* lives of the server: pipes of an earlier one are recognised */
	uint32_t reserved;
	struct client clients[CLIENTS_MAX];
	struct range_lock locks[LOCKS_MAX];
};

extern struct store *store;
extern struct open_file *opens;
extern struct node *nodes;       /* [1] to [node_count]; 0 is none */
extern uint8_t *owners;          /* of each page: 0 free, a client's index + 1, OWNER_LEFT */

/* Maps the memory and sees that it holds a sound store, or makes an empty one. */
nacre_err_t store_open(void *memory, size_t pages);

static inline void *page_at(uint32_t page)
{
	return (uint8_t *)store + (size_t)page * PAGE_BYTES;
}

/* A zeroed page charged to the client; 0: none is left, or the client has its share. */
uint32_t page_take(uint8_t client);
void page_give(uint32_t page);

/* A new node, its times now, charged to the client; 0: as above. */
uint32_t node_take(uint8_t client, enum node_kind kind, uint16_t mode);

/* Frees it, if it has neither name nor opens. */
void node_settle(uint32_t node);

/* How much one client may take. */
uint32_t share_of(uint32_t total);

uint64_t wall_ns(void);          /* since 1970 */
void node_touch(struct node *node, bool content);
