/* selfstart.h - for the one program that no loader starts: init, and test programs that run in its place.
 *
 * The kernel maps their segments, gives them a stack and a struct nacre_boot_info, and that is all. Writing
 *
 *     NACRE_SELFSTART;
 *
 * at file level in one source file links in the start that does the rest: it relocates the image, makes thread-local
 * storage and stack guard, and builds a struct nacre_startup with the handles "process" and "budget", argv[0]
 * "init", and boot_info set. From there on the program is like any other.
 *
 * Started by a loader after all, it is an ordinary program: a test can be init and its own child.
 * Does not: make RELRO read-only (the kernel maps the writable segment as one), or close what boot_info lists. */
#pragma once
#include "nacre/startup.h"

extern const char nacre_selfstart_linked;
#define NACRE_SELFSTART \
	extern const char *const nacre_selfstart_wanted; \
	const char *const nacre_selfstart_wanted = &nacre_selfstart_linked
