/* reent.c - errno and stdio state of each thread, for newlib. */
#include <reent.h>
#include "nacre/tls.h"
#include "thread.h"

/* The first thread uses newlib's own; its record, if any, says so, too. */
struct _reent *__getreent(void)
{
	const struct __pthread *thread = nacre_tcb()->thread;

	return thread ? thread->reent : _GLOBAL_REENT;
}
