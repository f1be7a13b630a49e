/* interrupt.c - interrupts as messages. */
#include "ipc/interrupt.h"
#include "trace/trace.h"

struct interrupt_lines interrupt_lines;

void interrupt_init(struct interrupt **table, size_t count)
{
	interrupt_lines = (struct interrupt_lines){ table, count };
}

bool interrupt_line_free(uint32_t line)
{
	return line && line < interrupt_lines.count && !interrupt_lines.table[line];
}

err_t interrupt_new(struct budget *payer, uint32_t line, struct server *server, uintptr_t badge, unsigned priority,
                    struct interrupt **out)
{
	struct interrupt *interrupt = object_alloc(payer, OBJECT_INTERRUPT, sizeof *interrupt);

	if (!interrupt)
		return E_BUDGET;
	interrupt->line = line;
	interrupt_lines.table[line] = interrupt;
	notice_bind(&interrupt->notice, server, badge, priority);
	irq_enable(line);
	*out = interrupt;
	return E_OK;
}

void interrupt_fired(unsigned line)
{
	struct interrupt *interrupt = line < interrupt_lines.count ? interrupt_lines.table[line] : NULL;

	trace(TRACE_INTERRUPT, line, 0, 0);
	if (interrupt) /* else nobody listens: it stays masked */
		notice_post(&interrupt->notice, KIND_INTERRUPT, 1);
}

static void interrupt_mark(struct object *object)
{
	struct interrupt *interrupt = CONTAINER_OF(object, struct interrupt, object);

	irq_disable(interrupt->line);
	interrupt_lines.table[interrupt->line] = NULL;
	notice_unbind(&interrupt->notice);
}

static bool interrupt_step(struct object *object)
{
	(void)object;
	return true;
}

void interrupt_check(const struct object *object)
{
	struct interrupt *interrupt = CONTAINER_OF(object, struct interrupt, object);

	assert(object->dead || interrupt_lines.table[interrupt->line] == interrupt);
}

const struct object_type interrupt_type = { .mark = interrupt_mark, .step = interrupt_step };
