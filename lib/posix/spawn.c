/* spawn.c - programs that a program starts, through init (idl/process.nid): posix_spawn, waitpid, kill of a child.
 *
 *     RUNNING --init says that it ended--> ENDED, status known --wait, waitpid--> (forgotten)
 *
 * What a program is given, its manifest says; from here it gets arguments, environment and three standard streams,
 * each a console or the end of a pipe. A process number of init's is the pid. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "descriptor.h"
#include "idl/process_client.h"
#include "libc/lock.h"
#include "libc/process.h"
#include "nacre/startup.h"

enum { STREAMS = 3, ACTIONS_MAX = 16, SIGNALLED = 128 };

struct child {
	struct child *next;
	pid_t number;
	bool ended;
	int status;
};

static struct __lock children_lock; /* of the list; not held while waiting */
static struct child *children;
static struct {
	nacre_handle_t process;    /* svc/process */
	nacre_handle_t server;     /* mailbox: init signals it when a child has ended */
	nacre_handle_t notice;     /* the connection it signals */
	nacre_handle_t nobody;     /* a connection whose server is gone: a stream that is closed */
} init;

/* --- connections --------------------------------------------------------------------------------------- */

/* Under children_lock. 0 or an errno. */
static int connect_init(void)
{
	nacre_handle_t server;
	nacre_status_t status = STATUS_OK;

	if (!init.process)
		status = process_connect("svc/process", &init.process);
	if (!status && !init.server)
		status = nacre_server_create(nacre_self_budget(), &init.server);
	if (!status && !init.notice)
		status = nacre_connection_mint(init.server, nacre_self_budget(), 0, 0, 0, 0, &init.notice);
	if (!status && !init.nobody) {
		status = nacre_server_create(nacre_self_budget(), &server);
		if (!status) {
			status = nacre_connection_mint(server, nacre_self_budget(), 0, 0, 0, 0, &init.nobody);
			nacre_handle_close(server);
		}
	}
	return status == STATUS_NOT_FOUND ? ENOSYS : nacre_error_errno(status);
}

/* --- what comes of children ---------------------------------------------------------------------------- */

/* As sys/wait.h takes it apart. */
static int status_of(uintptr_t cause, uintptr_t code)
{
	switch (cause) {
	case NACRE_CAUSE_EXIT:
		return (int)(code & 0xff) << 8;
	case NACRE_CAUSE_KILLED:
		return code > SIGNALLED && code < SIGNALLED + 64 ? (int)code - SIGNALLED : SIGKILL;
	case NACRE_CAUSE_ILLEGAL:
		return SIGILL;
	case NACRE_CAUSE_BREAKPOINT:
		return SIGTRAP;
	}
	return SIGSEGV;
}

static struct child **child_link(pid_t number)
{
	struct child **link = &children;

	while (*link && (*link)->number != number)
		link = &(*link)->next;
	return link;
}

/* Asks init which have ended. Under children_lock. */
static void children_reap(void)
{
	uint32_t number, cause, code;
	struct child *child;

	while (process_ended(init.process, &number, &cause, &code) == STATUS_OK) {
		child = *child_link((pid_t)number);
		if (!child)
			continue;
		child->ended = true;
		child->status = status_of(cause, code);
	}
}

/* One that has ended and fits, taken off the list; 0: none yet; negative errno: there is none to wait for. */
static pid_t child_take(pid_t number, int *status)
{
	bool any = false;

	for (struct child **link = &children; *link; link = &(*link)->next) {
		struct child *child = *link;

		if (number > 0 && child->number != number)
			continue;
		any = true;
		if (!child->ended)
			continue;
		*link = child->next;
		if (status)
			*status = child->status;
		number = child->number;
		free(child);
		return number;
	}
	return any ? 0 : -ECHILD;
}

/* Until a child has ended. One thread receives, the others wait until it has: the mailbox tells each end only once. */
static void end_await(void)
{
	static uint32_t rounds;    /* futex */
	static uint32_t receives;  /* 1: a thread does */
	uint32_t round = __atomic_load_n(&rounds, __ATOMIC_ACQUIRE);
	struct nacre_received received;

	if (__atomic_exchange_n(&receives, 1, __ATOMIC_ACQ_REL)) {
		nacre_futex_wait(&rounds, round, NACRE_HANDLE_NONE, NACRE_DEADLINE_NEVER);
		return;
	}
	nacre_server_receive(init.server, NACRE_DEADLINE_NEVER, NULL, &received);
	__atomic_store_n(&receives, 0, __ATOMIC_RELEASE);
	__atomic_fetch_add(&rounds, 1, __ATOMIC_ACQ_REL);
	nacre_futex_wake(&rounds, UINT32_MAX, NULL);
}

pid_t child_wait(pid_t number, int *status, int options)
{
	pid_t found;

	for (;;) {
		lock_take(&children_lock);
		if (children)
			children_reap();
		found = child_take(number, status);
		lock_drop(&children_lock);
		if (found || options & WNOHANG)
			return (pid_t)descriptor_result(found);
		end_await();
	}
}

pid_t waitpid(pid_t number, int *status, int options)
{
	return child_wait(number, status, options);
}

int child_kill(pid_t number, int signal)
{
	const struct child *child;
	int error = 0;

	if (signal < 0 || signal >= NSIG)
		return (int)descriptor_result(-EINVAL);
	lock_take(&children_lock);
	child = number > 0 ? *child_link(number) : NULL;
	if (!child)
		error = ESRCH;
	else if (signal && !child->ended)
		error = nacre_error_errno(process_kill(init.process, (uint32_t)number, (uint32_t)(SIGNALLED + signal)));
	lock_drop(&children_lock);
	/* It may have ended just now, which is no error until its status was asked for. */
	return (int)descriptor_result(error == ENOENT ? 0 : -error);
}

/* --- what a child begins with -------------------------------------------------------------------------- */

struct action {
	enum { ACTION_OPEN, ACTION_DUP, ACTION_CLOSE } kind;
	int file, from, flags;
	mode_t mode;
	char *path;
};

struct __posix_spawn_file_actions {
	unsigned count;
	struct action list[ACTIONS_MAX];
};

struct __posix_spawnattr {
	short flags;
	int priority;
};

/* What descriptors 0, 1 and 2 of the child are: referenced descriptions, or NULL. */
struct streams {
	struct description *at[STREAMS];
};

static int stream_set(struct streams *streams, int file, struct description *description)
{
	if (streams->at[file])
		description_put(streams->at[file]);
	streams->at[file] = description;
	return 0;
}

/* The child has no other descriptors, so what is done to those is done with. */
static int action_do(const struct action *action, struct streams *streams)
{
	struct description *description = NULL;

	if (action->file < 0 || action->file >= STREAMS)
		return action->kind == ACTION_CLOSE ? 0 : ENOTSUP;
	if (action->kind == ACTION_OPEN)
		return ENOTSUP; /* a file is not a stream that could be given away */
	if (action->kind == ACTION_DUP) {
		if (action->from >= 0 && action->from < STREAMS && streams->at[action->from]) {
			description = streams->at[action->from];
			__atomic_fetch_add(&description->references, 1, __ATOMIC_RELAXED);
		} else {
			description = descriptor_get(action->from);
		}
		if (!description)
			return EBADF;
	}
	return stream_set(streams, action->file, description);
}

static int streams_make(struct streams *streams, const posix_spawn_file_actions_t *actions)
{
	int error = 0, saved = errno;

	*streams = (struct streams){ 0 };
	for (int file = 0; file < STREAMS; file++)
		streams->at[file] = descriptor_get(file);
	for (unsigned i = 0; !error && actions && *actions && i < (*actions)->count; i++)
		error = action_do(&(*actions)->list[i], streams);
	for (int file = 0; !error && file < STREAMS; file++)
		if (streams->at[file] && streams->at[file]->class != &stream_class)
			error = ENOTSUP;
	errno = saved;
	return error;
}

static void streams_end(struct streams *streams)
{
	for (int file = 0; file < STREAMS; file++)
		stream_set(streams, file, NULL);
}

/* A start request with its strings. */
struct request {
	struct process_start head;
	size_t size;
	char strings[PROCESS_STRINGS_BYTES];
};

/* Appends strings to a request. 0 or E2BIG. */
static int strings_add(struct request *request, char *const *strings, uint32_t *count)
{
	*count = 0;
	for (; strings && *strings; strings++) {
		size_t length = strlen(*strings) + 1;

		if (request->size + length > PROCESS_STRINGS_BYTES)
			return E2BIG;
		memcpy(request->strings + request->size, *strings, length);
		request->size += length;
		++*count;
	}
	return 0;
}

static int request_make(struct request *request, const char *path, const posix_spawnattr_t *attr, char *const *argv,
			char *const *envp)
{
	const char *slash = strrchr(path, '/');
	char *name[] = { (char *)(slash ? slash + 1 : path), NULL };
	uint32_t names;
	int error;

	request->head = (struct process_start){ 0 };
	request->size = 0;
	error = strings_add(request, name, &names);
	if (!error)
		error = strings_add(request, argv && argv[0] ? argv + 1 : NULL, &request->head.argument_count);
	if (!error)
		error = strings_add(request, envp, &request->head.environment_count);
	if (attr && *attr && (*attr)->flags & POSIX_SPAWN_SETSCHEDPARAM)
		request->head.priority = (uint32_t)(*attr)->priority;
	return error;
}

/* --- starting ------------------------------------------------------------------------------------------ */

/* Init wants all three: what is closed here is a stream that nobody is behind. */
static nacre_handle_t stream_of(const struct streams *streams, int file)
{
	return streams->at[file] ? streams->at[file]->connection : init.nobody;
}

/* Under children_lock. 0 or an errno. */
static int start(const struct request *request, const struct streams *streams, pid_t *number)
{
	struct child *child = malloc(sizeof(*child));
	uint32_t process;
	nacre_status_t status;

	if (!child)
		return ENOMEM;
	status = process_start(init.process, &request->head, request->strings, request->size, stream_of(streams, STDIN_FILENO),
			       stream_of(streams, STDOUT_FILENO), stream_of(streams, STDERR_FILENO), init.notice, &process);
	if (status) {
		free(child);
		return nacre_error_errno(status);
	}
	*child = (struct child){ .next = children, .number = (pid_t)process };
	children = child;
	*number = child->number;
	return 0;
}

int posix_spawn(pid_t *restrict number, const char *restrict path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *restrict attr, char *const argv[], char *const envp[])
{
	struct request request;
	struct streams streams;
	pid_t child = 0;
	int error = request_make(&request, path, attr, argv, envp);

	if (error)
		return error;
	error = streams_make(&streams, actions);
	if (!error) {
		lock_take(&children_lock);
		error = connect_init();
		if (!error)
			error = start(&request, &streams, &child);
		lock_drop(&children_lock);
	}
	streams_end(&streams);
	if (!error && number)
		*number = child;
	return error;
}

/* Programs have names, not places: there is one path. */
int posix_spawnp(pid_t *restrict number, const char *restrict name, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *restrict attr, char *const argv[], char *const envp[])
{
	return posix_spawn(number, name, actions, attr, argv, envp);
}

/* --- file actions and attributes ----------------------------------------------------------------------- */

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions)
{
	*actions = calloc(1, sizeof(**actions));
	return *actions ? 0 : ENOMEM;
}

int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)
{
	for (unsigned i = 0; i < (*actions)->count; i++)
		free((*actions)->list[i].path);
	free(*actions);
	*actions = NULL;
	return 0;
}

static int action_add(posix_spawn_file_actions_t *actions, struct action action)
{
	if ((*actions)->count == ACTIONS_MAX)
		return ENOMEM;
	(*actions)->list[(*actions)->count++] = action;
	return 0;
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int file)
{
	if (from < 0 || file < 0 || file >= DESCRIPTORS_MAX)
		return EBADF;
	return action_add(actions, (struct action){ .kind = ACTION_DUP, .file = file, .from = from });
}

int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int file)
{
	return file < 0 ? EBADF : action_add(actions, (struct action){ .kind = ACTION_CLOSE, .file = file });
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict actions, int file, const char *restrict path,
				     int flags, mode_t mode)
{
	char *copy = strdup(path);
	int error;

	if (!copy)
		return ENOMEM;
	error = action_add(actions, (struct action){ .kind = ACTION_OPEN, .file = file, .flags = flags, .mode = mode, .path = copy });
	if (error)
		free(copy);
	return error;
}

int posix_spawnattr_init(posix_spawnattr_t *attr)
{
	*attr = calloc(1, sizeof(**attr));
	return *attr ? 0 : ENOMEM;
}

int posix_spawnattr_destroy(posix_spawnattr_t *attr)
{
	free(*attr);
	*attr = NULL;
	return 0;
}

int posix_spawnattr_setflags(posix_spawnattr_t *attr, short flags)
{
	if (flags & ~POSIX_SPAWN_SETSCHEDPARAM)
		return EINVAL;
	(*attr)->flags = flags;
	return 0;
}

int posix_spawnattr_getflags(const posix_spawnattr_t *restrict attr, short *restrict flags)
{
	*flags = (*attr)->flags;
	return 0;
}

int posix_spawnattr_setschedparam(posix_spawnattr_t *restrict attr, const struct sched_param *restrict param)
{
	(*attr)->priority = param->sched_priority;
	return 0;
}

int posix_spawnattr_getschedparam(const posix_spawnattr_t *restrict attr, struct sched_param *restrict param)
{
	*param = (struct sched_param){ .sched_priority = (*attr)->priority };
	return 0;
}
