/* facts.h - about this boot: banner, version, uptime. */
#pragma once
#include "idl/system.h"
#include "shell.h"

bool facts_read(struct system_facts *facts);

void facts_banner(void);

/* "NONE, IDs and ASLR are predictable", or what it was seeded from. */
const char *facts_entropy(const struct system_facts *facts);
