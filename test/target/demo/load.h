/* load.h - all clients there are. */
#pragma once
#include "demo.h"

enum { TRADES_MAX = 12, CLIENTS_EACH = 3 };

/* Of each trade; [0] asks after a kill, the others are the load. */
extern struct client clients[TRADES_MAX][CLIENTS_EACH];

/* As usual. */
enum { LOAD_PRIORITY = 8 };

/* Connects; starts; ends and waits, after which it may be started again. False: it was said why. */
bool load_open(void);
bool load_begin(int priority);
void load_end(void);

/* The clients of a trade go before the others, or no more. */
void load_ahead(unsigned trade, bool ahead);

/* Has one of them a request under way? */
bool load_is_busy(unsigned trade);

/* From the one to the other the load stands still; answers how long nobody could go on for waiting for a device. */
void wait_begin(void);
uint64_t wait_end(void);

/* Of all clients of a trade. */
struct client load_sum(unsigned trade);
