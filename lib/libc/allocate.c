/* allocate.c - two of newlib 3.3's allocation functions, corrected: its realloc reads as far behind a small block as
 * the new one is long, which is a fault where nothing is mapped there, and its calloc does not see a product that
 * overflows. Later versions of newlib have both right. */
#include <errno.h>
#include <malloc.h>
#include <reent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int posix_memalign(void **block, size_t alignment, size_t size);

void *_calloc_r(struct _reent *reent, size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		reent->_errno = ENOMEM;
		return NULL;
	}
	block = _malloc_r(reent, bytes);
	if (block)
		memset(block, 0, bytes);
	return block;
}

void *_realloc_r(struct _reent *reent, void *block, size_t size)
{
	size_t usable = block ? _malloc_usable_size_r(reent, block) : 0;
	void *fresh;

	if (block && size && size <= usable)
		return block;
	fresh = size || !block ? _malloc_r(reent, size) : NULL;
	if (block && fresh)
		memcpy(fresh, block, usable);
	if (block && (fresh || !size))
		_free_r(reent, block);
	return fresh;
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	if (alignment < sizeof(void *) || alignment & (alignment - 1))
		return EINVAL;
	*block = size < PTRDIFF_MAX - alignment ? memalign(alignment, size) : NULL;
	return *block ? 0 : ENOMEM;
}
