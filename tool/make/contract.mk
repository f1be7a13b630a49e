# contract.mk - what is generated from the contract in abi/: build/gen/abi/*.h for everybody, build/gen/kernel/*
# for the kernel (dispatch table), build/gen/lib/* for programs (stubs), build/gen/test/fuzz_calls.h for test/target/fuzz_calls.
# The list of generated sources is itself generated and included, so that make knows it in the very first run.

GEN := build/gen
CONTRACT := tool/contract/contract.py

$(GEN)/contract.mk: $(wildcard abi/*.toml tool/contract/*.py) tool/fuzz/grammar.py tool/make/contract.mk
	$(call say,CONTRACT,abi/)mkdir -p $(GEN) && $(PYTHON) $(CONTRACT) --out $(GEN) && \
	mkdir -p $(GEN)/test && $(PYTHON) tool/fuzz/grammar.py $(GEN)/contract.json >$(GEN)/test/fuzz_calls.h && \
	{ echo "GEN_KERNEL_SRC := $$(echo $(GEN)/kernel/*.[c])"; \
	  echo "GEN_LIB_SRC := $$(echo $(GEN)/lib/*.[cS])"; } | sed 's/[^ ]*\[[^ ]*//g' >$@

include $(GEN)/contract.mk
