/* client.c - asking a server. */
#include "nacre/client.h"
#include "abi/nacre_calls.h"

nacre_status_t nacre_ask(nacre_handle_t connection, struct nacre_words *words)
{
	return nacre_answer(nacre_connection_call(connection, words), words);
}

nacre_status_t nacre_ask_until(nacre_handle_t connection, uint64_t deadline_ns, struct nacre_words *words,
			       struct nacre_message *message, size_t *length)
{
	nacre_err_t error = nacre_connection_call_message(connection, words, deadline_ns, message, length);

	return nacre_answer(error, words);
}

nacre_status_t nacre_ask_message(nacre_handle_t connection, struct nacre_words *words, struct nacre_message *message,
				 size_t *length)
{
	return nacre_ask_until(connection, NACRE_DEADLINE_NEVER, words, message, length);
}

nacre_status_t nacre_ask_bytes(nacre_handle_t connection, struct nacre_words *words, const void *in, size_t in_size,
			       void *out, size_t out_size, size_t *length)
{
	struct nacre_message message;

	message.in_count = in_size != 0;
	message.out_count = out_size != 0;
	message.handle_count = message.accept = 0;
	message.pages = NACRE_PAGES_NONE;
	message.in[0] = (struct nacre_segment){ (uintptr_t)in, in_size };
	message.out[0] = (struct nacre_segment){ (uintptr_t)out, out_size };
	if (out_size)
		words->word[4] = out_size;
	return nacre_ask_message(connection, words, &message, length);
}

nacre_status_t nacre_ask_handle(nacre_handle_t connection, struct nacre_words *words, const void *in, size_t in_size,
				nacre_handle_t *handle)
{
	struct nacre_message message;
	nacre_status_t status;

	message.in_count = in_size != 0;
	message.out_count = message.handle_count = 0;
	message.accept = 1;
	message.pages = NACRE_PAGES_NONE;
	message.in[0] = (struct nacre_segment){ (uintptr_t)in, in_size };
	message.received[0] = NACRE_HANDLE_NONE;
	status = nacre_ask_message(connection, words, &message, NULL);
	*handle = message.received[0];
	return status;
}

nacre_status_t nacre_tell_bytes(nacre_handle_t connection, const struct nacre_words *words, const void *in, size_t in_size)
{
	struct nacre_message message;

	message.in_count = in_size != 0;
	message.out_count = message.handle_count = message.accept = 0;
	message.pages = NACRE_PAGES_NONE;
	message.in[0] = (struct nacre_segment){ (uintptr_t)in, in_size };
	return nacre_connection_send(connection, words, &message);
}

nacre_status_t nacre_interface_check_until(nacre_handle_t connection, uint64_t deadline_ns, uint32_t protocol, uint32_t version)
{
	struct nacre_words words = { .opcode = INTERFACE_INFO };
	nacre_status_t status = nacre_ask_until(connection, deadline_ns, &words, NULL, NULL);

	/* The server died with the question; its successor can say it as well. */
	if (status == NACRE_E_PEER_GONE) {
		words = (struct nacre_words){ .opcode = INTERFACE_INFO };
		status = nacre_ask_until(connection, deadline_ns, &words, NULL, NULL);
	}
	if (status)
		return status;
	if (words.word[0] != protocol)
		return STATUS_NOT_FOUND;
	return words.word[1] >> 16 == version >> 16 && words.word[1] >= version ? STATUS_OK : STATUS_METHOD;
}

nacre_status_t nacre_interface_check(nacre_handle_t connection, uint32_t protocol, uint32_t version)
{
	return nacre_interface_check_until(connection, NACRE_DEADLINE_NEVER, protocol, version);
}
