/* sys/dirent.h - in place of newlib's, which has none: the entries of a directory, for <dirent.h>. */
#ifndef _SYS_DIRENT_H_
#define _SYS_DIRENT_H_
#include <sys/types.h>

#define DT_UNKNOWN 0
#define DT_DIR 4
#define DT_REG 8
#define MAXNAMLEN 255

typedef struct __directory DIR;

struct dirent {
	ino_t d_ino;
	unsigned char d_type;  /* DT_... */
	char d_name[MAXNAMLEN + 1];
};

#endif
