/* session.c - one gdb at the port: packets that act, and what it is told of. */
#include "session.h"
#include "base/bits.h"
#include "base/string.h"
#include "machine.h"

enum { SIGNAL_INT = 2, SIGNAL_ILL = 4, SIGNAL_TRAP = 5, SIGNAL_KILL = 9, SIGNAL_BUS = 10, SIGNAL_SEGV = 11 };
enum { REGISTERS = 33, REGISTER_PC = 32, WISHES_MAX = 8, ARGUMENTS_MAX = 16 };

struct session session;

/* The program that was last asked for. It may be held when nobody waits for it any more. */
static char launching[LABEL_BYTES];

/* What the last vCont wants; the first that fits a thread counts. */
static struct wish {
	enum action action;
	int64_t process, thread;
	uint64_t low, high;            /* step on while in this range */
} wishes[WISHES_MAX];
static unsigned wish_count;

/* --- answering ---------------------------------------------------------------------------------------------- */

void session_send(void)
{
	packet_end(&session.out);
	machine_send(session.out.data, session.out.size);
}

static void answer(const char *text)
{
	packet_begin(&session.out);
	packet_text(&session.out, "%s", text);
	session_send();
}

void session_ok(void)
{
	answer("OK");
}

void session_error(void)
{
	answer("E01");
}

static void refuse(uint32_t status)
{
	session.refusal = status;
	packet_begin(&session.out);
	packet_text(&session.out, "E.%s", machine_sentence(status));
	session_send();
}

void session_thread_id(struct debuggee *debuggee, uint32_t thread)
{
	if (session.multiprocess)
		packet_text(&session.out, "p%lx.", (unsigned long)debuggee->number);
	packet_text(&session.out, "%lx", (unsigned long)thread);
}

struct debuggee *session_debuggee(void)
{
	struct debuggee *debuggee = debuggee_find(session.process);

	return debuggee ? debuggee : debuggee_next(NULL);
}

uint32_t session_thread(struct debuggee *debuggee)
{
	if (session.process == debuggee->number && session.thread)
		return session.thread;
	return debuggee_thread_first(debuggee);
}

static bool id_take(struct packet_text *text, int64_t *id)
{
	uint64_t number;

	if (text_take(text, "-1")) {
		*id = -1;
		return true;
	}
	if (!text_number(text, &number) || number > UINT32_MAX)
		return false;
	*id = (int64_t)number;
	return true;
}

bool thread_id_take(struct packet_text *text, int64_t *process, int64_t *thread)
{
	*process = 0;
	if (!text_take(text, "p"))
		return id_take(text, thread);
	*thread = -1;
	return id_take(text, process) && (!text_take(text, ".") || id_take(text, thread));
}

static bool process_take(struct packet_text *text, struct debuggee **debuggee)
{
	uint64_t number;

	if (!text_number(text, &number))
		return false;
	*debuggee = debuggee_find((uint32_t)number);
	return *debuggee && (*debuggee)->number == number;
}

/* --- telling of stops --------------------------------------------------------------------------------------- */

static unsigned signal_of(uint32_t cause)
{
	switch (cause) {
	case NACRE_CAUSE_BREAKPOINT:
		return SIGNAL_TRAP;
	case NACRE_CAUSE_ILLEGAL:
		return SIGNAL_ILL;
	case NACRE_CAUSE_MISALIGNED:
	case NACRE_CAUSE_ACCESS:
		return SIGNAL_BUS;
	case NACRE_CAUSE_READ:
	case NACRE_CAUSE_WRITE:
	case NACRE_CAUSE_FETCH:
	case NACRE_CAUSE_LENT:
		return SIGNAL_SEGV;
	}
	return SIGNAL_KILL;
}

static void stop_all(void)
{
	struct debuggee *each = NULL;

	while ((each = debuggee_next(each)))
		debuggee_stop(each);
	session.state = STATE_OF_REST;
}

static void tell_stop(struct debuggee *debuggee, uint32_t thread, unsigned signal, bool is_breakpoint)
{
	stop_all();
	session.process = debuggee->number;
	session.thread = thread;
	packet_begin(&session.out);
	packet_text(&session.out, "T%02x%sthread:", signal, is_breakpoint && session.swbreak ? "swbreak:;" : "");
	session_thread_id(debuggee, thread);
	packet_text(&session.out, ";");
	session_send();
}

static void tell_fault(struct debuggee *debuggee, struct fault *fault)
{
	bool is_breakpoint = fault->cause == NACRE_CAUSE_BREAKPOINT && trap_is_set(debuggee, fault->pc, TRAP_GDB);

	fault->told = true;
	tell_stop(debuggee, fault->thread, signal_of(fault->cause), is_breakpoint);
}

static void tell_end(struct debuggee *debuggee)
{
	uint32_t number = debuggee->number;
	bool by_itself = debuggee->cause == NACRE_CAUSE_EXIT;
	unsigned how = by_itself ? debuggee->code : signal_of(debuggee->cause);

	debuggee_forget(debuggee);
	stop_all();
	packet_begin(&session.out);
	packet_text(&session.out, "%c%02x", by_itself ? 'W' : 'X', how);
	if (session.multiprocess)
		packet_text(&session.out, ";process:%lx", (unsigned long)number);
	session_send();
}

/* --- going on ----------------------------------------------------------------------------------------------- */

static struct wish *wish_of(const struct debuggee *debuggee, uint32_t thread)
{
	for (unsigned i = 0; i < wish_count; i++) {
		struct wish *wish = &wishes[i];

		if ((wish->process <= 0 || wish->process == debuggee->number) && (wish->thread <= 0 || wish->thread == thread))
			return wish;
	}
	return NULL;
}

static enum action action_wished(const struct debuggee *debuggee, uint32_t thread)
{
	const struct wish *wish = wish_of(debuggee, thread);

	return wish ? wish->action : ACTION_HOLD;
}

/* What happened already while all stood is told before anybody moves. */
static bool tell_pending(void)
{
	struct debuggee *each = NULL;
	struct fault *fault;

	while ((each = debuggee_next(each))) {
		if (each->ended) {
			tell_end(each);
			return true;
		}
		fault = debuggee_pending(each, action_wished);
		if (fault) {
			tell_fault(each, fault);
			return true;
		}
	}
	return false;
}

static void go_on(void)
{
	struct debuggee *each = NULL, *first = debuggee_next(NULL);
	bool any = false;

	if (!first) {
		session_error();
		return;
	}
	if (tell_pending())
		return;
	session.state = STATE_OF_RUNNING;
	while ((each = debuggee_next(each))) {
		if (!debuggee_resume(each, action_wished)) {
			tell_stop(each, session_thread(each), 0, false);
			return;
		}
		any = any || each->running;
	}
	if (!any)
		tell_stop(first, session_thread(first), 0, false);
}

static bool wish_kind(struct packet_text *text, struct wish *wish)
{
	uint64_t signal = 0;
	bool with_signal = false;

	wish->low = wish->high = 0;
	if (text_take(text, "c") || (with_signal = text_take(text, "C")))
		wish->action = ACTION_GO;
	else if (text_take(text, "s") || (with_signal = text_take(text, "S")))
		wish->action = ACTION_STEP;
	else if (text_take(text, "t"))
		wish->action = ACTION_HOLD;
	else if (text_take(text, "r") && text_number(text, &wish->low) && text_take(text, ",") && text_number(text, &wish->high))
		wish->action = ACTION_STEP;
	else
		return false;
	if (with_signal && !text_number(text, &signal))
		return false;
	/* Its own fault, given back: nothing handles that here, so it ends it. */
	if (with_signal && signal && signal != SIGNAL_TRAP && signal != SIGNAL_INT)
		wish->action = ACTION_FAIL;
	return true;
}

static void act_continue(struct packet_text *text)
{
	for (wish_count = 0; text->at < text->end && wish_count < WISHES_MAX; wish_count++) {
		struct wish *wish = &wishes[wish_count];

		wish->process = wish->thread = -1;
		if (!text_take(text, ";") || !wish_kind(text, wish) ||
		    (text_take(text, ":") && !thread_id_take(text, &wish->process, &wish->thread))) {
			session_error();
			return;
		}
	}
	go_on();
}

/* Is the range that it shall leave not left? Then the same once more, and gdb hears nothing. */
static bool step_on(struct debuggee *debuggee, struct fault *fault)
{
	const struct wish *wish = wish_of(debuggee, fault->thread);

	if (!wish || fault->pc < wish->low || fault->pc >= wish->high || trap_is_set(debuggee, fault->pc, TRAP_GDB))
		return false;
	debuggee_stop(debuggee);
	return debuggee_resume(debuggee, action_wished);
}

void session_fault(uint32_t badge, const struct fault *arrived)
{
	struct debuggee *debuggee = debuggee_of_badge(badge);
	enum verdict verdict;
	struct fault *fault;

	if (!debuggee) { /* it was given back meanwhile: init hears of it */
		machine_fault_answer(arrived->token, true);
		return;
	}
	verdict = debuggee_fault(debuggee, arrived, action_wished);
	if (verdict == VERDICT_SILENT || session.state != STATE_OF_RUNNING)
		return;
	fault = &debuggee->faults[debuggee->fault_count - 1];
	if (verdict != VERDICT_STEPPED || !step_on(debuggee, fault))
		tell_fault(debuggee, fault);
}

void session_gone(uint32_t badge, uint8_t cause, uint8_t code)
{
	struct debuggee *debuggee = debuggee_of_badge(badge);

	if (!debuggee)
		return;
	debuggee->ended = true;
	debuggee->cause = cause;
	debuggee->code = code;
	debuggee->running = false;
	debuggee->trap_count = debuggee->fault_count = 0;
	if (session.state == STATE_OF_RUNNING)
		tell_end(debuggee);
}

/* --- processes ---------------------------------------------------------------------------------------------- */

static bool attach_and_tell(uint32_t number, bool was_run)
{
	struct debuggee *debuggee;
	uint32_t status = debuggee_attach(number, &debuggee);

	if (status) {
		refuse(status);
		return false;
	}
	debuggee->was_run = was_run;
	tell_stop(debuggee, debuggee_thread_first(debuggee), was_run ? SIGNAL_TRAP : 0, false);
	return true;
}

static void act_attach(struct packet_text *text)
{
	uint64_t number;

	if (!text_number(text, &number) || !number || number > UINT32_MAX)
		session_error();
	else
		attach_and_tell((uint32_t)number, false);
}

/* The name's last part, without the ending that files with symbols have. */
static const char *program_name(char *path)
{
	size_t length = string_length(path), begin = length;

	if (length > 4 && string_equal(path + length - 4, ".elf"))
		path[length - 4] = 0;
	while (begin && path[begin - 1] != '/')
		begin--;
	return path + begin;
}

static void act_run(struct packet_text *text)
{
	static char strings[PACKET_BYTES];
	const char *argv[ARGUMENTS_MAX + 1] = { 0 };
	size_t used = 0, count = 0;
	uint32_t status;

	while (text_take(text, ";") && count < ARGUMENTS_MAX && used < sizeof(strings) - 1) {
		size_t size = text_bytes(text, strings + used, sizeof(strings) - 1 - used);

		strings[used + size] = 0;
		argv[count++] = strings + used;
		used += size + 1;
	}
	if (!count || !*argv[0]) {
		answer("E.say which program: set remote exec-file NAME");
		return;
	}
	argv[0] = program_name(strings);
	if (!string_copy(launching, sizeof(launching), argv[0])) {
		answer("E.no program has so long a name");
		return;
	}
	session.state = STATE_OF_LAUNCHING;
	status = machine_run(argv);
	if (!status)
		return;
	session.state = STATE_OF_REST;
	refuse(status);
}

/* The last of that name is the one that was just started. */
void session_held(void)
{
	struct machine_process process;
	uint32_t last = 0;

	for (uint32_t number = 1; machine_process(number, &process); number = process.number + 1)
		if (!process.ended && string_equal(process.label, launching))
			last = process.number;
	if (session.state != STATE_OF_LAUNCHING) {
		machine_release(last);
		return;
	}
	session.state = STATE_OF_REST;
	if (!attach_and_tell(last, true))
		machine_release(last);
}

static void act_detach(struct packet_text *text)
{
	struct debuggee *debuggee = NULL;

	if (!text_take(text, ";"))
		while ((debuggee = debuggee_next(NULL)))
			debuggee_detach(debuggee);
	else if (process_take(text, &debuggee))
		debuggee_detach(debuggee);
	else {
		session_error();
		return;
	}
	session_ok();
}

static void end(struct debuggee *debuggee)
{
	machine_kill(debuggee);
	debuggee_forget(debuggee);
}

static void act_kill(struct packet_text *text)
{
	struct debuggee *debuggee = NULL;

	if (!process_take(text, &debuggee)) {
		session_error();
		return;
	}
	end(debuggee);
	session_ok();
}

/* --- registers and memory ----------------------------------------------------------------------------------- */

static uintptr_t *register_at(struct nacre_registers *registers, unsigned n)
{
	static uintptr_t zero;

	zero = 0;
	return n == REGISTER_PC ? &registers->pc : n ? &registers->x[n - 1] : &zero;
}

static bool registers_get(struct nacre_registers *registers, struct debuggee **debuggee, uint32_t *thread)
{
	*debuggee = session_debuggee();
	if (!*debuggee)
		return false;
	*thread = session_thread(*debuggee);
	return machine_registers_get(*debuggee, *thread, registers);
}

static void give_registers(unsigned first, unsigned count)
{
	struct nacre_registers registers;
	struct debuggee *debuggee;
	uint32_t thread;

	if (first + count > REGISTERS || !registers_get(&registers, &debuggee, &thread)) {
		session_error();
		return;
	}
	packet_begin(&session.out);
	for (unsigned i = first; i < first + count; i++)
		packet_hex(&session.out, register_at(&registers, i), machine_width() / 8);
	session_send();
}

static void set_registers(struct packet_text *text, unsigned first, unsigned count)
{
	struct nacre_registers registers;
	struct debuggee *debuggee;
	uint32_t thread;
	bool good = first + count <= REGISTERS && registers_get(&registers, &debuggee, &thread);

	for (unsigned i = first; good && i < first + count; i++)
		good = text_bytes(text, register_at(&registers, i), machine_width() / 8) == machine_width() / 8;
	if (good && machine_registers_set(debuggee, thread, &registers))
		session_ok();
	else
		session_error();
}

static void act_register(struct packet_text *text, bool set)
{
	uint64_t number;

	if (!text_number(text, &number) || number >= REGISTERS || (set && !text_take(text, "=")))
		session_error();
	else if (set)
		set_registers(text, (unsigned)number, 1);
	else
		give_registers((unsigned)number, 1);
}

static bool range_take(struct packet_text *text, uintptr_t *address, size_t *size)
{
	uint64_t a, s;

	if (!text_number(text, &a) || !text_take(text, ",") || !text_number(text, &s) || s > PACKET_BYTES)
		return false;
	*address = (uintptr_t)a;
	*size = (size_t)s;
	return true;
}

static void act_read(struct packet_text *text)
{
	static uint8_t bytes[PACKET_BYTES];
	struct debuggee *debuggee = session_debuggee();
	uintptr_t address;
	size_t size, done;

	if (!debuggee || !range_take(text, &address, &size)) {
		session_error();
		return;
	}
	done = debuggee_read(debuggee, address, bytes, min_size(size, PACKET_BYTES / 2));
	if (!done && size) {
		session_error();
		return;
	}
	packet_begin(&session.out);
	packet_hex(&session.out, bytes, done);
	session_send();
}

static void act_write(struct packet_text *text, bool binary)
{
	static uint8_t bytes[PACKET_BYTES];
	struct debuggee *debuggee = session_debuggee();
	uintptr_t address;
	size_t size, given;

	if (!debuggee || !range_take(text, &address, &size) || !text_take(text, ":")) {
		session_error();
		return;
	}
	given = binary ? min_size((size_t)(text->end - text->at), sizeof(bytes)) : text_bytes(text, bytes, sizeof(bytes));
	if (binary)
		memcpy(bytes, text->at, given);
	if (given == size && (!size || debuggee_write(debuggee, address, bytes, size)))
		session_ok();
	else
		session_error();
}

static void act_breakpoint(struct packet_text *text, bool set)
{
	struct debuggee *debuggee = session_debuggee();
	uintptr_t address;
	size_t kind;

	if (!text_take(text, "0,")) {
		answer(""); /* no watchpoints */
		return;
	}
	if (debuggee && range_take(text, &address, &kind) &&
	    (set ? trap_set(debuggee, address, TRAP_GDB) : trap_clear(debuggee, address, TRAP_GDB)))
		session_ok();
	else
		session_error();
}

/* --- which packet ------------------------------------------------------------------------------------------- */

static void act_choose(struct packet_text *text)
{
	int64_t process, thread;

	if (!(text_take(text, "g") || text_take(text, "c")) || !thread_id_take(text, &process, &thread)) {
		session_error();
		return;
	}
	if (process > 0)
		session.process = (uint32_t)process;
	session.thread = thread > 0 ? (uint32_t)thread : 0;
	session_ok();
}

static void act_alive(struct packet_text *text)
{
	int64_t process, thread;
	struct debuggee *debuggee;

	if (thread_id_take(text, &process, &thread) && thread > 0 &&
	    (debuggee = process > 0 ? debuggee_find((uint32_t)process) : session_debuggee()) && !debuggee->ended &&
	    debuggee_has_thread(debuggee, (uint32_t)thread))
		session_ok();
	else
		session_error();
}

static void act_why(void)
{
	struct debuggee *debuggee = session_debuggee();

	if (debuggee)
		tell_stop(debuggee, session_thread(debuggee), 0, false);
	else
		answer("W00");
}

static void act_named(struct packet_text *text)
{
	if (text_take(text, "Cont?"))
		answer("vCont;c;C;s;S;t;r");
	else if (text_take(text, "Cont"))
		act_continue(text);
	else if (text_take(text, "Attach;"))
		act_attach(text);
	else if (text_take(text, "Run"))
		act_run(text);
	else if (text_take(text, "Kill;"))
		act_kill(text);
	else
		answer("");
}

static void leave(bool kill)
{
	struct debuggee *debuggee;

	while ((debuggee = debuggee_next(NULL)))
		if (kill)
			end(debuggee);
		else
			debuggee_detach(debuggee);
	session.state = STATE_OF_REST;
}

static void act(char kind, struct packet_text *text)
{
	switch (kind) {
	case '!': session_ok(); break;
	case '?': act_why(); break;
	case 'D': act_detach(text); break;
	case 'g': give_registers(0, REGISTERS); break;
	case 'G': set_registers(text, 0, REGISTERS); break;
	case 'H': act_choose(text); break;
	case 'k': leave(true); break;
	case 'm': act_read(text); break;
	case 'M': act_write(text, false); break;
	case 'p': act_register(text, false); break;
	case 'P': act_register(text, true); break;
	case 'q': query_take(text); break;
	case 'Q': query_set(text); break;
	case 'T': act_alive(text); break;
	case 'v': act_named(text); break;
	case 'X': act_write(text, true); break;
	case 'z': act_breakpoint(text, false); break;
	case 'Z': act_breakpoint(text, true); break;
	default: answer("");
	}
}

/* While processes run, gdb has nothing to say but Ctrl-C. */
static void packet_act(void)
{
	struct packet_text text = { session.reader.data, session.reader.data + session.reader.size };

	if (!session.no_ack)
		machine_send("+", 1);
	if (session.state != STATE_OF_REST)
		return;
	if (!session.reader.size) {
		answer("");
		return;
	}
	text.at++;
	act(session.reader.data[0], &text);
}

static void interrupt(void)
{
	struct debuggee *debuggee = session_debuggee();

	if (session.state == STATE_OF_RUNNING && debuggee) {
		stop_all();
		tell_stop(debuggee, session_thread(debuggee), SIGNAL_INT, false);
	}
}

void session_take(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		switch (packet_take(&session.reader, bytes[i])) {
		case PACKET_MORE:
			break;
		case PACKET_WHOLE:
			packet_act();
			break;
		case PACKET_BROKEN:
			if (!session.no_ack)
				machine_send("-", 1);
			break;
		case PACKET_AGAIN:
			if (!session.no_ack && session.out.size)
				machine_send(session.out.data, session.out.size);
			break;
		case PACKET_INTERRUPT:
			interrupt();
			break;
		}
}

void session_open(void)
{
	memset(&session, 0, sizeof(session));
	wish_count = 0;
}

void session_hung_up(void)
{
	leave(false);
	session_open();
}
