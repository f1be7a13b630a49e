/* sys/_sigset.h - in place of newlib's: room for 63 signals on both widths. */
#ifndef _SYS__SIGSET_H_
#define _SYS__SIGSET_H_
#include <sys/_stdint.h>

typedef __uint64_t __sigset_t;

#endif
