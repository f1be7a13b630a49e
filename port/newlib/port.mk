# port.mk - newlib, built once a width into build/newlib32 and build/newlib64 (include/, lib/) and kept there.
# `make clean` throws it away; to have it built again alone, remove that folder.

NEWLIB     := build/newlib$(WIDTH)
NEWLIB_LIB := $(NEWLIB)/lib/libc.a
# Every thread has its own errno and stdio state: the C library asks __getreent() for it.
NEWLIB_DEFINES := -D__DYNAMIC_REENT__
NEWLIB_CFLAGS  := $(GCC_MARCH) -fPIE -ftls-model=local-exec -Os -ffunction-sections -fdata-sections $(NEWLIB_DEFINES)

$(NEWLIB_LIB): port/newlib/build port/newlib/newlib.sha256 port/newlib/port.mk
	$(call say,PORT,newlib for RV$(WIDTH): takes a minute$(,) once)port/newlib/build $(NEWLIB) '$(CCACHE) $(CROSS)' '$(NEWLIB_CFLAGS)'
