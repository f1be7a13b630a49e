/* names.c - the client of the name server. */
#include "nacre/names.h"
#include "base/string.h"
#include "idl/names.h"
#include "nacre/client.h"
#include "nacre/startup.h"

static nacre_status_t connect_to(const char *path, uintptr_t patience, nacre_handle_t *connection)
{
	nacre_handle_t names = nacre_startup_handle("names");
	struct nacre_words words = { .opcode = NAMES_CONNECT, .word = { patience } };
	nacre_status_t status;

	*connection = NACRE_HANDLE_NONE;
	if (!names)
		return STATUS_NOT_FOUND;
	status = nacre_ask_handle(names, &words, path, string_length(path), connection);
	return status == STATUS_OK && !*connection ? (nacre_status_t)NACRE_E_HANDLE_ROOM : status;
}

nacre_status_t nacre_connect(const char *path, nacre_handle_t *connection)
{
	return connect_to(path, NAMES_WAIT, connection);
}

nacre_status_t nacre_connect_now(const char *path, nacre_handle_t *connection)
{
	return connect_to(path, NAMES_NOW, connection);
}
