/* server_console.c - the console, seen by a program: through stdin and stdout, and not as a controller. */
#include <unistd.h>
#include "idl/console_client.h"
#include "pester.h"

static nacre_handle_t console(void)
{
	return nacre_startup_handle("stdout");
}

static nacre_status_t write_bytes(const void *bytes, size_t size, enum console_output how)
{
	return console_write(console(), how, CONSOLE_PATIENCE_WAIT, bytes, size, NULL);
}

TEST(write_limits, "a write has 1 to CONSOLE_WRITE_BYTES bytes and a known way")
{
	static char bytes[CONSOLE_WRITE_BYTES + 1];

	memset(bytes, '#', sizeof(bytes));
	EXPECT_EQ(write_bytes(bytes, 0, CONSOLE_OUTPUT_TEXT), STATUS_MALFORMED);
	EXPECT(write_bytes(bytes, sizeof(bytes), CONSOLE_OUTPUT_TEXT) != STATUS_OK);
	EXPECT_EQ(write_bytes(bytes, 1, (enum console_output)2), STATUS_NEWER);
	EXPECT_EQ(write_bytes("\n", 1, CONSOLE_OUTPUT_TEXT), STATUS_OK);
}

TEST(write_much, "more text than the console holds comes out whole")
{
	static const char line[] = "0123456789 0123456789 0123456789 0123456789 0123456789\n";

	for (unsigned i = 0; i < 64; i++)
		EXPECT_EQ(write(STDOUT_FILENO, line, sizeof(line) - 1), sizeof(line) - 1);
}

TEST(read_limits, "a read without room or of an unknown kind is refused")
{
	char byte;

	EXPECT_EQ(console_read(console(), CONSOLE_INPUT_LINE, CONSOLE_PATIENCE_WAIT, &byte, 0, NULL), STATUS_MALFORMED);
	EXPECT_EQ(console_read(console(), (enum console_input)9, CONSOLE_PATIENCE_WAIT, &byte, 1, NULL), STATUS_NEWER);
}

TEST(not_a_controller, "a program's connection neither opens others nor takes Ctrl-C")
{
	nacre_handle_t server, connection;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 0, 0, 0, 0, &connection));
	EXPECT_EQ(console_open(console(), CONSOLE_MAY_READ, NULL), STATUS_DENIED);
	EXPECT_EQ(console_ignore(console()), STATUS_DENIED);
	EXPECT_EQ(console_attend(console(), 1, connection), STATUS_DENIED);
	nacre_handle_close(connection);
	nacre_handle_close(server);
}

TEST(connect_is_for_names, "connect does not work unless names forwarded it")
{
	struct nacre_words words = { .opcode = INTERFACE_CONNECT, .word = { 1 } };

	EXPECT_EQ(nacre_ask(console(), &words), STATUS_METHOD);
}

TEST(drain, "drain answers once all is out")
{
	EXPECT_EQ(console_drain(console()), STATUS_OK);
}

TEST(impatient, "who does not want to wait is served like others where there is room")
{
	uint32_t taken = 0;

	EXPECT_EQ(console_drain(console()), STATUS_OK);
	EXPECT_EQ(console_write(console(), CONSOLE_OUTPUT_RAW, CONSOLE_PATIENCE_NOW, "\r\n", 2, &taken), STATUS_OK);
	EXPECT_EQ(taken, 2);
	EXPECT_EQ(console_write(console(), CONSOLE_OUTPUT_RAW, (enum console_patience)2, "\r\n", 2, &taken), STATUS_NEWER);
}

TEST(watch, "what can be written to says so at once, and is watched no further")
{
	nacre_handle_t server, connection;
	uint32_t now = 0;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 0, 0, 0, 0, &connection));
	EXPECT_EQ(console_drain(console()), STATUS_OK);
	EXPECT_EQ(console_watch(console(), CONSOLE_READY_WRITABLE, 1, connection, &now), STATUS_OK);
	EXPECT_EQ(now, CONSOLE_READY_WRITABLE);
	EXPECT_EQ(console_watch(console(), 0, 1, connection, &now), STATUS_OK);
	EXPECT_EQ(now, 0);
	EXPECT_EQ(console_watch(console(), 0, 0, connection, &now), STATUS_MALFORMED);
	EXPECT_EQ(console_watch(console(), 1u << 31, 1, NACRE_HANDLE_NONE, &now), STATUS_NEWER);
	nacre_handle_close(connection);
	nacre_handle_close(server);
}

/* Not read: what is typed behind this program is the shell's. */
TEST(malformed, "the console answers everything and lives")
{
	pester_server(console(), CONSOLE_PROTOCOL, 1u << CONSOLE_METHOD_READ);
	EXPECT_EQ(write_bytes("\n", 1, CONSOLE_OUTPUT_TEXT), STATUS_OK);
}
