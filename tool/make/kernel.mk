# kernel.mk - the boot stage and the kernel.
# Variants are chosen by file: the kernel proper takes kernel/check/off, the one that tests run takes
# kernel/check/on, which proves all invariants after every system call. All other objects are the same.

KERNEL_PARTS := boot syscall ipc thread object memory trace
KERNEL_SRC := $(sort $(wildcard $(KERNEL_PARTS:%=kernel/%/*.c) base/*.c) \
                     $(wildcard kernel/arch/riscv/*.[cS] kernel/arch/riscv/rv$(WIDTH)/*.[cS])) $(GEN_KERNEL_SRC)
BOOT_SRC   := $(sort $(wildcard boot/*.[cS] boot/rv$(WIDTH)/*.[cS]) $(wildcard base/*.c))

# No gp-relative data: the kernel never touches gp, which belongs to the program it interrupted.
BARE_CFLAGS  := $(GCC_MARCH) $(COMMON_CFLAGS) -ffreestanding -fno-strict-aliasing -msmall-data-limit=0 -fno-stack-protector
BARE_LDFLAGS := $(GCC_MARCH) -B$(LD_DIR)/ -nostdlib -Wl,--gc-sections,--build-id=sha1,-z,noexecstack \
                -Wl,-z,max-page-size=4096,--fatal-warnings

KERNEL_CFLAGS  := $(BARE_CFLAGS) -fno-pic -Ikernel -Ikernel/arch/riscv -Ikernel/arch/riscv/rv$(WIDTH) -I. -I$(GEN)
KERNEL_LDFLAGS := $(BARE_LDFLAGS) -static
# Boot runs wherever it is put, so it is position independent; boot.lds sees to it that nothing needs relocating.
BOOT_CFLAGS    := $(BARE_CFLAGS) $(AUTO_INIT) -fPIE -fvisibility=hidden -Iboot -I. -I$(GEN)
BOOT_LDFLAGS   := $(BARE_LDFLAGS) -pie -Wl,--no-dynamic-linker,-z,norelro,--build-id=none,--hash-style=gnu

# What is on the way of a message, a signal, an interrupt, a fault or a page is compiled file by file. All else is made small:
# optimised as one (which makes a tenth of it go away), prologues by library routine, and what a loop works out anew each time needs
# no saved register. string.c and mem.c hold what the compiler itself calls, and so are not seen as used before the link.
KERNEL_QUICK := kernel/ipc/fast%.c kernel/syscall/quick.c kernel/thread/yield.c kernel/memory/page.c kernel/memory/slab.c \
                kernel/arch/riscv/trap.c base/tree.c base/mem.c base/string.c \
                kernel/syscall/dispatch.c kernel/thread/schedule.c kernel/thread/mailbox.c kernel/ipc/fault.c kernel/ipc/reply.c \
                base/pqueue.c base/list.c kernel/memory/table.c
KERNEL_SMALL_FLAGS := -flto=1 -flto-partition=one -ffat-lto-objects -msave-restore -fno-move-loop-invariants
kernel_object_of = $(patsubst %,$(B)/obj/kernel/%.o,$(1))
# What is kept for the link names the folder it was made in, without regard to any map of prefixes. So that folder has a name
# which is the same in every tree.
KERNEL_HERE := /proc/self/cwd
KERNEL_CC    = PWD=$(KERNEL_HERE) $(CC) -ffile-prefix-map=$(KERNEL_HERE)=.
$(call kernel_object_of,$(filter %.c,$(filter-out $(KERNEL_QUICK),$(KERNEL_SRC)))): KERNEL_CFLAGS += $(KERNEL_SMALL_FLAGS)

# Message words stay in their registers all the way; what else the program has is saved before these functions begin. No loop may
# become a call of memcpy, which keeps neither rule.
KERNEL_FAST_FLAGS := -O2 -fno-schedule-insns -fno-tree-loop-distribute-patterns \
  -ffixed-s0 $(foreach n,1 2 3 4 5 6,-ffixed-a$n) $(foreach n,1 2 3 4 5 6 7 8 9 10 11,-fcall-used-s$n)
$(patsubst %,$(B)/obj/kernel/kernel/ipc/%.c.o,fast fast_message): KERNEL_CFLAGS += $(KERNEL_FAST_FLAGS)

# The short system calls are few, and counted.
$(call kernel_object_of,kernel/syscall/quick.c kernel/ipc/fast_notice.c kernel/memory/page.c): KERNEL_CFLAGS += -O2

kernel_objects = $(patsubst %,$(B)/obj/kernel/%.o,$(KERNEL_SRC) $(sort $(wildcard kernel/check/$(1)/*.c)))
BOOT_OBJ := $(BOOT_SRC:%=$(B)/obj/boot/%.o)

$(B)/obj/kernel/%.o: % $(call rules,kernel) | $(GEN)/contract.mk
	$(call say,CC,$<)mkdir -p $(@D) && $(KERNEL_CC) $(KERNEL_CFLAGS) $(ASM_FLAGS) -MMD -MP -c -o $@ $<
$(B)/obj/boot/%.o: % $(call rules,kernel) | $(GEN)/contract.mk
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(BOOT_CFLAGS) $(ASM_FLAGS) -MMD -MP -c -o $@ $<

# Linker scripts are written once for both widths; the preprocessor knows __riscv_xlen.
$(B)/kernel.lds: kernel/arch/riscv/kernel.lds $(wildcard kernel/arch/riscv/rv$(WIDTH)/*.h) $(call rules,kernel)
	$(call say,LDS,$<)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) -E -P -x assembler-with-cpp -o $@ $<
$(B)/boot.lds: boot/boot.lds $(wildcard boot/*.h) $(call rules,kernel)
	$(call say,LDS,$<)mkdir -p $(@D) && $(CC) $(BOOT_CFLAGS) -E -P -x assembler-with-cpp -o $@ $<

$(B)/kernel.elf: $(call kernel_objects,off)
$(B)/kernel-test.elf: $(call kernel_objects,on)
$(B)/kernel.elf $(B)/kernel-test.elf: $(B)/kernel.lds | $(LD)
	$(call say,LD,$@)$(KERNEL_CC) $(KERNEL_LDFLAGS) -Os $(KERNEL_SMALL_FLAGS) -Wl,-T,$< -o $@ $(filter %.o,$^) -lgcc
$(B)/boot.elf: $(B)/boot.lds $(BOOT_OBJ) | $(LD)
	$(call say,LD,$@)$(CC) $(BOOT_LDFLAGS) -Wl,-T,$< -o $@ $(BOOT_OBJ) -lgcc

# The same under -fsanitize=undefined, with kernel/check/ubsan to say what was found: kernel-ubsan.elf, for `make fuzz N=...`. Not
# optimised as one, so that every check stays where its line is. kernel-planted.elf has something to find.
# What keeps message words in their registers cannot call: there a finding is a trap, and its address names the line.
UBSAN_FLAGS    := -fsanitize=undefined -fno-sanitize-recover=undefined
UBSAN_TRAPS    := kernel/ipc/fast.c kernel/ipc/fast_message.c
ubsan_object_of = $(patsubst %,$(B)/obj/ubsan/%.o,$(1))
UBSAN_OBJ     := $(call ubsan_object_of,$(KERNEL_SRC) kernel/check/ubsan/ubsan.c)
$(call ubsan_object_of,$(UBSAN_TRAPS)): UBSAN_FLAGS += -fsanitize-undefined-trap-on-error
$(B)/obj/ubsan/%.o: % $(call rules,kernel) | $(GEN)/contract.mk
	$(call say,UBSANCC,$<)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) $(if $(filter %.c,$<),$(UBSAN_FLAGS)) $(ASM_FLAGS) -MMD -MP -c -o $@ $<
$(call ubsan_object_of,$(UBSAN_TRAPS)): KERNEL_CFLAGS += $(KERNEL_FAST_FLAGS)
$(B)/kernel-ubsan.elf: $(UBSAN_OBJ) $(call ubsan_object_of,kernel/check/on/check.c kernel/check/ubsan/pace.c)
$(B)/kernel-planted.elf: $(UBSAN_OBJ) $(call ubsan_object_of,kernel/check/planted/check.c)
$(B)/kernel-ubsan.elf $(B)/kernel-planted.elf: $(B)/kernel.lds | $(LD)
	$(call say,LD,$@)$(CC) $(KERNEL_LDFLAGS) -Wl,-T,$< -o $@ $(filter %.o,$^) -lgcc

all: $(B)/kernel.elf $(B)/kernel-test.elf $(B)/boot.elf
-include $(patsubst %.o,%.d,$(UBSAN_OBJ))
-include $(patsubst %.o,%.d,$(sort $(call kernel_objects,off) $(call kernel_objects,on)) $(BOOT_OBJ))
