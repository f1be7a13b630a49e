/* net.h - asking the network: ARP and ICMP echo by raw frames. */
#pragma once
#include "demo.h"

bool net_open(void);
void net_work(struct client *client);
void net_probe(struct client *client);
