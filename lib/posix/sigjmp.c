/* sigjmp.c - jumps that restore the signal mask. */
#include <setjmp.h>
#include <signal.h>

void sigjmp_save(sigjmp_buf place, int save)
{
	place->saved = save;
	if (save)
		sigprocmask(SIG_BLOCK, NULL, &place->mask);
}

void siglongjmp(sigjmp_buf place, int value)
{
	if (place->saved)
		sigprocmask(SIG_SETMASK, &place->mask, NULL);
	longjmp(place->jump, value);
}
