/* take.c - threads and memory of a process that stands still.
 *
 * Not in the core: text, which the program's file has. Other memory that it only reads is in, for some of it was relocated. Of
 * memory that cannot be read, registers of a device say, nothing is. */
#include "take.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "core/core.h"
#include "core/store.h"

static struct core core; /* too large for the stack */

/* --- threads ------------------------------------------------------------------------------------------------ */

static void thread_add(nacre_handle_t process, uint32_t number)
{
	struct core_thread *thread = &core.threads[core.thread_count];

	if (core.thread_count == CORE_THREADS_MAX || nacre_process_registers_get(process, number, &thread->registers))
		return;
	thread->number = number;
	core.thread_count++;
}

/* The one that died comes first: it is what a debugger shows. */
static void threads_add(nacre_handle_t process, uint32_t first)
{
	struct nacre_thread_state state;

	thread_add(process, first);
	for (uint32_t i = 0; nacre_process_thread(process, i, &state) == NACRE_E_OK; i++)
		if (state.number != first)
			thread_add(process, state.number);
}

/* --- memory ------------------------------------------------------------------------------------------------- */

static bool is_wanted(nacre_handle_t process, const struct nacre_map_state *map)
{
	uint8_t byte;

	return map->protection & NACRE_PROT_READ && !(map->protection & NACRE_PROT_EXECUTE) &&
	       nacre_process_read(process, (uintptr_t)map->base, &byte, 1) == NACRE_E_OK;
}

static void segments_add(nacre_handle_t process)
{
	struct nacre_map_state map;

	for (uintptr_t at = 0; core.segment_count < CORE_SEGMENTS_MAX && nacre_map_query(process, at, &map) == NACRE_E_OK;
	     at = (uintptr_t)map.base + map.pages * CORE_PAGE)
		if (is_wanted(process, &map))
			core.segments[core.segment_count++] = (struct core_segment){
				.base = (uintptr_t)map.base, .bytes = map.pages * CORE_PAGE, .protection = map.protection
			};
}

/* Pages that are lent, say, are zeros. Answers how many bytes those are. */
static size_t copy(nacre_handle_t process, const struct core_segment *segment, uint8_t *to)
{
	size_t missing = 0;

	for (size_t at = 0; at < segment->kept; at += CORE_PAGE) {
		if (nacre_process_read(process, segment->base + at, to + at, CORE_PAGE) == NACRE_E_OK)
			continue;
		memset(to + at, 0, CORE_PAGE);
		missing += CORE_PAGE;
	}
	return missing;
}

/* --- all of it ---------------------------------------------------------------------------------------------- */

static void describe(const struct cores_death *death, nacre_handle_t process)
{
	enum { HEADER = 64 };
	uint8_t file[HEADER];

	core = (struct core){ .process = death->process, .cause = death->cause, .address = (uintptr_t)death->address };
	memcpy(core.label, death->label, sizeof(core.label) - 1);
	if (nacre_process_read(process, (uintptr_t)death->load_base, file, sizeof(file)) == NACRE_E_OK)
		core_program(&core, file, sizeof(file), (uintptr_t)death->load_base);
	threads_add(process, death->thread);
	segments_add(process);
}

void take_core(const struct cores_death *death, nacre_handle_t process)
{
	struct cores_core about = { .serial = death->serial, .process = death->process, .parent = death->parent, .thread = death->thread, .cause = death->cause,
				    .time_ns = death->time_ns };
	size_t missing;
	uint8_t *to;

	memcpy(about.label, death->label, sizeof(about.label));
	describe(death, process);
	if (!core.thread_count || !core_fit(&core, store_room(), &missing))
		return;
	to = store_begin(core_bytes(&core));
	core_head_write(&core, to);
	about.bytes = (uint32_t)core_bytes(&core);
	to += core_head_bytes(&core);
	for (unsigned i = 0; i < core.segment_count; to += core.segments[i++].kept)
		missing += copy(process, &core.segments[i], to);
	about.missing = (uint32_t)missing;
	store_end(&about);
}
