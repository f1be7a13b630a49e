/* stub.h - what the stubs that tool/idl makes are built from. Nobody else calls these. */
#pragma once
#include "abi/nacre_calls.h"
#include <stdbool.h>
#include "nacre/client.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- asking, and asking again ------------------------------------------------------------------------------ */

/* A call that ended with PEER_GONE, from the kernel: the server died with it taken, or the connection is no more. A lasting
 * connection (nacre/names.h) is renewed. The call is made again where that cannot do it twice, or where `again` says that
 * twice is as good as once: once more on a plain connection, up to three times on a lasting one. */
nacre_status_t nacre_stub_gone(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			       struct nacre_message *message, size_t *length, bool again);

/* `again`: the method is idempotent. */
nacre_status_t nacre_stub_ask(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			      struct nacre_message *message, size_t *length, bool again);

/* Words alone. Where the deadline is known to be none, this is the system call and one comparison. */
NACRE_STUB nacre_status_t nacre_stub_call(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words, bool again)
{
	nacre_err_t error;

	if (!__builtin_constant_p(deadline_ns) || deadline_ns != NACRE_DEADLINE_NEVER)
		return nacre_stub_ask(connection, deadline_ns, words, 0, 0, again);
	error = nacre_connection_call(connection, words);
	if (__builtin_expect(error == NACRE_E_PEER_GONE, 0)) {
		/* A copy, so that the words need no memory where all is well. */
		struct nacre_words copy = *words;
		nacre_status_t status = nacre_stub_gone(connection, deadline_ns, &copy, 0, 0, again);

		*words = copy;
		return status;
	}
	return nacre_answer(error, words);
}

/* Set by what makes connections last, so that programs without them do not carry it. Finds what to call in place of
 * `failed`, which stands for `connection`. NOT_FOUND: it does not last. *untouched: no server has seen the call. */
typedef nacre_status_t nacre_stub_renew(nacre_handle_t connection, nacre_handle_t failed, uint64_t deadline_ns,
					nacre_handle_t *renewed, bool *untouched);
extern nacre_stub_renew *nacre_stub_renewer;

/* --- words ------------------------------------------------------------------------------------------------- */

NACRE_STUB uint64_t nacre_stub_u64(const struct nacre_words *words, unsigned place)
{
	return (uint64_t)(uint32_t)words->word[place + 1] << 32 | (uint32_t)words->word[place];
}

/* --- a message header, part by part ------------------------------------------------------------------------ */

/* Without anything. */
NACRE_STUB void nacre_stub_begin(struct nacre_message *message)
{
	message->in_count = message->out_count = message->handle_count = message->accept = 0;
	message->pages = NACRE_PAGES_NONE;
}

/* Bytes to copy there, and room for those that come back. */
NACRE_STUB void nacre_stub_copy(struct nacre_message *message, const void *bytes, size_t size)
{
	message->in[message->in_count].base = (uintptr_t)bytes;
	message->in[message->in_count++].size = size;
}

NACRE_STUB void nacre_stub_room(struct nacre_message *message, void *bytes, size_t size)
{
	message->out[message->out_count].base = (uintptr_t)bytes;
	message->out[message->out_count++].size = size;
}

/* Text ended by a NUL, without that; answers its length. */
size_t nacre_stub_text(struct nacre_message *message, const char *text);

/* A handle; NONE: it is left out. */
NACRE_STUB void nacre_stub_handle(struct nacre_message *message, nacre_handle_t handle)
{
	if (handle != NACRE_HANDLE_NONE)
		message->send[message->handle_count++] = handle;
}

NACRE_STUB void nacre_stub_lend(struct nacre_message *message, const void *pages, size_t size, uint32_t how)
{
	if (!size)
		return;
	message->pages = how;
	message->page_base = (uintptr_t)pages;
	message->page_count = (size + 4095) / 4096;
}

NACRE_STUB void nacre_stub_move(struct nacre_message *message, nacre_handle_t memory)
{
	message->pages = NACRE_PAGES_MOVE;
	message->page_base = memory;
}

NACRE_STUB void nacre_stub_accept(struct nacre_message *message, unsigned count)
{
	message->accept = (uint8_t)count;
	for (unsigned i = 0; i < count; i++)
		message->received[i] = NACRE_HANDLE_NONE;
}

/* --- what came back ---------------------------------------------------------------------------------------- */

/* The kernel refuses some requests before an older server can say that it does not know them: with handles, with pages, or
 * with more bytes than it has room for. Where that happened, and the server is of an older version than this one, the answer
 * is `otherwise`. */
nacre_status_t nacre_stub_version(nacre_handle_t connection, uint64_t deadline_ns, nacre_status_t status, uint32_t version,
				  nacre_status_t otherwise);

/* A struct of `known` bytes here came, `length` bytes of it: what is missing is zeroed, and after an error all of it.
 * MALFORMED: that is none. */
nacre_status_t nacre_stub_struct(nacre_status_t status, void *structure, size_t known, size_t length);

/* The same where a run follows, for which there is `room`. *length: of both, then of the run. */
nacre_status_t nacre_stub_struct_and_run(nacre_status_t status, void *structure, size_t known, void *run, size_t room,
					 size_t *length);

/* Closes the handles that came, and answers the status, where it is an error, or MALFORMED, where fewer than `least` came. */
nacre_status_t nacre_stub_handles(struct nacre_message *message, nacre_status_t status, unsigned least);

/* Gives the caller the handle, or closes it if he does not want it. */
void nacre_stub_give(nacre_handle_t handle, nacre_handle_t *to);

#ifdef __cplusplus
}
#endif
