/* process.c - what newlib asks of Unix processes. There is no fork: lib/posix/spawn.c starts programs. */
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "nacre/startup.h"
#include "process.h"

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
	return child_wait ? child_wait(-1, status, 0) : fail(ECHILD);
}

/* Processes have unforgeable 128-bit IDs; a part of it serves those who only want to tell two programs apart. */
pid_t _getpid(void)
{
	uintptr_t id[4] = { 0 };

	nacre_handle_id(nacre_self_process(), &id[0], &id[1], &id[2], &id[3]);
	return (pid_t)(id[0] & 0x3fffffff) + PROCESS_NUMBERS;
}

/* Without lib/posix/signal.c there are no signals: one sent to oneself ends the process as it would by default. */
int _kill(pid_t process, int signal)
{
	if (process != _getpid() && process != 0)
		return child_kill ? child_kill(process, signal) : fail(ESRCH);
	if (signal_send_self)
		return signal_send_self(signal);
	if (!signal)
		return 0;
	_exit(128 + signal);
}
