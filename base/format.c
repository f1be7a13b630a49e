/* format.c - the small printf. */
#include "base/format.h"
#include <stdbool.h>
#include <stdint.h>
#include "base/bits.h"
#include "base/string.h"

enum { DIGITS_MAX = 20 };   /* of 2^64 - 1 in decimal */

struct output {
	format_put *put;
	void *context;
	size_t count;
};

/* One conversion: %[flags][width][.precision][size]letter */
struct conversion {
	bool left, zeros;
	size_t width, precision;
	unsigned longs;     /* 0 int, 1 long or size_t, 2 long long */
	char letter;
};

static void put(struct output *out, char c)
{
	out->put(out->context, c);
	out->count++;
}

static void put_repeated(struct output *out, char c, size_t times)
{
	while (times--)
		put(out, c);
}

static void put_text(struct output *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put(out, text[i]);
}

/* Sign or prefix, then the body, padded to the width: zeros go between the two, spaces outside. */
static void put_padded(struct output *out, const struct conversion *c, const char *prefix, const char *body, size_t size)
{
	size_t length = string_length(prefix) + size, pad = c->width > length ? c->width - length : 0;
	bool zeros = c->zeros && !c->left;

	if (!c->left && !zeros)
		put_repeated(out, ' ', pad);
	put_text(out, prefix, string_length(prefix));
	if (zeros)
		put_repeated(out, '0', pad);
	put_text(out, body, size);
	if (c->left)
		put_repeated(out, ' ', pad);
}

/* Writes the digits from the end of the buffer backwards; returns where they start. */
static char *digits(char *end, uint64_t value, unsigned base, const char *alphabet)
{
	uint32_t digit;

	do {
		if (base == 16) {
			digit = (uint32_t)value & 15;
			value >>= 4;
		} else if (value <= UINT32_MAX) {
			digit = (uint32_t)value % 10;
			value = (uint32_t)value / 10;
		} else {
			value = divide_u64(value, 10, &digit);
		}
		*--end = alphabet[digit];
	} while (value);
	return end;
}

static void put_number(struct output *out, const struct conversion *c, const char *prefix, uint64_t value, unsigned base)
{
	char buffer[DIGITS_MAX], *end = buffer + sizeof(buffer);
	char *start = digits(end, value, base, c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef");

	put_padded(out, c, prefix, start, (size_t)(end - start));
}

static void put_string(struct output *out, struct conversion *c, const char *text)
{
	if (!text)
		text = "(null)";
	c->zeros = false;
	put_padded(out, c, "", text, string_length_within(text, c->precision));
}

/* va_list may be an array type, which C passes by reference only inside a structure. */
struct arguments {
	va_list list;
};

static uint64_t take_unsigned(struct arguments *a, unsigned longs)
{
	if (longs == 0)
		return va_arg(a->list, unsigned);
	return longs == 1 ? va_arg(a->list, unsigned long) : va_arg(a->list, unsigned long long);
}

static int64_t take_signed(struct arguments *a, unsigned longs)
{
	if (longs == 0)
		return va_arg(a->list, int);
	return longs == 1 ? va_arg(a->list, long) : va_arg(a->list, long long);
}

static size_t number_parse(const char **format, struct arguments *a)
{
	size_t number = 0;
	int given;

	if (**format == '*') {
		++*format;
		given = va_arg(a->list, int);
		return given < 0 ? 0 : (size_t)given;
	}
	for (; **format >= '0' && **format <= '9'; ++*format)
		number = number * 10 + (size_t)(**format - '0');
	return number;
}

/* `format` stands behind the percent sign and is left behind the letter. */
static struct conversion conversion_parse(const char **format, struct arguments *a)
{
	struct conversion c = { .precision = SIZE_MAX };

	for (; **format == '-' || **format == '0'; ++*format)
		c.left |= **format == '-', c.zeros |= **format == '0';
	c.width = number_parse(format, a);
	if (**format == '.') {
		++*format;
		c.precision = number_parse(format, a);
	}
	for (; **format == 'l' || **format == 'z'; ++*format)
		c.longs++;
	c.letter = **format;
	*format += c.letter != '\0';
	return c;
}

static bool put_conversion(struct output *out, struct conversion *c, struct arguments *a)
{
	int64_t value;
	char character;

	switch (c->letter) {
	case 'd':
	case 'i':
		value = take_signed(a, c->longs);
		put_number(out, c, value < 0 ? "-" : "", value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
		return true;
	case 'u':
		put_number(out, c, "", take_unsigned(a, c->longs), 10);
		return true;
	case 'x':
	case 'X':
		put_number(out, c, "", take_unsigned(a, c->longs), 16);
		return true;
	case 'p':
		put_number(out, c, "0x", (uintptr_t)va_arg(a->list, void *), 16);
		return true;
	case 's':
		put_string(out, c, va_arg(a->list, const char *));
		return true;
	case 'c':
		character = (char)va_arg(a->list, int);
		c->zeros = false;
		put_padded(out, c, "", &character, 1);
		return true;
	case '%':
		put(out, '%');
		return true;
	}
	return false;
}

size_t format_each(format_put *put_one, void *context, const char *format, va_list list)
{
	struct output out = { put_one, context, 0 };
	struct arguments arguments;

	va_copy(arguments.list, list);
	while (*format) {
		const char *start = format;

		if (*format++ != '%') {
			put(&out, *start);
			continue;
		}
		struct conversion c = conversion_parse(&format, &arguments);
		if (!put_conversion(&out, &c, &arguments))
			put_text(&out, start, (size_t)(format - start));
	}
	va_end(arguments.list);
	return out.count;
}

struct buffer {
	char *to;
	size_t size, used;
};

static void buffer_put(void *context, char character)
{
	struct buffer *buffer = context;

	if (buffer->used + 1 < buffer->size)
		buffer->to[buffer->used++] = character;
}

size_t format_list(char *to, size_t size, const char *format, va_list list)
{
	struct buffer buffer = { to, size, 0 };
	size_t length = format_each(buffer_put, &buffer, format, list);

	if (size)
		to[buffer.used] = '\0';
	return length;
}

size_t format_text(char *to, size_t size, const char *format, ...)
{
	va_list list;
	size_t length;

	va_start(list, format);
	length = format_list(to, size, format, list);
	va_end(list);
	return length;
}
