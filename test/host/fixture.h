/* fixture.h - the whole portable kernel in a host program, and programs whose system calls a test makes for them.
 *
 *     UNIT_SETUP { world_start(); }
 *     TEST(hello, "a call is answered")
 *     {
 *         struct program *server = program_new(12), *client = program_new(10);
 *         handle_t mailbox = make_server(server), line = connect(server, mailbox, client, 7);
 *
 *         EXPECT_BLOCKED(do_receive(server->thread, mailbox));
 *         EXPECT_BLOCKED(do_call(client->thread, line, 42));
 *         EXPECT_OK(do_reply(server->thread, got(server->thread).token, 43, NULL));
 *         EXPECT_OK(answer(client->thread));
 *         world_end();
 *     }
 *
 * A call is made as a program makes it: registers set, ecall. The thread becomes the current one by the scheduler's own
 * rules - the slices of others of its priority end - so a thread below a ready one cannot run, and the test fails saying so.
 * After every step the kernel's invariants and the fixture's own (fixture_check) are proved, and every translation that was
 * good before the step and is no longer must have been flushed.
 * `boss` stands for init: all authority, priority 31, and asleep (as if by a debugger) but while it makes a call.
 * Programs are linked against poison.c: touching freed kernel memory ends the test. */
#pragma once
#include "boot/wiring.h"
#include "check/check.h"
#include "host.h"
#include "ipc/fault.h"
#include "syscall/handlers.h"

#define P PAGE_SIZE
#define RW (PROT_READ | PROT_WRITE)
#define BLOCKED ((uintptr_t)0xb10c) /* the call waits */

enum { WORLD_PAGES = 1024, WORLD_THREADS = 128, PROGRAM_PAGES = 96, DATA_PAGES = 20 };

struct program {
	struct process *process;
	struct thread *thread;         /* its first */
	handle_t self, budget;         /* in its own table: all rights */
	handle_t boss_process, boss_budget; /* in the boss's */
	vaddr_t data;                  /* DATA_PAGES pages, private, writable; page 0 is for message headers */
	handle_t data_memory;
};
extern struct program boss;
extern handle_t boss_device;           /* two regions, lines 5 and 6 */

/* --- The world. */

void world_start(void);
void world_start_with(size_t pages, size_t thread_slots);
void world_end(void);                  /* ends all programs; everything must be back */
void world_end_hard(void);             /* the same, of a test that leaves processes nobody knows: destroys all budgets first */
void fixture_check(void);

struct program *program_new(unsigned priority);       /* on a budget of its own, PROGRAM_PAGES */
struct program *program_in(handle_t boss_budget, unsigned priority);
struct thread *program_thread(struct program *program, unsigned priority);
struct program *program_of(const struct thread *thread);
void program_kill(struct program *program);           /* by the boss, until all of it is gone */
void program_budget_end(struct program *program);     /* the boss destroys its budget */
struct budget *program_account(const struct program *program);

/* Everything a refused call must leave as it was. */
struct counters {
	size_t free_frames, charged, handles, reserved, objects, mapped;
};
struct counters counters_read(void);

/* --- System calls. */

/* a0 when it is done, or BLOCKED. Restarted ones are gone on with; between_steps, if set, is called between restarts. */
uintptr_t do_ecall(struct thread *thread, unsigned number, const uintptr_t a[7]);
#define CALL(thread, NAME, ...) do_ecall(thread, CALL_##NAME, (const uintptr_t[8]){ __VA_ARGS__ })
extern void (*between_steps)(struct thread *thread);
void do_last_call(struct thread *thread, unsigned number, uintptr_t argument); /* exits: the thread is gone after it */

uintptr_t do_futex_wait(struct thread *thread, vaddr_t address, uint32_t expected, handle_t owner, uint64_t deadline_ns);

/* Of messages: words are opcode, opcode + 1, ...; message NULL: no header. */
uintptr_t do_call(struct thread *thread, handle_t connection, uintptr_t opcode);
uintptr_t do_call_message(struct thread *thread, handle_t connection, uintptr_t opcode, const struct abi_message *message,
                          uint64_t deadline_ns);
uintptr_t do_send(struct thread *thread, handle_t connection, uintptr_t opcode, const struct abi_message *message);
uintptr_t do_receive(struct thread *thread, handle_t server);
uintptr_t do_receive_until(struct thread *thread, handle_t server, uint64_t deadline_ns, unsigned accept);
uintptr_t do_reply(struct thread *thread, token_t token, uintptr_t status, const struct abi_message *message);
uintptr_t do_reply_and_receive(struct thread *thread, handle_t server, token_t token, uintptr_t status);
uintptr_t do_reply_and_receive_message(struct thread *thread, handle_t server, token_t token, uintptr_t status,
                                       const struct abi_message *message, uint64_t deadline_ns);
uintptr_t do_forward(struct thread *thread, handle_t connection, token_t token, uintptr_t opcode);
uintptr_t do_token_check(struct thread *thread, token_t token);
/* The same with a header that lies anywhere. */
struct message_registers {
	uintptr_t receiver, opcode;
	token_t token;
	uint64_t deadline_ns;
	vaddr_t header;
};
uintptr_t do_message_ecall(struct thread *thread, unsigned number, const struct message_registers *in);
/* Half calls: registers set; then each step is one ecall. True: done, or it waits. */
void do_message_start(struct thread *thread, unsigned number, const struct message_registers *in);
bool do_step(struct thread *thread);
void spaces_touch(void);               /* as if every program had touched all it can: what is cached must be flushed in time */
vaddr_t header_place(struct thread *thread);                                 /* where its headers are written */
vaddr_t header_write(struct thread *thread, const struct abi_message *message);
struct abi_message header_read(struct thread *thread);

uintptr_t answer(const struct thread *thread);   /* a0 of a thread that has been woken */
bool is_waiting(const struct thread *thread);    /* in a call */
struct got {
	uintptr_t words[6];                      /* opcode or status first */
	token_t token;
	uintptr_t badge, info, length;
	vaddr_t loan;
	unsigned loan_pages, kind, handles;
};
struct got got(const struct thread *thread);     /* what a receive, or a call, gave it */

/* --- Objects, made by system calls of the program's first thread with its own budget. */

handle_t make_server(struct program *program);
handle_t make_memory(struct program *program, size_t pages, uint32_t options);
handle_t make_budget(struct program *program, size_t pages);
/* Mints in `server` and moves the only handle to the client. */
handle_t connect(struct program *server, handle_t mailbox, struct program *client, uintptr_t badge);
handle_t connect_with(struct program *server, handle_t mailbox, struct program *client, uintptr_t badge, unsigned slots,
                      unsigned loans, unsigned priority);
vaddr_t map_memory(struct program *program, handle_t memory, size_t pages, unsigned protection);
handle_t give(const struct program *from, handle_t handle, const struct program *to); /* as a name server would; both keep it */
handle_t pass(struct program *from, handle_t handle, const struct program *to);       /* and closes it */
struct object *object_named(const struct program *program, handle_t handle);          /* NULL: nothing, or destroyed */

/* --- What programs do besides calling. */

void poke(const struct program *program, vaddr_t address, const void *from, size_t size);
void poke_word(const struct program *program, vaddr_t address, uint32_t value);
void peek(const struct program *program, vaddr_t address, void *to, size_t size);
uint32_t peek_word(const struct program *program, vaddr_t address);
bool can_read(const struct program *program, vaddr_t address);
bool can_write(const struct program *program, vaddr_t address);
void pattern_write(const struct program *program, vaddr_t address, size_t size, unsigned seed);
bool pattern_is(const struct program *program, vaddr_t address, size_t size, unsigned seed);
void thread_fault(struct thread *thread, unsigned cause, vaddr_t address); /* it runs, and faults */
void thread_runs(struct thread *thread);     /* makes it the current one */
void pass_ns(uint64_t ns);                   /* time passes; what is due is delivered */
void interrupt_raise(unsigned line);
uint32_t dice(uint32_t sides);               /* the same numbers every time */
uint64_t soon(void);                         /* a deadline a ms from now */
#define NEVER NEVER_NS

/* --- Expectations. */

void expect_result(uintptr_t got, uintptr_t wanted, const char *what, const char *file, int line);
void expect_unchanged(const struct counters *before, const char *what, const char *file, int line);
#define EXPECT_OK(expression) expect_result(expression, E_OK, #expression, __FILE__, __LINE__)
#define EXPECT_BLOCKED(expression) expect_result(expression, BLOCKED, #expression, __FILE__, __LINE__)
/* The expression gives the a0 of a call that is refused; it must leave all counters alone. */
#define EXPECT_ERROR(call, error, expression)                                                      \
	do {                                                                                       \
		struct counters before_ = counters_read();                                         \
		expect_result(expression, E_##error, #call ": " #expression, __FILE__, __LINE__); \
		expect_unchanged(&before_, #call ": " #expression, __FILE__, __LINE__);           \
	} while (0)
