/* main.c - ends the machine through QEMU's and SiFive's test device (idl/power.h). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "idl/power.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/server.h"
#include "nacre/startup.h"

/* What the device takes in its one register; a failure has its code in the upper half. */
enum { DEVICE_PASS = 0x5555, DEVICE_FAIL = 0x3333, DEVICE_RESET = 0x7777 };

static volatile uint32_t *device_register;

/* Both answer only where the machine goes on. */
static nacre_status_t power_off(struct nacre_request *request, struct nacre_reply *reply)
{
	uint32_t status = request->words.word[0] & 0xff;

	(void)reply;
	*device_register = status ? status << 16 | DEVICE_FAIL : DEVICE_PASS;
	return STATUS_DEVICE;
}

static nacre_status_t power_reset(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)request, (void)reply;
	*device_register = DEVICE_RESET;
	return STATUS_DEVICE;
}

static const struct nacre_method methods[] = {
	[POWER_OFF] = { .handle = power_off, .by_send = true },
	[POWER_RESET] = { .handle = power_reset, .by_send = true },
};

static nacre_err_t registers_map(void)
{
	static struct nacre_area area;
	nacre_handle_t memory = NACRE_HANDLE_NONE;
	nacre_err_t error = nacre_device_memory(nacre_startup_handle("device"), nacre_self_budget(), 0, &memory);

	if (!error)
		error = nacre_area_map(&area, memory, 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);
	device_register = area.base;
	return error;
}

int main(void)
{
	static const struct nacre_protocol protocol = NACRE_PROTOCOL(POWER_PROTOCOL, POWER_VERSION, methods);
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &protocol };
	nacre_err_t error = registers_map();

	if (error) {
		nacre_log(LOG_ERROR, "cannot start: %s", nacre_error_sentence(error));
		return EXIT_FAILURE;
	}
	return nacre_server_run(&server);
}
