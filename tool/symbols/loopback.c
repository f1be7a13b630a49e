/* loopback.c - preloaded into debuginfod, which has no option for it: what would listen for everybody listens for this machine. A
 * socket for both versions of IP gets 127.0.0.1, written as an address of version 6. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

int bind(int socket, const struct sockaddr *address, socklen_t size)
{
	int (*next)(int, const struct sockaddr *, socklen_t) = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	static const struct in6_addr mapped = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1 } } };
	int alone = 0;
	socklen_t alone_size = sizeof(alone);

	if (address->sa_family == AF_INET && size >= sizeof(four)) {
		four = *(const struct sockaddr_in *)address;
		four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return next(socket, (const struct sockaddr *)&four, sizeof(four));
	}
	if (address->sa_family == AF_INET6 && size >= sizeof(six)) {
		six = *(const struct sockaddr_in6 *)address;
		getsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &alone, &alone_size);
		six.sin6_addr = alone ? in6addr_loopback : mapped;
		return next(socket, (const struct sockaddr *)&six, sizeof(six));
	}
	return next(socket, address, size);
}
