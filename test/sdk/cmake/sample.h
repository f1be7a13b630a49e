/* sample.h - numbers, and what they are like. */
#pragma once
#include <stddef.h>

struct sample {
	double *values;      /* malloc'ed; sorted by sample_sort */
	size_t count;
};

/* Adds a number; 0 when there is no memory. */
int sample_add(struct sample *sample, double value);
void sample_sort(struct sample *sample);
double sample_mean(const struct sample *sample);
double sample_deviation(const struct sample *sample);
