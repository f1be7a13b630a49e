# SQLite: the library, and the shell `sqlite3` (a program, but none of the base image). Files are the C library's; there is no
# shared memory between programs, and so no write-ahead log.
SQLITE_OPTIONS := OMIT_WAL OMIT_LOAD_EXTENSION THREADSAFE=1 TEMP_STORE=3 MAX_MMAP_SIZE=0 DEFAULT_LOOKASIDE=256,40 \
                  DEFAULT_CACHE_SIZE=-512 LIKE_DOESNT_MATCH_BLOBS DQS=0 ENABLE_MATH_FUNCTIONS ENABLE_DBSTAT_VTAB ENABLE_RTREE
PORT_LIB_sqlite     := sqlite3.c
PORT_OWNLIB_sqlite  := port/sqlite/unix.c
PORT_HEADERS_sqlite := sqlite3.h
PORT_CFLAGS_sqlite  := $(SQLITE_OPTIONS:%=-DSQLITE_%) -DUSE_PREAD -DHAVE_USLEEP=1 -DHAVE_FDATASYNC=0

PORT_PROGRAMS_sqlite := sqlite3
PORT_SRC_sqlite3     := shell.c
PORT_FLAGS_sqlite3   := -I$(S) -DSQLITE_NOHAVE_SYSTEM -DHAVE_READLINE=0

# Nacre's own tests, and the fuzz databases for upstream's.
PORT_PROGRAMS_sqlite   += test-sqlite
PORT_OWN_test-sqlite   := test/port/sqlite/main.c
PORT_EMBED_test-sqlite := $(foreach n,4 6,$(S)/test/fuzzdata$n.db=/fuzzdata$n.db)

# Upstream's.
PORT_PROGRAMS_sqlite         += suite-sqlite
PORT_SRC_suite-sqlite   := test/ossfuzz.c test/fuzzinvariants.c test/vt02.c ext/recover/dbdata.c ext/recover/sqlite3recover.c \
                                src/test_multiplex.c
PORT_TESTS_suite-sqlite := test/fuzzcheck.c test/speedtest1.c test/threadtest3.c
PORT_FLAGS_suite-sqlite := -I$(S) -I$(S)/test -I$(S)/src -I$(S)/ext/recover -DSQLITE_OSS_FUZZ -DSQLITE_OMIT_WSD
