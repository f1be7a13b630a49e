/* table.h - a protocol as a table of methods that is made at run time: for servers whose methods no compiler knows, as in
 * scripts. Everybody else writes a file of the interface language, and gets a skeleton that checks more (server.h).
 *
 *     static const struct nacre_method methods[] = { [COUNTER_ECHO] = { .handle = echo, .size_max = 64, .answers_bytes = true } };
 *     static const struct nacre_table table = NACRE_TABLE(methods);
 *     static const struct nacre_protocol protocol = NACRE_TABLE_PROTOCOL(number, version, &table);
 *
 * A row says what may come along, and only that is checked: how many bytes and handles, and whether pages are lent. What is
 * inside the handler checks. An answer's bytes are cut to the room that word 4 of the request states. */
#pragma once
#include "nacre/server.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nacre_loan { NACRE_LOAN_NONE, NACRE_LOAN_READ, NACRE_LOAN_WRITE, NACRE_LOAN_OPTIONAL };

struct nacre_method {
	nacre_handler *handle;           /* NULL: there is no such method */
	uint32_t size_min, size_max;     /* bytes that may come along; 0, 0: none */
	uint8_t handles_min, handles_max; /* handles that may come along; a MOVEd memory is one of them */
	uint8_t loan;                    /* enum nacre_loan; _READ takes a writable loan too */
	bool by_send;                    /* may also be sent, then without an answer */
	bool answers_bytes;              /* word[4] of the request is the room for them; longer replies are cut */
};

struct nacre_table {
	const struct nacre_method *methods; /* by number */
	uint32_t count;
};
#define NACRE_TABLE(methods_) { (methods_), sizeof(methods_) / sizeof((methods_)[0]) }

/* The skeleton; `table` is a struct nacre_table. */
nacre_status_t nacre_serve_table(struct nacre_request *request, struct nacre_reply *reply, const void *table);

#define NACRE_TABLE_PROTOCOL(number_, version_, table_) \
	{ (number_), (version_), nacre_serve_table, (table_), NACRE_LIMIT_HANDLES }

#ifdef __cplusplus
}
#endif
