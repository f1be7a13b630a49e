/* main.c - net: looks at a network card, and asks by ARP (RFC 826) who is there: raw frames, without any stack. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/nacre_calls.h"
#include "idl/net_client.h"
#include "nacre/clock.h"
#include "nacre/startup.h"

enum { ARP_BYTES = 42, ROUNDS = 1000 };

#define PATIENCE_NS NACRE_S

static nacre_handle_t card;
static struct net_link mine;

/* Whom we say we are, on the network that QEMU makes up. */
static const uint8_t own_ip[4] = { 10, 0, 2, 200 };

static int failed(nacre_status_t status)
{
	printf("net: %s\n", nacre_error_sentence(status));
	return 1;
}

static int usage(void)
{
	puts("usage: net info\n"
	     "       net arp A.B.C.D       whose card has that address\n"
	     "       net bench A.B.C.D     what asking a thousand times takes");
	return 2;
}

static int info(void)
{
	const uint8_t *a = mine.address;
	struct net_statistics statistics;
	nacre_status_t status = net_statistics(card, &statistics);

	if (status)
		return failed(status);
	printf("%02x:%02x:%02x:%02x:%02x:%02x, link %s, %u bytes a frame\n", a[0], a[1], a[2], a[3], a[4], a[5],
	       mine.state & NET_LINK_STATE_UP ? "up" : "down", (unsigned)mine.payload_bytes);
	printf("%llu frames sent, %llu received, %u bad\n", (unsigned long long)statistics.sent,
	       (unsigned long long)statistics.received, (unsigned)statistics.errors);
	return 0;
}

/* Ethernet, then: kind of address, of protocol, lengths, request; who asks; whom is asked for. */
static void question_make(uint8_t frame[ARP_BYTES], const uint8_t ip[4])
{
	static const uint8_t middle[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };

	memset(frame, 0xff, 6);
	memcpy(frame + 6, mine.address, 6);
	memcpy(frame + 12, middle, sizeof(middle));
	memcpy(frame + 22, mine.address, 6);
	memcpy(frame + 28, own_ip, 4);
	memset(frame + 32, 0, 6);
	memcpy(frame + 38, ip, 4);
}

static bool is_answer(const uint8_t *frame, size_t size, const uint8_t ip[4])
{
	static const uint8_t middle[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 2 };

	return size >= ARP_BYTES && !memcmp(frame + 12, middle, sizeof(middle)) && !memcmp(frame + 28, ip, 4);
}

/* Asks, and reads until the answer comes or a second has passed. */
static nacre_status_t ask(const uint8_t ip[4], uint8_t address[6])
{
	uint8_t frame[NET_FRAME_BYTES];
	uint64_t deadline_ns = nacre_deadline_in(PATIENCE_NS);
	nacre_status_t status;
	size_t size = 0;

	question_make(frame, ip);
	status = net_send(card, frame, ARP_BYTES);
	while (!status) {
		status = net_receive_until(card, deadline_ns, NET_PATIENCE_WAIT, frame, sizeof(frame), &size);
		if (!status && is_answer(frame, size, ip)) {
			memcpy(address, frame + 22, 6);
			return STATUS_OK;
		}
	}
	return status;
}

static int arp(const uint8_t ip[4])
{
	uint8_t a[6];
	nacre_status_t status = ask(ip, a);

	if (status == NACRE_E_TIMEOUT)
		puts("net: nobody answers");
	else if (status)
		failed(status);
	else
		printf("%02x:%02x:%02x:%02x:%02x:%02x\n", a[0], a[1], a[2], a[3], a[4], a[5]);
	return status != STATUS_OK;
}

/* CPU time, as blk counts it: this program's, and the driver's own. */
static uint64_t cpu_ns(void)
{
	struct nacre_budget_state state = { 0 };
	struct net_statistics statistics = { 0 };

	nacre_budget_info(nacre_self_budget(), &state);
	net_statistics(card, &statistics);
	return state.cpu_ns + statistics.cpu_ns;
}

static int bench(const uint8_t ip[4])
{
	uint64_t start = cpu_ns();
	uint8_t address[6];

	for (unsigned i = 0; i < ROUNDS; i++) {
		nacre_status_t status = ask(ip, address);

		if (status)
			return failed(status);
	}
	printf("%u frames each way: %u instructions for a frame there and one back\n", (unsigned)ROUNDS,
	       (unsigned)((cpu_ns() - start) / ROUNDS));
	return 0;
}

static bool ip_read(const char *text, uint8_t ip[4])
{
	for (unsigned i = 0; i < 4; i++) {
		char *end;
		unsigned long number = strtoul(text, &end, 10);

		if (end == text || number > 255 || *end != (i < 3 ? '.' : 0))
			return false;
		ip[i] = (uint8_t)number;
		text = end + 1;
	}
	return true;
}

static nacre_status_t open_card(void)
{
	nacre_status_t status = net_connect_now("dev/net0", &card);

	if (status == STATUS_NOT_READY || status == STATUS_NOT_FOUND)
		puts("net: there is no network card; devices in the shell lists what there is");
	else if (status == STATUS_FULL)
		puts("net: another program has the card, which has one client at a time");
	else if (status)
		failed(status);
	else
		status = net_link(card, &mine);
	return status;
}

int main(int argc, char **argv)
{
	uint8_t ip[4];
	bool has_ip = argc == 3 && ip_read(argv[2], ip);

	if (!(argc == 2 && !strcmp(argv[1], "info")) && !(has_ip && (!strcmp(argv[1], "arp") || !strcmp(argv[1], "bench"))))
		return usage();
	if (open_card())
		return 1;
	if (!has_ip)
		return info();
	return argv[1][0] == 'a' ? arp(ip) : bench(ip);
}
