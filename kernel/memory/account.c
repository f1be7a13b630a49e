/* account.c - the counters of a budget. */
#include "memory/account.h"
#include "memory/slab.h"

static void start(struct account *account, struct account *parent, size_t pages)
{
	*account = (struct account){ .parent = parent, .limit = pages };
	for (unsigned i = 0; i < SLAB_CLASSES; i++)
		list_init(&account->slabs[i]);
}

void account_init_root(struct account *account, size_t pages)
{
	start(account, NULL, pages);
}

size_t account_left(const struct account *account)
{
	return account->limit - account->charged - account->given;
}

err_t account_init(struct account *account, struct account *parent, size_t pages)
{
	if (pages > account_left(parent))
		return E_BUDGET;
	parent->given += pages;
	start(account, parent, pages);
	return E_OK;
}

err_t account_resize(struct account *account, size_t pages)
{
	if (!account->parent)
		return E_STATE;
	if (pages < account->charged + account->given)
		return E_BUDGET;
	if (pages > account->limit && pages - account->limit > account_left(account->parent))
		return E_BUDGET;
	account->parent->given += pages - account->limit; /* modulo the word: may be a decrease */
	account->limit = pages;
	return E_OK;
}

void account_close(struct account *account)
{
	assert(!account->charged && !account->given);
	if (account->parent)
		account->parent->given -= account->limit;
	account->limit = 0;
}

err_t account_charge(struct account *account, size_t pages)
{
	if (pages > account_left(account))
		return E_BUDGET;
	account->charged += pages;
	return E_OK;
}

void account_release(struct account *account, size_t pages)
{
	assert(pages <= account->charged);
	account->charged -= pages;
}

paddr_t account_page_raw(struct account *account, enum frame_kind kind)
{
	return account_charge(account, 1) ? 0 : frame_alloc(kind);
}

paddr_t account_page(struct account *account, enum frame_kind kind)
{
	paddr_t page = account_page_raw(account, kind);

	if (page)
		frame_zero(page);
	return page;
}

void account_page_free(struct account *account, paddr_t page)
{
	assert(frame_of(page)->refs == 1); /* else the frame would live on with nobody paying */
	frame_drop(page);
	account_release(account, 1);
}

void account_check(const struct account *account)
{
	assert(account->charged <= account->limit && account->given <= account->limit - account->charged); /* I1 */
	assert(!account->parent || account->limit <= account->parent->given);                              /* I2 */
	slab_check(account);
}
