/* spawn.c - making a process: what is checked and done in which order, and how it is undone. */
#include "nacre/spawn.h"
#include "abi/nacre_calls.h"
#include "base/sha256.h"
#include "base/string.h"
#include "nacre/error.h"
#include "nacre/spawn_parts.h"

/* Bits of memory_info that say: nobody can write to it any more. */
enum { MEMORY_IS_SEALED = 0x100, MEMORY_IS_IMAGE = 0x400 };

nacre_err_t spawn_refuse(struct spawn_load *load, nacre_err_t error, const char *sentence)
{
	load->why = sentence ? sentence : nacre_error_sentence(error);
	return error;
}

nacre_err_t spawn_area_hand_over(struct spawn_load *load, struct nacre_area *area, uintptr_t base, uint32_t protection)
{
	nacre_handle_t memory = area->memory;
	nacre_err_t error = nacre_area_unmap(area);

	if (!error)
		error = nacre_map_add(load->child->process, base, memory, 0, area->pages, protection, NULL);
	nacre_handle_close(memory);
	return error ? spawn_refuse(load, error, NULL) : NACRE_E_OK;
}

static nacre_err_t memory_check(struct spawn_load *load)
{
	const struct nacre_spawn *spec = load->spec;
	uintptr_t pages = 0, options = 0;
	nacre_err_t error = nacre_memory_info(spec->image, &pages, &options);

	if (error)
		return spawn_refuse(load, error, NULL);
	if (!(options & (MEMORY_IS_SEALED | MEMORY_IS_IMAGE)))
		return spawn_refuse(load, NACRE_E_ARGUMENT,
				    "its memory is neither sealed nor of the boot image: it could change while it runs");
	if (spec->offset % NACRE_PAGE_BYTES || !spec->size)
		return spawn_refuse(load, NACRE_E_ARGUMENT, "it is empty, or does not begin on a page");
	if (spec->offset / NACRE_PAGE_BYTES >= pages || NACRE_PAGES(spec->size) > pages - spec->offset / NACRE_PAGE_BYTES)
		return spawn_refuse(load, NACRE_E_ARGUMENT, "it reaches past the end of its memory");
	return NACRE_E_OK;
}

static nacre_err_t file_map(struct spawn_load *load, const void **file)
{
	const struct nacre_spawn *spec = load->spec;
	nacre_err_t error;

	*file = spec->file;
	if (*file)
		return NACRE_E_OK;
	error = nacre_area_map(&load->file, spec->image, spec->offset / NACRE_PAGE_BYTES, NACRE_PAGES(spec->size),
			       NACRE_PROT_READ);
	*file = load->file.base;
	return error ? spawn_refuse(load, error, NULL) : NACRE_E_OK;
}

static nacre_err_t file_check(struct spawn_load *load, const void *file)
{
	uint8_t digest[SHA256_BYTES];
	const char *fault;

	if (load->spec->sha256) {
		sha256_of(file, load->spec->size, digest);
		if (memcmp(digest, load->spec->sha256, sizeof(digest)) != 0)
			return spawn_refuse(load, NACRE_E_ARGUMENT,
					    "its SHA-256 is not the one that the image lists: it is damaged or was changed");
	}
	fault = elf_open(&load->elf, file, load->spec->size, ELF_NATIVE);
	if (!fault && load->elf.type != ELF_DYN)
		fault = "it has a fixed address: link it as a static PIE";
	return fault ? spawn_refuse(load, NACRE_E_ARGUMENT, fault) : NACRE_E_OK;
}

static nacre_err_t process_make(struct spawn_load *load)
{
	nacre_err_t error = nacre_process_create(load->spec->payer, load->spec->budget, &load->child->process);

	return error ? spawn_refuse(load, error, NULL) : NACRE_E_OK;
}

static nacre_err_t window_make(struct spawn_load *load)
{
	nacre_err_t error = load->spec->window ? nacre_process_window_create(load->child->process) : NACRE_E_OK;

	return error ? spawn_refuse(load, error, NULL) : NACRE_E_OK;
}

static nacre_err_t load_all(struct spawn_load *load)
{
	const void *file;
	nacre_err_t error = memory_check(load);

	if (!error)
		error = file_map(load, &file);
	if (!error)
		error = file_check(load, file);
	if (!error)
		error = process_make(load);
	if (!error)
		error = spawn_image_load(load);
	if (!error)
		error = spawn_stack_make(load);
	if (!error)
		error = spawn_image_finish(load);
	if (!error)
		error = window_make(load);
	return error;
}

nacre_err_t nacre_spawn_load(const struct nacre_spawn *spec, struct nacre_child *child, const char **why)
{
	struct spawn_load load = { .spec = spec, .child = child };
	nacre_err_t error;

	*child = (struct nacre_child){ .priority = spec->priority };
	error = load_all(&load);
	spawn_image_release(&load);
	if (error)
		nacre_spawn_abandon(child);
	if (why)
		*why = load.why;
	return error;
}

nacre_err_t nacre_spawn_start(struct nacre_child *child, const char **why)
{
	nacre_handle_t thread = NACRE_HANDLE_NONE;
	nacre_err_t error = nacre_thread_create(child->process, child->entry, child->stack, child->argument, child->tls,
						child->priority, &thread);

	if (why)
		*why = error ? nacre_error_sentence(error) : NULL;
	if (error)
		nacre_spawn_abandon(child);
	else if (child->thread)
		*child->thread = thread;
	else
		nacre_handle_close(thread);
	return error;
}

void nacre_spawn_abandon(struct nacre_child *child)
{
	if (!child->process)
		return;
	nacre_process_kill(child->process, 0);
	nacre_handle_close(child->process);
	child->process = NACRE_HANDLE_NONE;
}
