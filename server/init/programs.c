/* programs.c - programs that start at run time (idl/process.nid): what is asked for, and what comes of it. */
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "children.h"
#include "end.h"
#include "given.h"
#include "launch.h"
#include "nacre/error.h"
#include "say.h"
#include "server.h"
#include "tell.h"

enum { ARGUMENTS_MAX = 32, ENVIRONMENT_MAX = 32 };

/* A start request taken apart; the strings stay in the receive buffer. */
struct start {
	struct process_start head;
	const char *argv[ARGUMENTS_MAX + 2], *envp[ENVIRONMENT_MAX + 1];
	nacre_handle_t streams[3];   /* NONE: it has none */
	nacre_handle_t notice;       /* the request's, until the program is loaded */
	const char *within;          /* patterns that its name space is narrowed to, each with a NUL */
	size_t within_size;          /* 0: it is not */
	const struct process *giver; /* whose handles, set aside, it gets; NULL */
};

/* The one that is being worked on. */
static struct start starting;

nacre_handle_t programs_budget;

/* --- reading the request ------------------------------------------------------------------------------- */

/* Takes `count` strings off the text. False where there are fewer. */
static bool strings_take(const char **text, const char *end, const char **list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		size_t length = string_length_within(*text, (size_t)(end - *text));

		if (*text + length == end)
			return false;
		list[i] = *text;
		*text += length + 1;
	}
	list[count] = NULL;
	return true;
}

static bool start_read(struct start *start, const char *text, size_t size)
{
	const char *end = text + size;

	if (start->head.argument_count > ARGUMENTS_MAX || start->head.environment_count > ENVIRONMENT_MAX)
		return false;
	return strings_take(&text, end, start->argv, start->head.argument_count + 1) &&
	       strings_take(&text, end, start->envp, start->head.environment_count) && text == end;
}

/* A name that could stand in bin/: no slashes, neither empty nor too long for a label. */
static bool name_is_valid(const char *name)
{
	size_t length = string_length(name);

	for (size_t i = 0; i < length; i++)
		if (name[i] == '/')
			return false;
	return length && length < PROCESS_LABEL_BYTES;
}

static const struct program *program_of(const char *name)
{
	const struct program *program = program_find(name, string_length(name));

	return program && name[0] != '*' ? program : program_default();
}

/* --- starting ------------------------------------------------------------------------------------------ */

/* What the client asks for, or what the manifest says, or what the file needs with its heap, as far as there is. */
static uint32_t pages_for(const struct start *start, const struct program *program, const struct file *file)
{
	struct nacre_budget_state state;
	uint32_t needed = launch_pages(file, program->stack_bytes), left, heap = program->heap_pages;

	if (start->head.pages)
		return start->head.pages;
	if (program->pages || nacre_budget_info(programs_budget, &state))
		return program->pages;
	left = (uint32_t)(state.limit_pages - state.charged_pages - state.given_pages);
	if (needed < left && heap > (left - needed) / 2)
		heap = (left - needed) / 2;
	return needed + heap;
}

static uint32_t priority_for(const struct start *start, const struct program *program)
{
	return start->head.priority && start->head.priority < program->priority ? start->head.priority : program->priority;
}

static bool streams_add(struct handle_list *handles, const struct start *start)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (start->streams[i] && !handles_add(handles, names[i], string_length(names[i]), start->streams[i],
				 NACRE_RIGHT_CALL | NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_TRANSFER, false))
			return false;
	return true;
}

static bool environment_join(struct start *start, struct environment *own, const struct process *process)
{
	uint32_t count = start->head.environment_count;

	own->count = own->used = 0;
	if (!environment_by_manifest(own, process) || count + own->count > ENVIRONMENT_MAX)
		return false;
	for (size_t i = 0; i < own->count; i++)
		start->envp[count++] = own->list[i];
	start->envp[count] = NULL;
	return true;
}

/* Everything but the record and its budget. */
static nacre_err_t program_load(struct process *process, struct start *start, const struct file *file,
				const char **why)
{
	static struct handle_list handles;
	static struct environment own;
	struct launch spec = { .process = process, .file = *file, .argv = start->argv, .envp = start->envp,
			       .handles = &handles };
	nacre_err_t error = handles_by_manifest(&handles, process);

	if (!error && (!streams_add(&handles, start) || (start->giver && !given_list(start->giver, &handles)) || !environment_join(start, &own, process)))
		error = NACRE_E_TOO_LONG;
	if (!error)
		return launch(&spec, why);
	handles_close(&handles);
	*why = nacre_error_sentence(error);
	return error;
}

static void program_undo(struct process *process)
{
	tell_names_gone(process);
	handles_device_release(process->number);
	process_close(process);
	process_forget(process);
}

/* A file that is no program shows as ARGUMENT; all else is the system's trouble and keeps its name. */
static nacre_status_t refuse(struct process *client, nacre_err_t error, const char *why)
{
	client->failure = why;
	return error == NACRE_E_ARGUMENT ? STATUS_NOT_PROGRAM : error;
}

/* --- narrowing ----------------------------------------------------------------------------------------- */

/* Does the pattern cover all that the other one does? */
static bool pattern_covers(const char *pattern, const char *other)
{
	size_t size = string_length(pattern), other_size = string_length(other);

	if (string_equal(pattern, other))
		return true;
	return size >= 2 && pattern[size - 1] == '*' && pattern[size - 2] == '/' && other_size >= size &&
	       !memcmp(pattern, other, size - 1);
}

static bool covered(const struct process *client, const char *pattern)
{
	for (size_t at = 0; at < client->within_size; at += string_length(client->within + at) + 1)
		if (pattern_covers(client->within + at, pattern))
			return true;
	return false;
}

/* A slot at names that no process has which lives; NAMES_NARROWED_MAX: there is none. */
static unsigned free_slot(void)
{
	uint32_t taken = 0;
	unsigned slot = 0;

	LIST_FOR_EACH(node, &processes) {
		const struct process *process = LIST_ENTRY(node, struct process, link);

		if (process->within_size && !process->ended)
			taken |= 1u << process->within_slot;
	}
	while (slot < NAMES_NARROWED_MAX && taken >> slot & 1)
		slot++;
	return slot;
}

/* Who is narrowed narrows whom he starts. */
static nacre_status_t narrow(struct process *process, const struct process *client, const struct start *start)
{
	const char *within = start->within_size ? start->within : client->within;
	size_t size = start->within_size ? start->within_size : client->within_size;
	unsigned slot;

	for (size_t at = 0; client->within_size && start->within_size && at < size; at += string_length(within + at) + 1)
		if (!covered(client, within + at))
			return STATUS_DENIED;
	if (!size)
		return STATUS_OK;
	slot = free_slot();
	if (slot == NAMES_NARROWED_MAX)
		return STATUS_FULL;
	memcpy(process->within, within, size);
	process->within_slot = (uint8_t)slot;
	process->within_size = (uint8_t)size;
	return tell_names_narrow(process);
}

static nacre_status_t program_start(struct process *client, struct start *start, uint32_t *number)
{
	const char *name = start->argv[0], *why = NULL;
	const struct program *program = program_of(name);
	struct process *process;
	nacre_status_t status;
	struct file file;
	nacre_err_t error;

	if (!program || program->is_service)
		return STATUS_DENIED;
	process = process_add(program, client->number, name, string_length(name));
	if (!process)
		return refuse(client, NACRE_E_BUDGET, "init has no memory for its record");
	if (!launch_file(process, &file)) {
		process_forget(process);
		return STATUS_NOT_FOUND;
	}
	status = narrow(process, client, start);
	if (status) {
		tell_names_gone(process);
		process_forget(process);
		return status;
	}
	process->priority = (uint8_t)priority_for(start, program);
	error = launch_budget(start->head.how & PROCESS_HOW_OWN_BUDGET ? client->budget : programs_budget, program,
			      pages_for(start, program, &file), process->priority, &process->budget);
	if (error)
		why = nacre_error_sentence(error);
	else
		error = program_load(process, start, &file, &why);
	if (error) {
		program_undo(process);
		return refuse(client, error, why);
	}
	process->notice = start->notice;
	say_label(process->number, process->label);
	*number = process->number;
	return STATUS_OK;
}

/* `start` has the head and the handles. */
static nacre_status_t start_strings(struct nacre_request *request, struct start *start, const char *strings, size_t size,
				    uint32_t *number)
{
	struct process *client = client_of(request);

	if (!client || end_has_begun())
		return STATUS_NOT_READY;
	if (!start_read(start, strings, size))
		return STATUS_MALFORMED;
	if (!name_is_valid(start->argv[0]))
		return STATUS_NOT_FOUND;
	if (process_count_unasked(client->number) >= PROCESS_UNASKED_MAX)
		return STATUS_FULL;
	client->failure = NULL;
	return program_start(client, start, number);
}

static nacre_status_t process_start(struct nacre_request *request, const struct process_start_in *in,
				    struct process_start_out *out)
{
	nacre_status_t status;

	starting = (struct start){ .head = in->start, .streams = { in->input, in->output, in->errors_to }, .notice = in->notice };
	status = start_strings(request, &starting, in->strings, in->strings_size, &out->number);
	if (status == STATUS_OK)
		nacre_request_keep(request, in->notice);
	return status;
}

static nacre_status_t process_start_quiet(struct nacre_request *request, const struct process_start_quiet_in *in,
					  struct process_start_quiet_out *out)
{
	starting = (struct start){ .head = in->start };
	return start_strings(request, &starting, in->strings, in->strings_size, &out->number);
}

/* Optional handles end with the first that is missing: the notice is the fourth. */
static nacre_status_t process_start_narrow(struct nacre_request *request, const struct process_start_narrow_in *in,
					   struct process_start_narrow_out *out)
{
	nacre_status_t status;

	starting = (struct start){ .head = in->start, .streams = { in->input, in->output, in->errors_to }, .notice = in->notice,
				   .within = in->within, .within_size = in->within_size };
	status = start_strings(request, &starting, in->strings, in->strings_size, &out->number);
	if (status == STATUS_OK && in->notice)
		nacre_request_keep(request, in->notice);
	return status;
}

static nacre_status_t process_start_given(struct nacre_request *request, const struct process_start_given_in *in,
					  struct process_start_given_out *out)
{
	struct process *client = client_of(request);
	nacre_status_t status;

	starting = (struct start){ .head = in->start, .notice = in->notice, .within = in->within, .within_size = in->within_size,
				   .giver = client };
	status = start_strings(request, &starting, in->strings, in->strings_size, &out->number);
	if (status == STATUS_OK && in->notice)
		nacre_request_keep(request, in->notice);
	if (client)
		given_forget(client);
	return status;
}

const char *programs_prepare(void)
{
	struct nacre_budget_state state;
	nacre_err_t error = nacre_budget_info(machine.boot->budget, &state);
	size_t left, reserve;

	if (error)
		return nacre_error_sentence(error);
	left = state.limit_pages - state.charged_pages - state.given_pages;
	/* Records and handles of as many processes as there may be: about a page for every sixty-four of theirs. */
	reserve = description.reserve_pages + left / 64;
	error = nacre_budget_create(machine.boot->budget, left > reserve ? left - reserve : 0, state.ceiling, &programs_budget);
	return error ? "the services leave no memory for programs" : NULL;
}

static const struct process_handlers handlers = {
	.start = process_start, .start_quiet = process_start_quiet, .start_narrow = process_start_narrow, .wait = children_wait, .ended = children_ended,
	.start_given = process_start_given, .give = given_add, .give_nothing = given_drop,
	.kill = children_kill, .report = children_report, .handle = children_handle,
};
static const struct process_handlers publication = { .connect = init_connect };
const struct nacre_protocol process_protocol = PROCESS_SERVED_BY(&handlers);
const struct nacre_protocol process_publication = PROCESS_SERVED_BY(&publication);
NACRE_STATIC_ASSERT(PROCESS_BUFFER_BYTES <= INIT_BUFFER_BYTES, "init's receive buffer holds a start request");
