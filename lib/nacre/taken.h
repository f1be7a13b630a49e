/* taken.h - which calls a service has taken and not answered, and since when.
 *
 * A service whose manifest has `answer_ms` must answer each call within that time, or have said that the answer waits for the
 * outside world (nacre_request_patient). One that does not has lost a reply or an interrupt: its process ends, and init starts
 * it again. Only what this process did and did not do counts, nothing that a client says.
 *
 *     TAKEN --answered, cancelled, patient--> forgotten
 *       | answer_ms have passed
 *     DOUBTED --a quarter of that more: the machine may have stood still, and the answer be on its way--> the process ends
 *
 * One thread serves in such a service. Calls beyond the table's end are not watched. */
#pragma once
#include "abi/nacre_abi.h"
#include <stdbool.h>

/* Reads `answer_ms`. False: there is none, and all the others do nothing. */
bool taken_begin(void);

/* 0: without the key. */
uint64_t taken_patience_ns(void);

void taken_add(nacre_token_t token, uintptr_t badge);
void taken_forget(nacre_token_t token);

/* A call of this badge has ended, and the server has heeded it. */
void taken_cancelled(uintptr_t badge);

/* When to look again; NACRE_DEADLINE_NEVER. */
uint64_t taken_deadline_ns(void);

/* Ends this process if a call is too old. */
void taken_watch(void);
