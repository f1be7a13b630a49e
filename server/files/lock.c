/* lock.c - ranges of files, locked by clients. */
#include "lock.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "idl/files_server.h"

enum { WAITERS_MAX = 32 };

static struct waiter {
	nacre_token_t token;   /* 0: the entry is free */
	struct range_lock wanted;
} waiters[WAITERS_MAX];

/* --- who is in whose way ------------------------------------------------------------------------------- */

static bool overlap(const struct range_lock *one, const struct range_lock *other)
{
	return one->node == other->node && one->start <= other->last && other->start <= one->last;
}

static bool conflict(const struct range_lock *lock, const struct range_lock *wanted)
{
	return lock->client != wanted->client && overlap(lock, wanted) &&
	       (lock->kind == FILES_LOCKING_EXCLUSIVE || wanted->kind == FILES_LOCKING_EXCLUSIVE);
}

const struct range_lock *lock_in_the_way(const struct range_lock *wanted)
{
	for (size_t i = 0; i < LOCKS_MAX; i++)
		if (store->locks[i].node && conflict(&store->locks[i], wanted))
			return &store->locks[i];
	return NULL;
}

/* Adds to a set of clients those who hold what the clients in it wait for. */
static uint64_t with_holders(uint64_t clients)
{
	for (size_t w = 0; w < WAITERS_MAX; w++) {
		if (!waiters[w].token || !(clients >> waiters[w].wanted.client & 1))
			continue;
		for (size_t i = 0; i < LOCKS_MAX; i++)
			if (store->locks[i].node && conflict(&store->locks[i], &waiters[w].wanted))
				clients |= 1ull << store->locks[i].client;
	}
	return clients;
}

/* Would those who are in the way, or those they wait for, wait for the one who asks? */
static bool would_wait_for_ever(const struct range_lock *wanted)
{
	uint64_t clients = 0, before;

	for (size_t i = 0; i < LOCKS_MAX; i++)
		if (store->locks[i].node && conflict(&store->locks[i], wanted))
			clients |= 1ull << store->locks[i].client;
	do {
		before = clients;
		clients = with_holders(before);
	} while (clients != before);
	return clients >> wanted->client & 1;
}

/* --- setting ------------------------------------------------------------------------------------------- */

static struct range_lock *free_entry(const struct range_lock *except)
{
	for (size_t i = 0; i < LOCKS_MAX; i++)
		if (!store->locks[i].node && &store->locks[i] != except)
			return &store->locks[i];
	return NULL;
}

/* Takes the wanted range out of what the client holds. `spare` is used where one lock becomes two. */
static void carve(const struct range_lock *wanted, struct range_lock *spare)
{
	for (size_t i = 0; i < LOCKS_MAX; i++) {
		struct range_lock *lock = &store->locks[i];

		if (!lock->node || lock->client != wanted->client || !overlap(lock, wanted))
			continue;
		if (lock->start < wanted->start && lock->last > wanted->last) {
			*spare = *lock;
			spare->start = wanted->last + 1;
			lock->last = wanted->start - 1;
			return; /* nothing else of the client's overlaps it */
		}
		if (lock->start < wanted->start)
			lock->last = wanted->start - 1;
		else if (lock->last > wanted->last)
			lock->start = wanted->last + 1;
		else
			lock->node = 0;
	}
}

static nacre_status_t place(const struct range_lock *wanted)
{
	struct range_lock *spare = free_entry(NULL), *entry = spare ? free_entry(spare) : NULL;
	bool only_drops = wanted->kind == FILES_LOCKING_UNLOCKED;

	/* Two entries are enough for every case; a drop that needs one more than there is must not fail half way. */
	if (!spare || (!only_drops && !entry))
		return STATUS_FULL;
	carve(wanted, spare);
	if (!only_drops)
		*entry = *wanted;
	return STATUS_OK;
}

/* Serves a waiter who can be. False: there is none. */
static bool waiter_serve(void)
{
	for (size_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter waiter = waiters[i];

		if (!waiter.token || lock_in_the_way(&waiter.wanted))
			continue;
		waiters[i].token = 0;
		/* A caller that has gone gets no lock. */
		if (nacre_server_token_check(waiter.token) == NACRE_E_OK)
			files_lock_answer(waiter.token, place(&waiter.wanted));
		return true;
	}
	return false;
}

/* A lock that is set may free a part of another (shared in place of exclusive), so after each it begins anew. */
static void waiters_serve(void)
{
	while (waiter_serve())
		;
}

static nacre_status_t wait_for(const struct range_lock *wanted, nacre_token_t token)
{
	for (size_t i = 0; i < WAITERS_MAX; i++) {
		if (waiters[i].token)
			continue;
		waiters[i] = (struct waiter){ .token = token, .wanted = *wanted };
		return STATUS_OK;
	}
	return STATUS_FULL;
}

nacre_status_t lock_set(const struct range_lock *wanted, nacre_token_t token)
{
	nacre_status_t status;

	if (wanted->kind == FILES_LOCKING_UNLOCKED || !lock_in_the_way(wanted)) {
		status = place(wanted);
		waiters_serve();
		return status;
	}
	if (!token)
		return FILES_LOCKED;
	if (would_wait_for_ever(wanted))
		return NACRE_E_DEADLOCK;
	status = wait_for(wanted, token);
	return status ? status : NACRE_LATER;
}

/* --- waiting ------------------------------------------------------------------------------------------- */

void lock_drop_all(uint8_t client, uint32_t node)
{
	bool any = false;

	for (size_t i = 0; i < WAITERS_MAX; i++) {
		if (!waiters[i].token || waiters[i].wanted.client != client || waiters[i].wanted.node != node)
			continue;
		files_lock_answer(waiters[i].token, FILES_NOT_OPEN);
		waiters[i].token = 0;
	}
	for (size_t i = 0; i < LOCKS_MAX; i++) {
		if (store->locks[i].node != node || store->locks[i].client != client)
			continue;
		store->locks[i].node = 0;
		any = true;
	}
	if (any)
		waiters_serve();
}

void lock_waiters_forget(uint8_t client)
{
	for (size_t i = 0; i < WAITERS_MAX; i++)
		if (waiters[i].token && waiters[i].wanted.client == client)
			waiters[i].token = 0;
}

void lock_waiters_check(uint8_t client)
{
	for (size_t i = 0; i < WAITERS_MAX; i++)
		if (waiters[i].token && waiters[i].wanted.client == client && nacre_server_token_check(waiters[i].token))
			waiters[i].token = 0;
}
