/* figures.h - what everybody has while nothing goes on: pages of every budget; handles, threads and mapped pages of every process
 * but this one's programs, which must be gone then. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Reads until two readings in a row are the same. False: they never were, and it was said which differed. */
bool figures_settle(void);

/* Of the first rounds: the highest of each becomes what later ones must not exceed. */
void figures_learn(void);

/* By how much they exceed it; each one that does for the first time, or more than ever, is named. */
uint32_t figures_growth(unsigned round);

void figures_show(void);
