/* main.c - kills processes for the demo (test/idl/killer.nid). It runs above all servers, so that it meets them in the middle of
 * what they do; a killer below them would find each at rest. It can reach nothing but what it is given: `arm`. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "idl/killer_server.h"
#include "idl/system_client.h"
#include "nacre/clock.h"

static nacre_handle_t system_connection;

static nacre_status_t arm(struct nacre_request *request, const struct killer_arm_in *in)
{
	if (system_connection)
		nacre_handle_close(system_connection);
	system_connection = nacre_request_keep(request, in->system);
	return STATUS_OK;
}

static nacre_status_t kill_later(struct nacre_request *request, const struct killer_kill_in *in, struct killer_kill_out *out)
{
	(void)request;
	if (!system_connection)
		return STATUS_NOT_READY;
	nacre_sleep_until(nacre_deadline_in(in->delay_ns));
	out->at_ns = nacre_clock_ns();
	return system_kill(system_connection, in->number, EXIT_FAILURE);
}

int main(void)
{
	static const struct killer_handlers handlers = { .arm = arm, .kill = kill_later };

	return killer_run(&handlers);
}
