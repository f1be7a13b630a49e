/* fault.c - kinds of faults, after those that MINIX 3 was tried with: what a bug in a driver looks like to the machine. */
#include "inject.h"
#include "base/bits.h"
#include "base/string.h"

enum { LOAD = 0x03, IMMEDIATE = 0x13, AUIPC = 0x17, IMMEDIATE_32 = 0x1b, STORE = 0x23, OPERATION = 0x33, LUI = 0x37,
       OPERATION_32 = 0x3b, BRANCH = 0x63, JALR = 0x67, JAL = 0x6f };

const char *const fault_names[FAULT_KINDS] = {
	"bit", "nop", "branch", "source", "destination", "immediate", "data", "stack", "pointer", "register",
};

uint32_t dice_throw(struct dice *dice)
{
	uint32_t x = dice->state += 0x9e3779b9u;

	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16;
}

uint32_t dice_below(struct dice *dice, uint32_t limit)
{
	return (uint32_t)((uint64_t)dice_throw(dice) * limit >> 32);
}

/* --- instructions ---------------------------------------------------------------------------------------- */

static bool is_long(uint32_t instruction)
{
	return (instruction & 3) == 3;
}

static uint32_t opcode_of(uint32_t instruction)
{
	return instruction & 0x7f;
}

/* Quadrant and funct3 of a short one, 16.8 of the unprivileged specification. */
static uint32_t short_of(uint32_t instruction)
{
	return (instruction & 3) << 3 | (instruction >> 13 & 7);
}
#define SHORT(quadrant, funct3) ((quadrant) << 3 | (funct3))

static uint32_t field_change(uint32_t instruction, unsigned low, unsigned bits, struct dice *dice)
{
	uint32_t mask = ((1u << bits) - 1) << low, other = 1 + dice_below(dice, (1u << bits) - 1);

	return instruction ^ ((other << low) & mask);
}

static uint32_t bit_change(uint32_t instruction, unsigned low, unsigned bits, struct dice *dice)
{
	return instruction ^ 1u << (low + dice_below(dice, bits));
}

static uint32_t branch_invert(uint32_t instruction)
{
	if (is_long(instruction))
		return opcode_of(instruction) == BRANCH ? instruction ^ 1u << 12 : instruction;
	return short_of(instruction) == SHORT(1, 6) || short_of(instruction) == SHORT(1, 7) ? instruction ^ 1u << 13 : instruction;
}

static uint32_t source_change(uint32_t instruction, struct dice *dice)
{
	if (!is_long(instruction)) {
		if (short_of(instruction) == SHORT(2, 4))
			return field_change(instruction, 2, 5, dice);
		return (instruction & 3) == 0 ? field_change(instruction, 7, 3, dice) : instruction;
	}
	switch (opcode_of(instruction)) {
	case LOAD: case IMMEDIATE: case IMMEDIATE_32: case JALR:
		return field_change(instruction, 15, 5, dice);
	case STORE: case BRANCH: case OPERATION: case OPERATION_32:
		return field_change(instruction, dice_below(dice, 2) ? 15 : 20, 5, dice);
	}
	return instruction;
}

static uint32_t destination_change(uint32_t instruction, struct dice *dice)
{
	if (!is_long(instruction)) {
		if (short_of(instruction) == SHORT(1, 2) || short_of(instruction) == SHORT(2, 2) || short_of(instruction) == SHORT(2, 4))
			return field_change(instruction, 7, 5, dice);
		return short_of(instruction) == SHORT(0, 2) ? field_change(instruction, 2, 3, dice) : instruction;
	}
	switch (opcode_of(instruction)) {
	case LOAD: case IMMEDIATE: case IMMEDIATE_32: case OPERATION: case OPERATION_32: case LUI: case AUIPC: case JAL: case JALR:
		return field_change(instruction, 7, 5, dice);
	}
	return instruction;
}

static uint32_t immediate_change(uint32_t instruction, struct dice *dice)
{
	if (!is_long(instruction)) {
		if (short_of(instruction) == SHORT(1, 0) || short_of(instruction) == SHORT(1, 2))
			return bit_change(instruction, 2, 5, dice);
		return (instruction & 3) == 0 ? bit_change(instruction, 10, 3, dice) : instruction;
	}
	switch (opcode_of(instruction)) {
	case LOAD: case IMMEDIATE: case IMMEDIATE_32: case JALR:
		return bit_change(instruction, 20, 12, dice);
	case STORE: case BRANCH:
		return dice_below(dice, 2) ? bit_change(instruction, 25, 7, dice) : bit_change(instruction, 7, 5, dice);
	case LUI: case AUIPC: case JAL:
		return bit_change(instruction, 12, 20, dice);
	}
	return instruction;
}

/* The same: this kind does not fit that instruction. */
static uint32_t instruction_change(uint32_t instruction, enum fault_kind kind, struct dice *dice)
{
	switch (kind) {
	case FAULT_BIT:
		return bit_change(instruction, 0, is_long(instruction) ? 32 : 16, dice);
	case FAULT_NOP:
		return is_long(instruction) ? 0x13 : 0x01;
	case FAULT_BRANCH:
		return branch_invert(instruction);
	case FAULT_SOURCE:
		return source_change(instruction, dice);
	case FAULT_DESTINATION:
		return destination_change(instruction, dice);
	default:
		return immediate_change(instruction, dice);
	}
}

static uint32_t instruction_at(size_t offset, uint32_t *size)
{
	uint32_t instruction = 0;

	memcpy(&instruction, target.code + offset, 2);
	*size = is_long(instruction) && offset + 4 <= target.text_bytes ? 4 : 2;
	memcpy(&instruction, target.code + offset, *size);
	return instruction;
}

/* The first instruction at or behind a place, from the beginning on: they have two lengths. */
static size_t instruction_from(size_t place)
{
	size_t offset = 0;
	uint32_t size;

	while (offset < place) {
		instruction_at(offset, &size);
		offset += size;
	}
	return offset < target.text_bytes ? offset : 0;
}

static bool text_choose(struct fault *fault, struct dice *dice)
{
	size_t offset = instruction_from(dice_below(dice, (uint32_t)target.text_bytes));

	for (size_t looked = 0; looked < target.text_bytes; looked += fault->size) {
		uint32_t before = instruction_at(offset, &fault->size), after = instruction_change(before, fault->kind, dice);

		if (before != after) {
			fault->address = target.text + offset;
			memcpy(fault->before, &before, 4);
			memcpy(fault->after, &after, 4);
			return true;
		}
		offset = instruction_from(offset + fault->size);
	}
	return false;
}

/* --- data ------------------------------------------------------------------------------------------------ */

static bool byte_choose(struct fault *fault, struct dice *dice, uintptr_t from, size_t size)
{
	fault->size = 1;
	fault->address = from + dice_below(dice, (uint32_t)size);
	if (!target_read(fault->address, fault->before, 1))
		return false;
	fault->after[0] = fault->before[0] ^ (uint8_t)(1u << dice_below(dice, 8));
	return true;
}

static bool is_pointer(uintptr_t word)
{
	return word - target.base < target.data + target.data_bytes - target.base ||
	       word - target.stack < target.stack_bytes;
}

/* A word of the data or the stack that holds an address of this process. */
static bool pointer_choose(struct fault *fault, struct dice *dice)
{
	size_t words[2] = { target.data_bytes / sizeof(uintptr_t), target.stack_bytes / sizeof(uintptr_t) }, all = words[0] + words[1];
	size_t first = dice_below(dice, (uint32_t)all);

	fault->size = sizeof(uintptr_t);
	for (size_t i = 0; i < all; i++) {
		size_t n = (first + i) % all;
		uintptr_t word;

		fault->address = n < words[0] ? align_up(target.data, sizeof(word)) + n * sizeof(word)
					      : align_up(target.stack, sizeof(word)) + (n - words[0]) * sizeof(word);
		if (!target_read(fault->address, &word, sizeof(word)) || !is_pointer(word))
			continue;
		memcpy(fault->before, &word, sizeof(word));
		word ^= (uintptr_t)1 << dice_below(dice, 8 * sizeof(word));
		memcpy(fault->after, &word, sizeof(word));
		return true;
	}
	return false;
}

bool fault_choose(struct fault *fault, struct dice *dice)
{
	*fault = (struct fault){ .kind = (enum fault_kind)dice_below(dice, FAULT_KINDS) };
	switch (fault->kind) {
	case FAULT_DATA:
		return byte_choose(fault, dice, target.data, target.data_bytes);
	case FAULT_STACK:
		return byte_choose(fault, dice, target.stack, target.stack_bytes);
	case FAULT_POINTER:
		return pointer_choose(fault, dice);
	case FAULT_REGISTER:
		fault->address = dice_below(dice, 32);
		fault->bit = dice_below(dice, 8 * sizeof(uintptr_t));
		return true;
	default:
		return text_choose(fault, dice);
	}
}

/* --- planting -------------------------------------------------------------------------------------------- */

static bool register_plant(const struct fault *fault)
{
	struct nacre_registers registers;

	if (nacre_process_registers_get(target.process, TARGET_THREAD, &registers))
		return false;
	*(fault->address ? &registers.x[fault->address - 1] : &registers.pc) ^= (uintptr_t)1 << fault->bit;
	return nacre_process_registers_set(target.process, TARGET_THREAD, &registers) == NACRE_E_OK;
}

bool fault_plant(const struct fault *fault)
{
	return fault->kind == FAULT_REGISTER ? register_plant(fault) : target_write(fault->address, fault->after, fault->size);
}

bool fault_breakpoint(const struct fault *fault)
{
	static const uint32_t long_one = 0x00100073, short_one = 0x9002; /* ebreak, c.ebreak */

	return target_write(fault->address, fault->size == 4 ? &long_one : &short_one, fault->size);
}

bool fault_undo(const struct fault *fault)
{
	return target_write(fault->address, fault->before, fault->size);
}
