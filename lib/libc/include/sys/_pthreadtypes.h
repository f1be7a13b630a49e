/* sys/_pthreadtypes.h - in place of newlib's: the objects of POSIX threads. All zero is the initial state of each
 * that has a static initialiser. <pthread.h> is newlib's. */
#ifndef _SYS__PTHREADTYPES_H_
#define _SYS__PTHREADTYPES_H_
#include <sys/_lock.h>
#include <sys/_types.h>
#include <sys/sched.h>

#define PTHREAD_SCOPE_PROCESS 0
#define PTHREAD_SCOPE_SYSTEM 1
#define PTHREAD_INHERIT_SCHED 1
#define PTHREAD_EXPLICIT_SCHED 2
#define PTHREAD_CREATE_DETACHED 0
#define PTHREAD_CREATE_JOINABLE 1
#define PTHREAD_PROCESS_PRIVATE 0
#define PTHREAD_PROCESS_SHARED 1
#define PTHREAD_PRIO_NONE 0
#define PTHREAD_PRIO_INHERIT 1
#define PTHREAD_PRIO_PROTECT 2
#define PTHREAD_MUTEX_NORMAL 0
#define PTHREAD_MUTEX_RECURSIVE 1
#define PTHREAD_MUTEX_ERRORCHECK 2
#define PTHREAD_MUTEX_DEFAULT PTHREAD_MUTEX_NORMAL
#define PTHREAD_KEYS_MAX 16
#define PTHREAD_DESTRUCTOR_ITERATIONS 4
#define PTHREAD_STACK_MIN 4096

typedef struct __pthread *pthread_t;

typedef struct {
	void *stack;               /* lowest address; NULL: the library makes it */
	__SIZE_TYPE__ stack_size, guard_size;
	int priority;              /* used with PTHREAD_EXPLICIT_SCHED */
	unsigned char detach_state, inherit;
} pthread_attr_t;

typedef struct {
	unsigned char type, protocol;
} pthread_mutexattr_t;

typedef struct {
	struct __lock lock;
	int type;
} pthread_mutex_t;
#define _PTHREAD_MUTEX_INITIALIZER { _LOCK_FREE, PTHREAD_MUTEX_DEFAULT }

typedef struct {
	struct __lock lock;
} pthread_spinlock_t;

typedef struct {
	__clockid_t clock;
} pthread_condattr_t;

typedef struct {
	__uint32_t sequence;       /* futex: counts signals and broadcasts */
	__uint32_t waiters;
	__clockid_t clock;         /* 0: CLOCK_REALTIME */
} pthread_cond_t;
#define _PTHREAD_COND_INITIALIZER { 0, 0, 0 }

typedef __uint32_t pthread_key_t;

typedef __uint32_t pthread_once_t; /* futex: 0 not yet, 1 running, 2 running and waited for, 3 done */
#define _PTHREAD_ONCE_INIT 0

typedef struct {
	int unused;
} pthread_rwlockattr_t;

typedef struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	pthread_t writer;          /* who holds it alone, or NULL */
	int readers;               /* who hold it; -1: a writer does */
	int writers_waiting;       /* readers that are no more urgent let them go first */
	unsigned writers_priority; /* of the most urgent of those that came since none waited */
} pthread_rwlock_t;
#define _PTHREAD_RWLOCK_INITIALIZER { _PTHREAD_MUTEX_INITIALIZER, _PTHREAD_COND_INITIALIZER, 0, 0, 0, 0 }

typedef struct {
	int unused;
} pthread_barrierattr_t;

typedef struct {
	pthread_mutex_t mutex;
	pthread_cond_t all_here;
	unsigned count, arrived, round;
} pthread_barrier_t;

#endif
