/* sys/stat.h - in front of newlib's, which leaves out lstat. */
#ifndef _NACRE_SYS_STAT_H_
#define _NACRE_SYS_STAT_H_
#include_next <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

int lstat(const char *__restrict path, struct stat *__restrict state); /* there are no symbolic links: as stat */

#ifdef __cplusplus
}
#endif
#endif
