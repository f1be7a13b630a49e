# nacre.mk - builds one program with the SDK. A Makefile says what it is called, and includes this:
#
#     PROGRAM = hello
#     include $(NACRE_SDK)/nacre.mk
#
# SOURCES  its C and assembler files (default: PROGRAM.c)      WIDTH     32 (default) or 64
# CFLAGS   options for the compiler (default: below)           LDLIBS    more libraries
# MANIFEST its manifest (default: manifest.toml, if that is there)
# INTERFACES  protocols, as NAME.nid: "idl/NAME_client.h" and "idl/NAME_server.h" are made of them
# `make` leaves build/rvNN/PROGRAM, stripped, for the boot image; PROGRAM.elf with all symbols and PROGRAM.toml, the
# manifest, beside it. `make run` boots Nacre with it, ARGUMENTS behind its name, SERVERS in front of it.

NACRE_SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
WIDTH     ?= $(or $(NACRE_WIDTH),32)
SOURCES   ?= $(PROGRAM).c
MANIFEST  ?= $(wildcard manifest.toml)
CFLAGS    ?= -std=gnu11 -Os -g -Wall -Wextra
NACRE_CC  := $(NACRE_SDK)/bin/nacre-cc -m$(WIDTH)
OUT       := build/rv$(WIDTH)
OBJECTS   := $(SOURCES:%=$(OUT)/%.o)
GENERATED := $(if $(INTERFACES),build/gen)

.PHONY: all clean run
all: $(OUT)/$(PROGRAM) $(if $(MANIFEST),$(OUT)/$(PROGRAM).toml)
run: all
	$(NACRE_SDK)/bin/nacre-run $(SERVERS) $(OUT)/$(PROGRAM) $(ARGUMENTS)
clean:
	rm -rf build

build/gen/.made: $(INTERFACES)
	mkdir -p $(@D) && $(NACRE_SDK)/bin/nacre-idl --out $(@D) --c $(INTERFACES) && touch $@
$(OUT)/%.o: % $(GENERATED:%=%/.made)
	mkdir -p $(@D) && $(NACRE_CC) $(CFLAGS) $(GENERATED:%=-I%) -ffile-prefix-map=$(CURDIR)=. -MMD -MP -c -o $@ $<
$(OUT)/$(PROGRAM).elf: $(OBJECTS) $(NACRE_SDK)/lib$(WIDTH)/libnacre.a
	$(NACRE_CC) -o $@ $(OBJECTS) $(LDLIBS)
$(OUT)/$(PROGRAM): $(OUT)/$(PROGRAM).elf
	riscv64-unknown-elf-objcopy --strip-all $< $@
$(OUT)/$(PROGRAM).toml: $(MANIFEST)
	mkdir -p $(@D) && cp $< $@
-include $(OBJECTS:.o=.d)
