# LZ4: blocks, the high-compression encoder, frames.
PORT_LIB_lz4     := lib/lz4.c lib/lz4hc.c lib/lz4frame.c lib/xxhash.c
PORT_HEADERS_lz4 := lib/lz4.h lib/lz4hc.h lib/lz4frame.h
PORT_CFLAGS_lz4  := -O2 -DXXH_NAMESPACE=LZ4_

# Upstream's tests.
PORT_PROGRAMS_lz4   := test-lz4
PORT_TESTS_test-lz4 := tests/fuzzer.c tests/frametest.c tests/checkTag.c tests/decompress-partial.c tests/decompress-partial-usingDict.c
PORT_FLAGS_test-lz4 := -I$(S)/lib -I$(S)/programs
