/* main.c - the log (idl/log.h). A writer's badge is its process number, which init or this server minted. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "label.h"
#include "nacre/clock.h"
#include "nacre/server.h"
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
	size_t room;
} followers[FOLLOWERS_MAX];

static nacre_handle_t server_handle;
static enum log_level level_kept = LOG_DEBUG;
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

/* Header and text lie behind one another in the ring, as the reader wants them. */
static void reply_set(struct nacre_reply *reply, const struct follower *reader, const struct entry *entry)
{
	reply->data = entry->text - sizeof(entry->record);
	reply->size = min_size(reader->room, sizeof(entry->record) + entry->record.text_bytes);
}

static void serve_followers(void)
{
	struct entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(followers); i++) {
		struct nacre_reply reply = { 0 };

		if (!followers[i].token || !find_wanted(&followers[i], &entry))
			continue;
		reply_set(&reply, &followers[i], &entry);
		nacre_server_answer(followers[i].token, STATUS_OK, &reply);
		followers[i].token = 0;
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

static nacre_status_t log_read(struct nacre_request *request, struct nacre_reply *reply)
{
	struct follower reader = { .token = request->token, .badge = request->badge, .room = request->words.word[4],
				   .number = (uint32_t)request->words.word[0], .level = (uint32_t)request->words.word[1] };
	struct entry entry;
	nacre_status_t status;

	if (request->words.word[1] >= LOG_LEVEL_COUNT || request->words.word[2] > LOG_FOLLOW)
		return STATUS_MALFORMED;
	memcpy(reader.label, request->data, request->size);
	if (find_wanted(&reader, &entry)) {
		reply_set(reply, &reader, &entry);
		return STATUS_OK;
	}
	if (request->words.word[2] != LOG_FOLLOW)
		return STATUS_END;
	status = follow(&reader);
	reply->later = status == STATUS_OK;
	return status;
}

static nacre_status_t log_set_level(struct nacre_request *request, struct nacre_reply *reply)
{
	if (request->words.word[0] >= LOG_LEVEL_COUNT)
		return STATUS_MALFORMED;
	reply->word[0] = level_kept;
	level_kept = (enum log_level)request->words.word[0];
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

static nacre_status_t log_write(struct nacre_request *request, struct nacre_reply *reply)
{
	struct log_record record = {
		.level = (uint32_t)request->words.word[0], .text_bytes = (uint32_t)request->size, .time_ns = nacre_clock_ns(),
		.process = request->badge == INTERFACE_BADGE_CONTROL ? PROCESS_OF_INIT : (uint32_t)request->badge,
	};

	(void)reply;
	if (request->words.word[0] >= LOG_LEVEL_COUNT)
		return STATUS_MALFORMED;
	if (record.level > level_kept)
		return STATUS_OK;
	/* A habit of those who also print the line. */
	if (record.text_bytes > 1 && ((const char *)request->data)[record.text_bytes - 1] == '\n')
		record.text_bytes--;
	label_get(record.process, record.label);
	clean(request->server->buffer, record.text_bytes);
	ring_add(&record, request->data);
	serve_followers();
	return STATUS_OK;
}

static nacre_status_t log_label(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	label_set((uint32_t)request->words.word[0], request->data, request->size);
	return STATUS_OK;
}

/* --- clients ------------------------------------------------------------------------------------------- */

static nacre_status_t log_connect(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t name = request->badge & ~(uintptr_t)INTERFACE_BADGE_CONTROL;
	uintptr_t badge = (request->words.word[0] & BADGE_PROCESS) | (name == NAME_READER ? BADGE_READER : 0);
	nacre_err_t error;

	if (connections == CONNECTIONS_MAX)
		return STATUS_FULL;
	error = nacre_connection_mint(server_handle, nacre_self_budget(), badge, 0, 0, SIGNAL_PRIORITY, &reply->handle[0]);
	if (error)
		return error;
	connections++;
	reply->handle_count = 1;
	reply->close_handles = true;
	return STATUS_OK;
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

#define WRITE { .handle = log_write, .size_min = 1, .size_max = LOG_TEXT_BYTES, .by_send = true }

static const struct nacre_method connect_methods[] = { [INTERFACE_CONNECT] = { .handle = log_connect } };
static const struct nacre_method control_methods[] = {
	[LOG_WRITE] = WRITE,
	[LOG_LABEL] = { .handle = log_label, .size_min = 1, .size_max = 15, .by_send = true },
};
static const struct nacre_method writer_methods[] = { [LOG_WRITE] = WRITE };
static const struct nacre_method reader_methods[] = {
	[LOG_READ] = { .handle = log_read, .size_max = 15, .answers_bytes = true },
	[LOG_SET_LEVEL] = { .handle = log_set_level },
};

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct nacre_protocol published = NACRE_PROTOCOL(LOG_PROTOCOL, LOG_VERSION, connect_methods);
	static const struct nacre_protocol control = NACRE_PROTOCOL(LOG_PROTOCOL, LOG_VERSION, control_methods);
	static const struct nacre_protocol writer = NACRE_PROTOCOL(LOG_PROTOCOL, LOG_VERSION, writer_methods);
	static const struct nacre_protocol reader = NACRE_PROTOCOL(LOG_PROTOCOL, LOG_VERSION, reader_methods);

	if (badge == INTERFACE_BADGE_CONTROL)
		return &control;
	if (badge & INTERFACE_BADGE_PUBLISHED)
		return &published;
	return badge & BADGE_READER ? &reader : &writer;
}

int main(void)
{
	static uint32_t buffer[LOG_TEXT_BYTES / sizeof(uint32_t)];
	struct nacre_server server = { .protocol_of = protocol_of, .buffer = buffer, .buffer_size = sizeof(buffer),
				       .closed = closed, .cancelled = cancelled };

	server.handle = server_handle = nacre_startup_handle("server");
	label_set(PROCESS_OF_INIT, "init", 4);
	if (ring_open(nacre_startup_handle("ring")))
		return EXIT_FAILURE;
	return nacre_server_run(&server);
}
