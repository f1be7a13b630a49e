/* setjmp.h - in front of newlib's, which has no jumps that restore the signal mask. */
#ifndef _NACRE_SETJMP_H_
#define _NACRE_SETJMP_H_
#include_next <setjmp.h>
#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
	jmp_buf jump;
	sigset_t mask;
	int saved; /* `mask` is to be restored */
} sigjmp_buf[1];

#define sigsetjmp(place, save) (sigjmp_save((place), (save)), setjmp((place)->jump))

void sigjmp_save(sigjmp_buf place, int save); /* for the macro alone */
void siglongjmp(sigjmp_buf place, int value) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
#endif
