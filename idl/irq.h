/* irq.h - the protocol of init at `irq/N`: an interrupt line as something a program opens.
 *
 * A driver that is given a whole device binds its lines itself. This is for programs that need only the event. */
#pragma once
#include "idl/interface.h"

enum { IRQ_PROTOCOL = 0x69727120 /* "irq " */, IRQ_VERSION = 1 << 16 | 0 };

/* bind: from now on the line's interrupts arrive at a server, masked until interrupt_ack.
 *   in   word[0] badge, word[1] priority of the messages
 *        handles server [MINT, TRANSFER]; budget that pays [SPEND, TRANSFER]
 *   out  handle  interrupt [MANAGE, DUPLICATE, TRANSFER]
 * BUSY: the line is bound already. */
enum { IRQ_BIND = 2 };
