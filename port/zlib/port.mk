# zlib: deflate, inflate, gzip files.
PORT_LIB_zlib     := $(addsuffix .c,adler32 compress crc32 deflate gzclose gzlib gzread gzwrite infback inffast inflate inftrees \
                       trees uncompr zutil)
PORT_HEADERS_zlib := zlib.h zconf.h
PORT_CFLAGS_zlib  := -O2 -DHAVE_UNISTD_H -DHAVE_STDARG_H

# Upstream's tests; those of gzip files need files.
PORT_PROGRAMS_zlib   := test-zlib
PORT_TESTS_test-zlib := test/infcover.c test/example.c test/minigzip.c
PORT_FLAGS_test-zlib := -I$(S)
