/* error_errno.c - from errors and statuses to <errno.h>. */
#include <errno.h>
#include "idl/interface.h"
#include "nacre/error.h"

int nacre_error_errno(nacre_status_t status)
{
	switch (status) {
	case NACRE_E_OK:
		return 0;
	case NACRE_E_BAD_CALL:
	case STATUS_METHOD:
		return ENOSYS;
	case NACRE_E_BAD_HANDLE:
		return EBADF;
	case NACRE_E_WRONG_TYPE:
	case NACRE_E_ARGUMENT:
	case NACRE_E_STATE:
	case STATUS_MALFORMED:
		return EINVAL;
	case NACRE_E_RIGHTS:
	case NACRE_E_SEALED:
	case STATUS_DENIED:
		return EACCES;
	case NACRE_E_PRIORITY:
		return EPERM;
	case NACRE_E_ADDRESS:
	case NACRE_E_PEER_FAULT:
		return EFAULT;
	case NACRE_E_BUDGET:
	case NACRE_E_FRAGMENTED:
	case NACRE_E_SPACE:
		return ENOMEM;
	case NACRE_E_HANDLE_ROOM:
	case NACRE_E_LIMIT:
	case NACRE_E_QUEUE_FULL:
	case NACRE_E_WINDOW_FULL:
	case NACRE_E_CHANGED:
	case STATUS_FULL:
	case STATUS_NOT_READY:
		return EAGAIN;
	case NACRE_E_PEER_GONE:
	case NACRE_E_STALE_TOKEN:
		return EPIPE;
	case NACRE_E_TIMEOUT:
		return ETIMEDOUT;
	case NACRE_E_CALL_DEPTH:
	case NACRE_E_DEADLOCK:
		return EDEADLK;
	case NACRE_E_LENT:
	case NACRE_E_BUSY:
		return EBUSY;
	case NACRE_E_TOO_LONG:
		return EMSGSIZE;
	case STATUS_NOT_FOUND:
		return ENOENT;
	case STATUS_EXISTS:
		return EEXIST;
	case STATUS_NOT_PROGRAM:
		return ENOEXEC;
	}
	return EIO;
}
