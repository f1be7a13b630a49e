/* user.c - users, groups and sessions: there are none, so every process is user 0 in a group of its own. What a program may do,
 * its handles say. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

static int only(unsigned id)
{
	if (!id)
		return 0;
	errno = EPERM;
	return -1;
}

uid_t getuid(void)
{
	return 0;
}

uid_t geteuid(void)
{
	return 0;
}

gid_t getgid(void)
{
	return 0;
}

gid_t getegid(void)
{
	return 0;
}

int setuid(uid_t user)
{
	return only(user);
}

int seteuid(uid_t user)
{
	return only(user);
}

int setgid(gid_t group)
{
	return only(group);
}

int setegid(gid_t group)
{
	return only(group);
}

pid_t getpgrp(void)
{
	return getpid();
}

pid_t getpgid(pid_t process)
{
	if (!process || process == getpid())
		return getpid();
	errno = ESRCH;
	return -1;
}

int setpgid(pid_t process, pid_t group)
{
	if ((!process || process == getpid()) && (!group || group == getpid()))
		return 0;
	errno = EPERM;
	return -1;
}

pid_t setpgrp(void)
{
	return getpid();
}

/* The one who leads a group cannot begin a session. */
pid_t setsid(void)
{
	errno = EPERM;
	return -1;
}

/* Init had it started, and that is number 1. */
pid_t getppid(void)
{
	return 1;
}

void setpwent(void)
{
}

void endpwent(void)
{
}

struct passwd *getpwent(void)
{
	return NULL;
}

struct passwd *getpwnam(const char *name)
{
	(void)name;
	return NULL;
}

struct passwd *getpwuid(uid_t user)
{
	(void)user;
	return NULL;
}
