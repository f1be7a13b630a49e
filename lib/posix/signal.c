/* signal.c - what is sent, who takes it, and what then happens (signals.h). */
#include "signals.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "libc/interrupt.h"
#include "libc/process.h"

pid_t _getpid(void);

static struct sigaction actions[NSIG];

static struct queued {
	siginfo_t info;            /* si_signo 0: the entry is free */
	struct __pthread *thread;  /* NULL: sent to the process */
	uint32_t number;           /* in the order of sending */
} queue[SIGNALS_QUEUED_MAX];
static uint32_t sent;

/* Never taken by a handler, never held back. */
static const sigset_t always = 1ull << SIGKILL | 1ull << SIGSTOP;

/* Whose default is to be ignored. Stopping and going on is the same here: there is no job control. */
static const sigset_t idle = 1ull << SIGCHLD | 1ull << SIGURG | 1ull << SIGWINCH | 1ull << SIGCONT | 1ull << SIGTSTP |
			     1ull << SIGTTIN | 1ull << SIGTTOU | 1ull << SIGSTOP;

sigset_t *signal_mask(void)
{
	return &pthread_self()->signal_mask;
}

/* --- what is pending ----------------------------------------------------------------------------------- */

/* The entry of the lowest of these signals that this thread may take, the one sent first; NULL: none. */
static struct queued *pending_of(const struct __pthread *thread, sigset_t set)
{
	struct queued *best = NULL;

	for (size_t i = 0; i < SIGNALS_QUEUED_MAX; i++) {
		struct queued *each = &queue[i];
		int signal = each->info.si_signo;

		if (!signal || !(set & signal_bit(signal)) || (each->thread && each->thread != thread))
			continue;
		if (!best || signal < best->info.si_signo ||
		    (signal == best->info.si_signo && (int32_t)(each->number - best->number) < 0))
			best = each;
	}
	return best;
}

bool signal_is_there(const struct __pthread *thread)
{
	return pending_of(thread, ~thread->signal_mask | thread->awaited);
}

int signal_take(sigset_t set, siginfo_t *info)
{
	struct queued *entry;

	lock_take(&interrupt_lock);
	entry = pending_of(pthread_self(), set);
	if (entry) {
		*info = entry->info;
		entry->info.si_signo = 0;
	}
	lock_drop(&interrupt_lock);
	return entry ? info->si_signo : 0;
}

/* Under the lock. Ordinary signals are sent once however often that is, real-time ones as often. */
static int add(int signal, struct __pthread *thread, int code, union sigval value)
{
	struct queued *free = NULL;

	for (size_t i = 0; i < SIGNALS_QUEUED_MAX; i++) {
		if (!queue[i].info.si_signo)
			free = &queue[i];
		else if (queue[i].info.si_signo == signal && queue[i].thread == thread && signal < SIGRTMIN)
			return 0;
	}
	if (!free)
		return EAGAIN;
	*free = (struct queued){
		.info = { .si_signo = signal, .si_code = code, .si_value = value, .si_pid = _getpid() },
		.thread = thread, .number = sent++,
	};
	return 0;
}

bool signal_is_queued(int signal, union sigval value)
{
	bool found = false;

	lock_take(&interrupt_lock);
	for (size_t i = 0; i < SIGNALS_QUEUED_MAX; i++)
		found |= queue[i].info.si_signo == signal && queue[i].info.si_code == SI_TIMER &&
			 queue[i].info.si_value.sival_ptr == value.sival_ptr;
	lock_drop(&interrupt_lock);
	return found;
}

static void drop(int signal)
{
	for (size_t i = 0; i < SIGNALS_QUEUED_MAX; i++)
		if (queue[i].info.si_signo == signal)
			queue[i].info.si_signo = 0;
}

/* --- sending ------------------------------------------------------------------------------------------- */

static bool is_ignored(int signal)
{
	_sig_func_ptr handler = actions[signal].sa_handler;

	return handler == SIG_IGN || (handler == SIG_DFL && idle & signal_bit(signal));
}

/* Does this thread take it when it can? */
static bool takes(const struct __pthread *thread, int signal)
{
	return !thread->is_service && !thread->exiting && (!(thread->signal_mask & signal_bit(signal)) || thread->awaited & signal_bit(signal));
}

/* Is there anybody whom an ignored signal means something to: somebody who awaits it, or holds it back? */
static bool is_wanted(int signal, const struct __pthread *to)
{
	for (const struct __pthread *thread = threads; thread; thread = thread->other)
		if ((!to || to == thread) && (thread->awaited | thread->signal_mask) & signal_bit(signal) && !thread->is_service)
			return true;
	return false;
}

/* Who is to be woken for a signal to the process: who awaits it, else who takes it and waits. NULL: nobody. */
static struct __pthread *choose(int signal)
{
	struct __pthread *choice = NULL;

	for (struct __pthread *thread = threads; thread; thread = thread->other) {
		if (!takes(thread, signal) || !interrupt_can_wake(thread))
			continue;
		if (thread->awaited & signal_bit(signal))
			return thread;
		choice = thread;
	}
	return choice;
}

int signal_send(int signal, struct __pthread *thread, int code, union sigval value)
{
	struct __pthread *taker;
	bool is_waited_for;
	int error = 0;

	if (!signal_is_valid(signal) && signal)
		return EINVAL;
	lock_take(&threads_lock);
	if (thread && (!thread_is_known(thread) || thread->exiting)) {
		lock_drop(&threads_lock);
		return ESRCH;
	}
	lock_take(&interrupt_lock);
	if (signal && (!is_ignored(signal) || is_wanted(signal, thread))) {
		error = add(signal, thread, code, value);
		taker = thread ? thread : choose(signal);
		if (!error && taker && takes(taker, signal))
			interrupt_wake(taker);
	}
	is_waited_for = lock_is_waited_for(&interrupt_lock) || lock_is_waited_for(&threads_lock);
	lock_drop(&interrupt_lock);
	lock_drop(&threads_lock);
	/* A thread that does nothing but send would keep the others from what they need to take signals, or to end. */
	if (is_waited_for)
		nacre_thread_yield();
	return error;
}

/* --- taking -------------------------------------------------------------------------------------------- */

static void handle(const siginfo_t *info)
{
	int signal = info->si_signo;
	sigset_t *mask = signal_mask(), before = *mask;
	struct sigaction action;
	siginfo_t copy = *info;

	lock_take(&interrupt_lock);
	action = actions[signal];
	if (action.sa_flags & SA_RESETHAND)
		actions[signal] = (struct sigaction){ .sa_handler = SIG_DFL };
	lock_drop(&interrupt_lock);
	*mask |= action.sa_mask | (action.sa_flags & SA_NODEFER ? 0 : signal_bit(signal));
	if (action.sa_flags & SA_ONSTACK && signal_call_aside)
		signal_call_aside(&action, signal, &copy);
	else if (action.sa_flags & SA_SIGINFO)
		action.sa_sigaction(signal, &copy, NULL);
	else
		action.sa_handler(signal);
	*mask = before;
}

static int act(const siginfo_t *info)
{
	_sig_func_ptr handler = actions[info->si_signo].sa_handler;
	bool restart = actions[info->si_signo].sa_flags & SA_RESTART;

	if (is_ignored(info->si_signo))
		return INTERRUPT_NONE;
	if (handler == SIG_DFL)
		_exit(128 + info->si_signo);
	handle(info);
	return restart ? INTERRUPT_RESTART : INTERRUPT_END;
}

int signal_run(void)
{
	int worst = INTERRUPT_NONE, each;
	siginfo_t info;

	while (signal_take(~*signal_mask() | always, &info)) {
		each = act(&info);
		worst = each > worst ? each : worst;
	}
	return worst;
}

/* What was sent to the process, is held back by none or not by all, and has no thread that was woken for it. */
static sigset_t left_over(void)
{
	sigset_t set = 0, taken = always;

	lock_take(&threads_lock);
	lock_take(&interrupt_lock);
	for (const struct __pthread *thread = threads; thread; thread = thread->other)
		if (!thread->is_service && !thread->exiting)
			taken |= ~thread->signal_mask;
	for (size_t i = 0; i < SIGNALS_QUEUED_MAX; i++)
		if (queue[i].info.si_signo && !queue[i].thread && !choose(queue[i].info.si_signo))
			set |= signal_bit(queue[i].info.si_signo);
	lock_drop(&interrupt_lock);
	lock_drop(&threads_lock);
	return set & taken;
}

void signal_run_for_all(void)
{
	siginfo_t info;

	while (signal_take(left_over(), &info))
		act(&info);
}

/* --- what programs call -------------------------------------------------------------------------------- */

static int result(int error)
{
	if (!error)
		return 0;
	errno = error;
	return -1;
}

int sigaction(int signal, const struct sigaction *restrict fresh, struct sigaction *restrict old)
{
	struct sigaction copy;

	if (!signal_is_valid(signal) || (fresh && always & signal_bit(signal)))
		return result(EINVAL);
	lock_take(&interrupt_lock);
	copy = actions[signal];
	if (fresh) {
		actions[signal] = *fresh;
		actions[signal].sa_mask &= ~always;
		if (is_ignored(signal))
			drop(signal);
	}
	lock_drop(&interrupt_lock);
	if (old)
		*old = copy;
	return 0;
}

_sig_func_ptr signal(int signal, _sig_func_ptr handler)
{
	struct sigaction fresh = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;

	if (handler == SIG_ERR || sigaction(signal, &fresh, &old)) {
		errno = EINVAL;
		return SIG_ERR;
	}
	return old.sa_handler;
}

int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	sigset_t *mask = signal_mask(), before = *mask;

	if (set && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK)
		return EINVAL;
	if (set) {
		*mask = how == SIG_BLOCK ? *mask | *set : how == SIG_UNBLOCK ? *mask & ~*set : *set;
		*mask &= ~always;
		signal_run();
	}
	if (old)
		*old = before;
	return 0;
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return result(pthread_sigmask(how, set, old));
}

int sigpending(sigset_t *set)
{
	*set = 0;
	lock_take(&interrupt_lock);
	for (size_t i = 0; i < SIGNALS_QUEUED_MAX; i++)
		if (queue[i].info.si_signo && (!queue[i].thread || queue[i].thread == pthread_self()))
			*set |= signal_bit(queue[i].info.si_signo);
	lock_drop(&interrupt_lock);
	return 0;
}

int pthread_kill(pthread_t thread, int signal)
{
	int error = signal_send(signal, thread, SI_USER, (union sigval){ 0 });

	if (!error && thread == pthread_self())
		signal_run();
	return error;
}

int raise(int signal)
{
	return result(pthread_kill(pthread_self(), signal));
}

int signal_send_self(int signal)
{
	int error = signal_send(signal, NULL, SI_USER, (union sigval){ 0 });

	if (!error)
		signal_run_for_all();
	return result(error);
}

int sigqueue(pid_t process, int signal, const union sigval value)
{
	int error;

	if (process != _getpid())
		return result(signal_is_valid(signal) || !signal ? ESRCH : EINVAL);
	error = signal_send(signal, NULL, SI_QUEUE, value);
	if (!error)
		signal_run_for_all();
	return result(error);
}

int killpg(pid_t group, int signal)
{
	return group == _getpid() || group == 0 ? kill(_getpid(), signal) : result(ESRCH);
}

int siginterrupt(int signal, int flag)
{
	struct sigaction action;
	int error = sigaction(signal, NULL, &action);

	if (error)
		return error;
	action.sa_flags = flag ? action.sa_flags & ~SA_RESTART : action.sa_flags | SA_RESTART;
	return sigaction(signal, &action, NULL);
}
