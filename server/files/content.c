/* content.c - the bytes of a file. */
#include "content.h"
#include <string.h>
#include "base/bits.h"
#include "idl/files.h"

enum { SPAN_BITS = 10, SPAN = 1 << SPAN_BITS, HEIGHT_MAX = 2 };

/* Pages that a tree of this height can name. */
static uint32_t reach(unsigned height)
{
	return 1u << SPAN_BITS * height;
}

/* --- finding pages ------------------------------------------------------------------------------------- */

static uint32_t take_for(struct node *node, uint8_t client)
{
	uint32_t page = page_take(client);

	node->pages += page != 0;
	return page;
}

/* Puts new roots above the old one until the n-th page can be named. */
static bool grow(struct node *node, uint32_t n, uint8_t client)
{
	while (n >= reach(node->height)) {
		if (node->root) {
			uint32_t page = take_for(node, client);

			if (!page)
				return false;
			*(uint32_t *)page_at(page) = node->root;
			node->root = page;
		}
		node->height++;
	}
	return true;
}

uint32_t content_page(struct node *node, uint32_t n, bool take, uint8_t client)
{
	uint32_t *slot = &node->root;

	if (n >= reach(HEIGHT_MAX) || (n >= reach(node->height) && (!take || !grow(node, n, client))))
		return 0;
	for (unsigned height = node->height;; height--) {
		if (!*slot && take)
			*slot = take_for(node, client);
		if (!*slot || !height)
			return *slot;
		slot = (uint32_t *)page_at(*slot) + (n >> SPAN_BITS * (height - 1)) % SPAN;
	}
}

/* --- reading and writing ------------------------------------------------------------------------------- */

size_t content_read(const struct node *node, uint64_t offset, void *to, size_t size)
{
	size_t done = 0;

	size = offset < node->size ? (size_t)min_u64(size, node->size - offset) : 0;
	while (done < size) {
		size_t in_page = (size_t)(offset % PAGE_BYTES), part = min_size(size - done, PAGE_BYTES - in_page);
		uint32_t page = content_page((struct node *)node, (uint32_t)(offset / PAGE_BYTES), false, 0);

		if (page)
			memcpy((uint8_t *)to + done, (uint8_t *)page_at(page) + in_page, part);
		else
			memset((uint8_t *)to + done, 0, part);
		done += part;
		offset += part;
	}
	return done;
}

nacre_status_t content_write(struct node *node, uint8_t client, uint64_t offset, const void *from, size_t size,
			     size_t *written)
{
	*written = 0;
	if (offset >= CONTENT_BYTES_MAX)
		return FILES_TOO_BIG;
	size = (size_t)min_u64(size, CONTENT_BYTES_MAX - offset);
	while (*written < size) {
		size_t in_page = (size_t)(offset % PAGE_BYTES), part = min_size(size - *written, PAGE_BYTES - in_page);
		uint32_t page = content_page(node, (uint32_t)(offset / PAGE_BYTES), true, client);

		if (!page)
			break;
		memcpy((uint8_t *)page_at(page) + in_page, (const uint8_t *)from + *written, part);
		*written += part;
		offset += part;
		node->size = max_u64(node->size, offset);
	}
	if (!*written && size)
		return FILES_NO_SPACE;
	node_touch(node, true);
	return STATUS_OK;
}

/* --- cutting ------------------------------------------------------------------------------------------- */

/* Frees what a tree names from its n-th page on. True: nothing is left, the root is freed too. */
static bool cut_below(struct node *node, uint32_t root, unsigned height, uint32_t from)
{
	uint32_t *slots = page_at(root), span = height ? reach(height - 1) : 0;
	bool empty = from == 0;

	for (uint32_t i = height ? from / span : SPAN; i < SPAN; i++) {
		uint32_t start = i * span;

		if (slots[i] && cut_below(node, slots[i], height - 1, from > start ? from - start : 0))
			slots[i] = 0;
	}
	if (empty) {
		page_give(root);
		node->pages--;
	}
	return empty;
}

void content_cut(struct node *node, uint32_t from)
{
	if (node->root && from < reach(node->height) && cut_below(node, node->root, node->height, from))
		node->root = 0;
	if (!node->root)
		node->height = 0;
}

nacre_status_t content_resize(struct node *node, uint64_t size)
{
	size_t in_page = (size_t)(size % PAGE_BYTES);
	uint32_t page;

	if (size > CONTENT_BYTES_MAX)
		return FILES_TOO_BIG;
	if (size < node->size) {
		/* I4: what is lengthened again must read as zeros. */
		page = in_page ? content_page(node, (uint32_t)(size / PAGE_BYTES), false, 0) : 0;
		if (page)
			memset((uint8_t *)page_at(page) + in_page, 0, PAGE_BYTES - in_page);
		node->size = size;
		content_cut(node, (uint32_t)((size + PAGE_BYTES - 1) / PAGE_BYTES));
	}
	node->size = size;
	node_touch(node, true);
	return STATUS_OK;
}

/* --- checking ------------------------------------------------------------------------------------------ */

static void check_below(struct node *node, uint32_t *slot, unsigned height)
{
	if (!*slot)
		return;
	if (*slot < store->first_page || *slot >= store->pages || owners[*slot] & OWNER_MARK) {
		*slot = 0;
		return;
	}
	owners[*slot] = (owners[*slot] ? owners[*slot] : OWNER_LEFT) | OWNER_MARK;
	node->pages++;
	for (uint32_t i = 0; height && i < SPAN; i++)
		check_below(node, (uint32_t *)page_at(*slot) + i, height - 1);
}

void content_check(struct node *node)
{
	node->pages = 0;
	if (node->height > HEIGHT_MAX || node->size > CONTENT_BYTES_MAX) {
		node->root = node->height = 0;
		node->size = 0;
	}
	check_below(node, &node->root, node->height);
}
