/* devices.c - devices: what the machine has, and who drives it. */
#include "terminal.h"
#include "idl/system_client.h"

int run_devices(int argc, char **argv)
{
	struct system_device device;

	(void)argc, (void)argv;
	out("%-24s %-24s %-14s %s\n", "DEVICE", "KIND", "DRIVER", "DMA");
	for (uint32_t n = 0; system_device(shell.system, n, &device) == STATUS_OK; n++)
		if (!(device.flags & SYSTEM_DEVICE_FLAG_EMPTY))
			out("%-24s %-24s %-14s %s\n", device.node, device.kind, device.driver[0] ? device.driver : "no driver",
			    device.flags & SYSTEM_DEVICE_FLAG_TRUSTED_DMA ? "trusted with all RAM" : "-");
	return STATUS_DONE;
}
