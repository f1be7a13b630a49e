# Nacre - what a person can ask for. How things are built stands in tool/make/ (start with its README.md).
#   make run            boots Nacre; leave with `poweroff` or Ctrl-A X
#   make test           builds and tests everything, on both widths
#   make help           lists all of this
#
# This front checks its settings, sees that the Debian packages are there, and calls a second make that builds.
# That one has no standard input, so that nothing but the guest reads what is piped into `make run`, and only one runs
# at a time in this tree.

.DEFAULT_GOAL := all
include tool/make/settings.mk

SETUP = @tool/setup/setup
BUILD = +$(Q)mkdir -p build && flock build/.lock $(MAKE) $(JOBS) --no-print-directory -f tool/make/build.mk </dev/null
QEMU  = tool/qemu/qemu.py --width $(WIDTH) --mem $(MEM) $(addprefix --disk ,$(DISK)) $(if $(NET),--net) $(addprefix --gpu ,$(GPU)) $(addprefix --serial ,$(SERIAL) $(if $(CRASHES),$(OUT).cores))
TEST  = tool/test/run.py --only '$(ONLY)' --width '$(WIDTH_ASKED)'
OUT   = build/rv$(WIDTH)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / { printf "make %-23s%s\n", $$1, $$2 }' Makefile tool/make/campaign.mk
	@echo
	@sed -nE 's/^# setting: //p' tool/make/settings.mk

.PHONY: setup setup-all
setup: ## install the Debian packages that building and booting need (make test installs the rest)
	$(SETUP) run $(DEPS_MODE)
setup-all:
	$(SETUP) test $(DEPS_MODE)

# --- build -----------------------------------------------------------------------------------------------------

.PHONY: all image image-info sdk install-sdk doc compile_commands.json
all: setup ## build kernel, programs and image for WIDTH
	$(BUILD) all
image: setup ## the flash image, build/rv32/image
	$(BUILD) image
image-info: image ## what is in the image: programs, segments, sizes, build IDs
	$(BUILD) -s image-info
sdk: setup ## build/sdk: all that building a program outside this tree needs
	$(BUILD) WIDTH=32 sdk
	$(BUILD) WIDTH=64 sdk
	@echo "The SDK is in build/sdk; its README.md says how to use it."
ifneq ($(and $(filter install-sdk,$(MAKECMDGOALS)),$(PREFIX),$(filter-out /%,$(PREFIX))),)
$(error PREFIX is an absolute path like /usr/local, not "$(PREFIX)")
endif
install-sdk: sdk ## put the SDK into PREFIX/lib/nacre-sdk, with links in PREFIX/bin; DESTDIR=STAGE goes in front
	$(BUILD) install-sdk
doc: setup-all ## build/doc: the book as HTML
	$(BUILD) $@
compile_commands.json: setup-all ## for editors
	$(BUILD) $@

# Any one file: make build/rv64/program/hello
build/%: setup FORCE
	$(BUILD) $@
FORCE:

.PHONY: authority
authority: ## doc/authority/*.txt: every right of a system, one a line
	$(Q)for file in doc/authority/*.txt; do /usr/bin/python3 -B tool/system/system.py system/$$(basename $$file .txt).toml \
	  --authority >$$file.new && mv $$file.new $$file || exit; done
.PHONY: new
new: setup ## a new server that works: make new SERVER=shelf
	@tool/new/new.py '$(SERVER)'
.PHONY: port
port: setup-all ## third-party software NAME: library, headers, programs; without it all of it
	$(BUILD) $(if $(NAME),port-$(NAME),ports)

.PHONY: clean
clean: ## throw away everything built
	$(Q)rm -rf build compile_commands.json

# --- run -------------------------------------------------------------------------------------------------------

.PHONY: run run-opensbi debug-kernel
run: image ## boot to the shell
	@exec $(QEMU) --image $(OUT)/image --boot $(or $(BOOT),flash)
run-opensbi: override WIDTH := 64
run-opensbi: ## the same below QEMU's own OpenSBI, on RV64: nothing of Nacre is in M-mode
	$(SETUP) run $(DEPS_MODE)
	$(BUILD) WIDTH=64 image
	@exec $(QEMU) --image $(OUT)/image --boot opensbi
.PHONY: demo
DEMO_PARTS = $(addprefix $(OUT)/program/test-,demo demo_killer demo_hostile) $(OUT)/system/demo
demo: setup ## a tour of two minutes: every driver and service is killed under load, and nobody loses a request
	$(BUILD) image-parts $(DEMO_PARTS)
	@tool/demo/demo.py --width $(WIDTH) $(SEED:%=--seed %) $(DEATHS:%=--deaths %)
.PHONY: screenshot
screenshot: ## what make run GPU=yes shows, from another terminal: build/rv32/screen.png
	@tool/qemu/qmp.py $(OUT).qmp screenshot $(OUT)/screen.png
.PHONY: debug
debug: setup-all ## a program under gdb-multiarch, stopped in main: make debug PROGRAM=hello; a service too: PROGRAM=time
	$(BUILD) PROGRAM= image-parts $(OUT)/system/debug $(OUT)/program/gdb
	@exec tool/debug/debug.py --width $(WIDTH) --mem $(MEM) --program '$(PROGRAM)' -- $(GDB)
.PHONY: cores symbols
cores: ## fetches the cores of programs that crashed in a machine of make run CRASHES=yes, and says how to open each
	@tool/cores/cores.py $(OUT).cores --width $(WIDTH)
symbols: setup-all ## serves the symbols of all images built here to gdb, on 127.0.0.1:8002; PORT=8003
	$(BUILD) build/host/loopback.so
	@tool/symbols/symbol_server.py $(PORT:%=--port %)
debug-kernel: setup-all image ## boot under gdb-multiarch, stopped at the kernel's first line
	@exec $(QEMU) --image $(OUT)/image --gdb $(OUT)/kernel.elf

# --- check -----------------------------------------------------------------------------------------------------

.PHONY: test test-list footprint
footprint: image ## sizes, and instructions from reset to the prompt, with their limits
	$(BUILD) image-parts WIDTH=32
	$(BUILD) image-parts WIDTH=64
	@tool/footprint/footprint.py
.PHONY: bench profile bench-baseline bench-chart bench-parts
BENCH_WIDTH = $(WIDTH_ASKED:%=--width %)
bench: bench-parts ## instructions of messages, system calls, start-up; BENCH=name: of one
	@tool/bench/bench.py $(BENCH_WIDTH) --bench '$(BENCH)'
profile: bench-parts ## where the instructions of BENCH=name go, by function
	@tool/bench/profiler.py $(BENCH_WIDTH) --bench '$(BENCH)'
bench-baseline: bench-parts ## makes today's figures those that `make test` compares with, and the book shows
	@tool/bench/baseline.py
bench-chart: ## draws doc/picture/moving.svg from the last `make bench`
	@tool/bench/chart.py
bench-parts: setup
	$(if $(filter 64,$(WIDTH_ASKED)),,$(BUILD) bench-parts WIDTH=32)
	$(if $(filter 32,$(WIDTH_ASKED)),,$(BUILD) bench-parts WIDTH=64)
test: setup-all ## every check, on both widths or on WIDTH
	+@$(TEST) </dev/null
.PHONY: check-interfaces release-interfaces
check-interfaces: setup ## does idl/ still fit clients and servers of the last release?
	@/usr/bin/python3 tool/idl/idl.py --check-snapshot idl/released idl/*.nid
release-interfaces: setup ## make idl/ the last release, unless it breaks one
	@/usr/bin/python3 tool/idl/idl.py --release idl/released idl/*.nid
test-list: ## name and sentence of every check, without running any
	@$(TEST) --list

include tool/make/campaign.mk
