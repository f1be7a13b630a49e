/* core_threads.c - three threads, each with something of its own in a variable; then one of them crashes. For the cores part. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct shared {
	char text[24];
};

static struct shared *volatile shared;
static pthread_barrier_t all_there;
static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;
static volatile uintptr_t nowhere;

/* What is volatile stays where a debugger finds it. */
static void *wait_here(void *number)
{
	volatile uintptr_t mine = (uintptr_t)number * 1111;

	pthread_barrier_wait(&all_there);
	pthread_mutex_lock(&never);
	return (void *)mine;
}

static void __attribute__((noinline)) crash_here(uintptr_t number)
{
	volatile uintptr_t mine = number * 1111;

	*(volatile uintptr_t *)nowhere = mine;
}

int main(void)
{
	pthread_t second, third;

	shared = malloc(sizeof(*shared));
	if (!shared)
		return EXIT_FAILURE;
	strcpy(shared->text, "what lies on the heap");
	pthread_mutex_lock(&never);
	pthread_barrier_init(&all_there, NULL, 3);
	if (pthread_create(&second, NULL, wait_here, (void *)2) || pthread_create(&third, NULL, wait_here, (void *)3))
		return EXIT_FAILURE;
	pthread_barrier_wait(&all_there);
	crash_here(1);
	return EXIT_SUCCESS;
}
