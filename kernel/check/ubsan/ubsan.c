/* ubsan.c - what -fsanitize=undefined calls: a panic that names file, line and what was done there. None of it returns.
 *
 * Linked into kernel-ubsan.elf alone. The names are the compiler's. Each is given a record that begins with the place; the values
 * that follow, and what else is in the record, are not shown: the line is what a person needs. */
#include "arch.h"
#include "base/string.h"

enum { REPORT_BYTES = 160 };

struct place {
	const char *file;
	uint32_t line, column;
};

static char report[REPORT_BYTES];
static size_t used;

static void put(const char *text, size_t size)
{
	for (size_t i = 0; i < size && used + 1 < sizeof report; i++)
		report[used++] = text[i];
	report[used] = '\0';
}

static void put_number(uint32_t value)
{
	char digits[10];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	put(digits + at, sizeof digits - at);
}

static _Noreturn void undefined(const struct place *place, const char *what)
{
	static const char head[] = "undefined behaviour, ", middle[] = ", at ";

	used = 0;
	put(head, sizeof head - 1);
	put(what, string_length(what));
	put(middle, sizeof middle - 1);
	put(place->file, string_length(place->file));
	put(":", 1);
	put_number(place->line);
	kernel_panic(report);
}

/* Further arguments, which differ, are in registers and left there. */
#define HANDLER(name, what) \
	_Noreturn void __ubsan_handle_##name(const struct place *place); \
	_Noreturn void __ubsan_handle_##name(const struct place *place) { undefined(place, what); }

HANDLER(add_overflow_abort, "a sum that is too large")
HANDLER(sub_overflow_abort, "a difference that is too large")
HANDLER(mul_overflow_abort, "a product that is too large")
HANDLER(negate_overflow_abort, "the negative of the least number")
HANDLER(divrem_overflow_abort, "a division that has no result")
HANDLER(shift_out_of_bounds_abort, "a shift by too much")
HANDLER(out_of_bounds_abort, "an index out of range")
HANDLER(type_mismatch_v1_abort, "a pointer that is null, misaligned or to too small an object")
HANDLER(pointer_overflow_abort, "a pointer that left its object")
HANDLER(load_invalid_value_abort, "a value that its type does not have")
HANDLER(invalid_builtin_abort, "a count of bits in zero")
HANDLER(nonnull_arg_abort, "a null argument")
HANDLER(nonnull_return_v1_abort, "a null result")
HANDLER(vla_bound_not_positive_abort, "an array of no elements")
HANDLER(builtin_unreachable, "a place that cannot be reached")
HANDLER(missing_return, "a function without a result")
