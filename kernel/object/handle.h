/* handle.h - handles: a process's numbers for objects, with rights.
 *
 * A handle is an index (low 16 bits) and a generation (high 16 bits, from 1). An entry's `key` is the whole handle while
 * it is in use, so one compare checks index, generation and presence at once. A freed slot counts its generation up and
 * goes to the front of the free list; one whose generation would wrap is retired for good, so that a stale handle is
 * never somebody else's object.
 *
 *   I1  an entry in use has key = its handle and lies in its object's list, or has object NULL (the object is gone) and no rights
 *   I2  free_count = length of the free list; reserved <= free_count
 *   I3  pages are charged to the process's own budget
 * The first page is made with the process; more come from a directory page. A table has at most 65,536 slots. */
#pragma once
#include "base/list.h"
#include "object/object.h"

struct handle_entry {
	uint32_t key;          /* the handle, 0: free */
	uint32_t rights;       /* in use: RIGHT_...; free: the key of the next use */
	struct object *object;
	struct list link;      /* in use: in object->handles; free: next = next free entry */
} __attribute__((aligned(16))); /* 32 bytes on both widths: an index is a shift away from its entry */

#define HANDLE_INDEX_BITS 16
#define HANDLE_INDEX_MASK ((1u << HANDLE_INDEX_BITS) - 1)
#define HANDLE_FIRST_GENERATION (1u << HANDLE_INDEX_BITS)
#define HANDLES_PER_PAGE (PAGE_SIZE / sizeof(struct handle_entry))
#define HANDLE_PAGES ((1u << HANDLE_INDEX_BITS) / HANDLES_PER_PAGE)

struct handle_table {
	struct handle_entry *first;      /* slots of the first page */
	struct handle_entry **directory; /* pages after the first, or NULL; one page of pointers */
	struct handle_entry *free;
	uint32_t pages, used, free_count, reserved;
	uint32_t cursor; /* of handle_table_empty */
};

struct process;

err_t handle_table_init(struct process *process) must_use;               /* E_BUDGET */
bool handle_table_empty(struct process *process);  /* one bounded step of closing all; true: pages are gone too */

/* Makes sure `count` more handles fit and sets them aside; handle_unreserve gives that back. E_BUDGET, E_HANDLE_ROOM. */
err_t handle_reserve(struct process *process, unsigned count) must_use;
void handle_unreserve(struct process *process, unsigned count);

/* Adds a handle; a slot must have been reserved, and is used up. Cannot fail. */
handle_t handle_add(struct process *process, struct object *object, uint32_t rights);

/* The entry of a handle, or NULL. An entry whose object is gone or dead is still an entry. */
struct handle_entry *handle_entry(const struct process *process, handle_t handle);
struct handle_entry *handle_entry_at(const struct process *process, uint32_t index); /* by slot, NULL past the table's end */

/* Resolves: E_BAD_HANDLE, E_PEER_GONE (object destroyed), E_WRONG_TYPE (type 0: any), E_RIGHTS. */
err_t handle_find(const struct process *process, handle_t handle, unsigned type, uint32_t rights,
                  struct handle_entry **entry) must_use;

void handle_close(struct process *process, struct handle_entry *entry);
void handle_orphan(struct handle_entry *entry); /* its object is going: keeps the slot, answers E_PEER_GONE */
/* A handle inside a message that waits is an entry of no table: it counts as a handle of the object, and is orphaned with it. */
void handle_attach(struct handle_entry *entry, struct object *object, uint32_t rights);
void handle_detach(struct handle_entry *entry); /* harmless where the object is gone */
void handle_generation_set(struct process *process, uint32_t generation); /* tests: free slots start here */
void handle_check(const struct process *process);
