/* wall.c - the wall clock: the kernel's clock plus what the time server says is to be added. */
#include "wall.h"
#include "abi/nacre_calls.h"
#include "idl/time_client.h"

/* Asked anew each time, because the clock may be set; the connection is kept. */
uint64_t wall_offset_ns(void)
{
	static nacre_handle_t time_server;
	nacre_handle_t fresh;
	uint64_t offset_ns = 0;

	if (!time_server && time_connect_now("svc/time", &fresh) == STATUS_OK)
		time_server = fresh;
	if (time_server)
		time_wall(time_server, &offset_ns, NULL, NULL);
	return offset_ns;
}
