/* system.h - the protocol of init at `svc/system`: see and steer the whole system. For the shell and its kind. */
#pragma once
#include "idl/interface.h"

enum { SYSTEM_PROTOCOL = 0x73797374 /* "syst" */, SYSTEM_VERSION = 1 << 16 | 0 };

/* process: the process with the lowest number not below the one given. idempotent.
 *   in   word[0] process number; word[4] room
 *   out  bytes   struct system_process
 *        handles process [INSPECT], its budget [INSPECT]; none for one that has ended
 * END. */
enum { SYSTEM_PROCESS = 2 };

enum { SYSTEM_SERVICE = 0, SYSTEM_PROGRAM = 1 };

struct system_process {
	uint32_t size;
	uint32_t number;
	uint32_t parent;   /* number of the process that had it started; 1 is init */
	uint32_t kind;     /* SYSTEM_SERVICE: of the system description, restarted; SYSTEM_PROGRAM: started at run time */
	uint32_t restarts;
	uint32_t cause;    /* NACRE_CAUSE_NONE while it lives */
	uint32_t code;
	uint32_t priority;
	char label[16];
};

/* budget: the n-th budget, parents before children. idempotent.
 *   in   word[0] n, from 0; word[4] room
 *   out  bytes   struct system_budget
 *        handle  budget [INSPECT]
 * END. */
enum { SYSTEM_BUDGET = 3 };

struct system_budget {
	uint32_t size;
	uint32_t depth; /* 0: the machine's */
	char label[16];
};

/* interrupt: the n-th interrupt line of the machine. idempotent.
 *   in   word[0] n, from 0; word[4] room
 *   out  bytes   struct system_interrupt
 * END. */
enum { SYSTEM_INTERRUPT = 4 };

struct system_interrupt {
	uint32_t size;
	uint32_t number;
	uint32_t process; /* number of the process that was given the device; 0: nobody */
	char device[28];  /* name of the device-tree node */
};

/* kill: end any process but init. A service is then restarted, as its restart policy says.
 *   in   word[0] process number, word[1] code for its exit record
 * NOT_FOUND, DENIED (init itself). */
enum { SYSTEM_KILL = 5 };

/* report: text of the n-th last crash report. idempotent.
 *   in   word[0] n, from 0: the last, word[1] byte to start from; word[4] room
 *   out  bytes
 * END. */
enum { SYSTEM_REPORT = 6 };

/* end: stop the machine. Answers only if that is not possible: NOT_READY.
 *   in   word[0] SYSTEM_POWEROFF or SYSTEM_REBOOT; word[1] exit status, where the machine can tell one */
enum { SYSTEM_END = 7 };
enum { SYSTEM_POWEROFF = 0, SYSTEM_REBOOT = 1 };

/* facts: about this boot. idempotent.
 *   in   word[4] room
 *   out  bytes   struct system_facts */
enum { SYSTEM_FACTS = 8 };

struct system_facts {
	uint32_t size;
	uint32_t width;          /* 32 or 64 */
	uint32_t ram_kib;
	uint32_t kernel_kib;     /* of it, taken by boot stage and kernel */
	uint32_t entropy;        /* 1: seeded; 0: IDs and ASLR are predictable */
	uint32_t machine_clock;  /* 1: programs read the clock without the kernel */
	uint32_t timebase_hz;
	uint32_t contract;       /* version of the kernel's contract, major << 16 | minor */
	uint64_t boot_instructions; /* from reset to the kernel's first, 0: not known */
	uint64_t hash_instructions; /* of those, for hashing the image */
	uint64_t hash_ns;        /* time that init has spent on hashing programs so far */
	char version[16];        /* of the system, "0.1" */
	char system[16];         /* name of the system description */
};

/* program: the n-th program of the image. idempotent.
 *   in   word[0] n, from 0; word[4] room
 *   out  bytes   its name
 * END. */
enum { SYSTEM_PROGRAM_NAME = 9 };
