/* account.c - every request is accounted for. */
#include <stdio.h>
#include "abi/nacre_calls.h"
#include "demo.h"
#include "idl/interface.h"
#include "nacre/clock.h"

/* Whoever is not served until then is lost. A crowd on a kernel that proves its invariants all the time is slower. */
#define PATIENCE_NS (5 * NACRE_S)
#define PATIENCE_CROWDED_NS (600 * NACRE_S)

bool crowded;

void request_begin(struct client *client)
{
	client->began_ns = nacre_clock_ns();
	client->tries = 0;
	client->busy = true;
}

bool request_again(struct client *client, nacre_status_t status, enum method method)
{
	bool later = status == STATUS_FULL || status == STATUS_NOT_READY || (status == NACRE_E_PEER_GONE && method == ONCE);

	if (!later || nacre_clock_ns() - client->began_ns > (crowded ? PATIENCE_CROWDED_NS : PATIENCE_NS))
		return false;
	client->again++;
	if (client->tries++ > 3)
		nacre_sleep_until(nacre_deadline_in(NACRE_MS));
	return true;
}

bool request_end(struct client *client, nacre_status_t status, bool right, const char *what)
{
	client->busy = false;
	client->requests++;
	if (!status && right)
		return true;
	if (!client->lost++)
		snprintf(client->why, sizeof(client->why), "%s: %s", what,
			 status ? nacre_error_sentence(status) : "the answer was wrong");
	return false;
}
