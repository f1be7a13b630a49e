/* wall.c - the wall clock: the kernel's clock plus what the time server says is to be added. */
#include "wall.h"
#include "abi/nacre_calls.h"
#include "idl/time.h"
#include "nacre/client.h"
#include "nacre/names.h"

/* Asked anew each time, because the clock may be set; the connection is kept. */
uint64_t wall_offset_ns(void)
{
	static nacre_handle_t time_server;
	struct nacre_words words = { .opcode = TIME_WALL };
	nacre_handle_t fresh;

	if (!time_server && nacre_connect_now("svc/time", &fresh) == STATUS_OK)
		time_server = fresh;
	if (!time_server || nacre_ask(time_server, &words) != STATUS_OK)
		return 0;
	return (uint64_t)words.word[0] | (uint64_t)words.word[1] << 32;
}
