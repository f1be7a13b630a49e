# lang.mk - programs in other languages than C (lang/README.md): test/lang/NAME.rs and so on become build/rvNN/lang/NAME.
# Nothing else needs these compilers: the goals here are asked for by name, by the tests of the part `languages`.

L := $(B)/lang
# Linked as C programs are, against the same library; $(1): objects and archives.
lang_link = $(CC) $(USER_LDFLAGS) -o $@ $(START_OBJ) $(1) -Wl,--start-group $(LIBNACRE) $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a -lgcc -Wl,--end-group
LANG_NEEDS := $(START_OBJ) $(LIBNACRE) $(NEWLIB_LIB)

$(L)/%: $(L)/%.elf
	$(call say,STRIP,$@)$(STRIP) $< $@

# --- Rust ----------------------------------------------------------------------------------------------------------
# build/rust holds the sources of the crates, what is generated among them; build/rustNN what is made of them.

RUST      := build/rust
RUST_LIB  := build/rust$(WIDTH)
RUSTC     := NACRE_RUST=$(RUST) NACRE_RUST_LIB=$(RUST_LIB) NACRE_RUSTFLAGS='-D warnings' lang/rust/nacre-rustc -m$(WIDTH)
RUST_SRC  := $(wildcard lang/rust/*.rs lang/rust/nacre/*.rs)
RUST_TEST := $(patsubst test/lang/%.rs,%,$(wildcard test/lang/*.rs))

$(RUST)/.made: $(RUST_SRC) $(wildcard idl/*.nid tool/idl/*.py tool/idl/*.lark) $(GEN)/contract.mk tool/make/lang.mk
	$(call say,RUST,$(RUST))rm -rf $(RUST) && mkdir -p $(RUST)/nacre && cp lang/rust/compiler_builtins.rs $(RUST) && \
	  cp lang/rust/nacre/*.rs $(GEN)/rust/abi.rs $(RUST)/nacre && \
	  $(PYTHON) tool/idl/rust_crate.py --out $(RUST)/nacre $(wildcard idl/*.nid) && touch $@
$(RUST_LIB)/nacre.stamp: $(RUST)/.made lang/rust/nacre-rustc
	$(call say,RUSTC,$(RUST_LIB))$(RUSTC) --libraries $(RUST_LIB) && touch $@
# Interfaces of the tests' own: test/lang/NAME.nid, as stubs for each language in build/lang.
LANG_GEN := build/lang
LANG_NID := $(wildcard test/lang/*.nid)
RUST_NID := $(LANG_NID) test/idl/tally.nid
$(LANG_GEN)/.made: $(RUST_NID) idl/interface.nid $(wildcard tool/idl/*.py tool/idl/*.lark) tool/make/lang.mk
	$(call say,IDL,test/lang/)$(PYTHON) tool/idl/idl.py --out $(LANG_GEN) --c --cpp --hostile $(LANG_GEN)/test/babel_hostile.h $(LANG_NID) && \
	  $(PYTHON) tool/idl/idl.py --out $(LANG_GEN)/rust --rust $(RUST_NID) && \
	  $(PYTHON) tool/idl/gen_link.py --out $(LANG_GEN) $(LANG_NID) && touch $@

$(RUST_TEST:%=$(L)/%.a): $(L)/%.a: test/lang/%.rs $(LANG_GEN)/.made $(RUST_LIB)/nacre.stamp
	$(call say,RUSTC,$<)mkdir -p $(@D) && $(RUSTC) $(patsubst %.nid,--interface $(LANG_GEN)/rust/%.rs,$(notdir $(RUST_NID))) -o $@ $<
$(RUST_TEST:%=$(L)/%.elf): $(L)/%.elf: $(L)/%.a $(LANG_NEEDS) | $(LD)
	$(call say,LD,$@)$(call lang_link,$<)

# --- C, for the other side of a conversation -----------------------------------------------------------------------

LANG_C := $(patsubst test/lang/%.c,%,$(wildcard test/lang/*.c))
$(LANG_C:%=$(B)/obj/user/test/lang/%.c.o): USER_CFLAGS += -I$(LANG_GEN)
$(LANG_C:%=$(B)/obj/user/test/lang/%.c.o): $(LANG_GEN)/.made
$(LANG_C:%=$(L)/%.elf): $(L)/%.elf: $(B)/obj/user/test/lang/%.c.o $(LANG_NEEDS) | $(LD)
	$(call say,LD,$@)mkdir -p $(@D) && $(call lang_link,$<)
-include $(LANG_C:%=$(B)/obj/user/test/lang/%.c.d)

# --- C++20 without its library -------------------------------------------------------------------------------------

CXX        := $(CCACHE) $(CROSS)g++
CXX_FLAGS  := $(filter-out -std=% -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition,$(USER_CFLAGS)) -std=c++20 \
              -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit -Ilang/cpp -I$(LANG_GEN)
LANG_CXX   := $(patsubst test/lang/%.cpp,%,$(wildcard test/lang/*.cpp))
CXX_RUNTIME := $(B)/obj/cpp/lang/cpp/runtime.cpp.o

$(B)/obj/cpp/%.o: % $(LANG_GEN)/.made $(call rules,program lang) | $(GEN)/contract.mk $(NEWLIB_LIB)
	$(call say,C++,$<)mkdir -p $(@D) && $(CXX) $(CXX_FLAGS) -MMD -MP -c -o $@ $<
$(LANG_CXX:%=$(L)/%.elf): $(L)/%.elf: $(B)/obj/cpp/test/lang/%.cpp.o $(CXX_RUNTIME) $(LANG_NEEDS) | $(LD)
	$(call say,LD,$@)mkdir -p $(@D) && $(call lang_link,$< $(CXX_RUNTIME))
-include $(CXX_RUNTIME:.o=.d) $(LANG_CXX:%=$(B)/obj/cpp/test/lang/%.cpp.d)

# --- languages that call the stubs for C ---------------------------------------------------------------------------
# What is generated is compiled without our warnings: it is the generator's, or another compiler's, business.

LANG_QUIET := $(filter-out $(WARNINGS),$(USER_CFLAGS)) -w -I$(LANG_GEN)
# Ada and D link the stubs as functions.
LANG_LINK  := $(LANG_NID:test/lang/%.nid=$(L)/%_link.o)
$(LANG_LINK): $(L)/%_link.o: $(LANG_GEN)/.made $(call rules,program lang) | $(GEN)/contract.mk $(NEWLIB_LIB)
	$(call say,CC,$(LANG_GEN)/$*_link.c)mkdir -p $(@D) && $(CC) $(LANG_QUIET) -c -o $@ $(LANG_GEN)/$*_link.c

# Ada: the compiler for riscv64-linux makes code for both widths; its own run-time library stays out (lang/ada).
ADA      := riscv64-linux-gnu-gcc-12
LANG_ADA := $(patsubst test/lang/%.adb,%,$(wildcard test/lang/*.adb))
$(LANG_ADA:%=$(L)/%.o): $(L)/%.o: test/lang/%.adb test/lang/%.ads $(wildcard lang/ada/adainclude/*.ads) $(call rules,lang)
	$(call say,ADA,$<)mkdir -p $(@D) $(LANG_GEN)/ada/adalib && cp -r lang/ada/adainclude $(LANG_GEN)/ada && $(ADA) --RTS=$(CURDIR)/$(LANG_GEN)/ada -gnat2012 -gnatwae.X $(MARCH) -fPIE -Os -g \
	  -ffile-prefix-map=$(CURDIR)=. -ffunction-sections -c -o $@ $<
$(LANG_ADA:%=$(L)/%.elf): $(L)/%.elf: $(L)/%.o $(LANG_LINK) $(B)/obj/user/lang/ada/last_chance.c.o $(LANG_NEEDS) | $(LD)
	$(call say,LD,$@)$(call lang_link,$(filter $(L)/%.o %/last_chance.c.o,$^))

# D without its run-time library.
LANG_D := $(patsubst test/lang/%.d,%,$(wildcard test/lang/*.d))
$(LANG_D:%=$(L)/%.o): $(L)/%.o: test/lang/%.d $(call rules,lang)
	$(call say,D,$<)mkdir -p $(@D) && ldc2 -betterC -mtriple=riscv$(WIDTH)-unknown-none-elf -mattr=+m,+a,+c -relocation-model=pic \
	  -code-model=medium -Os -w -c -of=$@ $<
$(LANG_D:%=$(L)/%.elf): $(L)/%.elf: $(L)/%.o $(LANG_LINK) $(B)/obj/user/lang/d/assert.c.o $(LANG_NEEDS) | $(LD)
	$(call say,LD,$@)$(call lang_link,$(filter $(L)/%.o %/assert.c.o,$^))

# Nim becomes C, which includes the stubs.
NIM_LIB  := /usr/lib/nim/lib
LANG_NIM := $(patsubst test/lang/%.nim,%,$(wildcard test/lang/*.nim))
$(LANG_NIM:%=$(L)/%.elf): $(L)/%.elf: test/lang/%.nim $(LANG_GEN)/.made $(LANG_NEEDS) $(call rules,lang) | $(LD)
	$(call say,NIM,$<)rm -rf $(L)/$*.nim && mkdir -p $(L)/$*.nim && nim c --hints:off --os:any --cpu:riscv$(WIDTH) --mm:arc -d:useMalloc \
	  -d:noSignalHandler -d:release --opt:size --panics:on --exceptions:goto --compileOnly --nimcache:$(L)/$*.nim $< && \
	  for file in $(L)/$*.nim/*.c; do $(CC) $(LANG_QUIET) -I$(NIM_LIB) -c -o $$file.o $$file || exit 1; done && \
	  $(call lang_link,$(L)/$*.nim/*.o)

# AssemblyScript becomes WebAssembly, and that C.
WASM      := /usr/src/wasm2c
LANG_WASM := $(patsubst test/lang/%.ts,%,$(wildcard test/lang/*.ts))
$(LANG_WASM:%=$(L)/%.elf): $(L)/%.elf: test/lang/%.ts $(wildcard lang/wasm/*) $(LANG_NEEDS) $(call rules,program lang) | $(LD)
	$(call say,WASM,$<)mkdir -p $(L)/$*.wasm && lang/wasm/asc $< -o $(L)/$*.wasm/program.wasm --runtime stub -Osize --bindings raw && \
	  wasm2c $(L)/$*.wasm/program.wasm -n program -o $(L)/$*.wasm/program.c && \
	  for file in $(L)/$*.wasm/program.c lang/wasm/host.c; do $(CC) $(LANG_QUIET) -DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0 -I$(WASM) \
	    -I$(L)/$*.wasm -c -o $(L)/$*.wasm/$$(basename $$file).o $$file || exit 1; done && $(call lang_link,$(L)/$*.wasm/*.o)
