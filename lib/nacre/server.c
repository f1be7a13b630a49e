/* server.c - the skeleton of a server.
 *
 * A turn answers the last call and receives the next message in one system call: by registers alone where the
 * answer has neither bytes nor handles and nothing but words can come, else with a header. The kernel refuses a
 * header as a whole where one half cannot be done (the answer is longer than the caller's room, say); the turn is
 * then taken in two steps, and the caller hears of the error that was his. */
#include "nacre/server.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "nacre/taken.h"

struct turn {
	struct nacre_server *server;
	struct nacre_words answer;       /* to the caller behind `token` ... */
	nacre_token_t token;             /* ... 0: nobody waits for one */
	struct nacre_reply reply;        /* what goes with the answer */
	struct nacre_message message;
	struct nacre_received received;
	uint8_t accept;                  /* the most handles that any method takes */
	bool watched;                    /* by nacre/taken.h; most servers are not, and pay for no more than asking */
};

/* --- receiving and answering ------------------------------------------------------------------------------- */

static uint64_t alarm_ns(const struct nacre_server *server)
{
	return server->alarm && server->deadline_ns ? server->deadline_ns : NACRE_DEADLINE_NEVER;
}

static inline __attribute__((always_inline)) uint64_t deadline_of(const struct turn *turn)
{
	uint64_t own_ns = alarm_ns(turn->server), taken_ns;

	if (!turn->watched)
		return own_ns;
	taken_ns = taken_deadline_ns();
	return own_ns < taken_ns ? own_ns : taken_ns;
}

/* Spelt out, here and below: the functions that the compiler calls to copy and clear took half of a turn's instructions. */
static void words_set(uintptr_t to[5], uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e)
{
	to[0] = a;
	to[1] = b;
	to[2] = c;
	to[3] = d;
	to[4] = e;
}

static void words_copy(uintptr_t to[5], const uintptr_t from[5])
{
	words_set(to, from[0], from[1], from[2], from[3], from[4]);
}

static void reply_clear(struct nacre_reply *reply)
{
	words_set(reply->word, 0, 0, 0, 0, 0);
	reply->structure_size = reply->size = 0;
	reply->handle_count = 0;
	reply->close_handles = false;
}

/* Puts a reply's bytes and handles into a header. */
static void message_fill(struct nacre_message *message, const struct nacre_reply *reply)
{
	message->in_count = reply->structure_size || reply->size ? 2 : 0;
	message->out_count = 0;
	message->handle_count = (uint8_t)reply->handle_count;
	message->accept = 0;
	message->pages = NACRE_PAGES_NONE;
	message->in[0] = (struct nacre_segment){ (uintptr_t)reply->structure, reply->structure_size };
	message->in[1] = (struct nacre_segment){ (uintptr_t)reply->data, reply->size };
	for (uint32_t i = 0; i < reply->handle_count; i++)
		message->send[i] = reply->handle[i];
}

static void handles_close(nacre_handle_t *handles, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (handles[i])
			nacre_handle_close(handles[i]);
}

static nacre_err_t receive_alone(struct turn *turn)
{
	nacre_handle_t server = turn->server->handle;
	uint64_t deadline_ns = deadline_of(turn);
	nacre_err_t error;

	turn->message.accept = turn->accept;
	error = nacre_server_receive(server, deadline_ns, &turn->message, &turn->received);
	if (error != NACRE_E_HANDLE_ROOM && error != NACRE_E_BUDGET)
		return error;
	/* No room for handles now: serve those who bring none. */
	turn->message.accept = 0;
	return nacre_server_receive(server, deadline_ns, &turn->message, &turn->received);
}

static void reply_handles_close(struct nacre_reply *reply)
{
	if (reply->close_handles)
		handles_close(reply->handle, reply->handle_count);
	reply->handle_count = 0;
}

static nacre_err_t exchange_in_two_steps(struct turn *turn)
{
	nacre_err_t error = NACRE_E_OK;

	message_fill(&turn->message, &turn->reply);
	if (turn->token)
		error = nacre_server_reply(&turn->answer, turn->token, &turn->message);
	if (error) {
		struct nacre_words refusal = { .opcode = error };

		nacre_server_reply(&refusal, turn->token, NULL);
	}
	reply_handles_close(&turn->reply);
	return receive_alone(turn);
}

static nacre_err_t exchange(struct turn *turn)
{
	uint64_t deadline_ns = deadline_of(turn);
	nacre_err_t error;

	/* What is to be closed must not wait for the next message. */
	if (turn->reply.close_handles)
		return exchange_in_two_steps(turn);
	if (!turn->reply.structure_size && !turn->reply.size && !turn->reply.handle_count && !turn->accept &&
	    deadline_ns == NACRE_DEADLINE_NEVER)
		return nacre_server_reply_and_receive(turn->server->handle, &turn->answer, turn->token, &turn->received);
	message_fill(&turn->message, &turn->reply);
	turn->message.accept = turn->accept;
	error = nacre_server_reply_and_receive_message(turn->server->handle, &turn->answer, turn->token, deadline_ns,
						       &turn->message, &turn->received);
	if (error == NACRE_E_OK || error == NACRE_E_TIMEOUT || error == NACRE_E_PEER_GONE)
		return error;
	return exchange_in_two_steps(turn);
}

/* Answers what is to be answered and waits for the next message. */
static nacre_err_t turn_take(struct turn *turn)
{
	nacre_err_t error = exchange(turn);

	turn->token = 0;
	reply_clear(&turn->reply);
	return error;
}

/* --- requests ---------------------------------------------------------------------------------------------- */

nacre_handle_t nacre_request_take(struct nacre_request *request, unsigned index)
{
	nacre_handle_t handle = request->handle[index];

	request->handle[index] = NACRE_HANDLE_NONE;
	return handle;
}

nacre_handle_t nacre_request_keep(struct nacre_request *request, nacre_handle_t handle)
{
	for (uint32_t i = 0; i < request->handle_count; i++)
		if (request->handle[i] == handle)
			request->handle[i] = NACRE_HANDLE_NONE;
	return handle;
}

void nacre_request_patient(const struct nacre_request *request)
{
	taken_forget(request->token);
}

uint64_t nacre_server_patience_ns(uint64_t otherwise_ns)
{
	uint64_t patience_ns = taken_patience_ns();

	return patience_ns ? patience_ns : otherwise_ns;
}

static void request_read(struct nacre_request *request, const struct turn *turn)
{
	const struct nacre_received *received = &turn->received;
	uint32_t handles = received->info >> NACRE_INFO_HANDLES_SHIFT & 7;

	request->words.opcode = received->words.opcode;
	words_copy(request->words.word, received->words.word);
	request->badge = received->badge;
	request->token = received->token;
	request->data = turn->server->buffer;
	request->size = received->length;
	request->loan = received->loan_pages ? (void *)received->loan_base : NULL;
	request->loan_size = received->loan_pages * NACRE_PAGE_BYTES;
	request->loan_writable = received->info & NACRE_INFO_LOAN_WRITABLE;
	request->forwarded = received->info & NACRE_INFO_FORWARDED;
	request->handle_count = handles < NACRE_LIMIT_HANDLES ? handles : NACRE_LIMIT_HANDLES;
	request->server = turn->server;
	for (uint32_t i = 0; i < request->handle_count; i++)
		request->handle[i] = turn->message.received[i];
}

static const struct nacre_protocol *protocol_at(const struct nacre_server *server, uintptr_t badge)
{
	return server->protocol_of ? server->protocol_of(badge) : server->protocol;
}

static nacre_status_t interface_info(const struct nacre_protocol *protocol, struct nacre_reply *reply)
{
	reply->word[0] = protocol->number;
	reply->word[1] = protocol->version;
	return STATUS_OK;
}

static inline __attribute__((always_inline)) nacre_status_t request_serve(struct nacre_request *request, struct nacre_reply *reply)
{
	const struct nacre_protocol *protocol = protocol_at(request->server, request->badge);

	if (!protocol)
		return STATUS_DENIED;
	if (request->words.opcode == INTERFACE_INFO)
		return interface_info(protocol, reply);
	return protocol->serve(request, reply, protocol->handlers);
}

/* The same, and the call is watched until it is answered. */
static __attribute__((noinline)) nacre_status_t watched_serve(struct nacre_request *request, struct nacre_reply *reply)
{
	nacre_status_t status;

	taken_add(request->token, request->badge);
	status = request_serve(request, reply);
	if (status != NACRE_LATER)
		taken_forget(request->token);
	return status;
}

/* Makes the answer to a call out of what its handler said. */
static void answer_set(struct turn *turn, nacre_token_t token, nacre_status_t status)
{
	struct nacre_reply *reply = &turn->reply;

	if (status == NACRE_LATER || !token) {
		reply_handles_close(reply);
		reply_clear(reply);
		return;
	}
	turn->token = token;
	turn->answer.opcode = status;
	words_copy(turn->answer.word, reply->word);
	if (status == STATUS_OK)
		return;
	reply_handles_close(reply);
	reply_clear(reply);
}

static void request_handle(struct turn *turn)
{
	struct nacre_request request NOT_CLEARED;
	nacre_status_t status;

	request_read(&request, turn);
	status = turn->watched ? watched_serve(&request, &turn->reply) : request_serve(&request, &turn->reply);
	handles_close(request.handle, request.handle_count);
	answer_set(turn, request.token, status);
}

static void fault_handle(struct turn *turn)
{
	struct nacre_request request NOT_CLEARED;

	if (!turn->server->faulted)
		return;
	request_read(&request, turn);
	answer_set(turn, request.token, turn->server->faulted(&request, &turn->reply));
}

/* --- what is not a request --------------------------------------------------------------------------------- */

/* Init asks whether this loop is alive: answered for every server, whose own code hears nothing of it. */
static void ping_answer(void)
{
	nacre_handle_t heartbeat = nacre_startup_handle("heartbeat");

	if (heartbeat)
		nacre_connection_signal(heartbeat, 1);
}

static void signal_handle(struct nacre_server *server, uintptr_t badge, uintptr_t bits)
{
	uintptr_t others = bits & ~(uintptr_t)(NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED);

	if (badge == INTERFACE_BADGE_CONTROL && others & INTERFACE_SIGNAL_PING) {
		others &= ~(uintptr_t)INTERFACE_SIGNAL_PING;
		ping_answer();
	}

	if (others && server->signalled)
		server->signalled(badge, others);
	if (bits & NACRE_SIGNAL_CANCELLED && server->cancelled) {
		server->cancelled(badge);
		taken_cancelled(badge); /* now: to ask after a token gives up its pages */
	}
	if (bits & NACRE_SIGNAL_CLOSED && server->closed)
		server->closed(badge); /* last: the badge may be given out again from here on */
}

static void message_handle(struct turn *turn)
{
	const struct nacre_received *received = &turn->received;
	struct nacre_server *server = turn->server;

	switch (received->info & NACRE_INFO_KIND) {
	case NACRE_KIND_CALL:
	case NACRE_KIND_SEND:
		request_handle(turn);
		break;
	case NACRE_KIND_SIGNAL:
		signal_handle(server, received->badge, received->words.word[0]);
		break;
	case NACRE_KIND_INTERRUPT:
		if (server->interrupted)
			server->interrupted(received->badge);
		break;
	case NACRE_KIND_FAULT:
		fault_handle(turn);
		break;
	case NACRE_KIND_EXIT:
		if (server->exited)
			server->exited(received->badge, (uint32_t)received->words.word[0], (int32_t)received->words.word[1]);
		break;
	}
}

/* --- the loop ---------------------------------------------------------------------------------------------- */

/* Protocols chosen by badge are not known beforehand, unless the server names the one that takes the most. */
static uint8_t handles_wanted(const struct nacre_server *server)
{
	return server->protocol ? server->protocol->handles : (uint8_t)NACRE_LIMIT_HANDLES;
}

/* Under a steady stream of messages the receive would never time out. */
static bool alarm_is_due(const struct nacre_server *server)
{
	uint64_t deadline_ns = alarm_ns(server);

	return deadline_ns != NACRE_DEADLINE_NEVER && nacre_clock_ns() >= deadline_ns;
}

int nacre_server_run(struct nacre_server *server)
{
	struct turn turn = { .server = server, .accept = handles_wanted(server) };
	nacre_err_t error = nacre_thread_buffer_set(server->buffer, server->buffer_size);

	turn.watched = taken_begin();
	while (error == NACRE_E_OK || error == NACRE_E_TIMEOUT) {
		if (turn.watched)
			taken_watch();
		if (alarm_is_due(server))
			server->alarm(server);
		error = turn_take(&turn);
		if (error == NACRE_E_OK)
			message_handle(&turn);
	}
	return error == NACRE_E_PEER_GONE ? 0 : (int)error;
}

nacre_status_t nacre_server_answer(nacre_token_t token, nacre_status_t status, const struct nacre_reply *reply)
{
	static const struct nacre_reply nothing;
	struct nacre_words words = { .opcode = status };
	struct nacre_message message;
	nacre_err_t error;

	taken_forget(token);
	reply = reply ? reply : &nothing;
	for (unsigned i = 0; i < ARRAY_SIZE(reply->word); i++)
		words.word[i] = reply->word[i];
	message_fill(&message, status == STATUS_OK ? reply : &nothing);
	error = nacre_server_reply(&words, token, &message);
	if (error != NACRE_E_OK && error != NACRE_E_STALE_TOKEN && error != NACRE_E_PEER_FAULT) {
		words = (struct nacre_words){ .opcode = error };
		nacre_server_reply(&words, token, NULL);
	}
	return error;
}
