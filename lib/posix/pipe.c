/* pipe.c - pipes between threads, or with a program to which one end is given as a standard stream. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "descriptor.h"
#include "idl/pipe_client.h"


/* Both ends, or a positive errno. */
static int make(nacre_handle_t ends[2])
{
	static nacre_handle_t maker;
	nacre_handle_t fresh, none = NACRE_HANDLE_NONE;
	nacre_status_t status;

	if (!__atomic_load_n(&maker, __ATOMIC_ACQUIRE)) {
		status = pipe_connect("svc/pipe", &fresh);
		if (status)
			return status == STATUS_NOT_FOUND ? ENOSYS : nacre_error_errno(status);
		if (!__atomic_compare_exchange_n(&maker, &none, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			nacre_handle_close(fresh);
	}
	status = pipe_make(maker, &ends[0], &ends[1]);
	return status == STATUS_FULL ? ENFILE : nacre_error_errno(status);
}

static int end_add(nacre_handle_t connection, int flags, int how)
{
	struct description *description = description_new(&stream_class, flags);
	int file;

	if (!description) {
		nacre_handle_close(connection);
		return -ENOMEM;
	}
	description->connection = connection;
	file = descriptor_add(description, 0, how);
	if (file < 0)
		description_put(description);
	return file;
}

int pipe2(int files[2], int flags)
{
	int how = flags & O_CLOEXEC ? FD_CLOEXEC : 0, status_flags = flags & O_NONBLOCK, file, error;
	nacre_handle_t ends[2] = { 0 };

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return (int)descriptor_result(-EINVAL);
	error = make(ends);
	if (error)
		return (int)descriptor_result(-error);
	file = end_add(ends[0], O_RDONLY | status_flags, how);
	if (file < 0) {
		nacre_handle_close(ends[1]);
		return (int)descriptor_result(file);
	}
	files[0] = file;
	file = end_add(ends[1], O_WRONLY | status_flags, how);
	if (file < 0) {
		close(files[0]);
		return (int)descriptor_result(file);
	}
	files[1] = file;
	return 0;
}

int pipe(int files[2])
{
	return pipe2(files, 0);
}
