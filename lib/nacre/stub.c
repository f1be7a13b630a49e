/* stub.c - what the stubs that tool/idl makes are built from. */
#include "nacre/stub.h"
#include "base/bits.h"
#include "base/string.h"

enum { UNIT = 8, RENEWALS_MAX = 3 };

nacre_stub_renew *nacre_stub_renewer;

/* --- asking again ------------------------------------------------------------------------------------------ */

nacre_status_t nacre_stub_gone(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			       struct nacre_message *message, size_t *length, bool again)
{
	nacre_handle_t failed = connection;
	nacre_err_t error = NACRE_E_PEER_GONE;
	bool lasts = true;

	for (unsigned i = 0; lasts && i < RENEWALS_MAX; i++) {
		nacre_status_t status = STATUS_NOT_FOUND;
		nacre_handle_t next = failed;
		bool untouched = false;

		if (nacre_stub_renewer)
			status = nacre_stub_renewer(connection, failed, deadline_ns, &next, &untouched);
		lasts = status != STATUS_NOT_FOUND;
		if (lasts && status != STATUS_OK && status != NACRE_E_PEER_GONE)
			return status;
		/* A renewed one that failed was alive when it was called, unless it was closed already. */
		if (!again && !(untouched && (failed == connection || error == NACRE_E_BAD_HANDLE)))
			return NACRE_E_PEER_GONE;
		error = nacre_connection_call_message(next, words, deadline_ns, message, length);
		/* BAD_HANDLE: another thread has renewed it meanwhile, and closed this one. */
		if (error != NACRE_E_PEER_GONE && !(error == NACRE_E_BAD_HANDLE && next != connection))
			return nacre_answer(error, words);
		failed = next;
	}
	return NACRE_E_PEER_GONE;
}

nacre_status_t nacre_stub_ask(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			      struct nacre_message *message, size_t *length, bool again)
{
	nacre_err_t error = nacre_connection_call_message(connection, words, deadline_ns, message, length);

	return error == NACRE_E_PEER_GONE ? nacre_stub_gone(connection, deadline_ns, words, message, length, again) :
					    nacre_answer(error, words);
}

/* --- messages ---------------------------------------------------------------------------------------------- */

size_t nacre_stub_text(struct nacre_message *message, const char *text)
{
	size_t length = string_length(text);

	nacre_stub_copy(message, text, length);
	return length;
}

nacre_status_t nacre_stub_version(nacre_handle_t connection, uint64_t deadline_ns, nacre_status_t status, uint32_t version,
				  nacre_status_t otherwise)
{
	struct nacre_words words = { .opcode = INTERFACE_INFO };

	if (status != NACRE_E_HANDLE_ROOM && status != NACRE_E_WINDOW_FULL && status != NACRE_E_TOO_LONG)
		return status;
	if (nacre_ask_until(connection, deadline_ns, &words, NULL, NULL) != STATUS_OK)
		return status;
	return words.word[1] < version ? otherwise : status;
}

/* Bytes of the struct as its sender knew it; 0 where that cannot be. */
static size_t struct_size(const void *structure, size_t known, size_t length)
{
	uint32_t size;

	if (known < UNIT || length < UNIT)
		return 0;
	memcpy(&size, structure, sizeof(size));
	return size >= UNIT && size <= known && size <= length && size % UNIT == 0 ? size : 0;
}

nacre_status_t nacre_stub_struct(nacre_status_t status, void *structure, size_t known, size_t length)
{
	size_t size = status ? 0 : struct_size(structure, known, length);

	if (!status && (!size || size != length))
		status = STATUS_MALFORMED;
	if (status)
		size = 0;
	memset((char *)structure + size, 0, known - size);
	return status;
}

/* An older server's struct is shorter than the room it had: then the run began in there. */
static nacre_status_t run_move(const char *early_part, size_t early, size_t late, char *run, size_t room)
{
	if (early + late > room)
		return NACRE_E_TOO_LONG;
	if (early) {
		memmove(run + early, run, late);
		memcpy(run, early_part, early);
	}
	return STATUS_OK;
}

nacre_status_t nacre_stub_struct_and_run(nacre_status_t status, void *structure, size_t known, void *run, size_t room,
					 size_t *length)
{
	size_t size = status ? 0 : struct_size(structure, known, *length), early;

	if (!status && !size)
		status = STATUS_MALFORMED;
	if (!status) {
		*length -= size;
		early = min_size(known - size, *length);
		status = run_move((char *)structure + size, early, *length - early, run, room);
	}
	if (status)
		size = 0;
	memset((char *)structure + size, 0, known - size);
	return status;
}

nacre_status_t nacre_stub_handles(struct nacre_message *message, nacre_status_t status, unsigned least)
{
	if (status == STATUS_OK && (!least || message->received[least - 1]))
		return STATUS_OK;
	for (unsigned i = 0; i < message->accept; i++) {
		nacre_stub_give(message->received[i], NULL);
		message->received[i] = NACRE_HANDLE_NONE;
	}
	return status == STATUS_OK ? STATUS_MALFORMED : status;
}

void nacre_stub_give(nacre_handle_t handle, nacre_handle_t *to)
{
	if (to)
		*to = handle;
	else if (handle != NACRE_HANDLE_NONE)
		nacre_handle_close(handle);
}
