/* sys/_lock.h - the lock that newlib's own locks and POSIX mutexes are made of. All zero is a free one. */
#ifndef _SYS__LOCK_H_
#define _SYS__LOCK_H_
#include <sys/_stdint.h>

struct __lock {
	__uint32_t word;    /* futex: 0 free, 1 held, 2 held and waited for */
	__uint32_t thread;  /* handle of the holder, so that the kernel can raise it; 0: it has none */
	__UINTPTR_TYPE__ owner; /* who holds it: the thread's control block, only to compare; 0: nobody, or not yet */
	__uint32_t depth;   /* recursive locks: how often it is held beyond the first time */
};
#define _LOCK_FREE { 0, 0, 0, 0 }

#endif
