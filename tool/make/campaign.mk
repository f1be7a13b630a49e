# Part of the front Makefile: campaigns, which take longer than a test may. Each has a seed that repeats it.

N ?= 10

.PHONY: mutate
mutate: setup-all ## plants N faults (of SEED=1, or another) in the kernel, and counts how many the tests catch
	@tool/mutate/mutate.py --count $(N) --seed $(or $(SEED),1)
.PHONY: coverage
coverage: setup-all ## lines and branches of the kernel that the host tests reach; FILE=kernel/... shows what they do not
	$(BUILD) coverage-tests
	@tool/coverage/coverage.py build/coverage $(FILE)
# With a number of calls the fuzzer is the one on the target, without one those on the host.
.PHONY: fuzz fuzz-host fuzz-target
fuzz: $(if $(filter command%,$(origin N)),fuzz-target,fuzz-host) ## with N=100000 it is fuzz-target, without N fuzz-host
fuzz-host: setup-all ## throw random bytes at parsers and servers' skeletons: NAME=elf, or all; for SECONDS=60 each
	$(BUILD) $(if $(NAME),build/fuzz/$(NAME),fuzzers)
	@tool/fuzz/fuzz.py run '$(or $(NAME),all)' '$(or $(SECONDS),60)'
fuzz-target: setup-all ## N=100000 system calls made of SEED=1 by processes in QEMU, against a kernel that checks itself
	$(BUILD) image-base $(OUT)/program/test-fuzz_calls $(OUT)/kernel-ubsan
	@tool/fuzz/target.py $(WIDTH) $(if $(filter command%,$(origin N)),$(N),100000) $(or $(SEED),1)
.PHONY: inject
inject: setup-all ## plant N=1000 faults in the running driver DRIVER (or in four), of SEED=1; CASE=k: that one alone
	$(BUILD) image-parts $(OUT)/system/inject $(OUT)/program/test-inject
	@tool/inject/inject.py --width $(WIDTH) --count $(if $(filter command%,$(origin N)),$(N),1000) --driver '$(DRIVER)' \
	  --seed $(or $(SEED),1) $(CASE:%=--case %) $(KERNEL:%=--kernel %)
.PHONY: aslr
aslr: setup-all ## how many bits of chance are in where programs lie, of N=1000 starts
	$(BUILD) image-base $(OUT)/program/test-aslr
	@tool/check/aslr.py --width $(WIDTH) --count $(if $(filter command%,$(origin N)),$(N),1000)
.PHONY: soak
SOAK_PARTS = $(addprefix $(OUT)/program/test-,demo demo_killer demo_hostile hostile_greed fuzz_calls) $(OUT)/system/soak $(OUT)/kernel-ubsan
soak: setup-all ## everything at once in one machine for HOURS=0.5, of SEED=1; nothing may grow. Without HOURS: the longest tests of ports
ifneq ($(HOURS),)
	$(BUILD) image-parts $(SOAK_PARTS)
	@tool/soak/soak.py --width $(WIDTH) --hours '$(HOURS)' $(SEED:%=--seed %)
else
	+@SOAK=yes tool/test/run.py --only '$(or $(ONLY),ports)' --width '$(WIDTH_ASKED)' </dev/null
endif
