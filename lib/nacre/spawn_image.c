/* spawn_image.c - the loader's work on segments.
 *
 *     file            R         RX        RW: RELRO | data bss
 *     child           in place  in place  piece     | piece
 *
 * Pieces are filled with the file's bytes, relocated in one pass over the table, and then change hands: private
 * memory can be mapped in one place at a time, so it is unmapped here before it is mapped there. */
#include "nacre/spawn_parts.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"

static void segments_read(struct spawn_load *load)
{
	struct elf_segment segment;

	while (elf_load(&load->elf, load->load_count, &segment))
		load->loads[load->load_count++] = segment;
	elf_find(&load->elf, ELF_RELRO, &load->relro);
	elf_find(&load->elf, ELF_TLS, &load->tls);
}

/* The segments ascend: the reader has seen to that. */
static nacre_err_t range_reserve(struct spawn_load *load)
{
	const struct elf_segment *last = &load->loads[load->load_count - 1];
	uintptr_t start = align_down((uintptr_t)load->loads[0].vaddr, NACRE_PAGE_BYTES);
	uintptr_t end = (uintptr_t)(last->vaddr + last->memory_size), base = 0;
	nacre_err_t error = nacre_map_reserve(load->child->process, NACRE_PAGES(end - start), &base);

	if (error)
		return spawn_refuse(load, error, NULL);
	load->child->load_base = base - start;
	load->child->entry = load->child->load_base + (uintptr_t)load->elf.entry;
	return NACRE_E_OK;
}

static nacre_err_t segment_map(struct spawn_load *load, const struct elf_segment *segment)
{
	uintptr_t start = align_down((uintptr_t)segment->vaddr, NACRE_PAGE_BYTES);
	size_t pages = NACRE_PAGES(segment->vaddr + segment->memory_size - start);
	size_t offset = (load->spec->offset + (size_t)segment->offset) / NACRE_PAGE_BYTES;
	uint32_t protection = NACRE_PROT_READ | (segment->flags & ELF_X ? NACRE_PROT_EXECUTE : 0);
	nacre_err_t error;

	/* Behind the file's bytes lie those of its neighbour, not zeroes. */
	if (segment->file_size != segment->memory_size)
		return spawn_refuse(load, NACRE_E_ARGUMENT, "a read-only segment is larger in memory than in the file");
	error = nacre_map_add(load->child->process, load->child->load_base + start, load->spec->image, offset, pages,
			      protection, NULL);
	return error ? spawn_refuse(load, error, NULL) : NACRE_E_OK;
}

/* --- pieces ------------------------------------------------------------------------------------------------ */

static void piece_fill(const struct spawn_load *load, const struct spawn_piece *piece, const struct elf_segment *segment)
{
	uintptr_t vaddr = (uintptr_t)segment->vaddr;
	uintptr_t from = max_size(piece->start, vaddr);
	uintptr_t to = min_size(piece->end, vaddr + (size_t)segment->file_size);

	if (from < to)
		memcpy((char *)piece->area.base + (from - piece->start),
		       load->elf.file + (size_t)segment->offset + (from - vaddr), to - from);
}

static nacre_err_t piece_make(struct spawn_load *load, const struct elf_segment *segment, uintptr_t start, uintptr_t end,
			      bool read_only)
{
	struct spawn_piece *piece = &load->pieces[load->piece_count];
	nacre_err_t error;

	if (start >= end)
		return NACRE_E_OK;
	*piece = (struct spawn_piece){ .start = start, .end = end, .read_only = read_only };
	error = nacre_area_create_from(&piece->area, load->spec->budget, (end - start) / NACRE_PAGE_BYTES,
				       NACRE_MEMORY_PRIVATE);
	if (error)
		return spawn_refuse(load, error, NULL);
	load->piece_count++;
	piece_fill(load, piece, segment);
	return NACRE_E_OK;
}

/* Cuts a writable segment where RELRO starts and stops. A page that RELRO has only part of stays writable. */
static nacre_err_t segment_make(struct spawn_load *load, const struct elf_segment *segment)
{
	uintptr_t start = align_down((uintptr_t)segment->vaddr, NACRE_PAGE_BYTES);
	uintptr_t end = align_up((uintptr_t)(segment->vaddr + segment->memory_size), NACRE_PAGE_BYTES);
	uintptr_t first = end, last = end;
	const struct elf_segment *relro = &load->relro;
	nacre_err_t error;

	if (relro->memory_size && relro->vaddr >= segment->vaddr && relro->vaddr < end) {
		first = relro->vaddr == segment->vaddr ? start : align_up((uintptr_t)relro->vaddr, NACRE_PAGE_BYTES);
		last = max_size(first, align_down((uintptr_t)(relro->vaddr + relro->memory_size), NACRE_PAGE_BYTES));
	}
	error = piece_make(load, segment, start, first, false);
	if (!error)
		error = piece_make(load, segment, first, last, true);
	if (!error)
		error = piece_make(load, segment, last, end, false);
	return error;
}

/* Where the bytes of a vaddr lie here, up to the end of its page. */
static uint8_t *local_at(const struct spawn_load *load, uint64_t vaddr)
{
	for (unsigned i = 0; i < load->piece_count; i++) {
		const struct spawn_piece *piece = &load->pieces[i];

		if (vaddr >= piece->start && vaddr < piece->end)
			return (uint8_t *)piece->area.base + ((uintptr_t)vaddr - piece->start);
	}
	return NULL;
}

void spawn_image_copy(const struct spawn_load *load, uint64_t vaddr, size_t size, void *to)
{
	while (size) {
		size_t run = min_size(size, NACRE_PAGE_BYTES - (size_t)vaddr % NACRE_PAGE_BYTES);
		const uint8_t *from = local_at(load, vaddr);

		if (!from)
			from = elf_at(&load->elf, vaddr, run);
		memcpy(to, from, run);
		to = (char *)to + run;
		vaddr += run;
		size -= run;
	}
}

/* --- relocation -------------------------------------------------------------------------------------------- */

/* An entry of the table as it lies in a file of this machine's width. */
struct entry {
	uintptr_t place, kind, addend;
};
enum { R_RISCV_RELATIVE = 3 };

/* Does the entry where it is the usual one with a place in a piece. */
static bool relocate_quickly(const struct spawn_load *load, const uint8_t *from)
{
	struct entry entry;
	uint8_t *to;

	memcpy(&entry, from, sizeof(entry));
	to = entry.kind == R_RISCV_RELATIVE && entry.place % sizeof(uintptr_t) == 0 ? local_at(load, entry.place) : NULL;
	if (to)
		*(uintptr_t *)(void *)to = load->child->load_base + entry.addend;
	return to;
}

/* What is not usual is padding, or the ELF reader knows a sentence for it. */
static nacre_err_t relocate(struct spawn_load *load)
{
	struct elf_relocation_table table;
	struct elf_relocation relocation;
	const char *fault = elf_relocations(&load->elf, &table);

	for (size_t i = 0; !fault && i < table.count; i++)
		if (!relocate_quickly(load, table.entries + i * sizeof(struct entry)) &&
		    (!elf_relocation(&load->elf, &table, i, &relocation) || !relocation.is_none))
			fault = table.fault ? table.fault : "it has a relocation outside its writable segments";
	return fault ? spawn_refuse(load, NACRE_E_ARGUMENT, fault) : NACRE_E_OK;
}

nacre_err_t spawn_image_load(struct spawn_load *load)
{
	nacre_err_t error;

	segments_read(load);
	error = range_reserve(load);
	for (unsigned i = 0; !error && i < load->load_count; i++)
		error = load->loads[i].flags & ELF_W ? segment_make(load, &load->loads[i])
						     : segment_map(load, &load->loads[i]);
	return error ? error : relocate(load);
}

nacre_err_t spawn_image_finish(struct spawn_load *load)
{
	nacre_err_t error = NACRE_E_OK;

	while (!error && load->piece_count) {
		struct spawn_piece *piece = &load->pieces[--load->piece_count];

		error = spawn_area_hand_over(load, &piece->area, load->child->load_base + piece->start,
					     NACRE_PROT_READ | (piece->read_only ? 0 : NACRE_PROT_WRITE));
	}
	return error;
}

void spawn_image_release(struct spawn_load *load)
{
	while (load->piece_count)
		nacre_area_destroy(&load->pieces[--load->piece_count].area);
	if (load->file.base)
		nacre_area_unmap(&load->file); /* its handle is the caller's */
}

uintptr_t spawn_image_address(const struct spawn_load *load, uint64_t offset, uint64_t size)
{
	for (const struct elf_segment *s = load->loads; s < load->loads + load->load_count; s++)
		if (offset >= s->offset && s->file_size >= size && offset - s->offset <= s->file_size - size)
			return load->child->load_base + (uintptr_t)(s->vaddr + (offset - s->offset));
	return 0;
}
