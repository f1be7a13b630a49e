/* posix_process.c - pipes, waiting for several things, other programs, environment, options. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "idl/console_client.h"
#include "idl/pipe_client.h"
#include "nacre/clock.h"
#include "pester.h"

extern char **environ;

#define EXPECT_ERRNO(wanted, call)                 \
	do {                                       \
		errno = 0;                         \
		EXPECT_EQ((long)(call), -1);       \
		EXPECT_EQ(errno, wanted);          \
	} while (0)

/* --- pipes --------------------------------------------------------------------------------------------- */

TEST(pipe_bytes, "what is written into a pipe is read in order, across its end, and then comes the end of input")
{
	char out[300], in[300];
	int ends[2];

	EXPECT_EQ(pipe(ends), 0);
	for (int round = 0; round < 40; round++) {
		size_t done = 0;

		memset(out, 'a' + round % 26, sizeof(out));
		EXPECT_EQ(write(ends[1], out, sizeof(out)), sizeof(out));
		while (done < sizeof(in))
			done += (size_t)read(ends[0], in + done, sizeof(in) - done);
		EXPECT(!memcmp(in, out, sizeof(in)));
	}
	EXPECT_EQ(write(ends[1], "last", 4), 4);
	EXPECT_EQ(close(ends[1]), 0);
	EXPECT_EQ(read(ends[0], in, sizeof(in)), 4);
	EXPECT_EQ(read(ends[0], in, sizeof(in)), 0);
	EXPECT_EQ(close(ends[0]), 0);
}

TEST(pipe_broken, "writing into a pipe that nobody reads any more is EPIPE; each end does only its part")
{
	char byte;
	int ends[2];

	EXPECT_EQ(pipe(ends), 0);
	EXPECT_ERRNO(EBADF, write(ends[0], "x", 1));
	EXPECT_ERRNO(EBADF, read(ends[1], &byte, 1));
	EXPECT_ERRNO(ESPIPE, lseek(ends[0], 0, SEEK_SET));
	EXPECT_ERRNO(ESPIPE, pread(ends[0], &byte, 1, 0));
	close(ends[0]);
	EXPECT_ERRNO(EPIPE, write(ends[1], "x", 1));
	close(ends[1]);
}

TEST(pipe_nonblocking, "with O_NONBLOCK an empty pipe and a full one are EAGAIN")
{
	char block[512] = { 0 };
	size_t written = 0;
	ssize_t size;
	int ends[2];

	EXPECT_EQ(pipe2(ends, O_NONBLOCK), 0);
	EXPECT_ERRNO(EAGAIN, read(ends[0], block, 1));
	while ((size = write(ends[1], block, sizeof(block))) > 0)
		written += (size_t)size;
	EXPECT_EQ(errno, EAGAIN);
	EXPECT(written >= PIPE_BUF);
	EXPECT_EQ(read(ends[0], block, sizeof(block)), sizeof(block));
	EXPECT_EQ(write(ends[1], block, sizeof(block)), sizeof(block));
	close(ends[0]);
	close(ends[1]);
}

static void *drain(void *given)
{
	const int *ends = given;
	char block[512];
	ssize_t size;
	size_t sum = 0;

	while ((size = read(ends[0], block, sizeof(block))) > 0)
		sum += (size_t)size;
	return (void *)sum;
}

TEST(pipe_waits, "a writer waits while the pipe is full, until a reader makes room")
{
	enum { BYTES = 100000 };
	char *block = calloc(1, BYTES);
	pthread_t reader;
	void *sum;
	int ends[2];

	EXPECT_EQ(pipe(ends), 0);
	EXPECT_EQ(pthread_create(&reader, NULL, drain, ends), 0);
	EXPECT_EQ(write(ends[1], block, BYTES), BYTES);
	close(ends[1]);
	EXPECT_EQ(pthread_join(reader, &sum), 0);
	EXPECT_EQ((uintptr_t)sum, BYTES);
	close(ends[0]);
	free(block);
}

TEST(pipe_limit, "pipes are refused with ENFILE or EMFILE, and are there again once some are closed")
{
	int ends[40][2], count = 0;

	while (count < 40 && pipe(ends[count]) == 0)
		count++;
	EXPECT(errno == ENFILE || errno == EMFILE);
	EXPECT(count >= 4 && count < 40);
	while (count--) {
		close(ends[count][0]);
		close(ends[count][1]);
	}
	EXPECT_EQ(pipe(ends[0]), 0);
	close(ends[0][0]);
	close(ends[0][1]);
}

TEST(pipe_pestered, "malformed messages to the maker of pipes and to both ends are answered")
{
	nacre_handle_t maker, reading, writing;

	EXPECT_EQ(pipe_connect("svc/pipe", &maker), STATUS_OK);
	pester_server(maker, PIPE_PROTOCOL, 1 << PIPE_METHOD_MAKE);
	EXPECT_EQ(pipe_make(maker, &reading, &writing), STATUS_OK);
	pester_server(reading, CONSOLE_PROTOCOL, 0);
	pester_server(writing, CONSOLE_PROTOCOL, 0);
	nacre_handle_close(reading);
	nacre_handle_close(writing);
	nacre_handle_close(maker);
}

/* --- poll and select ----------------------------------------------------------------------------------- */

TEST(poll_ready, "poll tells at once what can be done: pipes, files, and descriptors that are none")
{
	int ends[2], file = open("/p", O_RDWR | O_CREAT, 0666);
	struct pollfd files[4] = { 0 };

	EXPECT_EQ(pipe(ends), 0);
	files[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	files[1] = (struct pollfd){ .fd = ends[1], .events = POLLOUT };
	files[2] = (struct pollfd){ .fd = file, .events = POLLIN | POLLOUT };
	files[3] = (struct pollfd){ .fd = 60, .events = POLLIN };
	EXPECT_EQ(poll(files, 4, 0), 3);
	EXPECT_EQ(files[0].revents, 0);
	EXPECT_EQ(files[1].revents, POLLOUT);
	EXPECT_EQ(files[2].revents, POLLIN | POLLOUT);
	EXPECT_EQ(files[3].revents, POLLNVAL);
	EXPECT_EQ(write(ends[1], "x", 1), 1);
	EXPECT_EQ(poll(files, 1, -1), 1);
	EXPECT_EQ(files[0].revents, POLLIN);
	close(ends[1]);
	EXPECT_EQ(poll(files, 1, -1), 1);
	EXPECT(files[0].revents & POLLHUP);
	close(ends[0]);
	close(file);
	unlink("/p");
}

TEST(poll_timeout, "poll gives up when its time is over, and not before")
{
	struct pollfd file = { .events = POLLIN };
	uint64_t before = nacre_clock_ns();
	int ends[2];

	EXPECT_EQ(pipe(ends), 0);
	file.fd = ends[0];
	for (int i = 0; i < 10; i++)
		EXPECT_EQ(poll(&file, 1, 10), 0);
	EXPECT(nacre_clock_ns() - before >= 100 * NACRE_MS);
	EXPECT_EQ(poll(NULL, 0, 10), 0);
	close(ends[0]);
	close(ends[1]);
}

static void *write_later(void *given)
{
	const int *ends = given;

	nacre_sleep_until(nacre_deadline_in(20 * NACRE_MS));
	write(ends[1], "x", 1);
	return NULL;
}

TEST(poll_wakes, "poll and select wake when another thread writes, in several threads at once")
{
	struct timeval patience = { .tv_sec = 10 };
	pthread_t writer;
	fd_set in, out;
	int one[2], other[2];

	EXPECT_EQ(pipe(one) + pipe(other), 0);
	for (int round = 0; round < 3; round++) {
		struct pollfd files[2] = { { .fd = one[0], .events = POLLIN }, { .fd = other[0], .events = POLLIN } };
		char byte;

		EXPECT_EQ(pthread_create(&writer, NULL, write_later, other), 0);
		EXPECT_EQ(poll(files, 2, -1), 1);
		EXPECT_EQ(files[0].revents, 0);
		EXPECT_EQ(files[1].revents, POLLIN);
		EXPECT_EQ(read(other[0], &byte, 1), 1);
		pthread_join(writer, NULL);
	}
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(one[0], &in);
	FD_SET(other[0], &in);
	EXPECT_EQ(pthread_create(&writer, NULL, write_later, one), 0);
	EXPECT_EQ(select(other[0] + 1, &in, &out, NULL, &patience), 1);
	EXPECT(FD_ISSET(one[0], &in) && !FD_ISSET(other[0], &in));
	pthread_join(writer, NULL);
	FD_SET(one[1], &out);
	EXPECT_EQ(select(FD_SETSIZE, NULL, &out, NULL, NULL), 1);
	FD_SET(50, &in);
	EXPECT_ERRNO(EBADF, select(51, &in, NULL, NULL, NULL));
	EXPECT_ERRNO(EINVAL, select(-1, &in, NULL, NULL, NULL));
	for (int i = 0; i < 2; i++)
		close(one[i]), close(other[i]);
}

TEST(poll_console, "the console is always ready to print, and a poll of its input can be given up")
{
	struct pollfd files[2] = { { .fd = STDOUT_FILENO, .events = POLLOUT }, { .fd = STDIN_FILENO, .events = POLLPRI } };

	EXPECT_EQ(poll(files, 1, -1), 1);
	EXPECT_EQ(files[0].revents, POLLOUT);
	EXPECT(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	EXPECT_EQ(poll(files + 1, 1, 5), 0);
}

/* --- programs ------------------------------------------------------------------------------------------ */

static pid_t start(const char *const *argv, const posix_spawn_file_actions_t *actions, char *const *environment)
{
	pid_t child = 0;

	EXPECT_EQ(posix_spawn(&child, argv[0], actions, NULL, (char *const *)argv, environment), 0);
	return child;
}

TEST(spawn_wait, "a program is started, its exit status comes back once, and unknown programs are ENOENT")
{
	static const char *const argv[] = { "test-child", "exit", "42", NULL }, *const nothing[] = { "nothing", NULL };
	pid_t child = start(argv, NULL, NULL), none;
	int status;

	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	EXPECT_ERRNO(ECHILD, waitpid(child, &status, 0));
	EXPECT_ERRNO(ECHILD, wait(&status));
	EXPECT_EQ(posix_spawn(&none, "nothing", NULL, NULL, (char *const *)nothing, NULL), ENOENT);
	EXPECT_ERRNO(ENOSYS, fork());
	EXPECT_ERRNO(ENOSYS, execve("test-child", (char *const *)argv, environ));
}

TEST(spawn_pipe, "an end of a pipe is a child's standard stream, through two programs in a row")
{
	static const char *const cat[] = { "test-child", "cat", NULL };
	posix_spawn_file_actions_t first, second;
	int in[2], middle[2], out[2];
	char text[32] = "";
	pid_t one, other;

	EXPECT_EQ(pipe(in) + pipe(middle) + pipe(out), 0);
	posix_spawn_file_actions_init(&first);
	posix_spawn_file_actions_init(&second);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&first, in[0], 0), 0);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&first, middle[1], 1), 0);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&second, middle[0], 0), 0);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&second, out[1], 1), 0);
	one = start(cat, &first, NULL);
	other = start(cat, &second, NULL);
	posix_spawn_file_actions_destroy(&first);
	posix_spawn_file_actions_destroy(&second);
	close(in[0]), close(middle[0]), close(middle[1]), close(out[1]);
	EXPECT_EQ(write(in[1], "through two programs", 20), 20);
	EXPECT_EQ(read(out[0], text, sizeof(text)), 20);
	EXPECT_TEXT(text, "through two programs");
	close(in[1]);
	EXPECT_EQ(read(out[0], text, sizeof(text)), 0);
	close(out[0]);
	EXPECT_EQ(waitpid(one, NULL, 0), one);
	EXPECT_EQ(waitpid(other, NULL, 0), other);
}

TEST(spawn_closed, "a child whose standard input is closed reads an error, and a file is no stream to give away")
{
	static const char *const cat[] = { "test-child", "cat", NULL };
	posix_spawn_file_actions_t actions;
	int status, file = open("/f", O_RDWR | O_CREAT, 0666);
	pid_t child;

	posix_spawn_file_actions_init(&actions);
	EXPECT_EQ(posix_spawn_file_actions_addclose(&actions, STDIN_FILENO), 0);
	child = start(cat, &actions, NULL);
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&actions, file, STDOUT_FILENO), 0);
	EXPECT_EQ(posix_spawn(&child, cat[0], &actions, NULL, (char *const *)cat, NULL), ENOTSUP);
	posix_spawn_file_actions_destroy(&actions);
	close(file);
	unlink("/f");
}

TEST(spawn_kill, "a child is killed by kill, and nobody else is found")
{
	static const char *const hang[] = { "test-child", "hang", NULL };
	posix_spawn_file_actions_t actions;
	int status, out[2];
	char text[8];
	pid_t child;

	EXPECT_EQ(pipe(out), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	child = start(hang, &actions, NULL);
	posix_spawn_file_actions_destroy(&actions);
	EXPECT_EQ(read(out[0], text, sizeof(text)), 6);
	EXPECT_EQ(waitpid(-1, &status, WNOHANG), 0);
	EXPECT_EQ(kill(child, 0), 0);
	EXPECT_ERRNO(EINVAL, kill(child, 1000));
	EXPECT_EQ(kill(child, SIGTERM), 0);
	EXPECT_EQ(wait(&status), child);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	EXPECT_ERRNO(ESRCH, kill(child, SIGTERM));
	EXPECT_ERRNO(ESRCH, kill(1, SIGTERM));
	close(out[0]), close(out[1]);
}

/* --- environment, options, limits, time ---------------------------------------------------------------- */

TEST(environment, "the environment is changed here and passed on to a child")
{
	static const char *const env[] = { "test-child", "env", "POSIX_TEST", NULL };
	posix_spawn_file_actions_t actions;
	char text[32] = "";
	int out[2];
	pid_t child;

	EXPECT_EQ(setenv("POSIX_TEST", "one", 1), 0);
	EXPECT_EQ(setenv("POSIX_TEST", "two", 0), 0);
	EXPECT_TEXT(getenv("POSIX_TEST"), "one");
	EXPECT_EQ(putenv("POSIX_TEST=three"), 0);
	EXPECT_EQ(pipe(out), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	child = start(env, &actions, environ);
	posix_spawn_file_actions_destroy(&actions);
	EXPECT_EQ(read(out[0], text, sizeof(text)), 5);
	EXPECT_TEXT(text, "three");
	EXPECT_EQ(waitpid(child, NULL, 0), child);
	EXPECT_EQ(unsetenv("POSIX_TEST"), 0);
	EXPECT(!getenv("POSIX_TEST"));
	close(out[0]), close(out[1]);
}

TEST(options, "getopt takes options and their values apart")
{
	static const char *const argv[] = { "program", "-a", "-b", "value", "-cjoined", "rest", NULL };
	char seen[8] = "";
	int option, at = 0;

	while ((option = getopt(6, (char *const *)argv, "ab:c:")) != -1) {
		seen[at++] = (char)option;
		if (option == 'b')
			EXPECT_TEXT(optarg, "value");
		if (option == 'c')
			EXPECT_TEXT(optarg, "joined");
	}
	EXPECT_TEXT(seen, "abc");
	EXPECT_TEXT(argv[optind], "rest");
}

TEST(limits, "sysconf tells limits and what is there; EINVAL and nothing else for what it does not know")
{
	EXPECT_EQ(sysconf(_SC_PAGESIZE), 4096);
	EXPECT_EQ(sysconf(_SC_OPEN_MAX), OPEN_MAX);
	EXPECT_EQ(sysconf(_SC_THREADS), 200809L);
	EXPECT_EQ(sysconf(_SC_NPROCESSORS_ONLN), 1);
	EXPECT_EQ(sysconf(_SC_THREAD_KEYS_MAX), PTHREAD_KEYS_MAX);
	EXPECT(sysconf(_SC_PHYS_PAGES) == -1 || sysconf(_SC_PHYS_PAGES) > 0);
	EXPECT_EQ(sysconf(_SC_CLK_TCK), CLOCKS_PER_SEC / (CLOCKS_PER_SEC / CLK_TCK));
	EXPECT_ERRNO(EINVAL, sysconf(100000));
	EXPECT_EQ(pathconf("/", _PC_NAME_MAX), 255);
	EXPECT_EQ(pathconf("/", _PC_PATH_MAX), PATH_MAX);
}

TEST(zones, "localtime follows TZ, with summer time")
{
	time_t winter = 1704067200, summer = 1719792000; /* 2024-01-01 and 2024-07-01, 00:00 UTC */
	struct tm time;

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	EXPECT_EQ(localtime_r(&winter, &time)->tm_hour, 1);
	EXPECT_EQ(localtime_r(&summer, &time)->tm_hour, 2);
	EXPECT_EQ(time.tm_isdst, 1);
	EXPECT_EQ(mktime(&time), summer);
	setenv("TZ", "UTC0", 1);
	tzset();
	EXPECT_EQ(localtime_r(&summer, &time)->tm_hour, 0);
}
