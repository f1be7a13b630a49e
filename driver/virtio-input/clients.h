/* clients.h - who hears of events, and what waits for each. Makes no system calls.
 *
 *     queue:  first .. first + count, whole reports as they came
 *     room for a report? --yes--> queued        --no--> missing, and so are all that follow, until the queue is empty
 *
 *   I1  what is missing is missing in one place: `lost` reports in front of the first event, `missing` behind the last
 *   I2  a client that is shut out by another one's grab learns that something is missing, not how much: `missing` is 1 then
 *   I3  nothing is ready for a client that is shut out */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/input.h"

enum { CLIENTS_MAX = 4 };

struct input_client {
	uint32_t process;            /* 0: free. Also its badge */
	unsigned first, count;       /* in `queue`, a ring */
	uint32_t lost, missing;
	uint32_t report;             /* number of the next one */
	struct input_event queue[INPUT_QUEUE_EVENTS];
};

struct clients {
	struct input_client all[CLIENTS_MAX];
	uint32_t grabber;            /* its process; 0: nobody grabs */
};

/* 0 finds a free place. NULL: there is none. */
struct input_client *client_find(struct clients *clients, uint32_t process);

/* Is somebody else the only one to hear? */
bool client_is_shut_out(const struct clients *clients, const struct input_client *client);

/* Could something be fetched? */
bool client_is_ready(const struct clients *clients, const struct input_client *client);

/* A report for everybody. Answers how many clients had no room for it. */
unsigned clients_report(struct clients *clients, const struct input_event *events, unsigned count);

/* What a fetch with that much room gives: bytes of events, copied; client_taken takes them out of the queue. */
size_t client_look(const struct input_client *client, void *to, size_t room, uint32_t *lost);
void client_taken(struct input_client *client, size_t bytes);
