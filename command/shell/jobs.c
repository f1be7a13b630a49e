/* jobs.c - programs are started, waited for, interrupted. */
#include "jobs.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "console.h"
#include "idl/process.h"
#include "nacre/client.h"
#include "nacre/startup.h"
#include "programs.h"
#include "report.h"

enum { BADGE_NOTICE = 1, BADGE_INTERRUPT = 2, JOBS_MAX = 16, SIGNAL_PRIORITY = 10 };

struct job {
	uint32_t number;       /* 0: free */
	char label[LABEL_BYTES];
};

static struct job jobs[JOBS_MAX]; /* in the background */
static nacre_handle_t notice, interrupt;
static bool interrupted;

nacre_status_t jobs_open(void)
{
	nacre_err_t error = nacre_server_create(nacre_self_budget(), &shell.server);

	if (!error)
		error = nacre_connection_mint(shell.server, nacre_self_budget(), BADGE_NOTICE, 0, 0, SIGNAL_PRIORITY, &notice);
	if (!error)
		error = nacre_connection_mint(shell.server, nacre_self_budget(), BADGE_INTERRUPT, 0, 0, SIGNAL_PRIORITY,
					      &interrupt);
	return error;
}

void jobs_attend(bool on)
{
	interrupted = false;
	console_attend(on ? interrupt : NACRE_HANDLE_NONE);
}

/* --- what happens meanwhile ------------------------------------------------------------------------------ */

/* Waits for a notice or Ctrl-C; false when the time has come first. */
static bool event_wait(uint64_t deadline_ns)
{
	struct nacre_received received = { 0 };

	if (nacre_server_receive(shell.server, deadline_ns, NULL, &received))
		return false;
	if ((received.info & NACRE_INFO_KIND) == NACRE_KIND_SIGNAL && received.badge == BADGE_INTERRUPT)
		interrupted = true;
	return true;
}

static struct job *job_find(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		if (jobs[i].number == number)
			return &jobs[i];
	return NULL;
}

static void job_ended(uint32_t number, uint32_t cause, int32_t code)
{
	struct job *job = job_find(number);

	if (!job)
		return;
	out("[%lu] %s ended with status %d\n", (unsigned long)number, job->label, report_status(cause, code));
	if (report_is_crash(cause))
		report_crash(number);
	job->number = 0;
}

/* Asks init for all that have ended. True if `awaited` is among them; then *status is set. */
static bool reap(uint32_t awaited, int *status)
{
	struct nacre_words words = { .opcode = PROCESS_ENDED };
	bool found = false;

	while (nacre_ask(shell.process, &words) == STATUS_OK) {
		uint32_t number = (uint32_t)words.word[0], cause = (uint32_t)words.word[1];
		int32_t code = (int32_t)words.word[2];

		if (number != awaited) {
			job_ended(number, cause, code);
		} else {
			*status = report_status(cause, code);
			if (report_is_crash(cause))
				report_crash(number);
			found = true;
		}
		words = (struct nacre_words){ .opcode = PROCESS_ENDED };
	}
	return found;
}

void jobs_tell(void)
{
	int status;

	while (event_wait(NACRE_DEADLINE_NOW))
		;
	interrupted = false;
	reap(0, &status);
}

bool jobs_exist(uint32_t number)
{
	if (number)
		return job_find(number);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		if (jobs[i].number)
			return true;
	return false;
}

bool jobs_wait(uint32_t number)
{
	int status;

	jobs_attend(true);
	reap(0, &status);
	while (jobs_exist(number) && !interrupted) {
		out_flush();
		event_wait(NACRE_DEADLINE_NEVER);
		reap(0, &status);
	}
	jobs_attend(false);
	return !jobs_exist(number);
}

bool jobs_sleep(uint64_t deadline_ns)
{
	while (!interrupted && event_wait(deadline_ns))
		;
	return !interrupted;
}

/* --- starting -------------------------------------------------------------------------------------------- */

/* Adds a text with its NUL. */
static bool put(char *request, size_t *used, const char *text)
{
	size_t size = string_length(text) + 1;

	if (size > PROCESS_START_BYTES - *used)
		return false;
	memcpy(request + *used, text, size);
	*used += size;
	return true;
}

/* The request that idl/process.h describes; 0: it is too long. */
static size_t request_make(char request[PROCESS_START_BYTES], int argc, char **argv, const struct job_options *options)
{
	struct process_start head = { .size = sizeof(head), .argument_count = (uint32_t)(argc - 1), .pages = options->pages,
				      .priority = options->priority };
	size_t used = sizeof(head);
	const char *text;

	for (int i = 0; i < argc; i++)
		if (!put(request, &used, argv[i]))
			return 0;
	while ((text = environment_at(head.environment_count))) {
		if (!put(request, &used, text))
			return 0;
		head.environment_count++;
	}
	memcpy(request, &head, sizeof(head));
	return used;
}

static nacre_status_t start(const char *request, size_t size, nacre_handle_t console, uint32_t *number)
{
	struct nacre_words words = { .opcode = PROCESS_START };
	struct nacre_message message = {
		.in_count = 1, .in = { { (uintptr_t)request, size } },
		.handle_count = 4, .send = { console, console, console, notice },
	};
	nacre_status_t status = nacre_ask_message(shell.process, &words, &message, NULL);

	*number = (uint32_t)words.word[0];
	return status;
}

static int refused(const char *name, nacre_status_t status, const struct job_options *options)
{
	char why[128];

	switch (status) {
	case STATUS_NOT_FOUND:
		return programs_unknown(name);
	case STATUS_DENIED:
		return complain(name, "it is a service, which init starts and restarts by itself");
	case NACRE_E_BUDGET:
		if (options->pages)
			return complain(name, "out of memory: -m gives it too little to start, or more than there is"
					      " (mem shows it)");
		return complain(name, "out of memory: the programs' budget has too few pages left (mem shows it)");
	}
	return complain(name, "%s", report_failure(why, sizeof(why)) ? why : nacre_error_sentence(status));
}

static int wait_foreground(uint32_t number)
{
	struct nacre_words kill = { .opcode = PROCESS_KILL, .word = { number, STATUS_INTERRUPTED } };
	int status = STATUS_FAILED;

	while (!reap(number, &status)) {
		event_wait(NACRE_DEADLINE_NEVER);
		if (!interrupted)
			continue;
		interrupted = false;
		out("^C\n");
		nacre_ask(shell.process, &kill);
		kill = (struct nacre_words){ .opcode = PROCESS_KILL, .word = { number, STATUS_INTERRUPTED } };
	}
	return status;
}

static int to_background(uint32_t number, const char *label)
{
	struct job *job = job_find(0);

	/* More are not remembered, and end unseen. */
	if (job) {
		job->number = number;
		string_copy(job->label, sizeof(job->label), label);
	}
	out("[%lu] %s\n", (unsigned long)number, label);
	return STATUS_DONE;
}

/* Ctrl-C and the keyboard are the program's until it ends; then its connection is revoked, whoever else has it. */
static int run_in_foreground(const char *request, size_t size, const char *name, const struct job_options *options)
{
	nacre_handle_t console;
	nacre_status_t status = console_for_program(true, &console);
	uint32_t number;
	int result;

	if (status)
		return complain(name, "the console has no connection for it: %s", nacre_error_sentence(status));
	jobs_attend(true);
	status = start(request, size, console, &number);
	result = status ? refused(name, status, options) : wait_foreground(number);
	nacre_connection_destroy(console);
	nacre_handle_close(console);
	jobs_attend(false);
	return result;
}

/* All programs in the background share one connection, which only writes. */
static int run_in_background(const char *request, size_t size, const char *name, const struct job_options *options)
{
	static nacre_handle_t console;
	nacre_status_t status = console ? STATUS_OK : console_for_program(false, &console);
	uint32_t number;

	if (status)
		return complain(name, "the console has no connection for it: %s", nacre_error_sentence(status));
	status = start(request, size, console, &number);
	return status ? refused(name, status, options) : to_background(number, name);
}

int jobs_run(int argc, char **argv, const struct job_options *options)
{
	static char request[PROCESS_START_BYTES];
	size_t size = request_make(request, argc, argv, options);

	if (!size)
		return complain(argv[0], "its arguments and environment are longer than %d bytes", PROCESS_START_BYTES);
	out_flush();
	return shell.background ? run_in_background(request, size, argv[0], options)
				: run_in_foreground(request, size, argv[0], options);
}
