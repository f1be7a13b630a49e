/* random.h - unpredictable bytes for this process: a hash chain over the seed that its loader gave it.
 *
 * state' = SHA-256(state, 0), output block n = SHA-256(state, n): who reads the state later cannot go back.
 * As good as the machine's seed; `uptime` says when there was none. For keys that must outlive this boot ask the
 * rng server, which hears of new entropy. Not locked: threads that draw at once need a lock of their own. */
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void nacre_random_fill(void *buffer, size_t size);

#ifdef __cplusplus
}
#endif
