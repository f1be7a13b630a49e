/* bench.h - how a benchmark says what is measured: marks, which the counting side sees pass by (tool/bench/count.c).
 *
 *     BENCH("yield");                        names what follows
 *     for (unsigned round = 0; round < ROUNDS; round++) {
 *         MARK_BEGIN;
 *         nacre_thread_yield();
 *         MARK_END;
 *     }
 *
 * A mark is an instruction without effect (a HINT, unprivileged spec 2.9), so measuring needs no right, changes nothing
 * and has no overhead that would have to be subtracted. Begin and end may stand in different programs.
 * The sample is what lies between the first entry into the kernel behind MARK_BEGIN and the last return from it before
 * MARK_END; what lies between the marks beside that is the price of the stub. The first WARM samples do not count. */
#pragma once

enum { ROUNDS = 40, WARM = 8 };

#define MARK(number) __asm__ volatile("slti zero, zero, " #number ::: "memory")
#define MARK_BEGIN   MARK(1)
#define MARK_END     MARK(2)

/* The name lies behind the mark, within 64 bytes, so on the mark's page. The assembler pads no odd byte in code by itself. */
#define BENCH(name)                                                                                          \
	__asm__ volatile(".balign 64\n slti zero, zero, 3\n .option push\n .option norvc\n j 9f\n .option pop\n" \
	                 " .asciz \"" name "\"\n .fill %0, 1, 0\n 9:" : : "i"(sizeof(name) & 1) : "memory");           \
	_Static_assert(sizeof(name) <= 48, "the name does not fit behind its mark")
