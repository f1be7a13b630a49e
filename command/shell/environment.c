/* environment.c - NAME=value texts that programs are started with, behind one another in one array. */
#include "base/string.h"
#include "shell.h"

enum { BYTES = 512, COUNT_MAX = 24 };

static char texts[BYTES];
static size_t used;

const char *environment_at(size_t n)
{
	const char *text = texts;

	while (text < texts + used && n--)
		text += string_length(text) + 1;
	return text < texts + used ? text : NULL;
}

/* The text of a name; NULL. */
static const char *find(const char *name, size_t size)
{
	const char *text;

	for (size_t n = 0; (text = environment_at(n)); n++)
		if (string_length(text) > size && !memcmp(text, name, size) && text[size] == '=')
			return text;
	return NULL;
}

const char *environment_get(const char *name, size_t size)
{
	const char *text = find(name, size);

	return text ? text + size + 1 : NULL;
}

static void drop(const char *text)
{
	size_t at = (size_t)(text - texts), size = string_length(text) + 1;

	memmove(texts + at, texts + at + size, used - at - size);
	used -= size;
}

bool environment_set(const char *assignment)
{
	size_t size = string_length(assignment) + 1, name = 0;
	const char *old;

	while (assignment[name] != '=')
		name++;
	old = find(assignment, name);
	if (old)
		drop(old);
	if (!assignment[name + 1])
		return true;
	if (size > BYTES - used || environment_at(COUNT_MAX - 1))
		return false;
	memcpy(texts + used, assignment, size);
	used += size;
	return true;
}
