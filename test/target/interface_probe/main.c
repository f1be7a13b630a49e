/* main.c - the interface compiler's C, with a protocol that has every type in every place (test/idl/probe.nid): stub and
 * skeleton between two threads, their bytes against a table made by hand, and requests that a skeleton must refuse. */
#include "test/alone.h"

TEST_ALONE;
