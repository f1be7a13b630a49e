# sdk.mk - build/sdk: all that a program needs that is built outside the tree. The goal `sdk` makes it for WIDTH, with
# what both widths share; the front's `make sdk` asks for both.
# tool/sdk/ holds what is copied as it stands; the flags come from here, where the tree's own programs get theirs.
#   README.md nacre.mk cmake/    how to build with it
#   bin/ libexec/                nacre-cc and its like; the ld that gcc finds through them
#   rust/                        the crates that nacre-rustc builds
#   include/ newlib/             our headers; the C library's
#   lib32/ lib64/                libraries, the way in (start.o), flags, nacre.pc for pkg-config
#   machine/                     a ready Nacre for nacre-run: tools, descriptions and manifests at the same places as
#                                in the tree, so that the tools find them; rv32/ and rv64/ with all programs

SDK         := build/sdk
SDK_LIB     := $(SDK)/lib$(WIDTH)
SDK_READY   := $(SDK)/machine/rv$(WIDTH)
# Not for everybody: optimisation, warnings, include paths and prefix maps of this tree.
SDK_CFLAGS  := $(filter-out -ffile-prefix-map=%,$(filter -m% -f% -D%,$(USER_CFLAGS)))
SDK_LDFLAGS := $(filter-out -B% -m%,$(USER_LDFLAGS))
SDK_HEADERS := $(filter-out lib/nacre/start.h lib/nacre/spawn_parts.h,$(wildcard lib/nacre/*.h)) lib/ring/ring.h lib/ring/setup.h lib/test/test.h
SDK_OWN     := $(shell find tool/sdk -type f)
SDK_BIN     := tool/sdk/nacre-cc tool/sdk/nacre-run tool/sdk/nacre-idl lang/rust/nacre-rustc
# The crates' sources, made by lang.mk. core is built from the reader's own rust-src when it is first needed.
SDK_RUST    := build/rust
# What machine/ takes over, each to its own place.
SDK_MACHINE := $(wildcard tool/image/*.py tool/system/*.py tool/qemu/*.py tool/idl/*.py tool/idl/*.lark idl/*.nid abi/*.toml \
                 board/qemu-virt/machine.toml system/base.toml \
                 server/*/manifest.toml driver/*/manifest.toml command/*/manifest.toml)

.PHONY: sdk sdk-width sdk-common
sdk: sdk-common sdk-width ; @:

sdk-common: $(SDK)/.common
$(SDK)/.common: $(SDK_OWN) $(SDK_HEADERS) $(SDK_MACHINE) LICENSE $(wildcard base/*.h lib/libc/include/*.h lib/libc/include/*/*.h) \
                $(GEN)/contract.mk $(GEN)/idl.mk $(SDK_RUST)/.made lang/rust/nacre-rustc tool/make/sdk.mk | $(NEWLIB_LIB)
	$(call say,SDK,$(SDK))rm -rf $(addprefix $(SDK)/,include newlib bin libexec cmake rust $(addprefix machine/,abi board command \
	    driver idl server system tool)) && \
	  mkdir -p $(SDK)/bin $(SDK)/libexec $(SDK)/newlib $(SDK)/machine $(addprefix $(SDK)/include/,abi base idl nacre ring test) && \
	  cp -r lib/libc/include/. $(SDK)/include && cp -r $(NEWLIB)/include $(SDK)/newlib && \
	  cp $(GEN)/abi/*.h $(SDK)/include/abi && cp base/*.h $(SDK)/include/base && \
	  cp $(GEN)/idl/*.h $(SDK)/include/idl && \
	  cp $(filter lib/nacre/%,$(SDK_HEADERS)) $(SDK)/include/nacre && cp $(filter lib/ring/%,$(SDK_HEADERS)) $(SDK)/include/ring && cp lib/test/test.h $(SDK)/include/test && \
	  cp $(SDK_BIN) $(SDK)/bin && ln -sf nacre-cc $(SDK)/bin/nacre-c++ && cp tool/sdk/ld $(SDK)/libexec && \
	  cp -r tool/sdk/cmake $(SDK) && cp -r $(SDK_RUST) $(SDK)/rust && rm $(SDK)/rust/.made && cp --parents $(SDK_MACHINE) $(SDK)/machine && \
	  cp tool/sdk/README.md tool/sdk/nacre.mk LICENSE $(SDK) && touch $@

# Written last, so that it stands for all that goes with it.
sdk-width: $(SDK_LIB)/libnacre.a $(SDK_READY)/kernel
$(SDK_LIB)/libnacre.a: $(LIBNACRE) $(START_OBJ) $(NEWLIB_LIB) tool/sdk/nacre.pc system/base.toml tool/make/sdk.mk | $(LD)
	$(call say,SDK,$(SDK_LIB))mkdir -p $(@D)/pkgconfig && cp $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a $(@D) && \
	  $(CC) $(GCC_MARCH) -B$(LD_DIR)/ -nostdlib -r -o $(@D)/start.o $(START_OBJ) && \
	  echo '$(SDK_CFLAGS)' >$(@D)/cflags && echo '$(SDK_LDFLAGS)' >$(@D)/ldflags && \
	  sed 's|@WIDTH@|$(WIDTH)|; s|@CFLAGS@|$(SDK_CFLAGS)|; s|@LDFLAGS@|$(SDK_LDFLAGS)|; '"$$(sed -n \
	    's/^version = "\(.*\)"/s|@VERSION@|\1|/p' system/base.toml)" tool/sdk/nacre.pc >$(@D)/pkgconfig/nacre.pc && \
	  cp $(LIBNACRE) $@
$(SDK_READY)/kernel: $(IMAGE_BASE) $(B)/kernel $(PROGRAM_BIN) $(B)/image.files tool/make/sdk.mk
	$(call say,SDK,$(@D))rm -rf $(@D) && mkdir -p $(@D)/bin && cp $(IMAGE_BASE) $(B)/program/init $(@D) && \
	  cp $(filter-out %/init,$(PROGRAM_BIN)) $(@D)/bin && cp $(B)/kernel $@

# Where install-sdk puts it: the folder, and links to its commands.
PREFIX      ?= /usr/local
SDK_PLACE   := $(DESTDIR)$(PREFIX)/lib/nacre-sdk
.PHONY: install-sdk
install-sdk:
	$(call say,INSTALL,$(SDK_PLACE))rm -rf '$(SDK_PLACE)' && mkdir -p '$(SDK_PLACE)' '$(DESTDIR)$(PREFIX)/bin' && \
	  cp -r --no-preserve=ownership $(SDK)/. '$(SDK_PLACE)' && rm -f '$(SDK_PLACE)/.common' && \
	  for command in '$(SDK_PLACE)'/bin/*; do \
	    ln -sf "../lib/nacre-sdk/bin/$${command##*/}" '$(DESTDIR)$(PREFIX)/bin/'; done
