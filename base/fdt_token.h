/* fdt_token.h - one token of a device tree's structure block: private to fdt.c and fdt_copy.c. */
#pragma once
#include "base/fdt.h"

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROPERTY = 3, FDT_NOP = 4, FDT_END = 9 };

/* `property` is filled for FDT_PROPERTY; of FDT_BEGIN_NODE only the name. */
struct fdt_token {
	uint32_t kind, offset, next;
	struct fdt_property property;
};

/* Reads the token at `offset`, past any NOPs. False where it is malformed or lies outside the block. */
bool fdt_token_read(const struct fdt *tree, uint32_t offset, struct fdt_token *token);
