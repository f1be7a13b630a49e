# nacre32.cmake - the toolchain file for RV32.
set(NACRE_WIDTH 32)
include("${CMAKE_CURRENT_LIST_DIR}/nacre.cmake")
