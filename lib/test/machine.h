/* machine.h - what a test program that runs in init's place has of the machine: output and an end. */
#pragma once
#include "abi/nacre_calls.h"
#include "nacre/startup.h"

const struct nacre_boot_info *machine_info(void);
void machine_start(void);                 /* finds UART and power in the device tree; test output goes to the UART */
void machine_end(int failed) __attribute__((noreturn)); /* ends QEMU: status 0, or 1 if something failed */
/* The handle and tree node of the first device that is compatible, or 0. */
nacre_handle_t machine_device(const char *compatible);
