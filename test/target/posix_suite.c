/* posix_suite.c - runs tests of the Open POSIX Test Suite (port/posixtestsuite), each in a process of its own.
 *
 * Reads lines `PROGRAM TEST` from standard input, up to an empty one; says how each ended:
 *
 *     = TEST passed | failed | unresolved | unsupported | untested | status N | signal N | spins | hangs
 *
 * What the tests print is read and shown only where the first argument is `loud`.
 * Two limits end a test that does not end: CPU time, for those that spin, and time, for those that wait. On a machine
 * where waiting takes no time the second costs nothing. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "idl/process_client.h"
#include "nacre/clock.h"

enum { SPIN_S = 6, WAIT_S = 600, LINE_BYTES = 200 };

static nacre_handle_t init;
static bool is_loud;

/* Takes what the test has printed out of the pipe. */
static void drain(int file)
{
	char block[512];
	ssize_t size;

	while ((size = read(file, block, sizeof(block))) > 0)
		if (is_loud)
			write(STDOUT_FILENO, block, (size_t)size);
}

static uint64_t cpu_of(nacre_handle_t process)
{
	struct nacre_process_state state = { 0 };

	nacre_process_info(process, &state);
	return state.cpu_ns;
}

/* Waits for its end; answers what to say of it. */
static const char *watch(pid_t child, nacre_handle_t process, int output, int *status)
{
	uint64_t end_ns = nacre_deadline_in(WAIT_S * NACRE_S);
	useconds_t pause = 200;
	const char *verdict = NULL;

	while (!waitpid(child, status, WNOHANG)) {
		drain(output);
		if (!verdict)
			verdict = cpu_of(process) > SPIN_S * NACRE_S ? "spins" : nacre_clock_ns() > end_ns ? "hangs" : NULL;
		if (verdict)
			kill(child, SIGKILL);
		usleep(pause);
		pause = pause < 100000 ? pause * 2 : pause;
	}
	drain(output);
	return verdict;
}

static void tell(const char *test, const char *verdict, int status)
{
	static const char *const verdicts[] = { "passed", "failed", "unresolved", NULL, "unsupported", "untested" };
	int code = WEXITSTATUS(status);

	if (verdict)
		printf("= %s %s\n", test, verdict);
	else if (WIFSIGNALED(status))
		printf("= %s signal %d\n", test, WTERMSIG(status));
	else if (code < 6 && verdicts[code])
		printf("= %s %s\n", test, verdicts[code]);
	else
		printf("= %s status %d\n", test, code);
	fflush(stdout);
}

/* Starts it with its output in a pipe; answers the reading end, or a negative errno. */
static int start(const char *program, const char *test, pid_t *child)
{
	const char *argv[] = { program, test, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], error;

	if (pipe2(ends, O_NONBLOCK))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	error = posix_spawn(child, program, &actions, NULL, (char *const *)argv, NULL);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (error)
		close(ends[0]);
	return error ? -error : ends[0];
}

static void run(const char *program, const char *test)
{
	nacre_handle_t process = NACRE_HANDLE_NONE;
	const char *verdict;
	pid_t child;
	int status = 0, output = start(program, test, &child);

	if (output < 0) {
		printf("= %s cannot be started: %s\n", test, strerror(-output));
		return;
	}
	process_handle(init, (uint32_t)child, &process);
	verdict = watch(child, process, output, &status);
	if (process)
		nacre_handle_close(process);
	close(output);
	tell(test, verdict, status);
}

int main(int argc, char **argv)
{
	char line[LINE_BYTES], *test;

	is_loud = argc > 1 && !strcmp(argv[1], "loud");
	if (process_connect("svc/process", &init))
		return EXIT_FAILURE;
	while (fgets(line, sizeof(line), stdin) && line[0] != '\n') {
		line[strcspn(line, "\n")] = '\0';
		test = strchr(line, ' ');
		if (!test)
			continue;
		*test++ = '\0';
		run(line, test);
	}
	return EXIT_SUCCESS;
}
