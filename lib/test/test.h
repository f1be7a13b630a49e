/* test.h - tests that run on Nacre itself. A test is a function with a name and a sentence.
 *
 *     #include "test/test.h"
 *     TEST(close_twice, "closing a handle twice is an error the second time")
 *     {
 *         nacre_handle_t handle = ...;
 *         EXPECT_EQ(nacre_handle_close(handle), NACRE_E_OK);
 *         EXPECT_ERROR(handle_close, BAD_HANDLE, nacre_handle_close(handle));
 *     }
 *
 * The library brings main(): it runs the tests in the order of the source, file by file (those named in argv, where
 * any are), and prints TAP. The first check that fails ends its test, from whatever function it stands in, and the
 * next test runs. Names and sentences are also read straight from the source, and so are EXPECT_ERROR's first two arguments
 * (the report of which test provokes which error), so keep all of them literal.
 * Output goes to stdout; a program that runs as init, with nothing around it, says TEST_ALONE (test/alone.h).
 * Checks belong to the thread that runs the tests. */
#pragma once
#include "abi/nacre_calls.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct test {
	const char *name;
	const char *sentence;
	const char *file;
	int line;
	void (*run)(void);
};

/* The section is made of such structs, in whatever order the compiler likes; the linker knows its start and end. */
#define TEST(id, text)                                                                                \
	static void test_##id(void);                                                                  \
	static const struct test test_entry_##id __attribute__((section("nacre_tests"), used)) = {    \
		#id, text, __FILE_NAME__, __LINE__, test_##id };                                                               \
	static void test_##id(void)

/* Where output goes, a piece at a time. */
extern void (*test_output)(const char *text, size_t size);

/* Called after the last test; NULL: the program just ends. */
extern void (*test_ended)(int failed);

/* What the library's main() does: runs the tests, then test_ended; answers an exit status. */
int test_main(int argc, char **argv);

/* The tests alone; answers how many failed. */
int test_run_all(int argc, char **argv);

/* Ends the running test as not passed. For the macros. */
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn, cold));

/* Ends the running test as not applicable here, with a reason: TAP's SKIP. */
void test_skip(const char *reason) __attribute__((noreturn, cold));

/* A line of comment in the output. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define EXPECT(condition)                                                                             \
	((condition) ? (void)0 : test_fail(__FILE_NAME__, __LINE__, "%s is not so", #condition))

#define EXPECT_EQ(got, wanted) test_expect_equal(__FILE_NAME__, __LINE__, #got, (uintptr_t)(got), (uintptr_t)(wanted))

#define EXPECT_TEXT(got, wanted) test_expect_text(__FILE_NAME__, __LINE__, #got, (got), (wanted))

/* For setting things up, where any error is as bad as another: shows its name. */
#define EXPECT_OK(expression) test_expect_error(__FILE_NAME__, __LINE__, #expression, (expression), NACRE_E_OK)

/* The call named answers exactly this error. */
#define EXPECT_ERROR(call, error, expression)                                                         \
	((void)nacre_##call, test_expect_error(__FILE_NAME__, __LINE__, #call, (expression), NACRE_E_##error))

void test_expect_equal(const char *file, int line, const char *what, uintptr_t got, uintptr_t wanted);
void test_expect_text(const char *file, int line, const char *what, const char *got, const char *wanted);
void test_expect_error(const char *file, int line, const char *what, nacre_err_t got, nacre_err_t wanted);

#ifdef __cplusplus
}
#endif
