/* host.c - the program around a WebAssembly module that wasm2c made into C (as `program.h`): its run-time library, and the
 * imports through which it reaches servers (lang/wasm/nacre.ts).
 *
 * The module has a memory of its own and names nothing outside: a connection is a place in a table here, an address an
 * offset that is checked against the memory's size each time. Whatever it does, it does to itself.
 *   I1  no address that the module gave is used before range() has checked it
 *   I2  the memory does not move while a call of the host's is under way */
#include <program.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "nacre/client.h"
#include "nacre/names.h"

enum { PAGE_BYTES = 65536, CONNECTIONS = 8, PATH_BYTES = 61, FUNCTION_TYPES = 64, PARAMETERS = 16, STATUS_BITS = 16, WORDS = 5 };

static Z_program_instance_t program;
static nacre_handle_t connections[CONNECTIONS];
static int argument_count;
static char **arguments;

/* --- what wasm2c's code calls ------------------------------------------------------------------------------ */

uint32_t wasm_rt_call_stack_depth;

bool wasm_rt_is_initialized(void)
{
	return true;
}

void wasm_rt_trap(wasm_rt_trap_t trap)
{
	static const char *const reasons[] = {
		[WASM_RT_TRAP_OOB] = "an address outside its memory", [WASM_RT_TRAP_INT_OVERFLOW] = "a number that does not fit",
		[WASM_RT_TRAP_DIV_BY_ZERO] = "a division by zero", [WASM_RT_TRAP_INVALID_CONVERSION] = "a conversion of no number",
		[WASM_RT_TRAP_UNREACHABLE] = "code that cannot be reached", [WASM_RT_TRAP_CALL_INDIRECT] = "a call of no function",
		[WASM_RT_TRAP_UNCAUGHT_EXCEPTION] = "an exception", [WASM_RT_TRAP_EXHAUSTION] = "calls that go too deep",
	};
	const char *reason = (unsigned)trap < ARRAY_SIZE(reasons) ? reasons[trap] : NULL;

	fprintf(stderr, "%s: the module was stopped by %s\n", arguments[0], reason ? reason : "a trap");
	abort();
}

static void no_memory(void)
{
	fprintf(stderr, "%s: the budget has no room for the module's memory\n", arguments[0]);
	exit(EXIT_FAILURE);
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t max_pages)
{
	*memory = (wasm_rt_memory_t){ calloc(pages, PAGE_BYTES), pages, max_pages, pages * PAGE_BYTES };
	if (!memory->data && pages)
		no_memory();
}

uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t more)
{
	uint32_t before = memory->pages;
	uint8_t *data;

	if (more > memory->max_pages - before || more > UINT32_MAX / PAGE_BYTES - before)
		return UINT32_MAX;
	data = realloc(memory->data, (size_t)(before + more) * PAGE_BYTES);
	if (!data)
		return UINT32_MAX;
	memset(data + memory->size, 0, (size_t)more * PAGE_BYTES);
	memory->data = data;
	memory->pages = before + more;
	memory->size = memory->pages * PAGE_BYTES;
	return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
	free(memory->data);
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements, uint32_t max_elements)
{
	*table = (wasm_rt_funcref_table_t){ calloc(elements, sizeof(*table->data)), max_elements, elements };
	if (!table->data && elements)
		no_memory();
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
	free(table->data);
}

/* Equal types have equal numbers, counted from 1; 0 is that of an empty place in a table. */
uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...)
{
	static struct {
		uint32_t params, results;
		uint8_t type[PARAMETERS];
	} known[FUNCTION_TYPES], wanted;
	static uint32_t count;
	va_list list;
	uint32_t place = 0;

	if (params + results > PARAMETERS || count == FUNCTION_TYPES) {
		fprintf(stderr, "%s: the module has more, or longer, types of functions than this host knows\n", arguments[0]);
		exit(EXIT_FAILURE);
	}
	memset(&wanted, 0, sizeof(wanted));
	wanted.params = params;
	wanted.results = results;
	va_start(list, results);
	for (uint32_t i = 0; i < params + results; i++)
		wanted.type[i] = (uint8_t)va_arg(list, int);
	va_end(list);
	while (place < count && memcmp(&known[place], &wanted, sizeof(wanted)) != 0)
		place++;
	if (place == count)
		known[count++] = wanted;
	return place + 1;
}

/* --- what the module imports ------------------------------------------------------------------------------- */

/* `size` bytes of the module's memory. Outside of it, the module is stopped. */
static void *range(u32 offset, u32 size)
{
	if (offset > program.w2c_memory.size || size > program.w2c_memory.size - offset)
		wasm_rt_trap(WASM_RT_TRAP_OOB);
	return program.w2c_memory.data + offset;
}

void Z_envZ_abort(struct Z_env_instance_t *env, u32 message, u32 file, u32 line, u32 column)
{
	(void)env, (void)message, (void)file;
	fprintf(stderr, "%s: the module gave up at line %lu, column %lu\n", arguments[0], (unsigned long)line, (unsigned long)column);
	exit(EXIT_FAILURE);
}

void Z_nacreZ_print(struct Z_nacre_instance_t *host, u32 text, u32 size)
{
	(void)host;
	fwrite(range(text, size), 1, size, stdout);
	fflush(stdout);
}

u32 Z_nacreZ_argument(struct Z_nacre_instance_t *host, u32 index, u32 room, u32 room_size)
{
	char *to = range(room, room_size);
	size_t size;

	(void)host;
	if (index >= (u32)argument_count)
		return 0;
	size = min_size(strlen(arguments[index]), room_size);
	memcpy(to, arguments[index], size);
	return (u32)size;
}

/* The connection's place in our table, or the status with its sign changed. */
u32 Z_nacreZ_connect(struct Z_nacre_instance_t *host, u32 path, u32 size)
{
	const char *from = range(path, size);
	char name[PATH_BYTES] = "";
	u32 place = 0;
	nacre_status_t status;

	(void)host;
	while (place < CONNECTIONS && connections[place])
		place++;
	if (place == CONNECTIONS)
		return -(u32)STATUS_FULL;
	if (size >= sizeof(name) || memchr(from, '\0', size))
		return -(u32)STATUS_MALFORMED;
	memcpy(name, from, size);
	status = nacre_connect(name, &connections[place]);
	return status ? -status : place;
}

/* A message with words and bytes; handles and pages are not the module's to send. Answers the status, and, where it is
 * 0, the number of bytes that came above it. */
u32 Z_nacreZ_ask(struct Z_nacre_instance_t *host, u32 connection, u32 opcode, u32 words_at, u32 bytes, u32 size, u32 room,
		 u32 room_size)
{
	uint64_t *words64 = range(words_at, WORDS * sizeof(uint64_t));
	const void *in = range(bytes, size);
	void *out = range(room, room_size);
	struct nacre_words words = { .opcode = opcode };
	size_t length = 0;
	nacre_status_t status;

	(void)host;
	if (connection >= CONNECTIONS || !connections[connection])
		return NACRE_E_BAD_HANDLE;
	for (unsigned i = 0; i < WORDS; i++)
		words.word[i] = (uintptr_t)words64[i];
	status = nacre_ask_bytes(connections[connection], &words, in, size, out, room_size, &length);
	if (status)
		return status & ((1u << STATUS_BITS) - 1);
	for (unsigned i = 0; i < WORDS; i++)
		words64[i] = words.word[i];
	return (u32)length << STATUS_BITS;
}

int main(int argc, char **argv)
{
	argument_count = argc;
	arguments = argv;
	Z_program_init_module();
	Z_program_instantiate(&program, NULL, NULL);
	return Z_programZ_main(&program) ? EXIT_FAILURE : EXIT_SUCCESS;
}
