/* entropy.c - random bytes in POSIX's words; newlib's arc4random stands on it. */
#include <errno.h>
#include <unistd.h>
#include "lock.h"
#include "nacre/random.h"

int getentropy(void *buffer, size_t size);

int getentropy(void *buffer, size_t size)
{
	static struct __lock lock;

	if (size > 256) {
		errno = EIO;
		return -1;
	}
	lock_take(&lock);
	nacre_random_fill(buffer, size);
	lock_drop(&lock);
	return 0;
}
