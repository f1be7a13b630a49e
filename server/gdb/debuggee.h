/* debuggee.h - processes that are being debugged: their memory as they believe it is, breakpoints, faults, and going on.
 *
 *   free --attach--> STOPPED --resume--> RUNNING --stop--> STOPPED
 *     ^-----detach-----+                    +--it ends--> ENDED --told, forgotten--> free
 *
 *   I1  traps lie in memory while they are in `traps`, and who reads through debuggee_read never sees one
 *   I2  TRAP_STEP traps are there only while RUNNING: they end a step, or hold a thread that shall not run
 *   I3  a thread in `faults` stands still until its token is answered: whatever the process does
 *
 * The kernel stops and resumes whole processes. A thread that is held while others run meets a trap at the first instruction it
 * would execute. Where that is the one that another thread is to step over, it is sent to a trap elsewhere and brought back later; if
 * it waits in a system call it cannot be sent, and may then pass the breakpoint that was taken away for the step.
 *
 * Makes no system calls: machine.h does. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/nacre_abi.h"

enum {
	DEBUGGEES_MAX = 8, FAULTS_MAX = 32, TRAPS_MAX = 64, THREADS_MAX = 32,
	LABEL_BYTES = 16, FILE_BYTES = 64,
};

enum trap_owner { TRAP_GDB = 1, TRAP_STEP = 2 };

struct trap {
	uintptr_t address;
	uint16_t original;
	uint8_t owners;
};

struct fault {
	uint32_t thread, cause;
	uintptr_t address, pc;
	nacre_token_t token;
	bool told;                     /* gdb knows */
};

struct debuggee {
	uint32_t number;               /* of the process; 0: free */
	uint32_t badge;                /* of its messages; used once */
	nacre_handle_t process, notice;
	uintptr_t base;                /* where its file's address 0 lies */
	char label[LABEL_BYTES], file[FILE_BYTES];
	bool running, ended;
	uint8_t cause, code;           /* ended: how */
	bool was_run;                  /* by gdb, which ends it when it leaves */
	struct trap traps[TRAPS_MAX];
	unsigned trap_count;
	struct fault faults[FAULTS_MAX];
	unsigned fault_count;
	uint32_t step_thread;          /* 0: none steps */
	struct {
		uint32_t thread;
		uintptr_t pc;
	} sent[THREADS_MAX];           /* who was sent to a trap elsewhere, and where it was */
	unsigned sent_count;
	uintptr_t sent_to;
};

extern struct debuggee debuggees[DEBUGGEES_MAX];

struct debuggee *debuggee_find(uint32_t number);
struct debuggee *debuggee_of_badge(uint32_t badge);
struct debuggee *debuggee_next(const struct debuggee *after); /* NULL: the first; NULL: there is no more */

/* NACRE_E_OK, or an error or status of init's. */
uint32_t debuggee_attach(uint32_t number, struct debuggee **out);
void debuggee_detach(struct debuggee *debuggee);
void debuggee_forget(struct debuggee *debuggee); /* it has ended */

/* Memory. How many bytes could be read; false: nothing was written, or not all. */
size_t debuggee_read(struct debuggee *debuggee, uintptr_t address, void *to, size_t size);
bool debuggee_write(struct debuggee *debuggee, uintptr_t address, const void *from, size_t size);
bool trap_set(struct debuggee *debuggee, uintptr_t address, enum trap_owner owner);
bool trap_clear(struct debuggee *debuggee, uintptr_t address, enum trap_owner owner);
bool trap_is_set(const struct debuggee *debuggee, uintptr_t address, enum trap_owner owner);

/* Threads: by number, the first of all, how many (numbers in `numbers`). */
uint32_t debuggee_thread_first(struct debuggee *debuggee);
unsigned debuggee_threads(struct debuggee *debuggee, uint32_t numbers[THREADS_MAX]);
bool debuggee_has_thread(struct debuggee *debuggee, uint32_t thread);

/* --- going on ------------------------------------------------------------------------------------------- */

enum action { ACTION_HOLD, ACTION_GO, ACTION_STEP, ACTION_FAIL }; /* FAIL: its fault ends the process */
typedef enum action action_of(const struct debuggee *debuggee, uint32_t thread);

/* A fault that gdb has not been told of and that a thread has which shall go on; NULL. */
struct fault *debuggee_pending(struct debuggee *debuggee, action_of *action);

/* False: it cannot go on so, and stays as it is. One in which nobody shall go on stays stopped, and that is no failure. */
bool debuggee_resume(struct debuggee *debuggee, action_of *action);
void debuggee_stop(struct debuggee *debuggee);

/* A fault has arrived. SILENT: of our own making, or of a thread that is held and is told of when it shall go on; STEPPED: the end of a
 * step. */
enum verdict { VERDICT_SILENT, VERDICT_STEPPED, VERDICT_STOP };
enum verdict debuggee_fault(struct debuggee *debuggee, const struct fault *fault, action_of *action);
