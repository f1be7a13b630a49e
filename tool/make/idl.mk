# idl.mk - what is generated from the protocols in idl/ (doc/interfaces.md):
#   build/gen/idl/*.h, *.hpp          stubs and skeletons for C and C++
#   build/gen/rust/idl/*.rs           the same for Rust
#   build/gen/idl.json                for tools that show messages (tool/idl/decode.py)
#   build/gen/fuzz/                   a dictionary and a grammar for fuzzers, for each protocol
#   build/gen/test/hostile.h          requests that servers must refuse (test/target/interfaces.c)
#   build/gen/test/fuzz_handlers.h    servers for a fuzzer (test/fuzz/messages.c)
#   build/gen/interface/              reference pages
# The list of protocols is itself generated and included, so that headers are there before the first source is compiled.

IDL       := tool/idl/idl.py
IDL_FILES := $(sort $(wildcard idl/*.nid))
# Languages that code is made for, of c, cpp and rust: those whose back end, tool/idl/gen_NAME.py, is ready.
IDL_LANGUAGES := c

$(GEN)/idl.mk: $(IDL_FILES) $(wildcard tool/idl/*.py tool/idl/grammar.lark abi/*.toml) tool/fuzz/handlers.py tool/make/idl.mk
	$(call say,IDL,idl/)mkdir -p $(GEN) && \
	$(PYTHON) $(IDL) --out $(GEN) $(addprefix --,$(filter c cpp,$(IDL_LANGUAGES))) --decoder $(GEN)/idl.json \
	  --dictionary $(GEN)/fuzz --hostile $(GEN)/test/hostile.h $(IDL_FILES) && \
	$(PYTHON) tool/fuzz/handlers.py $(IDL_FILES) >$(GEN)/test/fuzz_handlers.h && \
	$(if $(filter rust,$(IDL_LANGUAGES)),$(PYTHON) $(IDL) --out $(GEN)/rust/idl --rust $(IDL_FILES) &&) \
	echo 'IDL_NAMES := $(basename $(notdir $(IDL_FILES)))' >$@

include $(GEN)/idl.mk

$(GEN)/interface/README.md: $(IDL_FILES) $(wildcard tool/idl/*.py tool/idl/grammar.lark)
	$(call say,IDL,$(@D))rm -rf $(@D) && $(PYTHON) $(IDL) --reference $(@D) $(IDL_FILES)

# Protocols of tests: build/gen/test/idl/NAME.h and so on; of test/idl/vN, which are versions of one protocol,
# build/gen/test/vN/idl/NAME.h; and requests that must be refused, build/gen/test/hostile_of_tests.h.
IDL_TEST_FILES    := $(sort $(wildcard test/idl/*.nid))
IDL_VERSION_FILES := $(sort $(wildcard test/idl/v*/*.nid))

$(GEN)/test/idl.mk: $(IDL_TEST_FILES) $(IDL_VERSION_FILES) $(wildcard tool/idl/*.py tool/idl/grammar.lark abi/*.toml) idl/interface.nid tool/make/idl.mk
	$(call say,IDL,test/idl/)mkdir -p $(@D) && \
	$(PYTHON) $(IDL) --out $(@D) --c --hostile $(@D)/hostile_of_tests.h $(IDL_TEST_FILES) && \
	for file in $(IDL_VERSION_FILES); do \
	  $(PYTHON) $(IDL) --out $(@D)/$$(basename $$(dirname $$file)) --c $$file || exit 1; \
	done && echo >$@

include $(GEN)/test/idl.mk
