/* sbi.c - the calls S-mode may make: as much of the RISC-V SBI 1.0 as one hart needs.
 *
 * Base, TIME, SRST and the legacy calls 0 (set timer), 1 (put character), 8 (shut down). Not there: IPI, RFENCE,
 * HSM (one hart runs), PMU, console input (a driver has the UART by then). */
#include "boot/csr.h"
#include "boot/machine.h"

enum {
	LEGACY_SET_TIMER = 0, LEGACY_PUT_CHARACTER = 1, LEGACY_SHUTDOWN = 8, LEGACY_LAST = 15,
	BASE = 0x10, BASE_LAST = 6, TIME = 0x54494d45, RESET = 0x53525354,
	NOT_SUPPORTED = -2, INVALID = -3,
	SPECIFICATION = 1 << 24,            /* 1.0 */
	IMPLEMENTATION = 0x4e616372,        /* no number is registered for Nacre */
	IMPLEMENTATION_VERSION = 1,
	RESET_SHUTDOWN = 0, RESET_COLD = 1, RESET_WARM = 2, REASON_FAILURE = 1,
};

struct answer {
	long error;
	unsigned long value;
};

static uint64_t ticks_of(const struct trap_frame *frame)
{
	uint64_t low = frame->x[REGISTER_A0], high = frame->x[REGISTER_A1];

	return HALVES ? high << 32 | low : low;
}

static bool is_supported(unsigned long extension)
{
	return extension == BASE || extension == TIME || extension == RESET || extension == LEGACY_SET_TIMER ||
	       extension == LEGACY_PUT_CHARACTER || extension == LEGACY_SHUTDOWN;
}

/* The last three, of the hart's vendor, architecture and implementation, may be answered with 0: not told. */
static unsigned long base_value(const struct trap_frame *frame)
{
	switch (frame->x[REGISTER_A6]) {
	case 0:
		return SPECIFICATION;
	case 1:
		return IMPLEMENTATION;
	case 2:
		return IMPLEMENTATION_VERSION;
	case 3:
		return is_supported(frame->x[REGISTER_A0]);
	}
	return 0;
}

static struct answer time_call(struct machine *m, const struct trap_frame *frame)
{
	timer_supervisor_set(m, ticks_of(frame));
	return (struct answer){ 0, 0 };
}

static struct answer reset_call(const struct machine *m, const struct trap_frame *frame)
{
	if (frame->x[REGISTER_A0] > RESET_WARM || frame->x[REGISTER_A1] > REASON_FAILURE)
		return (struct answer){ INVALID, 0 };
	if (frame->x[REGISTER_A0] == RESET_SHUTDOWN)
		power_off(&m->power, frame->x[REGISTER_A1] == REASON_FAILURE);
	power_reboot(&m->power);
}

static long legacy_call(struct machine *m, const struct trap_frame *frame)
{
	switch (frame->x[REGISTER_A7]) {
	case LEGACY_SET_TIMER:
		timer_supervisor_set(m, ticks_of(frame));
		return 0;
	case LEGACY_PUT_CHARACTER:
		console_put(&m->console, (char)frame->x[REGISTER_A0]);
		return 0;
	case LEGACY_SHUTDOWN:
		power_off(&m->power, 0);
	}
	return NOT_SUPPORTED;
}

static struct answer extension_call(struct machine *m, const struct trap_frame *frame)
{
	unsigned long extension = frame->x[REGISTER_A7], function = frame->x[REGISTER_A6];

	if (extension == BASE && function <= BASE_LAST)
		return (struct answer){ 0, base_value(frame) };
	if (extension == TIME && function == 0)
		return time_call(m, frame);
	if (extension == RESET && function == 0)
		return reset_call(m, frame);
	return (struct answer){ NOT_SUPPORTED, 0 };
}

/* Legacy calls answer in a0 alone and leave a1 as it was. */
void sbi_call(struct machine *m, struct trap_frame *frame)
{
	struct answer answer;

	frame->mepc += 4;
	if (frame->x[REGISTER_A7] <= LEGACY_LAST) {
		frame->x[REGISTER_A0] = (unsigned long)legacy_call(m, frame);
		return;
	}
	answer = extension_call(m, frame);
	frame->x[REGISTER_A0] = (unsigned long)answer.error;
	frame->x[REGISTER_A1] = answer.value;
}
