/* remove.c - in place of newlib's, which knows no directories. Alone in its file, as newlib's is: so a program is linked with
 * one or the other. */
#include <stdio.h>
#include "file.h"

int _remove_r(struct _reent *reent, const char *path);

int _remove_r(struct _reent *reent, const char *path)
{
	int error = fs_remove((struct fs_path){ FILES_ROOT, path }, FILES_KIND_ANY);

	if (error)
		reent->_errno = error;
	return error ? -1 : 0;
}

int remove(const char *path)
{
	return _remove_r(_REENT, path);
}
