/* children.h - programs that were started, as those who started them see them: methods of idl/process.nid, and what
 * happens when one ends. */
#pragma once
#include "idl/process_server.h"
#include "process.h"

nacre_status_t children_wait(struct nacre_request *request, const struct process_wait_in *in, struct process_wait_out *out);
nacre_status_t children_ended(struct nacre_request *request, struct process_ended_out *out);
nacre_status_t children_kill(struct nacre_request *request, const struct process_kill_in *in);
nacre_status_t children_handle(struct nacre_request *request, const struct process_handle_in *in, struct process_handle_out *out);
nacre_status_t children_report(struct nacre_request *request, const struct process_report_in *in, struct process_report_out *out);

/* A program has ended: whoever wants to know is told. */
void program_ended(struct process *process, uint32_t cause, uint32_t code);

/* Waits that ended early are forgotten. */
void children_wait_clean(void);
