/* sample.c - numbers, and what they are like. */
#include "sample.h"
#include <math.h>
#include <stdlib.h>

int sample_add(struct sample *sample, double value)
{
	double *more = realloc(sample->values, (sample->count + 1) * sizeof(*more));

	if (!more)
		return 0;
	sample->values = more;
	sample->values[sample->count++] = value;
	return 1;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

void sample_sort(struct sample *sample)
{
	qsort(sample->values, sample->count, sizeof(sample->values[0]), compare);
}

double sample_mean(const struct sample *sample)
{
	double sum = 0;

	for (size_t i = 0; i < sample->count; i++)
		sum += sample->values[i];
	return sum / (double)sample->count;
}

double sample_deviation(const struct sample *sample)
{
	double mean = sample_mean(sample), sum = 0;

	for (size_t i = 0; i < sample->count; i++)
		sum += (sample->values[i] - mean) * (sample->values[i] - mean);
	return sqrt(sum / (double)sample->count);
}
