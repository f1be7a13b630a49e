/* width.h - what is particular to 32 bits: Sv32 and the kernel's place in it. Constants only, so that assembler and
 * linker script read it too; the functions are in wide.h.
 *
 *   00000000  the program        (its first page is never mapped)
 *   b0000000  all RAM            megapages, read and write; 1 GiB of it
 *   f0000000  boot image         megapages, read
 *   f8000000  device tree        two megapages, read
 *   ffc00000  kernel             4 KiB pages: text, data, and at the end the stack and the interrupt controller
 */
#pragma once

#define REGISTER_BYTES 4
#define REGISTER_SHIFT 2
#define LOAD  lw
#define STORE sw
#define STORE_CONDITIONAL sc.w

#define TABLE_LEVELS 2
#define TABLE_BITS 10
#define MEGA_SHIFT 22
#define SATP_MODE 0x80000000
#define TOKEN_SLOT_BITS 12

#define USER_BASE   0x00001000
#define USER_END    0xb0000000
#define LINEAR_BASE 0xb0000000
#define LINEAR_END  0xf0000000
#define IMAGE_BASE  0xf0000000
#define IMAGE_END   0xf8000000
#define TREE_BASE   0xf8000000
#define KERNEL_BASE 0xffc00000
#define STACK_TOP   0xfffe0000
#define DEVICE_BASE 0xffff0000

#define STACK_BYTES 8192
#define KERNEL_TABLES 4 /* page tables of the kernel, at most; map.c says what for */
