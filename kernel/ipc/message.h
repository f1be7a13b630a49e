/* message.h - what a message carries beyond its words: reading the header, copying bytes, passing handles.
 *
 * The header is read once, when the message is taken, into kernel memory; nothing is looked at twice. */
#pragma once
#include "ipc/loan.h"
#include "memory/copy.h"

enum message_side { MESSAGE_CALL, MESSAGE_SEND, MESSAGE_REPLY };

/* Reads and validates; address 0 gives an empty message. E_ADDRESS E_ARGUMENT E_TOO_LONG. */
void message_none(struct abi_message *message); /* what no header means */
err_t message_read(const struct process *process, user_ptr_t address, enum message_side side, struct abi_message *message) must_use;
size_t message_in_bytes(const struct abi_message *message);
size_t message_out_bytes(const struct abi_message *message);

/* Copies total bytes from `in` segments to `out` segments, from *done on, in pieces; E_RESTART with *done if an interrupt
 * is pending. E_ADDRESS: the source failed; E_PEER_FAULT: the target failed. */
struct copy_side {
	const struct space *space;
	const struct abi_segment *segments;
	unsigned count;
};
err_t message_copy(const struct copy_side *to, const struct copy_side *from, size_t total, size_t *done) must_use;

/* Handles a message sends: `accept` is what the other side has room for. E_BAD_HANDLE E_RIGHTS E_HANDLE_ROOM E_BUSY
 * E_WRONG_TYPE E_PEER_GONE. */
err_t message_handles_check(const struct process *from, const struct abi_message *message, unsigned accept) must_use;
unsigned message_handles_pass(struct process *from, struct process *to, const struct abi_message *message, uint32_t received[LIMIT_HANDLES]);
void message_handles_hold(struct process *from, const struct abi_message *message, struct handle_entry *slots); /* send: kept in a slot */
unsigned message_handle_total(const struct abi_message *message);
user_ptr_t message_received_ptr(user_ptr_t message); /* where `received` lies in a message header */
