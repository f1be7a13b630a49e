/* load_net.c - a card's client: frames to another card on the same network, and back. */
#include "inject.h"
#include "base/string.h"
#include "idl/net_client.h"
#include "nacre/clock.h"

enum { TYPE = 0x88b5, SIZE = 600 }; /* TYPE: for experiments, IEEE 802 */

static nacre_handle_t card, other;
static const uint8_t address_card[6] = { 0x52, 0x54, 0, 0, 0, 0x0a }, address_other[6] = { 0x52, 0x54, 0, 0, 0, 0x0b };
static uint8_t sent[SIZE], got[NET_FRAME_BYTES];

static bool open(void)
{
	return net_connect_now("dev/net0", &card) == STATUS_OK && net_connect_now("dev/net1", &other) == STATUS_OK;
}

static void frame_make(const uint8_t *to, const uint8_t *from, uint32_t number, uint8_t way)
{
	memcpy(sent, to, 6);
	memcpy(sent + 6, from, 6);
	sent[12] = TYPE >> 8, sent[13] = TYPE & 255;
	for (size_t i = 14; i < SIZE; i++)
		sent[i] = (uint8_t)(number * 5 + i + way);
	memcpy(sent + 14, &number, sizeof(number));
	sent[18] = way;
}

/* Is it the frame that was just sent, or one of an earlier round? */
static enum answer frame_judge(size_t size, bool *earlier)
{
	*earlier = size == SIZE && memcmp(got + 14, sent + 14, 5) != 0;
	return size == SIZE && !memcmp(got, sent, SIZE) ? ANSWER_RIGHT : ANSWER_WRONG;
}

static enum answer judge(nacre_status_t status)
{
	return status == NACRE_E_TIMEOUT ? ANSWER_LATE : ANSWER_REFUSED;
}

static enum answer receive(nacre_handle_t from, uint64_t end_ns)
{
	size_t size;

	while (nacre_clock_ns() < end_ns) { /* a broken driver may answer at once, for ever */
		nacre_status_t status = net_receive_until(from, end_ns, NET_PATIENCE_WAIT, got, sizeof(got), &size);
		enum answer answer;
		bool earlier;

		if (status)
			return judge(status);
		if (size >= 14 && (got[12] != TYPE >> 8 || got[13] != (TYPE & 255)))
			continue;
		answer = frame_judge(size, &earlier);
		if (answer == ANSWER_RIGHT || !earlier)
			return answer;
	}
	return ANSWER_LATE;
}

static enum answer one_way(nacre_handle_t from, nacre_handle_t to)
{
	uint64_t end_ns = nacre_deadline_in(ROUND_NS);
	nacre_status_t status;

	do
		status = net_send_until(from, end_ns, sent, SIZE);
	while (status == STATUS_NOT_READY && nacre_clock_ns() < end_ns);
	if (status == STATUS_NOT_READY)
		return ANSWER_LATE;
	return status ? judge(status) : receive(to, end_ns);
}

static enum answer serve_round(uint32_t number)
{
	enum answer answer;
	struct net_link link;
	nacre_status_t status;

	frame_make(address_other, address_card, number, 1);
	answer = one_way(card, other);
	if (answer != ANSWER_RIGHT)
		return answer;
	frame_make(address_card, address_other, number, 2);
	answer = one_way(other, card);
	if (answer != ANSWER_RIGHT)
		return answer;
	status = net_link_until(card, nacre_deadline_in(ROUND_NS), &link);
	if (status)
		return judge(status);
	return !memcmp(link.address, address_card, 6) && link.state == NET_LINK_STATE_UP && link.payload_bytes == 1500 ? ANSWER_RIGHT
														       : ANSWER_WRONG;
}

const struct load load_net = { "virtio-net", open, serve_round };
