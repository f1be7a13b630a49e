/* spawn.h - making a process out of an ELF file: the only ELF loader of the system.
 *
 * Takes a static position-independent executable (ET_DYN, no interpreter, R_RISCV_RELATIVE only) that lies page
 * aligned in image or sealed memory, so that nobody can change it between check and use. R and RX segments are
 * mapped in place, nothing of them is copied. The writable segment becomes new private memory of the child's
 * budget, is filled and relocated here, and mapped there; its RELRO part read-only. Nothing is ever W and X.
 *
 *     struct nacre_child child;
 *     error = nacre_spawn_load(&spec, &child, &why);    everything but a thread; on error nothing is left
 *     nacre_process_watch(child.process, ...);          whoever wants to hear of its end or faults says so now
 *     error = nacre_spawn_start(&child, &why);          on error the process is killed and the handle closed
 *
 *   I1  a failed load leaves no process, no mapping, no handle and no charge behind
 *   I2  the child gets the handles listed and no other, with at most the rights listed
 *
 * Costs while it runs: the writable pages are mapped here too, which this process's budget is charged for. */
#pragma once
#include "abi/nacre_abi.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nacre_spawn_handle {
	const char *name;          /* up to 23 bytes; "process" and "budget" are added by the loader */
	nacre_handle_t handle;     /* with TRANSFER, or RECEIVE for a server; stays the caller's */
	uint32_t rights;           /* at most these; NACRE_RIGHT_ALL: all it has */
};

struct nacre_spawn {
	nacre_handle_t image;      /* image or sealed memory that holds the file; READ and EXECUTE, INSPECT */
	size_t offset, size;       /* the file in it, bytes; the offset is page aligned */
	const void *file;          /* the file, where the caller has it mapped already; NULL: the loader maps it meanwhile */
	const uint8_t *sha256;     /* 32 bytes the file must hash to; NULL: was checked before */

	const char *const *argv;   /* end with NULL; argv[0] is the program's name */
	const char *const *envp;   /* may be NULL */
	const struct nacre_spawn_handle *handles;
	size_t handle_count;

	nacre_handle_t payer;      /* budget that pays for the process object, and so for its exit record */
	nacre_handle_t budget;     /* the process's own: memory, tables, threads; handed on to it as "budget" */
	uint32_t budget_rights;    /* with these rights: INSPECT and SPEND, say */
	size_t stack_bytes;        /* 0: NACRE_SPAWN_STACK_BYTES */
	uint32_t priority;         /* of its first thread; further ones start out with the same */
	bool window;               /* a receive window: needed by servers that are lent pages */
};

#define NACRE_SPAWN_STACK_BYTES (32u << 10)

struct nacre_child {
	nacre_handle_t process;    /* all rights; the caller's */
	nacre_handle_t *thread;    /* where the first thread's handle goes, to be the caller's; NULL: it is closed */
	uintptr_t load_base, entry, stack, argument, tls;
	uint32_t priority;
};

/* Each answers an error and, where it is one, a sentence for a person in *why (may be NULL). The sentence is a
 * constant. A file that is not what it should be is NACRE_E_ARGUMENT; a wrong hash too. */
nacre_err_t nacre_spawn_load(const struct nacre_spawn *spec, struct nacre_child *child, const char **why);
nacre_err_t nacre_spawn_start(struct nacre_child *child, const char **why);

/* Undoes a load that shall not start. */
void nacre_spawn_abandon(struct nacre_child *child);

#ifdef __cplusplus
}
#endif
