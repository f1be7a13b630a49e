/* alone.h - for a test program that runs as init, with nothing around it: no console, no names, nobody to end it.
 *
 *     #include "test/alone.h"
 *     TEST_ALONE;
 *
 * makes it start by itself (selfstart/selfstart.h), write to the machine's UART by polling, and switch the machine
 * off after the last test (test/machine.h): QEMU's exit status is 0 if all passed and 1 if not. The handles of
 * everything the machine has are in nacre_startup()->boot_info. */
#pragma once
#include "nacre/startup.h"
#include "selfstart/selfstart.h"
#include "test/test.h"

extern const char test_alone_linked;
#define TEST_ALONE \
	NACRE_SELFSTART; \
	extern const char *const test_alone_wanted; \
	const char *const test_alone_wanted = &test_alone_linked
