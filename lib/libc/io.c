/* io.c - file descriptors 0, 1 and 2: connections that speak the console protocol, given by whoever started us. In a
 * program with lib/posix all of this is its affair (stream.h). */
#include <errno.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "idl/console_client.h"
#include "nacre/startup.h"
#include "stream.h"

int _write(int file, const char *data, size_t size);
int _read(int file, char *data, size_t size);
int _isatty(int file);
int _fstat(int file, struct stat *state);
int _close(int file);
off_t _lseek(int file, off_t offset, int whence);

enum { FILES = 3, READ_BYTES_MAX = NACRE_LIMIT_COPY_BYTES };

nacre_handle_t stream_standard(int file)
{
	static const char names[FILES][8] = { "stdin", "stdout", "stderr" };
	static nacre_handle_t known[FILES];

	if (file < 0 || file >= FILES)
		return NACRE_HANDLE_NONE;
	if (!known[file])
		known[file] = nacre_startup_handle(names[file]);
	if (!known[file])
		known[file] = nacre_startup_handle("console");
	return known[file];
}

static int fail(int error)
{
	errno = error;
	return -1;
}

static int result(ssize_t size)
{
	return size < 0 ? fail((int)-size) : (int)size;
}

static ssize_t error_of(nacre_status_t status)
{
	return -(ssize_t)nacre_error_errno(status);
}

static enum console_patience patience_of(bool now)
{
	return now ? CONSOLE_PATIENCE_NOW : CONSOLE_PATIENCE_WAIT;
}

/* A message takes what the console has room for, at least a byte or it waits. */
ssize_t stream_write(nacre_handle_t console, const char *data, size_t size, bool now)
{
	size_t done = 0;
	uint32_t taken;
	nacre_status_t status;

	while (done < size) {
		status = console_write(console, CONSOLE_OUTPUT_TEXT, patience_of(now), data + done,
				       min_size(size - done, CONSOLE_WRITE_BYTES), &taken);
		if (status)
			return done ? (ssize_t)done : error_of(status);
		done += min_size(taken, size - done);
		if (!taken)
			nacre_thread_yield();
	}
	return (ssize_t)done;
}

ssize_t stream_read(nacre_handle_t console, char *data, size_t size, bool now)
{
	size_t length = 0;
	nacre_status_t status;

	if (!size)
		return 0;
	status = console_read(console, CONSOLE_INPUT_LINE, patience_of(now), data, min_size(size, READ_BYTES_MAX), &length);
	if (status == STATUS_END)
		return 0;
	return status ? error_of(status) : (ssize_t)length;
}

int _write(int file, const char *data, size_t size)
{
	nacre_handle_t console;

	if (descriptor_write)
		return (int)descriptor_write(file, data, size);
	console = stream_standard(file);
	return console ? result(stream_write(console, data, size, false)) : fail(EBADF);
}

int _read(int file, char *data, size_t size)
{
	nacre_handle_t console;

	if (descriptor_read)
		return (int)descriptor_read(file, data, size);
	console = stream_standard(file);
	return console ? result(stream_read(console, data, size, false)) : fail(EBADF);
}

int _isatty(int file)
{
	if (descriptor_is_console)
		return descriptor_is_console(file);
	return stream_standard(file) ? 1 : (errno = EBADF, 0);
}

int _fstat(int file, struct stat *state)
{
	if (descriptor_state)
		return descriptor_state(file, state);
	if (!stream_standard(file))
		return fail(EBADF);
	*state = (struct stat){ .st_mode = S_IFCHR | S_IRUSR | S_IWUSR, .st_nlink = 1, .st_blksize = 256 };
	return 0;
}

/* The handle stays: it is the startup block's, and may be found there again by name. */
int _close(int file)
{
	if (descriptor_close)
		return descriptor_close(file);
	return stream_standard(file) ? 0 : fail(EBADF);
}

off_t _lseek(int file, off_t offset, int whence)
{
	if (descriptor_seek)
		return descriptor_seek(file, offset, whence);
	return fail(stream_standard(file) ? ESPIPE : EBADF);
}
