/* keeping.c - what the keeper keeps for two servers, which pass on what this program asks (system/supervise.toml). */
#include <pthread.h>
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "idl/keeper.h"
#include "idl/system_client.h"
#include "idl/tally_client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "test/test.h"

static nacre_handle_t tally(const char *path)
{
	nacre_handle_t connection;

	EXPECT_EQ(tally_connect(path, &connection), STATUS_OK);
	return connection;
}

static nacre_handle_t counter(void)
{
	static nacre_handle_t connection;

	return connection ? connection : (connection = tally("test/counter"));
}

static nacre_handle_t other(void)
{
	static nacre_handle_t connection;

	return connection ? connection : (connection = tally("test/other"));
}

static nacre_handle_t overview(void)
{
	static nacre_handle_t connection;

	if (!connection)
		EXPECT_EQ(system_connect("svc/system", &connection), STATUS_OK);
	return connection;
}

static void kill_named(const char *label)
{
	struct system_process process;

	for (uint32_t number = 0; system_process(overview(), number, &process, NULL, NULL) == STATUS_OK; number = process.number + 1) {
		if (!string_equal(process.label, label))
			continue;
		EXPECT_EQ(system_kill(overview(), process.number, 0), STATUS_OK);
		return;
	}
	EXPECT(!"there is such a process");
}

static uint8_t blob[KEEPER_BLOB_BYTES], back[KEEPER_BLOB_BYTES];

static void fill(uint8_t seed, size_t size)
{
	for (size_t i = 0; i < size; i++)
		blob[i] = (uint8_t)(seed + i * 7);
}

static void expect_blob(nacre_handle_t server, const char *name, uint8_t seed, size_t size)
{
	size_t length;

	EXPECT_EQ(tally_load(server, name, back, sizeof(back), &length), STATUS_OK);
	fill(seed, size);
	EXPECT_EQ(length, size);
	EXPECT(!memcmp(blob, back, size));
}

static void save(nacre_handle_t server, const char *name, uint8_t seed, size_t size)
{
	fill(seed, size);
	EXPECT_EQ(tally_save(server, name, blob, size), STATUS_OK);
}

TEST(counter, "a counter that is killed goes on where it was, and so it does when the keeper is killed, or both")
{
	uint32_t value, lives, before;

	EXPECT_EQ(tally_read(counter(), &value, &before), STATUS_OK);
	EXPECT_EQ(value, 0);
	EXPECT_EQ(tally_add(counter(), 5, &value), STATUS_OK);
	kill_named("counter");
	EXPECT_EQ(tally_read(counter(), &value, &lives), STATUS_OK);
	EXPECT(value == 5 && lives == before + 1);
	kill_named("keeper");
	EXPECT_EQ(tally_add(counter(), 2, &value), STATUS_OK);
	EXPECT_EQ(value, 7);
	kill_named("keeper");
	kill_named("counter");
	EXPECT_EQ(tally_read(counter(), &value, &lives), STATUS_OK);
	EXPECT(value == 7 && lives == before + 2);
}

TEST(owners, "two owners have blobs of one name, and neither sees the other's, whoever is restarted")
{
	uint32_t value;

	EXPECT_EQ(tally_read(other(), &value, NULL), STATUS_OK);
	EXPECT_EQ(value, 0);
	save(counter(), "same", 1, 100);
	EXPECT_EQ(tally_load(other(), "same", back, sizeof(back), NULL), STATUS_NOT_FOUND);
	save(other(), "same", 2, 50);
	kill_named("keeper");
	kill_named("other");
	expect_blob(counter(), "same", 1, 100);
	expect_blob(other(), "same", 2, 50);
	EXPECT_EQ(tally_forget(other(), "same"), STATUS_OK);
	expect_blob(counter(), "same", 1, 100);
	EXPECT_EQ(tally_forget(counter(), "same"), STATUS_OK);
}

TEST(sizes, "blobs of no byte and of the most, names of one byte and of the most; longer ones are malformed")
{
	save(counter(), "e", 0, 0);
	expect_blob(counter(), "e", 0, 0);
	save(counter(), "0123456789012345678901234567890", 9, KEEPER_BLOB_BYTES);
	expect_blob(counter(), "0123456789012345678901234567890", 9, KEEPER_BLOB_BYTES);
	save(counter(), "e", 3, 17);
	expect_blob(counter(), "e", 3, 17);
	EXPECT_EQ(tally_forget(counter(), "e"), STATUS_OK);
	EXPECT_EQ(tally_forget(counter(), "e"), STATUS_OK);
	EXPECT_EQ(tally_load(counter(), "e", back, sizeof(back), NULL), STATUS_NOT_FOUND);
	EXPECT_EQ(tally_forget(counter(), "0123456789012345678901234567890"), STATUS_OK);
}

static uint32_t count_blobs(nacre_handle_t server)
{
	char name[KEEPER_NAME_BYTES + 1];
	uint32_t n = 0, bytes;

	while (tally_list(server, n, &bytes, name, sizeof(name), NULL) == STATUS_OK)
		n++;
	return n;
}

TEST(full, "an owner fills its own pages and no more: what was saved stays, and what is forgotten makes room")
{
	uint32_t used, room, n = 0, before = count_blobs(other());
	char name[8];

	EXPECT_EQ(tally_room(other(), &used, &room), STATUS_OK);
	EXPECT(room <= 4096 && room >= 4000 && used < 200);
	for (; format_text(name, sizeof(name), "n%lu", (unsigned long)n) && (fill((uint8_t)n, 500), true); n++)
		if (tally_save(other(), name, blob, 500) != STATUS_OK)
			break;
	EXPECT(n >= 5 && n <= 8);
	EXPECT_EQ(tally_save(other(), name, blob, 500), STATUS_FULL);
	EXPECT_EQ(count_blobs(other()), before + n);
	kill_named("keeper");
	for (uint32_t i = 0; i < n; i++) {
		format_text(name, sizeof(name), "n%lu", (unsigned long)i);
		expect_blob(other(), name, (uint8_t)i, 500);
	}
	save(other(), "n0", 77, 500);
	EXPECT_EQ(tally_forget(other(), "n1"), STATUS_OK);
	save(other(), "new", 78, 500);
	expect_blob(other(), "n0", 77, 500);
	expect_blob(other(), "new", 78, 500);
	EXPECT_EQ(count_blobs(other()), before + n);
	EXPECT_EQ(tally_room(other(), &used, &room), STATUS_OK);
	EXPECT(used <= room);
	EXPECT_EQ(tally_forget(other(), "new"), STATUS_OK);
	for (uint32_t i = 0; i < n; i++) {
		format_text(name, sizeof(name), "n%lu", (unsigned long)i);
		EXPECT_EQ(tally_forget(other(), name), STATUS_OK);
	}
	EXPECT_EQ(count_blobs(other()), before);
}

TEST(churn, "five hundred saves under five names, with the keeper killed now and then: the last one of each is there")
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };

	for (unsigned i = 0; i < 500; i++) {
		save(counter(), names[i % 5], (uint8_t)i, 100 + i % 300);
		if (i % 167 == 0)
			kill_named("keeper");
	}
	for (unsigned i = 495; i < 500; i++) {
		expect_blob(counter(), names[i % 5], (uint8_t)i, 100 + i % 300);
		EXPECT_EQ(tally_forget(counter(), names[i % 5]), STATUS_OK);
	}
}

TEST(nonsense, "an owner can neither attach pages nor upset the keeper, which answers everything and lives")
{
	uint32_t value;

	save(counter(), "safe", 5, 64);
	EXPECT_EQ(tally_nonsense(counter(), 7, 2, 1, 0), STATUS_METHOD);
	EXPECT_EQ(tally_nonsense(counter(), INTERFACE_CONNECT, 2, 0, 0), STATUS_METHOD);
	for (uint32_t method = 0; method < 16; method++)
		for (uint32_t word = 0; word < 3; word++)
			for (uint32_t handles = 0; handles < 2; handles++) {
				static const uint32_t words[] = { 0, 1, UINT32_MAX }, sizes[] = { 0, 1, 900 };

				for (uint32_t size = 0; size < 3; size++)
					EXPECT(tally_nonsense(counter(), method, words[word], handles, sizes[size]) != NACRE_E_PEER_GONE);
			}
	expect_blob(counter(), "safe", 5, 64);
	EXPECT_EQ(tally_forget(counter(), "safe"), STATUS_OK);
	EXPECT_EQ(tally_read(counter(), &value, NULL), STATUS_OK);
	EXPECT_EQ(value, 7);
}

/* --- a system that changes while it runs ------------------------------------------------------------------- */

static uint32_t build_of(nacre_handle_t server)
{
	uint32_t number;

	EXPECT_EQ(tally_build(server, &number), STATUS_OK);
	return number;
}

static struct {
	bool stop;
	uint32_t calls, failures;
} asker;

/* A client that knows nothing of all this. */
static void *ask(void *nothing)
{
	uint32_t number;

	for (; !__atomic_load_n(&asker.stop, __ATOMIC_ACQUIRE); asker.calls++) {
		asker.failures += tally_build(counter(), &number) != STATUS_OK;
		nacre_sleep_until(nacre_deadline_in(5 * NACRE_MS));
	}
	return nothing;
}

TEST(replace, "a server is replaced while a client calls it: state and connections go over, and no call fails")
{
	pthread_t thread;
	uint32_t before, value;

	EXPECT_EQ(tally_add(counter(), 1, &before), STATUS_OK);
	EXPECT_EQ(build_of(counter()), 1);
	EXPECT_EQ(pthread_create(&thread, NULL, ask, NULL), 0);
	EXPECT_EQ(system_replace(overview(), "counter", "tally-next"), STATUS_OK);
	EXPECT_EQ(build_of(counter()), 2);
	__atomic_store_n(&asker.stop, true, __ATOMIC_RELEASE);
	EXPECT_EQ(pthread_join(thread, NULL), 0);
	EXPECT(asker.calls > 100 && !asker.failures);
	EXPECT_EQ(tally_add(counter(), 1, &value), STATUS_OK);
	EXPECT_EQ(value, before + 1);
	kill_named("counter");
	EXPECT_EQ(build_of(counter()), 2);
}

TEST(roll_back, "a version that dies in its first second is taken back, and the one before goes on with its state")
{
	uint32_t before, value;

	EXPECT_EQ(tally_read(counter(), &before, NULL), STATUS_OK);
	EXPECT_EQ(system_replace(overview(), "counter", "crash"), SYSTEM_ROLLED_BACK);
	EXPECT_EQ(build_of(counter()), 2);
	EXPECT_EQ(tally_read(counter(), &value, NULL), STATUS_OK);
	EXPECT_EQ(value, before);
	EXPECT_EQ(system_replace(overview(), "counter", "nothing"), STATUS_NOT_FOUND);
	EXPECT_EQ(system_replace(overview(), "counter", "../system"), STATUS_NOT_FOUND);
	EXPECT_EQ(system_replace(overview(), "nobody", "tally"), STATUS_NOT_FOUND);
	EXPECT_EQ(system_replace(overview(), "counter", "tally"), STATUS_OK);
	EXPECT_EQ(build_of(counter()), 1);
}

TEST(stop_and_start, "calls to a service that is stopped wait, and its start answers them; what runs is not started")
{
	uint32_t before, lives;

	EXPECT_EQ(tally_read(counter(), NULL, &before), STATUS_OK);
	EXPECT_EQ(system_stop(overview(), "counter"), STATUS_OK);
	EXPECT_EQ(tally_read_until(counter(), nacre_deadline_in(50 * NACRE_MS), NULL, NULL), NACRE_E_TIMEOUT);
	EXPECT_EQ(system_start(overview(), "counter"), STATUS_OK);
	EXPECT_EQ(tally_read(counter(), NULL, &lives), STATUS_OK);
	EXPECT_EQ(lives, before + 1);
	EXPECT_EQ(system_start(overview(), "counter"), SYSTEM_RUNS);
	EXPECT_EQ(system_restart(overview(), "counter"), STATUS_OK);
	EXPECT_EQ(tally_read(counter(), NULL, &lives), STATUS_OK);
	EXPECT_EQ(lives, before + 2);
	EXPECT_EQ(system_stop(overview(), "names"), STATUS_DENIED);
	EXPECT_EQ(system_stop(overview(), "nobody"), STATUS_NOT_FOUND);
}

static uintptr_t limit_of(const char *label)
{
	struct nacre_budget_state state = { 0 };
	struct system_budget budget;
	nacre_handle_t handle;

	for (uint32_t n = 0; system_budget(overview(), n, &budget, &handle) == STATUS_OK; n++) {
		if (string_equal(budget.label, label))
			EXPECT_OK(nacre_budget_info(handle, &state));
		nacre_handle_close(handle);
	}
	return state.limit_pages;
}

TEST(move_pages, "pages move between budgets and none is lost; more than there are left are refused, and nothing has moved")
{
	uintptr_t counters = limit_of("counter"), others = limit_of("other");

	EXPECT_EQ(system_move_pages(overview(), 3, "counter", "other"), STATUS_OK);
	EXPECT_EQ(limit_of("counter"), counters - 3);
	EXPECT_EQ(limit_of("other"), others + 3);
	EXPECT_EQ(system_move_pages(overview(), 1000, "counter", "other"), NACRE_E_BUDGET);
	EXPECT_EQ(system_move_pages(overview(), UINT32_MAX, "machine", "other"), NACRE_E_BUDGET);
	EXPECT_EQ(system_move_pages(overview(), 0x7fffffff, "machine", "other"), NACRE_E_BUDGET);
	EXPECT_EQ(system_move_pages(overview(), 1, "counter", "nobody"), STATUS_NOT_FOUND);
	EXPECT_EQ(limit_of("counter"), counters - 3);
	EXPECT_EQ(system_move_pages(overview(), 3, "other", "counter"), STATUS_OK);
	EXPECT_EQ(limit_of("counter"), counters);
	EXPECT_EQ(limit_of("other"), others);
}

TEST(priority, "a process's priority is lowered and raised, not above its manifest's, and init's is init's")
{
	struct nacre_thread_state thread;
	struct system_process process;
	nacre_handle_t handle = NACRE_HANDLE_NONE;

	for (uint32_t number = 0; system_process(overview(), number, &process, &handle, NULL) == STATUS_OK; number = process.number + 1) {
		if (string_equal(process.label, "other"))
			break;
		nacre_handle_close(handle);
	}
	EXPECT_TEXT(process.label, "other");
	EXPECT_EQ(system_set_priority(overview(), process.number, 5), STATUS_OK);
	EXPECT_OK(nacre_process_thread(handle, 0, &thread));
	EXPECT_EQ(thread.priority, 5);
	EXPECT_EQ(system_set_priority(overview(), process.number, 15), NACRE_E_PRIORITY);
	EXPECT_EQ(system_set_priority(overview(), process.number, 0), NACRE_E_PRIORITY);
	EXPECT_EQ(system_set_priority(overview(), process.number, 14), STATUS_OK);
	EXPECT_EQ(system_set_priority(overview(), 1, 5), STATUS_DENIED);
	EXPECT_EQ(system_set_priority(overview(), UINT32_MAX, 5), STATUS_NOT_FOUND);
	nacre_handle_close(handle);
}

static uint32_t go_on;

static void *wait_to_end(void *nothing)
{
	while (!__atomic_load_n(&go_on, __ATOMIC_ACQUIRE))
		nacre_futex_wait(&go_on, 0, NACRE_HANDLE_NONE, NACRE_DEADLINE_NEVER);
	return nothing;
}

TEST(priority_of_threads, "a priority that is set holds for all threads that a process has, and comes back for all of them")
{
	struct system_process process = { 0 };
	struct nacre_thread_state state;
	pthread_t threads[5];
	uint32_t before, i;

	for (uint32_t number = 0; !string_equal(process.label, "test-keeping"); number = process.number + 1)
		EXPECT_EQ(system_process(overview(), number, &process, NULL, NULL), STATUS_OK);
	before = process.priority;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		EXPECT_EQ(pthread_create(&threads[i], NULL, wait_to_end, NULL), 0);
	EXPECT_EQ(system_set_priority(overview(), process.number, 3), STATUS_OK);
	for (i = 0; nacre_process_thread(nacre_self_process(), i, &state) == NACRE_E_OK; i++)
		EXPECT_EQ(state.priority, 3);
	EXPECT_EQ(i, 1 + ARRAY_SIZE(threads));
	EXPECT_EQ(system_set_priority(overview(), process.number, before), STATUS_OK);
	for (i = 0; nacre_process_thread(nacre_self_process(), i, &state) == NACRE_E_OK; i++)
		EXPECT_EQ(state.priority, before);
	__atomic_store_n(&go_on, 1, __ATOMIC_RELEASE);
	nacre_futex_wake(&go_on, ARRAY_SIZE(threads), NULL);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		EXPECT_EQ(pthread_join(threads[i], NULL), 0);
}
