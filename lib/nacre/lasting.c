/* lasting.c - connections that outlive their server: connected anew by the name, under the handle that was given out.
 *
 *     given out: first ----> (dead, kept open)         a stub calls `first`, hears PEER_GONE, and asks here
 *     stands for: current -> the server there is now
 *
 * Where the mailbox outlives the server's process, the connection is good for the successor: current stays first. So once they
 * differ, first is dead, and a call on it was seen by nobody. That one call may be in flight while another thread renews is the
 * gap: it then counts as unseen.
 *
 * The lock covers the table and is never held over a call. */
#include "abi/nacre_calls.h"
#include "idl/names_client.h"
#include "libc/lock.h"
#include "nacre/names.h"
#include "nacre/startup.h"
#include "nacre/stub.h"

static struct lasting {
	const char *path;              /* NULL: free */
	uint32_t protocol, version;
	nacre_handle_t first, current;
} connections[NACRE_LASTING_MAX];
static struct __lock lock;

static struct lasting *find(nacre_handle_t first)
{
	for (struct lasting *each = connections; each < connections + NACRE_LASTING_MAX; each++)
		if (each->path && each->first == first)
			return each;
	return NULL;
}

static bool take_copy(nacre_handle_t first, struct lasting *copy)
{
	const struct lasting *entry;

	lock_take(&lock);
	entry = find(first);
	if (entry)
		*copy = *entry;
	lock_drop(&lock);
	return entry;
}

static nacre_status_t connect_until(const struct lasting *entry, uint64_t deadline_ns, nacre_handle_t *connection)
{
	nacre_status_t status = names_lookup_until(nacre_startup_handle("names"), deadline_ns, NAMES_PATIENCE_WAIT, entry->path, connection);

	if (!status)
		status = nacre_interface_check_until(*connection, deadline_ns, entry->protocol, entry->version);
	if (status && *connection) {
		nacre_handle_close(*connection);
		*connection = NACRE_HANDLE_NONE;
	}
	return status;
}

/* Another thread may have been faster: then its connection is as good. */
static nacre_handle_t put(nacre_handle_t first, nacre_handle_t failed, nacre_handle_t renewed)
{
	nacre_handle_t closed = renewed, current = NACRE_HANDLE_NONE;
	struct lasting *entry;

	lock_take(&lock);
	entry = find(first);
	if (entry && entry->current == failed) {
		closed = failed;
		entry->current = renewed;
	}
	if (entry)
		current = entry->current;
	lock_drop(&lock);
	if (closed != first)
		nacre_handle_close(closed);
	return current;
}

/* A message that is malformed is never sent; but that the server is gone is found first. */
static bool is_dead(nacre_handle_t connection)
{
	struct nacre_message message = { .in_count = UINT8_MAX };
	struct nacre_words words = { 0 };

	return nacre_connection_send(connection, &words, &message) == NACRE_E_PEER_GONE;
}

static nacre_status_t renew(nacre_handle_t first, nacre_handle_t failed, uint64_t deadline_ns, nacre_handle_t *renewed,
			    bool *untouched)
{
	struct lasting entry;
	nacre_handle_t connection;
	nacre_status_t status;

	if (!take_copy(first, &entry))
		return STATUS_NOT_FOUND;
	*untouched = entry.current != failed;
	*renewed = entry.current;
	if (*untouched || !is_dead(failed))
		return STATUS_OK;
	status = connect_until(&entry, deadline_ns, &connection);
	if (status)
		return status == STATUS_NOT_FOUND ? NACRE_E_PEER_GONE : status;
	*renewed = put(first, failed, connection);
	return *renewed ? STATUS_OK : NACRE_E_PEER_GONE;
}

nacre_status_t nacre_connect_lasting(const char *path, uint32_t protocol, uint32_t version, nacre_handle_t *connection)
{
	nacre_status_t status = nacre_connect_interface(path, protocol, version, false, connection);
	struct lasting *entry = connections;

	if (status)
		return status;
	lock_take(&lock);
	while (entry < connections + NACRE_LASTING_MAX && entry->path)
		entry++;
	if (entry < connections + NACRE_LASTING_MAX) {
		*entry = (struct lasting){ path, protocol, version, *connection, *connection };
		nacre_stub_renewer = renew;
		lock_drop(&lock);
		return STATUS_OK;
	}
	lock_drop(&lock);
	nacre_handle_close(*connection);
	*connection = NACRE_HANDLE_NONE;
	return STATUS_FULL;
}

void nacre_lasting_end(nacre_handle_t connection)
{
	nacre_handle_t current = connection;
	struct lasting *entry;

	lock_take(&lock);
	entry = find(connection);
	if (entry) {
		current = entry->current;
		entry->path = NULL;
	}
	lock_drop(&lock);
	if (current != connection)
		nacre_handle_close(current);
}

void nacre_lasting_close(nacre_handle_t connection)
{
	nacre_lasting_end(connection);
	nacre_handle_close(connection);
}
