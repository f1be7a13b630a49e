/* main.c - a client of protocol version 1.0: asks for all that it knows, whatever the server's version. One line a check,
 * for tool/test/part_versions.py. */
#include <stdio.h>
#include <string.h>
#include "v1/idl/counter_client.h"

static nacre_handle_t counter;

static void check(const char *name, bool good)
{
	printf("%s %s\n", good ? "good" : "bad", name);
}

static void words(void)
{
	uint64_t value = 0;

	check("add", counter_add(counter, "one", 40, &value) == STATUS_OK && value == 40 &&
		     counter_add(counter, "one", 2, &value) == STATUS_OK && value == 42);
	check("tick", counter_tick(counter, 3) == STATUS_OK && counter_tick(counter, 4) == STATUS_OK &&
		      counter_add(counter, "tick", 0, &value) == STATUS_OK && value == 7);
	check("refusal", counter_get(counter, "none", NULL, NULL, 0, NULL) == STATUS_NOT_FOUND);
}

/* What lies behind the struct is not the server's to write to, however much longer its own struct is. */
static void structs(void)
{
	struct {
		struct counter_state state;
		uint8_t behind[64];
	} place;
	char note[41] = "x";
	nacre_status_t status;
	bool untouched = true;

	memset(&place, 0xee, sizeof(place));
	status = counter_get(counter, "one", &place.state, note, sizeof(note), NULL);
	for (size_t i = 0; i < sizeof(place.behind); i++)
		untouched &= place.behind[i] == 0xee;
	check("get", status == STATUS_OK && place.state.value == 42 && place.state.limit == UINT64_MAX &&
		     place.state.overflow == COUNTER_OVERFLOW_WRAP && !note[0]);
	check("get_size", place.state.size == sizeof(struct counter_state) && untouched);
}

static void set(void)
{
	const struct counter_state given = { .overflow = COUNTER_OVERFLOW_STOP, .value = 1ull << 40, .limit = 9, .label = "label" };
	struct counter_state state;
	char note[41];

	check("set", counter_set(counter, "one", &given, COUNTER_WAY_LOUD) == STATUS_OK &&
		     counter_get(counter, "one", &state, note, sizeof(note), NULL) == STATUS_OK && state.value == given.value &&
		     state.overflow == given.overflow && state.limit == 9 && !strcmp(state.label, "label") &&
		     !strcmp(note, "counts aloud"));
}

int main(void)
{
	check("connect", counter_connect("svc/counter", &counter) == STATUS_OK);
	words();
	structs();
	set();
	return 0;
}
