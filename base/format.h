/* format.h - a small printf: text with numbers into a buffer, or character by character to a function.
 *
 * Knows %s %c %d %i %u %x %X %p %%, the sizes l, ll and z, a width (a number or *), the flags 0 and -, and for %s
 * a precision (%.8s, %.*s) that bounds how far the text is read. Anything else is printed as it stands, so that a
 * wrong format shows instead of doing harm. NULL for %s prints "(null)". No floating point, no %n. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* Writes at most size - 1 characters and a NUL. Returns the length that the whole text has. */
__attribute__((format(printf, 3, 4)))
size_t format_text(char *to, size_t size, const char *format, ...);

__attribute__((format(printf, 3, 0)))
size_t format_list(char *to, size_t size, const char *format, va_list list);

/* Hands each character to put(context, character). Returns how many there were. */
typedef void format_put(void *context, char character);

__attribute__((format(printf, 3, 0)))
size_t format_each(format_put *put, void *context, const char *format, va_list list);
