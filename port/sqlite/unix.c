/* unix.c - what SQLite and its shell call that is not in this system: links, owners, pipes to programs, times of files. Each
 * says so; SQLite gets along without all of it. Weak: where the C library has one, it counts. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

#define WEAK __attribute__((weak))

int symlink(const char *to, const char *name) WEAK;
ssize_t readlink(const char *name, char *to, size_t room) WEAK;
int utimes(const char *name, const struct timeval *times) WEAK;
int fchown(int file, uid_t user, gid_t group) WEAK;
FILE *popen(const char *command, const char *mode) WEAK;
int pclose(FILE *pipe) WEAK;
int getrusage(int who, struct rusage *usage) WEAK;

static int refuse(int error)
{
	errno = error;
	return -1;
}

int symlink(const char *to, const char *name)
{
	(void)to, (void)name;
	return refuse(ENOSYS);
}

/* Nothing is a link. */
ssize_t readlink(const char *name, char *to, size_t room)
{
	(void)name, (void)to, (void)room;
	return refuse(EINVAL);
}

int utimes(const char *name, const struct timeval *times)
{
	(void)name, (void)times;
	return refuse(ENOSYS);
}

/* One user, who owns everything. */
int fchown(int file, uid_t user, gid_t group)
{
	(void)file, (void)user, (void)group;
	return 0;
}

FILE *popen(const char *command, const char *mode)
{
	(void)command, (void)mode;
	errno = ENOSYS;
	return NULL;
}

int pclose(FILE *pipe)
{
	(void)pipe;
	return refuse(ECHILD);
}

/* For the shell's .timer. */
int getrusage(int who, struct rusage *usage)
{
	struct timespec now;

	(void)who;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	*usage = (struct rusage){ .ru_utime = { .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 } };
	return 0;
}
