/* runtime.cpp - what the compiler calls behind a C++ program's back. Linked into every one; what is not used is dropped.
 * Memory comes from the C library's heap. There are no exceptions, so where none is left the program ends, and says so. */
#include <stddef.h>
#include <stdlib.h>
#include "nacre/log.h"

static void *take(size_t size, size_t alignment)
{
	void *block = alignment ? aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment) : malloc(size ? size : 1);

	if (block)
		return block;
	nacre_log(LOG_ERROR, "operator new: the budget has no room for %zu bytes more", size);
	abort();
}

namespace std {
enum class align_val_t : size_t {};
}

void *operator new(size_t size) { return take(size, 0); }
void *operator new[](size_t size) { return take(size, 0); }
void *operator new(size_t size, std::align_val_t alignment) { return take(size, static_cast<size_t>(alignment)); }
void *operator new[](size_t size, std::align_val_t alignment) { return take(size, static_cast<size_t>(alignment)); }
void operator delete(void *block) noexcept { free(block); }
void operator delete[](void *block) noexcept { free(block); }
void operator delete(void *block, size_t) noexcept { free(block); }
void operator delete[](void *block, size_t) noexcept { free(block); }
void operator delete(void *block, std::align_val_t) noexcept { free(block); }
void operator delete[](void *block, std::align_val_t) noexcept { free(block); }
void operator delete(void *block, size_t, std::align_val_t) noexcept { free(block); }
void operator delete[](void *block, size_t, std::align_val_t) noexcept { free(block); }

extern "C" {
/* A virtual function that has no body was called: a constructor called it. */
void __cxa_pure_virtual(void);
void __cxa_pure_virtual(void)
{
	nacre_log(LOG_ERROR, "a virtual function without a body was called");
	abort();
}

/* Names the program among shared objects, of which there are none. */
void *__dso_handle;
}
