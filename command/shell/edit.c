/* edit.c - a line is typed.
 *
 * What is typed at the end of the line is simply echoed; any other change draws the line anew. A byte that continues
 * a UTF-8 character has no width of its own. Lines wider than the terminal are typed blind, but right. */
#include "edit.h"
#include "base/string.h"
#include "complete.h"
#include "terminal.h"
#include "history.h"

enum { CTRL_A = 1, CTRL_C = 3, CTRL_D = 4, CTRL_E = 5, BELL = 7, BACKSPACE = 8, CTRL_K = 11, CTRL_L = 12, CTRL_U = 21,
       CTRL_W = 23, ESCAPE = 27, DELETE = 127 };

/* Keys that arrive as escape sequences, as numbers beyond all bytes. */
enum { KEY_NONE = 256, KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT, KEY_HOME, KEY_END, KEY_DELETE };

struct edit {
	const char *prompt;
	char *line;
	size_t length, cursor;
	unsigned history;        /* how far back; 0: the new line */
	int escape;              /* of an escape sequence: 0 outside, else the byte seen last */
};

/* Bytes read and not looked at yet: what follows the end of one line belongs to the next. */
static char typed[64];
static size_t typed_count, typed_at;

static int next_byte(void)
{
	while (typed_at == typed_count) {
		typed_count = terminal_read(typed, sizeof(typed));
		typed_at = 0;
	}
	return (uint8_t)typed[typed_at++];
}

/* --- drawing ------------------------------------------------------------------------------------------- */

static bool continues(char byte)
{
	return ((uint8_t)byte & 0xc0) == 0x80;
}

static unsigned width(const char *text, size_t size)
{
	unsigned columns = 0;

	for (size_t i = 0; i < size; i++)
		columns += !continues(text[i]);
	return columns;
}

static void draw(const struct edit *edit)
{
	unsigned behind = width(edit->line + edit->cursor, edit->length - edit->cursor);

	out("\r%s", edit->prompt);
	out_bytes(edit->line, edit->length);
	out("\x1b[K");
	if (behind)
		out("\x1b[%uD", behind);
}

/* --- changing ------------------------------------------------------------------------------------------ */

static size_t character_before(const struct edit *edit)
{
	size_t at = edit->cursor;

	while (at && continues(edit->line[--at]))
		;
	return at;
}

static size_t character_after(const struct edit *edit)
{
	size_t at = edit->cursor;

	if (at < edit->length)
		at++;
	while (at < edit->length && continues(edit->line[at]))
		at++;
	return at;
}

static size_t word_before(const struct edit *edit)
{
	size_t at = edit->cursor;

	while (at && edit->line[at - 1] == ' ')
		at--;
	while (at && edit->line[at - 1] != ' ')
		at--;
	return at;
}

/* Takes out what lies between two places; the cursor is at one of them. */
static void cut(struct edit *edit, size_t from, size_t to)
{
	memmove(edit->line + from, edit->line + to, edit->length - to);
	edit->length -= to - from;
	edit->cursor = from;
	draw(edit);
}

static void insert(struct edit *edit, char byte)
{
	if (edit->length == LINE_BYTES - 1) {
		out("%c", BELL);
		return;
	}
	memmove(edit->line + edit->cursor + 1, edit->line + edit->cursor, edit->length - edit->cursor);
	edit->line[edit->cursor++] = byte;
	edit->length++;
	if (edit->cursor == edit->length)
		out_bytes(&byte, 1);
	else
		draw(edit);
}

static void insert_text(struct edit *edit, const char *text)
{
	for (; *text; text++)
		insert(edit, *text);
}

/* Tab: what can be said of the word in front of the cursor is typed; where that is nothing, the choice is shown. */
static void finish_word(struct edit *edit)
{
	static struct completion completion;

	complete(edit->line, edit->cursor, &completion);
	if (completion.rest[0]) {
		insert_text(edit, completion.rest);
	} else if (completion.count) {
		complete_list(edit->line, edit->cursor);
		draw(edit);
	} else {
		out("%c", BELL);
	}
}

static void move(struct edit *edit, size_t to)
{
	edit->cursor = to;
	draw(edit);
}

static void recall(struct edit *edit, unsigned n)
{
	const char *line = n ? history_at(n) : "";

	if (!line)
		return;
	edit->history = n;
	edit->length = edit->cursor = string_length(line);
	memcpy(edit->line, line, edit->length);
	draw(edit);
}

/* --- keys ---------------------------------------------------------------------------------------------- */

/* The key that a sequence `ESC [ last` means; ESC [ 3 ~ and the like keep the number until the end. */
static int sequence_key(int number, int last)
{
	switch (last == '~' ? number : last) {
	case 'A': return KEY_UP;
	case 'B': return KEY_DOWN;
	case 'C': return KEY_RIGHT;
	case 'D': return KEY_LEFT;
	case 'H': case '1': case '7': return KEY_HOME;
	case 'F': case '4': case '8': return KEY_END;
	case '3': return KEY_DELETE;
	}
	return KEY_NONE;
}

/* Follows escape sequences byte by byte; answers the byte itself outside of one. */
static int key_of(struct edit *edit, int byte)
{
	int before = edit->escape;

	if (!before) {
		edit->escape = byte == ESCAPE ? ESCAPE : 0;
		return byte == ESCAPE ? KEY_NONE : byte;
	}
	if (before == ESCAPE && (byte == '[' || byte == 'O')) {
		edit->escape = '[';
		return KEY_NONE;
	}
	edit->escape = before != ESCAPE && byte >= '0' && byte <= '9' ? byte : 0;
	return edit->escape || before == ESCAPE ? KEY_NONE : sequence_key(before, byte);
}

static void press(struct edit *edit, int key)
{
	switch (key) {
	case KEY_UP: recall(edit, edit->history + 1); break;
	case KEY_DOWN: recall(edit, edit->history ? edit->history - 1 : 0); break;
	case KEY_LEFT: move(edit, character_before(edit)); break;
	case KEY_RIGHT: move(edit, character_after(edit)); break;
	case KEY_HOME: case CTRL_A: move(edit, 0); break;
	case KEY_END: case CTRL_E: move(edit, edit->length); break;
	case BACKSPACE: case DELETE: cut(edit, character_before(edit), edit->cursor); break;
	case KEY_DELETE: case CTRL_D: cut(edit, edit->cursor, character_after(edit)); break;
	case CTRL_K: cut(edit, edit->cursor, edit->length); break;
	case CTRL_U: cut(edit, 0, edit->cursor); break;
	case CTRL_W: cut(edit, word_before(edit), edit->cursor); break;
	case CTRL_L: out("\x1b[H\x1b[2J"); draw(edit); break;
	case '\t': finish_word(edit); break;
	default:
		if (key >= ' ' && key < KEY_NONE)
			insert(edit, (char)key);
	}
}

/* Does this key end the line, and how? */
static bool ends(const struct edit *edit, int key, enum edit_end *end)
{
	if (key == '\r' || key == '\n')
		*end = EDIT_LINE;
	else if (key == CTRL_C)
		*end = EDIT_CANCELLED;
	else if (key == CTRL_D && !edit->length)
		*end = EDIT_END;
	else
		return false;
	return true;
}

enum edit_end edit_line(const char *prompt, char line[LINE_BYTES])
{
	struct edit edit = { .prompt = prompt, .line = line };
	enum edit_end end;
	int key;

	out("%s", prompt);
	while (!ends(&edit, key = key_of(&edit, next_byte()), &end))
		press(&edit, key);
	line[end == EDIT_LINE ? edit.length : 0] = 0;
	out(end == EDIT_CANCELLED ? "^C\n" : "\n");
	if (end == EDIT_LINE)
		history_add(line);
	return end;
}
