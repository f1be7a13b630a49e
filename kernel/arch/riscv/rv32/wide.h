/* wide.h - 64-bit counters on a 32-bit machine: two registers each, and no harm from a carry between them. */
#pragma once
#include <stdint.h>

#include "csr.h"
#include "sbi.h"

typedef uint64_t pair_t;

#define COUNTER_READ(name, high, low)                     \
  static inline uint64_t name(void)                       \
  {                                                       \
    uint32_t before, bits, after;                         \
    do {                                                  \
      before = CSR_READ(high);                            \
      bits = CSR_READ(low);                               \
      after = CSR_READ(high);                             \
    } while (before != after);                            \
    return (uint64_t)after << 32 | bits;                  \
  }
COUNTER_READ(time_read, CSR_TIMEH, CSR_TIME)
COUNTER_READ(instret_read, CSR_INSTRETH, CSR_INSTRET)

/* Mostly the upper halves do not change. The lower is read first: if the upper is then what it was, they belong together. */
static inline void arch_ticks_charge(uint64_t *total, uint64_t *since)
{
	uint32_t low = CSR_READ(CSR_TIME), high = CSR_READ(CSR_TIMEH), *halves = (uint32_t *)total, *begun = (uint32_t *)since;
	uint32_t passed = low - begun[0], sum = halves[0] + passed;
	uint64_t now;

	if (__builtin_expect(high == begun[1] && sum >= passed, 1)) {
		halves[0] = sum;
		begun[0] = low;
		return;
	}
	now = time_read();
	*total += now - *since;
	*since = now;
}

/* The comparison must never see a value earlier than both the old and the new one. */
static inline void stimecmp_write(uint64_t ticks)
{
	CSR_WRITE(CSR_STIMECMPH, ~0u);
	CSR_WRITE(CSR_STIMECMP, (uint32_t)ticks);
	CSR_WRITE(CSR_STIMECMPH, (uint32_t)(ticks >> 32));
}

static inline struct sbi_result sbi_call_u64(uintptr_t extension, uintptr_t function, uint64_t argument)
{
	return sbi_call(extension, function, (uint32_t)argument, (uint32_t)(argument >> 32));
}
