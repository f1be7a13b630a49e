/* sys/signal.h - in place of newlib's: signals as doc/posix.md has them. Included by <signal.h>. */
#ifndef _SYS_SIGNAL_H
#define _SYS_SIGNAL_H
#include <sys/_pthreadtypes.h>
#include <sys/_sigset.h>
#include <sys/_timespec.h>
#include <sys/features.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef _SIGSET_T_DECLARED
#define _SIGSET_T_DECLARED
typedef __sigset_t sigset_t;
#endif

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGIOT SIGABRT
#define SIGEMT 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGBUS 10
#define SIGSEGV 11
#define SIGSYS 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGURG 16
#define SIGSTOP 17
#define SIGTSTP 18
#define SIGCONT 19
#define SIGCHLD 20
#define SIGCLD SIGCHLD
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGIO 23
#define SIGPOLL SIGIO
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGLOST 29
#define SIGUSR1 30
#define SIGUSR2 31
#define SIGRTMIN 32
#define SIGRTMAX 63
#define NSIG 64

typedef void (*_sig_func_ptr)(int);

union sigval {
	int sival_int;
	void *sival_ptr;
};

#define SIGEV_NONE 1
#define SIGEV_SIGNAL 2
#define SIGEV_THREAD 3

struct sigevent {
	int sigev_notify; /* SIGEV_... */
	int sigev_signo;
	union sigval sigev_value;
	void (*sigev_notify_function)(union sigval);
	pthread_attr_t *sigev_notify_attributes;
};

#define SI_USER 1
#define SI_QUEUE 2
#define SI_TIMER 3
#define SI_ASYNCIO 4
#define SI_MESGQ 5

/* si_code of SIGCHLD, which nobody sends here. */
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_TRAPPED 4
#define CLD_STOPPED 5
#define CLD_CONTINUED 6

typedef struct {
	int si_signo;
	int si_code; /* SI_... */
	int si_errno;
	pid_t si_pid;
	uid_t si_uid;
	void *si_addr;
	int si_status;
	union sigval si_value;
} siginfo_t;

#define SA_NOCLDSTOP 0x01
#define SA_SIGINFO 0x02
#define SA_RESTART 0x04
#define SA_NODEFER 0x08
#define SA_RESETHAND 0x10
#define SA_ONSTACK 0x20
#define SA_NOCLDWAIT 0x40

struct sigaction {
	union {
		_sig_func_ptr _handler;
		void (*_action)(int, siginfo_t *, void *);
	} _function;
	sigset_t sa_mask;
	int sa_flags; /* SA_... */
};
#define sa_handler _function._handler
#define sa_sigaction _function._action

#define SIG_SETMASK 0
#define SIG_BLOCK 1
#define SIG_UNBLOCK 2

#define SIG_HOLD ((_sig_func_ptr)2)

#define MINSIGSTKSZ 2048
#define SIGSTKSZ 8192
#define SS_ONSTACK 1
#define SS_DISABLE 2

typedef struct sigaltstack {
	void *ss_sp;
	int ss_flags;
	size_t ss_size;
} stack_t;

int kill(pid_t process, int signal);
int killpg(pid_t group, int signal);
int sigaction(int signal, const struct sigaction *__restrict fresh, struct sigaction *__restrict old);
int sigprocmask(int how, const sigset_t *__restrict set, sigset_t *__restrict old);
int pthread_sigmask(int how, const sigset_t *__restrict set, sigset_t *__restrict old);
int pthread_kill(pthread_t thread, int signal);
int sigaddset(sigset_t *set, int signal);
int sigdelset(sigset_t *set, int signal);
int sigismember(const sigset_t *set, int signal);
int sigfillset(sigset_t *set);
int sigemptyset(sigset_t *set);
int sigpending(sigset_t *set);
int sigsuspend(const sigset_t *mask);
int sigwait(const sigset_t *__restrict set, int *__restrict signal);
int sigwaitinfo(const sigset_t *__restrict set, siginfo_t *__restrict info);
int sigtimedwait(const sigset_t *__restrict set, siginfo_t *__restrict info, const struct timespec *__restrict patience);
int sigqueue(pid_t process, int signal, const union sigval value);
int sigaltstack(const stack_t *__restrict fresh, stack_t *__restrict old);
int siginterrupt(int signal, int flag);
int sighold(int signal);
int sigrelse(int signal);
int sigignore(int signal);
int sigpause(int signal);
_sig_func_ptr sigset(int signal, _sig_func_ptr handler);

#ifdef __cplusplus
}
#endif

#ifndef _SIGNAL_H_
#include <signal.h> /* programs take <sys/signal.h> for the whole of it */
#endif
#endif
