/* launch.h - makes a process out of a record and a file of the image: loads it, watches it, starts it. */
#pragma once
#include "handles.h"
#include "machine.h"
#include "process.h"

struct launch {
	struct process *process;     /* its record, with budget and priority set; gets process handle and load base */
	struct file file;
	const char *const *argv, *const *envp;
	struct handle_list *handles; /* closed afterwards, whatever happens */
};

/* The file of the process's program: that of its manifest or, for the default's, bin/ and its label. */
bool launch_file(const struct process *process, struct file *file);

/* On error nothing is left but the record and its budget, and *why is a constant sentence. */
nacre_err_t launch(const struct launch *launch, const char **why);

/* The budget of a program of the description, with the share of CPU time that it says; cut from the parent's. */
nacre_err_t launch_budget(nacre_handle_t parent, const struct program *program, uint32_t pages, uint32_t priority, nacre_handle_t *budget);

/* How many pages the file needs to start, without what it may allocate; 0: it is no program. */
uint32_t launch_pages(const struct file *file, uint32_t stack_bytes);
