/* transfer.h - clients' requests, cut into pieces that fit a buffer, and put together again.
 *
 *     transfer_add --> WAITING, pieces are asked in order --> all asked --> all done: answered, forgotten
 *                         |  the client is gone: no further piece is asked, and its pages are not touched any more
 *
 *   I1  while a request waits and a buffer is free, its next piece is asked (transfer_pump)
 *   I2  what one client's request left in a buffer is wiped before another client's request has it */
#pragma once
#include "disk.h"
#include "nacre/server.h"

/* A request whose range was checked; data NULL: a flush. STATUS_FULL, or NACRE_LATER. */
nacre_status_t transfer_add(const struct nacre_request *request, enum disk_operation operation, uint64_t sector, void *data,
			    uint32_t bytes);

/* Takes what the device is done with, and asks what can be asked. */
void transfer_pump(void);

/* A client of this badge waits no more. */
void transfer_cancelled(uintptr_t badge);

/* A client's connection is gone, and its badge may be another's one day. */
void transfer_closed(uintptr_t badge);
