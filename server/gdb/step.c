/* step.c - where a RISC-V thread goes next. Numbers of chapters are those of the unprivileged specification. */
#include "step.h"

enum { OPCODE_BRANCH = 0x63, OPCODE_JALR = 0x67, OPCODE_JAL = 0x6f, OPCODE_ATOMIC = 0x2f };
enum { ATOMIC_LR = 2, ATOMIC_SC = 3 };
enum { SEQUENCE_MAX = 16 };    /* instructions: what 8.3 lets a sequence have */

struct instruction {
	uint32_t bits;
	unsigned size;
};

static bool fetch(const struct step_code *code, uintptr_t address, struct instruction *instruction)
{
	uint16_t half[2] = { 0, 0 };

	if (!code->read(code->context, address, &half[0], 2))
		return false;
	instruction->size = (half[0] & 3) == 3 ? 4 : 2;
	if (instruction->size == 4 && !code->read(code->context, address + 2, &half[1], 2))
		return false;
	instruction->bits = half[0] | (uint32_t)half[1] << 16;
	return true;
}

static uint32_t field(uint32_t bits, unsigned low, unsigned count)
{
	return bits >> low & ((1u << count) - 1);
}

/* The value of `count` bits whose highest is the sign. */
static intptr_t signed_of(uint32_t value, unsigned count)
{
	uint32_t sign = 1u << (count - 1);

	return (intptr_t)(int32_t)((value ^ sign) - sign);
}

static uintptr_t masked(const struct step_code *code, uintptr_t value)
{
	return code->width == 32 ? (uint32_t)value : value;
}

static uintptr_t x(const struct nacre_registers *registers, unsigned n)
{
	return n ? registers->x[n - 1] : 0;
}

/* --- offsets ---------------------------------------------------------------------------------------------- */

static intptr_t jump_offset(uint32_t bits)
{
	return signed_of(field(bits, 31, 1) << 20 | field(bits, 12, 8) << 12 | field(bits, 20, 1) << 11 | field(bits, 21, 10) << 1, 21);
}

static intptr_t branch_offset(uint32_t bits)
{
	return signed_of(field(bits, 31, 1) << 12 | field(bits, 7, 1) << 11 | field(bits, 25, 6) << 5 | field(bits, 8, 4) << 1, 13);
}

static intptr_t short_jump_offset(uint32_t bits)
{
	return signed_of(field(bits, 12, 1) << 11 | field(bits, 11, 1) << 4 | field(bits, 9, 2) << 8 | field(bits, 8, 1) << 10 |
			 field(bits, 7, 1) << 6 | field(bits, 6, 1) << 7 | field(bits, 3, 3) << 1 | field(bits, 2, 1) << 5, 12);
}

static intptr_t short_branch_offset(uint32_t bits)
{
	return signed_of(field(bits, 12, 1) << 8 | field(bits, 10, 2) << 3 | field(bits, 5, 2) << 6 | field(bits, 3, 2) << 1 |
			 field(bits, 2, 1) << 5, 9);
}

/* --- one instruction -------------------------------------------------------------------------------------- */

/* Quadrant and funct3 of a short one, 16.8. */
#define SHORT(quadrant, funct3) ((quadrant) << 3 | (funct3))

static unsigned short_of(uint32_t bits)
{
	return field(bits, 0, 2) << 3 | field(bits, 13, 3);
}

static bool is_short_branch(const struct instruction *instruction)
{
	return instruction->size == 2 &&
	       (short_of(instruction->bits) == SHORT(1, 6) || short_of(instruction->bits) == SHORT(1, 7));
}

static bool is_branch(const struct instruction *instruction)
{
	return is_short_branch(instruction) || (instruction->size == 4 && field(instruction->bits, 0, 7) == OPCODE_BRANCH);
}

static uintptr_t branch_target(uintptr_t pc, const struct instruction *instruction)
{
	return pc + (uintptr_t)(instruction->size == 2 ? short_branch_offset(instruction->bits) : branch_offset(instruction->bits));
}

static bool branch_taken(const struct step_code *code, const struct nacre_registers *registers, uint32_t bits)
{
	uintptr_t a = masked(code, x(registers, field(bits, 15, 5))), b = masked(code, x(registers, field(bits, 20, 5)));
	intptr_t left = code->width == 32 ? (int32_t)a : (intptr_t)a, right = code->width == 32 ? (int32_t)b : (intptr_t)b;
	unsigned kind = field(bits, 12, 3);
	bool holds = kind < 4 ? a == b : kind < 6 ? left < right : a < b;

	return holds != (kind & 1);
}

static uintptr_t next_short(const struct step_code *code, const struct nacre_registers *registers, uint32_t bits)
{
	uintptr_t pc = registers->pc;
	unsigned rs1 = field(bits, 7, 5);
	bool is_zero = !masked(code, x(registers, 8 + field(bits, 7, 3)));

	switch (short_of(bits)) {
	case SHORT(1, 1): /* c.jal; RV64 has c.addiw in its place */
		return code->width == 32 ? pc + (uintptr_t)short_jump_offset(bits) : pc + 2;
	case SHORT(1, 5):
		return pc + (uintptr_t)short_jump_offset(bits);
	case SHORT(1, 6):
	case SHORT(1, 7):
		return is_zero == (short_of(bits) == SHORT(1, 6)) ? pc + (uintptr_t)short_branch_offset(bits) : pc + 2;
	case SHORT(2, 4): /* c.jr, c.jalr; else c.mv, c.add, c.ebreak */
		return rs1 && !field(bits, 2, 5) ? x(registers, rs1) & ~(uintptr_t)1 : pc + 2;
	}
	return pc + 2;
}

static uintptr_t next_long(const struct step_code *code, const struct nacre_registers *registers, uint32_t bits)
{
	uintptr_t pc = registers->pc;

	switch (field(bits, 0, 7)) {
	case OPCODE_JAL:
		return pc + (uintptr_t)jump_offset(bits);
	case OPCODE_JALR:
		return (x(registers, field(bits, 15, 5)) + (uintptr_t)signed_of(field(bits, 20, 12), 12)) & ~(uintptr_t)1;
	case OPCODE_BRANCH:
		return branch_taken(code, registers, bits) ? pc + (uintptr_t)branch_offset(bits) : pc + 4;
	}
	return pc + 4;
}

/* --- sequences -------------------------------------------------------------------------------------------- */

static bool is_atomic(const struct instruction *instruction, unsigned kind)
{
	return instruction->size == 4 && field(instruction->bits, 0, 7) == OPCODE_ATOMIC && field(instruction->bits, 27, 5) == kind;
}

/* Without the branches that stay inside. */
static unsigned outside_only(uintptr_t pc, uintptr_t places[STEP_PLACES_MAX], unsigned count)
{
	unsigned kept = 1;

	for (unsigned i = 1; i < count; i++)
		if (places[i] - pc > places[0] - pc)
			places[kept++] = places[i];
	return kept;
}

/* Behind the SC of the sequence that begins at pc, and where its branches leave it; 0: it is none that 8.3 allows. */
static unsigned sequence_places(const struct step_code *code, uintptr_t pc, uintptr_t places[STEP_PLACES_MAX])
{
	struct instruction instruction;
	uintptr_t at = pc;
	unsigned count = 1; /* the first is for the end */

	if (!fetch(code, at, &instruction) || !is_atomic(&instruction, ATOMIC_LR))
		return 0;
	for (unsigned i = 0; i < SEQUENCE_MAX; i++) {
		at += instruction.size;
		if (!fetch(code, at, &instruction) || is_atomic(&instruction, ATOMIC_LR))
			return 0;
		if (is_atomic(&instruction, ATOMIC_SC)) {
			places[0] = at + 4;
			return outside_only(pc, places, count);
		}
		/* Only forward: what goes back to the LR stays inside. */
		if (is_branch(&instruction) && branch_target(at, &instruction) - pc >= at - pc) {
			if (count == STEP_PLACES_MAX)
				return 0;
			places[count++] = branch_target(at, &instruction);
		}
	}
	return 0;
}

unsigned step_places(const struct step_code *code, const struct nacre_registers *registers, uintptr_t places[STEP_PLACES_MAX])
{
	struct instruction instruction;
	unsigned count;

	if (!fetch(code, registers->pc, &instruction))
		return 0;
	count = sequence_places(code, registers->pc, places);
	if (!count) {
		places[0] = (instruction.size == 2 ? next_short : next_long)(code, registers, instruction.bits);
		count = 1;
	}
	for (unsigned i = 0; i < count; i++)
		places[i] = masked(code, places[i]);
	return count;
}
