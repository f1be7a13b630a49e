/* helper.h - servers and second threads for tests of the kernel. */
#pragma once
#include "nacre/startup.h"
#include "test/machine.h"
#include "test/test.h"

static inline nacre_handle_t self_process(void)
{
	return nacre_self_process();
}
static inline nacre_handle_t self_budget(void)
{
	return nacre_self_budget();
}

/* The highest priority that this process may give: 31 for init, less for a program with a manifest. */
unsigned self_ceiling(void);

/* A server of this process and a connection to it. */
struct pair {
	nacre_handle_t server, connection;
};
struct pair pair_make(uintptr_t badge, unsigned slots, unsigned loans);
void pair_close(struct pair *pair);

/* A bare thread: no C library behind it. It ends by returning; helper_join waits for it. */
struct helper {
	void (*run)(void *);
	void *argument;
	uint32_t running;          /* futex, cleared by the kernel when the thread is gone */
	nacre_handle_t thread;
	_Alignas(16) char stack[4096];
};
void helper_start(struct helper *helper, void (*run)(void *), void *argument);
void helper_start_at(struct helper *helper, void (*run)(void *), void *argument, unsigned priority);
void helper_join(struct helper *helper);

static inline unsigned info_kind(const struct nacre_received *in)
{
	return in->info & NACRE_INFO_KIND;
}
