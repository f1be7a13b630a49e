/* semaphore.h - POSIX semaphores between the threads of one process. Named ones need files and are not there. */
#ifndef _SEMAPHORE_H_
#define _SEMAPHORE_H_
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
	__uint32_t value;
	__uint32_t waiters;
	__uint32_t posts;          /* futex: counts sem_post */
} sem_t;

#define SEM_VALUE_MAX 0x7fffffff
#define SEM_FAILED ((sem_t *)0)

int sem_init(sem_t *semaphore, int shared, unsigned value);
int sem_destroy(sem_t *semaphore);
int sem_wait(sem_t *semaphore);
int sem_trywait(sem_t *semaphore);
int sem_timedwait(sem_t *__restrict semaphore, const struct timespec *__restrict when);
int sem_post(sem_t *semaphore);
int sem_getvalue(sem_t *__restrict semaphore, int *__restrict value);

#ifdef __cplusplus
}
#endif
#endif
