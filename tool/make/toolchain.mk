# toolchain.mk - compilers and the flags that all code for the target shares.
# Why these flags: doc comments beside each; the target and its multilib are picked by -march and -mabi, and any
# extension spelled out in gcc's -march (_zicsr, _zifencei) silently selects the rv64 libraries instead.

CROSS   := riscv64-unknown-elf-
CCACHE  := $(shell command -v ccache)
CC      := $(CCACHE) $(CROSS)gcc
AR      := $(CROSS)ar
OBJCOPY := $(CROSS)objcopy
PYTHON  := /usr/bin/python3
# Nothing else is removed: without .riscv.attributes objcopy drops the program header of RELRO, and without .comment the
# headers differ from those of the file with symbols, by which a debugger knows that the two belong together.
STRIP   := $(OBJCOPY) --strip-all
# One object, one output: nothing from the environment of whoever builds may show up in it.
export CCACHE_BASEDIR := $(CURDIR)
export SOURCE_DATE_EPOCH := 0
export LC_ALL := C
unexport CPATH C_INCLUDE_PATH LIBRARY_PATH

MARCH_32 := -march=rv32imac -mabi=ilp32
MARCH_64 := -march=rv64imac -mabi=lp64
MARCH    := $(MARCH_$(WIDTH)) -mcmodel=medany
# 2.2 is the ISA manual in which CSR and fence.i instructions were still part of the base.
GCC_MARCH := $(MARCH) -misa-spec=2.2

WARNINGS := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla -Wundef
COMMON_CFLAGS := -std=gnu11 -Os -g -ffunction-sections -fdata-sections -fno-common $(WARNINGS) \
                 -fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)=.
# A local variable that no code has set yet is zero, not what the stack held before. Not for the kernel: doc/security.md.
AUTO_INIT := -ftrivial-auto-var-init=zero
# gcc does not hand the prefix map on to the assembler when the source is assembly.
ASM_FLAGS = $(if $(filter %.S,$<),-Wa$(,)--debug-prefix-map=$(CURDIR)=.)

# riscv64-unknown-elf-ld cannot make position-independent executables, the linux linker can: gcc finds it by -B.
LD_DIR := build/toolchain
LD     := $(LD_DIR)/ld
$(LD):
	@mkdir -p $(@D) && ln -sf "$$(command -v riscv64-linux-gnu-ld)" $@

# A comma that is not an argument separator.
, := ,

# $(call say,WORD,FILE): one quiet line for a file being made, or with V=1 the command itself.
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)';)
