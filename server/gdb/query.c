/* query.c - one gdb at the port: packets that only ask. */
#include "base/bits.h"
#include "base/format.h"
#include "base/string.h"
#include "machine.h"
#include "session.h"

enum { TEXT_BYTES = 6144, PIECE_BYTES = 900, LINE_BYTES = 100 };

/* A document, made anew for each piece of it that is asked for. */
static struct {
	size_t size;
	char text[TEXT_BYTES];
} document;

static void put(void *to, char character)
{
	(void)to;
	if (document.size < sizeof(document.text))
		document.text[document.size++] = character;
}

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	format_each(put, NULL, format, list);
	va_end(list);
}

/* --- documents -------------------------------------------------------------------------------------------- */

static void make_target(void)
{
	static const char *const names[] = {
		"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
		"s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "pc",
	};

	add("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>riscv:rv%u</architecture>"
	    "<feature name=\"org.gnu.gdb.riscv.cpu\">", machine_width());
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add("<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>", names[i], machine_width(),
		    i == 1 || i == 32 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int");
	add("</feature></target>");
}

static void make_threads(void)
{
	struct debuggee *each = NULL;
	uint32_t numbers[THREADS_MAX];

	add("<?xml version=\"1.0\"?><threads>");
	while ((each = debuggee_next(each))) {
		unsigned count = debuggee_threads(each, numbers);

		for (unsigned i = 0; i < count; i++) {
			add("<thread id=\"");
			if (session.multiprocess)
				add("p%lx.", (unsigned long)each->number);
			add("%lx\" name=\"%s\"/>", (unsigned long)numbers[i], each->label);
		}
	}
	add("</threads>");
}

static void make_processes(void)
{
	struct machine_process process;

	add("<?xml version=\"1.0\"?><!DOCTYPE osdata SYSTEM \"osdata.dtd\"><osdata type=\"processes\">");
	for (uint32_t number = 1; machine_process(number, &process); number = process.number + 1)
		if (!process.ended)
			add("<item><column name=\"pid\">%lu</column><column name=\"by\">%lu</column><column name=\"command\">%s</column></item>",
			    (unsigned long)process.number, (unsigned long)process.parent, process.label);
	add("</osdata>");
}

static void make_types(void)
{
	add("<?xml version=\"1.0\"?><!DOCTYPE osdata SYSTEM \"osdata.dtd\"><osdata type=\"types\"><item><column name=\"Type\">processes</column>"
	    "<column name=\"Description\">all processes of the system</column></item></osdata>");
}

static void make_file(struct packet_text *text)
{
	uint64_t number = 0;
	struct debuggee *debuggee;

	text_number(text, &number);
	debuggee = number ? debuggee_find((uint32_t)number) : session_debuggee();
	if (debuggee)
		add("/%s", debuggee->file);
}

/* offset,length behind the document's name */
static void give(struct packet_text *text)
{
	uint64_t offset, length;
	size_t left;

	if (!text_take(text, ":") || !text_number(text, &offset) || !text_take(text, ",") || !text_number(text, &length) ||
	    offset > document.size) {
		session_error();
		return;
	}
	left = document.size - (size_t)offset;
	length = min_size(min_size(left, PIECE_BYTES), (size_t)length);
	packet_begin(&session.out);
	packet_text(&session.out, "%c", length < left ? 'm' : 'l');
	packet_binary(&session.out, document.text + (size_t)offset, (size_t)length);
	session_send();
}

static bool document_make(struct packet_text *text)
{
	document.size = 0;
	if (text_take(text, "features:read:target.xml"))
		make_target();
	else if (text_take(text, "threads:read:"))
		make_threads();
	else if (text_take(text, "osdata:read:processes"))
		make_processes();
	else if (text_take(text, "osdata:read:"))
		make_types();
	else if (text_take(text, "exec-file:read:"))
		make_file(text);
	else
		return false;
	return true;
}

/* --- threads ---------------------------------------------------------------------------------------------- */

static void give_threads(void)
{
	struct debuggee *each = NULL;
	uint32_t numbers[THREADS_MAX];
	bool any = false;

	packet_begin(&session.out);
	while ((each = debuggee_next(each))) {
		unsigned count = debuggee_threads(each, numbers);

		for (unsigned i = 0; i < count; i++, any = true) {
			packet_text(&session.out, any ? "," : "m");
			session_thread_id(each, numbers[i]);
		}
	}
	if (!any)
		packet_text(&session.out, "l");
	session_send();
}

static void give_thread(void)
{
	struct debuggee *debuggee = session_debuggee();

	packet_begin(&session.out);
	if (debuggee) {
		packet_text(&session.out, "QC");
		session_thread_id(debuggee, session_thread(debuggee));
	}
	session_send();
}

static void give_attached(struct packet_text *text)
{
	uint64_t number = 0;
	struct debuggee *debuggee;

	if (text_take(text, ":"))
		text_number(text, &number);
	debuggee = number ? debuggee_find((uint32_t)number) : session_debuggee();
	packet_begin(&session.out);
	packet_text(&session.out, "%d", !debuggee || !debuggee->was_run);
	session_send();
}

/* One offset for all: position-independent programs move as a whole. */
static void give_offsets(void)
{
	struct debuggee *debuggee = session_debuggee();

	packet_begin(&session.out);
	if (debuggee)
		packet_text(&session.out, "TextSeg=%lx", (unsigned long)debuggee->base);
	session_send();
}

/* --- commands for a person -------------------------------------------------------------------------------- */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char line[LINE_BYTES];
	va_list list;
	size_t size;

	va_start(list, format);
	size = format_list(line, sizeof(line), format, list);
	va_end(list);
	packet_begin(&session.out);
	packet_text(&session.out, "O");
	packet_hex(&session.out, line, min_size(size, sizeof(line) - 1));
	session_send();
}

static void say_processes(void)
{
	struct machine_process process;

	say("  PID    BY  NAME\n");
	for (uint32_t number = 1; machine_process(number, &process); number = process.number + 1)
		if (!process.ended)
			say("%5lu %5lu  %-15s%s\n", (unsigned long)process.number, (unsigned long)process.parent, process.label,
			    debuggee_find(process.number) ? " attached" : "");
}

static void monitor(struct packet_text *text)
{
	char line[LINE_BYTES];
	size_t size = text_bytes(text, line, sizeof(line) - 1);

	line[size] = 0;
	if (string_equal(line, "ps"))
		say_processes();
	else if (string_equal(line, "why"))
		say("%s\n", session.refusal ? machine_sentence(session.refusal) : "nothing was refused");
	else
		say("monitor ps     processes, for attach NUMBER\n"), say("monitor why    why the last attach or run was refused\n");
	session_ok();
}

/* --- which ------------------------------------------------------------------------------------------------ */

static bool has_word(const struct packet_text *text, const char *word)
{
	struct packet_text rest = *text;

	for (; rest.at < rest.end; rest.at++) {
		struct packet_text here = rest;

		if (text_take(&here, word))
			return true;
	}
	return false;
}

static void supported(const struct packet_text *text)
{
	session.multiprocess = has_word(text, "multiprocess+");
	session.swbreak = has_word(text, "swbreak+");
	packet_begin(&session.out);
	packet_text(&session.out, "PacketSize=%x;QStartNoAckMode+;multiprocess+;vContSupported+;swbreak+;qXfer:features:read+;"
		    "qXfer:exec-file:read+;qXfer:threads:read+;qXfer:osdata:read+", PACKET_BYTES);
	session_send();
}

static void nothing(void)
{
	packet_begin(&session.out);
	session_send();
}

void query_take(struct packet_text *text)
{
	if (text_take(text, "Supported"))
		supported(text);
	else if (text_take(text, "Xfer:") && document_make(text))
		give(text);
	else if (text_take(text, "fThreadInfo"))
		give_threads();
	else if (text_take(text, "sThreadInfo")) {
		packet_begin(&session.out);
		packet_text(&session.out, "l");
		session_send();
	} else if (text_take(text, "Attached"))
		give_attached(text);
	else if (text_take(text, "Offsets"))
		give_offsets();
	else if (text_take(text, "Rcmd,"))
		monitor(text);
	else if (text->end - text->at == 1 && text_take(text, "C"))
		give_thread();
	else
		nothing();
}

void query_set(struct packet_text *text)
{
	if (!text_take(text, "StartNoAckMode")) {
		nothing();
		return;
	}
	session_ok();
	session.no_ack = true;
}
