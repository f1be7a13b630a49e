/* machine.h - what the server wants of the system: the kernel's calls for debuggers, and init (idl/system.nid). Host tests and fuzzers have
 * their own. */
#pragma once
#include "debuggee.h"

uint32_t machine_attach(struct debuggee *debuggee, uint32_t number); /* fills in what it learns; an error or status */
void machine_release(uint32_t number);           /* one that was held goes on */
void machine_detach(struct debuggee *debuggee);  /* faults are init's again, and it runs */
void machine_forget(struct debuggee *debuggee);  /* handles are closed */

void machine_stop(struct debuggee *debuggee);
void machine_resume(struct debuggee *debuggee);
void machine_kill(struct debuggee *debuggee);
bool machine_read(struct debuggee *debuggee, uintptr_t address, void *to, size_t size);         /* up to a page */
bool machine_write(struct debuggee *debuggee, uintptr_t address, const void *from, size_t size);
bool machine_registers_get(struct debuggee *debuggee, uint32_t thread, struct nacre_registers *registers);
bool machine_registers_set(struct debuggee *debuggee, uint32_t thread, const struct nacre_registers *registers);
bool machine_thread(struct debuggee *debuggee, uint32_t index, struct nacre_thread_state *state);
void machine_fault_answer(nacre_token_t token, bool go_on); /* else the process ends */

/* The process with the lowest number not below the one given; false: none. */
struct machine_process {
	uint32_t number, parent;
	bool is_service, ended;
	char label[LABEL_BYTES];
};
bool machine_process(uint32_t number, struct machine_process *process);

/* Starts a program, or a service anew; session_held comes when it stands before its first instruction. argv ends with NULL. */
uint32_t machine_run(const char *const *argv);
const char *machine_sentence(uint32_t status);

/* To the other end of the port. */
void machine_send(const void *bytes, size_t size);
unsigned machine_width(void);
