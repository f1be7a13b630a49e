/* sys/mman.h - for libsodium alone, and only as it is used there (port/libsodium/memory.c). */
#pragma once
#include <stddef.h>
#include <sys/types.h>

enum { SODIUM_PROT_NONE = 0, SODIUM_PROT_READ = 1, SODIUM_PROT_WRITE = 2 };
/* libsodium asks the preprocessor for these. */
#define PROT_NONE SODIUM_PROT_NONE
#define PROT_READ SODIUM_PROT_READ
#define PROT_WRITE SODIUM_PROT_WRITE
#define MAP_PRIVATE 2
#define MAP_ANON 0x20
#define MAP_FAILED ((void *)-1)

/* Fresh memory. The arguments behind `size` must be what libsodium gives. */
void *sodium_map(void *wanted, size_t size, int protection, int flags, int file, off_t offset);
int sodium_unmap(void *base, size_t size);

/* The same laid out as sodium_malloc() wants it: a page for its own notes, a page never mapped, the rest, a page never
 * mapped. Parts of it can be protected. */
void *sodium_map_guarded(void *wanted, size_t size, int protection, int flags, int file, off_t offset);
int sodium_protect_guarded(void *base, size_t size, int protection);
int sodium_unmap_guarded(void *base, size_t size);

/* Nacre's memory never leaves RAM. */
int sodium_map_lock(const void *base, size_t size);

#ifdef SODIUM_GUARDED /* where sodium_malloc() is compiled */
#define mmap sodium_map_guarded
#define munmap sodium_unmap_guarded
#else
#define mmap sodium_map
#define munmap sodium_unmap
#endif
#define mprotect sodium_protect_guarded
#define mlock sodium_map_lock
#define munlock sodium_map_lock
