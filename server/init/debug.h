/* debug.h - debuggers: who may have which process, and what becomes of both when one of them ends (idl/system.nid).
 *
 *   free --hold, and its name is started--> HELD --attach--> ATTACHED --detach--> free
 *     +---------------------------------attach------------------^
 *
 *   I1  debugger is 0, or the number of a process that lives: when it ends, who was HELD goes on, and who was ATTACHED is
 *       ended, because breakpoints may be left in it
 *   I2  a process that is HELD or ATTACHED does not lie in wait for init: no reports, no signs of life are asked of it */
#pragma once
#include "idl/system_server.h"
#include "process.h"

nacre_status_t debug_open(struct nacre_request *request, const struct system_debug_in *in, struct system_debug_out *out);
nacre_status_t debug_hold(struct nacre_request *request, const struct system_hold_in *in);
nacre_status_t debug_attach(struct nacre_request *request, const struct system_attach_in *in, struct system_attach_out *out);
nacre_status_t debug_detach(struct nacre_request *request, const struct system_detach_in *in);

/* Is this process to be held at its start? */
bool debug_wants(const struct process *process);

/* It was just started, below init's priority so that it has not run; `priority` is what it shall have. */
nacre_err_t debug_held(struct process *process, uint32_t priority);

/* It has ended, as somebody's or as a debugger. Its record is still there. */
void debug_ended(struct process *process, uint32_t cause, uint32_t code);
