# nacre.mk - builds one program with the SDK. A Makefile says what it is called, and includes this:
#
#     PROGRAM = hello
#     include $(NACRE_SDK)/nacre.mk
#
# SOURCES  its C and assembler files (default: PROGRAM.c)      WIDTH   32 (default) or 64
# CFLAGS   options for the compiler (default: below)           LDLIBS  more libraries
# `make` leaves build/rvNN/PROGRAM, stripped, for the boot image, and PROGRAM.elf with all symbols beside it.

NACRE_SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
WIDTH     ?= 32
SOURCES   ?= $(PROGRAM).c
CFLAGS    ?= -std=gnu11 -Os -g -Wall -Wextra -ffunction-sections -fdata-sections
NACRE_CC  := $(NACRE_SDK)/bin/nacre-cc -m$(WIDTH)
OUT       := build/rv$(WIDTH)
OBJECTS   := $(SOURCES:%=$(OUT)/%.o)

.PHONY: all clean
all: $(OUT)/$(PROGRAM)
clean:
	rm -rf build

$(OUT)/%.o: %
	mkdir -p $(@D) && $(NACRE_CC) $(CFLAGS) -ffile-prefix-map=$(CURDIR)=. -MMD -MP -c -o $@ $<
$(OUT)/$(PROGRAM).elf: $(OBJECTS) $(NACRE_SDK)/lib$(WIDTH)/libnacre.a
	$(NACRE_CC) -o $@ $(OBJECTS) $(LDLIBS)
$(OUT)/$(PROGRAM): $(OUT)/$(PROGRAM).elf
	riscv64-unknown-elf-objcopy --strip-all --remove-section=.comment --remove-section=.riscv.attributes $< $@
-include $(OBJECTS:.o=.d)
