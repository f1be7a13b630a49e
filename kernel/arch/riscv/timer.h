/* timer.h - sets up clock and timer. Inside kernel/arch/riscv only; the rest is in interface.h. */
#pragma once
#include "arch.h"

void timer_init(uint32_t timebase_hz, bool emulated); /* panics where there is no clock */
void timer_off(void);
