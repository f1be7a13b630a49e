/* server_rest.c - log, time, rng and interrupt lines, seen by a program (system/test.toml: test-rest). */
#include "idl/irq.h"
#include "idl/log.h"
#include "idl/rng.h"
#include "idl/system.h"
#include "idl/time.h"
#include "nacre/log.h"
#include "nacre/names.h"
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
	char text[LOG_TEXT_BYTES];
} answer;

static nacre_status_t read_log(nacre_handle_t log, uintptr_t number, uintptr_t level)
{
	struct nacre_words words = { .opcode = LOG_READ, .word = { number, level } };

	return nacre_ask_bytes(log, &words, "test-rest", 9, &answer, sizeof(answer), NULL);
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

	for (unsigned i = 0; i < 400; i++)
		nacre_log(LOG_DEBUG, "line %u", i);
	while (read_log(log, number + 1, LOG_DEBUG) == STATUS_OK) {
		EXPECT(!number || answer.record.number == number + 1);
		number = answer.record.number;
		count++;
	}
	EXPECT(count > 50 && count < 400);
	EXPECT(answer.record.text_bytes == 8 && !memcmp(answer.text, "line 399", 8));
	nacre_handle_close(log);
}

TEST(log_sides, "a writer cannot read, and a reader cannot write")
{
	nacre_handle_t log = connect_to("svc/log-reader");
	struct nacre_words read = { .opcode = LOG_READ }, write = { .opcode = LOG_WRITE };

	EXPECT_EQ(nacre_ask(nacre_startup_handle("log"), &read), STATUS_METHOD);
	EXPECT_EQ(nacre_ask_bytes(log, &write, "x", 1, NULL, 0, NULL), STATUS_METHOD);
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

static nacre_status_t set_alarm(nacre_handle_t alarm, nacre_handle_t connection, uint64_t when_ns, uintptr_t bits,
				uintptr_t *number)
{
	struct nacre_words words = { .opcode = TIME_ALARM, .word = { (uint32_t)when_ns, (uintptr_t)(when_ns >> 32), bits } };
	struct nacre_message message = { .handle_count = 1, .send = { connection } };
	nacre_status_t status = nacre_ask_message(alarm, &words, &message, NULL);

	*number = words.word[0];
	return status;
}

TEST(alarm, "an alarm goes off at its time and not before")
{
	nacre_handle_t alarm = connect_to("svc/alarm"), server, connection;
	uint64_t when_ns = nacre_deadline_in(5 * NACRE_MS);
	struct nacre_received received = { 0 };
	uintptr_t number;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 3, 0, 0, 0, &connection));
	EXPECT_EQ(set_alarm(alarm, connection, when_ns, 4, &number), STATUS_OK);
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
	uintptr_t numbers[TIME_ALARMS_EACH], number;
	struct nacre_words words;

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	EXPECT_OK(nacre_connection_mint(server, nacre_self_budget(), 3, 0, 0, 0, &connection));
	for (unsigned i = 0; i < TIME_ALARMS_EACH; i++)
		EXPECT_EQ(set_alarm(alarm, connection, nacre_deadline_in(NACRE_S), 1, &numbers[i]), STATUS_OK);
	EXPECT_EQ(set_alarm(alarm, connection, nacre_deadline_in(NACRE_S), 1, &number), STATUS_FULL);
	EXPECT_EQ(set_alarm(alarm, connection, 0, 0, &number), STATUS_MALFORMED);
	for (unsigned i = 0; i < TIME_ALARMS_EACH; i++) {
		words = (struct nacre_words){ .opcode = TIME_ALARM_CANCEL, .word = { numbers[i] } };
		EXPECT_EQ(nacre_ask(alarm, &words), STATUS_OK);
		words = (struct nacre_words){ .opcode = TIME_ALARM_CANCEL, .word = { numbers[i] } };
		EXPECT_EQ(nacre_ask(alarm, &words), STATUS_NOT_FOUND);
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
	struct nacre_words set = { .opcode = TIME_WALL_SET }, read = { .opcode = TIME_WALL };

	EXPECT_EQ(nacre_ask(clock, &set), STATUS_METHOD);
	EXPECT_EQ(nacre_ask(clock, &read), STATUS_OK);
	EXPECT_EQ(read.word[3], 1);
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
	struct nacre_words words = { .opcode = RNG_BYTES };

	return nacre_ask_bytes(rng, &words, NULL, 0, to, size, length);
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

TEST(random_limits, "no bytes, or more than RNG_BYTES_MAX, are refused; seeding is init's alone")
{
	nacre_handle_t rng = connect_to("svc/rng");
	struct nacre_words words = { .opcode = RNG_BYTES }, seed = { .opcode = RNG_SEED, .word = { 1 } };

	EXPECT_EQ(nacre_ask(rng, &words), STATUS_MALFORMED);
	words = (struct nacre_words){ .opcode = RNG_BYTES, .word = { 0, 0, 0, 0, RNG_BYTES_MAX + 1 } };
	EXPECT_EQ(nacre_ask(rng, &words), STATUS_MALFORMED);
	EXPECT_EQ(nacre_ask_bytes(rng, &seed, "seed", 4, NULL, 0, NULL), STATUS_METHOD);
	nacre_handle_close(rng);
}

TEST(random_health, "the generator says that its self-test passed, and takes a shorter structure")
{
	struct nacre_words words = { .opcode = RNG_HEALTH };
	nacre_handle_t rng = connect_to("svc/rng");
	struct rng_health health = { 0 };

	EXPECT_EQ(nacre_ask_bytes(rng, &words, NULL, 0, &health, sizeof(health), NULL), STATUS_OK);
	EXPECT_EQ(health.size, sizeof(health));
	EXPECT_EQ(health.test, 1);
	health = (struct rng_health){ 0 };
	words = (struct nacre_words){ .opcode = RNG_HEALTH };
	EXPECT_EQ(nacre_ask_bytes(rng, &words, NULL, 0, &health, 8, NULL), STATUS_OK);
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
	nacre_handle_t irq = connect_to("irq/8"), server, interrupt;
	struct nacre_words words = { .opcode = IRQ_BIND, .word = { 5, 1 } }, again = words;
	struct nacre_message message = { .handle_count = 2, .accept = 1 };

	EXPECT_OK(nacre_server_create(nacre_self_budget(), &server));
	message.send[0] = server;
	message.send[1] = nacre_self_budget();
	EXPECT_EQ(nacre_ask_message(irq, &words, &message, NULL), NACRE_E_RIGHTS); /* RECEIVE is never sent */
	EXPECT_OK(nacre_handle_duplicate(server, NACRE_RIGHT_MINT | NACRE_RIGHT_TRANSFER, &message.send[0]));
	words = again;
	EXPECT_EQ(nacre_ask_message(irq, &words, &message, NULL), STATUS_OK);
	interrupt = message.received[0];
	EXPECT_OK(nacre_interrupt_ack(interrupt));
	words = again;
	EXPECT_EQ(nacre_ask_message(irq, &words, &message, NULL), NACRE_E_BUSY);
	nacre_handle_close(interrupt);
	nacre_handle_close(message.send[0]);
	nacre_handle_close(server);
	pester_server(irq, IRQ_PROTOCOL, 0);
	nacre_handle_close(irq);
}

/* --- init's overview --------------------------------------------------------------------------------------- */

TEST(system_lists, "processes, budgets and interrupts are listed to their ends, and init is the first process")
{
	nacre_handle_t overview = connect_to("svc/system");
	struct system_process process = { 0 };
	struct nacre_words words = { .opcode = SYSTEM_PROCESS };

	/* Two handles come along, and a caller without room for them gets neither them nor the answer. */
	EXPECT_EQ(nacre_ask_bytes(overview, &words, NULL, 0, &process, sizeof(process), NULL), NACRE_E_HANDLE_ROOM);
	words = (struct nacre_words){ .opcode = SYSTEM_PROCESS, .word = { UINT32_MAX } };
	EXPECT_EQ(nacre_ask_bytes(overview, &words, NULL, 0, &process, sizeof(process), NULL), STATUS_END);
	words = (struct nacre_words){ .opcode = SYSTEM_BUDGET, .word = { 100000 } };
	EXPECT_EQ(nacre_ask(overview, &words), STATUS_END);
	words = (struct nacre_words){ .opcode = SYSTEM_INTERRUPT, .word = { 100000 } };
	EXPECT_EQ(nacre_ask(overview, &words), STATUS_END);
	words = (struct nacre_words){ .opcode = SYSTEM_KILL, .word = { 1 } };
	EXPECT_EQ(nacre_ask(overview, &words), STATUS_DENIED);
	nacre_handle_close(overview);
}

TEST(system_malformed, "init answers everything and lives")
{
	nacre_handle_t overview = connect_to("svc/system");

	pester_server(overview, SYSTEM_PROTOCOL, 1u << SYSTEM_END);
	nacre_handle_close(overview);
}
