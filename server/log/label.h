/* label.h - what processes are called, as init tells; the last LABELS_MAX of them. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void label_set(uint32_t process, const char *name, size_t size);

/* Copies the name, or "?" where it is not known (any more). `to` has 16 bytes. */
void label_get(uint32_t process, char to[16]);
