# port.mk - third-party software, built from Debian's source packages for the target (port/README.md).
# port/NAME/source.toml says which package, port/NAME/port.mk what of it is compiled. All go by the folder's name:
#   PORT_LIB_NAME        sources of build/rvNN/port/libNAME.a, as paths in the unpacked source
#   PORT_OWNLIB_NAME     sources of this tree that belong into it
#   PORT_HEADERS_NAME    headers for those who use it, copied into build/rvNN/port/include; FILE=AS puts one elsewhere
#   PORT_CFLAGS_NAME     what it is compiled with beside what all programs are; $(S) is the unpacked source
#   PORT_USERS_NAME      programs of the tree that are linked with it
#   PORT_PROGRAMS_NAME   programs of its own; for each PROGRAM:
#     PORT_SRC_PROGRAM     sources, as paths in the unpacked source
#     PORT_OWN_PROGRAM     sources of this tree, which see its headers too
#     PORT_EMBED_PROGRAM   files that become part of it (test/port/embed.h); FILE=NAME gives one another name
#     PORT_TESTS_PROGRAM   upstream's programs that become parts of this one, each with a main() (port/tests.py)
#     PORT_FLAGS_PROGRAM   further flags, PORT_LDFLAGS_PROGRAM for its linker
#     PORT_LIBS_PROGRAM    other ports it is linked with
# The unpacked source is build/source/NAME, the same for both widths. Nothing of it is ever changed by a build.

PORTS := $(patsubst port/%/port.mk,%,$(sort $(wildcard port/*/port.mk)))
# newlib is older than this, and under everything.
PORTS := $(filter-out newlib,$(PORTS))

# No warnings of code that is not ours; none of the tree's own headers where such code may have some of the same name.
PORT_CFLAGS := $(filter-out -W% -Ilib -I. -I$(GEN),$(USER_CFLAGS)) -w
PORT_RULES  := $(call rules,program port) $(LIBC_HEADERS)

# $(call port_obj,NAME,SOURCES)
port_obj = $(patsubst %,$(B)/obj/port/$(1)/%.o,$(2))

# $(call port,NAME)
define port
S := build/source/$(1)
include port/$(1)/port.mk
PORT_LIBRARY_$(1) := $$(if $$(PORT_LIB_$(1)),$(B)/port/lib$(1).a)

build/source/$(1)/.done: port/$(1)/source.toml $(wildcard port/$(1)/*.patch port/$(1)/prepare) port/source.py
	$$(call say,UNPACK,port/$(1))port/source.py unpack $(1) build/source/$(1) && touch $$@
# Known to come with the rest, for those that dependency files name.
build/source/$(1)/%: build/source/$(1)/.done ;

$(B)/port/$(1).headers: build/source/$(1)/.done port/$(1)/port.mk
	$$(call say,HEADERS,port/$(1))$$(foreach h,$$(PORT_HEADERS_$(1)),install -D -m 644 build/source/$(1)/$$(firstword $$(subst =, ,$$h)) \
	  $(B)/port/include/$$(or $$(word 2,$$(subst =, ,$$h)),$$(notdir $$h)) &&) mkdir -p $$(@D) && touch $$@

$(B)/obj/port/$(1)/own/%.o: % $(B)/port/$(1).headers port/$(1)/port.mk $(PORT_RULES) $(NEWLIB_LIB) | $(GEN)/contract.mk
	$$(call say,CC,$$*)mkdir -p $$(@D) && $(CC) $(USER_CFLAGS) -I$$(<D) $$(PORT_CFLAGS_HERE) -MMD -MP -c -o $$@ $$<
$(B)/obj/port/$(1)/%.o: build/source/$(1)/.done $(B)/port/$(1).headers port/$(1)/port.mk $(PORT_RULES) $(NEWLIB_LIB)
	$$(call say,CC,port/$(1)/$$*)mkdir -p $$(@D) && $(CC) $$(PORT_CFLAGS) $$(PORT_CFLAGS_$(1)) $$(PORT_CFLAGS_HERE) -MMD -MP -c -o $$@ build/source/$(1)/$$*
$(B)/port/lib$(1).a: $$(call port_obj,$(1),$$(PORT_LIB_$(1))) $$(PORT_OWNLIB_$(1):%=$(B)/obj/port/$(1)/own/%.o)
	$$(call say,AR,$$@)mkdir -p $$(@D) && rm -f $$@ && $(AR) rcsD $$@ $$(filter %.o,$$^)

$$(foreach p,$$(PORT_PROGRAMS_$(1)),$$(eval $$(call port_program,$(1),$$p)))
$$(foreach p,$$(PORT_USERS_$(1)),$$(eval $$(call port_user,$(1),$$p)))
PORT_OBJ += $$(call port_obj,$(1),$$(PORT_LIB_$(1))) $$(PORT_OWNLIB_$(1):%=$(B)/obj/port/$(1)/own/%.o)

.PHONY: port-$(1)
port-$(1): $$(PORT_LIBRARY_$(1)) $$(PORT_PROGRAMS_$(1):%=$(B)/program/%) $$(PORT_USERS_$(1):%=$(B)/program/%) ; @:
endef

# $(call port_program,NAME,PROGRAM): one of the port's own.
define port_program
PORT_OBJ_$(2) := $(call port_obj,$(1),$(PORT_SRC_$(2))) $(PORT_OWN_$(2):%=$(B)/obj/port/$(1)/own/%.o)
PORT_OBJ += $$(PORT_OBJ_$(2)) $(call port_obj,$(1),$(PORT_TESTS_$(2)))
$$(PORT_OBJ_$(2)) $(call port_obj,$(1),$(PORT_TESTS_$(2))): PORT_CFLAGS_HERE := $(PORT_FLAGS_$(2))
$(B)/program/$(2).elf: USER_LDFLAGS += $(PORT_LDFLAGS_$(2))
$(B)/program/$(2).elf: $$(PORT_OBJ_$(2)) $(if $(PORT_EMBED_$(2)),$(B)/obj/port/$(1)/embed/$(2).o) $(PORT_LIBRARY_$(1)) \
                       $(PORT_LIBS_$(2):%=$(B)/port/lib%.a)
$(B)/obj/port/$(1)/embed/$(2).S: $(foreach f,$(PORT_EMBED_$(2)),$(firstword $(subst =, ,$f))) port/embed.py port/$(1)/port.mk
	$$(call say,EMBED,$(2))mkdir -p $$(@D) && port/embed.py $(WIDTH) $(PORT_EMBED_$(2)) >$$@
$(B)/obj/port/$(1)/embed/$(2).o: $(B)/obj/port/$(1)/embed/$(2).S
	$(Q)$(CC) $(PORT_CFLAGS) -c -o $$@ $$<
$(if $(PORT_TESTS_$(2)),$(call port_tests,$(1),$(2),$(call port_test_names,$(2))))
endef

# $(call port_tests,NAME,PROGRAM,TESTS): main() of each gets another name, and nothing else of it can be seen.
port_test_names = $(subst -,_,$(subst .,_,$(basename $(notdir $(PORT_TESTS_$(1))))))
define port_tests
$(B)/program/$(2).elf: $(B)/obj/port/$(1)/tests/$(2).o $(foreach t,$(PORT_TESTS_$(2)),$(B)/obj/port/$(1)/tests/$(2)/$(t).o)
$(B)/obj/port/$(1)/tests/$(2)/%.o: $(B)/obj/port/$(1)/%.o
	$(Q)mkdir -p $$(@D) && name=main_$$$$(basename $$* .c | tr .- __) && \
	  $(OBJCOPY) --redefine-sym main=$$$$name --keep-global-symbol=$$$$name $$< $$@
$(B)/obj/port/$(1)/tests/$(2).c: port/$(1)/port.mk port/tests.py
	$(Q)mkdir -p $$(@D) && port/tests.py $(3) >$$@
$(B)/obj/port/$(1)/tests/$(2).o: $(B)/obj/port/$(1)/tests/$(2).c $(PORT_RULES) $(NEWLIB_LIB)
	$(Q)$(CC) $(PORT_CFLAGS) -c -o $$@ $$<
endef

# $(call port_user,NAME,PROGRAM): a program of the tree finds the port's headers and is linked with its library.
define port_user
$(PROGRAM_OBJ_$(2)) $(subst $(B)/obj/,$(B)/clang/,$(PROGRAM_OBJ_$(2))): | $(B)/port/$(1).headers
PROGRAM_LIB_$(2) += $(PORT_LIBRARY_$(1))
$(B)/program/$(2).elf: $(PORT_LIBRARY_$(1))
endef

$(foreach p,$(PORTS),$(eval $(call port,$p)))

.PHONY: ports
ports: $(PORTS:%=port-%) ; @:
-include $(PORT_OBJ:%.o=%.d)
