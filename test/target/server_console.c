/* server_console.c - the console, seen by a program: through stdin and stdout, and not as a controller. */
#include <unistd.h>
#include "idl/console.h"
#include "pester.h"

static nacre_handle_t console(void)
{
	return nacre_startup_handle("stdout");
}

static nacre_status_t write_bytes(const void *bytes, size_t size, uintptr_t how)
{
	struct nacre_words words = { .opcode = CONSOLE_WRITE, .word = { how } };

	return nacre_ask_bytes(console(), &words, bytes, size, NULL, 0, NULL);
}

TEST(write_limits, "a write has 1 to CONSOLE_WRITE_BYTES bytes and a known way")
{
	static char bytes[CONSOLE_WRITE_BYTES + 1];

	memset(bytes, '#', sizeof(bytes));
	EXPECT_EQ(write_bytes(bytes, 0, CONSOLE_TEXT), STATUS_MALFORMED);
	EXPECT(write_bytes(bytes, sizeof(bytes), CONSOLE_TEXT) != STATUS_OK);
	EXPECT_EQ(write_bytes(bytes, 1, CONSOLE_RAW + 1), STATUS_MALFORMED);
	EXPECT_EQ(write_bytes("\n", 1, CONSOLE_TEXT), STATUS_OK);
}

TEST(write_much, "more text than the console holds comes out whole")
{
	static const char line[] = "0123456789 0123456789 0123456789 0123456789 0123456789\n";

	for (unsigned i = 0; i < 64; i++)
		EXPECT_EQ(write(STDOUT_FILENO, line, sizeof(line) - 1), sizeof(line) - 1);
}

TEST(read_limits, "a read without room or of an unknown kind is refused")
{
	struct nacre_words no_room = { .opcode = CONSOLE_READ }, no_kind = { .opcode = CONSOLE_READ, .word = { 9, 0, 0, 0, 1 } };

	EXPECT_EQ(nacre_ask(console(), &no_room), STATUS_MALFORMED);
	EXPECT_EQ(nacre_ask(console(), &no_kind), STATUS_MALFORMED);
}

TEST(not_a_controller, "a program's connection neither opens others nor takes Ctrl-C")
{
	struct nacre_words open = { .opcode = CONSOLE_OPEN }, ignore = { .opcode = CONSOLE_IGNORE };
	struct nacre_words attend = { .opcode = CONSOLE_ATTEND, .word = { 1 } };
	struct nacre_message message = { .handle_count = 1, .send = { console() } };

	EXPECT_EQ(nacre_ask(console(), &open), STATUS_DENIED);
	EXPECT_EQ(nacre_ask(console(), &ignore), STATUS_DENIED);
	EXPECT_EQ(nacre_ask_message(console(), &attend, &message, NULL), STATUS_DENIED);
}

TEST(connect_is_for_names, "connect does not work unless names forwarded it")
{
	struct nacre_words words = { .opcode = INTERFACE_CONNECT, .word = { 1 } };

	EXPECT_EQ(nacre_ask(console(), &words), STATUS_METHOD);
}

TEST(drain, "drain answers once all is out")
{
	struct nacre_words words = { .opcode = CONSOLE_DRAIN };

	EXPECT_EQ(nacre_ask(console(), &words), STATUS_OK);
}

/* Not read: what is typed behind this program is the shell's. */
TEST(malformed, "the console answers everything and lives")
{
	pester_server(console(), CONSOLE_PROTOCOL, 1u << CONSOLE_READ);
	EXPECT_EQ(write_bytes("\n", 1, CONSOLE_TEXT), STATUS_OK);
}
