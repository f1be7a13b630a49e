/* types.h - the kernel's few own types. Wrapped in a struct where mixing up would be a bug. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/contract.h" /* from abi/: errors, rights, kinds, structures in user memory */

typedef uintptr_t paddr_t;  /* physical address */
typedef uintptr_t vaddr_t;  /* virtual address of some process */
typedef uint32_t handle_t;  /* a process's name for an object; 0 is never one */
typedef uintptr_t token_t;  /* reply token; 0 is never one */
typedef struct { uintptr_t address; } user_ptr_t; /* opened by the copy routine (memory/copy.h) and nobody else */

#define must_use __attribute__((warn_unused_result))

#define NEVER_NS UINT64_MAX /* the deadline that does not come */

/* Failed invariants end the machine: going on would serve nobody. Arguments of programs are never asserted. */
void kernel_panic(const char *what) __attribute__((noreturn, cold)); /* "file:line: what is wrong" */
#define PANIC_TEXT_(number) #number
#define PANIC_TEXT(number) PANIC_TEXT_(number)
/* One string for place and condition: an assertion costs a load of its address and a call. */
#define PANIC_AT(text) kernel_panic(__FILE_NAME__ ":" PANIC_TEXT(__LINE__) ": " text)
#define assert(condition) ((condition) ? (void)0 : PANIC_AT(#condition))

#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
