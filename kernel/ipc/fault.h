/* fault.h - faults as calls to the process's fault server.
 *
 * The faulting thread waits like any caller, with kind FAULT; its registers are copied into the receiver's buffer if they fit.
 * A reply with status 0 lets it go on, with new registers if the reply carries a whole nacre_registers; any other status
 * ends the process with the fault as its cause. So does the loss of the fault server, at any moment. */
#pragma once
#include "ipc/call.h"

void fault_raise(struct thread *thread, unsigned cause, uintptr_t address); /* the thread was running */
bool fault_hand_over(struct thread *thread, unsigned cause, uintptr_t address); /* the same in one step, if it can be; else nothing has happened */
size_t fault_registers_give(struct thread *receiver, struct thread *faulted); /* bytes copied */
err_t fault_reply(struct thread *self, struct thread *faulted, const struct abi_message *reply) must_use;
void fault_end(struct thread *faulted);      /* nobody will handle it: the process ends */
