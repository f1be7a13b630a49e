/* window.c - receive windows. */
#include "ipc/window.h"

_Static_assert(WINDOW_SLOTS <= 32, "one bit each");

err_t window_create(struct process *process)
{
	struct window *window;
	err_t error;

	if (process->window || process->phase >= PROCESS_ENDING)
		return E_STATE;
	window = slab_alloc(process->space.account, sizeof *window);
	if (!window)
		return E_BUDGET;
	window->sacrifice = account_page(process->space.account, FRAME_DATA);
	if (!window->sacrifice) {
		slab_free(window);
		return E_BUDGET;
	}
	error = space_window_create(&process->space);
	if (error) {
		account_page_free(process->space.account, window->sacrifice);
		slab_free(window);
		return error;
	}
	window->process = process;
	window->base = window_slot(&process->space, 0);
	window->entries = table_leaf(process->space.root, window->base);
	window->free = WINDOW_SLOTS == 32 ? UINT32_MAX : (1u << WINDOW_SLOTS) - 1;
	for (unsigned i = 0; i < WINDOW_SLOTS; i++)
		list_init(&window->slots[i].link);
	process->window = window;
	return E_OK;
}

int window_take(struct window *window, struct connection *connection, token_t token)
{
	unsigned slot = (unsigned)__builtin_ctz(window->free);

	window->free &= ~(1u << slot);
	window->slots[slot] = (struct window_slot){ .connection = connection, .token = token };
	list_init(&window->slots[slot].link);
	list_append(&connection->loans_list, &window->slots[slot].link);
	connection->loans_out++;
	return (int)slot;
}

void window_slot_release(struct window *window, unsigned slot)
{
	struct window_slot *record = &window->slots[slot];

	if (record->connection)
		record->connection->loans_out--;
	list_remove(&record->link);
	*record = (struct window_slot){ 0 };
	list_init(&record->link);
	window->free |= 1u << slot;
}

static void entries_clear(struct window *window, unsigned slot)
{
	paddr_t root = window->process->space.root;
	unsigned first = slot * WINDOW_SLOT_PAGES;

	for (unsigned i = 0; i < window->slots[slot].pages; i++) {
		window->entries[first + i] = 0;
		arch_tlb_flush_page(root, window->base + (first + i) * PAGE_SIZE);
	}
}

void window_let_go(struct process *process, token_t token)
{
	struct window *window = process->window;

	if (!window || !token)
		return;
	for (unsigned slot = 0; slot < WINDOW_SLOTS; slot++) {
		if (window->slots[slot].token != token || !window->slots[slot].revoked)
			continue;
		entries_clear(window, slot);
		window_slot_release(window, slot);
		return;
	}
}

void window_connection_gone(struct connection *connection)
{
	struct list *node;

	while ((node = list_pop(&connection->loans_list)))
		LIST_ENTRY(node, struct window_slot, link)->connection = NULL;
	connection->loans_out = 0;
}

bool window_step(struct process *process)
{
	struct window *window = process->window;

	if (!window)
		return true;
	for (unsigned slot = 0; slot < WINDOW_SLOTS; slot++) {
		if (window->free >> slot & 1)
			continue;
		entries_clear(window, slot);
		window_slot_release(window, slot);
		return false;
	}
	account_page_free(process->space.account, window->sacrifice);
	slab_free(window);
	process->window = NULL;
	return true;
}
