/* sbi.h - calls into the firmware below (RISC-V SBI 1.0), whose M-mode stage owns timer, console and power where the
 * hart lacks means of its own. */
#pragma once
#include <stdint.h>

enum {
	SBI_LEGACY_TIMER = 0,
	SBI_LEGACY_PUTCHAR = 1,
	SBI_LEGACY_SHUTDOWN = 8,
	SBI_BASE = 0x10,
	SBI_TIME = 0x54494d45,
	SBI_RESET = 0x53525354,
};
enum { SBI_BASE_PROBE = 3, SBI_TIME_SET = 0, SBI_RESET_SYSTEM = 0 };
enum { SBI_RESET_SHUTDOWN = 0, SBI_RESET_REBOOT = 1 }; /* type */
enum { SBI_REASON_NONE = 0, SBI_REASON_FAILURE = 1 };

struct sbi_result {
	uintptr_t error, value; /* legacy calls answer in `error` alone */
};

static inline struct sbi_result sbi_call(uintptr_t extension, uintptr_t function, uintptr_t first, uintptr_t second)
{
	register uintptr_t a0 __asm__("a0") = first;
	register uintptr_t a1 __asm__("a1") = second;
	register uintptr_t a6 __asm__("a6") = function;
	register uintptr_t a7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
	return (struct sbi_result){ a0, a1 };
}
