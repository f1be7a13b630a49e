/* net.c - asking the network: ARP (RFC 826) and ICMP echo (RFC 792) by raw frames, to the host that QEMU makes up. A network may
 * lose frames, and a driver that dies does; so who asks a network asks again, and only a question without any answer is lost. */
#include "net.h"
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/net_client.h"
#include "nacre/clock.h"

enum { ETHERNET = 14, ARP_BYTES = 42, ECHO_DATA = 200, ICMP = 8 + ECHO_DATA, IP = 20, ECHO_BYTES = ETHERNET + IP + ICMP, TRIES = 50 };

#define PATIENCE_NS (20 * NACRE_MS)

static nacre_handle_t card;
static struct net_link mine;
static uint8_t other[6]; /* whose address 10.0.2.2 is */
static const uint8_t own_ip[4] = { 10, 0, 2, 200 }, other_ip[4] = { 10, 0, 2, 2 };

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* RFC 1071. */
static unsigned checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t header_make(uint8_t *frame, const uint8_t to[6], unsigned type)
{
	memcpy(frame, to, 6);
	memcpy(frame + 6, mine.address, 6);
	put16(frame + 12, type);
	return ETHERNET;
}

static size_t arp_make(uint8_t *frame)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, kind[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	header_make(frame, all, 0x0806);
	memcpy(frame + 14, kind, sizeof(kind));
	memcpy(frame + 22, mine.address, 6);
	memcpy(frame + 28, own_ip, 4);
	memset(frame + 32, 0, 6);
	memcpy(frame + 38, other_ip, 4);
	return ARP_BYTES;
}

static bool arp_is(const uint8_t *frame, size_t size)
{
	static const uint8_t answer[10] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 2 };

	return size >= ARP_BYTES && !memcmp(frame + 12, answer, sizeof(answer)) && !memcmp(frame + 28, other_ip, 4);
}

static size_t echo_make(uint8_t *frame, uint32_t round)
{
	uint8_t *ip = frame + header_make(frame, other, 0x0800), *icmp = ip + IP;

	memset(ip, 0, IP + 8);
	ip[0] = 0x45;
	put16(ip + 2, IP + ICMP);
	ip[8] = 64;
	ip[9] = 1;
	memcpy(ip + 12, own_ip, 4);
	memcpy(ip + 16, other_ip, 4);
	put16(ip + 10, checksum(ip, IP));
	icmp[0] = 8;
	put16(icmp + 4, round >> 16);
	put16(icmp + 6, round & 0xffff);
	for (unsigned i = 0; i < ECHO_DATA; i++)
		icmp[8 + i] = (uint8_t)(round + i);
	put16(icmp + 2, checksum(icmp, ICMP));
	return ECHO_BYTES;
}

/* An answer to this very question, byte by byte. */
static bool echo_is(const uint8_t *frame, size_t size, uint32_t round)
{
	const uint8_t *ip = frame + ETHERNET, *icmp = ip + IP;

	if (size < ECHO_BYTES || frame[12] != 8 || frame[13] || ip[9] != 1 || memcmp(ip + 12, other_ip, 4) != 0 || icmp[0])
		return false;
	if (checksum(ip, IP) || checksum(icmp, ICMP) || icmp[6] != (uint8_t)(round >> 8) || icmp[7] != (uint8_t)round)
		return false;
	for (unsigned i = 0; i < ECHO_DATA; i++)
		if (icmp[8 + i] != (uint8_t)(round + i))
			return false;
	return true;
}

static nacre_status_t send(struct client *client, const uint8_t *frame, size_t size)
{
	nacre_status_t status;

	do
		status = net_send(card, frame, size);
	while (request_again(client, status, ONCE));
	return status;
}

/* Frames until one is the answer; false: none came in time, or what was to come died with the driver. */
static bool await(uint32_t round, bool arp, uint8_t *frame)
{
	uint64_t deadline_ns = nacre_deadline_in(PATIENCE_NS);
	size_t size;

	while (!net_receive_until(card, deadline_ns, NET_PATIENCE_WAIT, frame, NET_FRAME_BYTES, &size))
		if (arp ? arp_is(frame, size) : echo_is(frame, size, round))
			return true;
	return false;
}

static bool ask(struct client *client, bool arp)
{
	static uint8_t question[ECHO_BYTES], frame[NET_FRAME_BYTES];
	nacre_status_t status = STATUS_OK;
	bool answered = false;
	size_t size;

	client->round++;
	size = arp ? arp_make(question) : echo_make(question, client->round);
	request_begin(client);
	for (unsigned i = 0; i < TRIES && !status && !answered; i++) {
		client->again += i > 0;
		status = send(client, question, size);
		answered = !status && await(client->round, arp, frame);
	}
	if (answered && arp)
		memcpy(other, frame + 22, 6);
	return request_end(client, status, answered, arp ? "an ARP question" : "an ICMP echo");
}

bool net_open(void)
{
	struct client first = { 0 };
	nacre_status_t status = net_connect("dev/net0", &card);

	if (!status)
		status = net_link(card, &mine);
	if (status)
		say("demo: dev/net0 cannot be reached: %s\n", nacre_error_sentence(status));
	if (status || ask(&first, true))
		return !status;
	say("demo: 10.0.2.2 does not answer on dev/net0: %s\n", first.why);
	return false;
}

void net_work(struct client *client)
{
	ask(client, client->round % 8 == 0);
}

void net_probe(struct client *client)
{
	struct net_link link = { 0 };
	nacre_status_t status;

	request_begin(client);
	do
		status = net_link(card, &link);
	while (request_again(client, status, IDEMPOTENT));
	request_end(client, status, !memcmp(link.address, mine.address, 6), "the card's address");
}
