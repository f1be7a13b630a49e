/* names.c - the client of the name server. */
#include "nacre/names.h"
#include "abi/nacre_calls.h"
#include "idl/names_client.h"
#include "nacre/startup.h"

/* Who was asked, names or the service, may die with the call. Twice does no harm: a connection that nobody was told of is closed
 * with the answer. */
enum { TRIES = 4 };

static nacre_status_t connect_to(const char *path, enum names_patience patience, nacre_handle_t *connection)
{
	nacre_handle_t names = nacre_startup_handle("names");
	nacre_status_t status = STATUS_NOT_FOUND;

	*connection = NACRE_HANDLE_NONE;
	for (unsigned i = 0; names && i < TRIES; i++) {
		status = names_lookup(names, patience, path, connection);
		if (status != NACRE_E_PEER_GONE)
			break;
	}
	return status;
}

nacre_status_t nacre_connect(const char *path, nacre_handle_t *connection)
{
	return connect_to(path, NAMES_PATIENCE_WAIT, connection);
}

nacre_status_t nacre_connect_now(const char *path, nacre_handle_t *connection)
{
	return connect_to(path, NAMES_PATIENCE_NOW, connection);
}

nacre_status_t nacre_connect_interface(const char *path, uint32_t protocol, uint32_t version, bool now,
				       nacre_handle_t *connection)
{
	nacre_status_t status = connect_to(path, now ? NAMES_PATIENCE_NOW : NAMES_PATIENCE_WAIT, connection);

	if (status)
		return status;
	status = nacre_interface_check(*connection, protocol, version);
	if (status) {
		nacre_handle_close(*connection);
		*connection = NACRE_HANDLE_NONE;
	}
	return status;
}
