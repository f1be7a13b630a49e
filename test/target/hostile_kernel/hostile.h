/* hostile.h - unprivileged programs that try what must get nowhere.
 *
 * A hostile program is a child that holds its own process, its own budget, a room of two private pages and a connection
 * to this process, as any program does; it asks there for its plan and then tries. REFUSED ends it with the line
 * number of the first attempt that was answered otherwise than it should; a program that got nowhere ends with 0.
 * Whatever it did and however it ended, hostile_end sees that every page and handle is back. */
#pragma once
#include "test/child_code.h"
#include "test/count.h"

enum { HOSTILE_PAGES = 40, HOSTILE_PRIORITY = 4, HANDLER_PRIORITY = 3, HELPER_PRIORITY = 6, HOSTILE_KILLED = 250 };

#define REFUSED(error, expression)                                                                    \
	do {                                                                                          \
		if ((expression) != NACRE_E_##error)                                                  \
			nacre_process_exit(__LINE__);                                                 \
	} while (0)
#define SUCCEEDS(expression) REFUSED(OK, expression)
/* Any error will do. */
#define FAILS(expression)                                                                             \
	do {                                                                                          \
		if ((expression) == NACRE_E_OK)                                                       \
			nacre_process_exit(__LINE__);                                                 \
	} while (0)

struct hostile {
	struct child child;
	struct pair control;      /* badge 1 */
	struct nacre_words plan;  /* word 0: its process, 1: its budget, 2: its room, 3 and 4: the test's */
	struct count before;
};

void hostile_make(struct hostile *hostile);

/* Starts it and answers its first question with the plan. */
void hostile_start(struct hostile *hostile, void (*run)(uintptr_t));

/* Waits for its end, or ends it after some seconds (code HOSTILE_KILLED); then all must be back. */
struct nacre_exit_record hostile_end(struct hostile *hostile);

/* All of it, for a program that needs nothing else; the code it ended with. */
uint32_t hostile_run(void (*run)(uintptr_t));

/* The same for one that is to be stopped by a fault; its cause. */
uint32_t hostile_fault(void (*run)(uintptr_t));
