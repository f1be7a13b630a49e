/* machine.c - what the server wants of the system. */
#include "machine.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/console_client.h"
#include "idl/process_client.h"
#include "idl/system_client.h"
#include "nacre/error.h"
#include "nacre/program.h"
#include "nacre/startup.h"
#include "server.h"

static nacre_handle_t init_system, init_process, mint_only;
static uint32_t last_badge = BADGE_DEBUGGEES;

static nacre_status_t connect(void)
{
	nacre_status_t status = init_system ? STATUS_OK : system_connect("svc/system", &init_system);

	if (!status && !mint_only) /* the right to receive cannot be sent */
		status = nacre_handle_duplicate(gdb_server.handle, NACRE_RIGHT_MINT | NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_TRANSFER, &mint_only);
	return status;
}

static nacre_status_t notice_make(uint32_t badge, nacre_handle_t *notice)
{
	return nacre_connection_mint(gdb_server.handle, nacre_self_budget(), badge, 0, 0, nacre_startup()->priority, notice);
}

static void notice_end(nacre_handle_t *notice)
{
	if (*notice) {
		nacre_connection_destroy(*notice);
		nacre_handle_close(*notice);
	}
	*notice = NACRE_HANDLE_NONE;
}

/* --- processes -------------------------------------------------------------------------------------------- */

bool machine_process(uint32_t number, struct machine_process *process)
{
	struct system_process state;

	if (connect() || system_process(init_system, number, &state, NULL, NULL))
		return false;
	*process = (struct machine_process){ .number = state.number, .parent = state.parent,
					     .is_service = state.kind == SYSTEM_KIND_SERVICE, .ended = state.cause != NACRE_CAUSE_NONE };
	string_copy(process->label, sizeof(process->label), state.label);
	return true;
}

uint32_t machine_attach(struct debuggee *debuggee, uint32_t number)
{
	struct system_debuggee about;
	struct machine_process process;
	nacre_status_t status = connect();

	if (!status && (!machine_process(number, &process) || process.number != number))
		status = STATUS_NOT_FOUND;
	if (!status)
		status = notice_make(++last_badge, &debuggee->notice);
	if (!status)
		status = system_attach(init_system, number, last_badge, mint_only, debuggee->notice, &about, &debuggee->process);
	if (status) {
		notice_end(&debuggee->notice);
		return status;
	}
	debuggee->badge = last_badge;
	debuggee->base = (uintptr_t)about.load_base;
	string_copy(debuggee->label, sizeof(debuggee->label), process.label);
	string_copy(debuggee->file, sizeof(debuggee->file), about.file);
	return STATUS_OK;
}

void machine_release(uint32_t number)
{
	system_detach(init_system, number);
}

void machine_detach(struct debuggee *debuggee)
{
	machine_release(debuggee->number);
}

void machine_forget(struct debuggee *debuggee)
{
	notice_end(&debuggee->notice);
	nacre_handle_close(debuggee->process);
}

void machine_kill(struct debuggee *debuggee)
{
	system_kill(init_system, debuggee->number, 0);
}

/* --- running ---------------------------------------------------------------------------------------------- */

static const struct machine_process *service_of(const char *name)
{
	static struct machine_process process;

	for (uint32_t number = 1; machine_process(number, &process); number = process.number + 1)
		if (process.is_service && string_equal(process.label, name))
			return &process;
	return NULL;
}

/* It may print on the console, where there is one; what is typed is the shell's. */
static nacre_status_t program_start(const char *const *argv)
{
	static nacre_handle_t console, output;
	struct nacre_program program = { .argv = argv };
	struct nacre_program_handle handles[2];
	uint32_t number;
	nacre_status_t status = init_process ? STATUS_OK : process_connect("svc/process", &init_process);

	if (!status && !output && !console_connect_now("dev/console", &console))
		console_open(console, CONSOLE_MAY_WRITE, &output);
	handles[0] = (struct nacre_program_handle){ "stdout", output };
	handles[1] = (struct nacre_program_handle){ "stderr", output };
	program.handles = handles;
	program.handle_count = output ? ARRAY_SIZE(handles) : 0;
	while (!status && !process_ended(init_process, &number, NULL, NULL))
		; /* those of earlier runs are forgotten */
	return status ? status : nacre_program_start(init_process, &program, &number);
}

uint32_t machine_run(const char *const *argv)
{
	static nacre_handle_t notice;
	nacre_status_t status = connect();

	if (!status && !notice)
		status = notice_make(BADGE_HELD, &notice);
	if (!status)
		status = system_hold(init_system, argv[0], notice);
	if (status)
		return status;
	return service_of(argv[0]) ? system_restart(init_system, argv[0]) : program_start(argv);
}

const char *machine_sentence(uint32_t status)
{
	if (status == STATUS_DENIED)
		return "the manifest of gdb does not list this program in `debug`";
	if (status == STATUS_FULL)
		return "somebody else debugs it";
	return system_error_sentence(status);
}

/* --- threads, memory, faults ------------------------------------------------------------------------------ */

void machine_stop(struct debuggee *debuggee)
{
	nacre_process_stop(debuggee->process); /* one that was held is stopped, and one that has ended needs it not */
}

void machine_resume(struct debuggee *debuggee)
{
	nacre_process_resume(debuggee->process);
}

bool machine_read(struct debuggee *debuggee, uintptr_t address, void *to, size_t size)
{
	return nacre_process_read(debuggee->process, address, to, size) == NACRE_E_OK;
}

bool machine_write(struct debuggee *debuggee, uintptr_t address, const void *from, size_t size)
{
	return nacre_process_write(debuggee->process, nacre_self_budget(), address, (void *)(uintptr_t)from, size) == NACRE_E_OK;
}

bool machine_registers_get(struct debuggee *debuggee, uint32_t thread, struct nacre_registers *registers)
{
	return nacre_process_registers_get(debuggee->process, thread, registers) == NACRE_E_OK;
}

bool machine_registers_set(struct debuggee *debuggee, uint32_t thread, const struct nacre_registers *registers)
{
	return nacre_process_registers_set(debuggee->process, thread, (void *)(uintptr_t)registers) == NACRE_E_OK;
}

bool machine_thread(struct debuggee *debuggee, uint32_t index, struct nacre_thread_state *state)
{
	return nacre_process_thread(debuggee->process, index, state) == NACRE_E_OK;
}

void machine_fault_answer(nacre_token_t token, bool go_on)
{
	nacre_server_answer(token, go_on ? STATUS_OK : NACRE_E_PEER_FAULT, NULL);
}

unsigned machine_width(void)
{
	return 8 * sizeof(uintptr_t);
}
