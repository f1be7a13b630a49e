/* gdb_machine.h - a machine for the gdb server's portable files, for its unit tests and its fuzzer: processes of two threads in half a page of
 * memory each. What the server sends is taken apart again. */
#pragma once
#include <stdlib.h>
#include <string.h>
#include "server/gdb/machine.h"
#include "server/gdb/packet.h"
#include "server/gdb/session.h"

enum { MODEL_PROCESSES = 4, MODEL_THREADS = 2, MODEL_BYTES = 2048, MODEL_FIRST = 5, MODEL_TOKENS = 64 };
#define MODEL_BASE 0x10000u

struct model_process {
	bool attached, runs, ended, was_stopped;
	uint32_t badge;
	uint8_t memory[MODEL_BYTES];
	struct nacre_registers registers[MODEL_THREADS];
	uint32_t token[MODEL_THREADS];  /* of its fault; 0: none */
};

static struct model {
	unsigned width;
	struct model_process processes[MODEL_PROCESSES]; /* the first has number MODEL_FIRST */
	uint32_t tokens, badges;
	bool launching;
	uint32_t released;
	char sent[65536];
	size_t sent_size;
	struct packet_reader reader;    /* what gdb would understand of it */
	unsigned broken;
} model;

static struct model_process *model_of(const struct debuggee *debuggee)
{
	return &model.processes[(unsigned)debuggee->process - 1];
}

void machine_send(const void *bytes, size_t size)
{
	const uint8_t *each = bytes;

	for (size_t i = 0; i < size; i++)
		model.broken += packet_take(&model.reader, each[i]) == PACKET_BROKEN;
	if (size > sizeof(model.sent) - 1 - model.sent_size)
		model.sent_size = 0;
	memcpy(model.sent + model.sent_size, bytes, size);
	model.sent_size += size;
	model.sent[model.sent_size] = 0;
}

uint32_t machine_attach(struct debuggee *debuggee, uint32_t number)
{
	struct model_process *process;

	if (number - MODEL_FIRST >= MODEL_PROCESSES)
		return 67;
	process = &model.processes[number - MODEL_FIRST];
	if (process->ended)
		return 67;
	if (process->attached)
		return 69;
	process->attached = true;
	process->badge = debuggee->badge = ++model.badges;
	debuggee->process = number - MODEL_FIRST + 1;
	debuggee->base = MODEL_BASE;
	strcpy(debuggee->label, "model");
	strcpy(debuggee->file, "bin/model");
	return 0;
}

void machine_release(uint32_t number)
{
	model.released = number;
}

void machine_detach(struct debuggee *debuggee)
{
	model_of(debuggee)->runs = !model_of(debuggee)->ended;
}

void machine_forget(struct debuggee *debuggee)
{
	if (!model_of(debuggee)->attached)
		abort();
	model_of(debuggee)->attached = false;
}

void machine_stop(struct debuggee *debuggee)
{
	model_of(debuggee)->runs = false;
}

void machine_resume(struct debuggee *debuggee)
{
	model_of(debuggee)->runs = !model_of(debuggee)->ended;
}

void machine_kill(struct debuggee *debuggee)
{
	struct model_process *process = model_of(debuggee);

	process->ended = true;
	process->runs = false;
	memset(process->token, 0, sizeof(process->token));
}

static bool model_reaches(const struct debuggee *debuggee, uintptr_t address, size_t size)
{
	return !model_of(debuggee)->ended && size <= MODEL_BYTES && address - MODEL_BASE <= MODEL_BYTES - size;
}

bool machine_read(struct debuggee *debuggee, uintptr_t address, void *to, size_t size)
{
	if (!model_reaches(debuggee, address, size))
		return false;
	memcpy(to, model_of(debuggee)->memory + (address - MODEL_BASE), size);
	return true;
}

bool machine_write(struct debuggee *debuggee, uintptr_t address, const void *from, size_t size)
{
	if (!model_reaches(debuggee, address, size))
		return false;
	memcpy(model_of(debuggee)->memory + (address - MODEL_BASE), from, size);
	return true;
}

bool machine_registers_get(struct debuggee *debuggee, uint32_t thread, struct nacre_registers *registers)
{
	if (thread - 1 >= MODEL_THREADS || model_of(debuggee)->ended)
		return false;
	*registers = model_of(debuggee)->registers[thread - 1];
	return true;
}

bool machine_registers_set(struct debuggee *debuggee, uint32_t thread, const struct nacre_registers *registers)
{
	if (thread - 1 >= MODEL_THREADS || model_of(debuggee)->ended)
		return false;
	model_of(debuggee)->registers[thread - 1] = *registers;
	return true;
}

bool machine_thread(struct debuggee *debuggee, uint32_t index, struct nacre_thread_state *state)
{
	if (index >= MODEL_THREADS || model_of(debuggee)->ended)
		return false;
	*state = (struct nacre_thread_state){ .number = index + 1, .state = NACRE_STATE_STOPPED };
	if (model_of(debuggee)->token[index])
		state->state = NACRE_STATE_FAULTED;
	return true;
}

/* Each token is answered once. */
void machine_fault_answer(nacre_token_t token, bool go_on)
{
	for (unsigned p = 0; p < MODEL_PROCESSES; p++)
		for (unsigned t = 0; t < MODEL_THREADS; t++)
			if (model.processes[p].token[t] == token) {
				model.processes[p].token[t] = 0;
				if (!go_on)
					model.processes[p].ended = true;
				return;
			}
	for (unsigned p = 0; p < MODEL_PROCESSES; p++)
		if (model.processes[p].ended)
			return; /* it was one's that has ended */
	abort();
}

bool machine_process(uint32_t number, struct machine_process *process)
{
	if (number < MODEL_FIRST)
		number = MODEL_FIRST;
	if (number >= MODEL_FIRST + MODEL_PROCESSES)
		return false;
	*process = (struct machine_process){ .number = number, .parent = 1, .label = "model", .ended = model.processes[number - MODEL_FIRST].ended };
	return true;
}

uint32_t machine_run(const char *const *argv)
{
	model.launching = !strcmp(argv[0], "model");
	return model.launching ? 0 : 67;
}

const char *machine_sentence(uint32_t status)
{
	return status == 67 ? "there is none" : "no";
}

unsigned machine_width(void)
{
	return model.width;
}

/* --- what happens to it ----------------------------------------------------------------------------------- */

static void model_open(unsigned width)
{
	memset(&model, 0, sizeof(model));
	memset(debuggees, 0, sizeof(debuggees));
	model.width = width;
	for (unsigned p = 0; p < MODEL_PROCESSES; p++) {
		model.processes[p].runs = true;
		for (unsigned i = 0; i < MODEL_BYTES; i += 2)
			memcpy(model.processes[p].memory + i, &(uint16_t){ 0x0001 }, 2); /* c.nop */
		for (unsigned t = 0; t < MODEL_THREADS; t++)
			model.processes[p].registers[t].pc = MODEL_BASE + 0x100 * t;
	}
	session_open();
}

/* A packet as gdb sends it. */
static void model_ask(const char *text)
{
	uint8_t sum = 0, end[3];

	for (const char *at = text; *at; at++)
		sum = (uint8_t)(sum + (uint8_t)*at);
	end[0] = '#';
	end[1] = (uint8_t)"0123456789abcdef"[sum >> 4];
	end[2] = (uint8_t)"0123456789abcdef"[sum & 15];
	model.sent_size = 0;
	model.sent[0] = 0;
	session_take((const uint8_t *)"$", 1);
	session_take((const uint8_t *)text, strlen(text));
	session_take(end, 3);
}

/* A thread of a process that runs, or did a moment ago, meets a fault; false: it cannot. */
static bool model_fault(unsigned p, unsigned t, uint32_t cause)
{
	struct model_process *process = &model.processes[p];
	struct fault fault = { .thread = t + 1, .cause = cause, .pc = process->registers[t].pc, .address = process->registers[t].pc };

	if (!process->attached || process->ended || process->token[t])
		return false;
	fault.token = process->token[t] = ++model.tokens;
	session_fault(process->badge, &fault);
	return true;
}

/* It executes c.nop after c.nop up to a breakpoint; false: it met none. */
static bool model_go(unsigned p, unsigned t)
{
	struct model_process *process = &model.processes[p];
	uintptr_t *pc = &process->registers[t].pc;

	for (; process->runs && !process->token[t] && *pc - MODEL_BASE < MODEL_BYTES - 1; *pc += 2) {
		uint16_t code;

		memcpy(&code, process->memory + (*pc - MODEL_BASE), 2);
		if (code == 0x9002)
			return model_fault(p, t, NACRE_CAUSE_BREAKPOINT);
	}
	return false;
}

static void model_end(unsigned p, uint8_t code)
{
	struct model_process *process = &model.processes[p];

	process->ended = true;
	process->runs = false;
	memset(process->token, 0, sizeof(process->token));
	if (process->attached)
		session_gone(process->badge, NACRE_CAUSE_EXIT, code);
}
