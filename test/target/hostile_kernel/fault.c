/* fault.c - instructions that a program may not execute, and places where it may not go. */
#include "hostile.h"
#include "nacre/clock.h"

CHILD static void jump_to(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	((void (*)(void))plan.word[3])();
	nacre_process_exit(0);
}

static uint32_t jump_cause(uintptr_t address)
{
	struct hostile hostile;

	hostile_make(&hostile);
	hostile.plan.word[3] = address;
	hostile_start(&hostile, jump_to);
	return hostile_end(&hostile).cause;
}

TEST(jump, "a jump to nowhere, into the kernel, to a device, or to an address that other systems treat as magic, is a fault")
{
	uintptr_t top = ~(uintptr_t)0, sign = top ^ top >> 1;

	EXPECT_EQ(jump_cause(0), NACRE_CAUSE_FETCH);
	EXPECT_EQ(jump_cause(0x80000000), NACRE_CAUSE_FETCH);
	EXPECT_EQ(jump_cause(0x20000000), NACRE_CAUSE_FETCH);
	EXPECT_EQ(jump_cause(0x10000000), NACRE_CAUSE_FETCH);
	EXPECT_EQ(jump_cause(sign), NACRE_CAUSE_FETCH);
	EXPECT_EQ(jump_cause(sign | sign >> 1), NACRE_CAUSE_FETCH);
	EXPECT_EQ(jump_cause(top << 12), NACRE_CAUSE_FETCH);
	EXPECT_EQ(jump_cause(top - 1), NACRE_CAUSE_FETCH);
	for (uintptr_t n = 0; n < 8; n++)
		EXPECT_EQ(jump_cause((top << 16) + (n << 13)), NACRE_CAUSE_FETCH);
}

CHILD static void jump_to_room(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	*(volatile uint32_t *)plan.word[2] = 0x00008067; /* ret */
	((void (*)(void))plan.word[2])();
	nacre_process_exit(0);
}

CHILD static void jump_to_stack(uintptr_t control)
{
	volatile uint32_t code[2];
	struct nacre_words plan;

	plan_ask(control, &plan);
	code[0] = 0x00008067;
	((void (*)(void))code)();
	nacre_process_exit(0);
}

CHILD static void return_to_nobody(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	__asm__ volatile("li ra, 0\n ret");
}

TEST(execute_data, "data, the stack and nothing at all are not executed")
{
	EXPECT_EQ(hostile_fault(jump_to_room), NACRE_CAUSE_FETCH);
	EXPECT_EQ(hostile_fault(jump_to_stack), NACRE_CAUSE_FETCH);
	EXPECT_EQ(hostile_fault(return_to_nobody), NACRE_CAUSE_FETCH);
}

#define INSTRUCTION(name, text)                                                                       \
	CHILD static void name(uintptr_t control)                                                     \
	{                                                                                             \
		struct nacre_words plan;                                                              \
		plan_ask(control, &plan);                                                             \
		__asm__ volatile(text : : : "t0", "memory");                                          \
		nacre_process_exit(0);                                                                \
	}
INSTRUCTION(illegal_zero, ".2byte 0")
INSTRUCTION(illegal_ones, ".4byte 0xffffffff")
INSTRUCTION(read_satp, "csrr t0, satp")
INSTRUCTION(write_sstatus, "csrsi sstatus, 2")
INSTRUCTION(read_mstatus, "csrr t0, mstatus")
INSTRUCTION(write_stvec, "csrw stvec, zero")
INSTRUCTION(do_sret, "sret")
INSTRUCTION(do_mret, "mret")
INSTRUCTION(do_sfence, "sfence.vma")
INSTRUCTION(write_cycle, "csrw 0xc00, zero")
INSTRUCTION(use_float, ".4byte 0xf0000053") /* fmv.w.x ft0, zero */
INSTRUCTION(do_ebreak, "ebreak")

TEST(privileged, "privileged and illegal instructions and registers are an illegal instruction, and end only the program")
{
	EXPECT_EQ(hostile_fault(illegal_zero), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(illegal_ones), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(read_satp), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(write_sstatus), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(read_mstatus), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(write_stvec), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(do_sret), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(do_mret), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(do_sfence), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(write_cycle), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(use_float), NACRE_CAUSE_ILLEGAL);
	EXPECT_EQ(hostile_fault(do_ebreak), NACRE_CAUSE_BREAKPOINT);
}

/* Memory accesses outside, and below the stack. */
CHILD static void read_from(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	(void)*(volatile uint8_t *)plan.word[3];
	nacre_process_exit(0);
}

CHILD static void write_to(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	*(volatile uint8_t *)plan.word[3] = 1;
	nacre_process_exit(0);
}

static uint32_t touch_cause(void (*run)(uintptr_t), uintptr_t address)
{
	struct hostile hostile;

	hostile_make(&hostile);
	hostile.plan.word[3] = address;
	hostile_start(&hostile, run);
	return hostile_end(&hostile).cause;
}

TEST(touch, "memory of the kernel, of devices and of nobody is neither read nor written")
{
	uintptr_t top = ~(uintptr_t)0, sign = top ^ top >> 1;
	const uintptr_t addresses[] = { 0, 0x80000000, 0x10000000, 0x20000000, sign, sign | sign >> 1, top << 12, top };

	for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		EXPECT_EQ(touch_cause(read_from, addresses[i]), NACRE_CAUSE_READ);
		EXPECT_EQ(touch_cause(write_to, addresses[i]), NACRE_CAUSE_WRITE);
	}
}

CHILD static void write_text(uintptr_t control)
{
	struct nacre_words plan;
	uintptr_t here;

	plan_ask(control, &plan);
	__asm__("auipc %0, 0" : "=r"(here));
	*(volatile uint8_t *)here = 0;
	nacre_process_exit(0);
}

CHILD static uintptr_t deeper(uintptr_t depth)
{
	volatile uint8_t room[128];

	room[0] = (uint8_t)depth;
	return depth == ~(uintptr_t)0 ? 0 : deeper(depth + 1) + room[0];
}

CHILD static void overflow_stack(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	nacre_process_exit(deeper(0));
}

/* A stack pointer that points nowhere: the kernel does not use it. */
CHILD static void no_stack(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	__asm__ volatile("li sp, -16\n li a7, 42\n ecall\n li sp, 0\n li a7, 42\n ecall\n sb zero, 0(sp)" : : : "a7", "memory");
	nacre_process_exit(0);
}

TEST(own_memory, "a write to text, a stack that overflows, and a stack pointer that points nowhere end the program and nothing else")
{
	EXPECT_EQ(hostile_fault(write_text), NACRE_CAUSE_WRITE);
	EXPECT_EQ(hostile_fault(overflow_stack), NACRE_CAUSE_WRITE);
	EXPECT_EQ(hostile_fault(no_stack), NACRE_CAUSE_WRITE);
}

CHILD static void misaligned(uintptr_t control)
{
	struct nacre_words plan;

	plan_ask(control, &plan);
	*(volatile uint32_t *)(plan.word[2] + 4093) = 0x12345678; /* across the two pages */
	if (*(volatile uint32_t *)(plan.word[2] + 4093) != 0x12345678)
		nacre_process_exit(__LINE__);
	nacre_process_exit(0);
}

TEST(misaligned, "an access that is not aligned works or is a fault of the program's, as the hart has it")
{
	struct nacre_exit_record record;
	struct hostile hostile;

	hostile_make(&hostile);
	hostile_start(&hostile, misaligned);
	record = hostile_end(&hostile);
	EXPECT(record.cause == NACRE_CAUSE_MISALIGNED || record.code == 0);
}

/* --- handlers ---------------------------------------------------------------------------------------------- */

/* Takes a fault and never answers it. */
CHILD static void never_answer(uintptr_t server)
{
	struct nacre_received in;

	nacre_server_receive((nacre_handle_t)server, NACRE_DEADLINE_NEVER, NULL, &in);
	for (;;)
		__asm__ volatile("");
}

TEST(handler_silent, "a fault handler that takes a fault and spins for ever keeps neither the process alive nor its memory")
{
	struct nacre_received in = { 0 };
	struct hostile hostile;
	struct pair faults;
	struct child handler;

	hostile_make(&hostile);
	faults = pair_make(9, 0, 0);
	child_make(&handler, CHILD_PAGES);
	child_start(&handler, never_answer, child_give(&handler, faults.server, NACRE_RIGHT_RECEIVE), HANDLER_PRIORITY);
	EXPECT_OK(nacre_process_fault_set(hostile.child.process, faults.server, 9));
	hostile_start(&hostile, illegal_zero);
	EXPECT_EQ(nacre_server_receive(hostile.child.server, nacre_deadline_in(100 * NACRE_MS), NULL, &in), NACRE_E_TIMEOUT);
	EXPECT_OK(nacre_process_kill(hostile.child.process, 3));
	child_destroy(&handler);
	pair_close(&faults);
	EXPECT_EQ(hostile_end(&hostile).cause, NACRE_CAUSE_KILLED);
}

/* --- what is left behind ----------------------------------------------------------------------------------- */

enum { RESIDUE_PAGES = 24 };

/* Fills its room, its stack and all the memory it can get with a pattern. */
CHILD static void leave_traces(uintptr_t control)
{
	struct nacre_words plan;
	nacre_handle_t memory;
	uintptr_t base;

	plan_ask(control, &plan);
	SUCCEEDS(nacre_memory_create((nacre_handle_t)plan.word[1], RESIDUE_PAGES, NACRE_MEMORY_PRIVATE, &memory));
	SUCCEEDS(nacre_map_add((nacre_handle_t)plan.word[0], 0, memory, 0, RESIDUE_PAGES, NACRE_PROT_WRITE, &base));
	for (uintptr_t at = base; at < base + RESIDUE_PAGES * 4096; at += sizeof(uintptr_t))
		*(volatile uintptr_t *)at = (uintptr_t)-0x5ec2e7;
	for (uintptr_t at = plan.word[2]; at < plan.word[2] + 8192; at += sizeof(uintptr_t))
		*(volatile uintptr_t *)at = (uintptr_t)-0x5ec2e7;
	__asm__ volatile("li s2, -0x5ec2e7\n mv s3, s2\n mv s4, s2\n mv s5, s2\n mv s6, s2\n mv s7, s2\n mv s8, s2\n"
			 "mv t3, s2\n mv t4, s2\n mv t5, s2\n mv t6, s2\n mv a3, s2\n mv a4, s2\n mv a5, s2\n"
			 "li a0, 0\n li a7, 25\n ecall");
}

/* Looks for it: in every word of new memory. */
CHILD static void look_for_traces(uintptr_t control)
{
	struct nacre_words plan;
	nacre_handle_t memory;
	uintptr_t base, sum = 0;

	plan_ask(control, &plan);
	SUCCEEDS(nacre_memory_create((nacre_handle_t)plan.word[1], RESIDUE_PAGES, NACRE_MEMORY_PRIVATE, &memory));
	SUCCEEDS(nacre_map_add((nacre_handle_t)plan.word[0], 0, memory, 0, RESIDUE_PAGES, NACRE_PROT_READ, &base));
	for (uintptr_t at = base; at < base + RESIDUE_PAGES * 4096; at += sizeof(uintptr_t))
		sum |= *(volatile uintptr_t *)at;
	for (uintptr_t at = plan.word[2]; at < plan.word[2] + 8192; at += sizeof(uintptr_t))
		sum |= *(volatile uintptr_t *)at;
	nacre_process_exit(sum ? __LINE__ : 0);
}

TEST(residue_pages, "new memory holds nothing of what its last owner left in it")
{
	for (unsigned i = 0; i < 4; i++) {
		EXPECT_EQ(hostile_run(leave_traces), 0);
		EXPECT_EQ(hostile_run(look_for_traces), 0);
	}
}

/* All registers of a new thread but pc, sp, a0 and tp, which were asked for; gp is 0, too. */
CHILD __attribute__((naked)) static void first_registers(uintptr_t control __attribute__((unused)))
{
	__asm__ volatile("or a1, a1, a2\n or a1, a1, a3\n or a1, a1, a4\n or a1, a1, a5\n or a1, a1, a6\n or a1, a1, a7\n"
			 "or a1, a1, t0\n or a1, a1, t1\n or a1, a1, t2\n or a1, a1, t3\n or a1, a1, t4\n or a1, a1, t5\n"
			 "or a1, a1, t6\n or a1, a1, s0\n or a1, a1, s1\n or a1, a1, s2\n or a1, a1, s3\n or a1, a1, s4\n"
			 "or a1, a1, s5\n or a1, a1, s6\n or a1, a1, s7\n or a1, a1, s8\n or a1, a1, s9\n or a1, a1, s10\n"
			 "or a1, a1, s11\n or a1, a1, ra\n or a1, a1, gp\n"
			 "snez a0, a1\n li a7, 25\n ecall");
}

CHILD static void exit_at_once(uintptr_t code)
{
	nacre_process_exit(code);
}

TEST(residue_registers, "a new thread's registers are zero but for those that were asked for")
{
	struct child child;

	for (unsigned i = 0; i < 3; i++) {
		child_make(&child, CHILD_PAGES);
		child_start(&child, i % 2 ? exit_at_once : first_registers, 0, HOSTILE_PRIORITY);
		EXPECT_EQ(child_end(&child), 0);
	}
}

/* After a call every caller-saved register holds a result or zero. */
CHILD static void registers_after(uintptr_t control)
{
	struct nacre_words plan;
	uintptr_t sum;

	plan_ask(control, &plan);
	__asm__ volatile("li a1, -1\n li a2, -1\n li a3, -1\n li a4, -1\n li a5, -1\n li a6, -1\n li t0, -1\n li t1, -1\n"
			 "li t2, -1\n li t3, -1\n li t4, -1\n li t5, -1\n li t6, -1\n li a0, -1\n li a7, 0\n ecall\n"
			 "or a0, a0, a2\n or a0, a0, a3\n or a0, a0, a4\n or a0, a0, a5\n or a0, a0, a6\n or a0, a0, a7\n"
			 "or a0, a0, t0\n or a0, a0, t1\n or a0, a0, t2\n or a0, a0, t3\n or a0, a0, t4\n or a0, a0, t5\n"
			 "or a0, a0, t6\n mv %0, a0"
			 : "=r"(sum) : : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6");
	if (sum)
		nacre_process_exit(__LINE__);
	__asm__ volatile("li a1, -1\n li a2, -1\n li a3, -1\n li a4, -1\n li a5, -1\n li a6, -1\n li t0, -1\n li t1, -1\n"
			 "li t2, -1\n li t3, -1\n li t4, -1\n li t5, -1\n li t6, -1\n li a0, -1\n li a7, 9999\n ecall\n"
			 "addi a0, a0, -1\n" /* BAD_CALL is 1 */
			 "or a0, a0, a1\n or a0, a0, a2\n or a0, a0, a3\n or a0, a0, a4\n or a0, a0, a5\n or a0, a0, a6\n"
			 "or a0, a0, a7\n or a0, a0, t0\n or a0, a0, t1\n or a0, a0, t2\n or a0, a0, t3\n or a0, a0, t4\n"
			 "or a0, a0, t5\n or a0, a0, t6\n mv %0, a0"
			 : "=r"(sum) : : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6");
	nacre_process_exit(sum ? __LINE__ : 0);
}

TEST(residue_results, "after a system call every register that it may change holds a result or zero")
{
	EXPECT_EQ(hostile_run(registers_after), 0);
}
