/* server_names.c - the name server, seen by a program with a name space of its own (system/test.toml: test-names). */
#include "base/string.h"
#include "idl/names.h"
#include "idl/rng.h"
#include "pester.h"

static nacre_handle_t names(void)
{
	return nacre_startup_handle("names");
}

/* Connects and closes again what came. */
static nacre_status_t try_path(const char *path, size_t size)
{
	struct nacre_words words = { .opcode = NAMES_CONNECT, .word = { NAMES_NOW } };
	nacre_handle_t connection;
	nacre_status_t status = nacre_ask_handle(names(), &words, path, size, &connection);

	if (connection)
		nacre_handle_close(connection);
	return status;
}

static nacre_status_t try(const char *path)
{
	return try_path(path, string_length(path));
}

TEST(allowed, "a name of the manifest is connected, shared or forwarded")
{
	EXPECT_EQ(try("svc/rng"), STATUS_OK);
	EXPECT_EQ(try("svc/alarm"), STATUS_OK);
}

TEST(not_allowed, "a name that exists and is not in the manifest is NOT_FOUND, like one that does not exist")
{
	EXPECT_EQ(try("dev/power"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/nothing"), STATUS_NOT_FOUND);
}

TEST(listed_only, "a name that may only be seen is in the list, and connect does not find it")
{
	char path[NAMES_PATH_BYTES];
	bool seen = false;

	for (uintptr_t n = 0;; n++) {
		struct nacre_words words = { .opcode = NAMES_LIST, .word = { n } };
		size_t size = 0;

		if (nacre_ask_bytes(names(), &words, NULL, 0, path, sizeof(path), &size))
			break;
		seen |= string_equal_counted(path, size, "dev/console");
		EXPECT(!string_equal_counted(path, size, "dev/power"));
	}
	EXPECT(seen);
	EXPECT_EQ(try("dev/console"), STATUS_NOT_FOUND);
}

TEST(hostile_paths, "paths that are none are refused: empty, too long, not UTF-8, with dots, slashes, control characters")
{
	static const char long_path[NAMES_PATH_BYTES + 1] = "svc/rng";

	EXPECT_EQ(try_path("x", 0), STATUS_MALFORMED);
	EXPECT_EQ(try_path(long_path, NAMES_PATH_BYTES), STATUS_NOT_FOUND);
	EXPECT_EQ(try_path(long_path, NAMES_PATH_BYTES + 1), STATUS_MALFORMED);
	EXPECT_EQ(try("svc/../svc/rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/./rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("/svc/rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/rng/"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc//rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/rn\xff"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/\xc0\xaf"), STATUS_NOT_FOUND);
	EXPECT_EQ(try_path("svc/rng\0", 8), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/*"), STATUS_NOT_FOUND);
}

/* --- publishing ------------------------------------------------------------------------------------------ */

static nacre_handle_t make_server(void)
{
	nacre_handle_t server;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	return server;
}

static nacre_status_t publish(nacre_handle_t through, nacre_handle_t server, uintptr_t badge, uintptr_t how)
{
	struct nacre_words words = { .opcode = NAMES_PUBLISH, .word = { how } };
	nacre_handle_t connection;
	struct nacre_message message = { .handle_count = 1 };
	nacre_status_t status;

	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), badge, 0, 0, 0, &connection));
	message.send[0] = connection;
	status = nacre_ask_message(through, &words, &message, NULL);
	nacre_handle_close(connection);
	return status;
}

static nacre_handle_t publisher(void)
{
	return nacre_startup_handle("publish/test/one");
}

TEST(unpublished, "a name that is allowed but not published is NOT_READY, and waiting for it ends with the deadline")
{
	struct nacre_words words = { .opcode = NAMES_CONNECT, .word = { NAMES_WAIT } };
	struct nacre_message message = { .in_count = 1, .in = { { (uintptr_t)"test/one", 8 } }, .accept = 1 };

	EXPECT_EQ(try("test/one"), STATUS_NOT_READY);
	EXPECT_EQ(nacre_connection_call_message(names(), &words, nacre_deadline_in(10 * NACRE_MS), &message, NULL),
		  NACRE_E_TIMEOUT);
}

TEST(publish_shared, "a shared name gives every client a copy of the published connection")
{
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(publisher(), server, 7, NAMES_SHARED), STATUS_OK);
	EXPECT_EQ(try("test/one"), STATUS_OK);
	nacre_handle_close(server);
}

TEST(publisher_gone, "a service that is gone is published no more")
{
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(publisher(), server, 7, NAMES_FORWARDED), STATUS_OK);
	nacre_handle_close(server);
	EXPECT_EQ(try("test/one"), STATUS_NOT_READY);
}

TEST(unpublish, "unpublish takes the name back")
{
	struct nacre_words words = { .opcode = NAMES_UNPUBLISH };
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(publisher(), server, 7, NAMES_SHARED), STATUS_OK);
	EXPECT_EQ(nacre_ask(publisher(), &words), STATUS_OK);
	EXPECT_EQ(try("test/one"), STATUS_NOT_READY);
	nacre_handle_close(server);
}

TEST(squatting, "nobody publishes without a publish connection: a name space has no such method")
{
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(names(), server, 1, NAMES_SHARED), STATUS_METHOD);
	EXPECT_EQ(publish(publisher(), server, 1, 2), STATUS_MALFORMED);
	nacre_handle_close(server);
}

TEST(publish_no_connection, "only a connection can be published")
{
	struct nacre_words words = { .opcode = NAMES_PUBLISH };
	nacre_handle_t server = make_server(), memory;
	struct nacre_message message = { .handle_count = 1 };

	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_PRIVATE, &memory));
	message.send[0] = memory;
	EXPECT_EQ(nacre_ask_message(publisher(), &words, &message, NULL), STATUS_MALFORMED);
	nacre_handle_close(memory);
	nacre_handle_close(server);
}

TEST(control_methods, "declare and allow are init's alone")
{
	for (uintptr_t opcode = NAMES_DECLARE; opcode <= NAMES_PUBLISH_FOR; opcode++) {
		struct nacre_words words = { .opcode = opcode };

		EXPECT_EQ(nacre_ask_bytes(names(), &words, "svc/mine", 8, NULL, 0, NULL), STATUS_METHOD);
	}
}

/* --- references ------------------------------------------------------------------------------------------ */

TEST(resolve, "an ID that was stored leads back to the service, and a changed one leads nowhere")
{
	static const char path[] = "svc/rng";
	struct nacre_words id = { .opcode = NAMES_IDENTIFY }, words;
	nacre_handle_t rng;

	EXPECT_EQ(nacre_ask_bytes(names(), &id, path, sizeof(path) - 1, NULL, 0, NULL), STATUS_OK);
	words = id;
	words.opcode = NAMES_RESOLVE;
	EXPECT_EQ(nacre_ask_handle(names(), &words, NULL, 0, &rng), STATUS_OK);
	EXPECT_EQ(nacre_interface_check(rng, RNG_PROTOCOL, RNG_VERSION), STATUS_OK);
	nacre_handle_close(rng);
	words = id;
	words.opcode = NAMES_RESOLVE;
	words.word[1] ^= 1;
	EXPECT_EQ(nacre_ask(names(), &words), STATUS_NOT_FOUND);
}

TEST(ready, "names knows how many names there are and how many are published")
{
	struct nacre_words words = { .opcode = NAMES_READY };

	EXPECT_EQ(nacre_ask(names(), &words), STATUS_OK);
	EXPECT(words.word[0] > 0 && words.word[0] <= words.word[1]);
}

TEST(malformed, "names answers everything and lives")
{
	pester_server(names(), NAMES_PROTOCOL, 0);
	pester_server(publisher(), NAMES_PROTOCOL, 0);
}
