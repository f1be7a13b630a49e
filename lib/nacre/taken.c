/* taken.c - which calls a service has taken and not answered, and since when. */
#include "nacre/taken.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/startup.h"

enum { CALLS_MAX = 32 };

static struct call {
	nacre_token_t token;         /* 0: free */
	uintptr_t badge;
	uint64_t due_ns;
	bool doubted;
} calls[CALLS_MAX];
static unsigned call_count;
static uint64_t patience_ns;

/* Behind "answer_ms="; 0: another variable. */
static uint64_t value_of(const char *variable)
{
	uint64_t value = 0;

	for (const char *name = "answer_ms="; *name; name++)
		if (*variable++ != *name)
			return 0;
	for (; *variable >= '0' && *variable <= '9'; variable++)
		value = value * 10 + (uint64_t)(*variable - '0');
	return value;
}

bool taken_begin(void)
{
	for (char **variable = nacre_startup()->envp; *variable && !patience_ns; variable++)
		patience_ns = value_of(*variable) * NACRE_MS;
	return patience_ns;
}

uint64_t taken_patience_ns(void)
{
	return patience_ns;
}

void taken_add(nacre_token_t token, uintptr_t badge)
{
	if (!patience_ns || !token)
		return;
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		if (calls[i].token)
			continue;
		calls[i] = (struct call){ .token = token, .badge = badge, .due_ns = nacre_clock_ns() + patience_ns };
		call_count++;
		return;
	}
}

static void forget(struct call *call)
{
	call->token = 0;
	call_count--;
}

void taken_forget(nacre_token_t token)
{
	for (unsigned i = 0; call_count && token && i < CALLS_MAX; i++)
		if (calls[i].token == token)
			forget(&calls[i]);
}

void taken_cancelled(uintptr_t badge)
{
	for (unsigned i = 0; call_count && i < CALLS_MAX; i++)
		if (calls[i].token && calls[i].badge == badge && nacre_server_token_check(calls[i].token))
			forget(&calls[i]);
}

uint64_t taken_deadline_ns(void)
{
	uint64_t first_ns = NACRE_DEADLINE_NEVER;

	for (unsigned i = 0; call_count && i < CALLS_MAX; i++)
		if (calls[i].token && calls[i].due_ns < first_ns)
			first_ns = calls[i].due_ns;
	return first_ns;
}

void taken_watch(void)
{
	uint64_t now_ns;

	if (!call_count)
		return;
	now_ns = nacre_clock_ns();
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		if (!calls[i].token || calls[i].due_ns > now_ns)
			continue;
		if (calls[i].doubted) {
			nacre_log(LOG_ERROR, "a call was not answered for %lu ms; the service ends, to be started anew",
				  (unsigned long)(patience_ns / NACRE_MS));
			nacre_process_exit(1);
		}
		calls[i].doubted = true;
		calls[i].due_ns = now_ns + patience_ns / 4;
	}
}
