/* uart.c - the registers of a 16550 serial port. */
#include "uart.h"

enum { DATA = 0, INTERRUPT_ENABLE = 1, MODEM_CONTROL = 4, LINE_STATUS = 5, SCRATCH = 7 };
enum { STATUS_INPUT = 0x01, STATUS_ROOM = 0x20, STATUS_IDLE = 0x40 };
/* OUT2 lets interrupts through on boards wired like a PC; DTR and RTS tell the other side that somebody is here. */
enum { MODEM_READY = 0x0b };

static volatile uint8_t *at(const struct uart *uart, unsigned number)
{
	return uart->base + (number << uart->shift);
}

bool uart_answers(const struct uart *uart)
{
	*at(uart, SCRATCH) = 0x5a;
	if (*at(uart, SCRATCH) != 0x5a)
		return false;
	*at(uart, SCRATCH) = 0xa5;
	return *at(uart, SCRATCH) == 0xa5;
}

void uart_interrupts_set(struct uart *uart, uint8_t events)
{
	*at(uart, MODEM_CONTROL) = MODEM_READY;
	if (events == uart->interrupts)
		return;
	*at(uart, INTERRUPT_ENABLE) = events;
	uart->interrupts = events;
}

bool uart_get(const struct uart *uart, uint8_t *byte)
{
	if (!(*at(uart, LINE_STATUS) & STATUS_INPUT))
		return false;
	*byte = *at(uart, DATA);
	return true;
}

bool uart_put(const struct uart *uart, uint8_t byte)
{
	if (!(*at(uart, LINE_STATUS) & STATUS_ROOM))
		return false;
	*at(uart, DATA) = byte;
	return true;
}

bool uart_is_idle(const struct uart *uart)
{
	return *at(uart, LINE_STATUS) & STATUS_IDLE;
}
