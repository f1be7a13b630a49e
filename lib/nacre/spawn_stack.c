/* spawn_stack.c - the first thread's stack, and above it everything that nacre/startup.h describes.
 *
 * All of it is one piece of private memory between two guard pages. It is filled here and lies elsewhere in the
 * child: what is written down are the child's addresses, `there`; what is written through are `here`. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "nacre/random.h"
#include "nacre/spawn_parts.h"
#include "nacre/startup.h"
#include "nacre/tls.h"

enum {
	BLOCK_BYTES_MAX = 64 << 10, /* of startup block, strings and handles: more is a mistake or an attack */
	OWN_HANDLES = 2,            /* "process" and "budget" */
	HEADER_BYTES = ELF_NATIVE == 32 ? 32 : 56,
};

/* What the child may do with itself: manage its memory and threads, look, but not be handed about. */
#define SELF_RIGHTS (NACRE_RIGHT_DUPLICATE | NACRE_RIGHT_INSPECT | NACRE_RIGHT_MANAGE)

struct stack {
	struct spawn_load *load;
	struct nacre_area area;
	uintptr_t reserved;           /* in the child, with both guard pages */
	uintptr_t base;               /* in the child, of the memory */
	struct nacre_tls_template tls;
	size_t argc, envc, strings;   /* counts, and bytes of all strings */
	uintptr_t at;                 /* next free byte of the startup block, in the child */
	struct {
		uint8_t random[NACRE_STARTUP_RANDOM_BYTES];
		uintptr_t guard;
	} secrets;
};

/* --- how much ---------------------------------------------------------------------------------------------- */

static size_t list_measure(const char *const *list, size_t *bytes)
{
	size_t count = 0;

	for (; list && list[count]; count++)
		*bytes += string_length(list[count]) + 1;
	return count;
}

static size_t handle_count(const struct stack *stack)
{
	return stack->load->spec->handle_count + OWN_HANDLES;
}

static size_t block_size(const struct stack *stack)
{
	return sizeof(struct nacre_startup) + handle_count(stack) * sizeof(struct nacre_startup_handle) +
	       (stack->argc + stack->envc + 2) * sizeof(char *) + stack->strings;
}

/* --- where ------------------------------------------------------------------------------------------------- */

static void *here(const struct stack *stack, uintptr_t there)
{
	return (char *)stack->area.base + (there - stack->base);
}

/* The next `size` bytes of the block, suitably aligned for anything that goes into it. */
static uintptr_t take(struct stack *stack, size_t size, size_t alignment)
{
	uintptr_t there = align_up(stack->at, alignment);

	stack->at = there + size;
	return there;
}

static nacre_err_t memory_make(struct stack *stack, size_t block)
{
	const struct nacre_spawn *spec = stack->load->spec;
	size_t wanted = spec->stack_bytes ? spec->stack_bytes : NACRE_SPAWN_STACK_BYTES;
	/* A small block is part of what was asked for, so that two pages stay two pages. */
	size_t pages = NACRE_PAGES(wanted) + (block > wanted / 4 ? NACRE_PAGES(block) : 0);
	nacre_err_t error = nacre_map_reserve(stack->load->child->process, pages + 2, &stack->reserved);

	stack->base = stack->reserved + NACRE_PAGE_BYTES;
	if (!error)
		error = nacre_area_create_from(&stack->area, spec->budget, pages, NACRE_MEMORY_PRIVATE);
	return error ? spawn_refuse(stack->load, error, NULL) : NACRE_E_OK;
}

/* --- what -------------------------------------------------------------------------------------------------- */

static void tls_fill(const struct stack *stack, uintptr_t tp)
{
	const struct elf_segment *tls = &stack->load->tls;

	/* A NUL in the guard stops the overflows that copy strings. */
	nacre_tls_fill(&stack->tls, here(stack, tp), stack->secrets.guard & ~(uintptr_t)0xff);
	spawn_image_copy(stack->load, tls->vaddr, (size_t)tls->file_size, here(stack, tp));
}

static uintptr_t strings_write(struct stack *stack, const char *const *list, size_t count, uintptr_t *strings)
{
	uintptr_t vector = take(stack, (count + 1) * sizeof(char *), sizeof(char *));
	uintptr_t *entries = here(stack, vector);

	for (size_t i = 0; i < count; i++) {
		size_t size = string_length(list[i]) + 1;

		memcpy(here(stack, *strings), list[i], size);
		entries[i] = *strings;
		*strings += size;
	}
	entries[count] = 0;
	return vector;
}

static nacre_err_t handle_place(struct stack *stack, struct nacre_startup_handle *to, const char *name,
				nacre_handle_t handle, uint32_t rights)
{
	nacre_err_t error;

	if (!string_copy(to->name, sizeof(to->name), name))
		return spawn_refuse(stack->load, NACRE_E_ARGUMENT, "a handle's name is longer than 23 bytes");
	error = nacre_process_place(stack->load->child->process, handle, rights, &to->handle);
	return error ? spawn_refuse(stack->load, error, NULL) : NACRE_E_OK;
}

static nacre_err_t handles_write(struct stack *stack, uintptr_t *table)
{
	const struct nacre_spawn *spec = stack->load->spec;
	struct nacre_startup_handle *to;
	nacre_err_t error;

	*table = take(stack, handle_count(stack) * sizeof(*to), sizeof(uintptr_t));
	to = here(stack, *table);
	error = handle_place(stack, to++, "process", stack->load->child->process, SELF_RIGHTS);
	if (!error)
		error = handle_place(stack, to++, "budget", spec->budget, spec->budget_rights);
	for (size_t i = 0; !error && i < spec->handle_count; i++)
		error = handle_place(stack, to++, spec->handles[i].name, spec->handles[i].handle, spec->handles[i].rights);
	return error;
}

static void self_describe(const struct stack *stack, struct nacre_startup *startup)
{
	const struct elf *elf = &stack->load->elf;
	const uint8_t *id;
	size_t size;

	startup->load_base = stack->load->child->load_base;
	startup->headers = spawn_image_address(stack->load, elf->segments_at, elf->segment_count * HEADER_BYTES);
	startup->header_count = startup->headers ? elf->segment_count : 0;
	if (!elf_build_id(elf, &id, &size))
		return;
	startup->build_id = spawn_image_address(stack->load, (uint64_t)(id - elf->file), size);
	startup->build_id_size = startup->build_id ? (uint32_t)size : 0;
}

static nacre_err_t block_write(struct stack *stack)
{
	const struct nacre_spawn *spec = stack->load->spec;
	uintptr_t there = take(stack, sizeof(struct nacre_startup), sizeof(uintptr_t));
	struct nacre_startup *startup = here(stack, there);
	uintptr_t end = stack->base + stack->area.pages * NACRE_PAGE_BYTES;
	uintptr_t handles, strings = end - stack->strings;
	nacre_err_t error = handles_write(stack, &handles);

	if (error)
		return error;
	startup->version = NACRE_STARTUP_VERSION;
	startup->size = sizeof(*startup);
	startup->argc = (uint32_t)stack->argc;
	startup->handle_count = (uint32_t)handle_count(stack);
	startup->argv = (char **)strings_write(stack, spec->argv, stack->argc, &strings);
	startup->envp = (char **)strings_write(stack, spec->envp, stack->envc, &strings);
	startup->priority = spec->priority;
	startup->handles = (struct nacre_startup_handle *)handles;
	startup->stack_base = stack->base;
	startup->stack_size = end - stack->base;
	memcpy(startup->random, stack->secrets.random, sizeof(startup->random));
	self_describe(stack, startup);
	stack->load->child->argument = there;
	return NACRE_E_OK;
}

/* Lays the parts out from the top down; the alignments inside the block cost less than `slack`. */
static nacre_err_t stack_fill(struct stack *stack, size_t block)
{
	const size_t slack = 4 * sizeof(uintptr_t);
	uintptr_t end = stack->base + stack->area.pages * NACRE_PAGE_BYTES;
	uintptr_t tls = align_down(end - block - slack - nacre_tls_block_size(&stack->tls), 16);
	uintptr_t tp = nacre_tls_place(&stack->tls, tls);

	tls_fill(stack, tp);
	stack->load->child->tls = tp;
	stack->load->child->stack = tls;
	stack->at = tp + stack->tls.size;
	return block_write(stack);
}

nacre_err_t spawn_stack_make(struct spawn_load *load)
{
	struct stack stack = { .load = load };
	nacre_err_t error;
	size_t block;

	stack.argc = list_measure(load->spec->argv, &stack.strings);
	stack.envc = list_measure(load->spec->envp, &stack.strings);
	stack.tls.size = (size_t)load->tls.memory_size;
	stack.tls.alignment = (size_t)load->tls.alignment;
	nacre_random_fill(&stack.secrets, sizeof(stack.secrets));
	block = block_size(&stack);
	if (block > BLOCK_BYTES_MAX || stack.tls.size > BLOCK_BYTES_MAX)
		return spawn_refuse(load, NACRE_E_ARGUMENT, "its arguments, environment or thread-local storage are larger than 64 KiB");
	error = memory_make(&stack, block + stack.tls.size);
	if (error)
		return error;
	error = stack_fill(&stack, block);
	if (error)
		nacre_area_destroy(&stack.area);
	else
		error = spawn_area_hand_over(load, &stack.area, stack.base, NACRE_PROT_READ | NACRE_PROT_WRITE);
	return error;
}
