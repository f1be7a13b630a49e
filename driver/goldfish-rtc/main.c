/* main.c - the goldfish real-time clock (idl/rtc.nid): a 64-bit count of nanoseconds since 1970. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "idl/rtc_server.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/startup.h"

/* Registers, as indices of words. Reading the low one latches the high one; a time is set high half first. */
enum { TIME_LOW = 0, TIME_HIGH = 1 };

static volatile uint32_t *registers;

static nacre_status_t rtc_read(struct nacre_request *request, struct rtc_read_out *out)
{
	uint32_t low = registers[TIME_LOW];

	(void)request;
	out->time_ns = (uint64_t)registers[TIME_HIGH] << 32 | low;
	return out->time_ns ? STATUS_OK : STATUS_DEVICE;
}

static nacre_status_t rtc_set(struct nacre_request *request, const struct rtc_set_in *in)
{
	(void)request;
	registers[TIME_HIGH] = (uint32_t)(in->time_ns >> 32);
	registers[TIME_LOW] = (uint32_t)in->time_ns;
	return STATUS_OK;
}

static nacre_err_t registers_map(void)
{
	static struct nacre_area area;
	nacre_handle_t memory = NACRE_HANDLE_NONE;
	nacre_err_t error = nacre_device_memory(nacre_startup_handle("device"), nacre_self_budget(), 0, &memory);

	if (!error)
		error = nacre_area_map(&area, memory, 0, 1, NACRE_PROT_READ | NACRE_PROT_WRITE);
	registers = area.base;
	return error;
}

int main(void)
{
	static const struct rtc_handlers handlers = { .read = rtc_read, .set = rtc_set };
	nacre_err_t error = registers_map();

	if (error) {
		nacre_log(LOG_ERROR, "cannot start: %s", nacre_error_sentence(error));
		return EXIT_FAILURE;
	}
	return rtc_run(&handlers);
}
