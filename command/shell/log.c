/* log.c - log: what programs have logged. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "terminal.h"
#include "idl/log_client.h"
#include "jobs.h"
#include "nacre/clock.h"

/* How long a look at the log may keep Ctrl-C waiting. */
#define LOOK_NS (200 * NACRE_MS)

struct options {
	bool follow;
	uint64_t count;        /* 0: all */
	enum log_level level;
	const char *program;   /* NULL: all */
};

static const char *const levels[] = { [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning",
				      [LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug" };

static struct {
	struct log_record record;
	char text[LOG_TEXT_BYTES + 1];
} answer;

static bool level_read(const char *text, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (string_equal(levels[i], text)) {
			*level = (enum log_level)i;
			return true;
		}
	return false;
}

static bool options_read(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (string_equal(argv[i], "-f"))
			options->follow = true;
		else if (string_equal(argv[i], "-n") && more && number_read(argv[i + 1], &options->count))
			i++;
		else if (string_equal(argv[i], "-l") && more && level_read(argv[i + 1], &options->level))
			i++;
		else if (argv[i][0] != '-' && !options->program && string_length(argv[i]) < LABEL_BYTES)
			options->program = argv[i];
		else
			return false;
	}
	return true;
}

static nacre_status_t read_next(nacre_handle_t log, uint32_t number, const struct options *options, bool wait)
{
	return log_read_until(log, nacre_deadline_in(LOOK_NS), number, options->level, wait ? LOG_READING_FOLLOW : 0,
			      options->program ? options->program : "", &answer.record, answer.text, sizeof(answer.text),
			      NULL);
}

static void out_record(void)
{
	uint32_t ms, seconds = (uint32_t)divide_u64(divide_u64(answer.record.time_ns, 1000000, NULL), 1000, &ms);

	out("%5lu.%03lu %-7s %s: %s\n", (unsigned long)seconds, (unsigned long)ms,
	    answer.record.level < ARRAY_SIZE(levels) ? levels[answer.record.level] : "?", answer.record.label, answer.text);
}

/* How many records there are, and with that which to leave out. */
static uint64_t count_all(nacre_handle_t log, const struct options *options)
{
	uint64_t count = 0;

	for (uint32_t number = 0; read_next(log, number, options, false) == STATUS_OK; number = answer.record.number + 1)
		count++;
	return count;
}

static uint32_t show(nacre_handle_t log, const struct options *options)
{
	uint64_t skip = options->count ? count_all(log, options) : 0;
	uint32_t number = 0;

	skip = skip > options->count ? skip - options->count : 0;
	while (read_next(log, number, options, false) == STATUS_OK) {
		number = answer.record.number + 1;
		if (skip)
			skip--;
		else
			out_record();
	}
	return number;
}

static int follow(nacre_handle_t log, uint32_t number, const struct options *options)
{
	jobs_attend(true);
	out_flush();
	while (jobs_sleep(NACRE_DEADLINE_NOW)) {
		nacre_status_t status = read_next(log, number, options, true);

		if (status == STATUS_OK) {
			number = answer.record.number + 1;
			out_record();
			out_flush();
		} else if (status != NACRE_E_TIMEOUT && status != NACRE_E_PEER_GONE) {
			jobs_attend(false);
			return complain("log", "%s", nacre_error_sentence(status));
		}
	}
	jobs_attend(false);
	return STATUS_INTERRUPTED;
}

int run_log(int argc, char **argv)
{
	static nacre_handle_t log;
	struct options options = { .level = LOG_LEVEL_DEBUG };
	nacre_status_t status = log ? STATUS_OK : log_connect("svc/log-reader", &log);
	uint32_t number;

	if (!options_read(argc, argv, &options))
		return builtin_misused(argv[0]);
	if (status)
		return complain(argv[0], "%s", nacre_error_sentence(status));
	number = show(log, &options);
	return options.follow ? follow(log, number, &options) : STATUS_DONE;
}
