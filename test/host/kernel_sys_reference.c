/* kernel_sys_reference.c - the kernel and the reference model of test/reference side by side, through random sequences of calls. */
#include "unit.h"

#include "../reference/differ.h"
#include "kernel/contract.h"
#include "kernel/names.h"

enum { SEQUENCE = 250 };

static uint32_t random_state;

static uint8_t random_byte(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint8_t)(random_state >> 24);
}

static void answers_print(void)
{
	for (unsigned call = 0; call <= CALL_COUNT; call++)
		for (unsigned error = 0; error < 32; error++)
			if (differ_answers[call][error])
				fprintf(stderr, "reference: %s %s %lu\n", call < CALL_COUNT ? call_names[call] : "(no call)",
				        error < ERR_COUNT ? err_names[error] : "(waits)", differ_answers[call][error]);
	fprintf(stderr, "reference: %lu steps, after %lu of them the reaper had to be waited for\n", differ_steps, differ_unfinished);
}

static void sequences(unsigned seed, unsigned steps, unsigned preempt_every)
{
	uint8_t input[DIFFER_BYTES * (SEQUENCE + 1)];
	const char *other = getenv("REFERENCE_SEED"), *many = getenv("REFERENCE_STEPS");

	random_state = seed * 7919 + (other ? (unsigned)atoi(other) : 0) * 104729;
	steps = many ? (unsigned)atoi(many) : steps;
	while (differ_steps < steps) {
		for (size_t i = 0; i < sizeof input; i++)
			input[i] = random_byte();
		differ_run(input, sizeof input, &(struct differ_options){ .preempt_every = preempt_every });
	}
	answers_print();
}

TEST(agree, "20,000 random steps: answers, waiting, running, priorities and charges are as the model says")
{
	sequences(1, 20000, 0);
}

TEST(agree_preempted, "10,000 more, with every second preemption point taken")
{
	sequences(2, 10000, 2);
}

TEST(agree_all_preempted, "10,000 more, with every preemption point taken")
{
	sequences(3, 10000, 1);
}

/* --- Every point: sequences that make much are run again and again, each time with the next point chosen. */

enum { SWEPT = 60 };

static void sequence_fill(uint8_t *input, unsigned seed)
{
	random_state = seed;
	for (size_t i = 0; i < DIFFER_BYTES * (SWEPT + 1); i++)
		input[i] = random_byte();
}

TEST(allocation_fails, "an allocation that fails, each in turn, is BUDGET and leaves nothing behind")
{
	uint8_t input[DIFFER_BYTES * (SWEPT + 1)];
	unsigned long runs = 0;

	for (unsigned seed = 1; seed <= 4; seed++) {
		sequence_fill(input, seed);
		differ_run(input, sizeof input, &(struct differ_options){ 0 });
		for (unsigned long at = 1, all = differ_allocations; at <= all; at++, runs++)
			differ_run(input, sizeof input, &(struct differ_options){ .fail_at = at });
	}
	fprintf(stderr, "reference: %lu allocations failed\n", runs);
	assert_true(runs > 40);
}

TEST(preempted_anywhere, "a preemption at each look at pending interrupts in turn changes nothing of what is answered")
{
	uint8_t input[DIFFER_BYTES * (SWEPT + 1)];
	unsigned long runs = 0;

	for (unsigned seed = 21; seed <= 30; seed++) {
		sequence_fill(input, seed);
		differ_run(input, sizeof input, &(struct differ_options){ 0 });
		for (unsigned at = 1, all = differ_looks; at <= all; at++, runs++)
			differ_run(input, sizeof input, &(struct differ_options){ .preempt_at = at });
	}
	fprintf(stderr, "reference: preempted at %lu places\n", runs);
	assert_true(runs > 20);
}
