# program.mk - the library that every program links (libnacre.a, with newlib behind it) and the programs.
# A folder server/NAME, driver/NAME or command/NAME with a main.c is the program NAME; so is a single file
# command/NAME.c; test/target/NAME.c (or a folder with main.c) is the program test-NAME; test/bench/NAME/main.c is the
# program bench-NAME.
# build/rvNN/program/NAME is stripped and goes into the image, NAME.elf beside it has all symbols.

LIB_SRC   := $(sort $(wildcard lib/*/*.[cS] lib/*/rv$(WIDTH)/*.[cS]) $(wildcard base/*.c)) $(GEN_LIB_SRC)
# gcc names no header that a header of newlib's includes, so -MMD does not know of these.
LIBC_HEADERS := $(wildcard lib/libc/include/*.h lib/libc/include/*/*.h)
# Linked first and whole: the way in, before any library is searched.
START_SRC := $(filter lib/nacre/start.c lib/nacre/start.S,$(LIB_SRC))

# Where the guard value lies is agreed between compiler, start and loader: lib/nacre/tls.h. clang cannot do it.
STACK_PROTECTOR := -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=tp \
                   -mstack-protector-guard-offset=-8
USER_CFLAGS  := $(GCC_MARCH) $(COMMON_CFLAGS) -fPIE -fvisibility=hidden -ftls-model=local-exec $(NEWLIB_DEFINES) $(STACK_PROTECTOR) $(AUTO_INIT) \
                -Ilib -I. -I$(GEN) -I$(GEN)/test -Ilib/libc/include -isystem $(NEWLIB)/include -isystem $(B)/port/include
USER_LDFLAGS := $(GCC_MARCH) -B$(LD_DIR)/ -nostdlib -pie -Wl,--no-dynamic-linker,-z,relro,-z,now,-z,noexecstack \
                -Wl,-z,separate-code,-z,max-page-size=4096,--gc-sections,--build-id=sha1,--exclude-libs,ALL \
                -Wl,--hash-style=gnu,--fatal-warnings

# The code of children (lib/test/child.h) is copied elsewhere, without what compilers make of loops and comparisons:
# calls of memset, tables among the constants. Large variables that are made zero would need memset, too.
$(B)/obj/user/test/target/% $(B)/obj/user/test/bench/%: USER_CFLAGS += -fno-tree-loop-distribute-patterns -fno-tree-switch-conversion -fno-jump-tables -ftrivial-auto-var-init=uninitialized

LIBNACRE  := $(B)/lib/libnacre.a
START_OBJ := $(START_SRC:%=$(B)/obj/user/%.o)
LIB_OBJ   := $(patsubst %,$(B)/obj/user/%.o,$(filter-out $(START_SRC),$(LIB_SRC)))

$(B)/obj/user/%.o: % $(call rules,program) $(LIBC_HEADERS) | $(GEN)/contract.mk $(NEWLIB_LIB)
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(USER_CFLAGS) -I$(<D) $(ASM_FLAGS) -MMD -MP -c -o $@ $<
$(LIBNACRE): $(LIB_OBJ)
	$(call say,AR,$@)mkdir -p $(@D) && rm -f $@ && $(AR) rcsD $@ $^

# name=source ... of every program; sources of a folder are all its .c files.
PROGRAM_DIRS  := $(patsubst %/main.c,%,$(sort $(wildcard server/*/main.c driver/*/main.c command/*/main.c)))
PROGRAM_FILES := $(sort $(wildcard command/*.c))
TEST_DIRS     := $(patsubst %/main.c,%,$(sort $(wildcard test/target/*/main.c)))
TEST_FILES    := $(sort $(wildcard test/target/*.c))
PROGRAMS      := $(notdir $(PROGRAM_DIRS) $(PROGRAM_FILES:.c=))
BENCH_DIRS    := $(patsubst %/main.c,%,$(sort $(wildcard test/bench/*/main.c)))
BENCH_PROGRAMS := $(addprefix bench-,$(notdir $(BENCH_DIRS)))
TEST_PROGRAMS := $(addprefix test-,$(notdir $(TEST_DIRS) $(TEST_FILES:.c=))) $(BENCH_PROGRAMS)

# $(call program,NAME,SOURCES)
define program
PROGRAM_OBJ_$(1) := $(2:%=$(B)/obj/user/%.o)
PROGRAM_OBJ += $$(PROGRAM_OBJ_$(1))
$(B)/program/$(1).elf: $$(PROGRAM_OBJ_$(1))
endef
$(foreach d,$(PROGRAM_DIRS),$(eval $(call program,$(notdir $d),$(sort $(wildcard $d/*.c)))))
$(foreach f,$(PROGRAM_FILES),$(eval $(call program,$(notdir $(f:.c=)),$f)))
$(foreach d,$(TEST_DIRS),$(eval $(call program,test-$(notdir $d),$(sort $(wildcard $d/*.c)))))
$(foreach d,$(BENCH_DIRS),$(eval $(call program,bench-$(notdir $d),$(sort $(wildcard $d/*.c)))))
$(foreach f,$(TEST_FILES),$(eval $(call program,test-$(notdir $(f:.c=)),$f)))

# The driver of disks, with a moment counted wherever the device gets or gives back something (test/target/blk_dying).
$(B)/program/test-blk_dying.elf: $(PROGRAM_OBJ_virtio-blk)
$(B)/program/test-blk_dying.elf: private USER_LDFLAGS += -Wl,--wrap=virtio_queue_notify,--wrap=virtio_queue_take

$(B)/program/%.elf: $(START_OBJ) $(LIBNACRE) $(NEWLIB_LIB) | $(LD)
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(USER_LDFLAGS) -o $@ $(START_OBJ) \
	  $(filter-out $(START_OBJ),$(filter %.o,$^)) -Wl,--start-group $(filter %.a,$^) $(NEWLIB)/lib/libm.a -lgcc -Wl,--end-group
$(B)/program/%: $(B)/program/%.elf
	$(call say,STRIP,$@)$(STRIP) $< $@

PROGRAM_BIN := $(PROGRAMS:%=$(B)/program/%)
TEST_BIN    := $(TEST_PROGRAMS:%=$(B)/program/%)
.PHONY: programs
programs: $(PROGRAM_BIN) $(TEST_BIN) ; @:
all: programs
-include $(patsubst %.o,%.d,$(START_OBJ) $(LIB_OBJ) $(PROGRAM_OBJ))
