/* fs.h - the client of svc/files: all calls of idl/files.nid that libc makes stand in fs.c. Each answers 0 or an errno.
 * What may be asked again is asked again where the server ended under it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "idl/files.h"

/* A path as the program gave it. */
struct fs_path {
	uint32_t directory;    /* open directory it starts from; FILES_ROOT: root or working directory */
	const char *text;
};

int fs_open(struct fs_path path, uint32_t opening, uint32_t mode, uint32_t *file);
void fs_close(uint32_t file);

/* Up to FILES_COPY_BYTES; *done says how many. */
int fs_read(uint32_t file, uint64_t offset, void *to, size_t size, size_t *done);
int fs_write(uint32_t file, uint64_t offset, bool at_end, const void *from, size_t size, size_t *done, uint64_t *behind);

/* Whole pages, lent. EFAULT, EBUSY or EAGAIN: they cannot be lent (now); copy. */
int fs_read_pages(uint32_t file, uint64_t offset, void *to, size_t size, size_t *done);
int fs_write_pages(uint32_t file, uint64_t offset, bool at_end, const void *from, size_t size, size_t *done, uint64_t *behind);

int fs_state(uint32_t file, struct files_state *state);
int fs_look(struct fs_path path, struct files_state *state);
int fs_make_directory(struct fs_path path, uint32_t mode);
int fs_remove(struct fs_path path, enum files_kind kind);
int fs_rename(struct fs_path from, struct fs_path to);
int fs_link(struct fs_path from, struct fs_path to);
int fs_resize(uint32_t file, uint64_t size);
int fs_list(uint32_t directory, uint32_t position, void *to, size_t room, size_t *length); /* *length 0: the end */
int fs_sync(uint32_t file);
int fs_lock(uint32_t file, const struct files_range *range);
int fs_lock_test(uint32_t file, const struct files_range *range, struct files_range *in_the_way);
int fs_change(uint32_t file, uint32_t changing, uint32_t mode, uint64_t modified_ns);
int fs_space(struct files_space *space);

/* The working directory, as a path that begins and ends with a slash. */
extern char fs_working[FILES_PATH_BYTES + 1];
