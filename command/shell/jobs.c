/* jobs.c - programs are started, waited for, interrupted. */
#include "jobs.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "terminal.h"
#include "idl/process_client.h"
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
	terminal_attend(on ? interrupt : NACRE_HANDLE_NONE);
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
	uint32_t number, cause, code;
	bool found = false;

	while (process_ended(shell.process, &number, &cause, &code) == STATUS_OK) {
		if (number != awaited) {
			job_ended(number, cause, (int32_t)code);
		} else {
			*status = report_status(cause, (int32_t)code);
			if (report_is_crash(cause))
				report_crash(number);
			found = true;
		}
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

/* What init is asked to start: idl/process.nid. */
struct request {
	struct process_start start;
	char strings[PROCESS_STRINGS_BYTES];
	size_t used;                 /* of the strings */
};

/* Adds a text with its NUL. */
static bool put(struct request *request, const char *text)
{
	size_t size = string_length(text) + 1;

	if (size > sizeof(request->strings) - request->used)
		return false;
	memcpy(request->strings + request->used, text, size);
	request->used += size;
	return true;
}

/* False: it is too long. */
static bool request_make(struct request *request, int argc, char **argv, const struct job_options *options)
{
	const char *text;

	request->used = 0;
	request->start = (struct process_start){ .argument_count = (uint32_t)(argc - 1), .pages = options->pages,
						 .priority = options->priority };
	for (int i = 0; i < argc; i++)
		if (!put(request, argv[i]))
			return false;
	while ((text = environment_at(request->start.environment_count))) {
		if (!put(request, text))
			return false;
		request->start.environment_count++;
	}
	return true;
}

static nacre_status_t start(const struct request *request, nacre_handle_t console, uint32_t *number)
{
	return process_start(shell.process, &request->start, request->strings, request->used, console, console, console, notice,
			     number);
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
	int status = STATUS_FAILED;

	while (!reap(number, &status)) {
		event_wait(NACRE_DEADLINE_NEVER);
		if (!interrupted)
			continue;
		interrupted = false;
		out("^C\n");
		process_kill(shell.process, number, STATUS_INTERRUPTED);
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
static int run_in_foreground(const struct request *request, const char *name, const struct job_options *options)
{
	nacre_handle_t console;
	nacre_status_t status = terminal_for_program(true, &console);
	uint32_t number;
	int result;

	if (status)
		return complain(name, "the console has no connection for it: %s", nacre_error_sentence(status));
	jobs_attend(true);
	status = start(request, console, &number);
	result = status ? refused(name, status, options) : wait_foreground(number);
	nacre_connection_destroy(console);
	nacre_handle_close(console);
	jobs_attend(false);
	return result;
}

/* All programs in the background share one connection, which only writes. */
static int run_in_background(const struct request *request, const char *name, const struct job_options *options)
{
	static nacre_handle_t console;
	nacre_status_t status = console ? STATUS_OK : terminal_for_program(false, &console);
	uint32_t number;

	if (status)
		return complain(name, "the console has no connection for it: %s", nacre_error_sentence(status));
	status = start(request, console, &number);
	return status ? refused(name, status, options) : to_background(number, name);
}

int jobs_run(int argc, char **argv, const struct job_options *options)
{
	static struct request request;

	if (!request_make(&request, argc, argv, options))
		return complain(argv[0], "its arguments and environment are longer than %d bytes", PROCESS_STRINGS_BYTES);
	out_flush();
	return shell.background ? run_in_background(&request, argv[0], options) : run_in_foreground(&request, argv[0], options);
}
