/* heap.c - memory for newlib's malloc, on reserve and commit.
 *
 *     range (reserved, free of charge)   [ committed pieces ......|           ]
 *                                          handed out ......|                  next range when full
 *
 * malloc asks for more where nothing it has fits, and never gives back. Pieces are committed a few pages at a time,
 * more as the heap grows, so that a small program pays for one page and a large one makes few system calls. Called
 * under malloc's lock. */
#include <errno.h>
#include <reent.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "nacre/area.h"
#include "nacre/startup.h"

enum {
	RANGE_PAGES = 256,     /* 1 MiB of address space at first; one page table's worth on Sv32 is 4 */
	PIECE_PAGES_MAX = 16,
};

static struct {
	uintptr_t next;        /* first byte not handed out */
	uintptr_t committed;   /* end of what is mapped */
	uintptr_t end;         /* of the reserved range */
	size_t pages;          /* committed in all ranges */
} heap;

/* A range that was too small is left: its committed rest is wasted, its reserved rest costs nothing. */
static nacre_err_t range_reserve(size_t bytes)
{
	/* As large as all there is, and more: what is free at the end of one range and the start of another is never one block,
	 * so a program that keeps growing must not get a new range for each block. */
	size_t pages = max_size(NACRE_PAGES(bytes), RANGE_PAGES) + 2 * heap.pages;
	uintptr_t base = 0;
	nacre_err_t error = nacre_map_reserve(nacre_self_process(), pages, &base);

	if (error) {
		pages = NACRE_PAGES(bytes);
		error = nacre_map_reserve(nacre_self_process(), pages, &base);
	}
	if (error)
		return error;
	heap.next = heap.committed = base;
	heap.end = base + pages * NACRE_PAGE_BYTES;
	return NACRE_E_OK;
}

static nacre_err_t piece_commit(size_t pages)
{
	nacre_handle_t memory = 0;
	nacre_err_t error = nacre_memory_create(nacre_self_budget(), pages, NACRE_MEMORY_PRIVATE, &memory);

	if (error)
		return error;
	error = nacre_map_add(nacre_self_process(), heap.committed, memory, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE,
			      NULL);
	nacre_handle_close(memory); /* the mapping keeps it */
	if (error)
		return error;
	heap.committed += pages * NACRE_PAGE_BYTES;
	heap.pages += pages;
	return NACRE_E_OK;
}

/* Commits `bytes` more than there is: a bit ahead if the budget allows, else just enough. */
static nacre_err_t commit(size_t bytes)
{
	size_t needed = NACRE_PAGES(bytes);
	size_t room = (heap.end - heap.committed) / NACRE_PAGE_BYTES;
	size_t ahead = min_size(max_size(needed, min_size(heap.pages / 4, PIECE_PAGES_MAX)), room);
	nacre_err_t error = piece_commit(ahead);

	return error && ahead > needed ? piece_commit(needed) : error;
}

static nacre_err_t make_room(size_t bytes)
{
	nacre_err_t error = NACRE_E_OK;

	if (bytes > heap.end - heap.next)
		error = range_reserve(bytes);
	if (!error && bytes > heap.committed - heap.next)
		error = commit(bytes - (heap.committed - heap.next));
	return error;
}

/* Only malloc calls this, and only to grow. */
void *_sbrk_r(struct _reent *reent, ptrdiff_t bytes)
{
	void *start;

	if (bytes < 0 || make_room((size_t)bytes)) {
		reent->_errno = ENOMEM;
		return (void *)-1;
	}
	start = (void *)heap.next;
	heap.next += (size_t)bytes;
	return start;
}
