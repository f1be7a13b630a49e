/* entropy.c - Mbed TLS's source of entropy: the server at svc/rng. Without it there is none, and what needs a key
 * fails with MBEDTLS_ERR_ENTROPY_SOURCE_FAILED. */
#include "mbedtls/config.h"
#include "mbedtls/entropy.h"
#include "mbedtls/entropy_poll.h"
#include "port/random/server.h"

int mbedtls_hardware_poll(void *data, unsigned char *output, size_t size, size_t *length)
{
	(void)data;
	*length = 0;
	if (!random_server_fill(output, size))
		return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
	*length = size;
	return 0;
}
