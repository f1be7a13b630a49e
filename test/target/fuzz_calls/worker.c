/* worker.c - a thread of the system call fuzzer: any call, with arguments that are mostly of the right kind. */
#include "worker.h"

/* Registers of the worker: by number, as in fuzz_calls.h. */
enum { A0, A1, A2, A7 = 7, T0 };

CHILD static uint32_t pick(struct worker *worker, uint32_t below)
{
	uint32_t random = worker->random;

	random ^= random << 13;
	random ^= random >> 17;
	random ^= random << 5;
	worker->random = random;
	return (random >> 4) % below;
}

CHILD static void registers_call(uintptr_t *r)
{
	register uintptr_t a0 __asm__("a0") = r[0];
	register uintptr_t a1 __asm__("a1") = r[1];
	register uintptr_t a2 __asm__("a2") = r[2];
	register uintptr_t a3 __asm__("a3") = r[3];
	register uintptr_t a4 __asm__("a4") = r[4];
	register uintptr_t a5 __asm__("a5") = r[5];
	register uintptr_t a6 __asm__("a6") = r[6];
	register uintptr_t a7 __asm__("a7") = r[7];
	register uintptr_t t0 __asm__("t0") = r[8];
	register uintptr_t t1 __asm__("t1") = r[9];
	register uintptr_t t2 __asm__("t2") = r[10];
	register uintptr_t t3 __asm__("t3") = r[11];
	register uintptr_t t4 __asm__("t4") = r[12];

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7), "+r"(t0),
			 "+r"(t1), "+r"(t2), "+r"(t3), "+r"(t4) : : "t5", "t6", "memory");
	r[0] = a0;
	r[1] = a1;
	r[2] = a2;
	r[3] = a3;
	r[4] = a4;
	r[5] = a5;
	r[6] = a6;
	r[7] = a7;
	r[8] = t0;
	r[9] = t1;
	r[10] = t2;
	r[11] = t3;
	r[12] = t4;
}

/* A thread that needs no stack: it yields, waits on a word that is where its argument says, and ends. */
CHILD __attribute__((naked)) static void park(void)
{
	__asm__ volatile("mv s0, a0\n li a7, 42\n ecall\n mv a0, s0\n li a1, 0\n li a2, 0\n li t1, -1\n li t2, -1\n li a7, 62\n"
			 "ecall\n li a0, 0\n li a7, 41\n ecall");
}

/* --- values ---------------------------------------------------------------------------------------------------- */

CHILD static uintptr_t odd(struct worker *worker)
{
	uintptr_t top = ~(uintptr_t)0;
	uint32_t n = pick(worker, 16);

	if (n < 4)
		return n == 0 ? top : n == 1 ? top >> 1 : n == 2 ? top << 12 : 4095;
	if (n < 8)
		return n == 4 ? 4096 : n == 5 ? 0x80000000u : n == 6 ? 32 : 64;
	return n < 14 ? n - 8 : worker->random & FUZZ_RANDOM; /* worker.h */
}

CHILD static uintptr_t handle(struct worker *worker, uint32_t type)
{
	nacre_handle_t found;

	if (!pick(worker, 24))
		return odd(worker);
	if (!type || !pick(worker, 16))
		type = pick(worker, TYPES);
	found = worker->known[type][pick(worker, KNOWN)];
	return found ? found : worker->known[type][0];
}

/* Where something is mapped, or a little beside it. */
CHILD static uintptr_t address(struct worker *worker)
{
	uint32_t n = pick(worker, 32);

	if (n < 2)
		return odd(worker);
	return worker->addresses[pick(worker, ADDRESSES)] + (n < 6 ? pick(worker, 3) * 4096 : n == 6 ? pick(worker, 16) : 0);
}

CHILD static uintptr_t pointer(struct worker *worker)
{
	return pick(worker, 4) ? (uintptr_t)worker->scratch + (pick(worker, 8) ? 0 : pick(worker, SCRATCH_BYTES)) : address(worker);
}

CHILD static uintptr_t size(struct worker *worker)
{
	uint32_t n = pick(worker, 8);

	return n < 4 ? 1 : n < 6 ? 0 : n == 6 ? 2 : odd(worker);
}

CHILD static void segments_fill(struct worker *worker, struct nacre_segment *segment, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		segment[i].base = pointer(worker);
		segment[i].size = pick(worker, 8) ? pick(worker, 100) : odd(worker) & 0x3fff;
	}
}

CHILD static uintptr_t message(struct worker *worker)
{
	struct nacre_message *message = &worker->message;

	if (!pick(worker, 4))
		return 0;
	message->in_count = pick(worker, 3) ? pick(worker, 2) : pick(worker, 6);
	message->out_count = pick(worker, 3) ? 0 : pick(worker, 6);
	message->handle_count = pick(worker, 3) ? 0 : pick(worker, 6);
	message->accept = pick(worker, 2) ? 4 : pick(worker, 6);
	message->pages = pick(worker, 2) ? 0 : pick(worker, 5);
	message->page_base = message->pages == NACRE_PAGES_MOVE ? handle(worker, NACRE_OBJECT_MEMORY)
								: pick(worker, 8) ? worker->addresses[0] : address(worker);
	message->page_count = size(worker);
	segments_fill(worker, message->in, 4);
	segments_fill(worker, message->out, 4);
	for (uint32_t i = 0; i < 4; i++)
		message->send[i] = (uint32_t)handle(worker, 0);
	return pick(worker, 32) ? (uintptr_t)message : address(worker);
}

CHILD static uint64_t deadline(struct worker *worker)
{
	uint64_t now = 0;

	if (!pick(worker, 3))
		return 0;
	nacre_clock_now(&now);
	return now + pick(worker, 400000);
}

CHILD static uintptr_t value(struct worker *worker, const struct fuzz_argument *argument)
{
	uint32_t kind = argument->kind;

	if (kind == FUZZ_HANDLE || kind == FUZZ_HANDLE_ANY)
		return handle(worker, argument->object);
	if (kind == FUZZ_PTR)
		return pointer(worker);
	if (kind == FUZZ_VA)
		return pick(worker, 3) ? address(worker) : 0;
	if (kind == FUZZ_MESSAGE)
		return message(worker);
	if (kind == FUZZ_TOKEN)
		return pick(worker, 12) ? worker->tokens[pick(worker, TOKENS)] : odd(worker);
	if (kind == FUZZ_SIZE)
		return size(worker);
	return pick(worker, 4) ? pick(worker, 8) : odd(worker);
}

CHILD static void argument_fill(struct worker *worker, const struct fuzz_argument *argument)
{
	const uint8_t *at = argument->at[sizeof(uintptr_t) == 8];
	uint64_t wide;

	if (argument->kind == FUZZ_DEADLINE || argument->kind == FUZZ_U64) {
		wide = argument->kind == FUZZ_DEADLINE ? deadline(worker) : odd(worker);
		worker->registers[at[0]] = (uintptr_t)wide;
		if (at[1] != FUZZ_NO_REGISTER)
			worker->registers[at[1]] = (uintptr_t)(wide >> 16 >> 16);
	} else {
		worker->registers[at[0]] = value(worker, argument);
	}
}

/* --- calls ------------------------------------------------------------------------------------------------------ */

CHILD static const struct fuzz_call *call_choose(struct worker *worker, const struct arena *arena)
{
	uint32_t at = pick(worker, arena->total_weight);
	const struct fuzz_call *call = arena->calls;

	while (at >= call->weight)
		at -= call++->weight;
	return call;
}

/* Most threads that it starts go on doing something harmless. */
CHILD static void thread_prepare(struct worker *worker)
{
	if (!pick(worker, 40))
		return;
	worker->registers[1] = (uintptr_t)park;
	worker->registers[2] = worker->addresses[0];
	worker->registers[3] = worker->addresses[0] + pick(worker, 4) * 4;
}

CHILD static void handle_remember(struct worker *worker, nacre_handle_t made)
{
	uintptr_t type = 0, rights = 0;

	if (!made || nacre_handle_info(made, &type, &rights) || type >= TYPES)
		return;
	/* What is forgotten is closed, or soon nothing could be made any more. */
	if (pick(worker, 2))
		nacre_handle_close(worker->known[type][KNOWN - 1]);
	worker->known[type][KNOWN - 1] = made;
	worker->known[0][pick(worker, KNOWN)] = made;
}

/* Half of the callers are answered at once, with or without something. */
CHILD static void call_answer(struct worker *worker)
{
	nacre_token_t token = worker->registers[T0];
	struct nacre_words words;

	if (!token || pick(worker, 2))
		return;
	words_clear(&words, 0);
	if (nacre_server_reply(&words, token, (struct nacre_message *)message(worker)))
		nacre_server_reply(&words, token, NULL);
}

CHILD static void result_remember(struct worker *worker, const struct fuzz_call *call)
{
	if (call->makes == FUZZ_MAKES_HANDLE)
		handle_remember(worker, (nacre_handle_t)worker->registers[A1]);
	if (call->makes == FUZZ_MAKES_ADDRESS && worker->registers[A1])
		worker->addresses[1 + pick(worker, ADDRESSES - 1)] = worker->registers[A1];
	if (call->makes != FUZZ_MAKES_MESSAGE)
		return;
	worker->tokens[pick(worker, TOKENS)] = worker->registers[T0];
	for (uint32_t i = 0; i < 4; i++)
		handle_remember(worker, worker->message.received[i]);
	call_answer(worker);
}

/* --- addresses of the kernel ------------------------------------------------------------------------------------- */

/* Could this word be an address of the kernel's? Small negative numbers, and what a worker says itself (odd), are none. */
CHILD static bool is_kernel_address(const struct arena *arena, uintptr_t word)
{
	return (word >= arena->kernel_ram && word - arena->kernel_ram < KERNEL_RAM_BYTES) ||
	       (word >= arena->kernel_text && word - arena->kernel_text < KERNEL_TEXT_BYTES);
}

CHILD static void leak_count(struct arena *arena, const struct fuzz_call *call, uintptr_t word)
{
	if (!is_kernel_address(arena, word))
		return;
	if (!arena->leaks++) {
		arena->leak_call = call->number;
		arena->leak = word;
	}
}

/* What came in registers, and what a call wrote where it was told to. Where words are short, those of times and of random
 * IDs can be anything, and structures, which hold times, are looked at where words are long. */
CHILD static void leaks_count(const struct worker *worker, struct arena *arena, const struct fuzz_call *call, const uintptr_t *before)
{
	const uintptr_t *at = 0;

	if (sizeof(uintptr_t) == 4 && (call->number == NACRE_CALL_CLOCK_NOW || call->number == NACRE_CALL_HANDLE_ID))
		return;
	for (uint32_t i = 0; i < 13; i++)
		if (worker->registers[i] != before[i])
			leak_count(arena, call, worker->registers[i]);
	for (uint32_t i = 0; sizeof(uintptr_t) == 8 && i < call->count && i < FUZZ_ARGUMENTS; i++)
		if (call->arguments[i].kind == FUZZ_PTR)
			at = (const uintptr_t *)before[call->arguments[i].at[1][0]];
	if (worker->registers[A0] || (uintptr_t)at % sizeof(*at) || (uintptr_t)at < (uintptr_t)worker->scratch ||
	    (uintptr_t)at >= (uintptr_t)worker->scratch + SCRATCH_BYTES)
		return;
	for (uint32_t i = 0; i < WRITTEN_WORDS; i++)
		leak_count(arena, call, at[i]);
	arena->looked++;
}

CHILD static void call_once(struct worker *worker, struct arena *arena)
{
	const struct fuzz_call *call = call_choose(worker, arena);
	uintptr_t error, before[13];

	for (uint32_t i = 0; i < 13; i++)
		worker->registers[i] = pick(worker, 64);
	for (uint32_t i = 0; i < call->count && i < FUZZ_ARGUMENTS; i++)
		argument_fill(worker, &call->arguments[i]);
	for (uint32_t i = 0; i < 4; i++)
		worker->message.received[i] = 0;
	if (call->number == NACRE_CALL_THREAD_CREATE)
		thread_prepare(worker);
	worker->last = call->number;
	worker->registers[A7] = call->number;
	for (uint32_t i = 0; i < 13; i++)
		before[i] = worker->registers[i];
	registers_call(worker->registers);
	leaks_count(worker, arena, call, before);
	error = worker->registers[A0];
	arena->errors[error & 127]++;
	worker->calls++;
	if (error)
		return;
	arena->answered[call->number % FUZZ_CALLS]++;
	result_remember(worker, call);
}

CHILD void worker_run(uintptr_t argument)
{
	struct worker *worker = (struct worker *)argument;
	struct arena *arena = (struct arena *)(argument - worker->arena);

	nacre_thread_buffer_set((void *)worker->addresses[0], 4096);
	while (arena->left) {
		arena->left--;
		call_once(worker, arena);
	}
	nacre_process_exit(0);
}
