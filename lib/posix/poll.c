/* poll.c - waiting for several descriptors at once.
 *
 * Every stream is asked what could be done with it; where nothing can, it is asked to signal a mailbox of ours once
 * something could, and that mailbox is waited for. Files are always ready. The mailbox is kept for the next time;
 * a thread that finds it in use by another makes one of its own for as long as it polls. */
#include <poll.h>
#include <errno.h>
#include <sys/select.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "descriptor.h"
#include "idl/console_client.h"
#include "libc/interrupt.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

enum { WOKEN = 1, IN = POLLIN | POLLRDNORM, OUT = POLLOUT | POLLWRNORM };

struct mailbox {
	nacre_handle_t server, connection;
};

static nacre_err_t mailbox_make(struct mailbox *mailbox)
{
	nacre_err_t error;

	if (mailbox->server)
		return NACRE_E_OK;
	error = nacre_server_create(nacre_self_budget(), &mailbox->server);
	if (error)
		return error;
	error = nacre_connection_mint(mailbox->server, nacre_self_budget(), 0, 0, 0, 0, &mailbox->connection);
	if (error) {
		nacre_handle_close(mailbox->server);
		mailbox->server = NACRE_HANDLE_NONE;
	}
	return error;
}

static void mailbox_end(struct mailbox *mailbox)
{
	if (!mailbox->server)
		return;
	nacre_handle_close(mailbox->connection);
	nacre_handle_close(mailbox->server);
}

/* --- one look ------------------------------------------------------------------------------------------ */

static short events_of(uint32_t state, short wanted)
{
	short events = 0;

	if (state & CONSOLE_READY_READABLE)
		events |= IN & wanted;
	if (state & CONSOLE_READY_WRITABLE)
		events |= OUT & wanted;
	if (state & CONSOLE_READY_HUNG_UP)
		events |= wanted & IN || !(wanted & OUT) ? POLLHUP : POLLERR;
	return events;
}

/* What could be done with a stream now. With a connection: if nothing, it is signalled later. */
static short stream_look(nacre_handle_t stream, short wanted, nacre_handle_t connection)
{
	uint32_t asked = (wanted & IN ? CONSOLE_READY_READABLE : 0) | (wanted & OUT ? CONSOLE_READY_WRITABLE : 0), now;
	nacre_status_t status = console_watch(stream, asked, WOKEN, connection, &now);

	/* A server that cannot tell is asked by reading and writing. */
	if (status == STATUS_METHOD)
		return wanted & (IN | OUT);
	return status ? POLLERR : events_of(now, wanted);
}

static short look(const struct pollfd *file, nacre_handle_t connection)
{
	struct description *description;
	short events;

	if (file->fd < 0)
		return 0;
	description = descriptor_get(file->fd);
	if (!description)
		return POLLNVAL;
	if (description->class != &stream_class)
		events = file->events & (IN | OUT);
	else
		events = stream_look(description->connection, file->events, connection);
	description_put(description);
	return events;
}

static int look_at_all(struct pollfd *files, nfds_t count, nacre_handle_t connection)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		/* What is ready now needs nobody to be told of later. */
		files[i].revents = look(&files[i], ready ? NACRE_HANDLE_NONE : connection);
		ready += files[i].revents != 0;
	}
	return ready;
}

/* --- waiting ------------------------------------------------------------------------------------------- */

/* A positive number of files that are ready, 0 after the deadline, or a negative errno. */
static int wait_in(struct mailbox *mailbox, struct pollfd *files, nfds_t count, uint64_t deadline_ns)
{
	struct nacre_received received;
	nacre_err_t error = mailbox_make(mailbox);
	int ready = 0;

	if (error)
		return -ENOMEM;
	while (!ready) {
		ready = look_at_all(files, count, mailbox->connection);
		if (ready)
			break;
		error = NACRE_E_OK;
		if (!interrupted_before(NULL, mailbox->connection))
			error = nacre_server_receive(mailbox->server, deadline_ns, NULL, &received);
		if (interrupted_after())
			return -EINTR;
		if (error == NACRE_E_TIMEOUT)
			return look_at_all(files, count, NACRE_HANDLE_NONE);
		if (error)
			return -EIO;
	}
	return ready;
}

static int poll_until(struct pollfd *files, nfds_t count, uint64_t deadline_ns)
{
	static struct mailbox kept;
	static struct __lock kept_lock;
	struct mailbox own = { 0 };
	int ready = look_at_all(files, count, NACRE_HANDLE_NONE);

	if (ready || !deadline_ns)
		return ready;
	if (lock_try(&kept_lock)) {
		ready = wait_in(&kept, files, count, deadline_ns);
		lock_drop(&kept_lock);
		return ready;
	}
	ready = wait_in(&own, files, count, deadline_ns);
	mailbox_end(&own);
	return ready;
}

static uint64_t deadline_of(int64_t timeout_ns)
{
	return timeout_ns < 0 ? NACRE_DEADLINE_NEVER : timeout_ns ? nacre_deadline_in((uint64_t)timeout_ns) : 0;
}

int poll(struct pollfd *files, nfds_t count, int timeout_ms)
{
	if (count > DESCRIPTORS_MAX)
		return (int)descriptor_result(-EINVAL);
	return (int)descriptor_result(poll_until(files, count, deadline_of(timeout_ms * (int64_t)NACRE_MS)));
}

/* --- select -------------------------------------------------------------------------------------------- */

static bool is_in(const fd_set *set, int file)
{
	return set && FD_ISSET(file, set);
}

/* Takes the set apart into what poll wants. */
static nfds_t files_of(int count, const fd_set *in, const fd_set *out, const fd_set *special, struct pollfd *files)
{
	nfds_t n = 0;

	for (int file = 0; file < count; file++) {
		if (!is_in(in, file) && !is_in(out, file) && !is_in(special, file))
			continue;
		files[n++] = (struct pollfd){ .fd = file, .events = (is_in(in, file) ? POLLIN : 0) | (is_in(out, file) ? POLLOUT : 0) };
	}
	return n;
}

static int keep(fd_set *set, const struct pollfd *file, short events)
{
	if (!is_in(set, file->fd))
		return 0;
	if (file->revents & events)
		return 1;
	FD_CLR(file->fd, set);
	return 0;
}

static int select_until(int count, fd_set *in, fd_set *out, fd_set *special, uint64_t deadline_ns)
{
	struct pollfd files[DESCRIPTORS_MAX];
	nfds_t used;
	int ready, bits = 0;

	if (count < 0 || count > DESCRIPTORS_MAX)
		return -EINVAL;
	used = files_of(count, in, out, special, files);
	ready = poll_until(files, used, deadline_ns);
	if (ready < 0)
		return ready;
	for (nfds_t i = 0; i < used; i++)
		if (files[i].revents & POLLNVAL)
			return -EBADF;
	for (nfds_t i = 0; i < used; i++)
		bits += keep(in, &files[i], POLLIN | POLLHUP | POLLERR) + keep(out, &files[i], POLLOUT | POLLERR) +
			keep(special, &files[i], POLLPRI);
	return bits;
}

int select(int count, fd_set *in, fd_set *out, fd_set *special, struct timeval *timeout)
{
	int64_t ns = timeout ? timeout->tv_sec * (int64_t)NACRE_S + timeout->tv_usec * (int64_t)NACRE_US : -1;

	if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0 || timeout->tv_usec >= 1000000))
		return (int)descriptor_result(-EINVAL);
	return (int)descriptor_result(select_until(count, in, out, special, deadline_of(ns)));
}
