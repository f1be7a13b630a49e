/* server_process.c - init at `svc/process`: programs that a program starts. */
#include "idl/process_client.h"
#include "pester.h"

static nacre_handle_t process(void)
{
	static nacre_handle_t connection;

	if (!connection)
		EXPECT_EQ(process_connect("svc/process", &connection), STATUS_OK);
	return connection;
}

/* A start request of strings that follow one another, each with its NUL. */
static nacre_status_t start(const char *strings, size_t size, uint32_t arguments, uint32_t environment, uint32_t *number)
{
	const struct process_start head = { .argument_count = arguments, .environment_count = environment };

	return process_start_quiet(process(), &head, strings, size, number);
}

#define START(strings, arguments, environment, number) \
	start(strings, sizeof(strings), arguments, environment, number)

static nacre_status_t wait_for(uint32_t number, uint32_t *cause, uint32_t *code)
{
	return process_wait(process(), number, cause, code);
}

TEST(start_and_wait, "a program runs and its exit code comes back, once")
{
	uint32_t number, cause, code;

	EXPECT_EQ(START("crash", 0, 0, &number), STATUS_OK);
	EXPECT_EQ(wait_for(number, &cause, &code), STATUS_OK);
	EXPECT_EQ(cause, NACRE_CAUSE_EXIT);
	EXPECT_EQ(code, 2);
	EXPECT_EQ(wait_for(number, &cause, &code), STATUS_NOT_FOUND);
}

TEST(fault, "a program that faults ends with the fault's cause, and there is a report")
{
	uint32_t number, cause, code;
	char text[256];
	size_t size;

	EXPECT_EQ(START("crash\0illegal", 1, 0, &number), STATUS_OK);
	EXPECT_EQ(wait_for(number, &cause, &code), STATUS_OK);
	EXPECT_EQ(cause, NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(process_report(process(), number, 0, text, sizeof(text), &size), STATUS_OK);
	EXPECT(size == sizeof(text) && !memcmp(text, "crash of crash", 14));
}

TEST(ends, "programs that have ended are told one by one")
{
	uint32_t number, other, cause, code;
	nacre_status_t status;

	EXPECT_EQ(process_ended(process(), &other, &cause, &code), STATUS_END);
	EXPECT_EQ(START("crash", 0, 0, &number), STATUS_OK);
	while ((status = process_ended(process(), &other, &cause, &code)) == STATUS_END)
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	EXPECT_EQ(status, STATUS_OK);
	EXPECT_EQ(other, number);
	EXPECT_EQ(cause, NACRE_CAUSE_EXIT);
}

TEST(unknown, "a program that is not there, and names that cannot be one, are NOT_FOUND")
{
	uint32_t number;

	EXPECT_EQ(START("nothing", 0, 0, &number), STATUS_NOT_FOUND);
	EXPECT_EQ(START("../init", 0, 0, &number), STATUS_NOT_FOUND);
	EXPECT_EQ(START("\0", 0, 1, &number), STATUS_NOT_FOUND);
	EXPECT_EQ(START("", 0, 0, &number), STATUS_MALFORMED);
	EXPECT_EQ(START("a-name-that-is-too-long", 0, 0, &number), STATUS_NOT_FOUND);
}

TEST(services, "services are not started by anybody but init")
{
	uint32_t number;

	EXPECT_EQ(START("log", 0, 0, &number), STATUS_DENIED);
	EXPECT_EQ(START("*", 0, 0, &number), STATUS_NOT_FOUND);
}

TEST(strings, "strings that are missing, not ended or too many are refused")
{
	uint32_t number;

	EXPECT_EQ(START("crash", 1, 0, &number), STATUS_MALFORMED);
	EXPECT_EQ(START("crash\0a", 0, 0, &number), STATUS_MALFORMED);
	EXPECT_EQ(start("crash", 5, 0, 0, &number), STATUS_MALFORMED);
	EXPECT_EQ(START("crash", 1000, 0, &number), STATUS_MALFORMED);
	EXPECT_EQ(START("crash", 0, UINT32_MAX, &number), STATUS_MALFORMED);
}

TEST(strangers, "nobody waits for or kills what he did not start")
{
	uint32_t cause, code;

	for (uint32_t number = 0; number < 10; number++) {
		EXPECT_EQ(wait_for(number, &cause, &code), STATUS_NOT_FOUND);
		EXPECT_EQ(process_kill(process(), number, 0), STATUS_NOT_FOUND);
	}
}

TEST(unasked, "whoever does not ask how his programs ended is refused after a while, and only he")
{
	uint32_t number;
	unsigned started = 0;
	nacre_status_t status;

	while ((status = START("crash", 0, 0, &number)) == STATUS_OK && started < 200) {
		started++;
		nacre_sleep_until(nacre_deadline_in(2 * NACRE_MS));
	}
	EXPECT_EQ(status, STATUS_FULL);
	for (; started; started--)
		EXPECT_EQ(process_ended(process(), NULL, NULL, NULL), STATUS_OK);
	EXPECT_EQ(START("crash", 0, 0, &number), STATUS_OK);
}

TEST(churn, "five hundred programs that start, fault or end one after the other are all answered for")
{
	uint32_t number, cause, code;

	for (unsigned i = 0; i < 500; i++) {
		EXPECT_EQ(i % 2 ? START("crash", 0, 0, &number) : START("crash\0null", 1, 0, &number), STATUS_OK);
		EXPECT_EQ(wait_for(number, &cause, &code), STATUS_OK);
		EXPECT_EQ(cause, i % 2 ? NACRE_CAUSE_EXIT : NACRE_CAUSE_WRITE);
	}
}

/* How many fit depends on the machine's RAM: the scenario that wants a thousand says how many there must be. */
TEST(crowd, "programs are started until there is no memory left for one more, all live at once, and all are ended")
{
	static uint32_t numbers[1024];
	uint32_t cause, code;
	size_t count = 0;

	while (count < 1024 && START("test-spin\0sleep", 1, 0, &numbers[count]) == STATUS_OK)
		count++;
	test_note("%u alive at once", (unsigned)count);
	for (size_t i = 0; i < count; i++) {
		EXPECT_EQ(process_kill(process(), numbers[i], 9), STATUS_OK);
		EXPECT_EQ(wait_for(numbers[i], &cause, &code), STATUS_OK);
		EXPECT_EQ(cause, NACRE_CAUSE_KILLED);
		EXPECT_EQ(code, 9);
	}
	EXPECT(count > 0);
}

TEST(malformed, "init answers everything and lives")
{
	pester_server(process(), PROCESS_PROTOCOL, 0);
}
