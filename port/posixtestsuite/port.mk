# posixtestsuite: the Open POSIX Test Suite, as far as it is about threads, time, signals, semaphores and scheduling. Which
# tests there are is known once the source is unpacked; only who asks for these programs needs to know.
PTS_PROGRAMS := 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
ifneq ($(strip $(foreach g,$(MAKECMDGOALS),$(findstring test-pts-,$g)$(findstring posixtestsuite,$g))),)
-include build/source/posixtestsuite/tests.mk
endif

PORT_PROGRAMS_posixtestsuite := $(addprefix test-pts-,$(PTS_PROGRAMS))
PORT_CFLAGS_posixtestsuite   := -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -I$(S)/include
$(foreach n,$(PTS_PROGRAMS),$(eval PORT_TESTS_test-pts-$n := $(PTS_$n)))
# Their lists of tests are made anew when the source was.
$(PTS_PROGRAMS:%=$(B)/obj/port/posixtestsuite/tests/test-pts-%.c): build/source/posixtestsuite/.done
