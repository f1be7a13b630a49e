/* debuggee.c - processes that are being debugged: who there are, their memory, their breakpoints. */
#include "debuggee.h"
#include "base/bits.h"
#include "base/string.h"
#include "machine.h"

enum { C_EBREAK = 0x9002, PIECE = 1024 };

struct debuggee debuggees[DEBUGGEES_MAX];

/* --- who ------------------------------------------------------------------------------------------------- */

struct debuggee *debuggee_next(const struct debuggee *after)
{
	for (struct debuggee *each = after ? debuggees + (after - debuggees) + 1 : debuggees; each < debuggees + DEBUGGEES_MAX; each++)
		if (each->number)
			return each;
	return NULL;
}

struct debuggee *debuggee_find(uint32_t number)
{
	struct debuggee *each = NULL;

	while ((each = debuggee_next(each)) && each->number != number)
		;
	return number ? each : NULL;
}

struct debuggee *debuggee_of_badge(uint32_t badge)
{
	struct debuggee *each = NULL;

	while ((each = debuggee_next(each)) && each->badge != badge)
		;
	return each;
}

static struct debuggee *free_one(void)
{
	for (size_t i = 0; i < DEBUGGEES_MAX; i++)
		if (!debuggees[i].number)
			return &debuggees[i];
	return NULL;
}

uint32_t debuggee_attach(uint32_t number, struct debuggee **out)
{
	struct debuggee *debuggee = free_one();
	uint32_t status;

	if (!debuggee || debuggee_find(number))
		return NACRE_E_LIMIT;
	memset(debuggee, 0, sizeof(*debuggee));
	status = machine_attach(debuggee, number);
	if (status)
		return status;
	debuggee->number = number;
	machine_stop(debuggee);
	*out = debuggee;
	return NACRE_E_OK;
}

void debuggee_forget(struct debuggee *debuggee)
{
	machine_forget(debuggee);
	debuggee->number = 0;
}

/* What stands in a fault meets it once more, and then init hears of it. */
void debuggee_detach(struct debuggee *debuggee)
{
	debuggee_stop(debuggee);
	while (debuggee->trap_count) {
		debuggee->traps[0].owners = TRAP_GDB;
		if (!trap_clear(debuggee, debuggee->traps[0].address, TRAP_GDB))
			break; /* it has ended */
	}
	machine_detach(debuggee);
	for (unsigned i = 0; i < debuggee->fault_count; i++)
		machine_fault_answer(debuggee->faults[i].token, true);
	debuggee_forget(debuggee);
}

/* --- memory ------------------------------------------------------------------------------------------------ */

/* Puts what belongs under the traps into bytes that were read there. */
static void traps_hide(const struct debuggee *debuggee, uintptr_t address, uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < debuggee->trap_count; i++)
		for (unsigned n = 0; n < 2; n++)
			if (debuggee->traps[i].address + n - address < size)
				bytes[debuggee->traps[i].address + n - address] = (uint8_t)(debuggee->traps[i].original >> 8 * n);
}

/* Keeps what is written under the traps for later, and lets the traps stand. */
static void traps_keep(struct debuggee *debuggee, uintptr_t address, uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < debuggee->trap_count; i++)
		for (unsigned n = 0; n < 2; n++) {
			struct trap *trap = &debuggee->traps[i];
			size_t at = trap->address + n - address;

			if (at >= size)
				continue;
			trap->original = (uint16_t)((trap->original & ~(0xff << 8 * n)) | bytes[at] << 8 * n);
			bytes[at] = (uint8_t)(C_EBREAK >> 8 * n);
		}
}

/* In pieces, so that what lies before memory that is not there is read. */
size_t debuggee_read(struct debuggee *debuggee, uintptr_t address, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t piece = min_size(size - done, PIECE - (address + done) % PIECE);

		if (!machine_read(debuggee, address + done, (uint8_t *)to + done, piece))
			break;
		done += piece;
	}
	traps_hide(debuggee, address, to, done);
	return done;
}

bool debuggee_write(struct debuggee *debuggee, uintptr_t address, const void *from, size_t size)
{
	static uint8_t piece[PIECE];

	for (size_t done = 0; done < size;) {
		size_t part = min_size(size - done, sizeof(piece));

		memcpy(piece, (const uint8_t *)from + done, part);
		if (!machine_write(debuggee, address + done, piece, part))
			return false;
		memcpy(piece, (const uint8_t *)from + done, part);
		traps_keep(debuggee, address + done, piece, part);
		if (!machine_write(debuggee, address + done, piece, part))
			return false;
		done += part;
	}
	return true;
}

/* --- traps ------------------------------------------------------------------------------------------------- */

static struct trap *trap_at(const struct debuggee *debuggee, uintptr_t address)
{
	for (unsigned i = 0; i < debuggee->trap_count; i++)
		if (debuggee->traps[i].address == address)
			return (struct trap *)&debuggee->traps[i];
	return NULL;
}

bool trap_is_set(const struct debuggee *debuggee, uintptr_t address, enum trap_owner owner)
{
	const struct trap *trap = trap_at(debuggee, address);

	return trap && trap->owners & owner;
}

/* Two bytes are enough for an instruction of either length: the second half is never reached. */
bool trap_set(struct debuggee *debuggee, uintptr_t address, enum trap_owner owner)
{
	static const uint16_t ebreak = C_EBREAK;
	struct trap *trap = trap_at(debuggee, address);

	if (trap) {
		trap->owners |= owner;
		return true;
	}
	if (debuggee->trap_count == TRAPS_MAX || address & 1)
		return false;
	trap = &debuggee->traps[debuggee->trap_count];
	*trap = (struct trap){ .address = address, .owners = owner };
	if (debuggee_read(debuggee, address, &trap->original, 2) != 2 || !machine_write(debuggee, address, &ebreak, 2))
		return false;
	debuggee->trap_count++;
	return true;
}

bool trap_clear(struct debuggee *debuggee, uintptr_t address, enum trap_owner owner)
{
	struct trap *trap = trap_at(debuggee, address);
	uint16_t original;

	if (!trap || !(trap->owners & owner))
		return true;
	trap->owners &= (uint8_t)~owner;
	if (trap->owners)
		return true;
	original = trap->original;
	*trap = debuggee->traps[--debuggee->trap_count];
	return machine_write(debuggee, address, &original, 2);
}

/* --- threads ----------------------------------------------------------------------------------------------- */

unsigned debuggee_threads(struct debuggee *debuggee, uint32_t numbers[THREADS_MAX])
{
	struct nacre_thread_state state;
	unsigned count = 0;

	while (count < THREADS_MAX && machine_thread(debuggee, count, &state))
		numbers[count++] = state.number;
	return count;
}

uint32_t debuggee_thread_first(struct debuggee *debuggee)
{
	struct nacre_thread_state state;

	return machine_thread(debuggee, 0, &state) ? state.number : 1;
}

bool debuggee_has_thread(struct debuggee *debuggee, uint32_t thread)
{
	struct nacre_thread_state state;

	for (uint32_t i = 0; machine_thread(debuggee, i, &state); i++)
		if (state.number == thread)
			return true;
	return false;
}
