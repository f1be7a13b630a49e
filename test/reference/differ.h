/* differ.h - runs one sequence of calls against the kernel on the simulated machine and against the reference model.
 *
 * The input is DIFFER_BYTES a step: the first says what, the others choose handles, words, times. The first DIFFER_BYTES choose
 * priorities and ceilings. Any bytes are a valid sequence. After each step both must agree on answers, registers, who waits for
 * what, who runs, every priority, and what each budget is charged. A difference is told in words, and ends the program. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { DIFFER_BYTES = 8 };

struct differ_options {
	unsigned preempt_every;   /* host_preempt_every */
	unsigned preempt_at;      /* only the so many-th look at pending interrupts says yes; 0: none */
	unsigned long fail_at;    /* the so many-th allocation fails; 0: none */
};
void differ_run(const uint8_t *data, size_t size, const struct differ_options *options);

/* Of the last run: looks at pending interrupts, and allocations. */
extern unsigned differ_looks;
extern unsigned long differ_allocations;

/* What was reached, over all runs. */
extern unsigned long differ_steps, differ_unfinished, differ_split;
extern unsigned long differ_answers[70][32]; /* by call and error; the last: it waits */
