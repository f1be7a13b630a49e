/* abort.c - abort() for test programs that catch it: first the handler of SIGABRT, as C has it; what Nacre's abort() does
 * comes after that. By the linker's --wrap. */
#include <signal.h>
#include <stdlib.h>

void __wrap_abort(void) __attribute__((noreturn));
void __real_abort(void) __attribute__((noreturn));

void __wrap_abort(void)
{
	void (*handler)(int) = signal(SIGABRT, SIG_DFL);

	if (handler != SIG_DFL && handler != SIG_IGN && handler != SIG_ERR)
		handler(SIGABRT);
	__real_abort();
}
