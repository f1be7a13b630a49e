/* width.h - what is particular to 64 bits: Sv39 and the kernel's place in it. Constants only, so that assembler and
 * linker script read it too; the functions are in wide.h.
 *
 *   00000000'00000000  the program   (its first page is never mapped)
 *   ffffffc0'00000000  all RAM       gigapages and megapages, read and write
 *   ffffffff'c0000000  boot image    megapages, read
 *   ffffffff'f8000000  device tree   two megapages, read
 *   ffffffff'ffe00000  kernel        4 KiB pages: text, data, and at the end the stack and the interrupt controller
 */
#pragma once

#define REGISTER_BYTES 8
#define REGISTER_SHIFT 3
#define LOAD  ld
#define STORE sd
#define STORE_CONDITIONAL sc.d

#define TABLE_LEVELS 3
#define TABLE_BITS 9
#define MEGA_SHIFT 21
#define SATP_MODE 0x8000000000000000
#define TOKEN_SLOT_BITS 20

#define USER_BASE   0x0000000000001000
#define USER_END    0x0000004000000000
#define LINEAR_BASE 0xffffffc000000000
#define LINEAR_END  0xffffffff80000000
#define IMAGE_BASE  0xffffffffc0000000
#define IMAGE_END   0xfffffffff8000000
#define TREE_BASE   0xfffffffff8000000
#define KERNEL_BASE 0xffffffffffe00000
#define STACK_TOP   0xfffffffffffe0000
#define DEVICE_BASE 0xffffffffffff0000

#define STACK_BYTES 8192
#define KERNEL_TABLES 8 /* page tables of the kernel, at most; map.c says what for */
