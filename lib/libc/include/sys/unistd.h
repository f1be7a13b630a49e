/* sys/unistd.h - in front of newlib's, which declares some calls for a few systems only. */
#ifndef _NACRE_SYS_UNISTD_H_
#define _NACRE_SYS_UNISTD_H_
#include_next <sys/unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

#define F_ULOCK 0
#define F_LOCK 1
#define F_TLOCK 2
#define F_TEST 3

int lockf(int file, int command, off_t size);
int fdatasync(int file);
int pipe2(int files[2], int flags);
int dup3(int file, int copy, int flags);

#ifdef __cplusplus
}
#endif
#endif
