/* handles.h - what a program is given when it starts: handles by its manifest, and no others. */
#pragma once
#include "nacre/spawn.h"
#include "process.h"

enum { HANDLES_MAX = 32 };

struct handle_list {
	struct nacre_spawn_handle entries[HANDLES_MAX];
	bool temporary[HANDLES_MAX];   /* close it here once the program has it */
	char names[HANDLES_MAX][24];
	size_t count;
};

/* Adds a handle under a name (counted). False where there is no room, or the name is too long. */
bool handles_add(struct handle_list *list, const char *name, size_t size, nacre_handle_t handle, uint32_t rights,
		 bool temporary);

/* All that the manifest lists: names, log, publish connections, devices; of a service also its server and memory. */
nacre_err_t handles_by_manifest(struct handle_list *list, const struct process *process);

/* Closes the temporary ones. */
void handles_close(struct handle_list *list);

/* Gives a service every device that its manifest asks for, for good: its successors get the same ones, and nobody else does,
 * because a device may go on transferring to the service's memory after the process died. False: the machine has too few,
 * and nothing was given. */
bool handles_devices_claim(const struct service *service);

/* Devices that a process held are free again. */
void handles_device_release(uint32_t process_number);

/* Who has the device: a process number, or 0. Which service it was given to; NULL. */
uint32_t handles_device_owner(size_t device);
const struct service *handles_device_service(size_t device);

/* The environment that the manifest and its devices' properties make: strings behind one another in `text`,
 * pointers in `list`, ended by NULL. False where they do not fit. */
struct environment {
	char text[512];
	size_t used;
	const char *list[17];
	size_t count;
};
bool environment_add(struct environment *environment, const char *text, size_t size);
bool environment_by_manifest(struct environment *environment, const struct process *process);
