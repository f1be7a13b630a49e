/* messages.c - the server loop and the skeletons of every protocol, on the host: here the fuzzer is the kernel.
 *
 * The input is what arrives at the server, message after message, and what its handlers answer. Proven at each turn: a
 * handler sees only what doc/interfaces.md says that it may see, every call is answered once, and no handle is lost. */
#include "abi/nacre_calls.h"
#include "input.h"
#include "nacre/area.h"
#include "nacre/clock.h"
#include "nacre/log.h"
#include "nacre/server.h"
#include "nacre/startup.h"

enum { BUFFER_BYTES = 8192, HANDLES_MAX = 256, HANDLE_BASE = 0x10000, TOKEN_BASE = 100, RUN_BYTES = 66000 };
enum fuzz_run { FUZZ_BYTES, FUZZ_STRING, FUZZ_STRINGS };

static struct input input;
static _Alignas(8) uint8_t *buffer; /* from the heap, so that the sanitizer sees its end */
static _Alignas(4096) uint8_t loan[NACRE_LIMIT_LOAN_PAGES * NACRE_PAGE_BYTES];

/* The call that waits for its answer. */
static struct {
	nacre_token_t token;       /* 0: none */
	bool later;                /* its handler keeps it */
	size_t room;               /* what it takes of an answer */
	unsigned accept;
	bool keeps;                /* its handler's handles stay open here when they are sent */
	nacre_status_t status;     /* that its handler answers */
} call;

/* --- handles --------------------------------------------------------------------------------------------------- */

static struct {
	bool open, kept;           /* kept: closed by this file, later */
	uintptr_t type, rights;
} handles[HANDLES_MAX];

static nacre_handle_t handle_open(uintptr_t type, uintptr_t rights)
{
	for (uint32_t i = 0; i < HANDLES_MAX; i++) {
		if (handles[i].open)
			continue;
		handles[i].open = true;
		handles[i].kept = false;
		handles[i].type = type;
		handles[i].rights = rights;
		return HANDLE_BASE + i;
	}
	MUST(!"more handles are open than a turn can have");
	return 0;
}

static bool handle_is_open(nacre_handle_t handle)
{
	return handle >= HANDLE_BASE && handle < HANDLE_BASE + HANDLES_MAX && handles[handle - HANDLE_BASE].open;
}

nacre_err_t nacre_handle_close(nacre_handle_t handle)
{
	MUST(handle_is_open(handle) && !handles[handle - HANDLE_BASE].kept);
	handles[handle - HANDLE_BASE].open = false;
	return NACRE_E_OK;
}

nacre_err_t nacre_handle_info(nacre_handle_t handle, uintptr_t *type, uintptr_t *rights)
{
	if (!handle) /* it was in transit when its object died */
		return NACRE_E_BAD_HANDLE;
	MUST(handle_is_open(handle));
	*type = handles[handle - HANDLE_BASE].type;
	*rights = handles[handle - HANDLE_BASE].rights;
	return NACRE_E_OK;
}

nacre_err_t nacre_handle_duplicate(nacre_handle_t handle, uint32_t rights, nacre_handle_t *duplicate)
{
	MUST(handle_is_open(handle));
	*duplicate = 0;
	if (input_number(&input, 1) == 1)
		return NACRE_E_BUDGET;
	*duplicate = handle_open(handles[handle - HANDLE_BASE].type, handles[handle - HANDLE_BASE].rights & rights);
	return NACRE_E_OK;
}

/* What its handlers kept is closed by them some time, and everything else by now. */
static void handles_expect_none(void)
{
	for (unsigned i = 0; i < HANDLES_MAX; i++) {
		MUST(!handles[i].open || handles[i].kept);
		handles[i].open = false;
	}
}

/* --- the other calls ------------------------------------------------------------------------------------------- */

nacre_err_t nacre_thread_buffer_set(void *base, size_t size)
{
	MUST(base == buffer && size == BUFFER_BYTES);
	return NACRE_E_OK;
}

uint64_t nacre_clock_ns(void)
{
	return 0;
}

/* Signs of life, which nobody listens to here: there is no handle for them. */
nacre_err_t nacre_connection_signal(nacre_handle_t connection, uintptr_t bits)
{
	(void)connection, (void)bits;
	MUST(false);
	return NACRE_E_BAD_HANDLE;
}

/* Without `answer_ms`: nothing here ends because of its age. */
struct nacre_startup *nacre_startup(void)
{
	static char *environment[1];
	static struct nacre_startup startup = { .envp = environment };

	return &startup;
}

nacre_err_t nacre_server_token_check(nacre_token_t token)
{
	(void)token;
	abort();
}

void nacre_log(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
	abort();
}

void nacre_process_exit(uintptr_t code)
{
	(void)code;
	abort();
}

nacre_handle_t nacre_startup_handle(const char *name)
{
	(void)name;
	return NACRE_HANDLE_NONE;
}

static nacre_err_t reply_judge(const struct nacre_message *message)
{
	size_t size = 0;

	for (unsigned i = 0; i < message->in_count; i++) {
		look_at((const void *)message->in[i].base, message->in[i].size);
		size += message->in[i].size;
	}
	for (unsigned i = 0; i < message->handle_count; i++)
		if (!handle_is_open(message->send[i]))
			return NACRE_E_BAD_HANDLE;
	if (message->handle_count > call.accept)
		return NACRE_E_HANDLE_ROOM;
	return size > call.room ? NACRE_E_TOO_LONG : NACRE_E_OK;
}

nacre_err_t nacre_server_reply(const struct nacre_words *words, nacre_token_t token, const struct nacre_message *message)
{
	nacre_err_t error;

	MUST(token);
	look_at(words, sizeof(*words));
	if (token != call.token)
		return NACRE_E_STALE_TOKEN;
	error = message ? reply_judge(message) : NACRE_E_OK;
	if (!error)
		call.token = 0;
	return error;
}

static uintptr_t word_take(void)
{
	unsigned how = (unsigned)input_number(&input, 1);

	return how < 0xf0 ? how : input_number(&input, how & 8 ? 8 : how & 4 ? 4 : 2);
}

static void data_take(struct nacre_received *received)
{
	size_t size = input_number(&input, 2), fill = size >> 13; /* three bits: what follows the bytes, by 700 */
	const uint8_t *bytes;

	size &= 0x1fff;
	bytes = input_bytes(&input, &size);
	if (size > BUFFER_BYTES)
		size = BUFFER_BYTES;
	memcpy(buffer, bytes, size);
	fill = fill * 700 < BUFFER_BYTES - size ? fill * 700 : BUFFER_BYTES - size;
	memset(buffer + size, 'a', fill);
	received->length = (uint32_t)(size + fill);
}

static void handles_take(struct nacre_received *received, struct nacre_message *message)
{
	unsigned count = (unsigned)input_number(&input, 1) % 5;

	for (unsigned i = 0; i < count && message && i < message->accept; i++) {
		unsigned type = (unsigned)input_number(&input, 1);

		message->received[i] = type % 16 == 15 ? 0 : handle_open(type % 9, type & 0x80 ? NACRE_RIGHT_ALL : word_take());
		received->info += 1 << NACRE_INFO_HANDLES_SHIFT;
	}
}

static void call_take(struct nacre_received *received)
{
	static nacre_token_t last = TOKEN_BASE;

	call.token = received->token = ++last;
	call.room = input_number(&input, 1) & 1 ? 16 : NACRE_LIMIT_COPY_BYTES;
	call.accept = (unsigned)input_number(&input, 1) & 1 ? 0 : 4;
	received->loan_pages = input_number(&input, 1) & 0x3f;
	if (received->loan_pages > NACRE_LIMIT_LOAN_PAGES)
		received->loan_pages = 0;
	received->loan_base = received->loan_pages ? (uintptr_t)loan : 0;
}

/* A kind, flags, badge, opcode, words, bytes, handles; for calls how the caller takes the answer. */
static nacre_err_t message_take(struct nacre_received *received, struct nacre_message *message)
{
	unsigned kind = (unsigned)input_number(&input, 1), flags = kind >> 4;

	MUST(!call.token || call.later);
	handles_expect_none();
	call.token = 0;
	call.later = false;
	if (input_is_empty(&input))
		return NACRE_E_PEER_GONE;
	*received = (struct nacre_received){ .info = kind % 16 < 11 ? NACRE_KIND_CALL : kind % 16 - 10 };
	received->badge = input_number(&input, 1);
	received->words.opcode = word_take();
	for (unsigned i = 0; i < 5; i++)
		received->words.word[i] = word_take();
	call.keeps = flags & 4;
	call.status = (nacre_status_t)(flags & 8 ? word_take() : STATUS_OK);
	if (received->info > NACRE_KIND_SEND)
		return NACRE_E_OK;
	received->info |= (flags & 1 ? NACRE_INFO_FORWARDED : 0) | (flags & 2 ? NACRE_INFO_LOAN_WRITABLE : 0);
	if ((received->info & NACRE_INFO_KIND) == NACRE_KIND_CALL)
		call_take(received);
	data_take(received);
	handles_take(received, message);
	return NACRE_E_OK;
}

nacre_err_t nacre_server_receive(nacre_handle_t server, uint64_t deadline_ns, struct nacre_message *message,
				 struct nacre_received *received)
{
	(void)server, (void)deadline_ns;
	if (message && message->accept && !input_is_empty(&input) && *input.at == 0xee)
		return NACRE_E_HANDLE_ROOM;
	return message_take(received, message);
}

nacre_err_t nacre_server_reply_and_receive_message(nacre_handle_t server, const struct nacre_words *words, nacre_token_t token,
						   uint64_t deadline_ns, struct nacre_message *message, struct nacre_received *received)
{
	nacre_err_t error = token ? nacre_server_reply(words, token, message) : NACRE_E_OK;

	(void)server, (void)deadline_ns;
	if (error && error != NACRE_E_STALE_TOKEN)
		return error;
	return message_take(received, message);
}

nacre_err_t nacre_server_reply_and_receive(nacre_handle_t server, const struct nacre_words *words, nacre_token_t token,
					   struct nacre_received *received)
{
	return nacre_server_reply_and_receive_message(server, words, token, NACRE_DEADLINE_NEVER, NULL, received);
}

/* --- what the handlers do (tool/fuzz/handlers.py makes them) ------------------------------------------------------ */

static void fuzz_see_run(const struct nacre_request *request, const void *run, size_t size, size_t least, size_t most, enum fuzz_run kind)
{
	const char *text = run;

	(void)request;
	MUST(size >= least && size <= most);
	MUST((const uint8_t *)run >= buffer && (const uint8_t *)run + size <= buffer + BUFFER_BYTES);
	look_at(run, size);
	if (kind == FUZZ_STRING)
		MUST((const uint8_t *)run + size < buffer + BUFFER_BYTES && strlen(text) == size);
	if (kind == FUZZ_STRINGS)
		MUST(!size || !text[size - 1]);
}

static inline void fuzz_see_loan(const struct nacre_request *request, const void *pages, size_t size, size_t least, size_t most,
				 bool writable)
{
	MUST(size >= least && size <= most && size <= request->loan_size && !size == !pages);
	MUST(!pages || pages == loan);
	MUST(!writable || !pages || request->loan_writable);
}

static void fuzz_see_handle(struct nacre_request *request, nacre_handle_t handle, uintptr_t type, bool optional)
{
	if (optional && !handle)
		return;
	MUST(handle_is_open(handle) && handles[handle - HANDLE_BASE].type == type);
	if (!input_number(&input, 1))
		return;
	nacre_request_keep(request, handle);
	handles[handle - HANDLE_BASE].kept = true;
}

static inline void fuzz_fill(void *bytes, size_t size)
{
	size_t given = size;
	const uint8_t *from = input_bytes(&input, &given);

	memcpy(bytes, from, given);
}

static const void *fuzz_run(const struct nacre_request *request, size_t room, size_t most, size_t *size)
{
	static uint8_t bytes[RUN_BYTES];

	(void)request;
	MUST(room <= most);
	*size = input_number(&input, 1) & 1 ? room + (input_number(&input, 1) == 1) : room / 2;
	return bytes;
}

/* One that goes to the client with an answer of OK. */
static nacre_handle_t fuzz_handle(bool optional)
{
	nacre_handle_t handle;
	unsigned how = (unsigned)input_number(&input, 1);

	if (call.status != STATUS_OK || (optional && how & 2) || how == 0xff)
		return NACRE_HANDLE_NONE;
	handle = handle_open(NACRE_OBJECT_CONNECTION, NACRE_RIGHT_ALL);
	handles[handle - HANDLE_BASE].kept = call.keeps;
	return handle;
}

static bool fuzz_keeps(void)
{
	return call.keeps;
}

static nacre_status_t fuzz_status(const struct nacre_request *request)
{
	call.later = call.status == NACRE_LATER && request->token;
	return call.status;
}

static nacre_status_t fuzz_connect(struct nacre_request *request, uint32_t process, nacre_handle_t *connection)
{
	(void)process;
	MUST(request->forwarded && request->token);
	if (call.status == STATUS_OK)
		*connection = handle_open(NACRE_OBJECT_CONNECTION, NACRE_RIGHT_ALL);
	return fuzz_status(request);
}

#include "test/fuzz_handlers.h"

/* --- the server --------------------------------------------------------------------------------------------------- */

static const struct nacre_protocol *protocol_of(uintptr_t badge)
{
	return badge == 0xff ? NULL : &fuzz_protocols[badge % (sizeof(fuzz_protocols) / sizeof(fuzz_protocols[0]))];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nacre_server server = { .protocol_of = protocol_of, .buffer_size = BUFFER_BYTES };

	input = (struct input){ data, data + size };
	memset(handles, 0, sizeof(handles));
	memset(&call, 0, sizeof(call));
	server.buffer = buffer = aligned_alloc(8, BUFFER_BYTES);
	MUST(nacre_server_run(&server) == 0);
	free(buffer);
	return 0;
}
