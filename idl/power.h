/* power.h - the protocol of the driver that ends the machine, at `dev/power`. Only init may reach it. */
#pragma once
#include "idl/interface.h"

enum { POWER_PROTOCOL = 0x706f7772 /* "powr" */, POWER_VERSION = 1 << 16 | 0 };

/* off: switch the machine off. Does not answer where it works. may send.
 *   in   word[0] exit status, where the machine has a way to tell one
 * DEVICE. */
enum { POWER_OFF = 2 };

/* reset: start the machine anew. Does not answer where it works. may send.
 * DEVICE. */
enum { POWER_RESET = 3 };
