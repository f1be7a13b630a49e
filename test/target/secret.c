/* secret.c - a process whose registers are full of a secret, and one beside it that looks for it in its own, after whatever
 * brings the two together: switches of their own and the timer's, calls, replies, faults, deaths. */
#include "test/alone.h"
#include "test/child.h"

TEST_ALONE;

#if __riscv_xlen == 32
#define STORE "sw"
#define LOAD "lw"
#else
#define STORE "sd"
#define LOAD "ld"
#endif

#define SECRET "0x5ec2e000"
#define OWN "0x11"
#define ROUNDS "200"
#define SPIN "15000000" /* three time slices */

/* A value in every register but sp. */
#define FILL(value)                                                                                   \
	"li ra, " value "\n li gp, " value "\n li tp, " value "\n li t0, " value "\n li t1, " value "\n li t2, " value "\n" \
	"li s0, " value "\n li s1, " value "\n li a0, " value "\n li a1, " value "\n li a2, " value "\n li a3, " value "\n" \
	"li a4, " value "\n li a5, " value "\n li a6, " value "\n li a7, " value "\n li s2, " value "\n li s3, " value "\n" \
	"li s4, " value "\n li s5, " value "\n li s6, " value "\n li s7, " value "\n li s8, " value "\n li s9, " value "\n" \
	"li s10, " value "\n li s11, " value "\n li t3, " value "\n li t4, " value "\n li t5, " value "\n li t6, " value "\n"

/* Ends with 1 if the secret is in any register. */
#define LOOK                                                                                          \
	STORE " s11, 0(sp)\n li s11, " SECRET "\n"                                                    \
	"beq ra, s11, 9f\n beq gp, s11, 9f\n beq tp, s11, 9f\n beq t0, s11, 9f\n beq t1, s11, 9f\n beq t2, s11, 9f\n" \
	"beq s0, s11, 9f\n beq s1, s11, 9f\n beq a0, s11, 9f\n beq a1, s11, 9f\n beq a2, s11, 9f\n beq a3, s11, 9f\n" \
	"beq a4, s11, 9f\n beq a5, s11, 9f\n beq a6, s11, 9f\n beq a7, s11, 9f\n beq s2, s11, 9f\n beq s3, s11, 9f\n" \
	"beq s4, s11, 9f\n beq s5, s11, 9f\n beq s6, s11, 9f\n beq s7, s11, 9f\n beq s8, s11, 9f\n beq s9, s11, 9f\n" \
	"beq s10, s11, 9f\n beq t3, s11, 9f\n beq t4, s11, 9f\n beq t5, s11, 9f\n beq t6, s11, 9f\n"   \
	LOAD " t0, 0(sp)\n beq t0, s11, 9f\n j 8f\n"                                                  \
	"9: li a0, 1\n li a7, 25\n ecall\n 8:\n"

/* On the stack, from sp: room for LOOK, the handle, a token, what is left of ROUNDS. */
#define BEGIN "addi sp, sp, -32\n addi sp, sp, -32\n " STORE " a0, 16(sp)\n li t0, " ROUNDS "\n " STORE " t0, 48(sp)\n 1:\n"
#define AGAIN LOAD " t0, 48(sp)\n addi t0, t0, -1\n " STORE " t0, 48(sp)\n bnez t0, 1b\n li a0, 0\n li a7, 25\n ecall"
#define SUCCEEDED "bnez a0, 7f\n"
#define FAILED "7: li a0, 2\n li a7, 25\n ecall"
#define YIELD "li a7, 42\n ecall\n"
#define NO_WORDS "li a1, 0\n li a2, 0\n li a3, 0\n li a4, 0\n li a5, 0\n li a6, 0\n"
#define CALL LOAD " a0, 16(sp)\n" NO_WORDS "li a7, 1\n ecall\n"
#define RECEIVE LOAD " a0, 16(sp)\n li t1, -1\n li t2, -1\n li t3, 0\n li a7, 5\n ecall\n"
#define REPLY LOAD " t0, 32(sp)\n li t3, 0\n" NO_WORDS "li a7, 6\n ecall\n"
#define KEEP_TOKEN STORE " t0, 32(sp)\n"
#define BODY(text) __asm__ volatile(text)
#define NAKED CHILD __attribute__((naked)) static void

/* --- who has it --------------------------------------------------------------------------------------------- */

NAKED secret_yields(uintptr_t handle __attribute__((unused)))
{
	BODY("1:" FILL(SECRET) YIELD "j 1b");
}

NAKED secret_spins(uintptr_t handle __attribute__((unused)))
{
	BODY(FILL(SECRET) "1: j 1b");
}

NAKED secret_calls(uintptr_t handle __attribute__((unused)))
{
	BODY(BEGIN FILL(SECRET) CALL SUCCEEDED AGAIN "\n" FAILED);
}

NAKED secret_serves(uintptr_t handle __attribute__((unused)))
{
	BODY(BEGIN FILL(SECRET) RECEIVE SUCCEEDED KEEP_TOKEN FILL(SECRET) REPLY SUCCEEDED AGAIN "\n" FAILED);
}

NAKED secret_faults(uintptr_t handle __attribute__((unused)))
{
	BODY(FILL(SECRET) ".2byte 0");
}

NAKED secret_ends(uintptr_t handle __attribute__((unused)))
{
	BODY(FILL(SECRET) "li a0, 0\n li a7, 25\n ecall");
}

/* --- who looks for it --------------------------------------------------------------------------------------- */

NAKED looks_at_planted(uintptr_t handle __attribute__((unused)))
{
	BODY(BEGIN FILL(OWN) "li s9, " SECRET "\n" LOOK "li a0, 0\n li a7, 25\n ecall");
}

NAKED looks_after_yield(uintptr_t handle __attribute__((unused)))
{
	BODY(BEGIN FILL(OWN) YIELD LOOK AGAIN);
}

NAKED looks_after_spin(uintptr_t handle __attribute__((unused)))
{
	BODY(BEGIN FILL(OWN) "li t0, " SPIN "\n 2: addi t0, t0, -1\n bnez t0, 2b\n" LOOK "li a0, 0\n li a7, 25\n ecall");
}

NAKED looks_in_messages(uintptr_t handle __attribute__((unused)))
{
	BODY(BEGIN FILL(OWN) RECEIVE SUCCEEDED KEEP_TOKEN LOOK FILL(OWN) REPLY SUCCEEDED LOOK AGAIN "\n" FAILED);
}

NAKED looks_in_replies(uintptr_t handle __attribute__((unused)))
{
	BODY(BEGIN FILL(OWN) CALL SUCCEEDED LOOK AGAIN "\n" FAILED);
}

/* --- both ------------------------------------------------------------------------------------------------------ */

enum { PAGES = 16, PRIORITY = 4 };

/* Both at the same priority; the code that the one who looks ended with. */
static uint32_t meet(void (*has)(uintptr_t), nacre_handle_t its, void (*looks)(uintptr_t), nacre_handle_t other)
{
	struct child one, two;
	nacre_handle_t first, second;
	uint32_t code;

	child_make(&one, PAGES);
	child_make(&two, PAGES);
	first = its ? child_give(&one, its, NACRE_RIGHT_ALL) : NACRE_HANDLE_NONE;
	second = other ? child_give(&two, other, NACRE_RIGHT_ALL) : NACRE_HANDLE_NONE;
	child_start(&one, has, first, PRIORITY);
	child_start(&two, looks, second, PRIORITY);
	code = child_end(&two);
	child_destroy(&one);
	return code;
}

TEST(found, "who looks for a secret in its registers finds one that is there")
{
	EXPECT_EQ(meet(secret_ends, 0, looks_at_planted, 0), 1);
}

TEST(switched, "no register of another process is seen after a switch: both give way to each other, or the timer takes the CPU")
{
	EXPECT_EQ(meet(secret_yields, 0, looks_after_yield, 0), 0);
	EXPECT_EQ(meet(secret_spins, 0, looks_after_spin, 0), 0);
	EXPECT_EQ(meet(secret_yields, 0, looks_after_spin, 0), 0);
}

TEST(message, "of a caller's registers its server sees the words of the message, and of a server's its caller those of the reply")
{
	struct pair pair = pair_make(1, 2, 1);

	EXPECT_EQ(meet(secret_calls, pair.connection, looks_in_messages, pair.server), 0);
	EXPECT_EQ(meet(secret_serves, pair.server, looks_in_replies, pair.connection), 0);
	pair_close(&pair);
}

TEST(death, "of a process that faults or ends with a secret in its registers nothing is seen by those that run on")
{
	for (unsigned i = 0; i < 20; i++)
		EXPECT_EQ(meet(i % 2 ? secret_faults : secret_ends, 0, looks_after_yield, 0), 0);
}
