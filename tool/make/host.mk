# host.mk - unit tests on the build machine, under the address and undefined-behaviour sanitizers.
# base/ is tested by test/host/base_*.c; the portable kernel, with kernel/arch/host in place of the processor and
# kernel/check/on, by test/host/kernel_*.c. One program a test file; files of other names are helpers for all.
# What of lib/ makes no system calls is tested by test/host/lib_NAME.c, which stands in for the machine below lib/NAME.
# The kernel is a library here: a test of memory/ takes what memory/ needs, and may bring a double of its own.

H := build/host
HOST_CC     := $(CCACHE) clang-14
HOST_CFLAGS := -std=gnu11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
               -fno-common $(WARNINGS) -ffile-prefix-map=$(CURDIR)=.
HOST_INC    := -Ikernel -Ikernel/arch/host -I. -I$(GEN) -Itest/host
HOST_LIBS   := -lcmocka

HOST_PARTS       := syscall ipc thread object memory trace check/on arch/host
HOST_KERNEL_SRC  := $(sort $(wildcard $(HOST_PARTS:%=kernel/%/*.c)) $(wildcard base/*.c)) $(GEN_KERNEL_SRC) \
                    kernel/boot/wiring.c kernel/boot/end.c kernel/boot/banner.c
HOST_BASE_TESTS  := $(basename $(notdir $(wildcard test/host/base_*.c)))
HOST_KERNEL_TESTS := $(basename $(notdir $(wildcard test/host/kernel_*.c)))
HOST_LIB_TESTS   := $(basename $(notdir $(wildcard test/host/lib_*.c)))
HOST_DRIVER_TESTS := $(basename $(notdir $(wildcard test/host/driver_*.c)))
HOST_SERVER_TESTS := $(basename $(notdir $(wildcard test/host/server_*.c)))
HOST_HELP_SRC    := $(filter-out $(wildcard test/host/base_*.c test/host/kernel_*.c test/host/lib_*.c test/host/driver_*.c test/host/server_*.c),$(sort $(wildcard test/host/*.c))) \
                    $(sort $(wildcard test/reference/*.c))
# Of lib/NAME: all but the files that speak to the machine.
HOST_LIB_virtio  := dma device queue
HOST_LIB_ring    := ring record wait
HOST_LIB_core    := core store
# Of a driver: the same, and what of lib/ its test does not stand in for.
HOST_DRIVER_gpu   := driver/virtio-gpu/gpu.c driver/virtio-gpu/picture.c lib/virtio/dma.c
HOST_DRIVER_input := driver/virtio-input/device.c driver/virtio-input/clients.c lib/virtio/dma.c
# Of a server likewise.
HOST_SERVER_gdb   := $(addprefix server/gdb/,packet.c step.c debuggee.c resume.c session.c query.c)

host_obj = $(1:%=$(H)/obj/%.o)
$(H)/obj/%.o: % $(call rules,host) | $(GEN)/contract.mk
	$(call say,HOSTCC,$<)mkdir -p $(@D) && $(HOST_CC) $(HOST_CFLAGS) $(HOST_INC) -MMD -MP -c -o $@ $<

$(HOST_BASE_TESTS:%=$(H)/%): $(H)/%: $(call host_obj,test/host/%.c $(sort $(wildcard base/*.c)))
$(HOST_KERNEL_TESTS:%=$(H)/%): $(H)/%: $(call host_obj,test/host/%.c) $(H)/libkernel.a
$(H)/obj/lib/%: HOST_INC := -Ilib -I. -I$(GEN)
$(H)/obj/test/host/lib_%: HOST_INC += -Ilib
host_lib_obj = $(call host_obj,test/host/lib_$1.c $(HOST_LIB_$1:%=lib/$1/%.c) $(sort $(wildcard base/*.c)))
$(foreach t,$(HOST_LIB_TESTS:lib_%=%),$(eval $(H)/lib_$t: $(call host_lib_obj,$t)))
$(H)/obj/driver/%: HOST_INC := -Ilib -I. -I$(GEN)
$(H)/obj/test/host/driver_%: HOST_INC += -Ilib
host_driver_obj = $(call host_obj,test/host/driver_$1.c $(HOST_DRIVER_$1) $(sort $(wildcard base/*.c)))
$(foreach t,$(HOST_DRIVER_TESTS:driver_%=%),$(eval $(H)/driver_$t: $(call host_driver_obj,$t)))
$(H)/obj/server/%: HOST_INC := -Ilib -I. -I$(GEN)
$(H)/obj/test/host/server_%: HOST_INC += -Ilib
host_server_obj = $(call host_obj,test/host/server_$1.c $(HOST_SERVER_$1) $(sort $(wildcard base/*.c)))
$(foreach t,$(HOST_SERVER_TESTS:server_%=%),$(eval $(H)/server_$t: $(call host_server_obj,$t)))
$(H)/libkernel.a: $(call host_obj,$(HOST_HELP_SRC) $(HOST_KERNEL_SRC))
	$(call say,AR,$@)rm -f $@ && ar rcsD $@ $^
# Tests of the whole kernel by its system calls: freed memory is poisoned, test/host/poison.c says how.
HOST_POISON := frame_init frame_alloc frame_alloc_run frame_give frame_drop slab_alloc slab_take slab_free \
               account_charge account_page account_page_raw
$(filter $(H)/kernel_sys_%,$(HOST_KERNEL_TESTS:%=$(H)/%)): HOST_LIBS += $(HOST_POISON:%=-Wl,--wrap=%)
HOST_TESTS := $(addprefix $(H)/,$(HOST_BASE_TESTS) $(HOST_KERNEL_TESTS) $(HOST_LIB_TESTS) $(HOST_DRIVER_TESTS) $(HOST_SERVER_TESTS))
$(HOST_TESTS):
	$(call say,HOSTLD,$@)$(HOST_CC) $(HOST_CFLAGS) -o $@ $(filter %.o %.a,$^) $(HOST_LIBS)

# The same tests once more, with counters (poison.c wants the address sanitizer) (tool/coverage/coverage.py).
COVERAGE_CFLAGS := -std=gnu11 -O0 -g -fsanitize=address -fno-common -fprofile-instr-generate -fcoverage-mapping $(WARNINGS)
.PHONY: coverage-tests
coverage-tests:
	$(Q)$(MAKE) --no-print-directory -f tool/make/build.mk H=build/coverage HOST_CFLAGS='$(COVERAGE_CFLAGS)' host-tests

.PHONY: host-tests
host-tests: $(HOST_TESTS) ; @:
-include $(patsubst %.o,%.d,$(foreach t,$(HOST_BASE_TESTS) $(HOST_KERNEL_TESTS),$(call host_obj,test/host/$t.c)) \
                           $(call host_obj,$(HOST_HELP_SRC) $(HOST_KERNEL_SRC)) \
                           $(foreach t,$(HOST_LIB_TESTS:lib_%=%),$(call host_lib_obj,$t)) \
                           $(foreach t,$(HOST_DRIVER_TESTS:driver_%=%),$(call host_driver_obj,$t)) \
                           $(foreach t,$(HOST_SERVER_TESTS:server_%=%),$(call host_server_obj,$t)))
