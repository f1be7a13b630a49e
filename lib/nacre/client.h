/* client.h - asking a server: one call, one error to look at.
 *
 * Programs use the stubs that tool/idl makes of a protocol ("idl/NAME_client.h"), which stand on these. A call can fail on
 * the way (the kernel's error) or be refused by the server (the status of the answer); both are one result here. On
 * STATUS_OK the answer's words are in words->word[]. Where bytes come back, nacre_ask_bytes fills in word[4], the room, as
 * doc/interfaces.md asks. */
#pragma once
#include "abi/nacre_abi.h"
#include "idl/interface.h"
#include "nacre/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Six words each way: the fast path. */
nacre_status_t nacre_ask(nacre_handle_t connection, struct nacre_words *words);

/* With bytes to the server, and room for bytes back (either may be NULL, 0). *length: bytes that came; may be NULL. */
nacre_status_t nacre_ask_bytes(nacre_handle_t connection, struct nacre_words *words, const void *in, size_t in_size,
			    void *out, size_t out_size, size_t *length);

/* With bytes to the server and one handle back. */
nacre_status_t nacre_ask_handle(nacre_handle_t connection, struct nacre_words *words, const void *in, size_t in_size,
			     nacre_handle_t *handle);

/* With a header of the caller's making. */
nacre_status_t nacre_ask_message(nacre_handle_t connection, struct nacre_words *words, struct nacre_message *message,
			      size_t *length);

/* The same, until a deadline: TIMEOUT. `message` and `length` may be NULL. */
nacre_status_t nacre_ask_until(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			       struct nacre_message *message, size_t *length);

/* Bytes without waiting: nacre_connection_send of at most NACRE_LIMIT_SEND_BYTES. */
nacre_status_t nacre_tell_bytes(nacre_handle_t connection, const struct nacre_words *words, const void *in, size_t in_size);

/* Folds the kernel's error and the server's status. What is no status at all is MALFORMED: a server that passes its
 * answer on must not be made to say what only it may. */
static inline nacre_status_t nacre_answer(nacre_err_t error, const struct nacre_words *words)
{
	if (error)
		return error;
	return words->opcode <= NACRE_STATUS_MAX ? (nacre_status_t)words->opcode : (nacre_status_t)STATUS_MALFORMED;
}

/* Does the server behind a connection speak this protocol, in this major version and at least this minor one?
 * STATUS_NOT_FOUND: it speaks another. STATUS_METHOD: another version. */
nacre_status_t nacre_interface_check(nacre_handle_t connection, uint32_t protocol, uint32_t version);
nacre_status_t nacre_interface_check_until(nacre_handle_t connection, uint64_t deadline_ns, uint32_t protocol, uint32_t version);

#ifdef __cplusplus
}
#endif
