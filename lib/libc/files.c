/* files.c - what newlib asks of a file system and of Unix processes: there is neither, and errno says so. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "nacre/startup.h"

int _open(const char *path, int flags, int mode);
int _stat(const char *path, struct stat *state);
int _unlink(const char *path);
int _link(const char *from, const char *to);
int _mkdir(const char *path, mode_t mode);
int _fcntl(int file, int command, int argument);
int _execve(const char *path, char *const argv[], char *const envp[]);
pid_t _fork(void);
pid_t _wait(int *status);
pid_t _getpid(void);
int _kill(pid_t process, int signal);

static int fail(int error)
{
	errno = error;
	return -1;
}

int _open(const char *path, int flags, int mode)
{
	(void)path, (void)mode;
	return fail(flags & 3 ? EROFS : ENOENT); /* access mode other than read-only */
}

int _stat(const char *path, struct stat *state)
{
	(void)path, (void)state;
	return fail(ENOENT);
}

int _unlink(const char *path)
{
	(void)path;
	return fail(ENOENT);
}

int _link(const char *from, const char *to)
{
	(void)from, (void)to;
	return fail(EROFS);
}

int _mkdir(const char *path, mode_t mode)
{
	(void)path, (void)mode;
	return fail(EROFS);
}

int _fcntl(int file, int command, int argument)
{
	(void)command, (void)argument;
	return fail(file >= 0 && file <= 2 ? EINVAL : EBADF);
}

int _execve(const char *path, char *const argv[], char *const envp[])
{
	(void)path, (void)argv, (void)envp;
	return fail(ENOSYS);
}

pid_t _fork(void)
{
	return fail(ENOSYS);
}

pid_t _wait(int *status)
{
	(void)status;
	return fail(ECHILD);
}

/* Processes have unforgeable 128-bit IDs; a part of it serves those who only want to tell two programs apart. */
pid_t _getpid(void)
{
	uintptr_t id[4] = { 0 };

	nacre_handle_id(nacre_self_process(), &id[0], &id[1], &id[2], &id[3]);
	return (pid_t)(id[0] & 0x3fffffff) + 1;
}

/* There are no signals: one sent to oneself ends the process as it would by default, others cannot be named. */
int _kill(pid_t process, int signal)
{
	if (process != _getpid())
		return fail(ESRCH);
	_exit(128 + signal);
}
