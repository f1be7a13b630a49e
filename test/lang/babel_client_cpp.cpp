/* babel_client_cpp.cpp - asks a server of test/lang/babel.nid through the classes for C++, and checks what comes back.
 * What travels is the C stubs' business, and tested with them; this is about handles, results, listening, new.
 * babel-client-cpp PATH: the server's name. */
#include <stdio.h>
#include <string.h>
#include "idl/awkward.hpp"
#include "idl/awkward_server.hpp"
#include "idl/babel.hpp"
#include "nacre/clock.h"
#include "nacre/startup.h"

using nacre::idl::babel::Client;
using nacre::idl::babel::Listener;

namespace {

/* Where something was not as it should be; 0: nowhere. */
int wrong;

void expect(bool is_so, int line = __builtin_LINE())
{
	if (is_so || wrong)
		return;
	wrong = line;
	printf("not so, line %d\n", line);
}

void values(const Client &babel)
{
	auto small = babel.small(255, -128, 65535, 32767, false);
	expect(small && small->a1 == 0 && small->b1 == -127 && small->c1 == 0 && small->d1 == -32768 && small->e1);
	auto wide = babel.wide(1ull << 40, -1);
	expect(wide && wide->sum == (1ull << 40) - 1 && wide->difference == (1ll << 40) + 1);
	const uint32_t who[4] = { 1, 2, 3, 0xffffffff };
	auto mixed = babel.mixed(who, -1000000000);
	expect(mixed && mixed->turned[0] == 0xffffffff && mixed->turned[3] == 1 && mixed->twice == -2000000000);
	expect(babel.choose(BABEL_COLOUR_BLUE, BABEL_MODE_LOUD)->next == BABEL_COLOUR_RED);
	expect(babel.fail(BABEL_BROKEN) == BABEL_BROKEN);
	expect(babel.load("nothing").status() == STATUS_NOT_FOUND);
}

void copied(const Client &babel)
{
	babel_record record = {};
	char text[BABEL_TEXT_BYTES + 1];

	record.big = 0x123456789abcdef0;
	record.mode = BABEL_MODE_LOUD;
	record.colour = BABEL_COLOUR_BLUE;
	strcpy(record.label, "C++");
	expect(bool(babel.store(&record, "record 0")));
	auto loaded = babel.load("record 0");
	expect(loaded && loaded->record.big == record.big && !strcmp(loaded->record.label, "C++"));
	auto described = babel.describe("record 0", text, sizeof(text));
	expect(described && !strcmp(text, "[record 0]") && described->record.colour == BABEL_COLOUR_BLUE);
	auto joined = babel.join("one", " two", 4, text, sizeof(text));
	expect(joined && joined->joined_length == 7 && !memcmp(text, "one two", 7));
}

uint32_t in_use()
{
	nacre_process_state state = {};

	nacre_process_info(nacre_self_process(), &state);
	return state.handles;
}

void handles(const Client &babel)
{
	uint32_t before = in_use();
	{
		auto made = babel.make(5, true);
		expect(made && made->memory && made->second);
		expect(in_use() == before + 2);
		nacre::handle kept = nacre::move(made->memory);
		expect(kept && !made->memory);
	}
	expect(in_use() == before);
}

class heard final : public Listener {
public:
	nacre_handle_t mailbox = NACRE_HANDLE_NONE;
	uint64_t count = 0;
	uintptr_t signals = 0;
	unsigned events = 0;

private:
	void enough()
	{
		if (events == 2 && signals)
			nacre_handle_close(mailbox); /* which ends run_ */
	}

	nacre_status_t ticked(nacre_request &, const babel_ticked_in &in) override
	{
		count = in.count;
		events++;
		enough();
		return STATUS_OK;
	}

	void signalled_(uintptr_t, uintptr_t bits) override
	{
		signals |= bits;
		enough();
	}
};

void listening(const Client &babel)
{
	auto *listener = new heard;
	char note[BABEL_NOTE_BYTES + 1];
	nacre::handle connection;

	expect(nacre_server_create(nacre_self_budget(), &listener->mailbox) == NACRE_E_OK);
	expect(nacre_connection_mint(listener->mailbox, nacre_self_budget(), 7, 4, 0, 0, connection.out()) == NACRE_E_OK);
	expect(babel.listen(connection.get()) == STATUS_OK);
	expect(babel.tick(1, "", 0) == STATUS_OK && babel.tick_send(2, "sent", 4) == STATUS_OK);
	auto ticks = babel.ticks(note, sizeof(note));
	expect(ticks && ticks->last_length == 4 && !memcmp(note, "sent", 4));
	listener->run_(listener->mailbox);
	nacre_thread_buffer_set(nullptr, 0);
	expect(listener->signals == BABEL_SIGNAL_TICKED && listener->count == ticks->count);
	delete listener;
}

void waiting(Client &babel)
{
	char text[BABEL_NOTE_BYTES + 1];

	babel.deadline_ns_ = nacre_deadline_in(5 * NACRE_MS);
	expect(babel.reach(UINT64_MAX, text, sizeof(text)).status() == NACRE_E_TIMEOUT);
	babel.deadline_ns_ = NACRE_DEADLINE_NEVER;
	expect(babel.reach(1, text, sizeof(text)) && !strcmp(text, "there"));
}

} // namespace

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "";
	auto connected = Client::connect(path);

	if (!connected) {
		printf("%s: %s\n", path, nacre_error_sentence(connected.status()));
		return 1;
	}
	Client babel = nacre::move(*connected);
	values(babel);
	copied(babel);
	handles(babel);
	listening(babel);
	waiting(babel);
	expect(Client::connect(path, 2 << 16).status() == STATUS_METHOD);
	if (!wrong)
		printf("C++ at %s: all as it should be\n", path);
	return wrong != 0;
}
