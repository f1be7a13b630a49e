/* io.c - file descriptors 0, 1 and 2: connections that speak the console protocol, given by whoever started us. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "idl/console.h"
#include "nacre/client.h"
#include "nacre/startup.h"

int _write(int file, const char *data, size_t size);
int _read(int file, char *data, size_t size);
int _isatty(int file);
int _fstat(int file, struct stat *state);
int _close(int file);
off_t _lseek(int file, off_t offset, int whence);

enum { FILES = 3, READ_BYTES_MAX = NACRE_LIMIT_COPY_BYTES };

static nacre_handle_t connection_of(int file)
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

/* One message's worth. The console takes what it has room for, at least a byte or it waits. */
static nacre_status_t write_some(nacre_handle_t console, const char *data, size_t size, size_t *taken)
{
	struct nacre_words words = { .opcode = CONSOLE_WRITE, .word = { CONSOLE_TEXT } };
	nacre_status_t status = nacre_ask_bytes(console, &words, data, min_size(size, CONSOLE_WRITE_BYTES), NULL, 0, NULL);

	*taken = status ? 0 : min_size(words.word[0], size);
	return status;
}

int _write(int file, const char *data, size_t size)
{
	nacre_handle_t console = connection_of(file);
	size_t done = 0, taken;
	nacre_status_t status;

	if (!console)
		return fail(EBADF);
	while (done < size) {
		status = write_some(console, data + done, size - done, &taken);
		if (status)
			return done ? (int)done : fail(nacre_error_errno(status));
		done += taken;
		if (!taken)
			nacre_thread_yield();
	}
	return (int)done;
}

int _read(int file, char *data, size_t size)
{
	nacre_handle_t console = connection_of(file);
	struct nacre_words words = { .opcode = CONSOLE_READ, .word = { CONSOLE_LINE } };
	size_t length = 0;
	nacre_status_t status;

	if (!console)
		return fail(EBADF);
	if (!size)
		return 0;
	status = nacre_ask_bytes(console, &words, NULL, 0, data, min_size(size, READ_BYTES_MAX), &length);
	if (status == STATUS_END)
		return 0;
	return status ? fail(nacre_error_errno(status)) : (int)length;
}

int _isatty(int file)
{
	return connection_of(file) ? 1 : (errno = EBADF, 0);
}

int _fstat(int file, struct stat *state)
{
	if (!connection_of(file))
		return fail(EBADF);
	*state = (struct stat){ .st_mode = S_IFCHR | S_IRUSR | S_IWUSR, .st_nlink = 1, .st_blksize = 256 };
	return 0;
}

/* The handle stays: it is the startup block's, and may be found there again by name. */
int _close(int file)
{
	return connection_of(file) ? 0 : fail(EBADF);
}

off_t _lseek(int file, off_t offset, int whence)
{
	(void)offset, (void)whence;
	return fail(connection_of(file) ? ESPIPE : EBADF);
}
