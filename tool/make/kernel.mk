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
BOOT_CFLAGS    := $(BARE_CFLAGS) -fPIE -fvisibility=hidden -Iboot -I. -I$(GEN)
BOOT_LDFLAGS   := $(BARE_LDFLAGS) -pie -Wl,--no-dynamic-linker,-z,norelro,--build-id=none,--hash-style=gnu

# Prologues by library routine make the text a tenth smaller and each call of such a function some instructions longer,
# and what a loop works out anew each time needs no saved register: for everything but the path of a message (ipc/, thread/, dispatch.c, message.c, the page walk and the copy).
KERNEL_SMALL := kernel/ipc/window.c kernel/ipc/connection.c kernel/ipc/server.c kernel/ipc/interrupt.c kernel/ipc/fault.c \
                kernel/thread/reaper.c kernel/thread/work.c kernel/thread/thread.c kernel/thread/futex.c kernel/thread/deadline.c kernel/trace/% base/% kernel/boot/% kernel/object/% kernel/memory/% kernel/syscall/% kernel/check/% kernel/arch/riscv/%
KERNEL_QUICK := kernel/syscall/dispatch.c kernel/syscall/message.c kernel/memory/copy.c kernel/memory/table.c kernel/arch/riscv/trap.c \
                base/list.c base/pqueue.c base/mem.c
$(patsubst %,$(B)/obj/kernel/%.o,$(filter-out $(KERNEL_QUICK),$(filter $(KERNEL_SMALL),$(KERNEL_SRC)))): KERNEL_CFLAGS += -msave-restore -fno-move-loop-invariants

kernel_objects = $(patsubst %,$(B)/obj/kernel/%.o,$(KERNEL_SRC) $(sort $(wildcard kernel/check/$(1)/*.c)))
BOOT_OBJ := $(BOOT_SRC:%=$(B)/obj/boot/%.o)

$(B)/obj/kernel/%.o: % $(call rules,kernel) | $(GEN)/contract.mk
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) $(ASM_FLAGS) -MMD -MP -c -o $@ $<
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
	$(call say,LD,$@)$(CC) $(KERNEL_LDFLAGS) -Wl,-T,$< -o $@ $(filter %.o,$^) -lgcc
$(B)/boot.elf: $(B)/boot.lds $(BOOT_OBJ) | $(LD)
	$(call say,LD,$@)$(CC) $(BOOT_LDFLAGS) -Wl,-T,$< -o $@ $(BOOT_OBJ) -lgcc

all: $(B)/kernel.elf $(B)/kernel-test.elf $(B)/boot.elf
-include $(patsubst %.o,%.d,$(sort $(call kernel_objects,off) $(call kernel_objects,on)) $(BOOT_OBJ))
