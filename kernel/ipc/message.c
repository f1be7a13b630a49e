/* message.c - headers, bytes and handles of messages. */
#include "ipc/message.h"
#include "object/memory.h"

static bool segments_valid(const struct abi_segment *segments, unsigned count, size_t limit)
{
	size_t total = 0;

	for (unsigned i = 0; i < count; i++) {
		if (segments[i].size > limit)
			return false;
		total += segments[i].size;
	}
	return total <= limit;
}

static err_t options_check(const struct abi_message *message, enum message_side side)
{
	if (message->in_count > LIMIT_SEGMENTS || message->out_count > LIMIT_SEGMENTS)
		return E_ARGUMENT;
	if (message->handle_count > LIMIT_HANDLES || message->accept > LIMIT_HANDLES || message->pages > PAGES_MOVE)
		return E_ARGUMENT;
	if (side != MESSAGE_CALL && (message->pages == PAGES_LEND || message->pages == PAGES_LEND_MUT))
		return E_ARGUMENT;
	if (side == MESSAGE_SEND && (message->out_count || message->accept))
		return E_ARGUMENT;
	return message_handle_total(message) > LIMIT_HANDLES ? E_ARGUMENT : E_OK;
}

void message_none(struct abi_message *message)
{
	/* The counts say which parts are used, and nobody reads others. */
	message->in_count = message->out_count = message->handle_count = message->accept = 0;
	message->pages = PAGES_NONE;
}

err_t message_read(const struct process *process, user_ptr_t address, enum message_side side, struct abi_message *message)
{
	size_t limit = side == MESSAGE_SEND ? LIMIT_SEND_BYTES : LIMIT_COPY_BYTES;
	err_t error;

	if (!address.address) {
		message_none(message);
		return E_OK;
	}
	error = copy_in(&process->space, message, address, sizeof *message);
	if (error)
		return error;
	error = options_check(message, side);
	if (error)
		return error;
	if (!segments_valid(message->in, message->in_count, limit))
		return E_TOO_LONG;
	return segments_valid(message->out, message->out_count, LIMIT_COPY_BYTES) ? E_OK : E_TOO_LONG;
}

static size_t segments_bytes(const struct abi_segment *segments, unsigned count)
{
	size_t total = 0;

	for (unsigned i = 0; i < count; i++)
		total += segments[i].size;
	return total;
}

size_t message_in_bytes(const struct abi_message *message)
{
	return segments_bytes(message->in, message->in_count);
}

size_t message_out_bytes(const struct abi_message *message)
{
	return segments_bytes(message->out, message->out_count);
}

/* Where byte `offset` of a list of segments lies, and how many follow it there. */
static user_ptr_t segment_at(const struct copy_side *side, size_t offset, size_t *room)
{
	unsigned i = 0;

	while (i + 1 < side->count && offset >= side->segments[i].size)
		offset -= side->segments[i++].size;
	*room = side->segments[i].size - offset;
	return (user_ptr_t){ side->segments[i].base + offset };
}

/* copy_across does not say which side failed: a source that cannot be read is the sender's fault. */
static err_t blame(const struct copy_side *from, user_ptr_t source, size_t size)
{
	return copy_check(from->space, source, size, false) ? E_ADDRESS : E_PEER_FAULT;
}

/* What one step copies: bytes that do not lie alike in their words cost many times more. */
static size_t step_bytes(user_ptr_t to, user_ptr_t from)
{
	return (to.address ^ from.address) % sizeof(uintptr_t) ? COPY_STEP / 8 : COPY_STEP;
}

err_t message_copy(const struct copy_side *to, const struct copy_side *from, size_t total, size_t *done)
{
	while (*done < total) {
		size_t size = total - *done, room, left;
		user_ptr_t target = segment_at(to, *done, &room);
		user_ptr_t source = segment_at(from, *done, &left);

		size = min_size(min_size(size, step_bytes(target, source)), min_size(room, left));
		if (copy_across(to->space, target, from->space, source, size))
			return blame(from, source, size);
		*done += size;
		if (*done < total && arch_interrupt_pending())
			return E_RESTART;
	}
	return E_OK;
}

unsigned message_handle_total(const struct abi_message *message)
{
	return message->handle_count + (message->pages == PAGES_MOVE);
}

user_ptr_t message_received_ptr(user_ptr_t message)
{
	return (user_ptr_t){ message.address + offsetof(struct abi_message, received) };
}

/* Private, mapped nowhere, and known by this one handle: then the sender keeps no way to it. */
static err_t move_check(const struct process *from, handle_t handle)
{
	struct handle_entry *entry;
	struct memory *memory;
	err_t error = handle_find(from, handle, OBJECT_MEMORY, RIGHT_TRANSFER, &entry);

	if (error)
		return error;
	memory = CONTAINER_OF(entry->object, struct memory, object);
	if (memory->backing.shared || !list_is_empty(&memory->backing.mappings) || memory->object.references != 1)
		return E_BUSY;
	return E_OK;
}

static err_t send_check(const struct process *from, handle_t handle)
{
	struct handle_entry *entry;
	err_t error = handle_find(from, handle, 0, RIGHT_TRANSFER, &entry);

	if (error)
		return error;
	return entry->object->type == OBJECT_SERVER && entry->rights & RIGHT_RECEIVE ? E_RIGHTS : E_OK;
}

err_t message_handles_check(const struct process *from, const struct abi_message *message, unsigned accept)
{
	err_t error;

	if (message_handle_total(message) > accept)
		return E_HANDLE_ROOM;
	for (unsigned i = 0; i < message->handle_count; i++) {
		error = send_check(from, message->send[i]);
		if (error)
			return error;
	}
	return message->pages == PAGES_MOVE ? move_check(from, (handle_t)message->page_base) : E_OK;
}

static void move_mark(struct handle_entry *entry)
{
	CONTAINER_OF(entry->object, struct memory, object)->moved = true;
}

unsigned message_handles_pass(struct process *from, struct process *to, const struct abi_message *message,
                              uint32_t received[LIMIT_HANDLES])
{
	struct handle_entry *entry;
	unsigned count = 0;

	for (; count < message->handle_count; count++) {
		entry = handle_entry(from, message->send[count]);
		received[count] = handle_add(to, entry->object, entry->rights);
	}
	if (message->pages == PAGES_MOVE) {
		entry = handle_entry(from, (handle_t)message->page_base);
		move_mark(entry);
		received[count++] = handle_add(to, entry->object, entry->rights);
		handle_close(from, entry);
	}
	return count;
}

void message_handles_hold(struct process *from, const struct abi_message *message, struct handle_entry *slots)
{
	struct handle_entry *entry;
	unsigned count = 0;

	for (; count < message->handle_count; count++) {
		entry = handle_entry(from, message->send[count]);
		handle_attach(&slots[count], entry->object, entry->rights);
	}
	if (message->pages == PAGES_MOVE) {
		entry = handle_entry(from, (handle_t)message->page_base);
		move_mark(entry);
		handle_attach(&slots[count], entry->object, entry->rights);
		handle_close(from, entry);
	}
}
