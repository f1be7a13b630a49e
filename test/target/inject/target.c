/* target.c - the process under test. */
#include "inject.h"
#include "base/bits.h"
#include "base/elf.h"
#include "base/string.h"
#include "idl/system_client.h"
#include "nacre/startup.h"

enum { PAGE = 4096, PAGES_BACK = 64 };

struct target target;

bool target_read(uintptr_t address, void *to, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE)
		if (nacre_process_read(target.process, address + at, (uint8_t *)to + at, min_size(size - at, PAGE)))
			return false;
	return true;
}

bool target_write(uintptr_t address, const void *from, size_t size)
{
	return nacre_process_write(target.process, nacre_self_budget(), address, (void *)(uintptr_t)from, size) == NACRE_E_OK;
}

bool target_stop(void)
{
	return nacre_process_stop(target.process) == NACRE_E_OK;
}

void target_resume(void)
{
	nacre_process_resume(target.process); /* one that has ended needs none */
}

/* The file's first page lies below the code. */
static bool base_find(uintptr_t pc)
{
	uint8_t magic[4];

	target.base = align_down(pc, PAGE);
	for (unsigned i = 0; i < PAGES_BACK; i++, target.base -= PAGE)
		if (target_read(target.base, magic, sizeof(magic)) && !memcmp(magic, "\177ELF", 4))
			return true;
	return false;
}

static bool segments_find(void)
{
	static uint8_t head[PAGE];
	struct elf_segment segment;
	struct elf elf;

	/* Only headers are read, and they lie in the first page; what lies behind it is not there. */
	if (!target_read(target.base, head, sizeof(head)) || elf_open(&elf, head, 1 << 20, ELF_NATIVE))
		return false;
	target.text_bytes = target.data_bytes = 0;
	for (unsigned i = 0; elf_load(&elf, i, &segment); i++) {
		if (segment.flags & ELF_X) {
			target.text = target.base + (uintptr_t)segment.vaddr;
			target.text_bytes = (size_t)segment.file_size & ~(size_t)1;
		} else if (segment.flags & ELF_W) {
			target.data = target.base + (uintptr_t)segment.vaddr;
			target.data_bytes = (size_t)segment.memory_size;
		}
	}
	return target.text_bytes && target.text_bytes <= TEXT_MAX && target.data_bytes;
}

const char *target_open(nacre_handle_t system, const char *service)
{
	struct nacre_registers registers;
	nacre_err_t error;

	if (target.process)
		nacre_handle_close(target.process);
	target.process = NACRE_HANDLE_NONE;
	if (system_debug(system, service, &target.process))
		return "init does not give its process to this program";
	if (!target_stop())
		return "its process cannot be stopped";
	error = nacre_process_registers_get(target.process, TARGET_THREAD, &registers);
	target_resume();
	if (error)
		return "its thread has no registers";
	if (!base_find(registers.pc) || !segments_find())
		return "its file does not lie below its code";
	target.stack = registers.x[1];
	target.stack_bytes = align_up(target.stack + 1, PAGE) - target.stack;
	return target_read(target.text, target.code, target.text_bytes) ? NULL : "its code cannot be read";
}
