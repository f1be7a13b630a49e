/* day.c - asks the server for the name of a day, or with -c lets it crash first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "idl/weekday_client.h"

int main(int argc, char **argv)
{
	int crash = argc > 1 && !strcmp(argv[1], "-c");
	uint32_t number = argc > 1 + crash ? strtoul(argv[1 + crash], NULL, 10) : 0, asked;
	nacre_handle_t server;
	char name[WEEKDAY_NAME_BYTES + 1];
	nacre_status_t status = weekday_connect("svc/weekday", &server);

	if (!status && crash)
		printf("crashed: %s\n", nacre_error_sentence(weekday_crash(server)));
	if (!status)
		status = weekday_name(server, number, &asked, name, sizeof(name), NULL);
	if (status)
		printf("no answer: %s\n", nacre_error_sentence(status));
	else
		printf("%s, question %d\n", name, (int)asked);
	return status != 0;
}
