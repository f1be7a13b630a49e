/* main.c - the time server (idl/time.nid). */
#include "abi/nacre_calls.h"
#include "alarm.h"
#include "base/bits.h"
#include "idl/time_server.h"
#include "nacre/clock.h"
#include "nacre/startup.h"
#include "wall.h"

/* In the order of the manifest. The first two are shared: their publication's badge is every client's. */
enum { NAME_TIME, NAME_CLOCK_SET, NAME_ALARM };

enum { OWNERS_MAX = 32, CONNECTIONS_EACH = 2 };

static nacre_handle_t server_handle;

/* --- the wall clock ------------------------------------------------------------------------------------ */

static nacre_status_t time_wall(struct nacre_request *request, struct time_wall_out *out)
{
	(void)request;
	*out = (struct time_wall_out){ wall.offset_ns, wall.zone_minutes, wall.known };
	return STATUS_OK;
}

static nacre_status_t time_wall_set(struct nacre_request *request, const struct time_wall_set_in *in)
{
	(void)request;
	wall_set(in->now_ns);
	return STATUS_OK;
}

static nacre_status_t time_zone_set(struct nacre_request *request, const struct time_zone_set_in *in)
{
	(void)request;
	if (in->minutes < -TIME_ZONE_MINUTES_MAX || in->minutes > TIME_ZONE_MINUTES_MAX)
		return STATUS_MALFORMED;
	wall_zone_set(in->minutes);
	return STATUS_OK;
}

/* --- alarms -------------------------------------------------------------------------------------------- */

static void ring(struct nacre_server *server)
{
	server->deadline_ns = alarm_run(nacre_clock_ns());
}

static nacre_status_t time_alarm(struct nacre_request *request, const struct time_alarm_in *in, struct time_alarm_out *out)
{
	nacre_status_t status;

	if (!in->bits || in->bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED))
		return STATUS_MALFORMED;
	status = alarm_add(request->badge, in->when_ns, in->bits, in->to, &out->number);
	if (status)
		return status;
	nacre_request_keep(request, in->to);
	ring(request->server);
	return STATUS_OK;
}

static nacre_status_t time_alarm_cancel(struct nacre_request *request, const struct time_alarm_cancel_in *in)
{
	return alarm_cancel(request->badge, in->number);
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
static nacre_status_t time_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	struct owner *owner = owner_find(process);
	nacre_err_t error;

	(void)request;
	if (!owner || owner->connections == CONNECTIONS_EACH)
		return STATUS_FULL;
	error = nacre_connection_mint(server_handle, nacre_self_budget(), owner->process, 0, 0, 0, connection);
	if (!error)
		owner->connections++;
	return error;
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

static const struct time_handlers clock_handlers = { .wall = time_wall };
static const struct time_handlers setter_handlers = { .wall = time_wall, .wall_set = time_wall_set, .zone_set = time_zone_set };
static const struct time_handlers connect_handlers = { .connect = time_connect };
static const struct time_handlers alarm_handlers = { .alarm = time_alarm, .alarm_cancel = time_alarm_cancel };

static const struct nacre_protocol clock = TIME_SERVED_BY(&clock_handlers), setter = TIME_SERVED_BY(&setter_handlers);
static const struct nacre_protocol connect = TIME_SERVED_BY(&connect_handlers), alarms = TIME_SERVED_BY(&alarm_handlers);

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
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
	struct nacre_server server = { .protocol = &alarms, .protocol_of = protocol_of, .closed = closed, .alarm = ring };

	server.handle = server_handle = nacre_startup_handle("server");
	wall_open();
	return nacre_server_run(&server);
}
