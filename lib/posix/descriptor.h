/* descriptor.h - file descriptors: numbers for descriptions of what is open.
 *
 *     descriptor 3 --+
 *     descriptor 7 --+--> description: class, connection or file number, flags, position
 *
 *   I1  a description lives as long as a descriptor leads to it or a call is at work with it: `references` counts both
 *   I2  the table changes under descriptors_lock only; a description's position under its own lock
 *
 * A class is what can be done with a kind of thing, so that a program that makes pipes need not have files. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "abi/nacre_abi.h"
#include "libc/lock.h"

enum { DESCRIPTORS_MAX = 64 }; /* OPEN_MAX of <limits.h>, and what fits into an fd_set */

struct description;

/* Each answers a size, or 0, or a negative errno. `at`: where in the file; negative: where the description stands. */
struct description_class {
	ssize_t (*read)(struct description *description, void *to, size_t size, int64_t at);
	ssize_t (*write)(struct description *description, const void *from, size_t size, int64_t at);
	int64_t (*seek)(struct description *description, int64_t offset, int whence);
	int (*state)(struct description *description, struct stat *state);
	void (*close)(struct description *description);
	/* A descriptor of it goes, others may stay: POSIX drops locks then. NULL: nothing to do. */
	void (*dropped)(struct description *description);
};

struct description {
	const struct description_class *class;
	unsigned references;
	int flags;                 /* O_...: access mode and status flags */
	nacre_handle_t connection; /* of a stream */
	uint32_t file;             /* of a file or directory */
	bool is_console, has_locks;
	int64_t position;
	struct __lock lock;
};

/* A new description, with one reference; NULL: no memory. */
struct description *description_new(const struct description_class *class, int flags);

/* The lowest free descriptor from `least` on now leads to it, and has the caller's reference. Negative errno: the
 * caller still has it. `how`: FD_CLOEXEC or 0. */
int descriptor_add(struct description *description, int least, int how);

/* With a reference for the caller, or NULL and EBADF in errno. */
struct description *descriptor_get(int file);
void description_put(struct description *description);

/* The flags of the descriptor itself (FD_CLOEXEC); negative errno. set: < 0 only reads. */
int descriptor_flags(int file, int set);

/* -1 and errno, where the result is a negative errno. */
long descriptor_result(int64_t result);

/* A stream over that connection, which is closed with it. */
extern const struct description_class stream_class;
