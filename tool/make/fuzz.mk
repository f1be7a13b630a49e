# fuzz.mk - fuzzers of what reads foreign bytes (test/fuzz/README.md): build/fuzz/NAME for each test/fuzz/NAME.c with an
# LLVMFuzzerTestOneInput, with libFuzzer and the sanitizers, from the very sources that run on the target.

F := build/fuzz
FUZZERS := $(FUZZERS_KNOWN)

# What is fuzzed, beside base/.
FUZZ_FILES := $(addprefix server/files/,store.c check.c content.c directory.c path.c tree.c) test/fuzz/tree.c
FUZZ_OF_description := server/init/description.c
FUZZ_OF_gdb         := $(addprefix server/gdb/,packet.c step.c debuggee.c resume.c session.c query.c)
FUZZ_OF_messages    := lib/nacre/server.c lib/nacre/taken.c lib/nacre/skeleton.c
FUZZ_OF_paths       := $(FUZZ_FILES)
FUZZ_OF_store       := $(FUZZ_FILES)
FUZZ_OF_words       := command/shell/words.c command/shell/environment.c
# Drivers of virtio devices, in a world of the fuzzer's (test/fuzz/world.h).
FUZZ_DRIVERS := $(filter virtio_%,$(FUZZERS))
FUZZ_WORLD   := test/fuzz/world.c test/fuzz/device.c lib/nacre/server.c lib/nacre/taken.c lib/nacre/skeleton.c lib/nacre/error.c
FUZZ_VIRTIO  := $(addprefix lib/virtio/,dma.c device.c queue.c driver.c)
fuzz_driver  = $(wildcard $(patsubst virtio_%,driver/virtio-%/*.c,$1)) $(FUZZ_VIRTIO)
$(foreach d,$(FUZZ_DRIVERS),$(eval FUZZ_OF_$d := $(FUZZ_WORLD)))
$(foreach d,$(FUZZ_DRIVERS),$(eval FUZZ_LINK_$d := -fprofile-instr-generate -Wl,--wrap=virtio_queue_add,--wrap=virtio_queue_take))
# The portable kernel on the simulated machine, with the reference model beside it.
FUZZ_OF_kernel      := $(filter-out base/%,$(HOST_KERNEL_SRC)) $(HOST_HELP_SRC)

FUZZ_CFLAGS := -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
               -ffunction-sections $(WARNINGS) -ffile-prefix-map=$(CURDIR)=.
FUZZ_INC    := -I$(F)/include -Ilib -I. -I$(GEN) -Itest/fuzz
$(addprefix $(F)/obj/,kernel/% test/host/% test/reference/% $(GEN)/kernel/%): FUZZ_INC := $(HOST_INC)
# What only watches is not what coverage is wanted of, and is several times as fast without.
$(addprefix $(F)/obj/,kernel/check/% kernel/arch/% test/host/% test/reference/%): FUZZ_CFLAGS := $(HOST_CFLAGS) -ffunction-sections
$(F)/kernel: FUZZ_LIBS := $(HOST_LIBS) $(HOST_POISON:%=-Wl,--wrap=%)

# On the host the system calls are the fuzzer's to answer.
$(F)/include/abi/nacre_calls.h: tool/fuzz/host_calls.py $(GEN)/contract.mk
	$(call say,FUZZ,$@)mkdir -p $(@D) && $(PYTHON) $< $(GEN)/abi/nacre_calls.h >$@
$(F)/messages.dict: $(GEN)/idl.mk
	$(call say,FUZZ,$@)mkdir -p $(@D) && cat $(GEN)/fuzz/*.dict >$@

fuzz_obj = $(1:%=$(F)/obj/%.o)
FUZZ_ALL := $(sort $(FUZZERS:%=test/fuzz/%.c) $(foreach f,$(FUZZERS),$(FUZZ_OF_$f)) $(wildcard base/*.c))
$(F)/obj/%.o: % $(F)/include/abi/nacre_calls.h $(call rules,fuzz) | $(GEN)/contract.mk $(GEN)/idl.mk
	$(call say,FUZZCC,$<)mkdir -p $(@D) && $(HOST_CC) $(FUZZ_CFLAGS) $(FUZZ_INC) -MMD -MP -c -o $@ $<
# A driver's own files: seen by the device at each access to memory, and counted by line.
FUZZ_DRIVER_CFLAGS := -include test/fuzz/driver_section.h -fsanitize-coverage=trace-loads,trace-stores -fprofile-instr-generate \
                      -fcoverage-mapping
$(F)/driver/%.o: % test/fuzz/driver_section.h $(F)/include/abi/nacre_calls.h $(call rules,fuzz) | $(GEN)/contract.mk $(GEN)/idl.mk
	$(call say,FUZZCC,$<)mkdir -p $(@D) && $(HOST_CC) $(FUZZ_CFLAGS) $(FUZZ_DRIVER_CFLAGS) $(FUZZ_INC) -MMD -MP -c -o $@ $<
$(foreach d,$(FUZZ_DRIVERS),$(eval $(F)/$d: $(patsubst %,$(F)/driver/%.o,$(call fuzz_driver,$d))))
# A library, because the file server has a tree.c, too.
$(F)/libbase.a: $(call fuzz_obj,$(sort $(wildcard base/*.c)))
	$(call say,AR,$@)rm -f $@ && ar rcsD $@ $^
$(FUZZERS:%=$(F)/%): $(F)/%: $$(call fuzz_obj,test/fuzz/$$*.c $$(FUZZ_OF_$$*)) $(F)/libbase.a | $(F)/messages.dict
	$(call say,FUZZLD,$@)$(HOST_CC) $(FUZZ_CFLAGS) $(FUZZ_LINK_$*) -Wl,--gc-sections -o $@ $(filter %.o %.a,$^) $(FUZZ_LIBS)

.PHONY: fuzzers
fuzzers: $(FUZZERS:%=$(F)/%) ; @:
-include $(patsubst %.o,%.d,$(call fuzz_obj,$(FUZZ_ALL)) $(foreach d,$(FUZZ_DRIVERS),$(patsubst %,$(F)/driver/%.o,$(call fuzz_driver,$d))))
