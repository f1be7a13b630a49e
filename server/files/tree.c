/* tree.c - what is done by path. */
#include "tree.h"
#include "content.h"
#include "directory.h"
#include "idl/files.h"

enum { LINKS_MAX = 0xffff };

static struct place place_of(const struct path *path)
{
	struct place place = { 0 };

	directory_find(&nodes[path->parent], path->name, path->name_size, &place);
	return place;
}

nacre_status_t tree_make(const struct path *path, uint8_t client, enum node_kind kind, uint16_t mode, uint32_t *number)
{
	nacre_status_t status;

	*number = node_take(client, kind, mode);
	if (!*number)
		return FILES_NO_SPACE;
	status = directory_add(path->parent, client, path->name, path->name_size, *number);
	if (status)
		node_settle(*number);
	return status;
}

/* May what this node names be taken away, or take another's place? */
static nacre_status_t removable(uint32_t node)
{
	return nodes[node].kind == NODE_DIRECTORY && !directory_is_empty(&nodes[node]) ? FILES_NOT_EMPTY : STATUS_OK;
}

nacre_status_t tree_remove(uint32_t directory, struct span_of_text at, uint32_t kind)
{
	struct path path;
	struct place place;
	nacre_status_t status = path_find_there(directory, at.text, at.size, &path);

	if (status)
		return status;
	if (kind && kind != nodes[path.node].kind)
		return kind == FILES_KIND_DIRECTORY ? FILES_NOT_DIRECTORY : FILES_IS_DIRECTORY;
	if (!path.parent)
		return FILES_IN_USE;
	status = removable(path.node);
	if (status)
		return status;
	place = place_of(&path);
	directory_remove(path.parent, &place);
	node_settle(path.node);
	return STATUS_OK;
}

/* Is `node` the directory, or one above it? */
static bool is_above(uint32_t node, uint32_t directory)
{
	while (directory != node && directory != ROOT_NODE)
		directory = nodes[directory].parent;
	return directory == node;
}

/* Both ends of a rename or link; the new one need not be there. */
static nacre_status_t find_both(uint32_t from_directory, struct span_of_text from, uint32_t to_directory,
				struct span_of_text to, struct path *old, struct path *fresh)
{
	nacre_status_t status = path_find_there(from_directory, from.text, from.size, old);

	if (status)
		return status;
	status = path_find(to_directory, to.text, to.size, fresh);
	if (status)
		return status;
	if (!old->parent || !fresh->parent)
		return FILES_IN_USE;
	return fresh->must_be_directory && nodes[old->node].kind != NODE_DIRECTORY ? FILES_NOT_DIRECTORY : STATUS_OK;
}

static nacre_status_t may_take_place(const struct path *old, const struct path *fresh)
{
	if (nodes[old->node].kind == NODE_DIRECTORY && is_above(old->node, fresh->parent))
		return FILES_INTO_ITSELF;
	if (!fresh->node)
		return STATUS_OK;
	if (nodes[fresh->node].kind != nodes[old->node].kind)
		return nodes[fresh->node].kind == NODE_DIRECTORY ? FILES_IS_DIRECTORY : FILES_NOT_DIRECTORY;
	return removable(fresh->node);
}

nacre_status_t tree_rename(uint8_t client, uint32_t from_directory, struct span_of_text from, uint32_t to_directory,
			   struct span_of_text to)
{
	struct path old, fresh;
	struct place place;
	nacre_status_t status = find_both(from_directory, from, to_directory, to, &old, &fresh);

	if (status || old.node == fresh.node)
		return status;
	status = may_take_place(&old, &fresh);
	if (status)
		return status;
	if (fresh.node) {
		place = place_of(&fresh);
		directory_replace(fresh.parent, &place, old.node);
		node_settle(fresh.node);
	} else {
		status = nodes[old.node].links == LINKS_MAX ? (nacre_status_t)STATUS_FULL
			 : directory_add(fresh.parent, client, fresh.name, fresh.name_size, old.node);
	}
	if (status)
		return status;
	place = place_of(&old);
	directory_remove(old.parent, &place);
	return STATUS_OK;
}

nacre_status_t tree_link(uint8_t client, uint32_t from_directory, struct span_of_text from, uint32_t to_directory,
			 struct span_of_text to)
{
	struct path old, fresh;
	nacre_status_t status = find_both(from_directory, from, to_directory, to, &old, &fresh);

	if (status)
		return status;
	if (nodes[old.node].kind == NODE_DIRECTORY)
		return FILES_IS_DIRECTORY;
	if (fresh.node)
		return STATUS_EXISTS;
	if (nodes[old.node].links == LINKS_MAX)
		return STATUS_FULL;
	return directory_add(fresh.parent, client, fresh.name, fresh.name_size, old.node);
}
