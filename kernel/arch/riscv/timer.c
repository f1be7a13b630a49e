/* timer.c - the clock and the one timer: the hart's own comparator (Sstc) where it is, else the firmware's. */
#include "timer.h"

#include "ticks.h"
#include "wide.h"

#define FOREVER_NS ((uint64_t)1 << 63)

static struct {
	struct ticks rate;
	uint32_t timebase_hz;
	bool has_compare;          /* stimecmp */
	bool has_timer_extension;  /* else the legacy call */
	bool has_instret;
	bool in_user_space;
} timer;

uint64_t arch_clock_ns(void)
{
	return ticks_to_ns(&timer.rate, time_read());
}

uint64_t arch_ticks_to_ns(uint64_t ticks)
{
	return ticks_to_ns(&timer.rate, ticks);
}

uint64_t arch_ticks_from_ns(uint64_t ns)
{
	return ns >= FOREVER_NS ? NEVER_NS : ticks_from_ns(&timer.rate, ns);
}

static void compare_set(uint64_t ticks)
{
	if (timer.has_compare)
		stimecmp_write(ticks);
	else if (timer.has_timer_extension)
		sbi_call_u64(SBI_TIME, SBI_TIME_SET, ticks);
	else
		sbi_call_u64(SBI_LEGACY_TIMER, 0, ticks);
}

void timer_off(void)
{
	CSR_CLEAR(CSR_SIE, INTERRUPT_TIMER);
}

/* Once the comparison holds it goes on holding; that it fires once is sie's doing. */
void arch_timer_set(uint64_t when_ticks)
{
	if (when_ticks == NEVER_NS) {
		timer_off();
		return;
	}
	compare_set(when_ticks);
	CSR_SET(CSR_SIE, INTERRUPT_TIMER);
}

bool arch_user_clock(void)
{
	return timer.in_user_space;
}

uint32_t arch_timebase_hz(void)
{
	return timer.timebase_hz;
}

uint64_t arch_instructions(void)
{
	return timer.has_instret ? instret_read() : 0;
}

void timer_init(uint32_t timebase_hz, bool emulated)
{
	bool has_enable = CSR_EXISTS(CSR_SCOUNTEREN);

	if (!timebase_hz || timebase_hz > NS_PER_SECOND)
		PANIC_AT("the device tree's timebase-frequency is missing or above 10^9");
	if (!CSR_EXISTS(CSR_TIME))
		PANIC_AT("there is no clock: neither hart nor firmware answers rdtime");
	if (has_enable)
		CSR_WRITE(CSR_SCOUNTEREN, SCOUNTEREN_TM);
	timer.in_user_space = has_enable && !emulated;
	timer.has_compare = CSR_EXISTS(CSR_STIMECMP);
	timer.has_instret = CSR_EXISTS(CSR_INSTRET);
	timer.has_timer_extension = sbi_call(SBI_BASE, SBI_BASE_PROBE, SBI_TIME, 0).value != 0;
	timer.timebase_hz = timebase_hz;
	timer.rate = ticks_of_hz(timebase_hz);
}
