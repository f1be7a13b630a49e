/* files.c - the methods of the protocol of files (idl/files.nid). */
#include "files.h"
#include <string.h>
#include "base/bits.h"
#include "client.h"
#include "content.h"
#include "directory.h"
#include "lock.h"
#include "tree.h"

enum { MODE_MASK = 0777 };

/* --- what a number stands for -------------------------------------------------------------------------- */

static uint8_t client_in(const struct nacre_request *request)
{
	uint8_t client = 0;

	client_of(request->badge, &client); /* or it would not have come here */
	return client;
}

static struct open_file *file_in(const struct nacre_request *request, uint32_t number)
{
	return open_find(client_in(request), number);
}

/* The node of a directory that paths start from. */
static nacre_status_t directory_in(const struct nacre_request *request, uint32_t number, uint32_t *node)
{
	const struct open_file *file;

	*node = ROOT_NODE;
	if (number == FILES_ROOT)
		return STATUS_OK;
	file = file_in(request, number);
	if (!file)
		return FILES_NOT_OPEN;
	*node = file->node;
	return nodes[*node].kind == NODE_DIRECTORY ? STATUS_OK : FILES_NOT_DIRECTORY;
}

/* The node of an open file that may be read or written so. */
static nacre_status_t content_in(const struct nacre_request *request, uint32_t number, uint32_t opening, struct node **node)
{
	const struct open_file *file = file_in(request, number);

	if (!file)
		return FILES_NOT_OPEN;
	*node = &nodes[file->node];
	if ((*node)->kind == NODE_DIRECTORY)
		return FILES_IS_DIRECTORY;
	return file->flags & opening ? STATUS_OK : FILES_NOT_OPEN;
}

/* --- opening ------------------------------------------------------------------------------------------- */

static nacre_status_t open_there(uint32_t number, uint32_t flags)
{
	if (flags & FILES_OPENING_CREATE && flags & FILES_OPENING_EXCLUSIVE)
		return STATUS_EXISTS;
	if (nodes[number].kind == NODE_DIRECTORY)
		return flags & (FILES_OPENING_WRITABLE | FILES_OPENING_CREATE) ? FILES_IS_DIRECTORY : STATUS_OK;
	return flags & FILES_OPENING_ONLY_DIRECTORY ? FILES_NOT_DIRECTORY : STATUS_OK;
}

static nacre_status_t open_new(struct path *path, uint8_t client, uint32_t flags, uint16_t mode)
{
	if (!(flags & FILES_OPENING_CREATE))
		return STATUS_NOT_FOUND;
	if (path->must_be_directory || flags & FILES_OPENING_ONLY_DIRECTORY)
		return FILES_IS_DIRECTORY;
	return tree_make(path, client, NODE_FILE, mode, &path->node);
}

/* Takes back what open_new made. */
static void open_undo(const struct path *path)
{
	struct place place;

	if (!directory_find(&nodes[path->parent], path->name, path->name_size, &place))
		return;
	directory_remove(path->parent, &place);
	node_settle(path->node);
}

static nacre_status_t open_path(struct path *path, uint8_t client, uint32_t flags, uint16_t mode, uint32_t *number)
{
	bool is_new = !path->node;
	nacre_status_t status = is_new ? open_new(path, client, flags, mode) : open_there(path->node, flags);

	if (status)
		return status;
	status = open_add(client, path->node, (uint8_t)flags, number);
	if (status && is_new)
		open_undo(path);
	if (status || is_new)
		return status;
	if (flags & FILES_OPENING_TRUNCATE && flags & FILES_OPENING_WRITABLE && nodes[path->node].size)
		content_resize(&nodes[path->node], 0);
	return STATUS_OK;
}

static nacre_status_t files_open(struct nacre_request *request, const struct files_open_in *in, struct files_open_out *out)
{
	uint32_t directory;
	struct path path;
	nacre_status_t status = directory_in(request, in->directory, &directory);

	if (!status)
		status = path_find(directory, in->path, in->path_size, &path);
	if (!status)
		status = open_path(&path, client_in(request), in->opening, in->mode & MODE_MASK, &out->file);
	if (status)
		return status;
	out->kind = nodes[path.node].kind == NODE_DIRECTORY ? FILES_KIND_DIRECTORY : FILES_KIND_FILE;
	return STATUS_OK;
}

static nacre_status_t files_close(struct nacre_request *request, const struct files_close_in *in)
{
	struct open_file *file = file_in(request, in->file);

	if (!file)
		return FILES_NOT_OPEN;
	open_close(file);
	return STATUS_OK;
}

/* --- content ------------------------------------------------------------------------------------------- */

static nacre_status_t files_read(struct nacre_request *request, const struct files_read_in *in, struct files_read_out *out)
{
	struct node *node;
	nacre_status_t status = content_in(request, in->file, FILES_OPENING_READABLE, &node);

	if (status)
		return status;
	out->bytes = request->server->buffer;
	out->bytes_size = content_read(node, in->offset, request->server->buffer, in->room.run);
	return STATUS_OK;
}

static nacre_status_t files_read_pages(struct nacre_request *request, const struct files_read_pages_in *in,
				       struct files_read_pages_out *out)
{
	struct node *node;
	nacre_status_t status = content_in(request, in->file, FILES_OPENING_READABLE, &node);

	if (!status)
		out->count = (uint32_t)content_read(node, in->offset, in->to, in->to_size);
	return status;
}

struct written {
	uint32_t count;
	uint64_t behind;
};

static nacre_status_t write_from(struct nacre_request *request, uint32_t number, uint64_t offset, uint32_t writing,
				 const void *from, size_t size, struct written *out)
{
	struct node *node;
	size_t written;
	nacre_status_t status = content_in(request, number, FILES_OPENING_WRITABLE, &node);

	if (status)
		return status;
	if (writing & FILES_WRITING_AT_END)
		offset = node->size;
	status = content_write(node, client_in(request), offset, from, size, &written);
	*out = (struct written){ .count = (uint32_t)written, .behind = offset + written };
	return status;
}

static nacre_status_t files_write(struct nacre_request *request, const struct files_write_in *in, struct files_write_out *out)
{
	struct written written = { 0 };
	nacre_status_t status = write_from(request, in->file, in->offset, in->writing, in->bytes, in->bytes_size, &written);

	*out = (struct files_write_out){ .count = written.count, .behind = written.behind };
	return status;
}

static nacre_status_t files_write_pages(struct nacre_request *request, const struct files_write_pages_in *in,
					struct files_write_pages_out *out)
{
	struct written written = { 0 };
	nacre_status_t status = write_from(request, in->file, in->offset, in->writing, in->from, in->from_size, &written);

	*out = (struct files_write_pages_out){ .count = written.count, .behind = written.behind };
	return status;
}

static nacre_status_t files_resize(struct nacre_request *request, const struct files_resize_in *in)
{
	struct node *node;
	nacre_status_t status = content_in(request, in->file, FILES_OPENING_WRITABLE, &node);

	return status ? status : content_resize(node, in->bytes);
}

static nacre_status_t files_sync(struct nacre_request *request, const struct files_sync_in *in)
{
	return file_in(request, in->file) ? STATUS_OK : FILES_NOT_OPEN; /* what is written is where it stays */
}

/* --- state --------------------------------------------------------------------------------------------- */

static void state_set(struct files_state *state, uint32_t number)
{
	const struct node *node = &nodes[number];

	state->kind = node->kind == NODE_DIRECTORY ? FILES_KIND_DIRECTORY : FILES_KIND_FILE;
	state->mode = node->mode;
	state->links = node->links;
	state->number = number;
	state->bytes = node->size;
	state->pages = node->pages;
	state->modified_ns = node->modified_ns;
	state->changed_ns = node->changed_ns;
}

static nacre_status_t files_state_of(struct nacre_request *request, const struct files_state_in *in, struct files_state_out *out)
{
	const struct open_file *file = file_in(request, in->file);

	if (!file)
		return FILES_NOT_OPEN;
	state_set(&out->state, file->node);
	return STATUS_OK;
}

static nacre_status_t files_look(struct nacre_request *request, const struct files_look_in *in, struct files_look_out *out)
{
	uint32_t directory;
	struct path path = { 0 };
	nacre_status_t status = directory_in(request, in->directory, &directory);

	if (!status)
		status = path_find_there(directory, in->path, in->path_size, &path);
	if (!status)
		state_set(&out->state, path.node);
	return status;
}

static nacre_status_t files_change(struct nacre_request *request, const struct files_change_in *in)
{
	const struct open_file *file = file_in(request, in->file);
	struct node *node;

	if (!file)
		return FILES_NOT_OPEN;
	node = &nodes[file->node];
	node_touch(node, false);
	if (in->changing & FILES_CHANGING_MODE)
		node->mode = in->mode & MODE_MASK;
	if (in->changing & FILES_CHANGING_TIME)
		node->modified_ns = in->modified_ns;
	return STATUS_OK;
}

static nacre_status_t files_space(struct nacre_request *request, const struct files_space_in *in, struct files_space_out *out)
{
	uint32_t pages = store->pages - store->first_page;

	(void)in;
	out->space.page_bytes = PAGE_BYTES;
	out->space.pages = pages;
	out->space.pages_free = store->pages_free;
	out->space.files = store->node_count;
	out->space.files_free = store->nodes_free;
	out->space.own_pages = store->clients[client_in(request)].pages;
	out->space.own_limit = share_of(pages);
	return STATUS_OK;
}

/* --- names --------------------------------------------------------------------------------------------- */

static nacre_status_t files_make_directory(struct nacre_request *request, const struct files_make_directory_in *in)
{
	uint32_t directory, number;
	struct path path;
	nacre_status_t status = directory_in(request, in->directory, &directory);

	if (!status)
		status = path_find(directory, in->path, in->path_size, &path);
	if (!status && path.node)
		status = STATUS_EXISTS;
	return status ? status : tree_make(&path, client_in(request), NODE_DIRECTORY, in->mode & MODE_MASK, &number);
}

static nacre_status_t files_remove(struct nacre_request *request, const struct files_remove_in *in)
{
	struct span_of_text path = { in->path, in->path_size };
	uint32_t directory;
	nacre_status_t status = directory_in(request, in->directory, &directory);

	return status ? status : tree_remove(directory, path, in->kind);
}

static nacre_status_t files_rename(struct nacre_request *request, const struct files_rename_in *in)
{
	struct span_of_text from = { in->from, in->from_size }, to = { in->to, in->to_size };
	uint32_t from_directory, to_directory;
	nacre_status_t status = directory_in(request, in->from_directory, &from_directory);

	if (!status)
		status = directory_in(request, in->to_directory, &to_directory);
	return status ? status : tree_rename(client_in(request), from_directory, from, to_directory, to);
}

static nacre_status_t files_link(struct nacre_request *request, const struct files_link_in *in)
{
	struct span_of_text from = { in->from, in->from_size }, to = { in->to, in->to_size };
	uint32_t from_directory, to_directory;
	nacre_status_t status = directory_in(request, in->from_directory, &from_directory);

	if (!status)
		status = directory_in(request, in->to_directory, &to_directory);
	return status ? status : tree_link(client_in(request), from_directory, from, to_directory, to);
}

static nacre_status_t files_list(struct nacre_request *request, const struct files_list_in *in, struct files_list_out *out)
{
	const struct open_file *file = file_in(request, in->file);
	bool more;

	if (!file)
		return FILES_NOT_OPEN;
	if (nodes[file->node].kind != NODE_DIRECTORY)
		return FILES_NOT_DIRECTORY;
	out->entries = request->server->buffer;
	out->entries_size = directory_list(&nodes[file->node], in->position, request->server->buffer, in->room.run, &more);
	if (out->entries_size)
		return STATUS_OK;
	return more ? (nacre_status_t)NACRE_E_TOO_LONG : (nacre_status_t)STATUS_END;
}

/* --- locks --------------------------------------------------------------------------------------------- */

static nacre_status_t lock_in(const struct nacre_request *request, uint32_t number, const struct files_range *asked,
			      struct range_lock *lock)
{
	const struct open_file *file = file_in(request, number);

	if (!file)
		return FILES_NOT_OPEN;
	if (nodes[file->node].kind != NODE_FILE)
		return FILES_IS_DIRECTORY;
	*lock = (struct range_lock){
		.start = asked->start, .last = asked->bytes ? asked->start + (asked->bytes - 1) : UINT64_MAX,
		.node = file->node, .client = client_in(request), .kind = (uint8_t)asked->locking,
	};
	return lock->last < lock->start ? STATUS_MALFORMED : STATUS_OK;
}

/* POSIX: to lock for reading, a file must be open for reading; and so for writing. */
static bool opened_for(const struct open_file *file, uint32_t locking)
{
	return locking == FILES_LOCKING_UNLOCKED ||
	       file->flags & (locking == FILES_LOCKING_SHARED ? FILES_OPENING_READABLE : FILES_OPENING_WRITABLE);
}

static nacre_status_t files_lock(struct nacre_request *request, const struct files_lock_in *in)
{
	struct range_lock lock;
	nacre_status_t status = lock_in(request, in->file, &in->range, &lock);

	if (!status && !opened_for(file_in(request, in->file), in->range.locking))
		status = FILES_NOT_OPEN;
	return status ? status : lock_set(&lock, in->range.patience == FILES_PATIENCE_WAIT ? request->token : 0);
}

static nacre_status_t files_lock_test(struct nacre_request *request, const struct files_lock_test_in *in,
				      struct files_lock_test_out *out)
{
	struct range_lock lock;
	const struct range_lock *other;
	nacre_status_t status = lock_in(request, in->file, &in->range, &lock);

	if (status)
		return status;
	other = lock.kind == FILES_LOCKING_UNLOCKED ? NULL : lock_in_the_way(&lock);
	if (!other)
		return STATUS_OK;
	out->in_the_way.locking = other->kind;
	out->in_the_way.process = store->clients[other->client].process;
	out->in_the_way.start = other->start;
	out->in_the_way.bytes = other->last == UINT64_MAX ? 0 : other->last - other->start + 1;
	return STATUS_OK;
}

/* --- all of it ----------------------------------------------------------------------------------------- */

static const struct files_handlers handlers = {
	.open = files_open, .close = files_close, .read = files_read, .write = files_write, .read_pages = files_read_pages,
	.write_pages = files_write_pages, .state = files_state_of, .look = files_look, .make_directory = files_make_directory,
	.remove = files_remove, .rename = files_rename, .link = files_link, .resize = files_resize, .list = files_list,
	.sync = files_sync, .lock = files_lock, .lock_test = files_lock_test, .change = files_change, .space = files_space,
};
const struct nacre_protocol files_protocol = FILES_SERVED_BY(&handlers);
