/* main.c - the time server (idl/time.h). */
#include "abi/nacre_calls.h"
#include "alarm.h"
#include "base/bits.h"
#include "nacre/clock.h"
#include "nacre/server.h"
#include "nacre/startup.h"
#include "wall.h"

/* In the order of the manifest. The first two are shared: their publication's badge is every client's. */
enum { NAME_TIME, NAME_CLOCK_SET, NAME_ALARM };

enum { ZONE_LIMIT = 900, OWNERS_MAX = 32, CONNECTIONS_EACH = 2 };

static nacre_handle_t server_handle;

static uint64_t number_of(const uintptr_t words[2])
{
	return (uint64_t)words[1] << 32 | (uint32_t)words[0];
}

/* --- the wall clock ------------------------------------------------------------------------------------ */

static nacre_status_t time_wall(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)request;
	reply->word[0] = (uint32_t)wall.offset_ns;
	reply->word[1] = (uint32_t)(wall.offset_ns >> 32);
	reply->word[2] = (uintptr_t)(intptr_t)wall.zone_minutes;
	reply->word[3] = wall.known;
	return STATUS_OK;
}

static nacre_status_t time_wall_set(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	wall_set(number_of(request->words.word));
	return STATUS_OK;
}

static nacre_status_t time_zone_set(struct nacre_request *request, struct nacre_reply *reply)
{
	intptr_t minutes = (intptr_t)request->words.word[0];

	(void)reply;
	if (minutes < -ZONE_LIMIT || minutes > ZONE_LIMIT)
		return STATUS_MALFORMED;
	wall.zone_minutes = (int32_t)minutes;
	return STATUS_OK;
}

/* --- alarms -------------------------------------------------------------------------------------------- */

static void ring(struct nacre_server *server)
{
	server->deadline_ns = alarm_run(nacre_clock_ns());
}

static nacre_status_t time_alarm(struct nacre_request *request, struct nacre_reply *reply)
{
	uintptr_t bits = request->words.word[2], type = 0, rights = 0;
	uint32_t status, number = 0;

	if (!bits || bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED) ||
	    nacre_handle_info(request->handle[0], &type, &rights) || type != NACRE_OBJECT_CONNECTION)
		return STATUS_MALFORMED;
	status = alarm_add(request->badge, number_of(request->words.word), bits, request->handle[0], &number);
	if (status)
		return status;
	nacre_request_take(request, 0);
	reply->word[0] = number;
	ring(request->server);
	return STATUS_OK;
}

static nacre_status_t time_alarm_cancel(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	return alarm_cancel(request->badge, request->words.word[0]);
}

/* Who may set alarms: processes with connections to `svc/alarm`, by number, which is also their badge. */
static struct owner {
	uintptr_t process;
	unsigned connections; /* made in this life of the server, and open; 0: free */
} owners[OWNERS_MAX];

static struct owner *owner_find(uintptr_t process)
{
	struct owner *free = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		if (owners[i].connections && owners[i].process == process)
			return &owners[i];
		if (!owners[i].connections)
			free = &owners[i];
	}
	if (free)
		free->process = process;
	return free;
}

/* Only `svc/alarm` is forwarded. */
static nacre_status_t time_connect(struct nacre_request *request, struct nacre_reply *reply)
{
	struct owner *owner = owner_find(request->words.word[0]);
	nacre_err_t error;

	if (!owner || owner->connections == CONNECTIONS_EACH)
		return STATUS_FULL;
	error = nacre_connection_mint(server_handle, nacre_self_budget(), owner->process, 0, 0, 0, &reply->handle[0]);
	if (error)
		return error;
	owner->connections++;
	reply->handle_count = 1;
	reply->close_handles = true;
	return STATUS_OK;
}

static void closed(uintptr_t badge)
{
	struct owner *owner;

	if (badge & INTERFACE_BADGE_PUBLISHED)
		return;
	owner = owner_find(badge);
	if (owner && owner->connections && --owner->connections)
		return;
	alarm_cancel_all(badge);
}

/* --- the server ---------------------------------------------------------------------------------------- */

static const struct nacre_method clock_methods[] = { [TIME_WALL] = { .handle = time_wall } };
static const struct nacre_method setter_methods[] = {
	[TIME_WALL] = { .handle = time_wall },
	[TIME_WALL_SET] = { .handle = time_wall_set },
	[TIME_ZONE_SET] = { .handle = time_zone_set },
};
static const struct nacre_method connect_methods[] = { [INTERFACE_CONNECT] = { .handle = time_connect } };
static const struct nacre_method alarm_methods[] = {
	[TIME_ALARM] = { .handle = time_alarm, .handles_min = 1, .handles_max = 1 },
	[TIME_ALARM_CANCEL] = { .handle = time_alarm_cancel },
};

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	static const struct nacre_protocol clock = NACRE_PROTOCOL(TIME_PROTOCOL, TIME_VERSION, clock_methods);
	static const struct nacre_protocol setter = NACRE_PROTOCOL(TIME_PROTOCOL, TIME_VERSION, setter_methods);
	static const struct nacre_protocol connect = NACRE_PROTOCOL(TIME_PROTOCOL, TIME_VERSION, connect_methods);
	static const struct nacre_protocol alarms = NACRE_PROTOCOL(TIME_PROTOCOL, TIME_VERSION, alarm_methods);

	if (!(badge & INTERFACE_BADGE_PUBLISHED))
		return &alarms;
	switch (badge & ~(uintptr_t)INTERFACE_BADGE_CONTROL) {
	case NAME_TIME:
		return &clock;
	case NAME_CLOCK_SET:
		return &setter;
	}
	return &connect;
}

int main(void)
{
	struct nacre_server server = { .protocol_of = protocol_of, .closed = closed, .alarm = ring };

	server.handle = server_handle = nacre_startup_handle("server");
	wall_open();
	return nacre_server_run(&server);
}
