# nacre.cmake - CMake's toolchain file for Nacre, what both widths share; nacre32.cmake and nacre64.cmake include it.
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=/path/to/sdk/cmake/nacre32.cmake

get_filename_component(NACRE_SDK "${CMAKE_CURRENT_LIST_DIR}/.." REALPATH)
set(CMAKE_SYSTEM_NAME Nacre)
set(CMAKE_SYSTEM_PROCESSOR riscv${NACRE_WIDTH})
# Where Platform/Nacre.cmake is found.
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

set(CMAKE_C_COMPILER "${NACRE_SDK}/bin/nacre-cc")
set(CMAKE_CXX_COMPILER "${NACRE_SDK}/bin/nacre-c++")
set(CMAKE_ASM_COMPILER "${NACRE_SDK}/bin/nacre-cc")
foreach(language C CXX ASM)
	set(CMAKE_${language}_FLAGS_INIT "-m${NACRE_WIDTH}")
endforeach()
foreach(tool AR RANLIB STRIP OBJCOPY OBJDUMP NM)
	string(TOLOWER ${tool} program)
	find_program(CMAKE_${tool} riscv64-unknown-elf-${program})
endforeach()

# Libraries and headers of the machine that builds are not for Nacre; its programs are.
set(CMAKE_FIND_ROOT_PATH "${NACRE_SDK}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
