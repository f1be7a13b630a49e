/* main.c - gdb: a server of the gdb remote serial protocol at a serial port, for programs that run (doc/server/gdb.md).
 *
 * One thread and one mailbox: bytes at the port, faults of debuggees and news of init's all arrive there. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/serial_client.h"
#include "idl/system.h"
#include "machine.h"
#include "nacre/log.h"
#include "nacre/startup.h"
#include "server.h"
#include "session.h"

static nacre_handle_t port, port_watcher;

/* --- the port --------------------------------------------------------------------------------------------- */

/* Bytes that a driver had when it died may be sent twice: gdb finds a wrong sum, where it still looks. */
void machine_send(const void *bytes, size_t size)
{
	const uint8_t *each = bytes;
	nacre_status_t status = STATUS_OK;
	uint32_t taken;

	while (size && (!status || status == NACRE_E_PEER_GONE)) {
		status = serial_write(port, SERIAL_PATIENCE_WAIT, each, min_size(size, SERIAL_BYTES), &taken);
		each += taken;
		size -= taken;
	}
}

static bool is_open(void)
{
	struct serial_port about;

	return !serial_port(port, &about) && about.state & SERIAL_PORT_STATE_OPEN;
}

/* All that has come. False: the other end is closed. */
static bool port_drain(void)
{
	uint8_t bytes[SERIAL_BYTES];
	size_t size;
	nacre_status_t status;

	while (!(status = serial_read(port, SERIAL_PATIENCE_NOW, (char *)bytes, sizeof(bytes), &size)))
		session_take(bytes, size);
	return status != SERIAL_HUNG_UP;
}

/* Until it waits for news. A port that was closed can be read at any time, so then only its opening is news. */
static void port_serve(void)
{
	uint32_t now = 1;

	while (now) {
		uint32_t wanted = SERIAL_READY_STATE;

		now = 0;
		if (port_drain())
			wanted |= SERIAL_READY_READ;
		else
			session_hung_up();
		if (serial_watch(port, wanted, 1, port_watcher, &now))
			return;
		if (!(wanted & SERIAL_READY_READ) && is_open())
			now = 1;
	}
}

/* --- the mailbox ------------------------------------------------------------------------------------------ */

static void signalled(uintptr_t badge, uintptr_t bits)
{
	if (badge == BADGE_PORT)
		port_serve();
	else if (badge == BADGE_HELD)
		session_held();
	else if (bits & SYSTEM_SIGNAL_GONE)
		session_gone((uint32_t)badge, (uint8_t)(bits >> SYSTEM_GONE_CAUSE & 15), (uint8_t)(bits >> SYSTEM_GONE_CODE));
}

static nacre_status_t faulted(struct nacre_request *request, struct nacre_reply *reply)
{
	const struct fault fault = {
		.cause = (uint32_t)request->words.opcode, .address = request->words.word[0], .pc = request->words.word[1],
		.thread = (uint32_t)request->words.word[2], .token = request->token,
	};

	(void)reply;
	session_fault((uint32_t)request->badge, &fault);
	return NACRE_LATER;
}

static uint64_t buffer[8];

struct nacre_server gdb_server = {
	.buffer = buffer, .buffer_size = sizeof(buffer), .signalled = signalled, .faulted = faulted,
};

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "dev/serial0";
	nacre_status_t status = nacre_server_create(nacre_self_budget(), &gdb_server.handle);

	if (!status)
		status = nacre_connection_mint(gdb_server.handle, nacre_self_budget(), BADGE_PORT, 0, 0, nacre_startup()->priority,
					       &port_watcher);
	if (!status)
		status = serial_connect(path, &port);
	if (status) {
		nacre_log(LOG_ERROR, "gdb: the port %s cannot be had: %s", path, serial_error_sentence(status));
		return 1;
	}
	session_open();
	port_serve();
	return nacre_server_run(&gdb_server);
}
