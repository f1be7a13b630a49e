/* inject.h - plants faults in a running driver, one a case, and looks what comes of it (doc/reliability.md).
 *
 *     fresh driver --serves--> probe: is the instruction executed? --> fault planted --> requests --> verdict --> recovery
 *
 *   I1  each case begins with a process of the driver's that was just started and serves rightly, so that what a case does
 *       depends on the seed and its number alone, not on the cases before it
 *   I2  what is planted is made from the seed, the case and the driver's file; addresses are offsets from where it was loaded */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/nacre_calls.h"

/* What a client made of a round of requests. */
enum answer { ANSWER_RIGHT, ANSWER_WRONG, ANSWER_LATE, ANSWER_REFUSED };

#define ROUND_NS (300 * NACRE_MS)

/* A driver's client (load_NAME.c). */
struct load {
	const char *service;
	bool (*open)(void);
	enum answer (*round)(uint32_t number); /* a number is used once */
};
extern const struct load load_block, load_net, load_noise, load_console, load_clock;
extern const struct load *load; /* the one that faults are planted for */

/* --- numbers --------------------------------------------------------------------------------------------- */

struct dice {
	uint32_t state;
};

uint32_t dice_throw(struct dice *dice);
uint32_t dice_below(struct dice *dice, uint32_t limit);

/* --- the process under test (target.c) ------------------------------------------------------------------- */

enum { TEXT_MAX = 32768, TARGET_THREAD = 1 };

struct target {
	nacre_handle_t process;
	uintptr_t base, text, data, stack;  /* where it was loaded; segments; the stack's lowest byte in use */
	size_t text_bytes, data_bytes, stack_bytes;
	uint8_t code[TEXT_MAX];             /* as it was before anything was planted */
};

extern struct target target;

/* Finds the process that a service has now. NULL, or what failed. */
const char *target_open(nacre_handle_t system, const char *service);
bool target_read(uintptr_t address, void *to, size_t size);
bool target_write(uintptr_t address, const void *from, size_t size);
bool target_stop(void);
void target_resume(void);

/* --- faults (fault.c) ------------------------------------------------------------------------------------ */

enum fault_kind {
	FAULT_BIT, FAULT_NOP, FAULT_BRANCH, FAULT_SOURCE, FAULT_DESTINATION, FAULT_IMMEDIATE, /* of an instruction */
	FAULT_DATA, FAULT_STACK, FAULT_POINTER, FAULT_REGISTER, FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	uintptr_t address;      /* register: its number, 0 for the program counter */
	uint32_t size;          /* bytes */
	uint32_t bit;           /* register */
	uint8_t before[8], after[8];
};

extern const char *const fault_names[FAULT_KINDS];

static inline bool fault_is_in_text(const struct fault *fault)
{
	return fault->kind <= FAULT_IMMEDIATE;
}

/* Chooses one; the target must stand still. False: nothing of that kind is there. */
bool fault_choose(struct fault *fault, struct dice *dice);
bool fault_plant(const struct fault *fault);
bool fault_breakpoint(const struct fault *fault);
bool fault_undo(const struct fault *fault);

/* --- what the device was told (rings.c) ------------------------------------------------------------------ */

/* Looks where a sound driver keeps its rings. */
void rings_find(void);
unsigned rings_count(void);

/* Descriptors that do not lie in the DMA memory. */
unsigned rings_escapes(void);
