/* server.c - random bytes from the rng server. The first call connects; the connection outlives the server's restarts.
 *
 * Libraries ask for a few bytes very often. Those come out of a pool that is filled by one message, and are wiped there
 * when they are given away, so that nobody who reads this process's memory later learns what was drawn before. */
#include "server.h"
#include <pthread.h>
#include <string.h>
#include "base/bits.h"
#include "idl/rng_client.h"

enum { FEW_BYTES = 64 };

static struct {
	pthread_mutex_t lock;
	nacre_handle_t connection;
	size_t left;                         /* at the start of `bytes` */
	unsigned char bytes[RNG_BYTES_MAX];
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool fetch(void *buffer, size_t size)
{
	unsigned char *to = buffer;

	if (!pool.connection && rng_connect("svc/rng", &pool.connection))
		return false;
	while (size) {
		size_t wanted = min_size(size, RNG_BYTES_MAX), length = 0;

		if (rng_bytes(pool.connection, to, wanted, &length) || length != wanted)
			return false;
		to += wanted;
		size -= wanted;
	}
	return true;
}

static bool draw(void *buffer, size_t size)
{
	if (pool.left < size && !fetch(pool.bytes, sizeof(pool.bytes)))
		return false;
	if (pool.left < size)
		pool.left = sizeof(pool.bytes);
	pool.left -= size;
	memcpy(buffer, pool.bytes + pool.left, size);
	memset(pool.bytes + pool.left, 0, size);
	return true;
}

bool random_server_fill(void *buffer, size_t size)
{
	bool filled;

	pthread_mutex_lock(&pool.lock);
	filled = size <= FEW_BYTES ? draw(buffer, size) : fetch(buffer, size);
	pthread_mutex_unlock(&pool.lock);
	return filled;
}
