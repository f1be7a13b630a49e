/* pthread_attr.c - what a thread shall be like. */
#include <errno.h>
#include <pthread.h>

enum { STACK_BYTES = 16 << 10, GUARD_BYTES = 4096, PRIORITY_MAX = 31 };

int pthread_attr_init(pthread_attr_t *attr)
{
	*attr = (pthread_attr_t){
		.stack_size = STACK_BYTES, .guard_size = GUARD_BYTES, .detach_state = PTHREAD_CREATE_JOINABLE, .inherit = PTHREAD_INHERIT_SCHED,
	};
	return 0;
}

int pthread_attr_destroy(pthread_attr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_attr_setstacksize(pthread_attr_t *attr, size_t size)
{
	if (size < PTHREAD_STACK_MIN)
		return EINVAL;
	attr->stack_size = size;
	return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *attr, size_t *size)
{
	*size = attr->stack_size;
	return 0;
}

int pthread_attr_setstack(pthread_attr_t *attr, void *stack, size_t size)
{
	if (size < PTHREAD_STACK_MIN)
		return EINVAL;
	attr->stack = stack;
	attr->stack_size = size;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *attr, void **stack, size_t *size)
{
	*stack = attr->stack;
	*size = attr->stack_size;
	return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t *attr, int state)
{
	if (state != PTHREAD_CREATE_DETACHED && state != PTHREAD_CREATE_JOINABLE)
		return EINVAL;
	attr->detach_state = (unsigned char)state;
	return 0;
}

int pthread_attr_getdetachstate(const pthread_attr_t *attr, int *state)
{
	*state = attr->detach_state;
	return 0;
}

int pthread_attr_setinheritsched(pthread_attr_t *attr, int inherit)
{
	if (inherit != PTHREAD_INHERIT_SCHED && inherit != PTHREAD_EXPLICIT_SCHED)
		return EINVAL;
	attr->inherit = (unsigned char)inherit;
	return 0;
}

int pthread_attr_getinheritsched(const pthread_attr_t *attr, int *inherit)
{
	*inherit = attr->inherit;
	return 0;
}

int pthread_attr_setschedparam(pthread_attr_t *attr, const struct sched_param *param)
{
	if (param->sched_priority < 0 || param->sched_priority > PRIORITY_MAX)
		return EINVAL;
	attr->priority = param->sched_priority;
	return 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *attr, struct sched_param *param)
{
	*param = (struct sched_param){ .sched_priority = attr->priority };
	return 0;
}

/* There is one policy: fixed priorities, round robin within one. SCHED_OTHER is another name of it. */
int pthread_attr_setschedpolicy(pthread_attr_t *attr, int policy)
{
	(void)attr;
	return policy == SCHED_RR || policy == SCHED_OTHER ? 0 : policy == SCHED_FIFO ? ENOTSUP : EINVAL;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *attr, int *policy)
{
	(void)attr;
	*policy = SCHED_RR;
	return 0;
}

int pthread_attr_setscope(pthread_attr_t *attr, int scope)
{
	(void)attr;
	return scope == PTHREAD_SCOPE_SYSTEM ? 0 : scope == PTHREAD_SCOPE_PROCESS ? ENOTSUP : EINVAL;
}

int pthread_attr_getscope(const pthread_attr_t *attr, int *scope)
{
	(void)attr;
	*scope = PTHREAD_SCOPE_SYSTEM;
	return 0;
}

/* A guard page lies on either side of a stack that the library makes; larger ones are not had, and none is asked for. */
int pthread_attr_setguardsize(pthread_attr_t *attr, size_t size)
{
	attr->guard_size = size;
	return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *attr, size_t *size)
{
	*size = attr->guard_size;
	return 0;
}
