# settings.mk - what can be set on make's command line, checked here, with one sentence for a wrong value.
# setting: WIDTH=32|64    word size of the machine; 32 without it, and both for make test
# setting: MEM=16M        its RAM, 1M to 1024M
# setting: BOOT=ram       for make run: the image in RAM, and no flash
# setting: PROGRAM=FILE   an ELF file to put into the image; for make debug: the name of a program or service
# setting: GDB=WORDS      for make debug: more for gdb's command line, as GDB="-batch -x FILE"
# setting: DISK=FILE      raw images of disks, dev/block0 first: truncate -s 16M FILE makes an empty one
# setting: NET=yes        a network card, on a network that reaches nothing but QEMU at 10.0.2.2
# setting: GPU=yes        a display, a keyboard and a tablet, and the system `display`; GPU=window: in a window
# setting: CRASHES=yes    a service that keeps a core of each program that crashes (system `cores`), for make cores
# setting: SERIAL=SOCKET  serial ports, dev/serial0 first: Unix sockets that QEMU makes; socat - UNIX:SOCKET talks to one
# setting: ONLY=WORD      for make test: a part, a check, or a word of checks' names
# setting: BENCH=NAME     for make bench and make profile: a figure
# setting: NAME=lua       for make port and make fuzz: which; without it all
# setting: SECONDS=60     for make fuzz: how long each
# setting: N=100000       for make fuzz: how many calls on the target
# setting: SEED=1         for make demo and make soak: which services die when; for make fuzz N=...: which calls
# setting: HOURS=0.5      for make soak: how long, a fraction too
# setting: DEATHS=100     for make demo: how many, at least
# setting: DEPS=no        only list missing Debian packages; DEPS=have: trust that all is there
# setting: V=1            show every command

# Quiet unless V=1: one line a file. Parallel unless make was told a number of jobs.
Q    := $(if $(V),,@)
# MAKEFLAGS tells of -j only when a recipe runs, so this is worked out there.
CORES := $(shell nproc)
JOBS  = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(CORES))

# What was asked, and what it means; nothing behind the = sign means the default, too.
WIDTH_ASKED := $(WIDTH)
override WIDTH := $(or $(WIDTH),32)
override MEM   := $(or $(MEM),16M)

# One word of the list, and not two: $(call one-of,VALUE,LIST)
one-of = $(and $(filter 1,$(words $1)),$(filter $1,$2))

ifeq ($(call one-of,$(WIDTH),32 64),)
$(error WIDTH is 32 or 64, not "$(WIDTH)")
endif
ifeq ($(shell echo '$(MEM)' | grep -Ex '([1-9][0-9]{0,2}|10[01][0-9]|102[0-4])M'),)
$(error MEM is a number of megabytes from 1M to 1024M, not "$(MEM)")
endif

ifneq ($(BOOT),)
ifeq ($(call one-of,$(BOOT),flash ram),)
$(error BOOT is flash or ram, not "$(BOOT)")
endif
endif
# Only the 64-bit machine of QEMU brings a firmware.
ifeq ($(filter run-opensbi,$(MAKECMDGOALS))$(WIDTH_ASKED),run-opensbi32)
$(error QEMU brings no OpenSBI for the 32-bit machine: make run-opensbi WIDTH=64)
endif

# Ports have a recipe; newlib is built with everything.
PORTS_KNOWN := $(filter-out newlib,$(patsubst port/%/port.mk,%,$(wildcard port/*/port.mk)))
FUZZERS_KNOWN := $(patsubst test/fuzz/%.c,%,$(shell grep -l '^int LLVMFuzzerTestOneInput' test/fuzz/*.c))
NAMES_KNOWN   := $(if $(filter fuzz fuzz-host fuzzers build/fuzz/%,$(MAKECMDGOALS)),$(FUZZERS_KNOWN),$(PORTS_KNOWN))
ifneq ($(NAME),)
ifeq ($(call one-of,$(NAME),$(NAMES_KNOWN)),)
$(error NAME is one of $(NAMES_KNOWN), not "$(NAME)")
endif
endif
ifneq ($(SECONDS),)
ifeq ($(shell echo '$(SECONDS)' | grep -Ex '[1-9][0-9]{0,5}'),)
$(error SECONDS is a whole number from 1 on, not "$(SECONDS)")
endif
endif

ifneq ($(SEED),)
ifeq ($(shell echo '$(SEED)' | grep -Ex '[0-9]{1,9}'),)
$(error SEED is a whole number, not "$(SEED)")
endif
endif
ifneq ($(HOURS),)
ifeq ($(shell echo '$(HOURS)' | grep -Ex '[0-9]{1,4}(\.[0-9]{1,4})?' | grep '[1-9]'),)
$(error HOURS is a number above 0, like 0.5 or 24, not "$(HOURS)")
endif
endif
ifneq ($(DEATHS),)
ifeq ($(shell echo '$(DEATHS)' | grep -Ex '[1-9][0-9]{0,2}'),)
$(error DEATHS is a whole number from 1 to 999, not "$(DEATHS)")
endif
endif

ifneq ($(words $(DISK)),$(words $(wildcard $(DISK))))
$(error DISK names a file that is not there: "$(DISK)"; truncate -s 16M FILE makes an empty one)
endif

ifneq ($(GPU),)
ifeq ($(call one-of,$(GPU),yes window),)
$(error GPU is yes or window, not "$(GPU)")
endif
# The base system has no memory for a picture.
SYSTEM ?= display
endif
ifneq ($(CRASHES),)
ifneq ($(CRASHES)$(GPU)$(SERIAL),yes)
$(error CRASHES is yes, not "$(CRASHES)", and goes neither with GPU nor with SERIAL)
endif
SYSTEM ?= cores
endif

ifneq ($(wordlist 5,6,$(SERIAL)),)
$(error SERIAL names $(words $(SERIAL)) sockets, and a machine has four serial ports)
endif

DEPS_MODE := $(if $(call one-of,$(DEPS),no),list,$(or $(DEPS),install))
ifneq ($(PROGRAM),)
ifeq ($(wildcard $(PROGRAM))$(filter debug,$(MAKECMDGOALS)),)
$(error PROGRAM names a file that is not there: "$(PROGRAM)")
endif
endif
