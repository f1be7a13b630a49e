/* posix_files.c - files of svc/files, as a POSIX program sees them, and as a hostile client does. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/string.h"
#include "idl/files_client.h"
#include "idl/system_client.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "pester.h"

extern char **environ;

enum { PAGE = 4096 };

/* The call fails with this errno. */
#define EXPECT_ERRNO(wanted, call)                 \
	do {                                       \
		errno = 0;                         \
		EXPECT_EQ((long)(call), -1);       \
		EXPECT_EQ(errno, wanted);          \
	} while (0)

static int open_file(const char *path, int flags)
{
	int file = open(path, flags, 0666);

	if (file < 0)
		test_note("open %s: errno %d", path, errno);
	EXPECT(file >= 0);
	return file;
}

static void make_file(const char *path, const char *text)
{
	int file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);

	EXPECT_EQ(write(file, text, strlen(text)), strlen(text));
	EXPECT_EQ(close(file), 0);
}

static void expect_file(const char *path, const char *text)
{
	int file = open_file(path, O_RDONLY);
	char found[128] = "";

	EXPECT_EQ(read(file, found, sizeof(found) - 1), strlen(text));
	EXPECT_TEXT(found, text);
	EXPECT_EQ(close(file), 0);
}

/* Ends a service as the shell's `kill` does; init starts it anew. */
static void server_kill(const char *label)
{
	nacre_handle_t system;
	struct system_process state = { 0 };

	EXPECT_EQ(system_connect("svc/system", &system), STATUS_OK);
	do
		EXPECT_EQ(system_process(system, state.number + 1, &state, NULL, NULL), STATUS_OK);
	while (!string_equal(state.label, label));
	EXPECT_EQ(system_kill(system, state.number, 1), STATUS_OK);
	nacre_handle_close(system);
}

/* --- one file ------------------------------------------------------------------------------------------ */

TEST(write_read, "what was written is read back, through other descriptors too")
{
	int file = open_file("/a", O_RDWR | O_CREAT | O_EXCL);
	char text[16] = "";

	EXPECT_EQ(file, 3);
	EXPECT_EQ(write(file, "hello, world", 12), 12);
	EXPECT_EQ(read(file, text, sizeof(text)), 0);
	EXPECT_EQ(lseek(file, 7, SEEK_SET), 7);
	EXPECT_EQ(read(file, text, sizeof(text)), 5);
	EXPECT_TEXT(text, "world");
	EXPECT_EQ(close(file), 0);
	expect_file("/a", "hello, world");
	expect_file("a", "hello, world");
	EXPECT_EQ(unlink("/a"), 0);
	EXPECT_ERRNO(ENOENT, open("/a", O_RDONLY));
}

TEST(open_flags, "O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY and the access mode do what POSIX says")
{
	int file;
	char byte;

	make_file("/a", "12345");
	EXPECT_ERRNO(EEXIST, open("/a", O_WRONLY | O_CREAT | O_EXCL, 0666));
	EXPECT_ERRNO(ENOENT, open("/b", O_WRONLY));
	EXPECT_ERRNO(ENOTDIR, open("/a", O_RDONLY | O_DIRECTORY));
	EXPECT_ERRNO(EINVAL, open("/a", O_ACCMODE));
	file = open_file("/a", O_RDONLY);
	EXPECT_ERRNO(EBADF, write(file, "x", 1));
	close(file);
	file = open_file("/a", O_WRONLY);
	EXPECT_ERRNO(EBADF, read(file, &byte, 1));
	close(file);
	file = open_file("/a", O_WRONLY | O_APPEND);
	EXPECT_EQ(lseek(file, 0, SEEK_SET), 0);
	EXPECT_EQ(write(file, "67", 2), 2);
	EXPECT_EQ(lseek(file, 0, SEEK_CUR), 7);
	close(file);
	expect_file("/a", "1234567");
	file = open_file("/a", O_RDWR | O_TRUNC);
	EXPECT_EQ(read(file, &byte, 1), 0);
	close(file);
	EXPECT_EQ(unlink("/a"), 0);
}

TEST(seek, "lseek counts from start, place and end, and refuses what is before the start")
{
	int file = open_file("/a", O_RDWR | O_CREAT);

	EXPECT_EQ(write(file, "0123456789", 10), 10);
	EXPECT_EQ(lseek(file, -3, SEEK_END), 7);
	EXPECT_EQ(lseek(file, 1, SEEK_CUR), 8);
	EXPECT_ERRNO(EINVAL, lseek(file, -9, SEEK_CUR));
	EXPECT_ERRNO(EINVAL, lseek(file, 0, 9));
	EXPECT_EQ(lseek(file, LONG_MAX, SEEK_SET), LONG_MAX);
	EXPECT_ERRNO(EOVERFLOW, lseek(file, 1, SEEK_CUR));
	EXPECT_ERRNO(ESPIPE, lseek(STDOUT_FILENO, 0, SEEK_CUR));
	close(file);
	unlink("/a");
}

TEST(holes, "what lies between the end and a write behind it reads as zeros and takes no pages")
{
	int file = open_file("/a", O_RDWR | O_CREAT);
	struct stat state;
	char bytes[8];

	EXPECT_EQ(pwrite(file, "end", 3, 300 * PAGE), 3);
	EXPECT_EQ(fstat(file, &state), 0);
	EXPECT_EQ(state.st_size, 300 * PAGE + 3);
	EXPECT(state.st_blocks <= 2 * PAGE / 512);
	EXPECT_EQ(pread(file, bytes, sizeof(bytes), 299 * PAGE + 4090), 8);
	EXPECT(!memcmp(bytes, "\0\0\0\0\0\0en", 8));
	EXPECT_EQ(pread(file, bytes, sizeof(bytes), 0), 8);
	EXPECT(!memcmp(bytes, "\0\0\0\0\0\0\0\0", 8));
	close(file);
	unlink("/a");
}

TEST(resize, "ftruncate cuts and lengthens; what comes back after a cut is zeros")
{
	int file = open_file("/a", O_RDWR | O_CREAT);
	char bytes[8];

	EXPECT_EQ(write(file, "12345678", 8), 8);
	EXPECT_EQ(ftruncate(file, 3), 0);
	EXPECT_EQ(ftruncate(file, 8), 0);
	EXPECT_EQ(pread(file, bytes, 8, 0), 8);
	EXPECT(!memcmp(bytes, "123\0\0\0\0\0", 8));
	EXPECT_EQ(truncate("/a", 1), 0);
	EXPECT_EQ(pread(file, bytes, 8, 0), 1);
	EXPECT_ERRNO(EINVAL, ftruncate(file, -1));
	EXPECT_ERRNO(EINVAL, ftruncate(STDOUT_FILENO, 0));
	close(file);
	file = open_file("/a", O_RDONLY);
	EXPECT_ERRNO(EINVAL, ftruncate(file, 0));
	close(file);
	unlink("/a");
	EXPECT_ERRNO(ENOENT, truncate("/a", 0));
}

/* A pattern that differs from page to page. */
static void pattern(uint8_t *bytes, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + i / PAGE * 13 + seed);
}

TEST(large, "large reads and writes arrive whole, aligned and not, from every kind of memory")
{
	enum { BYTES = 50 * PAGE };
	uint8_t *out = malloc(BYTES + 64), *in = malloc(BYTES + 64);
	int file = open_file("/a", O_RDWR | O_CREAT);

	EXPECT(out && in);
	for (unsigned shift = 0; shift < 64; shift += 13) {
		size_t size = BYTES - shift * 100;

		pattern(out + shift, size, shift);
		memset(in, 0, BYTES + 64);
		EXPECT_EQ(pwrite(file, out + shift, size, shift), size);
		EXPECT_EQ(pread(file, in + 63 - shift, size, shift), size);
		EXPECT(!memcmp(out + shift, in + 63 - shift, size));
	}
	free(out);
	free(in);
	close(file);
	unlink("/a");
}

TEST(lend, "whole pages are lent: of the heap, and copied where they cannot be, as constants")
{
	static const uint8_t constant[4 * PAGE] __attribute__((aligned(PAGE))) = { 1, 2, 3 };
	struct nacre_area area;
	int file = open_file("/a", O_RDWR | O_CREAT);

	EXPECT_OK(nacre_area_create(&area, 40, NACRE_MEMORY_PRIVATE));
	pattern(area.base, 40 * PAGE, 1);
	EXPECT_EQ(write(file, area.base, 40 * PAGE), 40 * PAGE);
	EXPECT_EQ(write(file, constant, sizeof(constant)), sizeof(constant));
	memset(area.base, 0, 40 * PAGE);
	EXPECT_EQ(pread(file, area.base, 40 * PAGE, 4 * PAGE), 40 * PAGE);
	EXPECT(!memcmp((uint8_t *)area.base + 36 * PAGE, constant, sizeof(constant)));
	EXPECT_OK(nacre_area_destroy(&area));
	close(file);
	unlink("/a");
}

TEST(unlinked, "a file without names lives while it is open")
{
	int file = open_file("/a", O_RDWR | O_CREAT);
	struct stat state;
	char byte;

	EXPECT_EQ(write(file, "x", 1), 1);
	EXPECT_EQ(unlink("/a"), 0);
	EXPECT_EQ(fstat(file, &state), 0);
	EXPECT_EQ(state.st_nlink, 0);
	EXPECT_EQ(pread(file, &byte, 1, 0), 1);
	EXPECT_EQ(close(file), 0);
	EXPECT_ERRNO(EBADF, read(file, &byte, 1));
	EXPECT_ERRNO(EBADF, close(file));
}

TEST(duplicates, "dup and dup2 share the position and outlive the original")
{
	int file = open_file("/a", O_RDWR | O_CREAT), copy = dup(file);
	char byte;

	EXPECT_EQ(write(file, "ab", 2), 2);
	EXPECT_EQ(lseek(copy, 0, SEEK_CUR), 2);
	EXPECT_EQ(lseek(copy, 0, SEEK_SET), 0);
	EXPECT_EQ(read(file, &byte, 1), 1);
	EXPECT_EQ(dup2(copy, 20), 20);
	EXPECT_EQ(fcntl(20, F_DUPFD, 30), 30);
	EXPECT_EQ(close(file) + close(copy) + close(20), 0);
	EXPECT_EQ(read(30, &byte, 1), 1);
	EXPECT_EQ(byte, 'b');
	EXPECT_EQ(dup2(30, 30), 30);
	EXPECT_EQ(close(30), 0);
	EXPECT_ERRNO(EBADF, dup(30));
	EXPECT_ERRNO(EBADF, dup2(STDOUT_FILENO, 1000));
	EXPECT_ERRNO(EBADF, dup2(40, 41));
	unlink("/a");
}

TEST(status_flags, "fcntl tells and sets O_APPEND and O_NONBLOCK, and FD_CLOEXEC")
{
	int file = open_file("/a", O_RDWR | O_CREAT);

	EXPECT_EQ(fcntl(file, F_GETFL) & O_ACCMODE, O_RDWR);
	EXPECT_EQ(fcntl(file, F_SETFL, O_APPEND), 0);
	EXPECT_EQ(fcntl(file, F_GETFL), O_RDWR | O_APPEND);
	EXPECT_EQ(write(file, "a", 1), 1);
	EXPECT_EQ(lseek(file, 0, SEEK_SET), 0);
	EXPECT_EQ(write(file, "b", 1), 1);
	EXPECT_EQ(fcntl(file, F_GETFD), 0);
	EXPECT_EQ(fcntl(file, F_SETFD, FD_CLOEXEC), 0);
	EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
	EXPECT_ERRNO(EINVAL, fcntl(file, 99));
	EXPECT_ERRNO(EBADF, fcntl(50, F_GETFL));
	close(file);
	expect_file("/a", "ab");
	unlink("/a");
}

TEST(stdio, "fopen, fprintf, fseek, fgets and remove work on files")
{
	FILE *file = fopen("/text", "w+");
	char line[32];

	EXPECT(file);
	EXPECT(fprintf(file, "line %d\nline %d\n", 1, 2) == 14);
	EXPECT_EQ(fseek(file, 7, SEEK_SET), 0);
	EXPECT(fgets(line, sizeof(line), file) == line);
	EXPECT_TEXT(line, "line 2\n");
	EXPECT_EQ(fclose(file), 0);
	expect_file("/text", "line 1\nline 2\n");
	EXPECT_EQ(remove("/text"), 0);
	EXPECT_EQ(access("/text", R_OK), -1);
	EXPECT_EQ(errno, ENOENT);
}

TEST(times, "a file knows when it was written, on the wall clock")
{
	struct timespec before, after;
	struct stat state;

	clock_gettime(CLOCK_REALTIME, &before);
	make_file("/a", "x");
	clock_gettime(CLOCK_REALTIME, &after);
	EXPECT_EQ(stat("/a", &state), 0);
	EXPECT(S_ISREG(state.st_mode));
	EXPECT(state.st_mtime >= before.tv_sec && state.st_mtime <= after.tv_sec);
	EXPECT_EQ(state.st_mode & 0777, 0644);
	EXPECT_EQ(chmod("/a", 0600), 0);
	EXPECT_EQ(stat("/a", &state), 0);
	EXPECT_EQ(state.st_mode & 0777, 0600);
	unlink("/a");
}

/* --- directories --------------------------------------------------------------------------------------- */

TEST(directories, "mkdir, rmdir, opendir and readdir; a directory that is not empty stays")
{
	const struct dirent *entry;
	unsigned seen = 0;
	DIR *directory;

	EXPECT_EQ(mkdir("/d", 0777), 0);
	EXPECT_ERRNO(EEXIST, mkdir("/d", 0777));
	EXPECT_ERRNO(ENOENT, mkdir("/x/y", 0777));
	make_file("/d/1", "1");
	make_file("/d/22", "2");
	EXPECT_EQ(mkdir("/d/sub", 0777), 0);
	directory = opendir("/d");
	EXPECT(directory);
	while ((entry = readdir(directory)))
		seen |= !strcmp(entry->d_name, "1") ? 1 : !strcmp(entry->d_name, "22") ? 2 :
			!strcmp(entry->d_name, "sub") && entry->d_type == DT_DIR ? 4 : 8;
	EXPECT_EQ(seen, 7);
	rewinddir(directory);
	EXPECT(readdir(directory));
	EXPECT_EQ(closedir(directory), 0);
	EXPECT_ERRNO(ENOTEMPTY, rmdir("/d"));
	EXPECT_ERRNO(ENOTDIR, rmdir("/d/1"));
	EXPECT_ERRNO(EPERM, unlink("/d/sub"));
	EXPECT_ERRNO(EISDIR, open("/d", O_WRONLY));
	EXPECT_ERRNO(ENOTDIR, open("/d/1/x", O_RDONLY));
	EXPECT(!opendir("/d/1") && errno == ENOTDIR);
	EXPECT(!opendir("/nothing") && errno == ENOENT);
	EXPECT_EQ(unlink("/d/1") + unlink("/d/22") + rmdir("/d/sub") + rmdir("/d"), 0);
}

TEST(crowd, "a directory of 150 files is listed whole while every file is removed on the way")
{
	char path[300];
	int removed = 0;
	DIR *directory;

	EXPECT_EQ(mkdir("/crowd", 0777), 0);
	for (int i = 0; i < 150; i++) {
		snprintf(path, sizeof(path), "/crowd/a-rather-long-name-%d", i);
		close(open_file(path, O_WRONLY | O_CREAT));
	}
	directory = opendir("/crowd");
	for (const struct dirent *entry; (entry = readdir(directory)); removed++) {
		snprintf(path, sizeof(path), "/crowd/%s", entry->d_name);
		EXPECT_EQ(unlink(path), 0);
	}
	EXPECT_EQ(removed, 150);
	closedir(directory);
	EXPECT_EQ(rmdir("/crowd"), 0);
}

TEST(rename_files, "rename replaces in one step, and refuses what POSIX refuses")
{
	make_file("/a", "a");
	make_file("/b", "b");
	EXPECT_EQ(rename("/a", "/b"), 0);
	expect_file("/b", "a");
	EXPECT_ERRNO(ENOENT, rename("/a", "/c"));
	EXPECT_EQ(rename("/b", "/b"), 0);
	EXPECT_EQ(mkdir("/d", 0777) + mkdir("/d/e", 0777) + mkdir("/f", 0777), 0);
	EXPECT_EQ(rename("/b", "/d/e/b"), 0);
	expect_file("/d/e/b", "a");
	EXPECT_ERRNO(EINVAL, rename("/d", "/d/e/d"));
	EXPECT_ERRNO(EISDIR, rename("/d/e/b", "/f"));
	EXPECT_ERRNO(ENOTDIR, rename("/f", "/d/e/b"));
	EXPECT_ERRNO(ENOTEMPTY, rename("/f", "/d"));
	EXPECT_EQ(rename("/d/e", "/f"), 0);
	expect_file("/f/b", "a");
	EXPECT_EQ(rename("/f", "/d/g"), 0);
	expect_file("/d/g/../g/b", "a");
	EXPECT_ERRNO(EBUSY, rename("/d/.", "/h"));
	EXPECT_EQ(unlink("/d/g/b") + rmdir("/d/g") + rmdir("/d"), 0);
}

TEST(links, "a second name leads to the same file, and the file goes with the last")
{
	struct stat one, other;

	make_file("/a", "a");
	EXPECT_EQ(link("/a", "/b"), 0);
	EXPECT_EQ(stat("/a", &one) + stat("/b", &other), 0);
	EXPECT_EQ(one.st_ino, other.st_ino);
	EXPECT_EQ(one.st_nlink, 2);
	EXPECT_ERRNO(EEXIST, link("/a", "/b"));
	EXPECT_ERRNO(EPERM, link("/", "/c"));
	EXPECT_EQ(rename("/a", "/b"), 0);
	EXPECT_EQ(unlink("/a") + unlink("/b"), 0);
}

TEST(working_directory, "relative paths start where chdir went, and openat where its directory is")
{
	char path[64];
	int directory;

	EXPECT_EQ(mkdir("/d", 0777) + mkdir("/d/e", 0777), 0);
	EXPECT_EQ(chdir("/d"), 0);
	make_file("x", "in d");
	expect_file("/d/x", "in d");
	EXPECT_EQ(chdir("e/.././e"), 0);
	EXPECT_TEXT(getcwd(path, sizeof(path)), "/d/e");
	EXPECT(!getcwd(path, 4) && errno == ERANGE);
	expect_file("../x", "in d");
	EXPECT_EQ(rename("../x", "y"), 0);
	expect_file("/d/e/y", "in d");
	EXPECT_ERRNO(ENOTDIR, chdir("y"));
	EXPECT_ERRNO(ENOENT, chdir("z"));
	EXPECT_EQ(access("y", R_OK | W_OK), 0);
	EXPECT_ERRNO(EACCES, access("y", X_OK));
	EXPECT_ERRNO(ENOENT, access("z", F_OK));
	EXPECT_EQ(chdir("../.."), 0);
	EXPECT_TEXT(getcwd(path, sizeof(path)), "/");
	directory = open_file("/d", O_RDONLY | O_DIRECTORY);
	EXPECT_EQ(unlinkat(directory, "e/y", 0), 0);
	EXPECT_EQ(unlinkat(directory, "e", AT_REMOVEDIR), 0);
	EXPECT_EQ(rmdir("/d"), 0);
	EXPECT_ERRNO(ENOENT, mkdirat(directory, "new", 0777));
	close(directory);
}

TEST(paths, "hostile paths are refused: empty, of 4 KiB, names of 256 bytes, not UTF-8; `..` does not leave the root")
{
	static char path[PAGE + 1];
	struct stat state, root;

	EXPECT_EQ(stat("/", &root), 0);
	EXPECT_EQ(stat("/../../..", &state), 0);
	EXPECT_EQ(state.st_ino, root.st_ino);
	EXPECT_ERRNO(ENOENT, stat("", &state));
	EXPECT_ERRNO(ENOENT, open("", O_RDWR | O_CREAT, 0666));
	EXPECT_ERRNO(ENOENT, stat("/x/..", &state));
	memset(path, 'n', 256);
	EXPECT_ERRNO(ENAMETOOLONG, open(path, O_RDWR | O_CREAT, 0666));
	path[255] = '\0';
	EXPECT_EQ(close(open_file(path, O_RDWR | O_CREAT)), 0);
	EXPECT_EQ(unlink(path), 0);
	memset(path, 'n', PAGE);
	EXPECT_ERRNO(ENAMETOOLONG, open(path, O_RDWR | O_CREAT, 0666));
	memset(path, '/', 1023);
	path[1023] = '\0';
	EXPECT_EQ(stat(path, &state), 0);
	EXPECT_ERRNO(EINVAL, open("/\xff", O_RDWR | O_CREAT, 0666));
	EXPECT_ERRNO(EINVAL, mkdir("/\xc0\xaf", 0777));
	EXPECT_ERRNO(EBUSY, rmdir("/"));
	EXPECT_ERRNO(EEXIST, mkdir("/", 0777));
	EXPECT_ERRNO(EINVAL, rmdir("."));
	EXPECT_EQ(close(open_file("/gr\xc3\xbc\xc3\x9f", O_RDWR | O_CREAT)), 0);
	EXPECT_EQ(unlink("/gr\xc3\xbc\xc3\x9f"), 0);
}

/* --- other processes ----------------------------------------------------------------------------------- */

struct other {
	pid_t process;
	int to, from;          /* its standard input and output */
};

/* Starts test-child with these arguments, pipes on both sides. */
static void other_start(struct other *other, const char *const *arguments)
{
	posix_spawn_file_actions_t actions;
	const char *argv[8] = { "test-child" };
	int in[2], out[2];

	for (unsigned i = 0; i < 6 && arguments[i]; i++)
		argv[i + 1] = arguments[i];
	EXPECT_EQ(pipe(in), 0);
	EXPECT_EQ(pipe(out), 0);
	EXPECT_EQ(posix_spawn_file_actions_init(&actions), 0);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO), 0);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO), 0);
	EXPECT_EQ(posix_spawnp(&other->process, argv[0], &actions, NULL, (char *const *)argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	other->to = in[1];
	other->from = out[0];
}

#define OTHER(other, ...) other_start(other, (const char *const[]){ __VA_ARGS__, NULL })

/* Waits for the line that it says. */
static void other_hear(const struct other *other, const char *line)
{
	char text[32] = "";

	EXPECT_EQ(read(other->from, text, sizeof(text) - 1), strlen(line));
	EXPECT_TEXT(text, line);
}

/* Its status, once it has ended; its pipes are closed first. */
static int other_end(struct other *other)
{
	int status = 0;

	close(other->to);
	close(other->from);
	EXPECT_EQ(waitpid(other->process, &status, 0), other->process);
	return status;
}

static void expect_killed(struct other *other)
{
	int status = other_end(other);

	EXPECT(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

static int lock_file(int file, int command, int type, off_t start, off_t size, pid_t *who)
{
	struct flock lock = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = size };
	int result = fcntl(file, command, &lock);

	if (who)
		*who = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
	return result;
}

TEST(locks, "a lock of another process is in the way, is told with its process, and goes with it")
{
	int file = open_file("/lock", O_RDWR | O_CREAT);
	struct other other;
	pid_t who;

	EXPECT_EQ(lock_file(file, F_GETLK, F_WRLCK, 0, 0, &who), 0);
	EXPECT_EQ(who, 0);
	OTHER(&other, "lock", "/lock");
	other_hear(&other, "locked\n");
	EXPECT_ERRNO(EAGAIN, lock_file(file, F_SETLK, F_RDLCK, 100, 1, NULL));
	EXPECT_EQ(lock_file(file, F_GETLK, F_RDLCK, 100, 1, &who), 0);
	EXPECT_EQ(who, other.process);
	EXPECT_EQ(kill(other.process, SIGKILL), 0);
	EXPECT_EQ(lock_file(file, F_SETLKW, F_WRLCK, 0, 0, NULL), 0);
	expect_killed(&other);
	close(file);
	unlink("/lock");
}

TEST(lock_ranges, "locks of one process replace, split and join each other")
{
	int file = open_file("/lock", O_RDWR | O_CREAT), again;
	struct other other;

	EXPECT_EQ(lock_file(file, F_SETLK, F_WRLCK, 0, 100, NULL), 0);
	EXPECT_EQ(lock_file(file, F_SETLK, F_RDLCK, 40, 20, NULL), 0);
	EXPECT_EQ(lock_file(file, F_SETLK, F_UNLCK, 45, 5, NULL), 0);
	EXPECT_EQ(lock_file(file, F_SETLK, F_UNLCK, 0, 0, NULL), 0);
	EXPECT_EQ(lock_file(file, F_SETLK, F_WRLCK, 0, 0, NULL), 0);
	/* POSIX: closing any descriptor of the file drops the lock. */
	again = open_file("/lock", O_RDWR);
	close(again);
	OTHER(&other, "lock", "/lock");
	other_hear(&other, "locked\n");
	EXPECT_EQ(other_end(&other), 0);
	again = open_file("/lock", O_RDONLY);
	EXPECT_ERRNO(EBADF, lock_file(again, F_SETLK, F_WRLCK, 0, 0, NULL));
	EXPECT_ERRNO(EINVAL, lock_file(again, F_SETLK, 9, 0, 0, NULL));
	EXPECT_ERRNO(EINVAL, lock_file(again, F_SETLK, F_RDLCK, -1, 0, NULL));
	EXPECT_ERRNO(EINVAL, lock_file(STDIN_FILENO, F_SETLK, F_RDLCK, 0, 0, NULL));
	close(again);
	close(file);
	unlink("/lock");
}

TEST(death, "a client that dies in the middle of writing leaves a sound file system, and what it had open is closed")
{
	struct statvfs before, after;
	struct other other;

	EXPECT_EQ(statvfs("/", &before), 0);
	for (int i = 0; i < 5; i++) {
		OTHER(&other, "write", "/w");
		other_hear(&other, "writing\n");
		EXPECT_EQ(kill(other.process, SIGKILL), 0);
		expect_killed(&other);
	}
	EXPECT_EQ(unlink("/w"), 0);
	EXPECT_EQ(statvfs("/", &after), 0);
	EXPECT_EQ(after.f_bfree, before.f_bfree);
	EXPECT_EQ(after.f_ffree, before.f_ffree);
}

TEST(open_limit, "opening again and again is refused with EMFILE or ENFILE, and others can still open")
{
	struct other other;
	char text[32] = "";
	int status;

	OTHER(&other, "open", "/many");
	EXPECT(read(other.from, text, sizeof(text) - 1) > 1);
	EXPECT(atoi(text) > 50);
	status = other_end(&other);
	EXPECT(WEXITSTATUS(status) == EMFILE || WEXITSTATUS(status) == ENFILE);
	EXPECT_EQ(close(open_file("/many", O_RDONLY)), 0);
	EXPECT_EQ(unlink("/many"), 0);
}

TEST(open_limit_raw, "a client that asks the server itself is refused its 129th open file, and all are closed with it")
{
	nacre_handle_t connection;
	nacre_status_t status = STATUS_OK;
	uint32_t file;
	int count = 0;

	EXPECT_EQ(files_connect("svc/files", &connection), STATUS_OK);
	while (!status) {
		status = files_open(connection, FILES_ROOT, FILES_OPENING_READABLE, 0, "/", &file, NULL);
		count += !status;
		EXPECT(count < 5000);
	}
	EXPECT_EQ(status, STATUS_FULL);
	EXPECT_EQ(count, 128);
	nacre_handle_close(connection);
	EXPECT_EQ(close(open_file("/", O_RDONLY)), 0);
}

/* Removes what child_fill made. */
static void empty(const char *path)
{
	char file[300];
	DIR *directory = opendir(path);

	for (const struct dirent *entry; (entry = readdir(directory));) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		EXPECT_EQ(unlink(file), 0);
	}
	closedir(directory);
}

TEST(full, "a client that fills the file system is stopped at three quarters with ENOSPC; others go on, and can clear up")
{
	struct statvfs before, after;
	struct other other;
	int status;

	EXPECT_EQ(statvfs("/", &before), 0);
	EXPECT_EQ(mkdir("/full", 0777), 0);
	OTHER(&other, "fill", "/full");
	status = other_end(&other);
	EXPECT_EQ(WEXITSTATUS(status), ENOSPC);
	EXPECT_EQ(statvfs("/", &after), 0);
	EXPECT(after.f_bfree >= after.f_blocks / 4 - 4);
	EXPECT(after.f_bfree < after.f_blocks / 2);
	make_file("/more", "there is room");
	EXPECT_EQ(unlink("/more"), 0);
	/* A second one takes what is left, but for a quarter of all: then the pages are really all taken. */
	OTHER(&other, "fill", "/full");
	other_end(&other);
	empty("/full");
	EXPECT_EQ(rmdir("/full"), 0);
	EXPECT_EQ(statvfs("/", &after), 0);
	EXPECT_EQ(after.f_bfree, before.f_bfree);
	EXPECT_EQ(after.f_ffree, before.f_ffree);
}

TEST(races, "two clients that rename and remove the same names leave none behind")
{
	struct statvfs before, after;
	struct other one, other;

	EXPECT_EQ(statvfs("/", &before), 0);
	OTHER(&one, "swap", "/r1", "/r2", "300");
	OTHER(&other, "swap", "/r2", "/r1", "300");
	EXPECT_EQ(other_end(&one), 0);
	EXPECT_EQ(other_end(&other), 0);
	unlink("/r1");
	unlink("/r2");
	EXPECT_EQ(statvfs("/", &after), 0);
	EXPECT_EQ(after.f_bfree, before.f_bfree);
	EXPECT_EQ(after.f_ffree, before.f_ffree);
}

TEST(survives, "files, and what is open of them, outlive a death of the server's process")
{
	static const char *const argv[] = { "test-child", "exit", "7", NULL };
	int file = open_file("/kept", O_RDWR | O_CREAT), status;
	char text[8] = "";
	pid_t child;

	EXPECT_EQ(write(file, "kept", 4), 4);
	EXPECT_EQ(lock_file(file, F_SETLK, F_WRLCK, 0, 0, NULL), 0);
	server_kill("files");
	EXPECT_EQ(pread(file, text, sizeof(text), 0), 4);
	EXPECT_TEXT(text, "kept");
	expect_file("/kept", "kept");
	EXPECT_EQ(close(open_file("/new", O_WRONLY | O_CREAT)), 0);
	EXPECT_EQ(unlink("/kept") + unlink("/new") + close(file), 0);
	EXPECT_EQ(posix_spawn(&child, "/bin/test-child", NULL, NULL, (char *const *)argv, NULL), 0);
	EXPECT_EQ(waitpid(-1, &status, 0), child);
	EXPECT_EQ(WEXITSTATUS(status), 7);
}

/* --- hostile messages ---------------------------------------------------------------------------------- */

TEST(pestered, "malformed messages of every method are answered, and the server lives")
{
	nacre_handle_t connection;

	EXPECT_EQ(files_connect("svc/files", &connection), STATUS_OK);
	pester_server(connection, FILES_PROTOCOL, 0);
	for (uintptr_t opcode = 16; opcode < 24; opcode++) {
		struct pester pester = { .connection = connection };

		EXPECT_OK(nacre_area_create(&pester.page, 1, NACRE_MEMORY_PRIVATE));
		pester_method(&pester, opcode);
		EXPECT_OK(nacre_area_destroy(&pester.page));
	}
	EXPECT_EQ(nacre_interface_check(connection, FILES_PROTOCOL, FILES_VERSION), STATUS_OK);
	nacre_handle_close(connection);
}

TEST(numbers, "numbers of files that were never given, were closed, or are another client's, are NOT_OPEN")
{
	nacre_handle_t one, other;
	uint32_t file, same, count;
	uint64_t behind;

	EXPECT_EQ(files_connect("svc/files", &one), STATUS_OK);
	EXPECT_EQ(files_connect("svc/files", &other), STATUS_OK);
	EXPECT_EQ(files_open(one, FILES_ROOT, FILES_OPENING_READABLE | FILES_OPENING_CREATE, 0, "n", &file, NULL), STATUS_OK);
	EXPECT_EQ(files_sync(one, file), STATUS_OK);
	EXPECT_EQ(files_sync(other, file), FILES_NOT_OPEN);
	EXPECT_EQ(files_sync(one, file + 1), FILES_NOT_OPEN);
	EXPECT_EQ(files_sync(one, file + 0x10000), FILES_NOT_OPEN);
	EXPECT_EQ(files_sync(one, 0), FILES_NOT_OPEN);
	EXPECT_EQ(files_sync(one, UINT32_MAX), FILES_NOT_OPEN);
	EXPECT_EQ(files_write(one, file, 0, 0, "x", 1, &count, &behind), FILES_NOT_OPEN);
	EXPECT_EQ(files_open(one, file, FILES_OPENING_READABLE, 0, "n", &same, NULL), FILES_NOT_DIRECTORY);
	EXPECT_EQ(files_close(one, file), STATUS_OK);
	EXPECT_EQ(files_close(one, file), FILES_NOT_OPEN);
	EXPECT_EQ(files_remove(other, FILES_ROOT, FILES_KIND_ANY, "n"), STATUS_OK);
	nacre_handle_close(one);
	nacre_handle_close(other);
}

TEST(raw_paths, "paths with a NUL or bytes that are no text, and pairs of paths cut wrongly, are MALFORMED")
{
	static const struct {
		uintptr_t opcode;
		size_t size;
		const char *bytes;
	} wrong[] = {
		{ FILES_METHOD_OPEN, 3, "a\0b" }, { FILES_METHOD_OPEN, 1, "\x80" }, { FILES_METHOD_LOOK, 2, "/\xed" },
		{ FILES_METHOD_REMOVE, 0, "" }, { FILES_METHOD_RENAME, 9, "\1\0\0\0\0\0\0\0a" },
		{ FILES_METHOD_RENAME, 10, "\377\377\377\377\0\0\0\0ab" }, { FILES_METHOD_RENAME, 10, "\2\0\0\0\0\0\0\0ab" },
		{ FILES_METHOD_LINK, 10, "\1\0\0\0\1\0\0\0ab" },
	};
	nacre_handle_t connection;
	char answer[128];

	EXPECT_EQ(files_connect("svc/files", &connection), STATUS_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct nacre_words words = { .opcode = wrong[i].opcode };

		EXPECT_EQ(nacre_ask_bytes(connection, &words, wrong[i].bytes, wrong[i].size,
					  wrong[i].opcode == FILES_METHOD_LOOK ? answer : NULL,
					  wrong[i].opcode == FILES_METHOD_LOOK ? sizeof(answer) : 0, NULL), STATUS_MALFORMED);
	}
	nacre_handle_close(connection);
}

TEST(offsets, "offsets near 2^32, 2^63 and 2^64 are read as nothing and not written")
{
	static const uint64_t offsets[] = { 1ull << 32, INT64_MAX - 1, INT64_MAX, 1ull << 63, UINT64_MAX - 1, UINT64_MAX };
	const struct files_range range = { .locking = FILES_LOCKING_EXCLUSIVE, .start = UINT64_MAX, .bytes = 2 };
	nacre_handle_t connection;
	uint32_t file, count;
	uint64_t behind;
	size_t length;
	char bytes[8];

	EXPECT_EQ(files_connect("svc/files", &connection), STATUS_OK);
	EXPECT_EQ(files_open(connection, FILES_ROOT, FILES_OPENING_READABLE | FILES_OPENING_WRITABLE | FILES_OPENING_CREATE, 0,
			     "o", &file, NULL), STATUS_OK);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		EXPECT_EQ(files_read(connection, file, offsets[i], bytes, sizeof(bytes), &length), STATUS_OK);
		EXPECT_EQ(length, 0);
		EXPECT_EQ(files_write(connection, file, offsets[i], 0, "12345678", 8, &count, &behind), FILES_TOO_BIG);
		if (i)
			EXPECT_EQ(files_resize(connection, file, offsets[i]), FILES_TOO_BIG);
	}
	/* The last byte there can be is written, and what would stand behind it is not. */
	EXPECT_EQ(files_write(connection, file, (1ull << 32) - 1, 0, "12345678", 8, &count, &behind), STATUS_OK);
	EXPECT_EQ(count, 1);
	EXPECT_EQ(files_lock(connection, file, &range), STATUS_MALFORMED);
	EXPECT_EQ(files_list(connection, file, UINT32_MAX, bytes, sizeof(bytes), &length), FILES_NOT_DIRECTORY);
	EXPECT_EQ(files_remove(connection, FILES_ROOT, FILES_KIND_FILE, "o"), STATUS_OK);
	nacre_handle_close(connection);
}

TEST(loans, "a loan that is shorter than it says, or was taken back by a deadline, hurts nobody")
{
	struct nacre_words words = { .opcode = FILES_METHOD_WRITE_PAGES };
	struct nacre_message message = { .pages = NACRE_PAGES_LEND, .page_count = 1 };
	struct nacre_area area;
	nacre_handle_t connection;
	uint32_t file;

	EXPECT_OK(nacre_area_create(&area, 32, NACRE_MEMORY_PRIVATE));
	EXPECT_EQ(files_connect("svc/files", &connection), STATUS_OK);
	EXPECT_EQ(files_open(connection, FILES_ROOT, FILES_OPENING_WRITABLE | FILES_OPENING_CREATE, 0, "l", &file, NULL), STATUS_OK);
	message.page_base = (uintptr_t)area.base;
	words.word[0] = file;
	words.word[4] = 2 * PAGE;
	EXPECT_EQ(nacre_ask_message(connection, &words, &message, NULL), STATUS_MALFORMED);
	message.page_count = 32;
	for (int i = 0; i < 20; i++) {
		words = (struct nacre_words){ .opcode = FILES_METHOD_WRITE_PAGES, .word = { file, 0, 0, 0, 32 * PAGE } };
		nacre_connection_call_message(connection, &words, nacre_deadline_in((uint64_t)i * NACRE_US), &message, NULL);
	}
	EXPECT_EQ(nacre_interface_check(connection, FILES_PROTOCOL, FILES_VERSION), STATUS_OK);
	EXPECT_EQ(files_remove(connection, FILES_ROOT, FILES_KIND_FILE, "l"), STATUS_OK);
	nacre_handle_close(connection);
	EXPECT_OK(nacre_area_destroy(&area));
}

TEST(nothing_leaks, "after all this the file system is as empty as it was")
{
	nacre_handle_t connection;
	struct files_space space;

	EXPECT_EQ(files_connect("svc/files", &connection), STATUS_OK);
	EXPECT_EQ(files_space(connection, &space), STATUS_OK);
	EXPECT(space.pages - space.pages_free <= 1); /* the root directory's page */
	EXPECT_EQ(space.files - space.files_free, 1);
	nacre_handle_close(connection);
}
