/* babel_hostile.c - throws malformed messages at a server of test/lang/babel.nid: each is a request that is allowed but
 * for one thing, and what a server answers to it is known. The table is made by the interface compiler.
 * babel-hostile PATH: the server's name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/babel_client.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/random.h"
#include "nacre/startup.h"
#include "test/babel_hostile.h"

enum { RANDOM_MESSAGES = 400, LOAN_PAGES = 8, DATA_BYTES = 4096 };

static nacre_handle_t babel, mailbox;
static struct nacre_area loan;
static uint8_t data[DATA_BYTES];

/* Something of that type, with exactly those rights and TRANSFER; the caller closes it. A program may not send itself
 * away: memory stands for every type that is only there to be the wrong one. */
static nacre_handle_t handle_of(uint8_t object, uint32_t rights)
{
	nacre_handle_t whole = NACRE_HANDLE_NONE, part = NACRE_HANDLE_NONE;

	if (object == NACRE_OBJECT_CONNECTION)
		nacre_connection_mint(mailbox, nacre_self_budget(), 1, 0, 0, 0, &whole);
	else if (object == NACRE_OBJECT_BUDGET)
		nacre_budget_create(nacre_self_budget(), 0, 0, &whole);
	else
		nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_PRIVATE, &whole);
	nacre_handle_duplicate(whole, rights | NACRE_RIGHT_TRANSFER, &part);
	nacre_handle_close(whole);
	return part;
}

static uintptr_t word_of(const struct hostile_message *each, unsigned i)
{
	return (uintptr_t)((uint64_t)each->wide[i] << 32 | each->word[i]);
}

/* Sends one of the table. Answers its status. */
static nacre_status_t throw(const struct hostile_message *each)
{
	static uint8_t room[DATA_BYTES];
	struct nacre_words words = { .opcode = each->opcode };
	struct nacre_message message = { .out_count = 1, .out = { { (uintptr_t)room, sizeof(room) } }, .accept = 4 };
	nacre_status_t status;

	for (unsigned i = 0; i < 5; i++)
		words.word[i] = word_of(each, i);
	if (each->size)
		memcpy(data, each->data, each->size);
	memset(data + each->size, 'a', each->fill);
	message.in_count = each->size + each->fill != 0;
	message.in[0] = (struct nacre_segment){ (uintptr_t)data, each->size + each->fill };
	for (unsigned i = 0; i < each->handle_count; i++)
		message.send[message.handle_count++] = handle_of(each->handle[i].object, each->handle[i].rights);
	if (each->loan) {
		message.pages = each->loan_writable ? NACRE_PAGES_LEND_MUT : NACRE_PAGES_LEND;
		message.page_base = (uintptr_t)loan.base;
		message.page_count = NACRE_PAGES(each->loan);
	}
	status = nacre_answer(nacre_connection_call_message(babel, &words, nacre_deadline_in(NACRE_S), &message, NULL), &words);
	for (unsigned i = 0; i < message.handle_count; i++)
		nacre_handle_close(message.send[i]);
	for (unsigned i = 0; i < message.accept; i++)
		if (message.received[i])
			nacre_handle_close(message.received[i]);
	return status;
}

static unsigned throw_all(const struct hostile_protocol *protocol)
{
	unsigned wrong = 0;

	for (uint32_t i = 0; i < protocol->count; i++) {
		const struct hostile_message *each = &protocol->messages[i];
		nacre_status_t status;

		if (each->only64 && sizeof(uintptr_t) == 4)
			continue;
		status = throw(each);
		if (each->expect ? status == each->expect : status != STATUS_OK && status != NACRE_E_TIMEOUT &&
		    status != NACRE_E_PEER_GONE)
			continue;
		printf("%s: %s: answered %s\n", each->method, each->why, nacre_error_name(status));
		wrong++;
	}
	return wrong;
}

/* A request of the table with one word or one byte changed to anything: whatever comes back, the server lives. */
static void throw_random(const struct hostile_protocol *protocol)
{
	static uint8_t copy[DATA_BYTES];
	struct hostile_message each;
	uint32_t dice[4];

	for (unsigned i = 0; i < RANDOM_MESSAGES; i++) {
		nacre_random_fill(dice, sizeof(dice));
		each = protocol->messages[dice[0] % protocol->count];
		if (each.opcode == BABEL_METHOD_REACH)
			continue; /* which waits, as it should */
		if (each.size && dice[1] & 1) {
			memcpy(copy, each.data, each.size);
			copy[dice[2] % each.size] = (uint8_t)dice[3];
			each.data = copy;
		} else {
			each.word[dice[2] % 5] = dice[3];
		}
		throw(&each);
	}
}

static const struct hostile_protocol *table(void)
{
	const struct hostile_protocol *each = hostile_protocols;

	while (each->number != BABEL_PROTOCOL)
		each++;
	return each;
}

int main(int argc, char **argv)
{
	unsigned wrong;
	uint8_t number;

	if (argc != 2 || babel_connect(argv[1], &babel) || nacre_area_create(&loan, LOAN_PAGES, NACRE_MEMORY_PRIVATE) ||
	    nacre_server_create(nacre_self_budget(), &mailbox)) {
		fprintf(stderr, "babel-hostile: say one path, as in test/babel-rust.\n");
		return EXIT_FAILURE;
	}
	wrong = throw_all(table());
	throw_random(table());
	if (babel_small(babel, 7, 0, 0, 0, false, &number, NULL, NULL, NULL, NULL) || number != 8)
		wrong++;
	printf("%u malformed messages at %s, %u not answered as they should be\n", (unsigned)table()->count, argv[1], wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
