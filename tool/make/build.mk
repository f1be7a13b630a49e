# build.mk - everything that is built, for one width; the front Makefile and the test runner call it.
#   build/gen        what comes out of the contract           build/host      host programs and unit tests
#   build/rv32|64    the target: kernel, programs, images      build/newlib32|64  the C library, built once

include tool/make/settings.mk

B := build/rv$(WIDTH)

# A recipe that fails must not leave half a file behind that the next make takes for whole.
.DELETE_ON_ERROR:
.SUFFIXES:
# Nothing made on the way to something else is deleted.
.PRECIOUS: %.o %.elf
.PHONY: FORCE
FORCE:
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
# $(call rules,NAMES): what is made by these files is made anew when they change; ccache makes that cheap.
rules = $(patsubst %,tool/make/%.mk,toolchain $(1))

.PHONY: all
all: ; @:

include tool/make/toolchain.mk
include tool/make/contract.mk
include tool/make/idl.mk
include tool/make/kernel.mk
include port/newlib/port.mk
include tool/make/program.mk
include tool/make/port.mk
include tool/make/image.mk
include tool/make/sdk.mk
include tool/make/lang.mk
include tool/make/doc.mk
include tool/make/host.mk
include tool/make/bench.mk
include tool/make/clang.mk
include tool/make/fuzz.mk
include tool/make/static.mk

# For editors: what would be run if everything had to be compiled.
.PHONY: compile_commands.json
compile_commands.json:
	$(call say,JSON,$@)$(MAKE) -f tool/make/build.mk --dry-run --always-make V=1 all host-tests | tool/make/compile_commands.py >$@
