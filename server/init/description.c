/* description.c - reading the system description. */
#include "description.h"
#include "base/parse.h"
#include "base/string.h"

struct description description;

struct line {
	const char *key, *value;
	size_t key_size, value_size;
};

/* Cuts one line off the text; false at its end. */
static bool line_next(const char **text, const char *end, struct line *line)
{
	const char *at = *text;

	if (at >= end)
		return false;
	line->key = at;
	while (at < end && *at != ' ' && *at != '\n')
		at++;
	line->key_size = (size_t)(at - line->key);
	if (at < end && *at == ' ')
		at++;
	line->value = at;
	while (at < end && *at != '\n')
		at++;
	line->value_size = (size_t)(at - line->value);
	*text = at < end ? at + 1 : end;
	return true;
}

static bool is(const struct line *line, const char *key)
{
	return string_equal_counted(line->key, line->key_size, key);
}

static uint32_t number_of(const struct line *line)
{
	uint64_t number;

	return parse_number(line->value, line->value_size, &number) && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static uint8_t restart_of(const struct line *line)
{
	if (string_equal_counted(line->value, line->value_size, "never"))
		return RESTART_NEVER;
	return string_equal_counted(line->value, line->value_size, "on-failure") ? RESTART_ON_FAILURE : RESTART_ALWAYS;
}

static void supervision_set(struct program *program, const struct line *line)
{
	if (is(line, "deaths"))
		program->deaths = (uint8_t)number_of(line);
	else if (is(line, "seconds"))
		program->seconds = number_of(line);
	else if (is(line, "backoff"))
		program->backoff_ms = number_of(line);
	else if (is(line, "heartbeat"))
		program->heartbeat_ms = number_of(line);
	else if (is(line, "keep"))
		program->keep_pages = number_of(line);
	else if (is(line, "cpu-share"))
		program->cpu_share_ns = number_of(line);
	else if (is(line, "cpu-period"))
		program->cpu_period_ns = number_of(line);
}

static void number_set(struct program *program, const struct line *line)
{
	if (is(line, "pages"))
		program->pages = number_of(line);
	else if (is(line, "heap"))
		program->heap_pages = number_of(line);
	else if (is(line, "stack"))
		program->stack_bytes = number_of(line);
	else if (is(line, "priority"))
		program->priority = number_of(line) & 31;
	else if (is(line, "dma"))
		program->dma_pages = number_of(line);
	else if (is(line, "profile"))
		program->profile = number_of(line) & 127;
	else
		supervision_set(program, line);
}

static void flag_set(struct program *program, const struct line *line)
{
	program->critical |= is(line, "critical");
	program->window |= is(line, "window");
	program->server |= is(line, "server");
	program->resolve |= is(line, "resolve");
	program->trusted_dma |= is(line, "trusted-dma");
	program->cores |= is(line, "cores");
}

static void fact_read(struct program *program, const struct line *line)
{
	if (is(line, "file")) {
		program->file = line->value;
		program->file_size = (uint8_t)line->value_size;
	} else if (is(line, "kind")) {
		program->is_service = string_equal_counted(line->value, line->value_size, "service");
	} else if (is(line, "restart")) {
		program->restart = restart_of(line);
	} else if (line->value_size) {
		number_set(program, line);
	} else {
		flag_set(program, line);
	}
}

static void global_read(const struct line *line)
{
	if (is(line, "reserve"))
		description.reserve_pages = number_of(line);
	else if (is(line, "require-entropy"))
		description.require_entropy = true;
	else if (is(line, "version"))
		description.version = line->value, description.version_size = line->value_size;
}

static bool program_begin(const struct line *line, const char *facts)
{
	struct program *program = &description.programs[description.count];

	if (description.count == PROGRAMS_MAX)
		return false;
	*program = (struct program){ .facts = facts, .name = line->value, .name_size = (uint8_t)line->value_size };
	description.count++;
	return true;
}

const char *description_read(const char *text, size_t size)
{
	const char *end = text + size;
	struct program *program = NULL;
	struct line line;

	if (!line_next(&text, end, &line) || !is(&line, "nacre-system") || line.value_size < 3 ||
	    !string_equal_counted(line.value, 2, "1 "))
		return "the system description is not of the version that this init reads";
	description.name = line.value + 2;
	description.name_size = line.value_size - 2;
	description.globals = text;
	description.globals_end = end;
	while (line_next(&text, end, &line)) {
		if (is(&line, "program")) {
			if (!program)
				description.globals_end = line.key;
			if (!program_begin(&line, text))
				return "the system description has more than 64 programs";
			program = &description.programs[description.count - 1];
		} else if (program) {
			fact_read(program, &line);
		} else {
			global_read(&line);
		}
		if (program)
			program->end = text;
	}
	return program ? NULL : "the system description names no program";
}

bool fact_next(const struct program *program, const char *key, struct fact *fact)
{
	const char *text = fact->value ? fact->value + fact->size + 1 : program->facts;
	struct line line;

	while (line_next(&text, program->end, &line)) {
		if (!is(&line, key))
			continue;
		*fact = (struct fact){ line.value, line.value_size };
		return true;
	}
	return false;
}

bool description_virtio(uint32_t type, struct fact *name)
{
	const char *text = description.globals;
	struct line line;

	while (line_next(&text, description.globals_end, &line)) {
		size_t digits = 0;
		uint64_t number;

		while (digits < line.value_size && line.value[digits] != ' ')
			digits++;
		if (!is(&line, "virtio") || digits == line.value_size || !parse_number(line.value, digits, &number) || number != type)
			continue;
		*name = (struct fact){ line.value + digits + 1, line.value_size - digits - 1 };
		return true;
	}
	return false;
}

const struct program *program_find(const char *name, size_t size)
{
	for (size_t i = 0; i < description.count; i++) {
		const struct program *program = &description.programs[i];

		if (program->name_size == size && !memcmp(program->name, name, size))
			return program;
	}
	return NULL;
}

const struct program *program_default(void)
{
	return program_find("*", 1);
}
