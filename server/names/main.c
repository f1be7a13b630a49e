/* main.c - the name server: who may connect to what (idl/names.nid). */
#include "abi/nacre_calls.h"
#include "base/string.h"
#include "connect.h"
#include "early.h"
#include "nacre/startup.h"
#include "policy.h"
#include "table.h"
#include "wait.h"

static uintptr_t badge_number(uintptr_t badge)
{
	return badge >> NAMES_BADGE_NUMBER_SHIFT & NAMES_BADGE_NUMBER_MASK;
}

/* The name of a path, if this client's name space has it. */
static struct name *reachable(const struct nacre_request *request, const char *path, size_t size)
{
	struct name *name = name_of_path(path, size);

	if (name && profile_reaches(badge_number(request->badge), name) && policy_narrowed_reaches(request->badge, name))
		return name;
	if (policy_done)
		policy_refused(request->badge, path, size);
	return NULL;
}

/* What somebody hears whose name is not there: perhaps it only was not told yet. */
static nacre_status_t absent(void)
{
	return policy_done ? STATUS_NOT_FOUND : STATUS_NOT_READY;
}

/* --- for every program ----------------------------------------------------------------------------------- */

static nacre_status_t names_lookup(struct nacre_request *request, const struct names_lookup_in *in, struct names_lookup_out *out)
{
	struct name *name = reachable(request, in->path, in->path_size);

	out->keep_handles = true;
	if (!policy_done && (!name || !name->connection))
		return early_keep(request, in);
	if (!name)
		return STATUS_NOT_FOUND;
	return policy_place_take(name, request->badge) ? connect_request(name, in->patience, request, &out->service) : STATUS_FULL;
}

static void describe(const struct name *name, struct names_list_out *out)
{
	out->state = (name->connection ? NAMES_STATE_PUBLISHED : 0) | (name->shared ? NAMES_STATE_SHARED : 0);
	out->publisher = name->publisher;
	out->path = text_bytes(name->path);
	out->path_size = name->path.size;
}

static nacre_status_t names_list(struct nacre_request *request, const struct names_list_in *in, struct names_list_out *out)
{
	uint32_t wanted = in->n;

	for (uint32_t number = 0; number < NAMES_MAX; number++) {
		const struct name *name = name_of_number(number);

		if (!name || !profile_sees(badge_number(request->badge), name) || !policy_narrowed_reaches(request->badge, name) ||
		    wanted--)
			continue;
		describe(name, out);
		return STATUS_OK;
	}
	return STATUS_END;
}

static nacre_err_t id_of(const struct name *name, uint32_t id[4])
{
	uintptr_t words[4];
	nacre_err_t error = nacre_handle_id(name->connection, &words[0], &words[1], &words[2], &words[3]);

	for (unsigned i = 0; i < 4; i++)
		id[i] = (uint32_t)words[i];
	return error;
}

static nacre_status_t names_identify(struct nacre_request *request, const struct names_identify_in *in,
				     struct names_identify_out *out)
{
	const struct name *name = reachable(request, in->path, in->path_size);

	if (!name)
		return absent();
	return name->connection ? (nacre_status_t)id_of(name, out->id) : (nacre_status_t)STATUS_NOT_READY;
}

static bool has_id(const struct name *name, const uint32_t wanted[4])
{
	uint32_t id[4];

	return name->connection && id_of(name, id) == NACRE_E_OK && !memcmp(id, wanted, sizeof(id));
}

static nacre_status_t names_resolve(struct nacre_request *request, const struct names_resolve_in *in,
				    struct names_resolve_out *out)
{
	uintptr_t profile = badge_number(request->badge);

	if (!profile_may_resolve(profile))
		return policy_done ? STATUS_DENIED : STATUS_NOT_READY;
	out->keep_handles = true;
	for (uint32_t number = 0; number < NAMES_MAX; number++) {
		struct name *name = name_of_number(number);

		if (name && profile_reaches(profile, name) && policy_narrowed_reaches(request->badge, name) && has_id(name, in->id))
			return !policy_place_take(name, request->badge) ? STATUS_FULL : connect_request(name, NAMES_PATIENCE_NOW, request, &out->service);
	}
	return absent();
}

static nacre_status_t names_ready(struct nacre_request *request, struct names_ready_out *out)
{
	(void)request;
	name_count(&out->declared, &out->published);
	return STATUS_OK;
}

static nacre_status_t names_trusted_init_done(struct nacre_request *request, struct names_trusted_init_done_out *out)
{
	(void)request;
	out->done = policy_done;
	return STATUS_OK;
}

/* --- on a publish connection ----------------------------------------------------------------------------- */

static nacre_status_t publish(struct name *name, nacre_handle_t service, enum names_kind kind, uint32_t publisher)
{
	if (!name)
		return STATUS_NOT_FOUND;
	name_publish(name, service, publisher, kind == NAMES_KIND_SHARED);
	connect_waiting(name);
	return STATUS_OK;
}

static nacre_status_t names_publish(struct nacre_request *request, const struct names_publish_in *in)
{
	struct name *name = name_of_number(badge_number(request->badge));

	return publish(name, name ? nacre_request_keep(request, in->service) : NACRE_HANDLE_NONE, in->kind,
		       request->badge & NAMES_BADGE_PROCESS_MASK);
}

static nacre_status_t names_unpublish(struct nacre_request *request)
{
	struct name *name = name_of_number(badge_number(request->badge));

	if (name)
		name_unpublish(name);
	return STATUS_OK;
}

/* --- on init's control connection ------------------------------------------------------------------------ */

static nacre_status_t names_declare(struct nacre_request *request, const struct names_declare_in *in)
{
	(void)request;
	if (policy_done)
		return STATUS_DENIED;
	return name_declare(in->number, in->path, in->path_size);
}

static nacre_status_t names_allow(struct nacre_request *request, const struct names_allow_in *in)
{
	(void)request;
	if (policy_done)
		return STATUS_DENIED;
	return rule_add(in->profile, in->rule, in->pattern, in->pattern_size);
}

static nacre_status_t names_publish_for(struct nacre_request *request, const struct names_publish_for_in *in)
{
	struct name *name = name_of_number(in->number);

	return publish(name, name ? nacre_request_keep(request, in->service) : NACRE_HANDLE_NONE, in->kind, in->publisher);
}

static nacre_status_t names_narrow(struct nacre_request *request, const struct names_narrow_in *in)
{
	(void)request;
	return policy_narrow(in->slot, in->process, in->patterns, in->patterns_size);
}

static nacre_status_t names_limit(struct nacre_request *request, const struct names_limit_in *in)
{
	struct name *name = name_of_number(in->number);

	(void)request;
	if (!name)
		return STATUS_NOT_FOUND;
	name->limit = (uint8_t)(in->processes < UINT8_MAX ? in->processes : UINT8_MAX);
	return STATUS_OK;
}

static nacre_status_t names_gone(struct nacre_request *request, const struct names_gone_in *in)
{
	(void)request;
	policy_gone(in->process);
	return STATUS_OK;
}

static nacre_status_t names_done(struct nacre_request *request)
{
	struct nacre_request early;
	struct names_lookup_in in;

	(void)request;
	policy_done = true;
	while (early_next(&early, &in)) {
		struct names_lookup_out out = { 0 };
		nacre_status_t status = names_lookup(&early, &in, &out);

		if (status != NACRE_LATER)
			names_lookup_answer(early.token, status, &out);
	}
	return STATUS_OK;
}

/* --- the server ------------------------------------------------------------------------------------------ */

static const struct names_handlers space_handlers = {
	.lookup = names_lookup, .list = names_list, .identify = names_identify, .resolve = names_resolve, .ready = names_ready,
	.trusted_init_done = names_trusted_init_done,
};
static const struct names_handlers publish_handlers = { .publish = names_publish, .unpublish = names_unpublish };
static const struct names_handlers control_handlers = {
	.declare = names_declare, .allow = names_allow, .publish_for = names_publish_for,
	.narrow = names_narrow, .limit = names_limit, .gone = names_gone, .done = names_done,
};

static const struct nacre_protocol space = NAMES_SERVED_BY(&space_handlers), publisher = NAMES_SERVED_BY(&publish_handlers);
static const struct nacre_protocol control = NAMES_SERVED_BY(&control_handlers);

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
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
	static uint64_t buffer[NAMES_BUFFER_BYTES / 8];
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &space,
				       .protocol_of = protocol_of, .buffer = buffer, .buffer_size = sizeof(buffer),
				       .closed = closed, .cancelled = wait_clean };

	return nacre_server_run(&server);
}
