/* boot.h - the parts of the boot story that main.c tells in order. */
#pragma once
#include "boot/machine.h"
#include "object/process.h"

struct arch_boot; /* what the machine's entry code found: its arch.h */

void boot_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *boot_arch_init(const struct machine *machine, const struct arch_boot *boot) must_use; /* NULL, or why not */

/* Memory before there are frames: whole pieces of the largest free range, zeroed, never freed. Panics if there is none. */
void *boot_alloc(size_t bytes);
size_t boot_memory_init(const struct machine *machine);  /* frames of RAM; how many pages RAM has */
void boot_memory_give(const struct machine *machine);    /* the rest becomes free, and the machine's budget */

void boot_threads_init(size_t ram_pages);
void boot_banner(const struct machine *machine);

/* Makes init and its first thread, ready to run. NULL, or why not. */
const char *boot_init_process(const struct machine *machine, const struct arch_boot *boot, size_t ram_pages) must_use;
extern struct process *boot_init; /* its end is the machine's */
extern vaddr_t boot_init_base;    /* where its image was mapped */
