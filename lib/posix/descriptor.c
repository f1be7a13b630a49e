/* descriptor.c - file descriptors. */
#include "descriptor.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "idl/console_client.h"
#include "libc/stream.h"

_Static_assert(DESCRIPTORS_MAX == OPEN_MAX, "as <limits.h> says");

enum { STANDARD = 3 };

static struct __lock descriptors_lock;
static struct entry {
	struct description *description; /* NULL: free */
	int flags;
} table[DESCRIPTORS_MAX];

long descriptor_result(int64_t result)
{
	if (result >= 0)
		return (long)result;
	errno = (int)-result;
	return -1;
}

/* --- streams ------------------------------------------------------------------------------------------- */

static bool waits_not(const struct description *description)
{
	return description->flags & O_NONBLOCK;
}

static ssize_t stream_class_read(struct description *description, void *to, size_t size, int64_t at)
{
	ssize_t done, more;

	if (at >= 0)
		return -ESPIPE;
	done = stream_read(description->connection, to, size, waits_not(description));
	/* One message brings no more than a line's worth; a pipe may hold more, and a console answers a line at a time. */
	while (!description->is_console && done > 0 && done % CONSOLE_LINE_BYTES == 0 && (size_t)done < size) {
		more = stream_read(description->connection, (char *)to + done, size - (size_t)done, true);
		if (more <= 0)
			break;
		done += more;
	}
	return done;
}

static ssize_t stream_class_write(struct description *description, const void *from, size_t size, int64_t at)
{
	if (at >= 0)
		return -ESPIPE;
	return stream_write(description->connection, from, size, waits_not(description));
}

static int64_t stream_class_seek(struct description *description, int64_t offset, int whence)
{
	(void)description, (void)offset, (void)whence;
	return -ESPIPE;
}

static int stream_class_state(struct description *description, struct stat *state)
{
	*state = (struct stat){ .st_mode = (description->is_console ? S_IFCHR : S_IFIFO) | S_IRUSR | S_IWUSR, .st_nlink = 1,
				.st_blksize = 256 };
	return 0;
}

/* The standard streams' handles are the startup block's, and may be found there again by name. */
static void stream_class_close(struct description *description)
{
	for (int file = 0; file < STANDARD; file++)
		if (stream_standard(file) == description->connection)
			return;
	nacre_handle_close(description->connection);
}

const struct description_class stream_class = {
	.read = stream_class_read, .write = stream_class_write, .seek = stream_class_seek, .state = stream_class_state,
	.close = stream_class_close,
};

/* --- the table ----------------------------------------------------------------------------------------- */

struct description *description_new(const struct description_class *class, int flags)
{
	struct description *description = calloc(1, sizeof(*description));

	if (description)
		*description = (struct description){ .class = class, .references = 1, .flags = flags };
	return description;
}

/* Whoever started us may have given a pipe: of the streams only consoles can be opened once more. */
static bool is_console(nacre_handle_t connection)
{
	nacre_handle_t again = NACRE_HANDLE_NONE;
	nacre_status_t status = console_open(connection, 0, &again);

	if (again)
		nacre_handle_close(again);
	return status != STATUS_METHOD && status != NACRE_E_PEER_GONE;
}

static void standard_open(int file)
{
	nacre_handle_t connection = stream_standard(file);
	struct description *description = connection ? description_new(&stream_class, O_RDWR) : NULL;

	if (!description)
		return;
	description->connection = connection;
	description->is_console = is_console(connection);
	table[file].description = description;
}

static void lock(void)
{
	static bool is_open;

	lock_take(&descriptors_lock);
	for (int file = 0; !is_open && file < STANDARD; file++)
		standard_open(file);
	is_open = true;
}

int descriptor_add(struct description *description, int least, int how)
{
	if (least < 0 || least >= DESCRIPTORS_MAX)
		return -EINVAL;
	lock();
	for (int file = least; file < DESCRIPTORS_MAX; file++) {
		if (table[file].description)
			continue;
		table[file] = (struct entry){ description, how };
		lock_drop(&descriptors_lock);
		return file;
	}
	lock_drop(&descriptors_lock);
	return -EMFILE;
}

struct description *descriptor_get(int file)
{
	struct description *description = NULL;

	lock();
	if (file >= 0 && file < DESCRIPTORS_MAX)
		description = table[file].description;
	if (description)
		__atomic_fetch_add(&description->references, 1, __ATOMIC_RELAXED);
	lock_drop(&descriptors_lock);
	if (!description)
		errno = EBADF;
	return description;
}

void description_put(struct description *description)
{
	if (__atomic_sub_fetch(&description->references, 1, __ATOMIC_ACQ_REL))
		return;
	description->class->close(description);
	free(description);
}

/* Takes the description out of the table and puts another in its place, if there is one. */
static struct description *entry_exchange(int file, struct description *fresh, int how)
{
	struct description *old;

	lock();
	old = table[file].description;
	table[file] = (struct entry){ fresh, how };
	lock_drop(&descriptors_lock);
	return old;
}

static void release(struct description *description)
{
	if (description->class->dropped)
		description->class->dropped(description);
	description_put(description);
}

int descriptor_flags(int file, int set)
{
	int flags = -EBADF;

	lock();
	if (file >= 0 && file < DESCRIPTORS_MAX && table[file].description) {
		flags = table[file].flags;
		if (set >= 0)
			table[file].flags = set;
	}
	lock_drop(&descriptors_lock);
	return flags;
}

/* --- what newlib and programs call --------------------------------------------------------------------- */

int descriptor_close(int file)
{
	struct description *description = file >= 0 && file < DESCRIPTORS_MAX ? entry_exchange(file, NULL, 0) : NULL;

	if (!description)
		return (int)descriptor_result(-EBADF);
	release(description);
	return 0;
}

static bool may(const struct description *description, int mode)
{
	int access = description->flags & O_ACCMODE;

	return access == O_RDWR || access == mode;
}

static ssize_t read_at(int file, void *to, size_t size, int64_t at)
{
	struct description *description = descriptor_get(file);
	ssize_t done;

	if (!description)
		return -1;
	done = may(description, O_RDONLY) ? description->class->read(description, to, size, at) : -EBADF;
	description_put(description);
	return descriptor_result(done);
}

static ssize_t write_at(int file, const void *from, size_t size, int64_t at)
{
	struct description *description = descriptor_get(file);
	ssize_t done;

	if (!description)
		return -1;
	done = may(description, O_WRONLY) ? description->class->write(description, from, size, at) : -EBADF;
	description_put(description);
	return descriptor_result(done);
}

ssize_t descriptor_read(int file, void *data, size_t size)
{
	return read_at(file, data, size, -1);
}

ssize_t descriptor_write(int file, const void *data, size_t size)
{
	return write_at(file, data, size, -1);
}

ssize_t pread(int file, void *data, size_t size, off_t offset)
{
	return offset < 0 ? descriptor_result(-EINVAL) : read_at(file, data, size, offset);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
	return offset < 0 ? descriptor_result(-EINVAL) : write_at(file, data, size, offset);
}

off_t descriptor_seek(int file, off_t offset, int whence)
{
	struct description *description = descriptor_get(file);
	int64_t at;

	if (!description)
		return -1;
	at = description->class->seek(description, offset, whence);
	description_put(description);
	return descriptor_result(at);
}

int descriptor_state(int file, struct stat *state)
{
	struct description *description = descriptor_get(file);
	int error;

	if (!description)
		return -1;
	error = description->class->state(description, state);
	description_put(description);
	return (int)descriptor_result(error);
}

int descriptor_is_console(int file)
{
	struct description *description = descriptor_get(file);
	bool is_console;

	if (!description)
		return 0;
	is_console = description->is_console;
	description_put(description);
	if (!is_console)
		errno = ENOTTY;
	return is_console;
}

/* The description of `file`, under the lowest free number from `least` on. */
static int duplicate(int file, int least, int how)
{
	struct description *description = descriptor_get(file);
	int copy;

	if (!description)
		return -1;
	copy = descriptor_add(description, least, how);
	if (copy < 0)
		description_put(description);
	return (int)descriptor_result(copy);
}

int dup(int file)
{
	return duplicate(file, 0, 0);
}

int descriptor_duplicate(int file, int least, int how);
int descriptor_duplicate(int file, int least, int how)
{
	return duplicate(file, least, how);
}

/* Puts the description of `file` under `copy`, in place of what is open there. */
static int duplicate_to(int file, int copy, int how)
{
	struct description *description, *old;

	if (copy < 0 || copy >= DESCRIPTORS_MAX)
		return (int)descriptor_result(-EBADF);
	description = descriptor_get(file);
	if (!description)
		return -1;
	if (file == copy) {
		description_put(description);
		return copy;
	}
	old = entry_exchange(copy, description, how);
	if (old)
		release(old);
	return copy;
}

int dup2(int file, int copy)
{
	return duplicate_to(file, copy, 0);
}

int dup3(int file, int copy, int flags)
{
	if (file == copy || flags & ~O_CLOEXEC)
		return (int)descriptor_result(-EINVAL);
	return duplicate_to(file, copy, flags & O_CLOEXEC ? FD_CLOEXEC : 0);
}
