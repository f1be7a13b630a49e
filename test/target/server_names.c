/* server_names.c - the name server, seen by a program with a name space of its own (system/test.toml: test-names). */
#include "base/string.h"
#include "idl/names_client.h"
#include "idl/rng.h"
#include "pester.h"

static nacre_handle_t names(void)
{
	return nacre_startup_handle("names");
}

/* Connects and closes again what came. Not by a stub, which takes no NUL. */
static nacre_status_t try_path(const char *path, size_t size)
{
	struct nacre_words words = { .opcode = NAMES_METHOD_LOOKUP, .word = { NAMES_PATIENCE_NOW } };
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
	char path[NAMES_PATH_BYTES + 1];
	bool seen = false;

	for (uint32_t n = 0; names_list(names(), n, NULL, NULL, path, sizeof(path), NULL) == STATUS_OK; n++) {
		seen |= string_equal(path, "dev/console");
		EXPECT(!string_equal(path, "dev/power"));
	}
	EXPECT(seen);
	EXPECT_EQ(try("dev/console"), STATUS_NOT_FOUND);
}

TEST(hostile_paths, "paths that are none are refused: empty, too long, not UTF-8, with dots, slashes, control characters")
{
	char long_path[NAMES_PATH_BYTES + 1];

	memset(long_path, 'x', sizeof(long_path));
	EXPECT_EQ(try_path("x", 0), STATUS_MALFORMED);
	EXPECT_EQ(try_path(long_path, NAMES_PATH_BYTES), STATUS_NOT_FOUND);
	EXPECT_EQ(try_path(long_path, NAMES_PATH_BYTES + 1), STATUS_MALFORMED);
	EXPECT_EQ(try("svc/../svc/rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/./rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("/svc/rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/rng/"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc//rng"), STATUS_NOT_FOUND);
	EXPECT_EQ(try("svc/rn\xff"), STATUS_MALFORMED);
	EXPECT_EQ(try("svc/\xc0\xaf"), STATUS_MALFORMED);
	EXPECT_EQ(try_path("svc/rng\0", 8), STATUS_MALFORMED);
	EXPECT_EQ(try("svc/*"), STATUS_NOT_FOUND);
}

/* --- publishing ------------------------------------------------------------------------------------------ */

static nacre_handle_t make_server(void)
{
	nacre_handle_t server;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	return server;
}

static nacre_status_t publish(nacre_handle_t through, nacre_handle_t server, uintptr_t badge, enum names_kind kind)
{
	nacre_handle_t connection;
	nacre_status_t status;

	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), badge, 0, 0, 0, &connection));
	status = names_publish(through, kind, connection);
	nacre_handle_close(connection);
	return status;
}

static nacre_handle_t publisher(void)
{
	return nacre_startup_handle("publish/test/one");
}

TEST(unpublished, "a name that is allowed but not published is NOT_READY, and waiting for it ends with the deadline")
{
	EXPECT_EQ(try("test/one"), STATUS_NOT_READY);
	EXPECT_EQ(names_lookup_until(names(), nacre_deadline_in(10 * NACRE_MS), NAMES_PATIENCE_WAIT, "test/one", NULL),
		  NACRE_E_TIMEOUT);
}

TEST(publish_shared, "a shared name gives every client a copy of the published connection")
{
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(publisher(), server, 7, NAMES_KIND_SHARED), STATUS_OK);
	EXPECT_EQ(try("test/one"), STATUS_OK);
	nacre_handle_close(server);
}

TEST(publisher_gone, "a service that is gone is published no more")
{
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(publisher(), server, 7, NAMES_KIND_FORWARDED), STATUS_OK);
	nacre_handle_close(server);
	EXPECT_EQ(try("test/one"), STATUS_NOT_READY);
}

TEST(unpublish, "unpublish takes the name back")
{
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(publisher(), server, 7, NAMES_KIND_SHARED), STATUS_OK);
	EXPECT_EQ(names_unpublish(publisher()), STATUS_OK);
	EXPECT_EQ(try("test/one"), STATUS_NOT_READY);
	nacre_handle_close(server);
}

TEST(squatting, "nobody publishes without a publish connection: a name space has no such method")
{
	nacre_handle_t server = make_server();

	EXPECT_EQ(publish(names(), server, 1, NAMES_KIND_SHARED), STATUS_METHOD);
	EXPECT_EQ(publish(publisher(), server, 1, (enum names_kind)2), STATUS_NEWER);
	nacre_handle_close(server);
}

TEST(publish_no_connection, "only a connection can be published")
{
	nacre_handle_t server = make_server(), memory;

	EXPECT_OK(nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_PRIVATE, &memory));
	EXPECT_EQ(names_publish(publisher(), NAMES_KIND_SHARED, memory), STATUS_MALFORMED);
	nacre_handle_close(memory);
	nacre_handle_close(server);
}

TEST(control_methods, "declare and allow are init's alone")
{
	for (uintptr_t opcode = NAMES_METHOD_DECLARE; opcode <= NAMES_METHOD_PUBLISH_FOR; opcode++) {
		struct nacre_words words = { .opcode = opcode };

		EXPECT_EQ(nacre_ask_bytes(names(), &words, "svc/mine", 8, NULL, 0, NULL), STATUS_METHOD);
	}
}

/* --- references ------------------------------------------------------------------------------------------ */

TEST(resolve, "an ID that was stored leads back to the service, and a changed one leads nowhere")
{
	nacre_handle_t rng;
	uint32_t id[4];

	EXPECT_EQ(names_identify(names(), "svc/rng", id), STATUS_OK);
	EXPECT_EQ(names_resolve(names(), id, &rng), STATUS_OK);
	EXPECT_EQ(nacre_interface_check(rng, RNG_PROTOCOL, RNG_VERSION), STATUS_OK);
	nacre_handle_close(rng);
	id[1] ^= 1;
	EXPECT_EQ(names_resolve(names(), id, &rng), STATUS_NOT_FOUND);
}

TEST(ready, "names knows how many names there are and how many are published")
{
	uint32_t published, declared;

	EXPECT_EQ(names_ready(names(), &published, &declared), STATUS_OK);
	EXPECT(published > 0 && published <= declared);
}

TEST(malformed, "names answers everything and lives")
{
	pester_server(names(), NAMES_PROTOCOL, 0);
	pester_server(publisher(), NAMES_PROTOCOL, 0);
}
