/* tls.h - thread-local storage and the few words the compiler and libc keep beside it.
 *
 * Variant I of the ELF TLS layout, local-exec only: tp points at the program's PT_TLS block, the control block
 * ends just below. All code is compiled with -mstack-protector-guard-offset=-8, so the guard lies at tp - 8.
 *
 *     tp - 16   struct nacre_tcb { thread, guard }
 *     tp        initialised, then zeroed thread-local variables
 *
 *   I1  tp is a multiple of 16 and of the PT_TLS segment's alignment
 *   I2  the guard is set before any protected function of the thread runs and never changes after */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NACRE_TLS_ALIGNMENT 16u

struct nacre_tcb {
	void *thread;                                     /* libc's record of the thread; NULL in the first one */
	uintptr_t guard __attribute__((aligned(8)));
};

/* What a program's PT_TLS segment asks for; all zero where it has none. */
struct nacre_tls_template {
	const void *image;  /* initialised bytes, relocated */
	size_t image_size;
	size_t size;        /* with the zeroed rest */
	size_t alignment;
};

/* Bytes of a block, tcb included, that surely holds a tp wherever it starts. */
size_t nacre_tls_block_size(const struct nacre_tls_template *tls);

/* The lowest tp of a block that starts at `base` (an address of any process: pure arithmetic). */
uintptr_t nacre_tls_place(const struct nacre_tls_template *tls, uintptr_t base);

/* Fills the block around `tp`, which is memory of this process. */
void nacre_tls_fill(const struct nacre_tls_template *tls, void *tp, uintptr_t guard);

/* This program's own template, found through its program headers. */
struct nacre_tls_template nacre_tls_own(void);

/* The running thread's control block. */
static inline struct nacre_tcb *nacre_tcb(void)
{
	uintptr_t tp;

	__asm__("mv %0, tp" : "=r"(tp));
	return (struct nacre_tcb *)tp - 1;
}

#ifdef __cplusplus
}
#endif
