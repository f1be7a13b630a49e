/* child.h - small processes for tests of the kernel, made by hand: no ELF file, no loader, no C library.
 *
 * A child's code is a function marked CHILD. All of them are copied into one sealed memory that every child maps executable,
 * so they may use system calls and their own stack, and nothing else: no globals, no library, no strings.
 *
 *     CHILD static void count(uintptr_t connection) { ...nacre_connection_call(...)...; nacre_process_exit(7); }
 *     struct child child;
 *     child_make(&child, 16);                          a budget of 16 pages, a process
 *     handle = child_give(&child, connection, RIGHTS);
 *     child_start(&child, count, handle, 20);
 *     child_end(&child);                               waits for the EXIT notice, then destroys the budget */
#pragma once
#include "test/helper.h"

#define CHILD __attribute__((section("child_text"), noinline, no_stack_protector, used))

enum { CHILD_PAGES = 16 };

struct child {
	nacre_handle_t budget, process, server; /* server: told of the end */
};

void child_make(struct child *child, size_t pages);
nacre_err_t child_try(struct child *child, size_t pages);  /* the same, answering what went wrong; nothing is left then */
nacre_handle_t child_give(struct child *child, nacre_handle_t handle, uint32_t rights);
void child_start(struct child *child, void (*run)(uintptr_t), uintptr_t argument, unsigned priority);
/* Another thread of it, on a stack of its own. */
nacre_err_t child_thread(struct child *child, void (*run)(uintptr_t), uintptr_t argument, unsigned priority);
/* For children that make children: the memory with all code, and where in it one of the functions is. */
nacre_handle_t child_code(void);
uintptr_t child_offset(void (*run)(uintptr_t));
void child_wait(struct child *child, struct nacre_exit_record *record); /* until it has ended */
void child_destroy(struct child *child);    /* whatever state it is in */
uint32_t child_end(struct child *child);    /* wait and destroy; its exit code */
