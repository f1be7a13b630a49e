# nacre64.cmake - the toolchain file for RV64.
set(NACRE_WIDTH 64)
include("${CMAKE_CURRENT_LIST_DIR}/nacre.cmake")
