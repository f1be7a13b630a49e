/* random.c - libsodium's getrandom(): the rng server. Where there are no random bytes libsodium stops the program
 * (sodium_misuse). */
#include <errno.h>
#include <sys/random.h>
#include "port/random/server.h"

ssize_t sodium_getrandom(void *buffer, size_t size, unsigned flags)
{
	(void)flags;
	if (!random_server_fill(buffer, size)) {
		errno = EIO;
		return -1;
	}
	return (ssize_t)size;
}
