/* main.c - the log (idl/log.nid). A writer's badge is its process number, which init or this server minted. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/log_server.h"
#include "label.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "ring.h"

enum { PROCESS_OF_INIT = 1, FOLLOWERS_MAX = 4, CONNECTIONS_MAX = 64, SIGNAL_PRIORITY = 0 };

/* In the order of the manifest. */
enum { NAME_LOG, NAME_READER };

/* Readers have this bit beside their process number. */
enum { BADGE_READER = 0x10000000, BADGE_PROCESS = 0x0fffffff };

static struct follower {
	nacre_token_t token;        /* 0: free */
	uintptr_t badge;
	uint32_t number, level;     /* the first record wanted, and the least grave level */
	char label[16];             /* empty: of all */
	struct nacre_room room;
} followers[FOLLOWERS_MAX];

static nacre_handle_t server_handle;
static enum log_level level_kept = LOG_LEVEL_DEBUG;
static unsigned connections; /* that this life of the log has made and that are still open */

/* --- reading ------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct follower *reader, const struct log_record *record)
{
	return record->level <= reader->level && (!reader->label[0] || string_equal(reader->label, record->label));
}

static bool find_wanted(const struct follower *reader, struct entry *entry)
{
	bool found = ring_find(reader->number, entry);

	while (found && !is_wanted(reader, &entry->record))
		found = ring_next(entry);
	return found;
}

/* The last one before a number. */
static bool find_before(const struct follower *reader, struct entry *found)
{
	struct entry entry;
	bool any = false;

	for (bool more = ring_find(0, &entry); more; more = ring_next(&entry)) {
		if (reader->number && entry.record.number >= reader->number)
			break;
		if (!is_wanted(reader, &entry.record))
			continue;
		*found = entry;
		any = true;
	}
	return any;
}

static void fill(struct log_read_out *out, const struct entry *entry)
{
	out->record = entry->record;
	out->text = entry->text;
	out->text_size = entry->record.text_bytes;
}

static void answer(struct follower *reader, const struct entry *entry)
{
	struct log_read_out out;

	fill(&out, entry);
	log_read_answer(reader->token, reader->room, STATUS_OK, &out);
	reader->token = 0;
}

static void serve_followers(void)
{
	struct entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(followers); i++) {
		if (followers[i].token && find_wanted(&followers[i], &entry))
			answer(&followers[i], &entry);
	}
}

static nacre_status_t follow(const struct follower *reader)
{
	for (size_t i = 0; i < ARRAY_SIZE(followers); i++) {
		if (followers[i].token)
			continue;
		followers[i] = *reader;
		return STATUS_OK;
	}
	return STATUS_FULL;
}

static nacre_status_t log_read(struct nacre_request *request, const struct log_read_in *in, struct log_read_out *out)
{
	struct follower reader = { .token = request->token, .badge = request->badge, .room = in->room, .number = in->from,
				   .level = in->least };
	struct entry entry;
	nacre_status_t status;

	memcpy(reader.label, in->label, in->label_size);
	if (in->reading & LOG_READING_BACKWARD ? find_before(&reader, &entry) : find_wanted(&reader, &entry)) {
		fill(out, &entry);
		return STATUS_OK;
	}
	if (in->reading & LOG_READING_BACKWARD || !(in->reading & LOG_READING_FOLLOW))
		return STATUS_END;
	status = follow(&reader);
	return status ? status : NACRE_LATER;
}

static nacre_status_t log_set_level(struct nacre_request *request, const struct log_set_level_in *in,
				    struct log_set_level_out *out)
{
	(void)request;
	out->before = level_kept;
	level_kept = in->level;
	return STATUS_OK;
}

/* --- writing ------------------------------------------------------------------------------------------- */

/* What a terminal would take for a command must not come out of a log. */
static void clean(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
}

static nacre_status_t log_write(struct nacre_request *request, const struct log_write_in *in)
{
	char *text = request->server->buffer; /* where in->text lies: it is the only thing that is copied */
	struct log_record record = {
		.level = in->level, .text_bytes = (uint32_t)in->text_size, .time_ns = nacre_clock_ns(),
		.process = request->badge == INTERFACE_BADGE_CONTROL ? PROCESS_OF_INIT : (uint32_t)request->badge,
	};

	if (in->level > level_kept)
		return STATUS_OK;
	/* A habit of those who also print the line. */
	if (record.text_bytes > 1 && text[record.text_bytes - 1] == '\n')
		record.text_bytes--;
	label_get(record.process, record.label);
	clean(text, record.text_bytes);
	ring_add(&record, text);
	serve_followers();
	return STATUS_OK;
}

static nacre_status_t log_label(struct nacre_request *request, const struct log_label_in *in)
{
	(void)request;
	label_set(in->process, in->name, in->name_size);
	return STATUS_OK;
}

/* --- clients ------------------------------------------------------------------------------------------- */

static nacre_status_t log_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	uintptr_t name = request->badge & ~(uintptr_t)INTERFACE_BADGE_CONTROL;
	uintptr_t badge = (process & BADGE_PROCESS) | (name == NAME_READER ? BADGE_READER : 0);
	nacre_err_t error;

	if (connections == CONNECTIONS_MAX)
		return STATUS_FULL;
	error = nacre_connection_mint(server_handle, nacre_self_budget(), badge, 0, 0, SIGNAL_PRIORITY, connection);
	if (!error)
		connections++;
	return error;
}

static void cancelled(uintptr_t badge)
{
	for (size_t i = 0; i < ARRAY_SIZE(followers); i++)
		if (followers[i].token && followers[i].badge == badge && nacre_server_token_check(followers[i].token))
			followers[i].token = 0;
}

static void closed(uintptr_t badge)
{
	cancelled(badge);
	if (connections && badge & BADGE_READER)
		connections--;
}

/* --- the server ---------------------------------------------------------------------------------------- */

static const struct log_handlers connect_handlers = { .connect = log_connect };
static const struct log_handlers control_handlers = { .write = log_write, .label = log_label, .read = log_read };
static const struct log_handlers writer_handlers = { .write = log_write };
static const struct log_handlers reader_handlers = { .read = log_read, .set_level = log_set_level };

static const struct nacre_protocol published = LOG_SERVED_BY(&connect_handlers), control = LOG_SERVED_BY(&control_handlers);
static const struct nacre_protocol writer = LOG_SERVED_BY(&writer_handlers), reader = LOG_SERVED_BY(&reader_handlers);

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	if (badge == INTERFACE_BADGE_CONTROL)
		return &control;
	if (badge & INTERFACE_BADGE_PUBLISHED)
		return &published;
	return badge & BADGE_READER ? &reader : &writer;
}

int main(void)
{
	static uint64_t buffer[LOG_BUFFER_BYTES / 8];
	struct nacre_server server = { .protocol = &writer, .protocol_of = protocol_of, .buffer = buffer,
				       .buffer_size = sizeof(buffer), .closed = closed, .cancelled = cancelled };

	server.handle = server_handle = nacre_startup_handle("server");
	label_set(PROCESS_OF_INIT, "init", 4);
	if (ring_open(nacre_startup_handle("ring")))
		return EXIT_FAILURE;
	return nacre_server_run(&server);
}
