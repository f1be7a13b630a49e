/* server_rest.c - log, time, rng and interrupt lines, seen by a program (system/test.toml: test-rest). */
#include "base/string.h"
#include "idl/irq_client.h"
#include "idl/log_client.h"
#include "idl/rng_client.h"
#include "idl/system_client.h"
#include "idl/time_client.h"
#include "nacre/log.h"
#include "pester.h"

static nacre_handle_t connect_to(const char *path)
{
	nacre_handle_t connection;

	EXPECT_EQ(nacre_connect(path, &connection), STATUS_OK);
	return connection;
}

/* --- log ------------------------------------------------------------------------------------------------- */

static struct {
	struct log_record record;
	char text[LOG_TEXT_BYTES + 1];
} answer;

static nacre_status_t read_log(nacre_handle_t log, uint32_t number, enum log_level level)
{
	return log_read(log, number, level, 0, "test-rest", &answer.record, answer.text, sizeof(answer.text), NULL);
}

TEST(log_round, "a line is read back with its writer's name, level and number")
{
	nacre_handle_t log = connect_to("svc/log-reader");
	uint32_t number = 0;

	nacre_log(LOG_INFO, "the first");
	nacre_log(LOG_WARNING, "a line of more than sixty-four bytes, which does not fit into a message that is only sent: %d",
		  1234);
	EXPECT_EQ(read_log(log, 0, LOG_DEBUG), STATUS_OK);
	EXPECT(answer.record.text_bytes == 9 && !memcmp(answer.text, "the first", 9));
	EXPECT_EQ(answer.record.level, LOG_INFO);
	EXPECT_TEXT(answer.record.label, "test-rest");
	number = answer.record.number;
	EXPECT_EQ(read_log(log, number + 1, LOG_WARNING), STATUS_OK);
	EXPECT(answer.record.number > number && answer.record.text_bytes > 64);
	EXPECT_EQ(read_log(log, answer.record.number + 1, LOG_DEBUG), STATUS_END);
	nacre_handle_close(log);
}

TEST(log_wraps, "a ring that is full forgets the oldest lines and nothing else")
{
	nacre_handle_t log = connect_to("svc/log-reader");
	uint32_t number = 0, count = 0;
	char last[LOG_TEXT_BYTES + 1] = "";

	for (unsigned i = 0; i < 400; i++)
		nacre_log(LOG_DEBUG, "line %u", i);
	while (read_log(log, number + 1, LOG_DEBUG) == STATUS_OK) {
		EXPECT(!number || answer.record.number == number + 1);
		number = answer.record.number;
		string_copy(last, sizeof(last), answer.text);
		count++;
	}
	EXPECT(count > 50 && count < 400);
	EXPECT_TEXT(last, "line 399");
	nacre_handle_close(log);
}

TEST(log_odd_text, "text that is no UTF-8 is logged with question marks, and so are control characters")
{
	nacre_handle_t log = connect_to("svc/log-reader");
	uint32_t number = 0;

	while (read_log(log, number + 1, LOG_DEBUG) == STATUS_OK)
		number = answer.record.number;
	nacre_log(LOG_INFO, "a\xff\xc3\xa4\x1b");
	EXPECT_EQ(read_log(log, number + 1, LOG_DEBUG), STATUS_OK);
	EXPECT_TEXT(answer.text, "a?\xc3\xa4?");
	nacre_handle_close(log);
}

TEST(log_sides, "a writer cannot read, and a reader cannot write")
{
	nacre_handle_t log = connect_to("svc/log-reader");

	EXPECT_EQ(read_log(nacre_startup_handle("log"), 0, LOG_DEBUG), STATUS_METHOD);
	EXPECT_EQ(log_write(log, LOG_INFO, "x"), STATUS_METHOD);
	nacre_handle_close(log);
}

TEST(log_malformed, "the log answers everything and lives")
{
	nacre_handle_t log = connect_to("svc/log-reader");

	pester_server(nacre_startup_handle("log"), LOG_PROTOCOL, 0);
	pester_server(log, LOG_PROTOCOL, 0);
	nacre_handle_close(log);
}

/* --- time ------------------------------------------------------------------------------------------------ */

TEST(alarm, "an alarm goes off at its time and not before")
{
	nacre_handle_t alarm = connect_to("svc/alarm"), server, connection;
	uint64_t when_ns = nacre_deadline_in(5 * NACRE_MS);
	struct nacre_received received = { 0 };
	uint32_t number;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 3, 0, 0, 0, &connection));
	EXPECT_EQ(time_alarm(alarm, when_ns, 4, connection, &number), STATUS_OK);
	EXPECT_OK(nacre_server_receive(server, nacre_deadline_in(NACRE_S), NULL, &received));
	EXPECT(nacre_clock_ns() >= when_ns);
	EXPECT_EQ(received.badge, 3);
	EXPECT_EQ(received.words.word[0] & 4, 4);
	nacre_handle_close(connection);
	nacre_handle_close(server);
	nacre_handle_close(alarm);
}

TEST(alarm_limit, "a client has TIME_ALARMS_EACH alarms, and can cancel them once")
{
	nacre_handle_t alarm = connect_to("svc/alarm"), server, connection;
	uint32_t numbers[TIME_ALARMS_EACH], number;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 3, 0, 0, 0, &connection));
	for (unsigned i = 0; i < TIME_ALARMS_EACH; i++)
		EXPECT_EQ(time_alarm(alarm, nacre_deadline_in(NACRE_S), 1, connection, &numbers[i]), STATUS_OK);
	EXPECT_EQ(time_alarm(alarm, nacre_deadline_in(NACRE_S), 1, connection, &number), STATUS_FULL);
	EXPECT_EQ(time_alarm(alarm, 0, 0, connection, &number), STATUS_MALFORMED);
	for (unsigned i = 0; i < TIME_ALARMS_EACH; i++) {
		EXPECT_EQ(time_alarm_cancel(alarm, numbers[i]), STATUS_OK);
		EXPECT_EQ(time_alarm_cancel(alarm, numbers[i]), STATUS_NOT_FOUND);
	}
	nacre_handle_close(connection);
	nacre_handle_close(server);
	nacre_handle_close(alarm);
}

TEST(alarm_connections, "a process has two connections to the alarms, and gets a third when it has closed one")
{
	nacre_handle_t first = connect_to("svc/alarm"), second = connect_to("svc/alarm"), third;

	EXPECT_EQ(nacre_connect("svc/alarm", &third), STATUS_FULL);
	nacre_handle_close(second);
	third = connect_to("svc/alarm");
	nacre_handle_close(third);
	nacre_handle_close(first);
}

TEST(clock_is_read_only, "who may read the clock may not set it")
{
	nacre_handle_t clock = connect_to("svc/time");
	bool known = false;

	EXPECT_EQ(time_wall_set(clock, 0), STATUS_METHOD);
	EXPECT_EQ(time_wall(clock, NULL, NULL, &known), STATUS_OK);
	EXPECT(known);
	nacre_handle_close(clock);
}

TEST(time_malformed, "the time server answers everything and lives")
{
	nacre_handle_t clock = connect_to("svc/time"), alarm = connect_to("svc/alarm");

	pester_server(clock, TIME_PROTOCOL, 0);
	pester_server(alarm, TIME_PROTOCOL, 0);
	nacre_handle_close(clock);
	nacre_handle_close(alarm);
}

/* --- rng ------------------------------------------------------------------------------------------------- */

static nacre_status_t random_bytes(nacre_handle_t rng, void *to, size_t size, size_t *length)
{
	return rng_bytes(rng, to, size, length);
}

TEST(random, "random bytes come in the number asked for, and differ")
{
	static uint8_t first[RNG_BYTES_MAX], second[RNG_BYTES_MAX];
	nacre_handle_t rng = connect_to("svc/rng");
	size_t length = 0;

	EXPECT_EQ(random_bytes(rng, first, sizeof(first), &length), STATUS_OK);
	EXPECT_EQ(length, sizeof(first));
	EXPECT_EQ(random_bytes(rng, second, sizeof(second), &length), STATUS_OK);
	EXPECT(memcmp(first, second, sizeof(first)));
	EXPECT(memcmp(first, first + 512, 512));
	nacre_handle_close(rng);
}

TEST(random_limits, "there must be room for a byte, and no more than RNG_BYTES_MAX come; seeding is init's alone")
{
	static uint8_t bytes[RNG_BYTES_MAX + 1];
	nacre_handle_t rng = connect_to("svc/rng");
	size_t length = 0;

	EXPECT_EQ(rng_bytes(rng, bytes, 0, &length), STATUS_MALFORMED);
	EXPECT_EQ(rng_bytes(rng, bytes, sizeof(bytes), &length), STATUS_OK);
	EXPECT_EQ(length, RNG_BYTES_MAX);
	EXPECT_EQ(rng_seed(rng, true, "seed", 4), STATUS_METHOD);
	nacre_handle_close(rng);
}

TEST(random_health, "the generator says that its self-test passed, and gives less of it where there is less room")
{
	struct nacre_words words = { .opcode = RNG_METHOD_HEALTH };
	nacre_handle_t rng = connect_to("svc/rng");
	struct rng_health health = { 0 };
	size_t length = 0;

	EXPECT_EQ(rng_health(rng, &health), STATUS_OK);
	EXPECT_EQ(health.size, sizeof(health));
	EXPECT_EQ(health.test, 1);
	health = (struct rng_health){ 0 };
	EXPECT_EQ(nacre_ask_bytes(rng, &words, NULL, 0, &health, 8, &length), STATUS_OK);
	EXPECT_EQ(length, 8);
	EXPECT_EQ(health.size, 8);
	EXPECT_EQ(health.test, 0);
	nacre_handle_close(rng);
}

TEST(random_malformed, "rng answers everything and lives")
{
	nacre_handle_t rng = connect_to("svc/rng");

	pester_server(rng, RNG_PROTOCOL, 0);
	nacre_handle_close(rng);
}

/* --- interrupt lines --------------------------------------------------------------------------------------- */

TEST(irq, "a line of the name space is bound to a server once at a time")
{
	nacre_handle_t irq = connect_to("irq/8"), server, minting, interrupt, second;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_EQ(irq_bind(irq, 5, 1, server, nacre_self_budget(), &interrupt), NACRE_E_RIGHTS); /* RECEIVE is never sent */
	EXPECT_OK(nacre_handle_duplicate(server, NACRE_RIGHT_MINT | NACRE_RIGHT_TRANSFER, &minting));
	EXPECT_EQ(irq_bind(irq, 5, NACRE_LIMIT_PRIORITIES, minting, nacre_self_budget(), &interrupt), STATUS_MALFORMED);
	EXPECT_EQ(irq_bind(irq, 5, 1, minting, nacre_self_budget(), &interrupt), STATUS_OK);
	EXPECT_OK(nacre_interrupt_ack(interrupt));
	EXPECT_EQ(irq_bind(irq, 5, 1, minting, nacre_self_budget(), &second), NACRE_E_BUSY);
	nacre_handle_close(interrupt);
	nacre_handle_close(minting);
	nacre_handle_close(server);
	pester_server(irq, IRQ_PROTOCOL, 0);
	nacre_handle_close(irq);
}

/* --- init's overview --------------------------------------------------------------------------------------- */

TEST(system_lists, "processes, budgets and interrupts are listed to their ends, and init is the first process")
{
	nacre_handle_t overview = connect_to("svc/system");
	struct nacre_words words = { .opcode = SYSTEM_METHOD_PROCESS };
	struct system_process process;
	nacre_handle_t handle, budget;

	EXPECT_EQ(system_process(overview, 0, &process, &handle, &budget), STATUS_OK);
	EXPECT_EQ(process.number, 1);
	EXPECT_TEXT(process.label, "init");
	nacre_handle_close(handle);
	nacre_handle_close(budget);
	/* Two handles come along, and a caller without room for them gets neither them nor the answer. */
	EXPECT_EQ(nacre_ask_bytes(overview, &words, NULL, 0, &process, sizeof(process), NULL), NACRE_E_HANDLE_ROOM);
	EXPECT_EQ(system_process(overview, UINT32_MAX, &process, &handle, &budget), STATUS_END);
	EXPECT_EQ(handle, NACRE_HANDLE_NONE);
	EXPECT_EQ(system_budget(overview, 100000, NULL, NULL), STATUS_END);
	EXPECT_EQ(system_interrupt(overview, 100000, NULL), STATUS_END);
	EXPECT_EQ(system_kill(overview, 1, 0), STATUS_DENIED);
	nacre_handle_close(overview);
}

TEST(system_malformed, "init answers everything and lives")
{
	nacre_handle_t overview = connect_to("svc/system");

	pester_server(overview, SYSTEM_PROTOCOL, 1u << SYSTEM_METHOD_END);
	nacre_handle_close(overview);
}
