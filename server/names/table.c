/* table.c - names and rules. */
#include "table.h"
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "path.h"

struct rule {
	struct text pattern;
	uint8_t profile, flags;
};

enum { RULES_MAX = 160, TEXT_BYTES = 1536 };

static struct name names[NAMES_MAX];
static struct rule rules[RULES_MAX];
static size_t rule_count;
static char text[TEXT_BYTES];
static uint16_t text_used;

const char *text_bytes(struct text piece)
{
	return text + piece.offset;
}

static bool text_equals(struct text piece, const char *bytes, size_t size)
{
	return piece.size == size && !memcmp(text_bytes(piece), bytes, size);
}

/* Many programs look up the same few paths: each is kept once. Size 0 in the answer: full. */
static struct text text_keep(const char *bytes, size_t size)
{
	struct text piece = { text_used, (uint16_t)size };

	for (size_t i = 0; i < NAMES_MAX; i++)
		if (text_equals(names[i].path, bytes, size))
			return names[i].path;
	for (size_t i = 0; i < rule_count; i++)
		if (text_equals(rules[i].pattern, bytes, size))
			return rules[i].pattern;
	if (size > (size_t)(TEXT_BYTES - text_used))
		return (struct text){ 0, 0 };
	memcpy(text + text_used, bytes, size);
	text_used = (uint16_t)(text_used + size);
	return piece;
}

struct name *name_of_number(uint32_t number)
{
	return number < NAMES_MAX && names[number].path.size ? &names[number] : NULL;
}

struct name *name_of_path(const char *path, size_t size)
{
	for (size_t i = 0; size && i < NAMES_MAX; i++)
		if (text_equals(names[i].path, path, size))
			return &names[i];
	return NULL;
}

uintptr_t name_number(const struct name *name)
{
	return (uintptr_t)(name - names);
}

uint32_t name_declare(uint32_t number, const char *path, size_t size)
{
	struct name *name;

	if (number >= NAMES_MAX || !path_is_valid(path, size))
		return STATUS_MALFORMED;
	name = name_of_path(path, size);
	if (name || names[number].path.size)
		return name == &names[number] ? STATUS_OK : STATUS_EXISTS;
	names[number].path = text_keep(path, size);
	return names[number].path.size ? STATUS_OK : STATUS_FULL;
}

void name_publish(struct name *name, nacre_handle_t connection, uint32_t publisher, bool shared)
{
	name_unpublish(name);
	name->connection = connection;
	name->publisher = publisher;
	name->shared = shared;
}

void name_unpublish(struct name *name)
{
	if (name->connection)
		nacre_handle_close(name->connection);
	name->connection = NACRE_HANDLE_NONE;
	name->publisher = 0;
	name->shared = false;
}

void name_count(uint32_t *declared, uint32_t *published)
{
	*declared = *published = 0;
	for (size_t i = 0; i < NAMES_MAX; i++) {
		*declared += names[i].path.size != 0;
		*published += names[i].connection != NACRE_HANDLE_NONE;
	}
}

/* The same pattern without its slash and asterisk must be a path. */
static bool pattern_is_valid(const char *pattern, size_t size)
{
	if (size > 2 && pattern[size - 1] == '*' && pattern[size - 2] == '/')
		size -= 2;
	return path_is_valid(pattern, size);
}

uint32_t rule_add(uint32_t profile, uint32_t flags, const char *pattern, size_t size)
{
	struct rule rule = { .profile = (uint8_t)profile, .flags = (uint8_t)flags };

	if (profile >= NAMES_PROFILES_MAX || !pattern_is_valid(pattern, size))
		return STATUS_MALFORMED;
	if (rule_count == RULES_MAX)
		return STATUS_FULL;
	rule.pattern = text_keep(pattern, size);
	if (!rule.pattern.size)
		return STATUS_FULL;
	rules[rule_count++] = rule;
	return STATUS_OK;
}

static bool rule_fits(const struct rule *rule, uintptr_t profile, const struct name *name)
{
	return rule->profile == profile && path_fits(text_bytes(name->path), name->path.size, text_bytes(rule->pattern),
						     rule->pattern.size);
}

bool profile_sees(uintptr_t profile, const struct name *name)
{
	for (size_t i = 0; i < rule_count; i++)
		if (rule_fits(&rules[i], profile, name))
			return true;
	return false;
}

bool profile_reaches(uintptr_t profile, const struct name *name)
{
	for (size_t i = 0; i < rule_count; i++)
		if (!(rules[i].flags & NAMES_RULE_ONLY_LIST) && rule_fits(&rules[i], profile, name))
			return true;
	return false;
}

bool profile_may_resolve(uintptr_t profile)
{
	for (size_t i = 0; i < rule_count; i++)
		if (rules[i].profile == profile && rules[i].flags & NAMES_RULE_MAY_RESOLVE)
			return true;
	return false;
}
