/* spawn_parts.h - what the parts of the loader share: spawn.c (order and cleaning up), spawn_image.c (segments),
 * spawn_stack.c (the first thread's stack and startup block). Not for programs. */
#pragma once
#include "base/elf.h"
#include "nacre/area.h"
#include "nacre/spawn.h"

/* A stretch of a writable segment: private memory, mapped here while it is filled. */
struct spawn_piece {
	uintptr_t start, end;      /* vaddr in the file, page aligned */
	bool read_only;            /* in the child: its RELRO part */
	struct nacre_area area;
};

/* Each segment is one piece, and the one that RELRO lies in up to three. */
enum { SPAWN_PIECES_MAX = ELF_LOADS_MAX + 2 };

struct spawn_load {
	const struct nacre_spawn *spec;
	struct nacre_child *child;
	struct elf elf;
	struct elf_segment loads[ELF_LOADS_MAX]; /* read once: reading a header anew costs hundreds of instructions */
	unsigned load_count;
	struct elf_segment relro, tls; /* all zero: there is none */
	struct nacre_area file;    /* the loader's own mapping of it, where the caller brought none */
	struct spawn_piece pieces[SPAWN_PIECES_MAX];
	unsigned piece_count;
	const char *why;           /* the sentence, where something was refused */
};

/* Notes the sentence and hands the error on. NULL: the error's own sentence says it. */
nacre_err_t spawn_refuse(struct spawn_load *load, nacre_err_t error, const char *sentence);

/* Reserves the child's range, maps what is mapped in place, makes, fills and relocates the pieces. */
nacre_err_t spawn_image_load(struct spawn_load *load);

/* Moves the pieces over into the child. */
nacre_err_t spawn_image_finish(struct spawn_load *load);

/* Gives up whatever of the file and the pieces is still mapped here. */
void spawn_image_release(struct spawn_load *load);

/* Copies relocated bytes of the program, from wherever they lie now. */
void spawn_image_copy(const struct spawn_load *load, uint64_t vaddr, size_t size, void *to);

/* The child's address of a place in the file that one of its segments loads; 0 where none does. */
uintptr_t spawn_image_address(const struct spawn_load *load, uint64_t offset, uint64_t size);

/* Makes the stack with all that lies above it, and maps it into the child. Places the handles. */
nacre_err_t spawn_stack_make(struct spawn_load *load);

/* Unmaps an area here and maps it there, inside a reservation of the child's. The handle is closed either way. */
nacre_err_t spawn_area_hand_over(struct spawn_load *load, struct nacre_area *area, uintptr_t base, uint32_t protection);
