/* csr.h - control and status registers, by number since assemblers may lack the newer names (privileged spec 2.2). */
#pragma once
#include <stdint.h>

#define CSR_SSTATUS    0x100
#define CSR_SIE        0x104
#define CSR_STVEC      0x105
#define CSR_SCOUNTEREN 0x106
#define CSR_SSCRATCH   0x140
#define CSR_SEPC       0x141
#define CSR_SCAUSE     0x142
#define CSR_STVAL      0x143
#define CSR_SIP        0x144
#define CSR_STIMECMP   0x14d
#define CSR_STIMECMPH  0x15d
#define CSR_SATP       0x180
#define CSR_TIME       0xc01
#define CSR_TIMEH      0xc81
#define CSR_INSTRET    0xc02
#define CSR_INSTRETH   0xc82

#define SSTATUS_SIE  (1u << 1)
#define SSTATUS_SPIE (1u << 5)
#define SSTATUS_SPP  (1u << 8)
#define SSTATUS_VS   (3u << 9)
#define SSTATUS_FS   (3u << 13)
#define SSTATUS_SUM  (1u << 18)
#define SSTATUS_MXR  (1u << 19)

#define INTERRUPT_TIMER    (1u << 5) /* in sie and sip */
#define INTERRUPT_EXTERNAL (1u << 9)

#define SCOUNTEREN_TM (1u << 1)

#define CSR_STRING_(number) #number
#define CSR_STRING(number) CSR_STRING_(number)

#define CSR_READ(number)                                                                \
  ({                                                                                    \
    uintptr_t csr_value_;                                                               \
    __asm__ volatile("csrr %0, " CSR_STRING(number) : "=r"(csr_value_) : : "memory");   \
    csr_value_;                                                                         \
  })
#define CSR_WRITE(number, value) \
  __asm__ volatile("csrw " CSR_STRING(number) ", %0" : : "rK"((uintptr_t)(value)) : "memory")
#define CSR_SET(number, bits) \
  __asm__ volatile("csrs " CSR_STRING(number) ", %0" : : "rK"((uintptr_t)(bits)) : "memory")
#define CSR_CLEAR(number, bits) \
  __asm__ volatile("csrc " CSR_STRING(number) ", %0" : : "rK"((uintptr_t)(bits)) : "memory")

/* Does the register exist, and may this mode read it? A trap lands on the last line with the answer still 0. It leaves
 * sstatus.SPP set, which whoever returns to user mode must clear. */
#define CSR_EXISTS(number)                            \
  ({                                                  \
    uintptr_t csr_answer_, csr_vector_;               \
    __asm__ volatile("  la %1, 1f\n"                  \
                     "  csrrw %1, stvec, %1\n"        \
                     "  li %0, 0\n"                   \
                     "  csrr t0, " CSR_STRING(number) "\n" \
                     "  li %0, 1\n"                   \
                     "  .balign 4\n"                  \
                     "1: csrw stvec, %1"              \
                     : "=&r"(csr_answer_), "=&r"(csr_vector_) : : "t0", "memory"); \
    csr_answer_ != 0;                                 \
  })
