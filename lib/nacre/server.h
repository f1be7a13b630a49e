/* server.h - the loop of a server: receives, checks, dispatches, answers, and never dies of a client.
 *
 * What a server speaks stands in a file of the interface language (doc/interfaces.md), and tool/idl makes its skeleton:
 * a handler for each method, which gets the method's parameters and fills in the answer's.
 *
 *     #include "idl/counter_server.h"
 *
 *     static nacre_status_t get(struct nacre_request *request, const struct counter_get_in *in, struct counter_get_out *out)
 *     {
 *         if (in->index >= COUNT)
 *             return STATUS_NOT_FOUND;
 *         out->value = counters[in->index];
 *         return STATUS_OK;
 *     }
 *     int main(void)
 *     {
 *         static const struct counter_handlers handlers = { .get = get };
 *         return counter_run(&handlers);
 *     }
 *
 * NAME_run serves the handle `server` of this program with one protocol and nothing else. A server that wants more fills
 * in a struct nacre_server: NAME_SERVED_BY(&handlers) makes its struct nacre_protocol, NAME_BUFFER_BYTES says how large
 * its buffer must be. A method without a handler is answered with STATUS_METHOD, so that one protocol can be served in
 * parts, chosen by badge (protocol_of): who may not call a method does not find it.
 *
 * The skeleton answers method 0 itself. Method 1, connect, reaches its handler only where it was forwarded, as by the
 * name server. What a request's parameters must be for a handler to see them, doc/interfaces.md says.
 *
 *   I1  every call is answered exactly once, by the skeleton or, after NACRE_LATER, by NAME_METHOD_answer
 *   I2  handles that came and were not taken (nacre_request_keep) are closed before the next receive
 *   I3  what copied parameters point to stays as it is until the handler returns; with NACRE_LATER a loan alone lives on
 *       until the answer. A lent page may hold anything, change at any moment, and turn into zeroes: copy, then check
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

/* What a handler answers instead of a status when it has not answered yet. Never travels. */
#define NACRE_LATER ((nacre_status_t)0xffffffffu)

/* An answer as it travels. It starts out empty. When the handler answers another status than OK, only words and status
 * go back. */
struct nacre_reply {
	uintptr_t word[5];
	const void *structure;           /* bytes to copy into the caller's segments: these first, ... */
	size_t structure_size;
	const void *data;                /* ... then these; the receive buffer may serve */
	size_t size;
	uint32_t handle_count;
	nacre_handle_t handle[NACRE_LIMIT_HANDLES]; /* duplicates of these go to the caller */
	bool close_handles;              /* close the server's own once they are sent */
};

/* A skeleton: takes a request apart, calls the handler, puts its answer together. */
typedef nacre_status_t nacre_serve(struct nacre_request *request, struct nacre_reply *reply, const void *handlers);

typedef nacre_status_t nacre_handler(struct nacre_request *request, struct nacre_reply *reply);

/* Made by NAME_SERVED_BY. */
struct nacre_protocol {
	uint32_t number, version;
	nacre_serve *serve;
	const void *handlers;
	uint8_t handles;                 /* the most handles that a request brings */
};

struct nacre_server {
	nacre_handle_t handle;                   /* with RECEIVE */
	const struct nacre_protocol *protocol;   /* spoken on every badge ... */
	const struct nacre_protocol *(*protocol_of)(uintptr_t badge); /* ... unless this says otherwise; NULL: refuse. Then
	                                            `protocol` says only how many handles may come; without it, 4 */
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

/* The answer to this call, left for later, waits for the outside world and may take any time (`answer_ms`, nacre/taken.h). */
void nacre_request_patient(const struct nacre_request *request);

/* `answer_ms` of the manifest; without it, `otherwise_ns`. */
uint64_t nacre_server_patience_ns(uint64_t otherwise_ns);

/* Takes handle `index` out of the request: it is the handler's now. */
nacre_handle_t nacre_request_take(struct nacre_request *request, unsigned index);

/* The same by its value: for a parameter that is a handle. */
nacre_handle_t nacre_request_keep(struct nacre_request *request, nacre_handle_t handle);

#ifdef __cplusplus
}
#endif
