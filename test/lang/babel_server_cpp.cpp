/* babel_server_cpp.cpp - the server of test/lang/babel.nid in C++, as far as it differs from the one in C: state in
 * members, handles that close themselves. */
#include <string.h>
#include "idl/babel_server.hpp"
#include "nacre/area.h"

namespace {

enum { RECORDS = 4, PEERS = 8, CONNECT_SLOTS = 4 };

/* What belongs to one client, by the badge of its connection; 0: free. */
struct peer {
	uintptr_t badge = 0;
	uint64_t count = 0, goal = 0;
	uint8_t note[BABEL_NOTE_BYTES] = {};
	size_t note_size = 0;
	nacre::handle listener;
	nacre_token_t waiting = 0;
	nacre_room room = {};
};

class babel_server final : public nacre::idl::babel::Server {
	struct kept {
		char name[BABEL_NAME_BYTES + 1];
		babel_record record;
	};
	kept records_[RECORDS];
	uint32_t count_ = 0;
	peer peers_[PEERS];
	uint8_t space_[BABEL_NAME_BYTES + BABEL_DATA_BYTES];

	peer *peer_of(uintptr_t badge)
	{
		for (auto &each : peers_)
			if (each.badge == badge)
				return &each;
		for (auto &each : peers_) {
			if (each.badge)
				continue;
			each = peer();
			each.badge = badge;
			return &each;
		}
		return nullptr;
	}

	const babel_record *find(const char *name) const
	{
		for (uint32_t i = 0; i < count_; i++)
			if (!strcmp(records_[i].name, name))
				return &records_[i].record;
		return nullptr;
	}

	nacre_status_t connect(nacre_request &request, uint32_t process, nacre::handle &connection) override
	{
		return nacre_connection_mint(request.server->handle, nacre_self_budget(), process, CONNECT_SLOTS, 1, 0, connection.out());
	}

	nacre_status_t small(nacre_request &, const babel_small_in &in, babel_small_out &out) override
	{
		out = { uint8_t(in.a + 1), int8_t(in.b + 1), uint16_t(in.c + 1), int16_t(in.d + 1), !in.e };
		return STATUS_OK;
	}

	nacre_status_t wide(nacre_request &, const babel_wide_in &in, babel_wide_out &out) override
	{
		out = { in.a + uint64_t(in.b), int64_t(in.a - uint64_t(in.b)) };
		return STATUS_OK;
	}

	nacre_status_t mixed(nacre_request &, const babel_mixed_in &in, babel_mixed_out &out) override
	{
		out = { { in.who[3], in.who[2], in.who[1], in.who[0] }, int32_t(uint32_t(in.n) * 2) };
		return STATUS_OK;
	}

	nacre_status_t choose(nacre_request &, const babel_choose_in &in, babel_choose_out &out) override
	{
		out.next = in.colour == BABEL_COLOUR_RED ? BABEL_COLOUR_GREEN :
			   in.colour == BABEL_COLOUR_GREEN ? BABEL_COLOUR_BLUE : BABEL_COLOUR_RED;
		out.others = (BABEL_MODE_QUICK | BABEL_MODE_QUIET | BABEL_MODE_LOUD) & ~in.mode;
		return STATUS_OK;
	}

	nacre_status_t store(nacre_request &, const babel_store_in &in, babel_store_out &out) override
	{
		uint32_t place = 0;

		while (place < count_ && strcmp(records_[place].name, in.name) != 0)
			place++;
		if (place == RECORDS)
			return STATUS_FULL;
		memcpy(records_[place].name, in.name, in.name_size + 1);
		records_[place].record = in.record;
		count_ += place == count_;
		out.count = count_;
		return STATUS_OK;
	}

	nacre_status_t load(nacre_request &, const babel_load_in &in, babel_load_out &out) override
	{
		const babel_record *record = find(in.name);

		if (!record)
			return STATUS_NOT_FOUND;
		out.record = *record;
		return STATUS_OK;
	}

	nacre_status_t describe(nacre_request &, const babel_describe_in &in, babel_describe_out &out) override
	{
		const babel_record *record = find(in.name);

		if (!record)
			return STATUS_NOT_FOUND;
		out.record = *record;
		space_[0] = '[';
		memcpy(space_ + 1, in.name, in.name_size);
		space_[in.name_size + 1] = ']';
		out.text = reinterpret_cast<const char *>(space_);
		out.text_size = in.name_size + 2;
		return STATUS_OK;
	}

	nacre_status_t join(nacre_request &, const babel_join_in &in, babel_join_out &out) override
	{
		memcpy(space_, in.first, in.first_size);
		memcpy(space_ + in.first_size, in.second, in.second_size);
		out = { space_, in.first_size + in.second_size };
		return STATUS_OK;
	}

	nacre_status_t list(nacre_request &, const babel_list_in &in, babel_list_out &out) override
	{
		size_t left = in.words_size;

		for (const char *word = in.words; word < in.words + in.words_size; word += strlen(word) + 1) {
			left -= strlen(word) + 1;
			memcpy(space_ + left, word, strlen(word) + 1);
			out.count++;
		}
		out.reversed = reinterpret_cast<const char *>(space_);
		out.reversed_size = in.words_size;
		return STATUS_OK;
	}

	nacre_status_t sum(nacre_request &, const babel_sum_in &in, babel_sum_out &out) override
	{
		auto bytes = static_cast<const volatile uint8_t *>(in.data);

		out.total = in.start;
		for (size_t i = 0; i < in.data_size; i++)
			out.total += bytes[i];
		return STATUS_OK;
	}

	nacre_status_t fill(nacre_request &, const babel_fill_in &in) override
	{
		memset(in.data, in.with, in.data_size);
		return STATUS_OK;
	}

	nacre_status_t take(nacre_request &, const babel_take_in &in, babel_take_out &out) override
	{
		nacre_area area;
		uintptr_t pages = 0, options = 0;
		nacre_status_t status = nacre_memory_claim(in.memory, nacre_self_budget());

		if (!status)
			status = nacre_memory_info(in.memory, &pages, &options);
		if (status)
			return status;
		if (in.offset > pages * NACRE_PAGE_BYTES - sizeof(out.value))
			return NACRE_E_TOO_LONG;
		status = nacre_area_map(&area, in.memory, 0, pages, NACRE_PROT_READ);
		if (status)
			return status;
		memcpy(&out.value, static_cast<const char *>(area.base) + in.offset, sizeof(out.value));
		return nacre_area_unmap(&area);
	}

	static uint32_t type_of(nacre_handle_t handle)
	{
		uintptr_t type = 0, rights = 0;

		return handle && nacre_handle_info(handle, &type, &rights) == NACRE_E_OK ? uint32_t(type) : 0;
	}

	nacre_status_t show(nacre_request &, const babel_show_in &in, babel_show_out &out) override
	{
		out = { type_of(in.to), type_of(in.budget) };
		return STATUS_OK;
	}

	static nacre_status_t made(uint32_t value, nacre::handle &memory)
	{
		nacre_area area;
		nacre_status_t status = nacre_area_create(&area, 1, NACRE_MEMORY_SHARED);

		if (status)
			return status;
		memcpy(area.base, &value, sizeof(value));
		memory.reset(area.memory);
		return nacre_area_unmap(&area);
	}

	nacre_status_t make(nacre_request &, const babel_make_in &in, babel_make_out &out) override
	{
		nacre::handle first, second;
		nacre_status_t status = made(in.value, first);

		if (!status && in.two)
			status = made(in.value + 1, second);
		if (status)
			return status;
		out.memory = first.release();
		out.second = second.release();
		return STATUS_OK;
	}

	static void counted(peer &peer)
	{
		babel_reach_out reached = { peer.count, "reached", 7 };

		if (peer.listener) {
			nacre_connection_signal(peer.listener.get(), BABEL_SIGNAL_TICKED);
			babel_ticked_send(peer.listener.get(), peer.count, BABEL_COLOUR_GREEN, peer.note, peer.note_size);
		}
		if (!peer.waiting || peer.count < peer.goal)
			return;
		babel_reach_answer(peer.waiting, peer.room, STATUS_OK, &reached);
		peer.waiting = 0;
	}

	nacre_status_t tick(nacre_request &request, const babel_tick_in &in) override
	{
		peer *peer = peer_of(request.badge);

		if (!peer)
			return STATUS_FULL;
		peer->count += in.by;
		memcpy(peer->note, in.note, in.note_size);
		peer->note_size = in.note_size;
		counted(*peer);
		return STATUS_OK;
	}

	nacre_status_t ticks(nacre_request &request, const babel_ticks_in &, babel_ticks_out &out) override
	{
		const peer *peer = peer_of(request.badge);

		if (!peer)
			return STATUS_FULL;
		out = { peer->count, peer->note, peer->note_size };
		return STATUS_OK;
	}

	nacre_status_t reach(nacre_request &request, const babel_reach_in &in, babel_reach_out &out) override
	{
		peer *peer = peer_of(request.badge);

		if (!peer)
			return STATUS_FULL;
		if (peer->count >= in.goal) {
			out = { peer->count, "there", 5 };
			return STATUS_OK;
		}
		if (peer->waiting && nacre_server_token_check(peer->waiting) == NACRE_E_OK)
			return NACRE_E_BUSY;
		peer->waiting = request.token;
		peer->goal = in.goal;
		peer->room = in.room;
		return NACRE_LATER;
	}

	nacre_status_t fail(nacre_request &, const babel_fail_in &in) override
	{
		return in.status;
	}

	nacre_status_t listen(nacre_request &request, const babel_listen_in &in) override
	{
		peer *peer = peer_of(request.badge);

		if (!peer)
			return STATUS_FULL;
		peer->listener.reset(nacre_request_keep(&request, in.to));
		return STATUS_OK;
	}

	nacre_status_t newest(nacre_request &, babel_newest_out &out) override
	{
		out.number = BABEL_VERSION;
		return STATUS_OK;
	}

	void closed_(uintptr_t badge) override
	{
		if (peer *peer = peer_of(badge))
			*peer = {};
	}
};

} // namespace

int main()
{
	static babel_server server;

	return server.run_() ? 1 : 0;
}
