/* memory.c - what mmap and its relatives do for libsodium elsewhere: large memory for hashing passwords, and guarded
 * memory for sodium_malloc():
 *
 *     | notes | never mapped | ....... canary, the caller's bytes | never mapped |
 *       1 page     1 page         the rest                             1 page
 *
 * The two pages never mapped are only reserved, and cost nothing. Notes and the rest are a mapping each, since Nacre
 * protects whole mappings. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include "abi/nacre_calls.h"
#include "nacre/area.h"
#include "nacre/error.h"
#include "nacre/startup.h"

static int fail(nacre_err_t error)
{
	errno = nacre_error_errno(error);
	return -1;
}

static nacre_err_t part_map(uintptr_t base, size_t pages)
{
	nacre_handle_t memory = NACRE_HANDLE_NONE;
	nacre_err_t error = nacre_memory_create(nacre_self_budget(), pages, NACRE_MEMORY_PRIVATE, &memory);

	if (error)
		return error;
	error = nacre_map_add(nacre_self_process(), base, memory, 0, pages, NACRE_PROT_READ | NACRE_PROT_WRITE, NULL);
	nacre_handle_close(memory); /* the mapping keeps it */
	return error;
}

/* What libsodium may ask for. */
static bool map_allowed(const void *wanted, int flags, int file)
{
	errno = EINVAL;
	return !wanted && file == -1 && (flags & MAP_ANON);
}

void *sodium_map(void *wanted, size_t size, int protection, int flags, int file, off_t offset)
{
	struct nacre_area area;
	nacre_err_t error;

	(void)protection, (void)offset;
	if (!size || !map_allowed(wanted, flags, file))
		return MAP_FAILED;
	error = nacre_area_create(&area, NACRE_PAGES(size), NACRE_MEMORY_PRIVATE);
	if (error) {
		fail(error);
		return MAP_FAILED;
	}
	nacre_handle_close(area.memory);
	return area.base;
}

int sodium_unmap(void *base, size_t size)
{
	nacre_err_t error = nacre_map_remove(nacre_self_process(), (uintptr_t)base, NACRE_PAGES(size));

	return error ? fail(error) : 0;
}

/* --- guarded ------------------------------------------------------------------------------------------------ */

enum { NOTES = 1, GUARD = 1, REST = NOTES + GUARD, EXTRA = NOTES + 2 * GUARD };

static uintptr_t page_at(void *base, size_t page)
{
	return (uintptr_t)base + page * NACRE_PAGE_BYTES;
}

void *sodium_map_guarded(void *wanted, size_t size, int protection, int flags, int file, off_t offset)
{
	size_t pages = NACRE_PAGES(size);
	uintptr_t base = 0;
	nacre_err_t error;

	(void)protection, (void)offset;
	if (pages <= EXTRA || !map_allowed(wanted, flags, file))
		return MAP_FAILED;
	error = nacre_map_reserve(nacre_self_process(), pages, &base);
	if (!error)
		error = part_map(base, NOTES);
	if (!error)
		error = part_map(base + REST * NACRE_PAGE_BYTES, pages - EXTRA);
	if (!error)
		return (void *)base;
	if (base)
		sodium_unmap_guarded((void *)base, size);
	fail(error);
	return MAP_FAILED;
}

/* libsodium asks for the notes, for the rest, for a guard page, which has no access in any case, or for all of it. */
int sodium_protect_guarded(void *base, size_t size, int protection)
{
	uint32_t wanted = (protection & PROT_READ ? NACRE_PROT_READ : 0) | (protection & PROT_WRITE ? NACRE_PROT_WRITE : 0);
	nacre_handle_t self = nacre_self_process();
	size_t pages = NACRE_PAGES(size);
	nacre_err_t error = nacre_map_protect(self, (uintptr_t)base, pages, wanted);

	if (error == NACRE_E_ADDRESS && pages == GUARD && !wanted)
		return 0;
	if (error == NACRE_E_ADDRESS && pages > EXTRA) {
		error = nacre_map_protect(self, (uintptr_t)base, NOTES, wanted);
		if (!error)
			error = nacre_map_protect(self, page_at(base, REST), pages - EXTRA, wanted);
	}
	return error ? fail(error) : 0;
}

/* Mappings first, then the reservation around them. A part that is not there is no fault: sodium_map_guarded() failed. */
int sodium_unmap_guarded(void *base, size_t size)
{
	nacre_handle_t self = nacre_self_process();
	size_t pages = NACRE_PAGES(size);
	nacre_err_t error;

	(void)nacre_map_remove(self, (uintptr_t)base, NOTES);
	(void)nacre_map_remove(self, page_at(base, REST), pages - EXTRA);
	error = nacre_map_remove(self, (uintptr_t)base, pages);
	return error ? fail(error) : 0;
}

int sodium_map_lock(const void *base, size_t size)
{
	(void)base, (void)size;
	return 0;
}
