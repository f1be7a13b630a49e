/* error.h - errors and statuses in words.
 *
 * One set of numbers: the kernel's errors (abi/errors.toml) below 64, what servers answer beyond (idl/interface.h).
 * nacre_status_t holds any of them, nacre_err_t only what a system call can answer. */
#pragma once
#include "abi/nacre_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t nacre_status_t;

/* The kernel's are below 64, those of all protocols below 128, those of one protocol up to here. */
enum { NACRE_STATUS_MAX = 255 };

const char *nacre_error_name(nacre_status_t status);     /* "PEER_GONE" */
const char *nacre_error_sentence(nacre_status_t status); /* "the other side is dead, or the object was destroyed" */
const char *nacre_error_hint(nacre_status_t status);     /* "connect again through its name"; may be empty */

/* The nearest number of <errno.h>. */
int nacre_error_errno(nacre_status_t status);

#ifdef __cplusplus
}
#endif
