/* scene.h - what is to be seen, as a colour for each place. So no second picture is needed in memory: what changed is worked
 * out again. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { KEYS_SHOWN = 24, POINTER_SIDE = 20 };

struct scene {
	uint32_t width, height;
	char keys[KEYS_SHOWN + 1];   /* typed last */
	int32_t x, y;                /* the pointer's tip */
	bool pressed;                /* a button: the pointer is filled with another colour */
};

uint32_t scene_colour(const struct scene *scene, uint32_t x, uint32_t y);

/* The rectangle that typed text changes. */
void scene_keys_place(const struct scene *scene, uint32_t place[4]);
