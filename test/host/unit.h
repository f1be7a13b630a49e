/* unit.h - a thin layer over cmocka: a test is a function with a name and a sentence, and runs in its own process.
 *
 *     #include "unit.h"
 *     TEST(empty, "a new list is empty") { assert_true(list_empty(&l)); }
 *
 * One test file is one program; unit.h brings its main(). TEST registers the test by itself, and the test runner
 * also reads names and sentences straight from the source, so keep both on the TEST line as literals.
 * All of cmocka's assert_* macros work. UNIT_SETUP { ... } runs before each test of the file.
 * Each test is forked off, so global state starts fresh, and a crash, a sanitizer's report or a test that hangs
 * (60 s of CPU time, or UNIT_SECONDS of the environment) fails that one test only.
 * Usage of the program: PROGRAM [NAME...] runs those tests, all without a name, and prints TAP on standard output.
 * What cmocka and the sanitizers have to say goes to standard error. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct unit_test {
	const char *name;
	const char *sentence;
	void (*run)(void **state);
	struct unit_test *next;
};

static struct unit_test *unit_first;
static struct unit_test **unit_end = &unit_first;
static void (*unit_setup)(void);

#define TEST(id, text)                                                                  \
	static void test_##id(void **state);                                                \
	static struct unit_test unit_##id = {.name = #id, .sentence = text, .run = test_##id}; \
	__attribute__((constructor)) static void unit_register_##id(void)                   \
	{                                                                                   \
		*unit_end = &unit_##id;                                                         \
		unit_end = &unit_##id.next;                                                     \
	}                                                                                   \
	static void test_##id(void **state __attribute__((unused)))

#define UNIT_SETUP                                                                      \
	static void unit_setup_body(void);                                                  \
	__attribute__((constructor)) static void unit_register_setup(void)                  \
	{                                                                                   \
		unit_setup = unit_setup_body;                                                   \
	}                                                                                   \
	static void unit_setup_body(void)

enum { UNIT_DEADLINE_S = 60, UNIT_WALL_S = 550 }; /* of CPU time, so that a busy machine fails no test; and by the clock */

/* In the child: cmocka's own report is for people, so it goes to standard error. */
static int unit_run_here(const struct unit_test *test)
{
	const struct CMUnitTest one[] = {{.name = test->name, .test_func = test->run}};

	const char *less = getenv("UNIT_SECONDS");
	rlim_t seconds = less ? (rlim_t)atoi(less) : UNIT_DEADLINE_S;

	setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
	alarm(UNIT_WALL_S);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (unit_setup)
		unit_setup();
	return cmocka_run_group_tests(one, NULL, NULL);
}

static int unit_run(const struct unit_test *test, int number)
{
	int status = 0;

	fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		perror("unit: fork");
		exit(2);
	}
	if (child == 0)
		exit(unit_run_here(test));
	waitpid(child, &status, 0);
	if (status == 0)
		printf("ok %d - %s\n", number, test->name);
	else if (WIFSIGNALED(status))
		printf("not ok %d - %s # ended by signal %d\n", number, test->name, WTERMSIG(status));
	else
		printf("not ok %d - %s # exit status %d\n", number, test->name, WEXITSTATUS(status));
	return status != 0;
}

static int unit_wanted(const struct unit_test *test, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], test->name) == 0)
			return 1;
	return argc == 1;
}

int main(int argc, char **argv)
{
	int number = 0, failed = 0;

	for (const struct unit_test *test = unit_first; test; test = test->next)
		if (unit_wanted(test, argc, argv))
			failed += unit_run(test, ++number);
	printf("1..%d\n", number);
	return failed != 0;
}
