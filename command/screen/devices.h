/* devices.h - the display and the input devices, as this program uses them. */
#pragma once
#include <abi/nacre_abi.h>
#include <stdbool.h>
#include "idl/framebuffer_client.h"
#include "idl/input_client.h"
#include "scene.h"

enum { INPUTS = 2 };

struct display {
	nacre_handle_t connection;
	struct framebuffer_mode mode;
};

/* Draws what of the rectangle lies in the picture, and shows it. */
nacre_status_t display_show(const struct display *display, const struct scene *scene, int32_t x, int32_t y, uint32_t width,
			    uint32_t height);

struct input {
	nacre_handle_t connection;   /* NONE: the machine has no such device */
	struct input_axis axes[2];   /* x and y; minimum = maximum: it has none */
	uint32_t watch;              /* number of the watch that counts */
};

/* Connects to what there is. */
void inputs_open(void);

/* Waits until something may have happened, and hands every event to `take`, until that answers false. */
nacre_status_t inputs_run(bool (*take)(const struct input *input, const struct input_event *event));

extern struct input inputs[INPUTS];
