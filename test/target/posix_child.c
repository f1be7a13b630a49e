/* posix_child.c - the other process of the tests of POSIX (posix_*.c): does what its arguments say. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "nacre/clock.h"

enum { BLOCK = 512 };

static int say(const char *text)
{
	write(STDOUT_FILENO, text, strlen(text));
	return 0;
}

/* lock FILE: takes the whole file, says so, and holds it until something comes on standard input. */
static int child_lock(char **argv)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int file = open(argv[2], O_RDWR);
	char byte;

	if (file < 0 || fcntl(file, F_SETLK, &lock))
		return errno;
	say("locked\n");
	read(STDIN_FILENO, &byte, 1);
	return 0;
}

/* cat: from standard input to standard output. */
static int child_cat(char **argv)
{
	char block[BLOCK];
	ssize_t size;

	(void)argv;
	while ((size = read(STDIN_FILENO, block, sizeof(block))) > 0)
		write(STDOUT_FILENO, block, (size_t)size);
	return size < 0 ? errno : 0;
}

/* write FILE: blocks of one letter, for ever. */
static int child_write(char **argv)
{
	char block[16 * BLOCK];
	int file = open(argv[2], O_WRONLY | O_CREAT, 0666);

	if (file < 0)
		return errno;
	memset(block, 'w', sizeof(block));
	say("writing\n");
	for (;;) {
		pwrite(file, block, sizeof(block), 0);
		sched_yield();
	}
}

/* open FILE: opens it until that is refused; says how often; ends with what refused it. */
static int child_open(char **argv)
{
	char text[16];
	int count = 0;

	while (open(argv[2], O_RDONLY | O_CREAT, 0666) >= 0)
		count++;
	snprintf(text, sizeof(text), "%d\n", count);
	say(text);
	return errno;
}

/* fill DIRECTORY: files in it until there is no space; ends with what refused it. */
static int child_fill(char **argv)
{
	char block[8 * BLOCK] = { 1 }, path[64];

	for (int i = 0;; i++) {
		int file;

		snprintf(path, sizeof(path), "%s/%d", argv[2], i);
		file = open(path, O_WRONLY | O_CREAT, 0666);
		if (file < 0 || write(file, block, sizeof(block)) != sizeof(block))
			return errno;
		close(file);
	}
}

/* swap A B N: renames one over the other and removes, N times, against somebody who does the same. */
static int child_swap(char **argv)
{
	for (int i = atoi(argv[4]); i; i--) {
		int file = open(argv[2], O_WRONLY | O_CREAT, 0666);

		if (file < 0)
			return errno;
		write(file, "x", 1);
		close(file);
		if (rename(argv[2], argv[3]) && errno != ENOENT)
			return errno;
		if (unlink(argv[3]) && errno != ENOENT)
			return errno;
		if (i % 3 == 0)
			sched_yield();
	}
	return 0;
}

/* exit N */
static int child_exit(char **argv)
{
	return atoi(argv[2]);
}

/* env NAME: says its value. */
static int child_env(char **argv)
{
	const char *value = getenv(argv[2]);

	return say(value ? value : "none");
}

/* poll: waits for standard input, and says what came. */
static int child_poll(char **argv)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[64] = "";

	(void)argv;
	if (poll(&input, 1, 10) != 0)
		return errno;
	say("waits\n");
	if (poll(&input, 1, -1) != 1 || read(STDIN_FILENO, line, sizeof(line) - 1) < 0)
		return errno;
	say("came: ");
	return say(line);
}

/* hang: for ever. */
static int child_hang(char **argv)
{
	(void)argv;
	say("hangs\n");
	nacre_sleep_until(NACRE_DEADLINE_NEVER);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		char name[8];
		int arguments;
		int (*run)(char **argv);
	} acts[] = {
		{ "lock", 1, child_lock }, { "cat", 0, child_cat },   { "write", 1, child_write }, { "open", 1, child_open },
		{ "fill", 1, child_fill }, { "swap", 3, child_swap }, { "exit", 1, child_exit },   { "env", 1, child_env },
		{ "hang", 0, child_hang }, { "poll", 0, child_poll },
	};

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (argc == acts[i].arguments + 2 && !strcmp(argv[1], acts[i].name))
			return acts[i].run(argv);
	return 99;
}
