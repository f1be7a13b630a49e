/* tls.c - thread-local storage: arithmetic, and filling a block. */
#include "nacre/tls.h"
#include "base/bits.h"
#include "base/elf.h"
#include "base/string.h"
#include "nacre/startup.h"

static size_t alignment_of(const struct nacre_tls_template *tls)
{
	return max_size(tls->alignment, NACRE_TLS_ALIGNMENT);
}

size_t nacre_tls_block_size(const struct nacre_tls_template *tls)
{
	return alignment_of(tls) - 1 + sizeof(struct nacre_tcb) + tls->size;
}

uintptr_t nacre_tls_place(const struct nacre_tls_template *tls, uintptr_t base)
{
	return align_up(base + sizeof(struct nacre_tcb), alignment_of(tls));
}

void nacre_tls_fill(const struct nacre_tls_template *tls, void *tp, uintptr_t guard)
{
	struct nacre_tcb *tcb = (struct nacre_tcb *)tp - 1;

	tcb->thread = NULL;
	tcb->guard = guard;
	if (tls->image_size)
		memcpy(tp, tls->image, tls->image_size);
	memset((char *)tp + tls->image_size, 0, tls->size - tls->image_size);
}

/* Program headers look the same in memory as in a file, and the ELF reader touches nothing but them here. */
struct nacre_tls_template nacre_tls_own(void)
{
	const struct nacre_startup *startup = nacre_startup();
	const struct elf self = { .file = (const uint8_t *)startup->headers, .width = ELF_NATIVE,
				  .segment_count = startup->header_count };
	struct elf_segment tls;

	if (!elf_find(&self, ELF_TLS, &tls))
		return (struct nacre_tls_template){ 0 };
	return (struct nacre_tls_template){
		.image = (const void *)(startup->load_base + (uintptr_t)tls.vaddr),
		.image_size = (size_t)tls.file_size,
		.size = (size_t)tls.memory_size,
		.alignment = (size_t)tls.alignment,
	};
}
