# sdk.mk - build/sdk: all that a program needs that is built outside the tree. The goal `sdk` makes it for WIDTH, with
# what both widths share; the front's `make sdk` asks for both.
# tool/sdk/ holds what is copied as it stands; the flags come from here, where the tree's own programs get theirs.
#   README.md nacre.mk       how to build with it
#   bin/                     nacre-cc, and the ld that gcc finds through it
#   include/ newlib/         our headers; the C library's
#   lib32/ lib64/            libraries, the way in (start.o), flags

SDK         := build/sdk
SDK_LIB     := $(SDK)/lib$(WIDTH)
# Not for everybody: optimisation, warnings, include paths and prefix maps of this tree.
SDK_CFLAGS  := $(filter-out -ffile-prefix-map=%,$(filter -m% -f% -D%,$(USER_CFLAGS)))
SDK_LDFLAGS := $(filter-out -B% -m%,$(USER_LDFLAGS))
SDK_HEADERS := $(filter-out lib/nacre/start.h lib/nacre/spawn_parts.h,$(wildcard lib/nacre/*.h)) lib/test/test.h
SDK_OWN     := $(wildcard tool/sdk/*)

.PHONY: sdk sdk-width sdk-common
sdk: sdk-common sdk-width ; @:

sdk-common: $(SDK)/.common
$(SDK)/.common: $(SDK_OWN) $(SDK_HEADERS) $(wildcard idl/*.h base/*.h lib/libc/include/*.h lib/libc/include/*/*.h) \
                $(GEN)/contract.mk tool/make/sdk.mk | $(NEWLIB_LIB)
	$(call say,SDK,$(SDK))rm -rf $(SDK)/include $(SDK)/newlib $(SDK)/bin && \
	  mkdir -p $(SDK)/bin $(SDK)/newlib $(addprefix $(SDK)/include/,abi base idl nacre test) && \
	  cp -r lib/libc/include/. $(SDK)/include && cp -r $(NEWLIB)/include $(SDK)/newlib && \
	  cp $(GEN)/abi/*.h $(SDK)/include/abi && cp base/*.h $(SDK)/include/base && cp idl/*.h $(SDK)/include/idl && \
	  cp $(filter lib/nacre/%,$(SDK_HEADERS)) $(SDK)/include/nacre && cp lib/test/test.h $(SDK)/include/test && \
	  cp tool/sdk/nacre-cc tool/sdk/ld $(SDK)/bin && cp tool/sdk/README.md tool/sdk/nacre.mk $(SDK) && touch $@

# Written last, so that it stands for all that goes with it.
sdk-width: $(SDK_LIB)/libnacre.a
$(SDK_LIB)/libnacre.a: $(LIBNACRE) $(START_OBJ) $(NEWLIB_LIB) tool/make/sdk.mk | $(LD)
	$(call say,SDK,$(SDK_LIB))mkdir -p $(@D) && cp $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a $(@D) && \
	  $(CC) $(GCC_MARCH) -B$(LD_DIR)/ -nostdlib -r -o $(@D)/start.o $(START_OBJ) && \
	  echo '$(SDK_CFLAGS)' >$(@D)/cflags && echo '$(SDK_LDFLAGS)' >$(@D)/ldflags && cp $(LIBNACRE) $@
