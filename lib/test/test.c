/* test.c - runs the tests of a program and prints TAP. */
#include "test/test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include "base/format.h"
#include "base/string.h"
#include "nacre/error.h"

/* Set by the linker around the section that TEST puts its structs into. */
extern const struct test __start_nacre_tests[] __attribute__((weak, visibility("hidden")));
extern const struct test __stop_nacre_tests[] __attribute__((weak, visibility("hidden")));

static jmp_buf out_of_test;
static char verdict[200];  /* what failed, or why it was skipped; empty: passed */
static bool skipped;

static void to_stdout(const char *text, size_t size)
{
	write(STDOUT_FILENO, text, size);
}

void (*test_output)(const char *text, size_t size) = to_stdout;
void (*test_ended)(int failed);

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void print(const char *format, ...)
{
	char line[300];
	va_list list;
	size_t size;

	va_start(list, format);
	size = format_list(line, sizeof(line), format, list);
	va_end(list);
	test_output(line, size < sizeof(line) ? size : sizeof(line) - 1);
}

void test_note(const char *format, ...)
{
	char text[200];
	va_list list;

	va_start(list, format);
	format_list(text, sizeof(text), format, list);
	va_end(list);
	print("# %s\n", text);
}

void test_fail(const char *file, int line, const char *format, ...)
{
	size_t used = format_text(verdict, sizeof(verdict), "%s:%d: ", file, line);
	va_list list;

	va_start(list, format);
	format_list(verdict + used, sizeof(verdict) - used, format, list);
	va_end(list);
	longjmp(out_of_test, 1);
}

void test_skip(const char *reason)
{
	string_copy(verdict, sizeof(verdict), reason);
	skipped = true;
	longjmp(out_of_test, 1);
}

void test_expect_equal(const char *file, int line, const char *what, uintptr_t got, uintptr_t wanted)
{
	if (got != wanted)
		test_fail(file, line, "%s: got %ld (0x%lx), not %ld (0x%lx)", what, (long)got, (unsigned long)got,
			  (long)wanted, (unsigned long)wanted);
}

void test_expect_text(const char *file, int line, const char *what, const char *got, const char *wanted)
{
	if (!string_equal(got, wanted))
		test_fail(file, line, "%s: got \"%s\", not \"%s\"", what, got, wanted);
}

void test_expect_error(const char *file, int line, const char *what, nacre_err_t got, nacre_err_t wanted)
{
	if (got != wanted)
		test_fail(file, line, "%s: got %s, not %s", what, nacre_error_name(got), nacre_error_name(wanted));
}

/* A function of its own: what changes between setjmp and longjmp must not live in the caller's registers. */
static void run_one(const struct test *test)
{
	verdict[0] = '\0';
	skipped = false;
	if (setjmp(out_of_test) == 0)
		test->run();
}

/* Is `one` to run before `other`? */
static bool is_before(const struct test *one, const struct test *other)
{
	int order = strcmp(one->file, other->file);

	return order ? order < 0 : one->line < other->line;
}

/* The test to run after `last`; the first after NULL; NULL after the last. */
static const struct test *next_test(const struct test *last)
{
	const struct test *next = NULL;

	for (const struct test *test = __start_nacre_tests; test < __stop_nacre_tests; test++)
		if ((!last || is_before(last, test)) && (!next || is_before(test, next)))
			next = test;
	return next;
}

static bool is_wanted(const struct test *test, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (string_equal(test->name, argv[i]))
			return true;
	return argc <= 1;
}

static int count_wanted(int argc, char **argv)
{
	int count = 0;

	for (const struct test *test = __start_nacre_tests; test < __stop_nacre_tests; test++)
		count += is_wanted(test, argc, argv);
	return count;
}

int test_run_all(int argc, char **argv)
{
	int number = 0, failed = 0;

	print("1..%d\n", count_wanted(argc, argv));
	for (const struct test *test = next_test(NULL); test; test = next_test(test)) {
		if (!is_wanted(test, argc, argv))
			continue;
		run_one(test);
		number++;
		if (skipped)
			print("ok %d - %s # SKIP %s\n", number, test->name, verdict);
		else if (verdict[0])
			failed++, print("not ok %d - %s # %s\n", number, test->name, verdict);
		else
			print("ok %d - %s\n", number, test->name);
	}
	return failed;
}

int test_main(int argc, char **argv)
{
	int failed = test_run_all(argc, argv);

	if (test_ended)
		test_ended(failed);
	return failed != 0;
}
