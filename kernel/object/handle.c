/* handle.c - handle tables. */
#include "object/handle.h"
#include "object/process.h"

_Static_assert(sizeof(struct handle_entry) == 32, "an index is a shift away from its entry");

struct handle_entry *handle_entry_at(const struct process *process, uint32_t index)
{
	const struct handle_table *table = &process->handles;
	uint32_t page = index / HANDLES_PER_PAGE;

	if (page >= table->pages)
		return NULL;
	return (page ? table->directory[page] : table->first) + index % HANDLES_PER_PAGE;
}

struct handle_entry *handle_entry(const struct process *process, handle_t handle)
{
	struct handle_entry *entry = handle_entry_at(process, handle & HANDLE_INDEX_MASK);

	return entry && handle && entry->key == handle ? entry : NULL;
}

err_t handle_find(const struct process *process, handle_t handle, unsigned type, uint32_t rights,
                  struct handle_entry **out)
{
	struct handle_entry *entry = handle_entry(process, handle);

	if (!entry)
		return E_BAD_HANDLE;
	if (!entry->object || entry->object->dead)
		return E_PEER_GONE;
	if (type && entry->object->type != type)
		return E_WRONG_TYPE;
	if ((entry->rights & rights) != rights)
		return E_RIGHTS;
	*out = entry;
	return E_OK;
}

/* Free entries are a stack through link.next, so a process that opens and closes stays in few lines of cache. */
static void entry_push(struct handle_table *table, struct handle_entry *entry, handle_t next)
{
	entry->key = 0;
	entry->object = NULL;
	entry->rights = next;
	entry->link.next = (struct list *)table->free;
	table->free = entry;
	table->free_count++;
}

static void page_add(struct handle_table *table, struct handle_entry *entries)
{
	uint32_t page = table->pages++;

	if (page)
		table->directory[page] = entries;
	else
		table->first = entries;
	for (uint32_t i = HANDLES_PER_PAGE; i-- > 0;)
		entry_push(table, &entries[i], HANDLE_FIRST_GENERATION | (page * HANDLES_PER_PAGE + i));
}

err_t handle_table_init(struct process *process)
{
	paddr_t page = account_page_raw(process->space.account, FRAME_KERNEL);

	if (!page)
		return E_BUDGET;
	page_add(&process->handles, pa_to_kva(page));
	return E_OK;
}

/* The first page beyond the first needs the directory too: both or neither. */
static err_t table_grow(struct process *process)
{
	struct handle_table *table = &process->handles;
	struct account *account = process->space.account;

	if (table->pages == HANDLE_PAGES)
		return E_HANDLE_ROOM;
	if (account_left(account) < 1u + !table->directory)
		return E_BUDGET;
	if (!table->directory)
		table->directory = pa_to_kva(account_page(account, FRAME_KERNEL));
	page_add(table, pa_to_kva(account_page_raw(account, FRAME_KERNEL)));
	return E_OK;
}

err_t handle_reserve(struct process *process, unsigned count)
{
	struct handle_table *table = &process->handles;
	err_t error;

	while (table->free_count - table->reserved < count) {
		error = table_grow(process);
		if (error)
			return error;
	}
	table->reserved += count;
	return E_OK;
}

void handle_unreserve(struct process *process, unsigned count)
{
	assert(process->handles.reserved >= count);
	process->handles.reserved -= count;
}

handle_t handle_add(struct process *process, struct object *object, uint32_t rights)
{
	struct handle_table *table = &process->handles;
	struct handle_entry *entry = table->free;

	assert(entry && table->reserved > 0);
	table->free = (struct handle_entry *)entry->link.next;
	table->free_count--;
	table->reserved--;
	table->used++;
	entry->key = entry->rights;
	handle_attach(entry, object, rights);
	return entry->key;
}

void handle_attach(struct handle_entry *entry, struct object *object, uint32_t rights)
{
	entry->rights = rights;
	entry->object = object;
	list_append(&object->handles, &entry->link);
	object_hold(object);
	if (object_types[object->type]->handle_added)
		object_types[object->type]->handle_added(object, rights);
}

void handle_detach(struct handle_entry *entry)
{
	struct object *object = entry->object;

	if (!object)
		return;
	list_remove(&entry->link);
	entry->object = NULL;
	if (object_types[object->type]->handle_removed)
		object_types[object->type]->handle_removed(object, entry->rights);
	object_release(object);
}

void handle_close(struct process *process, struct handle_entry *entry)
{
	handle_t next = entry->key + HANDLE_FIRST_GENERATION; /* wraps to generation 0: retire */

	handle_detach(entry);
	process->handles.used--;
	entry->key = 0;
	if (next >= HANDLE_FIRST_GENERATION)
		entry_push(&process->handles, entry, next);
}

void handle_orphan(struct handle_entry *entry)
{
	handle_detach(entry);
	entry->rights = 0;
}

enum { CLOSES_PER_STEP = 16 };

static void pages_free(struct process *process)
{
	struct handle_table *table = &process->handles;

	while (table->pages > 1)
		account_page_free(process->space.account, kva_to_pa(table->directory[--table->pages]));
	if (table->directory)
		account_page_free(process->space.account, kva_to_pa(table->directory));
	if (table->pages)
		account_page_free(process->space.account, kva_to_pa(table->first));
	*table = (struct handle_table){ 0 };
}

/* Looks at a bounded number of slots a step; table->cursor remembers how far it came. */
bool handle_table_empty(struct process *process)
{
	struct handle_table *table = &process->handles;

	for (int i = 0; i < CLOSES_PER_STEP && table->used; i++) {
		struct handle_entry *entry = handle_entry_at(process, table->cursor++);

		assert(entry);
		if (entry->key)
			handle_close(process, entry);
	}
	if (table->used)
		return false;
	pages_free(process);
	return true;
}

void handle_generation_set(struct process *process, uint32_t generation)
{
	struct handle_entry *entry = process->handles.free;

	for (; entry; entry = (struct handle_entry *)entry->link.next)
		entry->rights = generation << HANDLE_INDEX_BITS | (entry->rights & HANDLE_INDEX_MASK);
}

static void entry_check(const struct process *process, const struct handle_entry *entry, uint32_t index)
{
	assert((entry->key & HANDLE_INDEX_MASK) == index);
	assert(!entry->object || (entry->link.next->prev == &entry->link && entry->link.prev->next == &entry->link));
	(void)process;
}

void handle_check(const struct process *process)
{
	const struct handle_table *table = &process->handles;
	uint32_t used = 0, free = 0;

	for (uint32_t i = 0; i < table->pages * HANDLES_PER_PAGE; i++) {
		const struct handle_entry *entry = handle_entry_at(process, i);

		if (entry->key) {
			entry_check(process, entry, i);
			used++;
		}
	}
	for (const struct handle_entry *e = table->free; e; e = (const struct handle_entry *)e->link.next)
		free++;
	assert(used == table->used);
	assert(free == table->free_count && table->reserved <= free);
}
