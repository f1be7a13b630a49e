/* main.c - a counter server of protocol version 1.0. It knows nothing of what came later. */
#include "base/string.h"
#include "v1/idl/counter_server.h"

enum { COUNTERS_MAX = 4 };

static struct counter {
	char name[COUNTER_NAME_BYTES + 1]; /* "": free */
	struct counter_state state;
	bool loud;
} counters[COUNTERS_MAX];

static struct counter *find(const char *name)
{
	for (unsigned i = 0; i < COUNTERS_MAX; i++)
		if (string_equal(counters[i].name, name))
			return &counters[i];
	return NULL;
}

static struct counter *make(const char *name)
{
	struct counter *counter = find(name);

	counter = counter ? counter : find("");
	if (counter && !counter->name[0]) {
		*counter = (struct counter){ .state = { .limit = UINT64_MAX } };
		string_copy(counter->name, sizeof(counter->name), name);
	}
	return counter;
}

static nacre_status_t add_to(const char *name, uint32_t by, uint64_t *value)
{
	struct counter *counter = make(name);

	if (!counter)
		return STATUS_FULL;
	counter->state.value += by;
	*value = counter->state.value;
	return STATUS_OK;
}

static nacre_status_t add(struct nacre_request *request, const struct counter_add_in *in, struct counter_add_out *out)
{
	(void)request;
	return add_to(in->name, in->by, &out->value);
}

static nacre_status_t get(struct nacre_request *request, const struct counter_get_in *in, struct counter_get_out *out)
{
	const struct counter *counter = find(in->name);

	(void)request;
	if (!counter)
		return STATUS_NOT_FOUND;
	out->state = counter->state;
	out->note = counter->loud ? "counts aloud" : "";
	out->note_size = string_length(out->note);
	return STATUS_OK;
}

static nacre_status_t set(struct nacre_request *request, const struct counter_set_in *in)
{
	struct counter *counter = find(in->name);

	(void)request;
	if (!counter)
		return STATUS_NOT_FOUND;
	counter->state = in->state;
	counter->loud = in->way & COUNTER_WAY_LOUD;
	return STATUS_OK;
}

static nacre_status_t tick(struct nacre_request *request, const struct counter_tick_in *in)
{
	uint64_t value;

	(void)request;
	return add_to("tick", in->by, &value);
}

int main(void)
{
	static const struct counter_handlers handlers = { .add = add, .get = get, .set = set, .tick = tick };

	return counter_run(&handlers);
}
