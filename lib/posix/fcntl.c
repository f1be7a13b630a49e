/* fcntl.c - flags and locks of open files. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
#include "file.h"

enum { SETTABLE = O_APPEND | O_NONBLOCK };

int descriptor_duplicate(int file, int least, int how);

static int flags_set(int file, int flags)
{
	struct description *description = descriptor_get(file);

	if (!description)
		return -errno;
	description->flags = (description->flags & ~SETTABLE) | (flags & SETTABLE);
	description_put(description);
	return 0;
}

static int flags_get(int file)
{
	struct description *description = descriptor_get(file);
	int flags;

	if (!description)
		return -errno;
	flags = description->flags;
	description_put(description);
	return flags;
}

/* --- locks --------------------------------------------------------------------------------------------- */

/* A length below zero is in front of the start. 0 or an errno. */
static int lock_of(struct description *description, const struct flock *from, struct files_range *lock)
{
	int64_t start = file_base(description, from->l_whence);
	enum files_locking locking;

	switch (from->l_type) {
	case F_RDLCK:
		locking = FILES_LOCKING_SHARED;
		break;
	case F_WRLCK:
		locking = FILES_LOCKING_EXCLUSIVE;
		break;
	case F_UNLCK:
		locking = FILES_LOCKING_UNLOCKED;
		break;
	default:
		return EINVAL;
	}
	if (start < 0)
		return (int)-start;
	if (__builtin_add_overflow(start, from->l_start, &start))
		return EOVERFLOW;
	if (from->l_len < 0)
		start += from->l_len;
	if (start < 0)
		return EINVAL;
	*lock = (struct files_range){ .locking = locking, .start = (uint64_t)start,
				     .bytes = from->l_len < 0 ? 0 - (uint64_t)from->l_len : (uint64_t)from->l_len };
	return 0;
}

static int lock_test(struct description *description, const struct files_range *lock, struct flock *out)
{
	struct files_range other;
	int error = fs_lock_test(description->file, lock, &other);

	if (error)
		return error;
	if (other.locking == FILES_LOCKING_UNLOCKED) {
		out->l_type = F_UNLCK;
		return 0;
	}
	*out = (struct flock){ .l_type = other.locking == FILES_LOCKING_SHARED ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET,
			       .l_start = (off_t)other.start, .l_len = (off_t)other.bytes, .l_pid = (pid_t)other.process };
	return 0;
}

static int lock_do(int file, int command, struct flock *flock)
{
	struct files_range lock;
	struct description *description;
	int error;

	description = file_get(file, &error);
	if (!description)
		return -error;
	error = lock_of(description, flock, &lock);
	if (!error && command == F_GETLK) {
		error = lock_test(description, &lock, flock);
	} else if (!error) {
		lock.patience = command == F_SETLKW ? FILES_PATIENCE_WAIT : FILES_PATIENCE_NOW;
		error = fs_lock(description->file, &lock);
		description->has_locks |= !error;
	}
	description_put(description);
	return -error;
}

/* --- the call ------------------------------------------------------------------------------------------ */

/* In place of newlib's, which passes the argument on as an int. */
int fcntl(int file, int command, ...)
{
	va_list list;
	struct flock *flock = NULL;
	int argument = 0, result;

	va_start(list, command);
	if (command == F_GETLK || command == F_SETLK || command == F_SETLKW)
		flock = va_arg(list, struct flock *);
	else if (command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_SETFD || command == F_SETFL)
		argument = va_arg(list, int);
	va_end(list);

	switch (command) {
	case F_DUPFD:
		return descriptor_duplicate(file, argument, 0);
	case F_DUPFD_CLOEXEC:
		return descriptor_duplicate(file, argument, FD_CLOEXEC);
	case F_GETFD:
		result = descriptor_flags(file, -1);
		break;
	case F_SETFD:
		result = descriptor_flags(file, argument & FD_CLOEXEC);
		result = result < 0 ? result : 0;
		break;
	case F_GETFL:
		result = flags_get(file);
		break;
	case F_SETFL:
		result = flags_set(file, argument);
		break;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		result = lock_do(file, command, flock);
		break;
	default:
		result = -EINVAL;
	}
	return (int)descriptor_result(result);
}

int lockf(int file, int command, off_t size)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_len = size };

	switch (command) {
	case F_ULOCK:
		lock.l_type = F_UNLCK;
		return fcntl(file, F_SETLK, &lock);
	case F_LOCK:
		return fcntl(file, F_SETLKW, &lock);
	case F_TLOCK:
		return fcntl(file, F_SETLK, &lock);
	case F_TEST:
		if (fcntl(file, F_GETLK, &lock) < 0)
			return -1;
		return lock.l_type == F_UNLCK ? 0 : (int)descriptor_result(-EACCES);
	}
	return (int)descriptor_result(-EINVAL);
}
