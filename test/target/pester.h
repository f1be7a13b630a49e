/* pester.h - sends a server what no honest client would, and sees that it answers and lives.
 *
 * Every method number that is asked for gets: words of 0 and of -1; one byte, and more bytes than any method takes;
 * one handle and four; a page lent where none belongs; a send in place of a call. Whatever comes back is right, but
 * something must come back in time, and afterwards the server must still say who it is. */
#pragma once
#include "abi/nacre_calls.h"
#include "idl/interface.h"
#include "nacre/area.h"
#include "nacre/client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "test/test.h"

enum { PESTER_BYTES = 4096 };

struct pester {
	nacre_handle_t connection;
	struct nacre_area page;
};

/* A call that fills words and message as it likes; parked ones are ended by the deadline. */
static inline void pester_call(const struct pester *pester, uintptr_t opcode, uintptr_t word, struct nacre_message *message)
{
	struct nacre_words words = { .opcode = opcode, .word = { word, word, word, word, word } };
	nacre_err_t error;

	error = nacre_connection_call_message(pester->connection, &words, nacre_deadline_in(20 * NACRE_MS), message, NULL);
	EXPECT(error != NACRE_E_PEER_GONE && error != NACRE_E_BAD_HANDLE);
	for (unsigned i = 0; message && !error && i < message->accept; i++)
		if (message->received[i])
			nacre_handle_close(message->received[i]);
}

static inline void pester_bytes(const struct pester *pester, uintptr_t opcode, size_t size)
{
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)pester->page.base, size } } };

	pester_call(pester, opcode, 0, &message);
	pester_call(pester, opcode, UINTPTR_MAX, &message);
}

static inline void pester_handles(const struct pester *pester, uintptr_t opcode, uint8_t count)
{
	nacre_handle_t self = pester->connection;
	struct nacre_message message = { .handle_count = count, .send = { self, self, self, self }, .accept = 4 };

	pester_call(pester, opcode, 1, &message);
}

static inline void pester_loan(const struct pester *pester, uintptr_t opcode)
{
	struct nacre_message message = { .pages = NACRE_PAGES_LEND_MUT, .page_base = (uintptr_t)pester->page.base,
					 .page_count = 1 };

	pester_call(pester, opcode, 0, &message);
}

static inline void pester_send(const struct pester *pester, uintptr_t opcode)
{
	struct nacre_words words = { .opcode = opcode };

	nacre_connection_send(pester->connection, &words, NULL); /* most connections have no slots: refused, fine */
}

static inline void pester_method(const struct pester *pester, uintptr_t opcode)
{
	struct nacre_message nothing = { 0 };

	pester_call(pester, opcode, 0, &nothing);
	pester_call(pester, opcode, UINTPTR_MAX, &nothing);
	pester_bytes(pester, opcode, 1);
	pester_bytes(pester, opcode, PESTER_BYTES);
	pester_handles(pester, opcode, 1);
	pester_handles(pester, opcode, 4);
	pester_loan(pester, opcode);
	pester_send(pester, opcode);
}

/* `skip` has a bit for each method number that would end the test rather than the server. */
static inline void pester_server(nacre_handle_t connection, uint32_t protocol, uint32_t skip)
{
	struct pester pester = { .connection = connection };

	EXPECT_OK(nacre_area_create(&pester.page, 1, NACRE_MEMORY_PRIVATE));
	memset(pester.page.base, 'x', PESTER_BYTES);
	for (uintptr_t opcode = 0; opcode < 16; opcode++)
		if (!(skip >> opcode & 1))
			pester_method(&pester, opcode);
	pester_method(&pester, 0x7fffffff);
	pester_method(&pester, UINTPTR_MAX);
	EXPECT_OK(nacre_area_destroy(&pester.page));
	EXPECT_EQ(nacre_interface_check(connection, protocol, 1 << 16), STATUS_OK);
}
