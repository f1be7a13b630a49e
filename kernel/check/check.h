/* check.h - the whole kernel's invariants, proven. Which of on/ and off/ is linked decides whether it happens. */
#pragma once

extern const unsigned kernel_check_always; /* UNSETTLED_CHECK, off: 0 */
extern const unsigned kernel_check_pace;   /* on only: calls passed over between two checks, at least */
void kernel_check_all(void); /* called after every system call; off: does nothing */
void kernel_check_now(void); /* on only: at once, however much there is */
