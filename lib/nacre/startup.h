/* startup.h - what a program finds when it starts: the contract between a loader and the programs it starts.
 *
 * The kernel knows nothing of this. Whoever makes a process (nacre/spawn.c; for init, lib/selfstart) puts this
 * block at the top of the first thread's stack memory and passes its address in a0:
 *
 *     high   strings of argv and envp
 *            argv[], envp[], handles[]
 *            struct nacre_startup          <- a0
 *            thread-local storage          <- tp  (nacre/tls.h; passed as the thread's tls)
 *            struct nacre_tcb
 *     low    the stack, growing down       <- sp, 16-byte aligned
 *
 * The image is relocated, its RELRO part is read-only, its guard value is set: the first instruction may be C.
 * A newer loader makes the block longer, never different: `size` says how much of it is there, and a program
 * asks for nothing beyond. All of it belongs to the program, which may write to it; nobody else can see it.
 *
 * Names every program may rely on to mean the same, where its manifest lists them:
 *   process   itself                      names    its name space (nacre/names.h)
 *   budget    what it may spend           log      where nacre_log goes
 *   heartbeat nacre/server.h answers init's pings through it
 *   keeper    state that outlives it (idl/keeper.nid)
 *   stdin, stdout, stderr                 connections that speak the console protocol */
#pragma once
#include "abi/nacre_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NACRE_STARTUP_VERSION 0x10000u    /* major << 16 | minor; no struct nacre_boot_info looks like it */
#define NACRE_STARTUP_NAME_BYTES 24       /* of a handle's name, its NUL included */
#define NACRE_STARTUP_RANDOM_BYTES 32

struct nacre_startup_handle {
	char name[NACRE_STARTUP_NAME_BYTES];
	nacre_handle_t handle;
};

struct nacre_startup {
	uint32_t version;      /* NACRE_STARTUP_VERSION */
	uint32_t size;         /* bytes of this structure as its writer knew it */
	uint32_t argc;         /* argv[argc] is NULL */
	uint32_t handle_count;
	char **argv;
	char **envp;           /* ends with NULL */
	struct nacre_startup_handle *handles;
	uintptr_t load_base;   /* where the ELF file's address 0 lies */
	uintptr_t headers;     /* its program headers, mapped; of the size that the width prescribes */
	uint32_t header_count;
	uint32_t build_id_size;
	uint32_t priority;     /* of the first thread */
	uintptr_t build_id;    /* its build ID, mapped; 0: it has none */
	uintptr_t stack_base;  /* lowest address of the first thread's stack; below it lies a guard page */
	uintptr_t stack_size;  /* bytes from there to the end of this block's page */
	const struct nacre_boot_info *boot_info; /* init only: what the kernel told it */
	uint8_t random[NACRE_STARTUP_RANDOM_BYTES]; /* for nacre/random.h alone, which wipes it */
};

/* The block this program was started with. Never NULL. */
struct nacre_startup *nacre_startup(void);

/* A handle by its name; 0 where the manifest gave none. The caller may close it, but nobody then tells the table. */
nacre_handle_t nacre_startup_handle(const char *name);

/* The two that everything needs. */
nacre_handle_t nacre_self_process(void);
nacre_handle_t nacre_self_budget(void);

#ifdef __cplusplus
}
#endif
