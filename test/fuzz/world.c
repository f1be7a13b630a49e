/* world.c - the kernel below a driver, and its clients: what arrives in the mailbox, and every other call the driver makes. */
#include "world.h"
#include <stdarg.h>
#include "base/bits.h"
#include "idl/interface.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/names.h"
#include "nacre/startup.h"

enum { CALLS = 48, HANDLES = 256, HANDLE_BASE = 0x10000, TOKEN_BASE = 100, STEPS_MAX = 500000, RESTS_MAX = 400 };
enum { SERVER = 1, DEVICE, DMA, BUDGET, REGISTERS, INTERRUPT, KEPT }; /* handles of the start, below HANDLE_BASE */
enum { PUBLISHED = INTERFACE_BADGE_PUBLISHED };

struct input input;
uint8_t *dma_base;
size_t dma_bytes;
bool world_rests;
unsigned world_errors;

static jmp_buf end;
static unsigned flaws, steps, rests;
static uint64_t now_ns;
static uint8_t *buffer;
static size_t buffer_bytes;
static uint8_t *kept;
static bool interrupt_masked;

/* --- what the fuzzer says ------------------------------------------------------------------------------------ */

unsigned draw(unsigned sides)
{
	return sides ? (unsigned)input_number(&input, sides <= 256 ? 1 : sides <= 65536 ? 2 : 4) % sides : 0;
}

uint64_t absurd(void)
{
	static const uint64_t values[] = { 0, 1, 2, 3, 7, 8, 63, 64, 65, 127, 255, 256, 511, 512, 4095, 4096, 0x7fff, 0x8000, 0xffff,
					   0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1ull << 54, 1ull << 55,
					   UINT64_MAX / 512, UINT64_MAX - 1, UINT64_MAX };
	unsigned which = draw(64);

	return which < ARRAY_SIZE(values) ? values[which] : input_number(&input, 1u << which % 4);
}

bool happens(unsigned flaw)
{
	return !world_rests && flaws & flaw;
}

void world_step(void)
{
	MUST(++steps < STEPS_MAX); /* P7 */
}

void world_end(void)
{
	longjmp(end, 1);
}

/* --- clients, and what they wait for -------------------------------------------------------------------------- */

static struct call {
	nacre_token_t token;         /* 0: free */
	enum { WAITS, CANCELLED } state;
	bool is_connect, must_end;
	unsigned process, slot;
	size_t room;
	unsigned accept;
	bool unreachable;            /* its buffers are no memory any more */
	uint8_t *loan;
	size_t loan_bytes;
	bool loan_writable;
} calls[CALLS];

static nacre_token_t last_token;
static unsigned guest;                        /* who was let in last */
static bool answered[1 << 16];                /* tokens above TOKEN_BASE */
/* A client is a process and the publication that it came by. */
static unsigned connections[PROCESSES][SLOTS];
static uintptr_t cancelled_bits[PROCESSES][SLOTS];   /* signals on the way */

static uintptr_t badge_of(unsigned process, unsigned slot)
{
	return process | (world.badge_shift ? (uintptr_t)(slot + 1) << world.badge_shift : 0);
}

static unsigned slot_draw(void)
{
	return world.badge_shift && draw(2) ? draw(world.publications) : 0;
}

static struct call *call_find(nacre_token_t token)
{
	for (unsigned i = 0; i < CALLS; i++)
		if (calls[i].token == token)
			return &calls[i];
	return NULL;
}

/* P2 */
static void bytes_judge(const uint8_t *bytes, size_t size, unsigned process)
{
	for (unsigned other = 0; other < PROCESSES && size; other++)
		MUST(other == process || !memchr(bytes, TAG + (int)other, size));
}

static void call_forget(struct call *call)
{
	free(call->loan);
	*call = (struct call){ 0 };
}

static void call_finish(struct call *call)
{
	if (call->loan)
		bytes_judge(call->loan, call->loan_bytes, call->process);
	call_forget(call);
}

/* The client gives up or dies: its pages are its own again, and the driver has others until it asks after the token. */
static void call_cancel(struct call *call)
{
	call->state = CANCELLED;
	if (call->loan)
		memset(call->loan, 0, call->loan_bytes);
	cancelled_bits[call->process][call->slot] |= NACRE_SIGNAL_CANCELLED;
}

nacre_err_t nacre_server_token_check(nacre_token_t token)
{
	struct call *call = call_find(token);

	if (call && call->state == WAITS)
		return NACRE_E_OK;
	if (call)
		call_forget(call); /* and with it the pages */
	return NACRE_E_STALE_TOKEN;
}

static nacre_err_t reply_judge(const struct call *call, const struct nacre_message *message)
{
	size_t size = 0;

	for (unsigned i = 0; i < message->in_count; i++) {
		look_at((const void *)message->in[i].base, message->in[i].size);
		size += message->in[i].size;
	}
	if (message->in_count > 1)
		bytes_judge((const uint8_t *)message->in[1].base, message->in[1].size, call->process);
	if (message->handle_count > call->accept)
		return NACRE_E_HANDLE_ROOM;
	return size > call->room ? NACRE_E_TOO_LONG : NACRE_E_OK;
}

nacre_err_t nacre_server_reply(const struct nacre_words *words, nacre_token_t token, const struct nacre_message *message)
{
	struct call *call = call_find(token);
	nacre_err_t error = NACRE_E_OK;

	MUST(token > TOKEN_BASE && token <= last_token);
	MUST(!answered[token - TOKEN_BASE]); /* P1 */
	if (!call)
		return NACRE_E_STALE_TOKEN;
	if (call->state == CANCELLED) {
		call_forget(call);
		return NACRE_E_STALE_TOKEN;
	}
	if (call->unreachable) {
		call_forget(call);
		return NACRE_E_PEER_FAULT;
	}
	if (message)
		error = reply_judge(call, message);
	if (error)
		return error;
	if (call->is_connect && words->opcode == STATUS_OK)
		connections[guest = call->process][call->slot]++;
	answered[token - TOKEN_BASE] = true;
	call_finish(call);
	return NACRE_E_OK;
}

/* --- what arrives --------------------------------------------------------------------------------------------- */

static void loan_make(struct call *call, struct nacre_received *received, const struct asked *asked)
{
	if (!asked->loan_pages || asked->loan_pages > NACRE_LIMIT_LOAN_PAGES)
		return;
	call->loan_bytes = asked->loan_pages * 4096u;
	call->loan = aligned_alloc(4096, call->loan_bytes);
	memset(call->loan, TAG + (int)call->process, call->loan_bytes);
	received->loan_pages = asked->loan_pages;
	received->loan_base = (uintptr_t)call->loan;
	received->info |= asked->loan_writable ? NACRE_INFO_LOAN_WRITABLE : 0;
}

static nacre_handle_t handle_open(void);

static void data_put(struct nacre_received *received, const struct asked *asked)
{
	size_t size = min_size(asked->size, buffer_bytes);

	memcpy(buffer, asked->data, size);
	received->length = (uint32_t)size;
}

static bool call_put(struct nacre_received *received, struct nacre_message *message, const struct asked *asked, unsigned process, unsigned slot)
{
	struct call *call = call_find(0);

	if (!call)
		return false;
	*call = (struct call){ .token = ++last_token, .process = process, .slot = slot, .room = draw(4) ? NACRE_LIMIT_COPY_BYTES : draw(64),
			       .accept = draw(8) ? 4 : 0, .unreachable = draw(16) == 15, .must_end = !world.may_wait(&asked->words) };
	*received = (struct nacre_received){ .info = NACRE_KIND_CALL, .token = call->token, .badge = badge_of(process, slot), .words = asked->words };
	MUST(last_token - TOKEN_BASE < ARRAY_SIZE(answered));
	answered[last_token - TOKEN_BASE] = false;
	loan_make(call, received, asked);
	data_put(received, asked);
	for (unsigned i = 0; message && i < asked->handles && i < message->accept; i++) {
		message->received[i] = handle_open();
		received->info += 1 << NACRE_INFO_HANDLES_SHIFT;
	}
	return true;
}

static bool ask(struct nacre_received *received, struct nacre_message *message)
{
	struct asked asked = { 0 };
	unsigned process = draw(4) ? guest : 1 + draw(PROCESSES - 1);

	memset(asked.data, TAG + (int)process, sizeof(asked.data));
	world.ask(&asked);
	return call_put(received, message, &asked, process, slot_draw());
}

/* Anything at all, also as a message that nobody waits for. */
static bool pester(struct nacre_received *received, struct nacre_message *message)
{
	struct asked asked = { .words.opcode = draw(16) };
	unsigned process = 1 + draw(PROCESSES - 1);

	memset(asked.data, TAG + (int)process, sizeof(asked.data));
	for (unsigned i = 0; i < ARRAY_SIZE(asked.words.word); i++)
		asked.words.word[i] = (uintptr_t)absurd();
	asked.size = draw(2) ? draw(4096) : draw(32);
	asked.loan_pages = draw(64);
	asked.loan_writable = draw(2);
	asked.handles = draw(5);
	if (draw(4))
		return call_put(received, message, &asked, process, slot_draw());
	*received = (struct nacre_received){ .info = NACRE_KIND_SEND, .badge = badge_of(process, slot_draw()), .words = asked.words };
	asked.size = min_size(asked.size, 64);
	data_put(received, &asked);
	return true;
}

/* By the name server, for a process; or by somebody else who would like to be it. */
static bool come(struct nacre_received *received, struct nacre_message *message)
{
	struct asked asked = { .words = { INTERFACE_CONNECT, { 0 } } };
	unsigned process = draw(PROCESSES), slot = world.badge_shift ? slot_draw() : draw(world.publications);

	asked.words.word[0] = process;
	if (!call_put(received, message, &asked, process, slot))
		return false;
	call_find(last_token)->is_connect = true;
	received->badge = draw(8) ? PUBLISHED + slot : process;
	received->info |= draw(8) ? NACRE_INFO_FORWARDED : 0;
	return true;
}

static bool waits(unsigned process, unsigned slot)
{
	for (unsigned i = 0; i < CALLS; i++)
		if (calls[i].token && calls[i].state == WAITS && calls[i].process == process && calls[i].slot == slot)
			return true;
	return false;
}

static bool signal_put(struct nacre_received *received, unsigned process, unsigned slot, uintptr_t bits)
{
	bits |= cancelled_bits[process][slot];
	cancelled_bits[process][slot] = 0;
	if (!bits)
		return false;
	*received = (struct nacre_received){ .info = NACRE_KIND_SIGNAL, .badge = badge_of(process, slot), .words.word = { bits } };
	return true;
}

/* One call of a process ends early; or all, and the process with them. */
static bool give_up(struct nacre_received *received)
{
	unsigned process = draw(2) ? guest : 1 + draw(PROCESSES - 1), slot = slot_draw(), how = draw(4), which = draw(CALLS);

	for (unsigned i = 0; i < CALLS; i++) {
		struct call *call = &calls[(which + i) % CALLS];

		if (!call->token || call->state != WAITS || call->process != process || call->slot != slot || call->is_connect)
			continue;
		call_cancel(call);
		if (how != 3)
			break;
	}
	if (how == 3 && !waits(process, slot) && connections[process][slot]) {
		connections[process][slot]--;
		return signal_put(received, process, slot, NACRE_SIGNAL_CLOSED);
	}
	return draw(4) && signal_put(received, process, slot, draw(16) == 15 ? (uintptr_t)absurd() & 0xffff : 0);
}

static bool interrupt_put(struct nacre_received *received)
{
	if (interrupt_masked)
		return false;
	interrupt_masked = true;
	*received = (struct nacre_received){ .info = NACRE_KIND_INTERRUPT };
	return true;
}

/* --- the end: everybody keeps to the rules, and the driver comes to rest --------------------------------------- */

static void rest_judge(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		MUST(!calls[i].token || calls[i].state == CANCELLED || !calls[i].must_end); /* P1 */
	if (world.rest)
		world.rest();
}

static nacre_err_t rest(struct nacre_received *received, uint64_t deadline_ns)
{
	world_rests = true;
	MUST(++rests < RESTS_MAX);
	for (unsigned i = 0; i < PROCESSES * SLOTS; i++)
		if (signal_put(received, i / SLOTS, i % SLOTS, 0))
			return NACRE_E_OK;
	if (rests < RESTS_MAX / 2 && (device_serve_all() || rests == 1)) {
		device_interrupt_all();
		if (interrupt_put(received))
			return NACRE_E_OK;
	}
	if (deadline_ns != NACRE_DEADLINE_NEVER && rests < RESTS_MAX / 2) {
		now_ns = deadline_ns > now_ns ? deadline_ns : now_ns;
		return NACRE_E_TIMEOUT;
	}
	rest_judge();
	return NACRE_E_PEER_GONE;
}

static nacre_err_t message_take(uint64_t deadline_ns, struct nacre_message *message, struct nacre_received *received)
{
	steps = 0;
	while (!input_is_empty(&input)) {
		unsigned what = draw(32);
		bool put = false;

		if (what < 10)
			put = ask(received, message);
		else if (what < 12)
			put = come(received, message);
		else if (what == 12)
			put = pester(received, message);
		else if (what < 22)
			device_act();
		else if (what < 27)
			put = (device_interrupts() || !draw(8)) && interrupt_put(received);
		else if (what < 29)
			put = give_up(received);
		else if (what == 29)
			now_ns += NACRE_S * (1 + draw(40));
		else if (what == 30)
			now_ns += 1000;
		if (put)
			return NACRE_E_OK;
		if (now_ns >= deadline_ns && deadline_ns != NACRE_DEADLINE_NEVER)
			return NACRE_E_TIMEOUT;
	}
	return rest(received, deadline_ns);
}

nacre_err_t nacre_server_receive(nacre_handle_t server, uint64_t deadline_ns, struct nacre_message *message,
				 struct nacre_received *received)
{
	MUST(server == SERVER);
	return message_take(deadline_ns, message, received);
}

nacre_err_t nacre_server_reply_and_receive_message(nacre_handle_t server, const struct nacre_words *words, nacre_token_t token,
						   uint64_t deadline_ns, struct nacre_message *message, struct nacre_received *received)
{
	nacre_err_t error = token ? nacre_server_reply(words, token, message) : NACRE_E_OK;

	if (error && error != NACRE_E_STALE_TOKEN)
		return error;
	return nacre_server_receive(server, deadline_ns, message, received);
}

nacre_err_t nacre_server_reply_and_receive(nacre_handle_t server, const struct nacre_words *words, nacre_token_t token,
					   struct nacre_received *received)
{
	return nacre_server_reply_and_receive_message(server, words, token, NACRE_DEADLINE_NEVER, NULL, received);
}

/* --- handles -------------------------------------------------------------------------------------------------- */

static bool handles[HANDLES];

static nacre_handle_t handle_open(void)
{
	for (uint32_t i = 0; i < HANDLES; i++) {
		if (handles[i])
			continue;
		handles[i] = true;
		return HANDLE_BASE + i;
	}
	MUST(!"handles are lost: more are open than a driver can need");
	return 0;
}

static bool handle_is_open(nacre_handle_t handle)
{
	return handle >= HANDLE_BASE && handle < HANDLE_BASE + HANDLES && handles[handle - HANDLE_BASE];
}

nacre_err_t nacre_handle_close(nacre_handle_t handle)
{
	MUST(handle_is_open(handle));
	handles[handle - HANDLE_BASE] = false;
	return NACRE_E_OK;
}

nacre_err_t nacre_handle_info(nacre_handle_t handle, uintptr_t *type, uintptr_t *rights)
{
	MUST(handle_is_open(handle));
	*type = draw(16) == 15 ? NACRE_OBJECT_MEMORY : NACRE_OBJECT_CONNECTION;
	*rights = NACRE_RIGHT_ALL;
	return NACRE_E_OK;
}

nacre_err_t nacre_handle_duplicate(nacre_handle_t handle, uint32_t rights, nacre_handle_t *duplicate)
{
	(void)rights;
	MUST(handle_is_open(handle));
	*duplicate = 0;
	if (draw(16) == 15)
		return NACRE_E_BUDGET;
	*duplicate = handle_open();
	return NACRE_E_OK;
}

nacre_err_t nacre_handle_id(nacre_handle_t handle, uintptr_t *id0, uintptr_t *id1, uintptr_t *id2, uintptr_t *id3)
{
	MUST(handle_is_open(handle));
	*id0 = handle;
	*id1 = *id2 = *id3 = 0;
	return draw(16) == 15 ? NACRE_E_BAD_HANDLE : NACRE_E_OK;
}

nacre_err_t nacre_connection_mint(nacre_handle_t server, nacre_handle_t payer, uintptr_t badge, uint32_t slots, uint32_t loans,
				  uint32_t priority, nacre_handle_t *connection)
{
	(void)payer, (void)slots, (void)loans, (void)priority;
	MUST(server == SERVER && badge && badge < PUBLISHED);
	*connection = 0;
	if (draw(16) == 15)
		return NACRE_E_BUDGET;
	*connection = handle_open();
	return NACRE_E_OK;
}

nacre_err_t nacre_connection_signal(nacre_handle_t connection, uintptr_t bits)
{
	MUST(handle_is_open(connection) && bits && !(bits & (NACRE_SIGNAL_CANCELLED | NACRE_SIGNAL_CLOSED)));
	return draw(16) == 15 ? NACRE_E_PEER_GONE : NACRE_E_OK;
}

/* --- the rest of the kernel ------------------------------------------------------------------------------------ */

nacre_err_t nacre_thread_buffer_set(void *base, size_t size)
{
	buffer = base;
	buffer_bytes = size;
	return NACRE_E_OK;
}

nacre_err_t nacre_budget_info(nacre_handle_t budget, void *state)
{
	MUST(budget == BUDGET);
	memset(state, 0, sizeof(struct nacre_budget_state));
	return NACRE_E_OK;
}

nacre_handle_t nacre_self_budget(void)
{
	return BUDGET;
}

struct nacre_startup *nacre_startup(void)
{
	static char *environment[1];
	static struct nacre_startup startup = { .priority = 24, .envp = environment };

	return &startup;
}

uint64_t nacre_clock_ns(void)
{
	return now_ns;
}

uint64_t nacre_deadline_in(uint64_t ns)
{
	return now_ns + ns;
}

nacre_handle_t nacre_startup_handle(const char *name)
{
	static const struct { const char *name; nacre_handle_t handle; } all[] = {
		{ "server", SERVER }, { "device", DEVICE }, { "dma", DMA }, { "kept", KEPT },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].name, name))
			return all[i].handle;
	return NACRE_HANDLE_NONE;
}

void nacre_log(enum log_level level, const char *format, ...)
{
	char text[400];
	va_list list;

	va_start(list, format);
	MUST(vsnprintf(text, sizeof(text), format, list) > 10);
	va_end(list);
	world_errors += level == LOG_LEVEL_ERROR;
}

/* P6 */
void nacre_process_exit(uintptr_t code)
{
	MUST(code == 1 && world_errors && !device_is_left_running());
	world_end();
}

nacre_err_t nacre_device_memory(nacre_handle_t device, nacre_handle_t payer, uint32_t region, nacre_handle_t *memory)
{
	MUST(device == DEVICE && payer == BUDGET && !region);
	*memory = REGISTERS;
	return draw(64) == 63 ? NACRE_E_BUDGET : NACRE_E_OK;
}

nacre_err_t nacre_area_map(struct nacre_area *area, nacre_handle_t memory, size_t offset, size_t pages, uint32_t protection)
{
	static uint8_t registers[4096]; /* never touched: device.c is asked */

	(void)offset, (void)protection;
	*area = (struct nacre_area){ .pages = pages, .memory = memory };
	if (draw(64) == 63)
		return NACRE_E_BUDGET;
	if (memory == DMA) {
		dma_bytes = pages * 4096;
		dma_base = aligned_alloc(4096, dma_bytes);
		memset(dma_base, TAG, dma_bytes);
	}
	area->base = memory == DMA ? dma_base : memory == KEPT ? kept : registers;
	return NACRE_E_OK;
}

nacre_err_t nacre_memory_info(nacre_handle_t memory, uintptr_t *pages, uintptr_t *options)
{
	MUST(memory == DMA);
	*pages = draw(64) == 63 ? 1 + draw((unsigned)world.dma_pages) : world.dma_pages;
	*options = 0;
	return NACRE_E_OK;
}

nacre_err_t nacre_device_reset(nacre_handle_t device)
{
	MUST(device == DEVICE);
	return NACRE_E_OK;
}

nacre_err_t nacre_device_pin(nacre_handle_t device, uintptr_t address, uint32_t pages, void *addresses)
{
	size_t first = (address - (uintptr_t)dma_base) / 4096;

	MUST(device == DEVICE && address >= (uintptr_t)dma_base && first + pages <= world.dma_pages);
	for (uint32_t i = 0; i < pages; i++)
		((uint64_t *)addresses)[i] = device_physical(first + i) + (first + i && draw(256) == 255 ? 4096 : 0);
	return draw(64) == 63 ? NACRE_E_BUDGET : NACRE_E_OK;
}

nacre_err_t nacre_device_interrupt(nacre_handle_t device, nacre_handle_t payer, uint32_t line, nacre_handle_t server,
				   uintptr_t badge, uint32_t priority, nacre_handle_t *interrupt)
{
	(void)badge, (void)priority;
	MUST(device == DEVICE && payer == BUDGET && !line && server == SERVER);
	*interrupt = INTERRUPT;
	return draw(64) == 63 ? NACRE_E_BUDGET : NACRE_E_OK;
}

nacre_err_t nacre_interrupt_ack(nacre_handle_t interrupt)
{
	MUST(interrupt == INTERRUPT && interrupt_masked);
	interrupt_masked = false;
	return NACRE_E_OK;
}

/* --- one life -------------------------------------------------------------------------------------------------- */

/* The driver's variables (driver_section.h), as the linker finds them. */
__attribute__((section("driver_data"), used)) static uint8_t some_data = 1; /* so that there is such a section */
extern uint8_t __start_driver_bss[], __stop_driver_bss[], __start_driver_data[], __stop_driver_data[];

/* Between variables lies what the sanitizer watches, so these look away. */
__attribute__((no_sanitize("address"))) static void bytes_copy(volatile uint8_t *to, const uint8_t *from, size_t size)
{
	while (size--)
		*to++ = *from++;
}

__attribute__((no_sanitize("address"))) static void bytes_clear(volatile uint8_t *to, size_t size)
{
	while (size--)
		*to++ = 0;
}

static void driver_renew(void)
{
	static uint8_t *data;
	size_t size = (size_t)(__stop_driver_data - __start_driver_data);

	if (!data) {
		data = malloc(size + 1);
		bytes_copy(data, __start_driver_data, size);
	}
	bytes_copy(__start_driver_data, data, size);
	bytes_clear(__start_driver_bss, (size_t)(__stop_driver_bss - __start_driver_bss));
}

static void world_begin(void)
{
	driver_renew();
	memset(handles, 0, sizeof(handles));
	memset(connections, 0, sizeof(connections));
	memset(cancelled_bits, 0, sizeof(cancelled_bits));
	world_rests = interrupt_masked = false;
	steps = rests = world_errors = 0;
	now_ns = NACRE_S;
	last_token = TOKEN_BASE;
	guest = 1;
	flaws = (unsigned)input_number(&input, 2);
	kept = aligned_alloc(4096, 4096);
	memset(kept, 0, 4096);
	if (draw(4) == 3)
		kept[draw(4096)] = (uint8_t)draw(256);
	device_begin();
}

static void world_clear(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		call_forget(&calls[i]);
	free(dma_base);
	free(kept);
	dma_base = NULL;
}

int world_live(const uint8_t *data, size_t size)
{
	input = (struct input){ data, data + size };
	world_begin();
	if (!setjmp(end)) {
		int status = driver_main();

		/* P6: it could not start, or its mailbox is gone. */
		MUST(!status || (world_errors && !device_is_left_running()));
	}
	world_clear();
	return 0;
}
