/* file.h - files as descriptors, within lib/posix. */
#pragma once
#include <sys/stat.h>
#include "descriptor.h"
#include "fs.h"

extern const struct description_class file_class;

/* A file's or directory's description, with a reference; NULL and an errno: EBADF, or EINVAL if it is a stream. */
struct description *file_get(int file, int *error);

/* 0 or EOVERFLOW: the size does not fit into an off_t. */
int file_stat(const struct files_state *from, struct stat *to);

/* Without the bits of umask. */
mode_t file_mode(mode_t wanted);

/* As openat and its kin name a path: from an open directory, or AT_FDCWD. 0 or an errno. */
int fs_path_at(int directory, const char *path, struct fs_path *out);

/* Where an offset counts from: SEEK_SET, SEEK_CUR or SEEK_END. In bytes, or a negative errno. */
int64_t file_base(const struct description *description, int whence);
