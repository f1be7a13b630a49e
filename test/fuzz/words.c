/* words.c - the shell's line parser: each line of the input either sets a variable or is taken apart into words. */
#include "command/shell/shell.h"
#include "base/string.h"
#include "input.h"

struct shell shell;

static bool is_assignment(const char *text)
{
	const char *sign = strchr(text, '=');

	return sign && sign != text && !strpbrk(text, " $'\"\\");
}

/* `room` is exactly as large as it must be, so that the sanitizer sees a byte too many. */
static void line_take(const char *line)
{
	char *room = malloc(2 * LINE_BYTES), *argv[WORDS_MAX + 1];
	const char *why, *before;
	uint64_t number;

	while (*line) {
		int count;

		before = line;
		count = words_split(&line, room, argv, &why);
		MUST(count <= WORDS_MAX && (count < 0) == !!why);
		if (count < 0)
			break;
		MUST(line > before && !argv[count]);
		for (int i = 0; i < count; i++) {
			MUST(argv[i] >= room && argv[i] + strlen(argv[i]) < room + 2 * LINE_BYTES);
			number_read(argv[i], &number);
		}
	}
	free(room);
}

static void environment_empty(void)
{
	const char *text;
	char name[LINE_BYTES + 2];

	while ((text = environment_at(0))) {
		snprintf(name, sizeof(name), "%.*s", (int)(strchr(text, '=') - text) + 1, text);
		environment_set(name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[LINE_BYTES];
	size_t length = 0;

	shell.status = size ? data[0] : 0;
	for (size_t i = 0; i <= size; i++) {
		if (i < size && data[i] != '\n' && data[i] && length < sizeof(line) - 1) {
			line[length++] = (char)data[i];
			continue;
		}
		line[length] = 0;
		length = 0;
		if (is_assignment(line))
			environment_set(line);
		else
			line_take(line);
	}
	environment_empty();
	return 0;
}
