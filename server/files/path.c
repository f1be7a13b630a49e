/* path.c - from a path to a node. */
#include "path.h"
#include "base/string.h"
#include "directory.h"
#include "idl/files.h"

/* One part further. The directory it is looked for in is path->node. */
static nacre_status_t step(struct path *path, const char *name, size_t size)
{
	struct place place;

	if (!path->node)
		return STATUS_NOT_FOUND;
	if (nodes[path->node].kind != NODE_DIRECTORY)
		return FILES_NOT_DIRECTORY;
	/* One that was removed and is still open holds nothing, and its parent may be another's by now. */
	if (!nodes[path->node].links && path->node != ROOT_NODE)
		return STATUS_NOT_FOUND;
	if (size > FILES_NAME_BYTES)
		return FILES_NAME_TOO_LONG;
	if (!name_is_usable(name, size)) {
		path->node = size == 2 ? nodes[path->node].parent : path->node;
		path->parent = 0;
		return STATUS_OK;
	}
	path->parent = path->node;
	path->name = name;
	path->name_size = size;
	path->node = directory_find(&nodes[path->parent], name, size, &place) ? place.node : 0;
	return STATUS_OK;
}

nacre_status_t path_find(uint32_t directory, const char *text, size_t size, struct path *path)
{
	nacre_status_t status = STATUS_OK;
	size_t start = 0;

	*path = (struct path){ .node = size && text[0] == '/' ? ROOT_NODE : directory,
			       .must_be_directory = size && text[size - 1] == '/' };
	for (size_t i = 0; i <= size && status == STATUS_OK; i++) {
		if (i < size && text[i] != '/')
			continue;
		if (i > start)
			status = step(path, text + start, i - start);
		start = i + 1;
	}
	if (status == STATUS_OK && path->must_be_directory && path->node && nodes[path->node].kind != NODE_DIRECTORY)
		status = FILES_NOT_DIRECTORY;
	return status;
}

nacre_status_t path_find_there(uint32_t directory, const char *text, size_t size, struct path *path)
{
	nacre_status_t status = path_find(directory, text, size, path);

	return status == STATUS_OK && !path->node ? (nacre_status_t)STATUS_NOT_FOUND : status;
}
