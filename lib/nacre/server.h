/* server.h - the skeleton of a server: receives, checks, dispatches, answers, and never dies of a client.
 *
 * A server states its protocol as a table, one row a method, and the skeleton turns away whatever does not fit
 * a row: an unknown method (STATUS_METHOD); too few or too many bytes, a loan or handles that should not be there or
 * are missing (STATUS_MALFORMED). Handlers see only messages of the right shape; what is inside they check.
 *
 *     static nacre_status_t get(struct nacre_request *request, struct nacre_reply *reply)
 *     {
 *         if (request->words.word[0] >= COUNT)
 *             return STATUS_NOT_FOUND;
 *         reply->word[0] = counters[request->words.word[0]];
 *         return STATUS_OK;
 *     }
 *     static const struct nacre_method methods[] = { [COUNTER_GET] = { .handle = get } };
 *     static const struct nacre_protocol protocol = NACRE_PROTOCOL(COUNTER_PROTOCOL, COUNTER_VERSION, methods);
 *     int main(void)
 *     {
 *         static uint32_t buffer[64];
 *         struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &protocol,
 *                                        .buffer = buffer, .buffer_size = sizeof(buffer) };
 *         return nacre_server_run(&server);
 *     }
 *
 * The rules common to all protocols stand in idl/interface.h. The skeleton sees to these: INTERFACE_INFO it answers
 * itself; INTERFACE_CONNECT reaches its handler only where the message was forwarded, as by the name server; no
 * reply is longer than the room that word[4] states.
 *
 *   I1  every call is answered exactly once, by the skeleton or, after reply->later, by nacre_server_answer
 *   I2  handles that came and were not taken (nacre_request_take) are closed before the next receive
 *   I3  request->data and a loan stay valid until the handler returns; with reply->later the loan alone lives on
 *       until the answer. Both may hold anything, and a lent page may turn into zeroes at any moment
 *
 * Does not: start threads. Several threads may each run nacre_server_run with a struct and a buffer of their own. */
#pragma once
#include "abi/nacre_abi.h"
#include <stdbool.h>
#include "idl/interface.h"
#include "nacre/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nacre_request {
	struct nacre_words words;        /* opcode and five words */
	uintptr_t badge;                 /* who: as its connection was minted */
	nacre_token_t token;             /* 0: a send, nobody waits */
	const void *data;                /* bytes that were copied, in the receive buffer, as aligned as that is */
	size_t size;
	void *loan;                      /* pages that were lent, NULL: none */
	size_t loan_size;                /* bytes of them */
	bool loan_writable;
	bool forwarded;
	uint32_t handle_count;
	nacre_handle_t handle[NACRE_LIMIT_HANDLES];
	struct nacre_server *server;
};

/* A reply starts out empty. When the handler answers another status than OK, only words and status go back. */
struct nacre_reply {
	uintptr_t word[5];
	const void *data;                /* bytes to copy into the caller's segments; the receive buffer may serve */
	size_t size;
	uint32_t handle_count;
	nacre_handle_t handle[NACRE_LIMIT_HANDLES]; /* duplicates of these go to the caller */
	bool close_handles;              /* close the server's own once they are sent */
	bool later;                      /* nacre_server_answer will be called with request->token */
};

typedef nacre_status_t nacre_handler(struct nacre_request *request, struct nacre_reply *reply);

enum nacre_loan { NACRE_LOAN_NONE, NACRE_LOAN_READ, NACRE_LOAN_WRITE, NACRE_LOAN_OPTIONAL };

struct nacre_method {
	nacre_handler *handle;           /* NULL: there is no such method */
	uint32_t size_min, size_max;     /* bytes that may come along; 0, 0: none */
	uint8_t handles_min, handles_max; /* handles that may come along; a MOVEd memory is one of them */
	uint8_t loan;                    /* enum nacre_loan; _READ takes a writable loan too */
	bool by_send;                    /* may also be sent, then without an answer */
	bool answers_bytes;              /* word[4] of the request is the room for them; longer replies are cut */
};

struct nacre_protocol {
	uint32_t number, version;
	const struct nacre_method *methods;
	uint32_t count;
};
#define NACRE_PROTOCOL(number, version, methods) \
	{ (number), (version), (methods), sizeof(methods) / sizeof((methods)[0]) }

struct nacre_server {
	nacre_handle_t handle;                   /* with RECEIVE */
	const struct nacre_protocol *protocol;   /* spoken on every badge ... */
	const struct nacre_protocol *(*protocol_of)(uintptr_t badge); /* ... unless this says otherwise; NULL: refuse */
	void *buffer;                            /* this thread's receive buffer */
	size_t buffer_size;

	/* What else can arrive. NULL: dropped (a fault: the faulting process is left waiting, so set it). */
	void (*closed)(uintptr_t badge);         /* the client's last handle went; the badge is free again */
	void (*cancelled)(uintptr_t badge);      /* a parked call of this badge ended: nacre_server_token_check yours */
	void (*signalled)(uintptr_t badge, uintptr_t bits);
	void (*interrupted)(uintptr_t badge);    /* acknowledge it when the device is quiet */
	void (*exited)(uintptr_t badge, uint32_t cause, int32_t code);
	nacre_handler *faulted;                  /* words: opcode cause, then address, pc, thread; data: registers */

	/* Called when deadline_ns has passed, before anything else is received; it sets the next one.
	 * NACRE_DEADLINE_NEVER and no function: no alarm. 0 means never, too, so that a zeroed struct has none. */
	void (*alarm)(struct nacre_server *server);
	uint64_t deadline_ns;

	void *context;                           /* the server's own */
};

/* Serves until the server object is gone; answers 0 then, or the error that stopped it. */
int nacre_server_run(struct nacre_server *server);

/* Answers a call that its handler left for later; `reply` may be NULL, and its handles stay the server's.
 * STALE_TOKEN: the caller has gone. Any other error went to the caller in place of the answer. */
nacre_status_t nacre_server_answer(nacre_token_t token, nacre_status_t status, const struct nacre_reply *reply);

/* Takes handle `index` out of the request: it is the handler's now. */
nacre_handle_t nacre_request_take(struct nacre_request *request, unsigned index);

#ifdef __cplusplus
}
#endif
