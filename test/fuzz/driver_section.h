/* driver_section.h - stands in front of every file of a driver: puts its variables into sections of their own, so that each
 * input begins with a driver that has just started, and has its copying seen by the device (device.c). */
#pragma clang section bss = "driver_bss" data = "driver_data"
#define memcpy driver_memcpy
#define memset driver_memset
#define main driver_main
int driver_main(void);
