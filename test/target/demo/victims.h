/* victims.h - what is killed and replaced. */
#pragma once
#include "demo.h"

/* Of one service. */
struct victim {
	uint32_t deaths, replaced;
	uint32_t busy;               /* of the deaths, with a client's request under way */
	uint32_t restarts_before;    /* as init counted them when the tour began */
	uint64_t longest_ns, sum_ns; /* from a kill to the next right answer */
	uint64_t last_ns;
};

extern struct victim victims[];

/* Its process, as init knows it. False: it does not run. */
struct system_process;
bool victim_find(unsigned trade, struct system_process *process);

bool victims_open(void);

/* All trades, in an order of the dice's. */
void victims_shuffle(unsigned *order, struct dice *dice);

/* Kills it within so many ns, and asks until it is answered. False: it was said why. */
bool victim_kill(unsigned trade, uint32_t within_ns, struct dice *dice);

/* Each is replaced by another file of the image, all at once. */
bool victims_replace(void);

/* Does init know of as many deaths as there are here? */
bool victims_check(void);
