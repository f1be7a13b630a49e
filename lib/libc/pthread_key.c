/* pthread_key.c - values that each thread has of its own, found by a key. New code uses _Thread_local. */
#include <errno.h>
#include "thread.h"

typedef void destructor(void *value);

static struct {
	bool used;
	destructor *destroy;
} keys[PTHREAD_KEYS_MAX];

static bool is_key(pthread_key_t key)
{
	return key < PTHREAD_KEYS_MAX && keys[key].used;
}

int pthread_key_create(pthread_key_t *out, destructor *destroy)
{
	int error = EAGAIN;

	lock_take(&threads_lock);
	for (pthread_key_t key = 0; error && key < PTHREAD_KEYS_MAX; key++) {
		if (keys[key].used)
			continue;
		keys[key].used = true;
		keys[key].destroy = destroy;
		*out = key;
		error = 0;
	}
	lock_drop(&threads_lock);
	return error;
}

/* Threads may still hold values; a key made later must not find them, so only the caller's duty to delete them
 * first (POSIX) keeps them apart. */
int pthread_key_delete(pthread_key_t key)
{
	if (!is_key(key))
		return EINVAL;
	lock_take(&threads_lock);
	keys[key].used = false;
	lock_drop(&threads_lock);
	return 0;
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	if (!is_key(key))
		return EINVAL;
	pthread_self()->values[key] = (void *)value;
	return 0;
}

void *pthread_getspecific(pthread_key_t key)
{
	return is_key(key) ? pthread_self()->values[key] : NULL;
}

static bool destroy_once(struct __pthread *thread)
{
	bool any = false;

	for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++) {
		void *value = thread->values[key];

		if (!value || !is_key(key) || !keys[key].destroy)
			continue;
		thread->values[key] = NULL;
		keys[key].destroy(value);
		any = true;
	}
	return any;
}

/* A destructor may set values anew; it gets a few chances to stop. */
void thread_values_destroy(struct __pthread *thread)
{
	for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS && destroy_once(thread); round++)
		continue;
}
