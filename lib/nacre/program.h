/* program.h - starting a program of the image with whatever handles it shall have (idl/process.nid).
 *
 *     struct nacre_program program = { .argv = argv, .handles = handles, .handle_count = 2 };
 *     status = process_connect("svc/process", &init);
 *     status = nacre_program_start(init, &program, &number);
 *     status = process_wait(init, number, &cause, &code);        or process_kill, process_ended, process_report
 *
 * It gets these handles beside those of its manifest, and finds them by nacre_startup_handle(name). Threads that start
 * programs take turns: what is set aside at init is this program's, not a thread's. */
#pragma once
#include <stdbool.h>
#include "idl/process.h"
#include "nacre/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nacre_program_handle {
	const char *name;              /* up to PROCESS_NAME_BYTES */
	nacre_handle_t handle;         /* with TRANSFER; stays the caller's. The program gets the rights that it has */
};

struct nacre_program {
	const char *const *argv;       /* end with NULL; argv[0] is the program's name in the image */
	const char *const *envp;       /* NULL: empty */
	const char *const *within;     /* patterns that its name space is narrowed to; NULL: as wide as this program's */
	const struct nacre_program_handle *handles;
	size_t handle_count;           /* up to PROCESS_GIVEN_MAX */
	uint32_t pages, priority;      /* 0: as its manifest says */
	bool own_budget;               /* its pages come out of this program's budget, and it dies with that */
	nacre_handle_t notice;         /* PROCESS_SIGNAL_ENDED is set on it; NONE */
};

/* `init`: a connection to svc/process. TOO_LONG: more words than a request holds. */
nacre_status_t nacre_program_start(nacre_handle_t init, const struct nacre_program *program, uint32_t *number);

#ifdef __cplusplus
}
#endif
