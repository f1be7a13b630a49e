/* poll.h - waiting for several descriptors at once. */
#ifndef _POLL_H_
#define _POLL_H_

#ifdef __cplusplus
extern "C" {
#endif

#define POLLIN 0x001
#define POLLPRI 0x002
#define POLLOUT 0x004
#define POLLERR 0x008
#define POLLHUP 0x010
#define POLLNVAL 0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200

typedef unsigned int nfds_t;

struct pollfd {
	int fd;        /* negative: left out */
	short events;  /* what is waited for */
	short revents; /* what has come */
};

int poll(struct pollfd *files, nfds_t count, int timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
