/* interrupt.c - from a device to its driver. The device is the real-time clock: its alarm keeps to the guest's clock, so that
 * two runs agree. */
#include "../bench.h"
#include "nacre/area.h"
#include "peer.h"

/* The goldfish real-time clock of QEMU, as indices of words; a time is set high half first. */
enum { TIME_LOW, TIME_HIGH, ALARM_LOW, ALARM_HIGH, IRQ_ENABLED, CLEAR_ALARM, ALARM_STATUS, CLEAR_INTERRUPT };
enum mode { TO_DRIVER, ACKNOWLEDGE };
enum { SOON_NS = 20000 };

static struct peer peer;
static volatile uint32_t *registers;

/* Quiets the device and acknowledges; one of the two ends is measured. */
CHILD static void drive(uintptr_t at)
{
	volatile struct plan *plan = (volatile struct plan *)at;
	volatile uint32_t *device = (volatile uint32_t *)plan->buffer;
	struct nacre_received in;

	while (!nacre_server_receive(plan->server, NACRE_DEADLINE_NEVER, NULL, &in)) {
		if (plan->mode == TO_DRIVER)
			MARK_END;
		device[CLEAR_INTERRUPT] = 1;
		if (plan->mode == ACKNOWLEDGE)
			MARK_BEGIN;
		nacre_interrupt_ack(plan->interrupt);
		if (plan->mode == ACKNOWLEDGE)
			MARK_END;
		plan->stop++;
	}
	nacre_process_exit(1);
}

/* Its registers, here and in the driver; its interrupt, as the driver's handle. */
static void device_share(void)
{
	nacre_handle_t device = machine_device("google,goldfish-rtc"), memory, interrupt;
	uintptr_t here, there;

	EXPECT(device);
	EXPECT_OK(nacre_device_memory(device, self_budget(), 0, &memory));
	EXPECT_OK(nacre_map_add(self_process(), 0, memory, 0, 1, NACRE_PROT_WRITE, &here));
	EXPECT_OK(nacre_map_add(peer.child.process, 0, memory, 0, 1, NACRE_PROT_WRITE, &there));
	EXPECT_OK(nacre_handle_close(memory));
	EXPECT_OK(nacre_device_interrupt(device, self_budget(), 0, peer.pair.server, 2, URGENT, &interrupt));
	peer.plan->interrupt = child_give(&peer.child, interrupt, NACRE_RIGHT_MANAGE);
	EXPECT_OK(nacre_handle_close(interrupt));
	peer.plan->buffer = there;
	registers = (volatile uint32_t *)here;
}

static void alarm_set(uint32_t in_ns)
{
	uint64_t when = registers[TIME_LOW];

	when |= (uint64_t)registers[TIME_HIGH] << 32;
	when += in_ns;
	registers[ALARM_HIGH] = (uint32_t)(when >> 32);
	registers[ALARM_LOW] = (uint32_t)when;
}

/* The alarm goes off while this thread counts on its fingers. */
static void rounds(enum mode mode)
{
	peer.plan->mode = mode;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t before = peer.plan->stop;

		alarm_set(SOON_NS);
		if (mode == TO_DRIVER)
			MARK_BEGIN;
		while (peer.plan->stop == before)
			continue;
	}
}

TEST(interrupt, "from an interrupt to the driver's thread in its process, and the driver's acknowledgement")
{
	peer_make(&peer);
	device_share();
	registers[IRQ_ENABLED] = 1;
	peer_start(&peer, drive, URGENT);
	BENCH("irq_to_driver");
	rounds(TO_DRIVER);
	BENCH("irq_ack");
	rounds(ACKNOWLEDGE);
	registers[IRQ_ENABLED] = 0;
	EXPECT_OK(nacre_map_remove(self_process(), (uintptr_t)registers, 1));
	peer_end(&peer);
}
