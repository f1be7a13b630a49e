/* take.h - writes down a process that stands still, as an ELF core. */
#pragma once
#include "abi/nacre_abi.h"
#include "idl/cores.h"

/* As much of it as there is room for. The process is as it was afterwards. */
void take_core(const struct cores_death *death, nacre_handle_t process);
