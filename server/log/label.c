/* label.c - what processes are called. */
#include "label.h"
#include "base/bits.h"
#include "base/string.h"
#include "idl/process.h"

enum { LABELS_MAX = 48 };

static struct label {
	uint32_t process, used; /* used: when it was last asked for, in calls; the one unused longest goes first */
	char name[PROCESS_LABEL_BYTES];
} labels[LABELS_MAX];
static uint32_t calls;

static struct label *find(uint32_t process)
{
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (labels[i].process == process)
			return &labels[i];
	return NULL;
}

static struct label *oldest(void)
{
	struct label *oldest = &labels[0];

	for (size_t i = 1; i < ARRAY_SIZE(labels); i++)
		if (calls - labels[i].used > calls - oldest->used)
			oldest = &labels[i];
	return oldest;
}

void label_set(uint32_t process, const char *name, size_t size)
{
	struct label *label = find(process);

	label = label ? label : oldest();
	*label = (struct label){ .process = process, .used = ++calls };
	memcpy(label->name, name, min_size(size, sizeof(label->name) - 1));
}

void label_get(uint32_t process, char to[16])
{
	struct label *label = find(process);

	memset(to, 0, 16);
	if (label) {
		label->used = ++calls;
		memcpy(to, label->name, sizeof(label->name));
	} else {
		string_copy(to, 16, "?");
	}
}
