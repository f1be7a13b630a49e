# image.mk - the flash image: boot, kernel, init, a device tree and all programs (tool/image/image.py).
# It holds every program of server/, driver/ and command/; test programs come in only where a scenario asks for them.
# The list stands in build/rvNN/image.files, from which the test runner makes its own images, with the test kernel
# and other boot options.

IMAGE_PY := tool/image/image.py
BOARD    := board/qemu-virt
# What init starts; a scenario may name another description of system/.
SYSTEM   ?= base

# Only what is executed in place or measured: no header, no symbols.
$(B)/boot.bin: $(B)/boot.elf
	$(call say,BIN,$@)$(OBJCOPY) -O binary -j .text $< $@
$(patsubst %,$(B)/%,kernel kernel-test kernel-ubsan kernel-planted): %: %.elf
	$(call say,STRIP,$@)$(STRIP) $< $@
# A description names manifests, and which ones only its compiler knows; so all count.
$(B)/system/%: system/%.toml $(wildcard system/*.toml server/*/manifest.toml driver/*/manifest.toml command/*/manifest.toml tool/system/*.py)
	$(call say,SYSTEM,$<)mkdir -p $(@D) && $(PYTHON) tool/system/system.py $< --out $@
$(B)/board.dtb: $(BOARD)/board.dts
	$(call say,DTC,$<)mkdir -p $(@D) && dtc -q -I dts -O dtb -o $@ $<

IMAGE_BASE  := $(B)/boot.bin $(B)/board.dtb
# The server for gdb is in no image but one whose description starts it.
NOT_IN_IMAGE := init $(if $(shell grep -s '^\[service\.gdb\]' system/$(SYSTEM).toml),,gdb)
IMAGE_FILES := $(foreach p,$(filter-out $(NOT_IN_IMAGE),$(PROGRAMS)),bin/$p=$(B)/program/$p)

# Written only when it changes: it is what makes a new image when a program was added or removed.
$(B)/image.files: FORCE
	@mkdir -p $(@D) && echo '$(IMAGE_FILES:%=--file %)' | cmp -s - $@ || echo '$(IMAGE_FILES:%=--file %)' >$@

# A PROGRAM takes the place of ours of the same name.
AS = bin/$(notdir $(PROGRAM))
WITH_PROGRAM = $(filter-out $(if $(PROGRAM),$(AS)=%),$(IMAGE_FILES)) $(if $(PROGRAM),$(AS)=$(PROGRAM))
# With a PROGRAM, OPTIONS or SYSTEM the image is made in any case, and is too old for the next make.
ODD = $(PROGRAM)$(OPTIONS)$(filter-out base,$(SYSTEM))
$(B)/image: $(IMAGE_BASE) $(B)/kernel $(B)/system/$(SYSTEM) $(B)/image.files $(PROGRAM_BIN) $(wildcard tool/image/*.py) $(if $(ODD),FORCE)
	$(call say,IMAGE,$@)$(PYTHON) $(IMAGE_PY) build --boot $(B)/boot.bin --dtb $(B)/board.dtb --kernel $(B)/kernel \
	  --init $(B)/program/init --file system=$(B)/system/$(SYSTEM) \
	  $(addprefix --file ,$(WITH_PROGRAM)) \
	  --options '$(OPTIONS)' --out $@ $(if $(ODD),&& touch -d @0 $@)
	$(Q)$(PYTHON) tool/symbols/symbol_server.py --keep $(B)/kernel.elf $(B)/boot.elf $(PROGRAM_BIN:%=%.elf)

.PHONY: image image-info image-base image-parts
image: $(B)/image ; @:
image-info: $(B)/image
	@$(PYTHON) $(IMAGE_PY) info $<
# What the test runner makes its images of: what every one needs, and what a whole system needs.
image-base: $(IMAGE_BASE) $(B)/kernel $(B)/kernel-test ; @:
image-parts: image-base $(B)/image.files $(PROGRAM_BIN) ; @:
