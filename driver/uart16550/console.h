/* console.h - the console: what comes in, what goes out, and who waits for either.
 *
 *   FIFO --console_pump--> in ring --read--> clients --write--> out ring --console_pump--> FIFO
 *
 * From the FIFO is taken only what the ring has room for: a full ring turns the input interrupt off, the FIFO fills,
 * and the other side (a pipe into QEMU, a peer with flow control) waits.
 *
 *   I1  whoever waits waits for a reason: after console_pump no reader could be served, and no writer */
#pragma once
#include "idl/console_server.h"
#include "kept.h"
#include "uart.h"

struct console {
	struct uart uart;
	struct kept *kept;
	nacre_handle_t attendant;    /* who hears of Ctrl-C; NONE: it is data */
	uint32_t attendant_bits;
};

extern struct console console;

/* Moves what can be moved, serves who can be served, and asks the port for the interrupts that are needed next. */
void console_pump(void);

/* Is everything out of the machine? */
bool console_is_idle(void);

/* --- input.c --- */

/* Takes bytes from the port. */
void input_fill(void);

/* There is a new attendant: Ctrl-C that was typed just before is meant for it, unless other input stands in front. */
void input_attend(void);

/* A read to be answered later, perhaps at once. STATUS_OK, STATUS_FULL. */
nacre_status_t input_wait(const struct nacre_request *request, enum console_input mode, struct nacre_room room);
void input_serve(void);

/* Takes a read back; false: it was answered. */
bool input_withdraw(nacre_token_t token);

/* Is there a line, or the end of one that is being edited? */
bool input_is_readable(void);

/* Forgets readers of this badge who wait no more. */
void input_clean(uintptr_t badge);

/* --- output.c --- */

/* Puts text into the ring, newlines as two bytes unless raw. Answers how many bytes of it were taken. */
size_t output_put(const uint8_t *text, size_t size, bool raw);
void output_drain(void);

/* A write that found no room, or a drain: answered when there is room again, or nothing left. STATUS_OK, STATUS_FULL. */
nacre_status_t output_wait(nacre_token_t token, uintptr_t badge, bool until_idle);
void output_serve(void);
void output_clean(uintptr_t badge);
bool output_is_awaited(void);
bool output_is_writable(void);

/* --- watch.c --- */

/* What of CONSOLE_READY_ could be done now without waiting. */
uint32_t watch_now(void);

/* Signals `bits` on `to` once one of these can be done; the connection is the console's then. STATUS_FULL. */
nacre_status_t watch_add(uintptr_t badge, uint32_t wanted, uint32_t bits, nacre_handle_t to);
void watch_serve(void);
void watch_clean(uintptr_t badge);
