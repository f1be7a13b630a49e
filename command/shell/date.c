/* date.c - date: the wall clock in the Gregorian calendar. */
#include "abi/nacre_calls.h"
#include "base/bits.h"
#include "base/string.h"
#include "terminal.h"
#include "idl/time_client.h"
#include "nacre/clock.h"

struct date {
	uint32_t year, month, day, hour, minute, second;
};

enum { DAY_SECONDS = 86400, ERA_DAYS = 146097, EPOCH_DAYS = 719468 };

/* --- the calendar: years begin in March, so that the leap day comes last; an era is 400 of them --------------- */

static void date_of(uint32_t seconds_of_day, uint32_t days, struct date *date)
{
	uint32_t since = days + EPOCH_DAYS, era = since / ERA_DAYS, day = since % ERA_DAYS;
	uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint32_t day_of_year = day - (365 * year + year / 4 - year / 100), month = (5 * day_of_year + 2) / 153;

	date->day = day_of_year - (153 * month + 2) / 5 + 1;
	date->month = month < 10 ? month + 3 : month - 9;
	date->year = year + era * 400 + (date->month <= 2);
	date->hour = seconds_of_day / 3600;
	date->minute = seconds_of_day / 60 % 60;
	date->second = seconds_of_day % 60;
}

static uint32_t days_of(const struct date *date)
{
	uint32_t year = date->year - (date->month <= 2), era = year / 400, year_of_era = year % 400;
	uint32_t month = date->month > 2 ? date->month - 3 : date->month + 9;
	uint32_t day_of_year = (153 * month + 2) / 5 + date->day - 1;

	return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_DAYS;
}

static uint32_t month_days(const struct date *date)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = date->year % 4 == 0 && (date->year % 100 || date->year % 400 == 0);

	return days[date->month - 1] + (date->month == 2 && leap);
}

/* "2024-01-31 23:59:59": every place a digit or the sign that belongs there. */
static bool date_read(const char *text, struct date *date)
{
	static const char shape[] = "0000-00-00 00:00:00";
	static const uint8_t starts[] = { 0, 5, 8, 11, 14, 17 };
	uint32_t *fields[] = { &date->year, &date->month, &date->day, &date->hour, &date->minute, &date->second };

	if (string_length(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		*fields[i] = 0;
		for (size_t at = starts[i]; text[at] >= '0' && text[at] <= '9'; at++)
			*fields[i] = *fields[i] * 10 + (uint32_t)(text[at] - '0');
	}
	return date->year >= 1970 && date->year < 2500 && date->month >= 1 && date->month <= 12 && date->day >= 1 &&
	       date->day <= month_days(date) && date->hour < 24 && date->minute < 60 && date->second < 60;
}

/* --- the clock ------------------------------------------------------------------------------------------- */

static int show(const char *who)
{
	struct date date;
	nacre_handle_t clock;
	nacre_status_t status = time_connect("svc/time", &clock);
	int32_t zone;
	uint32_t rest;
	uint64_t seconds, offset_ns;
	bool known;

	if (!status) {
		status = time_wall(clock, &offset_ns, &zone, &known);
		nacre_handle_close(clock);
	}
	if (status)
		return complain(who, "%s", nacre_error_sentence(status));
	seconds = divide_u64(nacre_clock_ns() + offset_ns, 1000000000, NULL);
	seconds = divide_u64(seconds + (uint64_t)(int64_t)(zone * 60), DAY_SECONDS, &rest);
	date_of(rest, (uint32_t)seconds, &date);
	out("%04lu-%02lu-%02lu %02lu:%02lu:%02lu UTC%c%02ld:%02ld%s\n", (unsigned long)date.year, (unsigned long)date.month,
	    (unsigned long)date.day, (unsigned long)date.hour, (unsigned long)date.minute, (unsigned long)date.second,
	    zone < 0 ? '-' : '+', (long)(zone < 0 ? -zone : zone) / 60, (long)(zone < 0 ? -zone : zone) % 60,
	    known ? "" : " (the clock was never set)");
	return STATUS_DONE;
}

/* A connection to what sets the clock; or complains for `who` and answers NONE. */
static nacre_handle_t setter_open(const char *who)
{
	nacre_handle_t clock = NACRE_HANDLE_NONE;
	nacre_status_t status = time_connect("svc/clock-set", &clock);

	if (status)
		complain(who, "%s", nacre_error_sentence(status));
	return clock;
}

static int setter_close(const char *who, nacre_handle_t clock, nacre_status_t status)
{
	nacre_handle_close(clock);
	return status ? complain(who, "%s", nacre_error_sentence(status)) : STATUS_DONE;
}

static int set_clock(const char *who, const struct date *date)
{
	uint64_t ns = ((uint64_t)days_of(date) * DAY_SECONDS + date->hour * 3600 + date->minute * 60 + date->second) * NACRE_S;
	nacre_handle_t clock = setter_open(who);

	return clock ? setter_close(who, clock, time_wall_set(clock, ns)) : STATUS_FAILED;
}

static int set_zone(const char *who, const char *text)
{
	bool west = *text == '-';
	nacre_handle_t clock;
	uint64_t minutes;

	if (!number_read(text + (west || *text == '+'), &minutes) || minutes > TIME_ZONE_MINUTES_MAX)
		return builtin_misused(who);
	clock = setter_open(who);
	return clock ? setter_close(who, clock, time_zone_set(clock, west ? -(int32_t)minutes : (int32_t)minutes))
		     : STATUS_FAILED;
}

int run_date(int argc, char **argv)
{
	struct date date;

	if (argc == 1)
		return show(argv[0]);
	if (argc == 3 && string_equal(argv[1], "-s") && date_read(argv[2], &date))
		return set_clock(argv[0], &date);
	if (argc == 3 && string_equal(argv[1], "-z"))
		return set_zone(argv[0], argv[2]);
	return builtin_misused(argv[0]);
}
