/* core.h - ELF cores as gdb reads them: what Linux writes for a process on RISC-V (its structures elf_prstatus, elf_prpsinfo
 * and siginfo, as elfnn-riscv.c of binutils knows them), with the registers and the memory of a process of ours.
 *
 *     struct core core = { .process = 7, .cause = NACRE_CAUSE_READ, ... threads, segments };
 *     core_fit(&core, room);
 *     core_head_write(&core, to);              then each segment's first `kept` bytes, one behind another
 *
 * A debugger finds the program by the build ID in the first page of its file, which is one of the segments, and where it lies
 * by AT_ENTRY and AT_PHDR. Makes no system calls. */
#pragma once
#include "abi/nacre_abi.h"
#include <stdbool.h>

enum { CORE_THREADS_MAX = 24, CORE_SEGMENTS_MAX = 64, CORE_LABEL_BYTES = 16, CORE_PAGE = 4096 };

struct core_thread {
	uint32_t number;
	struct nacre_registers registers;
};

struct core_segment {
	uintptr_t base;
	size_t bytes, kept;            /* of memory; of it in the core, from its start, whole pages */
	uint32_t protection;           /* NACRE_PROT_... */
};

struct core {
	uint32_t process, cause;
	uintptr_t address;             /* that it faulted at */
	char label[CORE_LABEL_BYTES];  /* ends with a NUL */
	uintptr_t entry, headers;      /* of the program, in memory; 0: not known */
	uint32_t header_count;
	unsigned thread_count, segment_count;
	struct core_thread threads[CORE_THREADS_MAX]; /* the first is the one that died */
	struct core_segment segments[CORE_SEGMENTS_MAX];
};

/* Reads entry and headers out of the first bytes of the program's file, which lies at `load_base`. */
void core_program(struct core *core, const void *file, size_t size, uintptr_t load_base);

/* Keeps all of each segment or, where `room` does not hold that, less of the largest ones. False: not even a page of each.
 * Answers in `missing` how many bytes were left out. */
bool core_fit(struct core *core, size_t room, size_t *missing);

/* Bytes of what core_head_write writes, and of the whole. */
size_t core_head_bytes(const struct core *core);
size_t core_bytes(const struct core *core);
void core_head_write(const struct core *core, void *to);
