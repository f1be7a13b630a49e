/* supervise.c - hangs are noticed, dependants are told or restarted, deaths are remembered (system/supervise.toml). */
#include <pthread.h>
#include "base/string.h"
#include "idl/log_client.h"
#include "idl/names_client.h"
#include "idl/system_client.h"
#include "idl/tally_client.h"
#include "idl/tally_server.h"
#include "idl/time_client.h"
#include "nacre/clock.h"
#include "nacre/names.h"
#include "nacre/startup.h"
#include "test/test.h"

static nacre_handle_t tally(const char *path)
{
	nacre_handle_t connection;

	EXPECT_EQ(tally_connect(path, &connection), STATUS_OK);
	return connection;
}

static nacre_handle_t overview(void)
{
	static nacre_handle_t connection;

	if (!connection)
		EXPECT_EQ(system_connect("svc/system", &connection), STATUS_OK);
	return connection;
}

static uint32_t lives(nacre_handle_t server)
{
	uint32_t count;

	EXPECT_EQ(tally_read(server, NULL, &count), STATUS_OK);
	return count;
}

static void report_of(uint32_t serial, char *text, size_t room)
{
	uint32_t from = 0;
	size_t length;

	while (from < room - 1 &&
	       system_death_report(overview(), serial, from, text + from, room - 1 - from, &length) == STATUS_OK)
		from += (uint32_t)length;
	text[from] = 0;
}

static bool contains(const char *text, const char *wanted)
{
	size_t size = string_length(wanted);

	for (; *text; text++)
		if (!memcmp(text, wanted, size))
			return true;
	return false;
}

static void kill_named(const char *label)
{
	struct system_process process;

	for (uint32_t number = 0; system_process(overview(), number, &process, NULL, NULL) == STATUS_OK; number = process.number + 1) {
		if (!string_equal(process.label, label))
			continue;
		EXPECT_EQ(system_kill(overview(), process.number, 7), STATUS_OK);
		return;
	}
	EXPECT(!"there is such a process");
}

/* First, while this program is one of the youngest. */
TEST(log_gone, "a log that was started anew knows all processes by their names, however many there are")
{
	nacre_handle_t reader;
	struct log_record record;
	char text[LOG_TEXT_BYTES + 1];

	EXPECT_EQ(log_connect("svc/log-reader", &reader), STATUS_OK);
	kill_named("log");
	EXPECT_EQ(log_write(nacre_startup_handle("log"), LOG_LEVEL_INFO, "who am I"), STATUS_OK);
	EXPECT_EQ(log_read(reader, 0, LOG_LEVEL_DEBUG, LOG_READING_BACKWARD, "test-supervise", &record, text, sizeof(text), NULL), STATUS_OK);
	EXPECT_TEXT(text, "who am I");
	nacre_handle_close(reader);
}

TEST(hang, "a server that does not come back to its loop is killed, its caller hears of it, and a successor answers")
{
	nacre_handle_t first = tally("test/first");
	uint32_t before = lives(first);
	struct system_death death;
	static char text[2048];

	EXPECT_EQ(tally_hang(first), NACRE_E_PEER_GONE);
	EXPECT_EQ(lives(first), before + 1);
	EXPECT_EQ(system_death(overview(), 0, &death), STATUS_OK);
	EXPECT_EQ(death.dying, SYSTEM_DYING_HANG);
	EXPECT_TEXT(death.label, "first");
	report_of(death.serial, text, sizeof(text));
	EXPECT(!memcmp(text, "hang of first, process ", 23));
	EXPECT(contains(text, " did not answer init for 200 ms, or let nothing else run\n"));
	EXPECT(contains(text, "/program/tally.elf 0x") || contains(text, "/program/first.elf 0x"));
	EXPECT(contains(text, "\n  budget: "));
	nacre_handle_close(first);
}

TEST(storm, "a server that answers init, and yet lets nothing below it run, is killed like one that hangs")
{
	nacre_handle_t first = tally("test/first");
	uint32_t before = lives(first);
	struct system_death death;

	EXPECT_EQ(tally_storm(first), STATUS_OK);
	EXPECT_EQ(system_death(overview(), 0, &death), STATUS_OK); /* by now it has ended, else this would not run */
	EXPECT_EQ(death.dying, SYSTEM_DYING_HANG);
	EXPECT_TEXT(death.label, "first");
	EXPECT_EQ(lives(first), before + 1);
	nacre_handle_close(first);
}

TEST(silent, "a server that answers others and has lost a call ends itself; its idempotent client loses nothing")
{
	nacre_handle_t prompt = tally("test/prompt");
	uint32_t before = lives(prompt), after;
	struct system_death death;
	static char text[2048];

	EXPECT_EQ(tally_lose(prompt, 1, &after), STATUS_OK);
	EXPECT_EQ(after, before + 1);
	EXPECT_EQ(system_death(overview(), 0, &death), STATUS_OK);
	EXPECT_EQ(death.dying, SYSTEM_DYING_END);
	EXPECT_TEXT(death.label, "prompt");
	report_of(death.serial, text, sizeof(text));
	EXPECT(contains(text, "a call was not answered for 200 ms"));
	nacre_handle_close(prompt);
}

static _Atomic bool flooding;

static void *flood(void *prompt)
{
	uint32_t value;

	while (flooding)
		tally_add((nacre_handle_t)(uintptr_t)prompt, 1, &value);
	return NULL;
}

TEST(silent_flood, "who asks without a pause does not hide a lost call of another's")
{
	nacre_handle_t prompt = tally("test/prompt"), other = tally("test/prompt");
	uint32_t before = lives(prompt), after;
	pthread_t thread;

	flooding = true;
	EXPECT_EQ(pthread_create(&thread, NULL, flood, (void *)(uintptr_t)other), 0);
	EXPECT_EQ(tally_lose(prompt, 2, &after), STATUS_OK);
	EXPECT_EQ(after, before + 1);
	flooding = false;
	EXPECT_EQ(pthread_join(thread, NULL), 0);
	nacre_handle_close(prompt);
	nacre_handle_close(other);
}

static void *wait_outside(void *prompt)
{
	return (void *)(uintptr_t)tally_outside_until((nacre_handle_t)(uintptr_t)prompt, nacre_deadline_in(NACRE_S));
}

TEST(silent_hostile, "no client gets a server restarted by waiting for the outside world, asking without a pause, long work, or leaving")
{
	nacre_handle_t prompt = tally("test/prompt");
	uint32_t before = lives(prompt), after;
	pthread_t waits[3], floods;
	void *status;

	flooding = true;
	EXPECT_EQ(pthread_create(&floods, NULL, flood, (void *)(uintptr_t)prompt), 0);
	for (size_t i = 0; i < 3; i++)
		EXPECT_EQ(pthread_create(&waits[i], NULL, wait_outside, (void *)(uintptr_t)prompt), 0);
	for (unsigned i = 0; i < 10; i++)
		EXPECT_EQ(tally_lose_until(prompt, nacre_deadline_in(50 * NACRE_MS), UINT32_MAX, &after), NACRE_E_TIMEOUT);
	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(tally_work(prompt, 400), STATUS_OK);
	for (size_t i = 0; i < 3; i++) {
		EXPECT_EQ(pthread_join(waits[i], &status), 0);
		EXPECT_EQ((uintptr_t)status, NACRE_E_TIMEOUT);
	}
	flooding = false;
	EXPECT_EQ(pthread_join(floods, NULL), 0);
	EXPECT_EQ(lives(prompt), before);
	nacre_handle_close(prompt);
}

TEST(debug, "the debug right over a service is given to whose manifest lists it, and to nobody else")
{
	nacre_handle_t process, told = tally("test/told");
	struct nacre_registers registers = { 0 };
	uint32_t before = lives(told);

	EXPECT_EQ(system_debug(overview(), "first", &process), STATUS_DENIED);
	EXPECT_EQ(system_debug(overview(), "names", &process), STATUS_DENIED);
	EXPECT_EQ(system_debug(overview(), "nobody", &process), STATUS_DENIED);
	EXPECT_EQ(system_debug(overview(), "told", &process), STATUS_OK);
	EXPECT_OK(nacre_process_stop(process));
	EXPECT_OK(nacre_process_registers_get(process, 1, &registers));
	EXPECT(registers.pc != 0);
	EXPECT_EQ(tally_read_until(told, nacre_deadline_in(50 * NACRE_MS), NULL, NULL), NACRE_E_TIMEOUT);
	EXPECT_OK(nacre_process_resume(process));
	EXPECT_EQ(lives(told), before);
	EXPECT_EQ(nacre_process_kill(process, 1), NACRE_E_RIGHTS);
	nacre_handle_close(process);
	nacre_handle_close(told);
}

static uint32_t number_of(const char *label)
{
	struct system_process process;

	for (uint32_t number = 0; system_process(overview(), number, &process, NULL, NULL) == STATUS_OK; number = process.number + 1)
		if (string_equal(process.label, label))
			return process.number;
	return 0;
}

/* What a debugger has: a mailbox, the right to make connections to it, and one of those. */
static struct {
	nacre_handle_t server, mint, notice;
} debugger;

static void debugger_open(void)
{
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &debugger.server));
	EXPECT_OK(nacre_handle_duplicate(debugger.server, NACRE_RIGHT_MINT | NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_TRANSFER, &debugger.mint));
	EXPECT_OK(nacre_connection_mint(debugger.server, nacre_self_budget(), 7, 0, 0, 1, &debugger.notice));
}

static void debugger_close(void)
{
	nacre_handle_close(debugger.notice);
	nacre_handle_close(debugger.mint);
	nacre_handle_close(debugger.server);
}

static nacre_status_t attach(const char *label, struct system_debuggee *debuggee, nacre_handle_t *process)
{
	return system_attach(overview(), number_of(label), 7, debugger.mint, debugger.notice, debuggee, process);
}

static uint32_t news(void)
{
	struct nacre_received received = { 0 };

	EXPECT_OK(nacre_server_receive(debugger.server, nacre_deadline_in(NACRE_S), NULL, &received));
	EXPECT_EQ(received.info & NACRE_INFO_KIND, NACRE_KIND_SIGNAL);
	return (uint32_t)received.words.word[0];
}

TEST(attach, "a process goes to whose manifest lists it, one debugger at a time; its end is told, and it comes back when it is given back")
{
	nacre_handle_t process, told = tally("test/told");
	struct system_debuggee debuggee = { 0 };
	uint32_t before = lives(told);

	debugger_open();
	EXPECT_EQ(attach("first", NULL, NULL), STATUS_DENIED);
	EXPECT_EQ(attach("names", NULL, NULL), STATUS_DENIED);
	EXPECT_EQ(attach("test-supervise", NULL, NULL), STATUS_DENIED);
	EXPECT_EQ(attach("init", NULL, NULL), STATUS_NOT_FOUND);
	EXPECT_EQ(system_hold(overview(), "first", debugger.notice), STATUS_DENIED);
	EXPECT_EQ(system_detach(overview(), number_of("told")), STATUS_NOT_FOUND);
	EXPECT_EQ(attach("told", &debuggee, &process), STATUS_OK);
	EXPECT_EQ(debuggee.number, number_of("told"));
	EXPECT_TEXT(debuggee.file, "bin/tally");
	EXPECT_EQ(attach("told", NULL, NULL), STATUS_FULL);
	EXPECT_OK(nacre_process_stop(process));
	EXPECT_EQ(nacre_process_kill(process, 1), NACRE_E_RIGHTS);
	EXPECT_EQ(system_detach(overview(), debuggee.number), STATUS_OK);
	EXPECT_EQ(lives(told), before);
	EXPECT_EQ(attach("told", &debuggee, NULL), STATUS_OK);
	EXPECT_EQ(system_kill(overview(), debuggee.number, 5), STATUS_OK);
	EXPECT_EQ(news(), SYSTEM_SIGNAL_GONE | NACRE_CAUSE_KILLED << SYSTEM_GONE_CAUSE | 5 << SYSTEM_GONE_CODE);
	EXPECT_EQ(lives(told), before + 1);
	nacre_handle_close(process);
	nacre_handle_close(told);
	debugger_close();
}

TEST(hold, "a service that is held at its start has not run, and goes on when it is let go")
{
	nacre_handle_t told = tally("test/told");
	uint32_t before = lives(told);

	debugger_open();
	EXPECT_EQ(system_hold(overview(), "told", debugger.notice), STATUS_OK);
	EXPECT_EQ(system_restart(overview(), "told"), STATUS_OK);
	EXPECT_EQ(news(), SYSTEM_SIGNAL_HELD);
	EXPECT_EQ(tally_read_until(told, nacre_deadline_in(50 * NACRE_MS), NULL, NULL), NACRE_E_TIMEOUT);
	EXPECT_EQ(system_detach(overview(), number_of("told")), STATUS_OK);
	EXPECT_EQ(lives(told), before + 1);
	nacre_handle_close(told);
	debugger_close();
}

static uint32_t priority_of(const char *label)
{
	struct nacre_thread_state thread = { 0 };
	struct system_process process;
	nacre_handle_t handle;

	for (uint32_t number = 0; system_process(overview(), number, &process, &handle, NULL) == STATUS_OK; number = process.number + 1) {
		if (string_equal(process.label, label))
			EXPECT_OK(nacre_process_thread(handle, 0, &thread));
		nacre_handle_close(handle);
	}
	return thread.priority;
}

TEST(high, "a server above init's priority that hangs, which keeps init from running, is found, killed and restarted all the same")
{
	nacre_handle_t high = tally("test/high");
	uint32_t before = lives(high);
	struct system_death death;

	EXPECT_EQ(tally_hang(high), NACRE_E_PEER_GONE);
	EXPECT_EQ(lives(high), before + 1);
	EXPECT_EQ(system_death(overview(), 0, &death), STATUS_OK);
	EXPECT_EQ(death.dying, SYSTEM_DYING_HANG);
	EXPECT_TEXT(death.label, "high");
	nacre_handle_close(high);
}

TEST(high_busy, "one that works there for a while, longer than init can wait for its own turn, is let be and has its priority back")
{
	nacre_handle_t high = tally("test/high");
	uint32_t before = lives(high);

	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(tally_work(high, 450), STATUS_OK);
	EXPECT_EQ(lives(high), before);
	nacre_sleep_until(nacre_deadline_in(2 * NACRE_S));
	EXPECT_EQ(lives(high), before);
	EXPECT_EQ(priority_of("high"), 26);
	nacre_handle_close(high);
}

TEST(busy, "a server that works for long, but comes back to its loop in time, is let be, and so is one that has nothing to do")
{
	nacre_handle_t first = tally("test/first");
	uint32_t before = lives(first);

	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(tally_work(first, 150), STATUS_OK);
	EXPECT_EQ(lives(first), before);
	nacre_sleep_until(nacre_deadline_in(3 * NACRE_S));
	EXPECT_EQ(lives(first), before);
	nacre_handle_close(first);
}

TEST(not_asked, "a server without the key may hang: the caller's own deadline is what ends the call")
{
	nacre_handle_t told = tally("test/told");
	uint32_t before = lives(told), number = 0, times;
	struct system_process process;

	EXPECT_EQ(tally_work_until(told, nacre_deadline_in(100 * NACRE_MS), 500), NACRE_E_TIMEOUT);
	EXPECT_EQ(lives(told), before);
	EXPECT_EQ(tally_told(told, NULL, &times), STATUS_OK);
	while (system_process(overview(), number, &process, NULL, NULL) == STATUS_OK && !string_equal(process.label, "told"))
		number = process.number + 1;
	EXPECT_TEXT(process.label, "told");
	nacre_handle_close(told);
}

/* Until a server has had so many lives: restarts take the time they take. */
static void wait_for_lives(nacre_handle_t server, uint32_t wanted)
{
	uint64_t end_ns = nacre_deadline_in(10 * NACRE_S);

	while (lives(server) < wanted && nacre_clock_ns() < end_ns)
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	EXPECT_EQ(lives(server), wanted);
}

TEST(depends, "when a service was started anew, who depends on it is started anew too, or told which it was")
{
	nacre_handle_t first = tally("test/first"), with = tally("test/with-first"), told = tally("test/told");
	uint32_t before = lives(with), untold = lives(told), bits, times, again;
	struct system_death death;

	EXPECT_EQ(tally_told(told, NULL, &times), STATUS_OK);
	kill_named("first");
	wait_for_lives(with, before + 1);
	EXPECT_EQ(system_death(overview(), 0, &death), STATUS_OK);
	EXPECT_EQ(death.dying, SYSTEM_DYING_END);
	EXPECT_EQ(death.cause, NACRE_CAUSE_KILLED);
	EXPECT_EQ(death.code, 7);
	EXPECT_TEXT(death.label, "first");
	EXPECT_EQ(tally_told(told, &bits, &again), STATUS_OK);
	EXPECT_EQ(bits, 2 * INTERFACE_SIGNAL_DEPENDS);
	EXPECT_EQ(again, times + 1);
	EXPECT_EQ(lives(told), untold);
	kill_named("time");
	EXPECT_EQ(nacre_connect("svc/time", &first), STATUS_OK);
	while (tally_told(told, &bits, &again) == STATUS_OK && again == times + 1)
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	EXPECT_EQ(bits, 3 * INTERFACE_SIGNAL_DEPENDS);
	EXPECT_EQ(lives(with), before + 1);
}

TEST(death_report_gone, "a report that is not kept is NOT_FOUND, and the list ends")
{
	struct system_death death;
	uint32_t n = 0;
	char text[16];
	size_t length;

	while (n < 64 && system_death(overview(), n, &death) == STATUS_OK)
		n++;
	EXPECT(n >= 2 && n < 64);
	EXPECT_EQ(system_death(overview(), n - 1, &death), STATUS_OK);
	EXPECT_EQ(system_death_report(overview(), UINT32_MAX, 0, text, sizeof(text), &length), STATUS_NOT_FOUND);
	EXPECT_EQ(system_death_report(overview(), death.serial, 1 << 20, text, sizeof(text), &length), STATUS_END);
}

/* --- calls in flight --------------------------------------------------------------------------------------- */

TEST(again, "an idempotent call whose server dies with it is made again, once, and another one answers PEER_GONE")
{
	nacre_handle_t told = tally("test/told");
	uint32_t before = lives(told), after;

	EXPECT_EQ(tally_fall(told, 1, &after), STATUS_OK);
	EXPECT_EQ(after, before + 1);
	EXPECT_EQ(tally_fall(told, 4, &after), NACRE_E_PEER_GONE); /* falls twice: the first time, and when asked again */
	wait_for_lives(told, before + 3);
	EXPECT_EQ(tally_fall_once(told, 4, &after), NACRE_E_PEER_GONE);
	wait_for_lives(told, before + 4);
	EXPECT_EQ(tally_fall_once(told, 4, &after), STATUS_OK);
	nacre_handle_close(told);
}

TEST(again_in_time, "what is asked again keeps its deadline")
{
	nacre_handle_t told = tally("test/told");

	EXPECT_EQ(tally_work_until(told, nacre_deadline_in(50 * NACRE_MS), 100), NACRE_E_TIMEOUT);
	EXPECT_EQ(tally_read_until(told, nacre_deadline_in(NACRE_S), NULL, NULL), STATUS_OK);
	nacre_handle_close(told);
}

/* --- the time of day ----------------------------------------------------------------------------------------- */

TEST(time_gone, "the time of day does not jump when the time server dies, not back and not on, and the zone stays")
{
	nacre_handle_t clock;
	uint64_t before_ns, after_ns;
	int32_t zone;
	bool known;

	EXPECT_EQ(time_connect("svc/clock-set", &clock), STATUS_OK);
	EXPECT_EQ(time_zone_set(clock, 90), STATUS_OK);
	for (unsigned i = 0; i < 3; i++) {
		EXPECT_EQ(time_wall_set(clock, (1000 + i) * NACRE_S), STATUS_OK);
		EXPECT_EQ(time_wall(clock, &before_ns, NULL, NULL), STATUS_OK);
		kill_named("time");
		EXPECT_EQ(time_wall(clock, &after_ns, &zone, &known), STATUS_OK);
		EXPECT_EQ(after_ns, before_ns);
		EXPECT_EQ(zone, 90);
		EXPECT(known);
	}
	nacre_handle_close(clock);
}

/* --- finding servers ---------------------------------------------------------------------------------------- */

enum { SEEKERS = 3, SEEKS = 30 };

static _Atomic bool seek;

/* Looks names up without a pause; answers what was found in place of a connection. */
static void *look_up(void *given)
{
	intptr_t wrong = STATUS_OK;

	(void)given;
	while (seek && !wrong) {
		nacre_handle_t found = NACRE_HANDLE_NONE;

		wrong = nacre_connect_now("test/told", &found);
		if (!wrong)
			nacre_handle_close(found);
		nacre_thread_yield();
	}
	return (void *)wrong;
}

TEST(names_gone, "who looks up a name while the name server dies and comes back finds it, and never hears that there is none")
{
	pthread_t seekers[SEEKERS];
	void *wrong;

	seek = true;
	for (unsigned i = 0; i < SEEKERS; i++)
		EXPECT_EQ(pthread_create(&seekers[i], NULL, look_up, NULL), 0);
	for (unsigned i = 0; i < 3; i++) {
		nacre_sleep_until(nacre_deadline_in(5 * NACRE_MS));
		kill_named("names");
		for (unsigned n = 0; n < SEEKS; n++) {
			nacre_handle_t found = NACRE_HANDLE_NONE;

			EXPECT_EQ(nacre_connect_now("test/told", &found), STATUS_OK);
			nacre_handle_close(found);
		}
	}
	seek = false;
	for (unsigned i = 0; i < SEEKERS; i++) {
		EXPECT_EQ(pthread_join(seekers[i], &wrong), 0);
		EXPECT_EQ((intptr_t)wrong, STATUS_OK);
	}
}

/* --- connections that last --------------------------------------------------------------------------------- */

static struct {
	nacre_handle_t server;
	uint32_t life, sum;
	pthread_t thread;
} shop;

static nacre_status_t shop_read(struct nacre_request *request, struct tally_read_out *out)
{
	(void)request;
	*out = (struct tally_read_out){ shop.sum, shop.life };
	return STATUS_OK;
}

static nacre_status_t shop_add(struct nacre_request *request, const struct tally_add_in *in, struct tally_add_out *out)
{
	(void)request;
	out->value = shop.sum += in->by;
	return STATUS_OK;
}

static void *serve(void *nothing)
{
	static const struct tally_handlers handlers = { .read = shop_read, .add = shop_add };
	static const struct nacre_protocol protocol = TALLY_SERVED_BY(&handlers);
	static uint64_t buffer[TALLY_BUFFER_BYTES / 8 + 1];
	struct nacre_server server = { .handle = shop.server, .protocol = &protocol, .buffer = buffer, .buffer_size = sizeof(buffer) };

	(void)nothing;
	nacre_server_run(&server);
	return NULL;
}

/* A server of this program's own, under a name that it may publish. */
static void shop_open(void)
{
	nacre_handle_t connection;

	shop.life++;
	EXPECT_OK(nacre_server_create(nacre_self_budget(), &shop.server));
	EXPECT_OK(nacre_connection_mint(shop.server, nacre_self_budget(), 1, 0, 0, 0, &connection));
	EXPECT_EQ(pthread_create(&shop.thread, NULL, serve, NULL), 0);
	EXPECT_EQ(names_publish(nacre_startup_handle("publish/test/lasting"), NAMES_KIND_SHARED, connection), STATUS_OK);
	nacre_handle_close(connection);
}

static void shop_close(void)
{
	nacre_handle_close(shop.server);
	EXPECT_EQ(pthread_join(shop.thread, NULL), 0);
}

static uint32_t handles_open(void)
{
	struct nacre_process_state state;

	EXPECT_OK(nacre_process_info(nacre_self_process(), &state));
	return state.handles;
}

TEST(lasting, "a lasting connection finds the next server of the name; what may have been done already is not done again")
{
	nacre_handle_t lasting;
	uint32_t value, life, before;

	shop_open();
	before = handles_open();
	EXPECT_EQ(tally_connect_lasting("test/lasting", &lasting), STATUS_OK);
	EXPECT_EQ(tally_add(lasting, 5, &value), STATUS_OK);
	shop_close();
	shop_open();
	EXPECT_EQ(tally_read(lasting, &value, &life), STATUS_OK);
	EXPECT_EQ(life, 2);
	EXPECT_EQ(tally_add(lasting, 5, &value), STATUS_OK);
	EXPECT_EQ(value, 10);
	shop_close();
	shop_open();
	EXPECT_EQ(tally_add(lasting, 5, &value), NACRE_E_PEER_GONE);
	EXPECT_EQ(tally_add(lasting, 5, &value), STATUS_OK);
	EXPECT_EQ(value, 15);
	nacre_lasting_close(lasting);
	EXPECT_EQ(handles_open(), before);
	EXPECT_EQ(tally_read(lasting, &value, &life), NACRE_E_BAD_HANDLE);
	shop_close();
}

TEST(lasting_kept, "where the mailbox is kept, a lasting connection stays what it was, and what was begun is not done again")
{
	nacre_handle_t lasting, told = tally("test/told");
	uint32_t before = lives(told), after;

	EXPECT_EQ(tally_connect_lasting("test/told", &lasting), STATUS_OK);
	EXPECT_EQ(tally_fall(lasting, 6, &after), STATUS_OK); /* falls twice, and is asked three times */
	EXPECT_EQ(after, before + 2);
	EXPECT_EQ(tally_fall_once(lasting, 8, &after), NACRE_E_PEER_GONE);
	wait_for_lives(told, before + 3);
	nacre_lasting_close(lasting);
	nacre_handle_close(told);
}

TEST(lasting_waits, "without a server a lasting connection waits for the next one, up to the call's deadline")
{
	nacre_handle_t lasting;
	uint32_t life;

	shop_open();
	EXPECT_EQ(tally_connect_lasting("test/lasting", &lasting), STATUS_OK);
	shop_close();
	EXPECT_EQ(names_unpublish(nacre_startup_handle("publish/test/lasting")), STATUS_OK);
	EXPECT_EQ(tally_read_until(lasting, nacre_deadline_in(50 * NACRE_MS), NULL, &life), NACRE_E_TIMEOUT);
	shop_open();
	EXPECT_EQ(tally_read(lasting, NULL, &life), STATUS_OK);
	EXPECT_EQ(life, shop.life);
	nacre_lasting_close(lasting);
	shop_close();
}

TEST(lasting_limit, "there are NACRE_LASTING_MAX lasting connections, and one that is closed makes room")
{
	nacre_handle_t lasting[NACRE_LASTING_MAX], more;
	uint32_t before = handles_open();

	for (size_t i = 0; i < NACRE_LASTING_MAX; i++)
		EXPECT_EQ(tally_connect_lasting("test/told", &lasting[i]), STATUS_OK);
	EXPECT_EQ(tally_connect_lasting("test/told", &more), STATUS_FULL);
	nacre_lasting_close(lasting[3]);
	EXPECT_EQ(tally_connect_lasting("test/told", &lasting[3]), STATUS_OK);
	for (size_t i = 0; i < NACRE_LASTING_MAX; i++)
		nacre_lasting_close(lasting[i]);
	EXPECT_EQ(handles_open(), before);
}
