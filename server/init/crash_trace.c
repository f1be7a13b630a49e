/* crash_trace.c - who called whom, as far as the stack tells.
 *
 * Programs keep no frame pointers. What is on the stack and points behind a call in the program's text is taken for a
 * return address. So all callers are found, in order, and now and then one that had returned already: a frame that is
 * not filled yet still holds what lay there before. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "crash.h"

enum { RA = 0, SP = 1, CHUNK_BYTES = 256, STACK_BYTES = 4096 };

/* The instruction that ends before `place` (an address in the file) puts a return address into ra: jal, jalr, c.jalr,
 * and on RV32 c.jal. */
static bool is_behind_call(const struct elf *elf, uintptr_t place)
{
	const uint8_t *whole = place >= 4 ? elf_at(elf, place - 4, 4) : NULL, *half = place >= 2 ? elf_at(elf, place - 2, 2) : NULL;
	uint32_t word = whole ? whole[0] | whole[1] << 8 : 0;
	uint32_t compressed = half ? half[0] | half[1] << 8 : 0;

	if ((word & 0xfff) == 0x0ef || ((word & 0xfff) == 0x0e7 && !(word & 0x7000)))
		return true;
	if ((compressed & 0xf07f) == 0x9002 && compressed & 0x0f80)
		return true;
	return sizeof(uintptr_t) == 4 && (compressed & 0xe003) == 0x2001;
}

static bool is_text(const struct elf *elf, uintptr_t place)
{
	struct elf_segment segment;

	for (unsigned i = 0; elf_load(elf, i, &segment); i++)
		if (segment.flags & ELF_X && place > segment.vaddr && place - segment.vaddr <= segment.file_size)
			return true;
	return false;
}

static void consider(struct crash *crash, const struct elf *elf, uintptr_t address)
{
	uintptr_t place = address - crash->load_base;

	if (crash->caller_count == CRASH_CALLERS_MAX || place % 2 || !is_text(elf, place) || !is_behind_call(elf, place))
		return;
	/* Who saved ra and has not changed it yet. */
	if (crash->caller_count && crash->callers[crash->caller_count - 1] == address)
		return;
	crash->callers[crash->caller_count++] = address;
}

void crash_trace(struct crash *crash, nacre_handle_t process)
{
	uintptr_t words[CHUNK_BYTES / sizeof(uintptr_t)], sp = align_down(crash->registers.x[SP], sizeof(uintptr_t));
	struct elf elf;

	if (!crash_elf(crash, &elf))
		return;
	consider(crash, &elf, crash->registers.x[RA]);
	/* To the end of a page, so that the last page of the stack is read to its end. */
	for (uintptr_t at = sp, size; at - sp < STACK_BYTES; at += size) {
		size = CHUNK_BYTES - at % CHUNK_BYTES;
		if (nacre_process_read(process, at, words, size))
			return;
		for (size_t i = 0; i < size / sizeof(uintptr_t); i++)
			consider(crash, &elf, words[i]);
	}
}
