/* debugged.c - a program to be debugged (tool/test/part_debug.py): it counts aloud, spins, or lets two threads count. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nacre/clock.h"

volatile unsigned long spun, counted[2], turns;

static void __attribute__((noinline)) tick(unsigned long n)
{
	printf("tick %lu\n", n);
	turns = n;
}

static void __attribute__((noinline)) count_aloud(void)
{
	for (unsigned long n = 1;; n++) {
		tick(n);
		nacre_sleep_until(nacre_deadline_in(20 * NACRE_MS));
	}
}

static void __attribute__((noinline)) spin(void)
{
	puts("round and round");
	for (;;)
		spun++;
}

static void __attribute__((noinline)) count(unsigned who)
{
	counted[who]++;
}

static void *worker(void *argument)
{
	unsigned who = argument ? 1 : 0;

	for (;;)
		count(who);
	return NULL;
}

static void work(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, worker, (void *)&spun))
		worker(NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "tick"))
		count_aloud();
	if (!strcmp(what, "spin"))
		spin();
	if (!strcmp(what, "threads"))
		work();
	puts("usage: debugged tick|spin|threads");
	return EXIT_FAILURE;
}
