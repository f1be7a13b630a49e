/* child_code.h - what the code of children is made of (child.h): they have no memset, no constants and no globals, so
 * every structure is filled by hand, and only as far as it is looked at. */
#pragma once
#include "test/child.h"

CHILD static void words_clear(struct nacre_words *words, uintptr_t opcode)
{
	words->opcode = opcode;
	words->word[0] = words->word[1] = words->word[2] = words->word[3] = words->word[4] = 0;
}

/* The kernel reads no more of a message than its counts say. */
CHILD static void message_clear(struct nacre_message *message)
{
	message->in_count = message->out_count = message->handle_count = message->accept = 0;
	message->pages = NACRE_PAGES_NONE;
}

CHILD static void received_clear(struct nacre_received *in)
{
	in->info = in->badge = in->token = 0;
	in->loan_base = in->loan_pages = 0;
	words_clear(&in->words, 0);
}

/* Asks at the connection for what to work with: an opcode and five words. Waits until whoever answers it sees fit. */
enum { CHILD_ASKS = 1, CHILD_LOST = 255 };
CHILD static void plan_ask(uintptr_t connection, struct nacre_words *plan)
{
	words_clear(plan, CHILD_ASKS);
	if (nacre_connection_call((nacre_handle_t)connection, plan))
		nacre_process_exit(CHILD_LOST);
}
