/* dying.h - when the driver of test/target/blk_dying ends. Moments are of three kinds: a piece is in the ring and the device does
 * not know; the device has it; the device is done and the client has nothing yet.
 *
 * They are counted in a page that init keeps. Each DYING_EVERY of them the process ends, DYING_DEATHS times in all: by turns
 * it tells nobody, as if it were killed, and has the device give up, which the driver must notice by itself. */
#pragma once

/* No multiple of three, so that each kind has its turn. Four buffers are in use: at most moments others are under way. */
enum { DYING_EVERY = 37, DYING_DEATHS = 6 };
