/* dice.c - xorshift64*: the same numbers from the same seed, all that is needed here. */
#include "demo.h"

uint32_t dice_throw(struct dice *dice, uint32_t below)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (uint32_t)((dice->state * 0x2545f4914f6cdd1dull >> 32) % below);
}
