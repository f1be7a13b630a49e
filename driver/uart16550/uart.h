/* uart.h - the registers of a 16550 serial port, a byte at a time.
 *
 * The FIFO control register is never written: turning FIFOs on, off or resetting them throws away what has been
 * typed. So this works with FIFOs as the boot stage or the machine left them, on or off. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct uart {
	volatile uint8_t *base;
	unsigned shift;           /* registers are 1 << shift bytes apart */
	uint8_t interrupts;       /* as last enabled */
};

enum { UART_ON_INPUT = 1, UART_ON_ROOM = 2 };

/* Is there really such a port? (Its scratch register keeps what is written.) */
bool uart_answers(const struct uart *uart);

/* Which events interrupt: UART_ON_INPUT, UART_ON_ROOM. */
void uart_interrupts_set(struct uart *uart, uint8_t events);

bool uart_get(const struct uart *uart, uint8_t *byte);
bool uart_put(const struct uart *uart, uint8_t byte);

/* Has the last byte left the machine? */
bool uart_is_idle(const struct uart *uart);
