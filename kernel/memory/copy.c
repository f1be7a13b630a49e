/* copy.c - the one routine that touches user memory.
 *
 * An address is good if its leaf entry is valid, is the program's (U), allows the access, and names RAM or boot image. What
 * the hardware would allow is not asked: the kernel reads through its own view. Pieces end where a page ends. Most copies
 * lie in one page and take the short way: one walk, one memcpy.
 * Shortcoming: what was copied before a bad address stays copied. */
#include "memory/copy.h"
#include "base/string.h"

#define ACCESS_READ (PTE_V | PTE_U | PTE_R)
#define ACCESS_WRITE (PTE_V | PTE_U | PTE_R | PTE_W)

/* The kernel's address of a byte, NULL if the program has no such access to it. */
static inline __attribute__((always_inline)) void *resolve_here(const struct space *space, vaddr_t address, pte_t access)
{
	const pte_t *leaf = table_walk(space->root, address);
	paddr_t page;

	if (!leaf || (*leaf & access) != access)
		return NULL;
	page = pte_page(*leaf) + (address & (PAGE_SIZE - 1));
	if (frame_is_ram(page))
		return frame_view(page);
	return frame_is_image(page) ? pa_to_kva(page) : NULL;
}

static void *resolve(const struct space *space, vaddr_t address, pte_t access)
{
	return resolve_here(space, address, access);
}

static inline size_t to_page_end(vaddr_t address)
{
	return PAGE_SIZE - (address & (PAGE_SIZE - 1));
}

/* `to` may be a page of the same program, seen by the kernel: a debugger that writes to itself. So: memmove. */
static __attribute__((noinline)) err_t copy_in_pieces(const struct space *space, char *to, vaddr_t from, size_t size)
{
	while (size) {
		size_t piece = min_size(size, to_page_end(from));
		const void *source = resolve(space, from, ACCESS_READ);

		if (!source)
			return E_ADDRESS;
		memmove(to, source, piece);
		to += piece;
		from += piece;
		size -= piece;
	}
	return E_OK;
}

err_t copy_in(const struct space *space, void *to, user_ptr_t from, size_t size)
{
	const void *source;

	assert(size <= COPY_STEP);
	if (!size || size > to_page_end(from.address))
		return copy_in_pieces(space, to, from.address, size);
	source = resolve_here(space, from.address, ACCESS_READ);
	if (!source)
		return E_ADDRESS;
	memmove(to, source, size);
	return E_OK;
}

static __attribute__((noinline)) err_t copy_out_pieces(const struct space *space, vaddr_t to, const char *from, size_t size)
{
	while (size) {
		size_t piece = min_size(size, to_page_end(to));
		void *target = resolve(space, to, ACCESS_WRITE);

		if (!target)
			return E_ADDRESS;
		memcpy(target, from, piece);
		to += piece;
		from += piece;
		size -= piece;
	}
	return E_OK;
}

err_t copy_out(const struct space *space, user_ptr_t to, const void *from, size_t size)
{
	void *target;

	assert(size <= COPY_STEP);
	if (!size || size > to_page_end(to.address))
		return copy_out_pieces(space, to.address, from, size);
	target = resolve_here(space, to.address, ACCESS_WRITE);
	if (!target)
		return E_ADDRESS;
	memcpy(target, from, size);
	return E_OK;
}

static __attribute__((noinline)) err_t copy_across_pieces(const struct space *to_space, vaddr_t to,
                                                          const struct space *from_space, vaddr_t from, size_t size)
{
	while (size) {
		size_t piece = min_size(size, min_size(to_page_end(to), to_page_end(from)));
		const void *source = resolve(from_space, from, ACCESS_READ);
		void *target = resolve(to_space, to, ACCESS_WRITE);

		if (!source || !target)
			return E_ADDRESS;
		memmove(target, source, piece);
		to += piece;
		from += piece;
		size -= piece;
	}
	return E_OK;
}

/* The two ranges may be the same memory. */
err_t copy_across(const struct space *to_space, user_ptr_t to, const struct space *from_space, user_ptr_t from, size_t size)
{
	const void *source;
	void *target;

	assert(size <= COPY_STEP);
	if (!size || size > to_page_end(from.address) || size > to_page_end(to.address))
		return copy_across_pieces(to_space, to.address, from_space, from.address, size);
	source = resolve_here(from_space, from.address, ACCESS_READ);
	target = resolve_here(to_space, to.address, ACCESS_WRITE);
	if (!source || !target)
		return E_ADDRESS;
	memmove(target, source, size);
	return E_OK;
}

err_t copy_check(const struct space *space, user_ptr_t base, size_t size, bool write)
{
	vaddr_t address = base.address;

	assert(size <= LIMIT_COPY_BYTES);
	while (size) {
		size_t piece = min_size(size, to_page_end(address));

		if (!resolve(space, address, write ? ACCESS_WRITE : ACCESS_READ))
			return E_ADDRESS;
		address += piece;
		size -= piece;
	}
	return E_OK;
}
