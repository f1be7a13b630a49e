/* weekday.c - a server: the name of a day of the week, and how often it was asked. */
#include <string.h>
#include "idl/weekday_server.h"

static nacre_status_t name(struct nacre_request *request, const struct weekday_name_in *in, struct weekday_name_out *out)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };
	static uint32_t asked;

	(void)request;
	if (in->number >= sizeof(days) / sizeof(days[0]))
		return STATUS_NOT_FOUND;
	out->asked = ++asked;
	out->name = days[in->number];
	out->name_size = strlen(out->name);
	return STATUS_OK;
}

static nacre_status_t crash(struct nacre_request *request)
{
	static const volatile nacre_status_t *volatile nowhere;

	(void)request;
	return *nowhere;
}

int main(void)
{
	static const struct weekday_handlers handlers = { .name = name, .crash = crash };

	return weekday_run(&handlers);
}
