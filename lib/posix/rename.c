/* rename.c - in place of newlib's, which makes a link and removes the old name. Alone in its file, as remove.c. */
#include <stdio.h>
#include "file.h"

int _rename_r(struct _reent *reent, const char *from, const char *to);

int _rename_r(struct _reent *reent, const char *from, const char *to)
{
	int error = fs_rename((struct fs_path){ FILES_ROOT, from }, (struct fs_path){ FILES_ROOT, to });

	if (error)
		reent->_errno = error;
	return error ? -1 : 0;
}

int rename(const char *from, const char *to)
{
	return _rename_r(_REENT, from, to);
}
