/* fs.c - the client of svc/files. */
#include "fs.h"
#include <errno.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/files_client.h"

char fs_working[FILES_PATH_BYTES + 1] = "/";

/* --- the connection, and errors ------------------------------------------------------------------------ */

static int connection(nacre_handle_t *handle)
{
	static nacre_handle_t known;
	nacre_handle_t fresh, none = NACRE_HANDLE_NONE;
	nacre_status_t status;

	*handle = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
	if (*handle)
		return 0;
	status = files_connect("svc/files", &fresh);
	if (status)
		return nacre_error_errno(status); /* ENOENT where the name space has no files */
	/* Another thread may have been here, too: the first one's connection is everybody's. */
	if (__atomic_compare_exchange_n(&known, &none, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		*handle = fresh;
		return 0;
	}
	nacre_handle_close(fresh);
	*handle = none;
	return 0;
}

static int error_of(nacre_status_t status)
{
	switch (status) {
	case FILES_NOT_DIRECTORY:
		return ENOTDIR;
	case FILES_IS_DIRECTORY:
		return EISDIR;
	case FILES_NOT_EMPTY:
		return ENOTEMPTY;
	case FILES_NO_SPACE:
		return ENOSPC;
	case FILES_NAME_TOO_LONG:
		return ENAMETOOLONG;
	case FILES_TOO_BIG:
		return EFBIG;
	case FILES_LOCKED:
		return EAGAIN;
	case FILES_NOT_OPEN:
		return EBADF;
	case FILES_INTO_ITSELF:
		return EINVAL;
	case FILES_IN_USE:
		return EBUSY;
	case NACRE_E_PEER_GONE:
		return EIO;
	}
	return nacre_error_errno(status);
}

/* Asks; ends the function where there is no connection. `fs` is it. */
#define ASK(call) \
	nacre_handle_t fs; \
	nacre_status_t status = STATUS_OK; \
	int error = connection(&fs); \
	if (error) \
		return error; \
	status = (call)

/* The same for what may be asked twice: the server's end in the middle is no error, its successor answers. */
#define ASK_AGAIN(call) \
	ASK(call); \
	if (status == NACRE_E_PEER_GONE) \
		status = (call)

/* --- paths --------------------------------------------------------------------------------------------- */

/* The path as it is sent. `room` is used where the working directory has to stand in front. */
static int path_of(struct fs_path path, char room[FILES_PATH_BYTES + 1], const char **text)
{
	size_t front = strlen(fs_working), size = strlen(path.text);

	if (!size)
		return ENOENT;
	*text = path.text;
	/* The root itself is what the server starts from anyway. */
	if (path.directory != FILES_ROOT || path.text[0] == '/' || front == 1)
		front = 0;
	if (front + size > FILES_PATH_BYTES)
		return ENAMETOOLONG;
	if (!front)
		return 0;
	memcpy(room, fs_working, front);
	memcpy(room + front, path.text, size);
	room[front + size] = '\0';
	*text = room;
	return 0;
}

#define PATH(path) \
	char room_##path[FILES_PATH_BYTES + 1]; \
	const char *text_##path; \
	int error_##path = path_of(path, room_##path, &text_##path); \
	if (error_##path) \
		return error_##path

int fs_open(struct fs_path path, uint32_t opening, uint32_t mode, uint32_t *file)
{
	PATH(path);
	ASK(files_open(fs, path.directory, opening, mode, text_path, file, NULL));

	return status == STATUS_FULL ? ENFILE : error_of(status);
}

int fs_look(struct fs_path path, struct files_state *state)
{
	PATH(path);
	ASK_AGAIN(files_look(fs, path.directory, text_path, state));

	return error_of(status);
}

int fs_make_directory(struct fs_path path, uint32_t mode)
{
	PATH(path);
	ASK(files_make_directory(fs, path.directory, mode, text_path));

	return error_of(status);
}

int fs_remove(struct fs_path path, enum files_kind kind)
{
	PATH(path);
	ASK(files_remove(fs, path.directory, kind, text_path));

	return error_of(status);
}

int fs_rename(struct fs_path from, struct fs_path to)
{
	PATH(from);
	PATH(to);
	ASK(files_rename(fs, from.directory, to.directory, text_from, text_to));

	return error_of(status);
}

int fs_link(struct fs_path from, struct fs_path to)
{
	PATH(from);
	PATH(to);
	ASK(files_link(fs, from.directory, to.directory, text_from, text_to));

	return status == STATUS_FULL ? EMLINK : error_of(status);
}

/* --- open files ---------------------------------------------------------------------------------------- */

void fs_close(uint32_t file)
{
	nacre_handle_t fs;

	if (!connection(&fs))
		files_close(fs, file);
}

int fs_read(uint32_t file, uint64_t offset, void *to, size_t size, size_t *done)
{
	*done = 0;
	ASK_AGAIN(files_read(fs, file, offset, to, size, done));

	return error_of(status);
}

int fs_write(uint32_t file, uint64_t offset, bool at_end, const void *from, size_t size, size_t *done, uint64_t *behind)
{
	uint32_t writing = at_end ? FILES_WRITING_AT_END : 0, count = 0;
	ASK(files_write(fs, file, offset, writing, from, size, &count, behind));

	/* Written twice at the same place it is the same. */
	if (status == NACRE_E_PEER_GONE && !at_end)
		status = files_write(fs, file, offset, writing, from, size, &count, behind);
	*done = status ? 0 : count;
	return error_of(status);
}

int fs_read_pages(uint32_t file, uint64_t offset, void *to, size_t size, size_t *done)
{
	uint32_t count = 0;
	ASK_AGAIN(files_read_pages(fs, file, offset, to, size, &count));

	*done = status ? 0 : count;
	return error_of(status);
}

int fs_write_pages(uint32_t file, uint64_t offset, bool at_end, const void *from, size_t size, size_t *done, uint64_t *behind)
{
	uint32_t writing = at_end ? FILES_WRITING_AT_END : 0, count = 0;
	ASK(files_write_pages(fs, file, offset, writing, from, size, &count, behind));

	if (status == NACRE_E_PEER_GONE && !at_end)
		status = files_write_pages(fs, file, offset, writing, from, size, &count, behind);
	*done = status ? 0 : count;
	return error_of(status);
}

int fs_state(uint32_t file, struct files_state *state)
{
	ASK_AGAIN(files_state(fs, file, state));

	return error_of(status);
}

int fs_resize(uint32_t file, uint64_t size)
{
	ASK_AGAIN(files_resize(fs, file, size));

	return error_of(status);
}

int fs_list(uint32_t directory, uint32_t position, void *to, size_t room, size_t *length)
{
	*length = 0;
	ASK_AGAIN(files_list(fs, directory, position, to, room, length));

	if (status)
		*length = 0;
	return status == STATUS_END ? 0 : error_of(status);
}

int fs_sync(uint32_t file)
{
	ASK_AGAIN(files_sync(fs, file));

	return error_of(status);
}

int fs_lock(uint32_t file, const struct files_range *range)
{
	ASK_AGAIN(files_lock(fs, file, range));

	return status == STATUS_FULL ? ENOLCK : error_of(status);
}

int fs_lock_test(uint32_t file, const struct files_range *range, struct files_range *in_the_way)
{
	ASK_AGAIN(files_lock_test(fs, file, range, in_the_way));

	return error_of(status);
}

int fs_change(uint32_t file, uint32_t changing, uint32_t mode, uint64_t modified_ns)
{
	ASK_AGAIN(files_change(fs, file, changing, mode, modified_ns));

	return error_of(status);
}

int fs_space(struct files_space *space)
{
	ASK_AGAIN(files_space(fs, space));

	return error_of(status);
}
