/* lib_spawn.c - the loader: programs that run, and files that are refused.
 *
 * This program is init and its own children: each child is started from init's file in the boot image, and its
 * argv[1] says what it does. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/archive.h"
#include "base/sha256.h"
#include "base/string.h"
#include "idl/console_server.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/server.h"
#include "nacre/spawn.h"
#include "nacre/tls.h"
#include "test/alone.h"

TEST_ALONE;

/* --- what the children do ----------------------------------------------------------------------------------- */

static int answer = 42;
static int *const constant = &answer;      /* relocated: in RELRO */
static _Thread_local int *local = &answer; /* relocated: in the thread-local template */

static int child_sound(void)
{
	const struct nacre_startup *startup = nacre_startup();
	const char *at = (const char *)startup->headers;

	if (*constant != 42 || *local != 42 || startup->boot_info)
		return 1;
	if (!nacre_tcb()->guard || startup->priority != 5)
		return 2;
	if (!startup->header_count || at < (const char *)startup->load_base || !startup->build_id || startup->build_id_size != 20)
		return 3;
	return malloc(5000) ? 0 : 4;
}

static int child_arguments(int argc, char **argv)
{
	const char *name = getenv("NAME"), *empty = getenv("EMPTY");

	if (argc != 4 || !string_equal(argv[2], "two words") || *argv[3] || argv[4])
		return 1;
	return name && string_equal(name, "value") && empty && !*empty ? 0 : 2;
}

static int child_print(void)
{
	char line[32];

	printf("what? ");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	printf("you said %s", line);
	fprintf(stderr, "%.2f", 1.5);
	return fgets(line, sizeof(line), stdin) ? 2 : 0;
}

static int child_signal(void)
{
	nacre_handle_t given = nacre_startup_handle("given");
	struct nacre_words words = { .opcode = 1 };

	if (nacre_connection_signal(given, 4) != NACRE_E_OK)
		return 1;
	return nacre_connection_call(given, &words) == NACRE_E_RIGHTS ? 0 : 2; /* CALL was not given */
}

/* Deep enough for any stack; that it ends at all is only for the compiler. */
static int overflow(int depth)
{
	volatile char frame[256];

	frame[0] = (char)depth;
	return depth ? overflow(depth - 1) + frame[0] : 0;
}

static void smash(volatile char *array)
{
	for (int i = 0; i < 64; i++)
		array[i] = 'x';
}

/* What lies there is read first, and through a volatile, so that the compiler keeps the relocation. */
static int change_constant(void)
{
	int *volatile *at = (int *volatile *)(uintptr_t)&constant;

	if (*at == &answer)
		*at = NULL;
	return 98;
}

static int child_smash(void)
{
	char array[16];

	smash(array);
	return array[3];
}

static int run_child(int argc, char **argv)
{
	const char *what = argv[1];

	if (string_equal(what, "exit"))
		return 17;
	if (string_equal(what, "sound"))
		return child_sound();
	if (string_equal(what, "arguments"))
		return child_arguments(argc, argv);
	if (string_equal(what, "print"))
		return child_print();
	if (string_equal(what, "signal"))
		return child_signal();
	if (string_equal(what, "null"))
		return *(volatile int *)(uintptr_t)(argc * 4); /* argc is 2 */
	if (string_equal(what, "text"))
		*(volatile uint16_t *)(uintptr_t)exit = 0;
	if (string_equal(what, "relro"))
		return change_constant();
	if (string_equal(what, "jump"))
		((void (*)(void))(uintptr_t)&answer)();
	if (string_equal(what, "overflow"))
		return overflow(1 << 20);
	if (string_equal(what, "smash"))
		return child_smash();
	if (string_equal(what, "abort"))
		abort();
	return 99;
}

int main(int argc, char **argv)
{
	return nacre_startup()->boot_info ? test_main(argc, argv) : run_child(argc, argv);
}

/* --- starting them ------------------------------------------------------------------------------------------ */

enum { CHILD_PAGES = 60, CHILD_PRIORITY = 5 };

static struct {
	struct nacre_area area;
	const uint8_t *content;
	size_t size, offset;
} file;

static nacre_handle_t notices;

/* Maps the archive and finds this program's own file in it. */
static void file_open(void)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	struct archive_file wanted = { .name = "init" };
	struct archive archive;

	if (file.content)
		return;
	EXPECT_OK(nacre_server_create(boot->budget, &notices));
	EXPECT_OK(nacre_area_map(&file.area, boot->image, 0, NACRE_PAGES(boot->image_offset + boot->image_bytes), NACRE_PROT_READ));
	archive_open(&archive, (char *)file.area.base + boot->image_offset, boot->image_bytes);
	EXPECT(archive_find(&archive, &wanted, 1));
	file.content = wanted.content;
	file.size = wanted.size;
	file.offset = (size_t)(wanted.content - (const uint8_t *)file.area.base);
}

/* How things stand, to be compared with how they stood. */
struct account {
	uintptr_t charged, given, mapped;
	uint32_t handles;
};

static struct account account(void)
{
	struct nacre_process_state process = { 0 };
	struct nacre_budget_state budget = { 0 };

	EXPECT_OK(nacre_process_info(nacre_self_process(), &process));
	EXPECT_OK(nacre_budget_info(nacre_self_budget(), &budget));
	return (struct account){ budget.charged_pages, budget.given_pages, process.mapped_pages, process.handles };
}

static void expect_same(struct account before)
{
	struct account now = account();

	EXPECT_EQ(now.handles, before.handles);
	EXPECT_EQ(now.mapped, before.mapped);
	EXPECT_EQ(now.given, before.given);
	EXPECT_EQ(now.charged, before.charged);
}

static struct nacre_spawn spec_of(const char *const *argv)
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	struct nacre_spawn spec = {
		.image = boot->image, .offset = file.offset, .size = file.size, .file = file.content, .argv = argv,
		.payer = boot->budget, .stack_bytes = 16 << 10, .priority = CHILD_PRIORITY,
		.budget_rights = NACRE_RIGHT_SPEND | NACRE_RIGHT_INSPECT,
	};

	EXPECT_OK(nacre_budget_create(boot->budget, CHILD_PAGES, CHILD_PRIORITY, &spec.budget));
	return spec;
}

/* Starts what the spec says, waits for its end, and cleans up. */
static struct nacre_exit_record run(struct nacre_spawn *spec)
{
	struct nacre_exit_record record = { 0 };
	struct nacre_received received = { 0 };
	struct nacre_child child;
	const char *why = NULL;

	if (nacre_spawn_load(spec, &child, &why))
		test_fail(__FILE_NAME__, __LINE__, "load: %s", why);
	EXPECT_OK(nacre_process_watch(child.process, notices, 1, 0));
	if (nacre_spawn_start(&child, &why))
		test_fail(__FILE_NAME__, __LINE__, "start: %s", why);
	EXPECT_OK(nacre_server_receive(notices, nacre_deadline_in(10 * NACRE_S), NULL, &received));
	EXPECT_EQ(received.info & NACRE_INFO_KIND, NACRE_KIND_EXIT);
	EXPECT_OK(nacre_process_status(child.process, &record));
	EXPECT_OK(nacre_handle_close(child.process));
	EXPECT_OK(nacre_budget_destroy(spec->budget));
	EXPECT_OK(nacre_handle_close(spec->budget));
	return record;
}

static struct nacre_exit_record run_simply(const char *what)
{
	const char *const argv[] = { "child", what, NULL };
	struct nacre_spawn spec;

	file_open();
	spec = spec_of(argv);
	return run(&spec);
}

static void expect_exit(struct nacre_exit_record record, int code)
{
	EXPECT_EQ(record.cause, NACRE_CAUSE_EXIT);
	EXPECT_EQ(record.code, code);
}

/* --- programs that run -------------------------------------------------------------------------------------- */

TEST(exit_code, "a program runs, and its exit code comes back")
{
	expect_exit(run_simply("exit"), 17);
}

TEST(sound, "a program finds itself relocated, with thread-local storage, guard, heap, headers and build ID")
{
	expect_exit(run_simply("sound"), 0);
}

TEST(nothing_left, "a program that has ended leaves nothing behind")
{
	struct account before;

	run_simply("exit");
	before = account();
	run_simply("sound");
	expect_same(before);
}

TEST(arguments, "arguments and environment arrive as given, also empty ones")
{
	static const char *const argv[] = { "child", "arguments", "two words", "", NULL };
	static const char *const envp[] = { "NAME=value", "EMPTY=", NULL };
	struct nacre_spawn spec;

	file_open();
	spec = spec_of(argv);
	spec.envp = envp;
	expect_exit(run(&spec), 0);
}

TEST(arguments_long, "arguments larger than the stack asked for get room of their own")
{
	static char text[12000];
	const char *const argv[] = { "child", "exit", text, NULL };
	struct nacre_spawn spec;

	memset(text, 'x', sizeof(text) - 1);
	file_open();
	spec = spec_of(argv);
	spec.stack_bytes = 8 << 10;
	expect_exit(run(&spec), 17);
}

TEST(file_unmapped, "the loader maps the file itself where its caller has not, checks the hash, and makes a window")
{
	static const char *const argv[] = { "child", "exit", NULL };
	uint8_t digest[SHA256_BYTES];
	struct nacre_spawn spec;

	file_open();
	sha256_of(file.content, file.size, digest);
	spec = spec_of(argv);
	spec.file = NULL;
	spec.sha256 = digest;
	spec.window = true;
	expect_exit(run(&spec), 17);
}

TEST(handle, "a handle arrives under its name with the rights listed")
{
	static const char *const argv[] = { "child", "signal", NULL };
	struct nacre_received received = { 0 };
	struct nacre_spawn_handle given = { .name = "given", .rights = NACRE_RIGHT_SIGNAL };
	nacre_handle_t server;
	struct nacre_spawn spec;

	file_open();
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 9, 0, 0, 0, &given.handle));
	spec = spec_of(argv);
	spec.handles = &given;
	spec.handle_count = 1;
	expect_exit(run(&spec), 0);
	EXPECT_OK(nacre_server_receive(server, NACRE_DEADLINE_NOW, NULL, &received));
	EXPECT_EQ(received.badge, 9);
	EXPECT_EQ(received.words.word[0], 4);
}

TEST(placed_at_random, "two runs of a program lie at different places")
{
	static const char *const argv[] = { "child", "exit", NULL };
	struct nacre_child one, other;
	struct nacre_spawn spec;

	file_open();
	spec = spec_of(argv);
	EXPECT_OK(nacre_spawn_load(&spec, &one, NULL));
	EXPECT_OK(nacre_spawn_load(&spec, &other, NULL));
	EXPECT(one.load_base != other.load_base);
	EXPECT(one.stack != other.stack);
	nacre_spawn_abandon(&one);
	nacre_spawn_abandon(&other);
	EXPECT_OK(nacre_budget_destroy(spec.budget));
}

/* --- a console for a child ---------------------------------------------------------------------------------- */

static struct {
	nacre_handle_t server;
	char out[200], in[40];
	size_t used;
	unsigned reads;
} console;

static nacre_status_t console_write(struct nacre_request *request, const struct console_write_in *in, struct console_write_out *out)
{
	(void)request;
	/* Takes a few bytes at a time, as a console with a full buffer would. */
	out->taken = in->bytes_size < 5 ? (uint32_t)in->bytes_size : 5;
	memcpy(console.out + console.used, in->bytes, out->taken);
	console.used += out->taken;
	return STATUS_OK;
}

static nacre_status_t console_read(struct nacre_request *request, const struct console_read_in *in, struct console_read_out *out)
{
	(void)request, (void)in;
	out->bytes = "nacre\n";
	out->bytes_size = 6;
	return console.reads++ ? STATUS_END : STATUS_OK;
}

static const struct console_handlers console_handlers = { .write = console_write, .read = console_read };
static const struct nacre_protocol console_protocol = CONSOLE_SERVED_BY(&console_handlers);

static void *console_serve(void *unused)
{
	static uint64_t buffer[CONSOLE_BUFFER_BYTES / 8];
	struct nacre_server server = {
		.handle = console.server, .protocol = &console_protocol, .buffer = buffer, .buffer_size = sizeof(buffer),
	};

	(void)unused;
	return (void *)(uintptr_t)nacre_server_run(&server);
}

TEST(stdio, "stdio reads and writes by the console protocol, and sees the end of input")
{
	static const char *const argv[] = { "child", "print", NULL };
	struct nacre_spawn_handle given[3] = {
		{ "stdin", 0, NACRE_RIGHT_CALL }, { "stdout", 0, NACRE_RIGHT_CALL }, { "stderr", 0, NACRE_RIGHT_CALL },
	};
	struct nacre_spawn spec;
	pthread_t thread;

	file_open();
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &console.server));
	for (int i = 0; i < 3; i++)
		EXPECT_OK(nacre_connection_mint(console.server, nacre_self_budget(), 0, 0, 0, 0, &given[i].handle));
	EXPECT_EQ(pthread_create(&thread, NULL, console_serve, NULL), 0);
	spec = spec_of(argv);
	spec.handles = given;
	spec.handle_count = 3;
	expect_exit(run(&spec), 0);
	EXPECT_TEXT(console.out, "what? you said nacre\n1.50");
}

/* --- programs that break ------------------------------------------------------------------------------------ */

TEST(fault_null, "reading near address 0 ends the program")
{
	struct nacre_exit_record record = run_simply("null");

	EXPECT_EQ(record.cause, NACRE_CAUSE_READ);
	EXPECT_EQ(record.address, 8);
}

TEST(fault_text, "text cannot be written")
{
	EXPECT_EQ(run_simply("text").cause, NACRE_CAUSE_WRITE);
}

TEST(fault_relro, "what was relocated is read-only afterwards")
{
	EXPECT_EQ(run_simply("relro").cause, NACRE_CAUSE_WRITE);
}

TEST(fault_jump, "data cannot be executed")
{
	EXPECT_EQ(run_simply("jump").cause, NACRE_CAUSE_FETCH);
}

TEST(fault_overflow, "endless recursion ends in the guard page")
{
	EXPECT_EQ(run_simply("overflow").cause, NACRE_CAUSE_WRITE);
}

TEST(fault_smash, "a smashed stack is noticed before the function returns")
{
	EXPECT_EQ(run_simply("smash").cause, NACRE_CAUSE_BREAKPOINT);
}

TEST(fault_abort, "abort stops at a breakpoint")
{
	EXPECT_EQ(run_simply("abort").cause, NACRE_CAUSE_BREAKPOINT);
}

/* --- files that are refused --------------------------------------------------------------------------------- */

/* A copy of the file with one byte changed, sealed. */
static nacre_handle_t changed_copy(size_t at, uint8_t bits)
{
	struct nacre_area area;

	EXPECT_OK(nacre_area_create(&area, NACRE_PAGES(file.size), NACRE_MEMORY_SHARED));
	memcpy(area.base, file.content, file.size);
	((uint8_t *)area.base)[at] ^= bits;
	EXPECT_OK(nacre_area_unmap(&area));
	EXPECT_OK(nacre_memory_seal(area.memory));
	return area.memory;
}

static const char *const nothing[] = { NULL };

static nacre_err_t load_changed(struct nacre_spawn *spec, size_t at, uint8_t bits, const char **why)
{
	struct nacre_child child;
	nacre_err_t error;

	*why = NULL;
	spec->image = changed_copy(at, bits);
	spec->offset = 0;
	spec->file = NULL;
	error = nacre_spawn_load(spec, &child, why);
	EXPECT((error == NACRE_E_OK) == !*why);
	EXPECT((error == NACRE_E_OK) == !!child.process);
	nacre_spawn_abandon(&child);
	EXPECT_OK(nacre_handle_close(spec->image));
	return error;
}

TEST(sealed, "a program runs from sealed memory as it does from the image")
{
	static const char *const argv[] = { "child", "sound", NULL };
	struct nacre_spawn spec;

	file_open();
	spec = spec_of(argv);
	spec.image = changed_copy(0, 0);
	spec.offset = 0;
	spec.file = NULL;
	expect_exit(run(&spec), 0);
	EXPECT_OK(nacre_handle_close(spec.image));
}

TEST(unsealed, "memory that could change is refused")
{
	struct nacre_child child;
	struct nacre_spawn spec;
	struct nacre_area area;

	file_open();
	spec = spec_of(nothing);
	EXPECT_OK(nacre_area_create(&area, NACRE_PAGES(file.size), NACRE_MEMORY_SHARED));
	memcpy(area.base, file.content, file.size);
	spec.image = area.memory;
	spec.offset = 0;
	EXPECT_EQ(nacre_spawn_load(&spec, &child, NULL), NACRE_E_ARGUMENT);
	EXPECT_OK(nacre_area_destroy(&area));
	EXPECT_OK(nacre_budget_destroy(spec.budget));
}

TEST(wrong_hash, "a file that is not what its hash says is refused with a sentence")
{
	static const uint8_t wrong[SHA256_BYTES];
	struct nacre_child child;
	struct nacre_spawn spec;
	const char *why = NULL;

	file_open();
	spec = spec_of(nothing);
	spec.sha256 = wrong;
	EXPECT_EQ(nacre_spawn_load(&spec, &child, &why), NACRE_E_ARGUMENT);
	EXPECT(why && strstr(why, "SHA-256"));
	EXPECT_OK(nacre_budget_destroy(spec.budget));
}

TEST(wrong_range, "a file that reaches past its memory, or does not begin on a page, is refused")
{
	struct nacre_child child;
	struct nacre_spawn spec;

	file_open();
	spec = spec_of(nothing);
	spec.size = 1u << 30;
	EXPECT_EQ(nacre_spawn_load(&spec, &child, NULL), NACRE_E_ARGUMENT);
	spec.size = file.size;
	spec.offset++;
	EXPECT_EQ(nacre_spawn_load(&spec, &child, NULL), NACRE_E_ARGUMENT);
	EXPECT_OK(nacre_budget_destroy(spec.budget));
}

TEST(long_name, "a handle whose name is too long is refused, and nothing is left")
{
	struct nacre_spawn_handle given = { "a name of more than twenty-three bytes", nacre_self_budget(), 0 };
	struct nacre_child child;
	struct nacre_spawn spec;
	struct account before;

	file_open();
	spec = spec_of(nothing);
	spec.handles = &given;
	spec.handle_count = 1;
	before = account();
	EXPECT_EQ(nacre_spawn_load(&spec, &child, NULL), NACRE_E_ARGUMENT);
	expect_same(before);
	EXPECT_OK(nacre_budget_destroy(spec.budget));
}

TEST(small_budgets, "a budget that is too small, by any number of pages, is refused and nothing is left")
{
	const struct nacre_boot_info *boot = nacre_startup()->boot_info;
	struct nacre_child child;
	struct nacre_spawn spec;
	struct account before;
	nacre_err_t error;
	unsigned refused = 0;

	file_open();
	spec = spec_of(nothing);
	EXPECT_OK(nacre_budget_destroy(spec.budget));
	EXPECT_OK(nacre_handle_close(spec.budget));
	before = account();
	for (size_t pages = 1; pages <= CHILD_PAGES; pages++) {
		if (nacre_budget_create(boot->budget, pages, CHILD_PRIORITY, &spec.budget))
			continue;
		error = nacre_spawn_load(&spec, &child, NULL);
		EXPECT(error == NACRE_E_OK || error == NACRE_E_BUDGET);
		refused += error == NACRE_E_BUDGET;
		nacre_spawn_abandon(&child);
		EXPECT_OK(nacre_budget_destroy(spec.budget));
		EXPECT_OK(nacre_handle_close(spec.budget));
		expect_same(before);
	}
	EXPECT(refused > 5 && refused < 40);
}

TEST(headers, "every bit of every header flipped: refused with a sentence or loaded, and nothing is left")
{
	enum { HEADERS = 52 + 8 * 32 };
	struct nacre_spawn spec;
	struct account before;
	const char *why;
	unsigned refused = 0, other = 0;

	file_open();
	spec = spec_of(nothing);
	load_changed(&spec, 0, 1, &why);
	before = account();
	for (size_t at = 0; at < HEADERS; at++) {
		nacre_err_t error = load_changed(&spec, at, (uint8_t)(1u << at % 8), &why);

		refused += error == NACRE_E_ARGUMENT;
		other += error != NACRE_E_ARGUMENT && error != NACRE_E_OK;
	}
	expect_same(before);
	test_note("%u of %u refused as malformed, %u for want of room", refused, (unsigned)HEADERS, other);
	EXPECT(refused > HEADERS / 3);
	EXPECT_OK(nacre_budget_destroy(spec.budget));
}
