/* alone.h - for a test program that runs as init, with nothing around it: no console, no names, nobody to end it.
 *
 *     #include "test/alone.h"
 *     TEST_ALONE;
 *
 * makes it start by itself (selfstart/selfstart.h), write to the machine's UART by polling, and switch the machine
 * off after the last test: QEMU's exit status is 0 if all passed and 1 if not. Both devices are found in the device
 * tree. The handles of everything the machine has are in nacre_startup()->boot_info. */
#pragma once
#include "nacre/startup.h"
#include "selfstart/selfstart.h"
#include "test/test.h"

extern const char test_alone_linked;
#define TEST_ALONE \
	NACRE_SELFSTART; \
	extern const char *const test_alone_wanted; \
	const char *const test_alone_wanted = &test_alone_linked

/* The device whose node lists `compatible`; 0: there is none. */
nacre_handle_t test_device(const char *compatible);
