/* csr.h - access to control and status registers, also to such as this hart may not have.
 *
 * The TRY forms put a trap vector of their own around the one instruction, so that a missing register answers
 * "false" instead of trapping away. Such a trap spoils mepc, mcause, mtval and mstatus.MPP/MPIE: the trap handler
 * saves what it needs of them first. Where RV32 splits a 64-bit register in two, HALVES is true. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { HALVES = sizeof(long) == 4 };

enum {
	CSR_SCOUNTEREN = 0x106, CSR_STIMECMP = 0x14d, CSR_STIMECMPH = 0x15d, CSR_SATP = 0x180,
	CSR_MCOUNTEREN = 0x306, CSR_MENVCFG = 0x30a, CSR_MENVCFGH = 0x31a,
	CSR_PMPCFG0 = 0x3a0, CSR_PMPADDR0 = 0x3b0, CSR_PMPADDR1 = 0x3b1,
	CSR_MCYCLE = 0xb00, CSR_MCYCLEH = 0xb80, CSR_MINSTRET = 0xb02, CSR_MINSTRETH = 0xb82,
};

enum {
	MIP_SSIP = 1 << 1, MIP_STIP = 1 << 5, MIP_MTIP = 1 << 7, MIP_SEIP = 1 << 9,
	MSTATUS_SIE = 1 << 1, MSTATUS_SPIE = 1 << 5, MSTATUS_SPP = 1 << 8, MSTATUS_MPP = 3 << 11, MSTATUS_MPP_S = 1 << 11,
};

#define CSR_READ(name) ({ \
	unsigned long value_; \
	__asm__ volatile("csrr %0, " #name : "=r"(value_)); \
	value_; })

#define CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" : : "rK"((unsigned long)(value)) : "memory")
#define CSR_SET(name, bits) __asm__ volatile("csrs " #name ", %0" : : "rK"((unsigned long)(bits)) : "memory")
#define CSR_CLEAR(name, bits) __asm__ volatile("csrc " #name ", %0" : : "rK"((unsigned long)(bits)) : "memory")

/* *(value) is 0 where the register is missing. */
#define CSR_TRY_READ(number, value) ({ \
	unsigned long done_ = 0, vector_; \
	*(value) = 0; \
	__asm__ volatile("lla %1, 1f\n\tcsrrw %1, mtvec, %1\n\tcsrr %2, %3\n\tli %0, 1\n\t" \
			 ".balign 4\n1:\tcsrw mtvec, %1" \
			 : "+&r"(done_), "=&r"(vector_), "+&r"(*(value)) : "i"(number)); \
	(bool)done_; })

#define CSR_TRY_WRITE(number, value) ({ \
	unsigned long done_ = 0, vector_; \
	__asm__ volatile("lla %1, 1f\n\tcsrrw %1, mtvec, %1\n\tcsrw %3, %2\n\tli %0, 1\n\t" \
			 ".balign 4\n1:\tcsrw mtvec, %1" \
			 : "+&r"(done_), "=&r"(vector_) : "r"((unsigned long)(value)), "i"(number) : "memory"); \
	(bool)done_; })

/* A running 64-bit counter, 0 where it is missing. The upper half is read twice: it may step in between. */
#define CSR_COUNTER(number, number_of_upper) ({ \
	unsigned long low_, high_ = 0, again_ = 0; \
	do { \
		if (HALVES) \
			CSR_TRY_READ(number_of_upper, &high_); \
		CSR_TRY_READ(number, &low_); \
		if (HALVES) \
			CSR_TRY_READ(number_of_upper, &again_); \
	} while (high_ != again_); \
	HALVES ? (uint64_t)high_ << 32 | low_ : (uint64_t)low_; })
