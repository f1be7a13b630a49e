/* gdb.c - the gdb server, from its port and from the processes it has: any bytes, faults, ends, and a host that goes away.
 *
 * Whatever comes, each fault is answered once (the double aborts if not), what is sent are whole packets, and when the other end is
 * closed nothing is attached, no trap is left in memory that was not written there by the host, and no thread waits. */
#include "gdb_machine.h"
#include "input.h"

static bool host_wrote;

static unsigned traps_left(const struct model_process *process)
{
	unsigned left = 0;
	uint16_t code;

	for (unsigned i = 0; i + 1 < MODEL_BYTES; i++) {
		memcpy(&code, process->memory + i, 2);
		left += code == 0x9002;
	}
	return left;
}

static void hang_up(void)
{
	session_hung_up();
	for (unsigned p = 0; p < MODEL_PROCESSES; p++) {
		MUST(!model.processes[p].attached && (model.processes[p].runs || model.processes[p].ended));
		MUST(model.processes[p].ended || host_wrote || !traps_left(&model.processes[p]));
		for (unsigned t = 0; t < MODEL_THREADS; t++)
			MUST(!model.processes[p].token[t]);
	}
}

static void bytes_take(struct input *input)
{
	size_t size = (size_t)input_number(input, 1);
	const uint8_t *bytes = input_bytes(input, &size);

	for (size_t i = 0; i + 1 < size; i++)
		host_wrote = host_wrote || bytes[i] == 'M' || bytes[i] == 'X';
	session_take(bytes, size);
}

/* Contents alone: without a right sum nothing would come through. */
static void packet_put(struct input *input)
{
	char text[256];
	size_t size = (size_t)input_number(input, 1);
	const uint8_t *bytes = input_bytes(input, &size);

	for (size_t i = 0; i < size; i++)
		text[i] = bytes[i] == '$' || bytes[i] == '#' || !bytes[i] ? 'c' : (char)bytes[i];
	text[size] = 0;
	host_wrote = host_wrote || text[0] == 'M' || text[0] == 'X';
	model_ask(text);
}

static void step(struct input *input)
{
	uint32_t what = (uint32_t)input_number(input, 1), p = what >> 4 & 3, t = what >> 6 & 1;

	switch (what & 15) {
	case 0: bytes_take(input); break;
	case 8: model_go(p, t); break;
	case 9: model_fault(p, t, (uint32_t)input_number(input, 1) & 15); break;
	case 10: model_end(p, (uint8_t)what); break;
	case 11: hang_up(); break;
	case 12:
		if (model.launching) {
			model.launching = false;
			session_held();
		}
		break;
	case 13: model.processes[p].registers[t].pc = MODEL_BASE + (uintptr_t)input_number(input, 2); break;
	default: packet_put(input);
	}
	MUST(!model.broken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };

	host_wrote = false;
	model_open(input_number(&input, 1) & 1 ? 64 : 32);
	while (!input_is_empty(&input))
		step(&input);
	hang_up();
	return 0;
}
