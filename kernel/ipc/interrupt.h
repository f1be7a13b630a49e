/* interrupt.h - an interrupt line as an ordinary event: bound to a server, masked from firing until acknowledged. */
#pragma once
#include "ipc/notice.h"
#include "object/device.h"

struct interrupt {
	struct object object;
	struct notice notice;
	uint32_t line;
};
extern const struct object_type interrupt_type;
void interrupt_check(const struct object *object);

void interrupt_init(struct interrupt **table, size_t lines); /* boot: one pointer a line */
extern struct interrupt_lines { struct interrupt **table; size_t count; } interrupt_lines;
bool interrupt_line_free(uint32_t line);
err_t interrupt_new(struct budget *payer, uint32_t line, struct server *server, uintptr_t badge, unsigned priority,
                    struct interrupt **out) must_use; /* E_BUDGET; the line is free; enables it */
void interrupt_fired(unsigned line); /* from the trap: the line is masked */
