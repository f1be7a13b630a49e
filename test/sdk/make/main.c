/* main.c - reads numbers from standard input and says what they are like. */
#include <stdio.h>
#include <stdlib.h>
#include "sample.h"

int main(int argc, char **argv)
{
	struct sample sample = { 0 };
	double value;

	while (scanf("%lf", &value) == 1)
		if (!sample_add(&sample, value))
			return EXIT_FAILURE;
	if (!sample.count) {
		fprintf(stderr, "%s: there is no number in the input\n", argv[0]);
		return 3;
	}
	sample_sort(&sample);
	printf("%s: %d numbers from %.2f to %.2f, mean %.3f, deviation %.3f\n", argc > 1 ? argv[1] : "sample",
	       (int)sample.count, sample.values[0], sample.values[sample.count - 1], sample_mean(&sample),
	       sample_deviation(&sample));
	free(sample.values);
	return EXIT_SUCCESS;
}
