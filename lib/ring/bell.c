/* bell.c - waking the other side by a signal, and waiting to be woken. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "ring/ring.h"
#include "ring/parts.h"

enum { RING = 1 }; /* the bit that is signalled; which one says nothing */

void nacre_ring_wake(struct nacre_ring *ring)
{
	if (nacre_connection_signal(ring->bell, RING) == NACRE_E_PEER_GONE)
		ring->gone = true;
}

/* Only the other side has a connection to this mailbox, and only with the right to signal. */
nacre_status_t nacre_ring_sleep(struct nacre_ring *ring, uint64_t deadline_ns)
{
	struct nacre_received in NOT_CLEARED;
	nacre_err_t error;

	if (ring->mailbox == NACRE_HANDLE_NONE)
		return NACRE_E_STATE;
	in.words.word[0] = 0;
	error = nacre_server_receive(ring->mailbox, deadline_ns, NULL, &in);
	if (error)
		return error;
	if (!(in.words.word[0] & NACRE_SIGNAL_CLOSED))
		return STATUS_OK;
	ring->gone = true;
	return NACRE_E_PEER_GONE;
}
