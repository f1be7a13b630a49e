/* wide.h - 64-bit counters on a 64-bit machine. */
#pragma once
#include <stdint.h>

#include "csr.h"
#include "sbi.h"

typedef unsigned __int128 pair_t;

static inline uint64_t time_read(void)
{
	return CSR_READ(CSR_TIME);
}

static inline void arch_ticks_charge(uint64_t *total, uint64_t *since)
{
	uint64_t now = time_read();

	*total += now - *since;
	*since = now;
}

static inline uint64_t instret_read(void)
{
	return CSR_READ(CSR_INSTRET);
}

static inline void stimecmp_write(uint64_t ticks)
{
	CSR_WRITE(CSR_STIMECMP, ticks);
}

static inline struct sbi_result sbi_call_u64(uintptr_t extension, uintptr_t function, uint64_t argument)
{
	return sbi_call(extension, function, argument, 0);
}
