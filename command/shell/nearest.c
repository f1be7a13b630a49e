/* nearest.c - the word that is most like another, by how many letters must change or swap places
 * (optimal string alignment distance). */
#include "base/bits.h"
#include "base/string.h"
#include "shell.h"

enum { FAR = 3, LETTERS_MAX = LABEL_BYTES };

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Row by row of the table of distances of beginnings, with the two rows before: the second is for letters that
 * changed places. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][LETTERS_MAX + 1], length = (unsigned)string_length(b);

	if (length > LETTERS_MAX)
		return FAR;
	for (unsigned j = 0; j <= length; j++)
		rows[0][j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *higher = rows[(i - 2) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= length; j++) {
			row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && higher[j - 2] + 1 < row[j])
				row[j] = higher[j - 2] + 1;
		}
	}
	return rows[string_length(a) % 3][length];
}

void nearest_begin(struct nearest *nearest, const char *wanted)
{
	unsigned length = (unsigned)string_length(wanted);

	/* Of a short word little is left when two of its letters change. */
	*nearest = (struct nearest){ .wanted = wanted, .distance = length < 3 * FAR ? (length + 2) / 3 + 1 : FAR + 1 };
}

void nearest_offer(struct nearest *nearest, const char *word)
{
	unsigned found = distance(nearest->wanted, word);

	if (found >= nearest->distance || string_length(word) >= sizeof(nearest->best))
		return;
	nearest->distance = found;
	string_copy(nearest->best, sizeof(nearest->best), word);
}

const char *nearest_word(const struct nearest *nearest)
{
	return nearest->best[0] ? nearest->best : NULL;
}
