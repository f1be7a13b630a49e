/* sys/random.h - for libsodium alone: random bytes from the rng server (port/libsodium/random.c). */
#pragma once
#include <sys/types.h>

/* -1 with errno where there are none. The flags mean nothing: it never waits. */
ssize_t sodium_getrandom(void *buffer, size_t size, unsigned flags);
#define getrandom(buffer, size, flags) sodium_getrandom(buffer, size, flags)
