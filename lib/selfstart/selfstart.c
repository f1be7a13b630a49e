/* selfstart.c - relocation, thread-local storage and a startup block, made by the program itself.
 *
 *     high   what the kernel put there: struct nacre_boot_info, the list of devices
 *            struct block: startup block, its handles and argv
 *            thread-local storage; below tp struct nacre_tcb
 *     low    sp
 *
 * entry.S calls these functions one after the other. Until the last one the guard value is zero, and no function
 * is left in which it changed but that one, which is not protected and does not return. */
#include "selfstart/selfstart.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "base/elf.h"
#include "base/sha256.h"
#include "base/string.h"
#include "nacre/start.h"
#include "nacre/tls.h"

struct dynamic_entry {
	uintptr_t tag, value;
};

struct relocation {
	uintptr_t place, kind, addend;
};

enum {
	DT_NULL = 0, DT_RELA = 7, DT_RELASZ = 8, R_RISCV_RELATIVE = 3,
	/* Where the ELF header says where its program headers are, and how many. */
	PHOFF_AT = ELF_NATIVE == 32 ? 28 : 32, PHNUM_AT = ELF_NATIVE == 32 ? 44 : 56,
};

struct block {
	struct nacre_startup startup;
	struct nacre_startup_handle handles[2];
	char *argv[2], *envp[1];
	char name[8];
};

void nacre_selfstart_relocate(const struct nacre_boot_info *boot, const struct dynamic_entry *dynamic);
size_t nacre_selfstart_size(const struct nacre_boot_info *boot);
void *nacre_selfstart_tls(const struct nacre_boot_info *boot, char *room);
void nacre_selfstart_go(const struct nacre_boot_info *boot, char *room)
	__attribute__((noreturn, no_stack_protector));

/* The linker makes no other kind (the image builder checks that), but pads the table with R_RISCV_NONE. */
void nacre_selfstart_relocate(const struct nacre_boot_info *boot, const struct dynamic_entry *dynamic)
{
	uintptr_t base = boot->load_base, table = 0, bytes = 0;

	for (; dynamic->tag != DT_NULL; dynamic++) {
		if (dynamic->tag == DT_RELA)
			table = base + dynamic->value;
		else if (dynamic->tag == DT_RELASZ)
			bytes = dynamic->value;
	}
	for (const struct relocation *r = (void *)table; (uintptr_t)r < table + bytes; r++)
		if (r->kind == R_RISCV_RELATIVE)
			*(uintptr_t *)(base + r->place) = base + r->addend;
}

/* The first segment maps the file's headers, too. */
static struct elf self(const struct nacre_boot_info *boot)
{
	const uint8_t *file = (const uint8_t *)boot->load_base;

	return (struct elf){ .file = file, .width = ELF_NATIVE, .segment_count = load_le16(file + PHNUM_AT),
			     .segments_at = load_le32(file + PHOFF_AT) };
}

static struct nacre_tls_template tls_of(const struct nacre_boot_info *boot)
{
	const struct elf elf = self(boot);
	struct elf_segment tls;

	if (!elf_find(&elf, ELF_TLS, &tls))
		return (struct nacre_tls_template){ 0 };
	return (struct nacre_tls_template){ (const void *)(boot->load_base + (uintptr_t)tls.vaddr), (size_t)tls.file_size,
					    (size_t)tls.memory_size, (size_t)tls.alignment };
}

static size_t block_offset(const struct nacre_tls_template *tls)
{
	return align_up(nacre_tls_block_size(tls), 16);
}

size_t nacre_selfstart_size(const struct nacre_boot_info *boot)
{
	const struct nacre_tls_template tls = tls_of(boot);

	return block_offset(&tls) + sizeof(struct block);
}

void *nacre_selfstart_tls(const struct nacre_boot_info *boot, char *room)
{
	const struct nacre_tls_template tls = tls_of(boot);
	void *tp = (void *)nacre_tls_place(&tls, (uintptr_t)room);

	nacre_tls_fill(&tls, tp, 0);
	return tp;
}

/* Two secrets out of the kernel's seed, which neither gives away: the seed itself is for the rng server. */
static void secrets_make(const struct nacre_boot_info *boot, struct nacre_startup *startup, uintptr_t *guard)
{
	uint8_t digest[SHA256_BYTES];
	struct sha256 hash;

	for (uint8_t purpose = 0; purpose < 2; purpose++) {
		sha256_init(&hash);
		sha256_update(&hash, boot->seed, sizeof(boot->seed));
		sha256_update(&hash, &purpose, 1);
		sha256_finish(&hash, digest);
		memcpy(purpose ? (void *)guard : startup->random, digest, purpose ? sizeof(*guard) : sizeof(digest));
	}
	*guard &= ~(uintptr_t)0xff; /* a NUL in it stops the overflows that copy strings */
}

static uint32_t own_priority(nacre_handle_t process)
{
	struct nacre_thread_state state = { 0 };

	nacre_process_thread(process, 0, &state);
	return state.priority;
}

static void block_fill(const struct nacre_boot_info *boot, struct block *block)
{
	const struct elf elf = self(boot);

	*block = (struct block){
		.startup = {
			.version = NACRE_STARTUP_VERSION, .size = sizeof(block->startup), .argc = 1, .handle_count = 2,
			.argv = block->argv, .envp = block->envp, .handles = block->handles,
			.load_base = boot->load_base, .headers = boot->load_base + elf.segments_at,
			.header_count = elf.segment_count, .priority = own_priority(boot->process), .boot_info = boot,
		},
		.handles = { { "process", boot->process }, { "budget", boot->budget } },
		.argv = { block->name }, .name = "init",
	};
}

void nacre_selfstart_go(const struct nacre_boot_info *boot, char *room)
{
	const struct nacre_tls_template tls = tls_of(boot);
	struct block *block = (void *)(room + block_offset(&tls));
	uintptr_t guard = 0;

	block_fill(boot, block);
	secrets_make(boot, &block->startup, &guard);
	nacre_tcb()->guard = guard;
	nacre_start(&block->startup);
}
