/* transfer.c - clients' requests, cut into pieces that fit a buffer. */
#include "transfer.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/block_server.h"

enum { REQUESTS_MAX = 16 };

struct transfer {
	nacre_token_t token;         /* 0: free */
	uintptr_t badge;
	enum disk_operation operation;
	uint64_t sector;
	uint8_t *data;               /* lent; NULL: a flush, or the client is gone */
	uint32_t bytes, asked;       /* to do, and of that asked; a flush has one byte to do */
	unsigned pieces;             /* that the device has */
	nacre_status_t status;
};

static struct transfer transfers[REQUESTS_MAX]; /* the oldest is at `oldest`, the others behind it, around the end */
static unsigned oldest;

/* What a buffer is for. */
static struct piece {
	struct transfer *transfer;
	uint32_t offset, bytes;
	uintptr_t badge;             /* whose bytes are in it; 0: nobody knows, as of the former life */
} pieces[BUFFERS];

nacre_status_t transfer_add(const struct nacre_request *request, enum disk_operation operation, uint64_t sector, void *data,
			    uint32_t bytes)
{
	for (unsigned i = 0; i < REQUESTS_MAX; i++) {
		struct transfer *transfer = &transfers[(oldest + i) % REQUESTS_MAX];

		if (transfer->token)
			continue;
		*transfer = (struct transfer){ .token = request->token, .badge = request->badge, .operation = operation,
					       .sector = sector, .data = data, .bytes = data ? bytes : 1 };
		transfer_pump();
		return NACRE_LATER;
	}
	return STATUS_FULL;
}

static void answer(struct transfer *transfer)
{
	/* Who is gone hears nothing: STALE_TOKEN. All three answers are a status and nothing else. */
	nacre_server_answer(transfer->token, transfer->status, NULL);
	transfer->token = 0;
	while (oldest + 1 < 2 * REQUESTS_MAX && !transfers[oldest % REQUESTS_MAX].token)
		oldest++;
	oldest %= REQUESTS_MAX;
}

static void piece_done(unsigned buffer, bool sound)
{
	struct piece *piece = &pieces[buffer];
	struct transfer *transfer = piece->transfer;

	if (!sound)
		transfer->status = STATUS_DEVICE;
	disk.statistics.errors += !sound;
	if (sound && transfer->operation == DISK_READ)
		disk.statistics.sectors_read += piece->bytes / BLOCK_SECTOR_BYTES;
	else if (sound && transfer->operation == DISK_WRITE)
		disk.statistics.sectors_written += piece->bytes / BLOCK_SECTOR_BYTES;
	if (sound && transfer->operation == DISK_READ && transfer->data)
		memcpy(transfer->data + piece->offset, disk_buffer(buffer), piece->bytes);
	transfer->pieces--;
	if (!transfer->pieces && (transfer->asked == transfer->bytes || transfer->status))
		answer(transfer);
}

/* A part of a failed request more would not help its client. */
static bool wants_more(const struct transfer *transfer)
{
	return transfer->token && transfer->asked < transfer->bytes && !transfer->status;
}

static void piece_ask(struct transfer *transfer, unsigned buffer)
{
	uint32_t bytes = (uint32_t)min_size(transfer->bytes - transfer->asked, BUFFER_BYTES);

	/* A disk may say that it filled the buffer, and not have done it. */
	if (pieces[buffer].badge != transfer->badge)
		memset(disk_buffer(buffer), 0, BUFFER_BYTES);
	pieces[buffer] = (struct piece){ transfer, transfer->asked, bytes, transfer->badge };
	if (transfer->operation == DISK_WRITE)
		memcpy(disk_buffer(buffer), transfer->data + transfer->asked, bytes);
	disk_ask(buffer, transfer->operation, transfer->sector + transfer->asked / BLOCK_SECTOR_BYTES,
		 transfer->operation == DISK_FLUSH ? 0 : bytes);
	transfer->asked += bytes;
	transfer->pieces++;
}

void transfer_pump(void)
{
	unsigned buffer;
	bool sound;

	while (disk_take(&buffer, &sound))
		piece_done(buffer, sound);
	for (unsigned i = 0; i < REQUESTS_MAX; i++) {
		struct transfer *transfer = &transfers[(oldest + i) % REQUESTS_MAX];

		while (wants_more(transfer) && disk_buffer_find(&buffer))
			piece_ask(transfer, buffer);
	}
}

void transfer_closed(uintptr_t badge)
{
	for (unsigned i = 0; i < BUFFERS; i++)
		if (pieces[i].badge == badge)
			pieces[i].badge = 0;
}

/* Asking after the token gives up the pages: from then on they may be another client's. */
void transfer_cancelled(uintptr_t badge)
{
	for (unsigned i = 0; i < REQUESTS_MAX; i++) {
		struct transfer *transfer = &transfers[i];

		if (!transfer->token || transfer->badge != badge || !nacre_server_token_check(transfer->token))
			continue;
		transfer->data = NULL;
		transfer->status = STATUS_DEVICE; /* so that no further piece is asked; nobody hears of it */
		if (!transfer->pieces)
			answer(transfer);
	}
	transfer_pump();
}
