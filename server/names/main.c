/* main.c - the name server: who may connect to what (idl/names.h). */
#include "abi/nacre_calls.h"
#include "connect.h"
#include "nacre/server.h"
#include "nacre/startup.h"
#include "table.h"
#include "wait.h"

static uintptr_t badge_number(uintptr_t badge)
{
	return badge >> NAMES_BADGE_NUMBER_SHIFT & NAMES_BADGE_NUMBER_MASK;
}

/* The name of a path, if this client's name space has it. */
static struct name *reachable(const struct nacre_request *request)
{
	struct name *name = name_of_path(request->data, request->size);

	return name && profile_reaches(badge_number(request->badge), name) ? name : NULL;
}

/* --- for every program ----------------------------------------------------------------------------------- */

static nacre_status_t names_connect(struct nacre_request *request, struct nacre_reply *reply)
{
	struct name *name = reachable(request);

	if (request->words.word[0] > NAMES_NOW)
		return STATUS_MALFORMED;
	return name ? connect_request(name, request->words.word[0], request, reply) : STATUS_NOT_FOUND;
}

static nacre_status_t names_list(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t wanted = request->words.word[0];

	for (uintptr_t number = 0; number < NAMES_MAX; number++) {
		const struct name *name = name_of_number(number);

		if (!name || !profile_sees(badge_number(request->badge), name) || wanted--)
			continue;
		reply->word[0] = (name->connection ? NAMES_IS_PUBLISHED : 0) | (name->shared ? NAMES_IS_SHARED : 0);
		reply->word[1] = name->publisher;
		reply->data = text_bytes(name->path);
		reply->size = name->path.size;
		return STATUS_OK;
	}
	return STATUS_END;
}

static nacre_status_t names_identify(struct nacre_request *request, struct nacre_reply *reply)
{
	const struct name *name = reachable(request);

	if (!name)
		return STATUS_NOT_FOUND;
	if (!name->connection)
		return STATUS_NOT_READY;
	return nacre_handle_id(name->connection, &reply->word[0], &reply->word[1], &reply->word[2], &reply->word[3]);
}

static bool has_id(const struct name *name, const uintptr_t wanted[4])
{
	uintptr_t id[4];

	return name->connection && nacre_handle_id(name->connection, &id[0], &id[1], &id[2], &id[3]) == NACRE_E_OK &&
	       id[0] == wanted[0] && id[1] == wanted[1] && id[2] == wanted[2] && id[3] == wanted[3];
}

static nacre_status_t names_resolve(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t profile = badge_number(request->badge);

	if (!profile_may_resolve(profile))
		return STATUS_DENIED;
	for (uintptr_t number = 0; number < NAMES_MAX; number++) {
		struct name *name = name_of_number(number);

		if (name && profile_reaches(profile, name) && has_id(name, request->words.word))
			return connect_request(name, NAMES_NOW, request, reply);
	}
	return STATUS_NOT_FOUND;
}

static nacre_status_t names_ready(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)request;
	name_count(&reply->word[1], &reply->word[0]);
	return STATUS_OK;
}

/* --- on a publish connection ----------------------------------------------------------------------------- */

static nacre_status_t publish(struct name *name, struct nacre_request *request, uintptr_t how, uintptr_t publisher)
{
	uintptr_t type, rights;

	if (!name)
		return STATUS_NOT_FOUND;
	if (how > NAMES_SHARED || nacre_handle_info(request->handle[0], &type, &rights) ||
	    type != NACRE_OBJECT_CONNECTION)
		return STATUS_MALFORMED;
	name_publish(name, nacre_request_take(request, 0), (uint32_t)publisher, how == NAMES_SHARED);
	connect_waiting(name);
	return STATUS_OK;
}

static nacre_status_t names_publish(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	return publish(name_of_number(badge_number(request->badge)), request, request->words.word[0],
		       request->badge & NAMES_BADGE_PROCESS_MASK);
}

static nacre_status_t names_unpublish(struct nacre_request *request, struct nacre_reply *reply)
{
	struct name *name = name_of_number(badge_number(request->badge));

	(void)reply;
	if (name)
		name_unpublish(name);
	return STATUS_OK;
}

/* --- on init's control connection ------------------------------------------------------------------------ */

static nacre_status_t names_declare(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	return name_declare(request->words.word[0], request->data, request->size);
}

static nacre_status_t names_allow(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	return rule_add(request->words.word[0], request->words.word[1], request->data, request->size);
}

static nacre_status_t names_publish_for(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	return publish(name_of_number(request->words.word[0]), request, request->words.word[1], request->words.word[2]);
}

/* --- the server ------------------------------------------------------------------------------------------ */

#define PATH .size_min = 1, .size_max = NAMES_PATH_BYTES

static const struct nacre_method space_methods[] = {
	[NAMES_CONNECT] = { .handle = names_connect, PATH },
	[NAMES_LIST] = { .handle = names_list, .answers_bytes = true },
	[NAMES_IDENTIFY] = { .handle = names_identify, PATH },
	[NAMES_RESOLVE] = { .handle = names_resolve },
	[NAMES_READY] = { .handle = names_ready },
};
static const struct nacre_method publish_methods[] = {
	[NAMES_PUBLISH] = { .handle = names_publish, .handles_min = 1, .handles_max = 1, .by_send = true },
	[NAMES_UNPUBLISH] = { .handle = names_unpublish, .by_send = true },
};
static const struct nacre_method control_methods[] = {
	[NAMES_DECLARE] = { .handle = names_declare, PATH, .by_send = true },
	[NAMES_ALLOW] = { .handle = names_allow, PATH, .by_send = true },
	[NAMES_PUBLISH_FOR] = { .handle = names_publish_for, .handles_min = 1, .handles_max = 1, .by_send = true },
};

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct nacre_protocol space = NACRE_PROTOCOL(NAMES_PROTOCOL, NAMES_VERSION, space_methods);
	static const struct nacre_protocol publisher = NACRE_PROTOCOL(NAMES_PROTOCOL, NAMES_VERSION, publish_methods);
	static const struct nacre_protocol control = NACRE_PROTOCOL(NAMES_PROTOCOL, NAMES_VERSION, control_methods);

	if (badge == INTERFACE_BADGE_CONTROL)
		return &control;
	return badge >> NAMES_BADGE_KIND_SHIFT == NAMES_BADGE_PUBLISH ? &publisher : &space;
}

/* A publisher that goes takes its name along, unless somebody else has published it since. */
static void closed(uintptr_t badge)
{
	struct name *name = name_of_number(badge_number(badge));

	wait_clean(badge);
	if (badge >> NAMES_BADGE_KIND_SHIFT == NAMES_BADGE_PUBLISH && name &&
	    name->publisher == (badge & NAMES_BADGE_PROCESS_MASK))
		name_unpublish(name);
}

int main(void)
{
	static uint32_t buffer[NAMES_PATH_BYTES / sizeof(uint32_t) + 1];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol_of = protocol_of,
				       .buffer = buffer, .buffer_size = sizeof(buffer),
				       .closed = closed, .cancelled = wait_clean };

	return nacre_server_run(&server);
}
