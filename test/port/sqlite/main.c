/* main.c - Nacre's own tests of SQLite on its files: `test-sqlite rows`, `test-sqlite kill`; and `test-sqlite unpack FILE`, which
 * writes a file that is embedded in the program where upstream's tests will find it. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sqlite3.h>
#include "abi/nacre_calls.h"
#include "idl/process_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/startup.h"
#include "test/port/embed.h"

#define DATABASE "/rows.db"
#define MIDDLE "/middle"
enum { ROWS = 10000 };

static sqlite3 *database;

static bool fail(const char *what)
{
	printf("%s: %s\n", what, database ? sqlite3_errmsg(database) : "no database");
	return false;
}

static bool do_sql(const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK || fail(sql);
}

/* A small cache: a transaction of some thousand rows is written to the file before it is committed. */
static bool database_open(void)
{
	return (sqlite3_open(DATABASE, &database) == SQLITE_OK || fail("open")) && do_sql("PRAGMA cache_size = 20");
}

/* The only value of a query, which is a number. */
static bool value_is(const char *sql, sqlite3_int64 wanted)
{
	sqlite3_stmt *statement;
	sqlite3_int64 value = -1;

	if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	if (value != wanted)
		printf("%s: got %lld, wanted %lld\n", sql, (long long)value, (long long)wanted);
	return value == wanted;
}

static bool is_whole(void)
{
	return value_is("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'", 1);
}

/* Rows `first` to `last`, each with its number, a text made of it, and its square. */
static bool rows_insert(int first, int last)
{
	sqlite3_stmt *statement;
	bool good = sqlite3_prepare_v2(database, "INSERT INTO rows VALUES (?1, printf('row %08d', ?1), ?1 * ?1)", -1, &statement,
				       NULL) == SQLITE_OK;

	for (int row = first; good && row <= last; row++) {
		sqlite3_bind_int(statement, 1, row);
		good = sqlite3_step(statement) == SQLITE_DONE;
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
	return good || fail("insert");
}

static bool rows_make(void)
{
	unlink(DATABASE);
	unlink(DATABASE "-journal");
	return database_open() && do_sql("CREATE TABLE rows (number INTEGER PRIMARY KEY, name TEXT, square INTEGER)") &&
	       do_sql("CREATE INDEX by_name ON rows (name)") && do_sql("BEGIN") && rows_insert(1, ROWS) && do_sql("COMMIT");
}

static bool rows_are_there(void)
{
	return value_is("SELECT count(*) FROM rows", ROWS) && value_is("SELECT sum(square) FROM rows", 333383335000) &&
	       value_is("SELECT number FROM rows WHERE name = 'row 00004711'", 4711) && is_whole();
}

/* Ten thousand rows with an index, by this process and, after it was closed, from the file again. */
static bool test_rows(void)
{
	bool good = rows_make() && rows_are_there();

	sqlite3_close(database);
	database = NULL;
	return good && database_open() && rows_are_there() && do_sql("DELETE FROM rows WHERE number % 2") &&
	       value_is("SELECT count(*) FROM rows", ROWS / 2) && do_sql("VACUUM") && is_whole();
}

/* --- killed in the middle -------------------------------------------------------------------------------- */

/* The process that will be killed: its transaction has reached the file, and is never committed. */
static bool transaction(void)
{
	if (!database_open() || !do_sql("BEGIN") || !do_sql("UPDATE rows SET square = 0, name = 'nobody'") ||
	    !rows_insert(ROWS + 1, 2 * ROWS))
		return false;
	close(open(MIDDLE, O_CREAT | O_WRONLY, 0600));
	for (;;)
		nacre_sleep_until(nacre_deadline_in(NACRE_S));
}

static nacre_status_t child_start(nacre_handle_t process, uint32_t *number)
{
	static const char strings[] = "test-sqlite\0transaction";
	struct process_start start = { .argument_count = 1 };
	nacre_handle_t server, notice, out = nacre_startup_handle("stdout");

	nacre_server_create(nacre_self_budget(), &server);
	nacre_connection_mint(server, nacre_self_budget(), 0, 0, 0, 0, &notice);
	return process_start(process, &start, strings, sizeof(strings), out, out, out, notice, number);
}

/* Waits until the child is where it should be, or has ended. */
static bool middle_reached(void)
{
	for (int turn = 0; turn < 60000; turn++) {
		if (!access(MIDDLE, F_OK))
			return true;
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	}
	printf("the other process did not get to the middle of its transaction\n");
	return false;
}

static long file_size(const char *name)
{
	int file = open(name, O_RDONLY);
	long size = file < 0 ? -1 : (long)lseek(file, 0, SEEK_END);

	close(file);
	return size;
}

static bool test_kill(void)
{
	nacre_handle_t process;
	uint32_t number;
	bool good = rows_make() && rows_are_there();
	long before = file_size(DATABASE);

	sqlite3_close(database);
	unlink(MIDDLE);
	if (!good || nacre_connect("svc/process", &process) || child_start(process, &number) || !middle_reached())
		return false;
	process_kill(process, number, 9);
	printf("killed; the database has %ld bytes more than before, its journal %ld\n", file_size(DATABASE) - before,
	       file_size(DATABASE "-journal"));
	if (file_size(DATABASE) <= before || file_size(DATABASE "-journal") <= 0)
		return false;
	return database_open() && rows_are_there() && file_size(DATABASE "-journal") < 0;
}

static bool unpack(const char *name)
{
	const struct embed_file *file = embed_find(name);
	int to = file ? open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600) : -1;
	size_t done = 0;
	ssize_t taken = 1;

	while (to >= 0 && done < file->size && taken > 0) {
		taken = write(to, file->data + done, file->size - done);
		done += taken > 0 ? (size_t)taken : 0;
	}
	if (to < 0 || done < file->size)
		printf("unpack: %s does not fit into the files\n", name);
	return close(to) == 0 && done == file->size;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "rows"))
		return test_rows() ? EXIT_SUCCESS : EXIT_FAILURE;
	if (!strcmp(what, "kill"))
		return test_kill() ? EXIT_SUCCESS : EXIT_FAILURE;
	if (!strcmp(what, "transaction"))
		return transaction() ? EXIT_SUCCESS : EXIT_FAILURE;
	if (!strcmp(what, "unpack") && argc == 3)
		return unpack(argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE;
	printf("usage: test-sqlite rows | kill | unpack FILE\n");
	return EXIT_FAILURE;
}
