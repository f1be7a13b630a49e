# bench.mk - what `make bench` runs: the counting side (a plugin that QEMU loads) and, for WIDTH, programs and systems.

BENCH_PLUGIN := build/host/count.so
$(BENCH_PLUGIN): tool/bench/count.c tool/bench/qemu_plugin.h tool/make/bench.mk
	$(call say,HOSTCC,$<)mkdir -p $(@D) && gcc -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -o $@ $<

.PHONY: bench-parts
bench-parts: $(BENCH_PLUGIN) image-parts $(B)/system/base $(B)/system/bench $(BENCH_PROGRAMS:%=$(B)/program/%) ; @:

# Makes debuginfod listen for this machine alone (make symbols).
build/host/loopback.so: tool/symbols/loopback.c
	$(call say,HOSTCC,$<)mkdir -p $(@D) && gcc -std=gnu11 -O1 $(WARNINGS) -shared -fPIC -o $@ $< -ldl
