# clang.mk - everything for the target once more with clang and lld, as a check: what is here is never run.
# The same sources, linker scripts and C library, so a construct that only gcc takes shows at once.
# lld of this version cannot relax, so nothing may ask it to.

CLANG := $(CCACHE) clang-14 --target=riscv$(WIDTH) $(MARCH) -mno-relax
LIBGCC = $(shell $(CROSS)gcc $(GCC_MARCH) -print-libgcc-file-name)
# gcc's own: the ISA version, and options that clang has no counterpart for. clang 14 makes variables zero only for who says this, too.
CLANG_AUTO_INIT := -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
for_clang = $(filter-out $(GCC_MARCH) $(STACK_PROTECTOR),$(1)) $(if $(filter $(AUTO_INIT),$(1)),$(CLANG_AUTO_INIT))
# A section that only __start_ and __stop_ symbols refer to is kept, as the other linker does.
CLANG_LD  := $(CLANG) -fuse-ld=lld-14 -Wl,-z,nostart-stop-gc
# clang keeps -pie to itself for a machine without an operating system.
for_lld   = $(patsubst -pie,-Wl$(,)-pie,$(filter-out $(GCC_MARCH) -B%,$(1)))

CLANG_KERNEL_OBJ := $(patsubst $(B)/obj/%,$(B)/clang/%,$(call kernel_objects,on))
CLANG_BOOT_OBJ   := $(BOOT_OBJ:$(B)/obj/%=$(B)/clang/%)
CLANG_LIB_OBJ    := $(patsubst $(B)/obj/%,$(B)/clang/%,$(LIB_OBJ))
CLANG_START_OBJ  := $(patsubst $(B)/obj/%,$(B)/clang/%,$(START_OBJ))

$(B)/clang/kernel/%.o: % $(call rules,kernel clang) | $(GEN)/contract.mk
	$(call say,CLANG,$<)mkdir -p $(@D) && $(CLANG) $(call for_clang,$(KERNEL_CFLAGS)) -MMD -MP -c -o $@ $<
$(B)/clang/boot/%.o: % $(call rules,kernel clang) | $(GEN)/contract.mk
	$(call say,CLANG,$<)mkdir -p $(@D) && $(CLANG) $(call for_clang,$(BOOT_CFLAGS)) -MMD -MP -c -o $@ $<
$(B)/clang/user/%.o: % $(call rules,program clang) | $(GEN)/contract.mk $(NEWLIB_LIB)
	$(call say,CLANG,$<)mkdir -p $(@D) && $(CLANG) $(call for_clang,$(USER_CFLAGS)) -I$(<D) -MMD -MP -c -o $@ $<

$(B)/clang/kernel.elf: $(B)/kernel.lds $(CLANG_KERNEL_OBJ)
	$(call say,LLD,$@)$(CLANG_LD) $(call for_lld,$(KERNEL_LDFLAGS)) -Wl,-T,$< -o $@ $(CLANG_KERNEL_OBJ) $(LIBGCC)
$(B)/clang/boot.elf: $(B)/boot.lds $(CLANG_BOOT_OBJ)
	$(call say,LLD,$@)$(CLANG_LD) $(call for_lld,$(BOOT_LDFLAGS)) -Wl,-T,$< -o $@ $(CLANG_BOOT_OBJ) $(LIBGCC)
$(B)/clang/libnacre.a: $(CLANG_LIB_OBJ)
	$(call say,AR,$@)rm -f $@ && $(AR) rcsD $@ $^

CLANG_PROGRAMS := $(patsubst %,$(B)/clang/program/%.elf,$(PROGRAMS) $(TEST_PROGRAMS))
.SECONDEXPANSION:
$(CLANG_PROGRAMS): $(B)/clang/program/%.elf: $$(subst $(B)/obj/,$(B)/clang/,$$(PROGRAM_OBJ_$$*)) $(CLANG_START_OBJ) $(B)/clang/libnacre.a $$(PROGRAM_LIB_$$*)
	$(call say,LLD,$@)mkdir -p $(@D) && $(CLANG_LD) $(call for_lld,$(USER_LDFLAGS)) -o $@ $(filter %.o,$^) \
	  -Wl,--start-group $(filter %.a,$^) $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a $(LIBGCC) -Wl,--end-group

.PHONY: clang-kernel clang-boot clang-programs
clang-kernel: $(B)/clang/kernel.elf ; @:
clang-boot: $(B)/clang/boot.elf ; @:
clang-programs: $(CLANG_PROGRAMS) ; @:
-include $(patsubst %.o,%.d,$(CLANG_KERNEL_OBJ) $(CLANG_BOOT_OBJ) $(CLANG_LIB_OBJ) $(CLANG_START_OBJ) $(patsubst $(B)/obj/%,$(B)/clang/%,$(PROGRAM_OBJ)))
