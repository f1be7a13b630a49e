/* inputs.c - two devices at one mailbox.
 *
 * A watch tells once. It ends when it told, and when the driver died: then the connection that it was given is closed, and the
 * mailbox hears of that. So whatever comes of the last watch means: look again. What comes of an earlier one means nothing. */
#include "abi/nacre_calls.h"
#include "devices.h"
#include "nacre/startup.h"

enum { BADGE_INPUTS = 2, PRIORITY = 8 };

struct input inputs[INPUTS];
static nacre_handle_t mailbox;

static void input_open(struct input *input, const char *path)
{
	if (input_connect_now(path, &input->connection))
		return;
	for (uint16_t code = 0; code < 2; code++)
		input_axis(input->connection, code, &input->axes[code]);
}

void inputs_open(void)
{
	input_open(&inputs[0], "dev/input0");
	input_open(&inputs[1], "dev/input1");
}

/* All that waits. END: `take` has had enough. */
static nacre_status_t drain(const struct input *input, bool (*take)(const struct input *input, const struct input_event *event))
{
	static struct input_event events[INPUT_QUEUE_EVENTS];
	nacre_status_t status;
	uint32_t lost;
	size_t bytes;

	for (;;) {
		status = input_fetch(input->connection, INPUT_PATIENCE_NOW, &lost, events, sizeof(events), &bytes);
		if (status)
			return status == STATUS_NOT_READY || status == NACRE_E_PEER_GONE ? STATUS_OK : status;
		for (size_t i = 0; i < bytes / sizeof(events[0]); i++)
			if (!take(input, &events[i]))
				return STATUS_END;
	}
}

/* Our own handle is closed, so that the driver's is the last one. */
static nacre_status_t watch(struct input *input, bool *now)
{
	uintptr_t badge = (uintptr_t)++input->watch * BADGE_INPUTS + (uintptr_t)(input - inputs);
	nacre_handle_t notice;
	nacre_err_t error = nacre_connection_mint(mailbox, nacre_self_budget(), badge, 0, 0, PRIORITY, &notice);
	nacre_status_t status;

	if (error)
		return error;
	status = input_watch(input->connection, 1, notice, now);
	nacre_handle_close(notice);
	return status == NACRE_E_PEER_GONE ? STATUS_OK : status;
}

static nacre_status_t look(struct input *input, bool (*take)(const struct input *input, const struct input_event *event))
{
	nacre_status_t status = STATUS_OK;
	bool now = true;

	while (!status && now) {
		now = false;
		status = drain(input, take);
		if (!status)
			status = watch(input, &now);
	}
	return status;
}

static struct input *input_of(uintptr_t badge)
{
	struct input *input = &inputs[badge % BADGE_INPUTS];

	return badge / BADGE_INPUTS == input->watch ? input : NULL;
}

nacre_status_t inputs_run(bool (*take)(const struct input *input, const struct input_event *event))
{
	nacre_status_t status = nacre_server_create(nacre_self_budget(), &mailbox);

	for (unsigned i = 0; !status && i < INPUTS; i++)
		if (inputs[i].connection)
			status = look(&inputs[i], take);
	while (!status) {
		struct nacre_received received = { 0 };
		struct input *input;

		status = nacre_server_receive(mailbox, NACRE_DEADLINE_NEVER, NULL, &received);
		input = status ? NULL : input_of(received.badge);
		if (input)
			status = look(input, take);
	}
	return status;
}
