/* worker.h - what the processes of the system call fuzzer share with the one that runs them.
 *
 * Everything that a worker knows lies in the arena, memory that all of them map: their code has neither constants nor
 * globals (test/child.h). What one of them spoils there, it spoils for its round. */
#pragma once
#include "test/child_code.h"
#include "test/fuzz_calls.h"

enum {
	PROCESSES = 3, THREADS = 2, WORKERS = PROCESSES * THREADS,
	KNOWN = 4,             /* handles of each type that a worker remembers */
	TYPES = 9, ADDRESSES = 6, TOKENS = 4, SCRATCH_BYTES = 512, LONGEST_BYTES = 4096, ROOM_PAGES = 3,
};

/* Of random words, bits that no combination with another odd word makes an address of the kernel's. */
#define FUZZ_RANDOM 0x4fffffffu

/* Where the kernel lies: kernel/arch/riscv/rvNN/width.h. A machine with more RAM would need more here. */
#define KERNEL_RAM (sizeof(uintptr_t) == 4 ? (uintptr_t)0xb0000000u : (uintptr_t)0xffffffc000000000u)
#define KERNEL_TEXT (sizeof(uintptr_t) == 4 ? (uintptr_t)0xffc00000u : (uintptr_t)0xffffffffffe00000u)
enum { KERNEL_RAM_BYTES = 16 << 20, KERNEL_TEXT_BYTES = 1 << 20, WRITTEN_WORDS = 48 };

struct worker {
	uint32_t random, calls;
	uint32_t arena;                      /* how far before this the arena begins */
	uint32_t last;                       /* the call it is in */
	nacre_handle_t known[TYPES][KNOWN];  /* by object type; type 0: any */
	uintptr_t addresses[ADDRESSES];      /* its room first */
	nacre_token_t tokens[TOKENS];
	uintptr_t registers[13];             /* a0 to a7, t0 to t4 */
	struct nacre_message message;
	uint8_t scratch[SCRATCH_BYTES + LONGEST_BYTES];  /* no call writes beyond it, wherever in the first part it begins */
};

struct arena {
	uint32_t left;                       /* calls of this round */
	uint32_t errors[128];                /* how often each was answered */
	uint32_t answered[FUZZ_CALLS];       /* how often each call succeeded */
	uint32_t total_weight;
	uint32_t leaks, leak_call, looked;   /* words that could be an address of the kernel's: how many, which call brought the first */
	uintptr_t leak, kernel_ram, kernel_text; /* that word; where the kernel sees RAM, and where it lies itself */
	struct fuzz_call calls[FUZZ_CALLS];
	struct worker workers[WORKERS];
};

/* The code of a worker; its argument is the worker's address. */
void worker_run(uintptr_t worker);
