/* sys/fcntl.h - in front of newlib's, whose struct flock has too little room for a process number. */
#ifndef _NACRE_SYS_FCNTL_H_
#define _NACRE_SYS_FCNTL_H_
#define flock __newlib_flock
#include_next <sys/fcntl.h>
#undef flock

struct flock {
	short l_type;   /* F_RDLCK, F_WRLCK, F_UNLCK */
	short l_whence; /* SEEK_... */
	off_t l_start, l_len; /* bytes; a length of 0: to the end */
	pid_t l_pid;    /* F_GETLK: who has it */
};

#endif
