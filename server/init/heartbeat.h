/* heartbeat.h - signs of life of services whose manifest has `heartbeat_ms`.
 *
 *   QUIET --time is over: ping--> ASKED --answer--> QUIET
 *                                   +--time is over--> LATE --a moment later--> hung: report, kill, restart
 *
 * The ping is a signal on the service's server. The loop of lib/nacre/server.h answers it by a signal of its own, on a
 * connection that only this service has; so a server that does not come back to its loop in time is told from one that
 * does, whatever it is busy with. LATE is for init itself: the answer may wait in its mailbox.
 *
 * One that answers and yet lets nothing below it run, for four periods, is ended like one that hung. */
#pragma once
#include "handles.h"
#include "service.h"

/* Its process was started: the first ping comes after one period. */
void heartbeat_begin(struct service *service);

/* The connection it answers through, among what it is given at its start. */
nacre_err_t heartbeat_add(struct handle_list *list, const struct service *service);

/* A signal of this badge came. */
void heartbeat_answered(uintptr_t badge);

/* Asks, or ends, whoever's time is over, and sets service->beat_ns anew. */
void heartbeat_tend(struct service *service, uint64_t now_ns);
