# static.mk - static analysis: clang-tidy file by file (.clang-tidy says what it looks for), cppcheck room by room.
# A file is looked at again when its clang object had to be made again, so headers count, and a second run is quick.

ANALYSED := $(sort $(BOOT_SRC:%=boot/%) $(KERNEL_SRC:%=kernel/%) $(patsubst %,kernel/%,$(wildcard kernel/check/on/*.c)) \
              $(patsubst $(B)/obj/%.o,%,$(START_OBJ) $(LIB_OBJ) $(PROGRAM_OBJ)))
# base/ is analysed once, as the kernel compiles it; what is generated is the generator's business.
ANALYSED := $(filter-out boot/base/% user/base/% kernel/$(GEN)/% user/$(GEN)/%,$(filter %.c,$(ANALYSED)))
TIDY     := $(ANALYSED:%=$(B)/tidy/%.ok)

TIDY_FLAGS_kernel := $(call for_clang,$(KERNEL_CFLAGS))
TIDY_FLAGS_boot   := $(call for_clang,$(BOOT_CFLAGS))
TIDY_FLAGS_user   := $(call for_clang,$(USER_CFLAGS))
# Some programs and tests follow a null pointer on purpose.
TIDY_CHECKS_user  := --checks=-clang-analyzer-core.NullDereference

# build/rv32/tidy/ROOM/SOURCE.ok
$(B)/tidy/%.ok: $(B)/clang/%.o .clang-tidy tool/check/tidy.py tool/make/static.mk
	$(call say,TIDY,$*)mkdir -p $(@D) && tool/check/tidy.py $(TIDY_CHECKS_$(call first,$*)) $(call source,$*) -- --target=riscv$(WIDTH) $(MARCH) \
	  $(TIDY_FLAGS_$(call first,$*)) -I$(dir $(call source,$*)) && touch $@
first  = $(firstword $(subst /, ,$(1)))
source = $(patsubst $(call first,$(1))/%,%,$(1))

CPPCHECK := cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
            --error-exitcode=1 --suppressions-list=tool/check/cppcheck.suppress --platform=unix$(WIDTH) \
            -D__riscv -D__riscv_xlen=$(WIDTH) -D__GNUC__=12
# What it remembers of a run that found something would let the next one pass.
define cppcheck
$(B)/cppcheck/$(1).ok: $(patsubst %,$(B)/clang/%.o,$(filter $(1)/%,$(ANALYSED))) tool/check/cppcheck.suppress
	$$(call say,CPPCHECK,$(1))mkdir -p $(B)/cppcheck/$(1) && $$(CPPCHECK) --cppcheck-build-dir=$(B)/cppcheck/$(1) \
	  $$(filter -I% -D%,$$(TIDY_FLAGS_$(1))) $(patsubst $(1)/%,%,$(filter $(1)/%,$(ANALYSED))) && touch $$@ || { rm -rf $(B)/cppcheck/$(1); exit 1; }
.PHONY: cppcheck-$(1) tidy-$(1)
cppcheck-$(1): $(B)/cppcheck/$(1).ok ; @:
tidy-$(1): $(filter $(B)/tidy/$(1)/%,$(TIDY)) ; @:
endef
$(foreach r,boot kernel user,$(eval $(call cppcheck,$r)))
