/* demo.h - the tour: clients at work, their servers killed under them, and an account of every request.
 *
 * A request is *right* when it was answered as its protocol says, and its data were what they must be. It may have been asked
 * again before: by the stub where the method is idempotent, which nobody sees here; by the program where the protocol leaves
 * that to the program, which is counted. A request that was not right in the end is *lost*. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "abi/nacre_abi.h"
#include "nacre/error.h"

enum { WHY_BYTES = 120 };

/* One client: a thread of the load, or the one that asks right after a kill. */
struct client {
	const struct trade *trade;
	unsigned number;             /* 0: who asks after a kill; the load from 1 on */
	uint32_t state, round;       /* the trade's own */
	uint64_t last;
	uint64_t requests, again, lost;
	uint64_t began_ns;           /* of the request under way */
	unsigned tries;
	volatile bool busy;          /* a request is under way */
	char why[WHY_BYTES];         /* of the first that was lost */
};

/* What clients of one service do. */
struct trade {
	const char *service;         /* its name in the system description */
	const char *what;            /* they ask */
	unsigned clients;            /* of the load, 0 to 2 */
	bool (*open)(void);          /* once; false: it said why */
	void (*work)(struct client *client);  /* a few requests of the load */
	void (*probe)(struct client *client); /* one request */
	bool is_driver;
	bool is_fixed;               /* init does not replace it */
};

extern const struct trade trades[];
extern const unsigned trade_count;

/* --- account.c: a request is begun, tried until it needs not be asked again, and was right or not --- */

enum method { IDEMPOTENT, ONCE };

void request_begin(struct client *client);

/* Is it to be asked again? PEER_GONE only where the stub does not do it by itself; and what means: later. */
bool request_again(struct client *client, nacre_status_t status, enum method method);

/* Answers `right`. */
bool request_end(struct client *client, nacre_status_t status, bool right, const char *what);

/* --- dice.c: the same numbers from the same seed --- */

struct dice {
	uint64_t state;
};

uint32_t dice_throw(struct dice *dice, uint32_t below);

/* --- say.c: lines on the console, each at least once, whatever happens to the console meanwhile --- */

extern nacre_handle_t console;

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
nacre_status_t say_bytes(struct client *client, const char *text, size_t size);

/* --- who is who --- */

extern nacre_handle_t overview;  /* svc/system */
extern _Atomic uint32_t deaths;  /* so far */
extern bool crowded;             /* others write so much into the log that a line may be gone at once */
extern _Atomic bool finished;    /* the load is to end */

uint64_t all_requests(void);
