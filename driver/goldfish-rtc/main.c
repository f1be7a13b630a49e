/* main.c - the goldfish real-time clock (idl/rtc.h): a 64-bit count of nanoseconds since 1970. */
#include <stdlib.h>
#include "abi/nacre_calls.h"
#include "idl/rtc.h"
#include "nacre/area.h"
#include "nacre/log.h"
#include "nacre/server.h"
#include "nacre/startup.h"

/* Registers, as indices of words. Reading the low one latches the high one; a time is set high half first. */
enum { TIME_LOW = 0, TIME_HIGH = 1 };

static volatile uint32_t *registers;

static nacre_status_t rtc_read(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)request;
	reply->word[0] = registers[TIME_LOW];
	reply->word[1] = registers[TIME_HIGH];
	return reply->word[0] || reply->word[1] ? STATUS_OK : STATUS_DEVICE;
}

static nacre_status_t rtc_set(struct nacre_request *request, struct nacre_reply *reply)
{
	(void)reply;
	registers[TIME_HIGH] = (uint32_t)request->words.word[1];
	registers[TIME_LOW] = (uint32_t)request->words.word[0];
	return STATUS_OK;
}

static const struct nacre_method methods[] = {
	[RTC_READ] = { .handle = rtc_read },
	[RTC_SET] = { .handle = rtc_set },
};

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
	static const struct nacre_protocol protocol = NACRE_PROTOCOL(RTC_PROTOCOL, RTC_VERSION, methods);
	struct nacre_server server = { .handle = nacre_startup_handle("server"), .protocol = &protocol };
	nacre_err_t error = registers_map();

	if (error) {
		nacre_log(LOG_ERROR, "cannot start: %s", nacre_error_sentence(error));
		return EXIT_FAILURE;
	}
	return nacre_server_run(&server);
}
