/* main.c - ends the machine through QEMU's and SiFive's test device (idl/power.nid). */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "idl/power_server.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/startup.h"

/* What the device takes in its one register; a failure has its code in the upper half. */
enum { DEVICE_PASS = 0x5555, DEVICE_FAIL = 0x3333, DEVICE_RESET = 0x7777 };

static volatile uint32_t *device_register;

/* Both answer only where the machine goes on. */
static nacre_status_t power_off(struct nacre_request *request, const struct power_off_in *in)
{
	uint32_t status = in->status & 0xff;

	(void)request;
	*device_register = status ? status << 16 | DEVICE_FAIL : DEVICE_PASS;
	return STATUS_DEVICE;
}

static nacre_status_t power_reset(struct nacre_request *request)
{
	(void)request;
	*device_register = DEVICE_RESET;
	return STATUS_DEVICE;
}

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
	static const struct power_handlers handlers = { .off = power_off, .reset = power_reset };
	nacre_err_t error = registers_map();

	if (error) {
		nacre_log(LOG_ERROR, "cannot start: %s", nacre_error_sentence(error));
		return EXIT_FAILURE;
	}
	return power_run(&handlers);
}
