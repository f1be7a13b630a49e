/* main.c - a hostile program for the demo: tries what must get nowhere, and says what it was answered. The tests that try all of it,
 * on every width and with every argument, are test/target/hostile_*; here a person can look on. */
#include <stdio.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "idl/names_client.h"
#include "nacre/names.h"
#include "nacre/startup.h"

enum { GUESSES = 100000, MOST = 100000, REPLIES = 20000, PAGE = 4096 };

static unsigned succeeded;

static void told(const char *what, nacre_status_t status)
{
	printf("  %-52s %s\n", what, status ? nacre_error_sentence(status) : "IT WORKED");
	succeeded += !status;
}

/* A name that is in nobody's manifest but the shell's, the disk, and a name that is somebody else's to publish. */
static void try_names(void)
{
	nacre_handle_t found;

	told("connects to init, to steer the system", nacre_connect_now("svc/system", &found));
	told("connects to the disk", nacre_connect_now("dev/block0", &found));
	told("publishes a server of its own as svc/time", names_publish(nacre_startup_handle("names"), NAMES_KIND_SHARED,
									 nacre_startup_handle("log")));
}

static void try_handles(void)
{
	nacre_err_t error = NACRE_E_BAD_HANDLE;
	struct nacre_budget_state state;
	uint32_t n = 0;

	for (; n < GUESSES && error; n++) {
		nacre_handle_t guess = n * 2654435761u;

		error = guess == nacre_self_budget() ? NACRE_E_BAD_HANDLE : nacre_budget_info(guess, &state);
	}
	told("guesses 100000 handles of others", error);
	told("kills by a handle that is none of a process", nacre_process_kill(nacre_self_budget(), 1));
}

static void try_replies(void)
{
	struct nacre_words words = { 0 };
	nacre_err_t error = NACRE_E_STALE_TOKEN;

	for (uint32_t n = 1; n <= REPLIES && error; n++)
		error = nacre_server_reply(&words, (nacre_token_t)(n << 12 | n % 64), NULL);
	told("answers others' callers, with 20000 guessed tokens", error);
}

static void try_memory(void)
{
	uintptr_t kernel = (uintptr_t)1 << (sizeof(uintptr_t) * 8 - 1);
	nacre_handle_t memory = NACRE_HANDLE_NONE;
	uintptr_t at = 0;

	nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_PRIVATE, &memory);
	told("maps memory over the kernel", nacre_map_add(nacre_self_process(), kernel, memory, 0, 1, NACRE_PROT_WRITE, &at));
	told("unmaps the kernel", nacre_map_remove(nacre_self_process(), kernel, 1));
	told("maps memory to write and to execute", nacre_map_add(nacre_self_process(), 0, memory, 0, 1,
								   NACRE_PROT_READ | NACRE_PROT_WRITE | NACRE_PROT_EXECUTE, &at));
	told("lets the kernel write into the kernel", nacre_budget_info(nacre_self_budget(), (struct nacre_budget_state *)kernel));
}

/* Its own budget is all there is for it. */
static void try_greed(void)
{
	nacre_handle_t memory;
	nacre_err_t error = NACRE_E_OK;

	for (uint32_t n = 0; n < MOST && !error; n++)
		error = nacre_memory_create(nacre_self_budget(), 1, NACRE_MEMORY_PRIVATE, &memory);
	told("takes memory until it is refused", error);
}

static void try_call(void)
{
	register uintptr_t a0 __asm__("a0") = 0;
	register uintptr_t a7 __asm__("a7") = ~(uintptr_t)0;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a7) : : "a1", "a2", "a3", "a4", "a5", "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
	told("makes a system call that does not exist", (nacre_status_t)a0);
}

int main(void)
{
	try_names();
	try_handles();
	try_replies();
	try_memory();
	try_greed();
	try_call();
	puts("  reads the kernel's memory ...");
	fflush(stdout);
	if (!succeeded)
		(void)*(volatile uint32_t *)((uintptr_t)1 << (sizeof(uintptr_t) * 8 - 1));
	return succeeded != 0;
}
