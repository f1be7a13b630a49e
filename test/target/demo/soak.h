/* soak.h - the same load and the same deaths, round after round, beside programs that take all there is; between the rounds
 * nothing may have grown (doc/soak.md). */
#pragma once
#include "demo.h"

/* So many rounds, or with 0 until the host has written something into the disk's last sector. Answers how many findings and how
 * much growth there were, which the last line tells, too. */
uint32_t soak(unsigned long seed, unsigned rounds);
