/* setup.c - memory, mailbox and bell of one end. */
#include "ring/setup.h"
#include "abi/nacre_calls.h"
#include "nacre/startup.h"

enum { MEMORY, BELL };
enum { MEMORY_RIGHTS = NACRE_RIGHT_READ | NACRE_RIGHT_WRITE | NACRE_RIGHT_INSPECT | NACRE_RIGHT_TRANSFER,
       BELL_RIGHTS = NACRE_RIGHT_SIGNAL | NACRE_RIGHT_TRANSFER };

static bool is_size(size_t bytes)
{
	return bytes >= NACRE_RING_LEAST_BYTES && bytes <= NACRE_RING_MOST_BYTES && !(bytes & (bytes - 1));
}

static size_t pages_for(size_t bytes)
{
	return NACRE_PAGES(sizeof(struct nacre_ring_memory) + bytes);
}

static void handle_drop(nacre_handle_t *handle)
{
	if (*handle != NACRE_HANDLE_NONE)
		nacre_handle_close(*handle);
	*handle = NACRE_HANDLE_NONE;
}

/* The other side's bell: the only handle that keeps CLOSED from arriving here. */
static nacre_err_t bell_make(struct nacre_ring *ring, const struct nacre_ring_where *where)
{
	nacre_handle_t server = where->server, connection = NACRE_HANDLE_NONE;
	nacre_err_t error;

	if (server == NACRE_HANDLE_NONE) {
		error = nacre_server_create(nacre_self_budget(), &ring->mailbox);
		if (error)
			return error;
		server = ring->mailbox;
	}
	error = nacre_connection_mint(server, nacre_self_budget(), where->badge, 0, 0, where->priority, &connection);
	if (error)
		return error;
	error = nacre_handle_duplicate(connection, BELL_RIGHTS, &ring->gift[BELL]);
	nacre_handle_close(connection);
	return error;
}

static void clear(struct nacre_ring *ring, size_t bytes)
{
	*ring = (struct nacre_ring){ .size = (uint32_t)bytes };
}

static nacre_status_t ended(struct nacre_ring *ring, nacre_err_t error)
{
	if (error)
		nacre_ring_close(ring);
	return error;
}

nacre_status_t nacre_ring_offer(struct nacre_ring *ring, size_t bytes, const struct nacre_ring_where *where)
{
	nacre_err_t error;

	clear(ring, bytes);
	if (!is_size(bytes))
		return NACRE_E_ARGUMENT;
	error = nacre_area_create(&ring->area, pages_for(bytes), NACRE_MEMORY_SHARED);
	if (!error)
		error = nacre_handle_duplicate(ring->area.memory, MEMORY_RIGHTS, &ring->gift[MEMORY]);
	if (!error)
		error = bell_make(ring, where);
	return ended(ring, error);
}

/* Of memory that somebody else made. */
static nacre_err_t memory_check(nacre_handle_t memory, size_t bytes)
{
	uintptr_t pages = 0, options = 0;
	nacre_err_t error = nacre_memory_info(memory, &pages, &options);

	if (error)
		return error;
	return options == NACRE_MEMORY_SHARED && pages >= pages_for(bytes) ? NACRE_E_OK : NACRE_E_ARGUMENT;
}

nacre_status_t nacre_ring_accept(struct nacre_ring *ring, size_t bytes, nacre_handle_t memory, nacre_handle_t bell,
				 const struct nacre_ring_where *where)
{
	nacre_err_t error;

	clear(ring, bytes);
	ring->area.memory = memory;
	ring->bell = bell;
	error = is_size(bytes) ? memory_check(memory, bytes) : NACRE_E_ARGUMENT;
	if (!error)
		error = nacre_area_map(&ring->area, memory, 0, pages_for(bytes), NACRE_PROT_READ | NACRE_PROT_WRITE);
	if (!error)
		error = bell_make(ring, where);
	return ended(ring, error);
}

static void open(struct nacre_ring *ring, nacre_handle_t bell)
{
	if (bell != NACRE_HANDLE_NONE)
		ring->bell = bell;
	handle_drop(&ring->gift[MEMORY]);
	handle_drop(&ring->gift[BELL]);
}

void nacre_ring_writer_open(struct nacre_ring_writer *writer, nacre_handle_t bell)
{
	nacre_ring_writer_init(writer, writer->ring.area.base, writer->ring.size);
	open(&writer->ring, bell);
}

void nacre_ring_reader_open(struct nacre_ring_reader *reader, nacre_handle_t bell)
{
	nacre_ring_reader_init(reader, reader->ring.area.base, reader->ring.size);
	open(&reader->ring, bell);
}

void nacre_ring_close(struct nacre_ring *ring)
{
	if (ring->area.base)
		nacre_area_unmap(&ring->area); /* shared memory is never lent, so this cannot fail */
	handle_drop(&ring->area.memory);
	handle_drop(&ring->gift[MEMORY]);
	handle_drop(&ring->gift[BELL]);
	handle_drop(&ring->bell);
	handle_drop(&ring->mailbox);
}
