/* plic.c - the platform-level interrupt controller (RISC-V PLIC specification 1.0).
 *
 * A line that was claimed is silent until it is completed, so claiming is all the masking there is: irq_enable
 * completes, and completing what was not claimed does nothing. (To complete at once and mask would latch a level-triggered line once more, and every interrupt would come
 * twice; and a completion for a masked line is ignored, so irq_enable unmasks first.)
 * All lines have the same priority: whom an interrupt overtakes is the message queue's business. */
#include "plic.h"

#include "base/bits.h"
#include "base/bytes.h"
#include "base/fdt.h"
#include "map.h"

#define LINES_MAX 1024
#define SUPERVISOR_EXTERNAL 9 /* the hart's own interrupt that a context drives */

#define ENABLES(context) (0x2000u + 0x80u * (context))       /* offsets from the base; one bit a line */
#define CONTROL(context) (0x200000u + 0x1000u * (context))   /* threshold, claim */

static struct {
	unsigned lines;
	volatile uint32_t *priority; /* one word a line */
	volatile uint32_t *enable;
	volatile uint32_t *control;  /* [0] threshold, [1] claim and complete */
} plic;
volatile uint32_t *arch_irq_complete;

unsigned irq_lines(void)
{
	return plic.lines;
}

void irq_enable(unsigned line)
{
	assert(line && line < plic.lines);
	plic.enable[line / 32] |= 1u << line % 32;
	irq_complete(line);
}

void irq_disable(unsigned line)
{
	assert(line && line < plic.lines);
	plic.enable[line / 32] &= ~(1u << line % 32);
}

unsigned plic_claim(void)
{
	return plic.lines ? plic.control[1] : 0;
}

/* The phandle of the controller inside this hart, or 0. */
static uint32_t hart_controller(const struct fdt *tree, uintptr_t hart)
{
	const struct fdt_node *cpu = NULL, *child = NULL;
	struct fdt_property property;

	while ((cpu = fdt_find_type(tree, cpu, "cpu")))
		if (fdt_u64(tree, cpu, "reg", UINT64_MAX) == hart)
			break;
	while (cpu && (child = fdt_child(tree, cpu, child)))
		if (fdt_property(tree, child, "interrupt-controller", &property))
			return fdt_u32(tree, child, "phandle", 0);
	return 0;
}

/* Which context is ours: its place among the rows (controller, interrupt) of interrupts-extended. */
static bool context_find(const struct fdt *tree, const struct fdt_node *node, uint32_t controller, unsigned *context)
{
	struct fdt_property rows;

	if (!fdt_property(tree, node, "interrupts-extended", &rows))
		return false;
	for (*context = 0; *context < rows.size / 8; ++*context, rows.data += 8)
		if (load_be32(rows.data) == controller && load_be32(rows.data + 4) == SUPERVISOR_EXTERNAL)
			return true;
	return false;
}

/* Maps the page that a register lies in. */
static volatile uint32_t *registers_map(unsigned page, paddr_t base)
{
	uintptr_t address = DEVICE_BASE + page * PAGE_SIZE;

	map_range(address, align_down(base, PAGE_SIZE), PAGE_SIZE, MAP_WRITE);
	return (volatile uint32_t *)(address + (base & (PAGE_SIZE - 1)));
}

static void lines_init(unsigned lines)
{
	plic.lines = lines;
	plic.control[0] = 0;
	for (unsigned line = 1; line < lines; line++) {
		plic.priority[line] = 1;
		irq_disable(line);
	}
}

void plic_init(const struct fdt *tree, uintptr_t hart)
{
	const struct fdt_node *node = fdt_find_compatible(tree, NULL, "sifive,plic-1.0.0");
	struct fdt_range range;
	unsigned context;

	if (!node)
		node = fdt_find_compatible(tree, NULL, "riscv,plic0");
	if (!node || !fdt_reg(tree, node, 0, &range) || !context_find(tree, node, hart_controller(tree, hart), &context))
		return;
	plic.priority = registers_map(0, (paddr_t)range.start);
	plic.enable = registers_map(1, (paddr_t)range.start + ENABLES(context));
	plic.control = registers_map(2, (paddr_t)range.start + CONTROL(context));
	arch_irq_complete = &plic.control[1];
	lines_init((unsigned)min_size(fdt_u32(tree, node, "riscv,ndev", 0), LINES_MAX - 1) + 1);
}
