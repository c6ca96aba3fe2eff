/* time.c: two clocks that tests can stop, two ways to write times, and ids in order of time. */
#include "base.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* The years 0000…9999: all that four digits can say. */
#define TIME_FIRST (INT64_C(-719528) * DAY)
#define TIME_LAST (INT64_C(2932897) * DAY - 1)

static _Atomic int64_t frozen;

/* ---- clocks -------------------------------------------------------------------------------- */

static int64_t clock_read(clockid_t which)
{
	int64_t stopped = atomic_load_explicit(&frozen, memory_order_relaxed);
	if (stopped != 0)
		return stopped;
	struct timespec now;
	if (clock_gettime(which, &now) != 0)
		die("the system has no clock");
	return now.tv_sec * SECOND + now.tv_nsec / 1000000;
}

int64_t time_now(void)
{
	return clock_read(CLOCK_REALTIME);
}

int64_t time_steady(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

void time_freeze(int64_t now_ms)
{
	atomic_store(&frozen, now_ms);
}

/* ---- the calendar -------------------------------------------------------------------------- */

struct date {
	int year, month, day; /* month 1…12 */
	int hour, minute, second, ms;
	int weekday; /* 0 is Sunday */
};

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 0000-01-01 to the first of January of `year` (0…10000). */
static int year_start(int year)
{
	if (year == 0)
		return 0;
	int past = year - 1; /* year 0 is a leap year, hence the one more */
	return year * 365 + past / 4 - past / 100 + past / 400 + 1;
}

static struct date date_of(int64_t ms)
{
	ms = ms < TIME_FIRST ? TIME_FIRST : ms > TIME_LAST ? TIME_LAST : ms;
	int64_t since = ms - TIME_FIRST;
	int day = (int)(since / DAY), rest = (int)(since % DAY);
	/* 400 years are 146097 days: right, or one off. */
	int year = (int)((int64_t)day * 400 / 146097);
	while (year_start(year) > day)
		year--;
	while (year_start(year + 1) <= day)
		year++;
	struct date d = {.year = year, .month = 1, .weekday = (day + 6) % 7};
	d.day = day - year_start(year);
	while (d.day >= month_days(year, d.month))
		d.day -= month_days(year, d.month++);
	d.day++;
	d.hour = (int)(rest / HOUR);
	d.minute = (int)(rest / MINUTE % 60);
	d.second = (int)(rest / SECOND % 60);
	d.ms = (int)(rest % SECOND);
	return d;
}

static bool date_to_ms(const struct date *d, int64_t *ms)
{
	if (d->month < 1 || d->month > 12 || d->day < 1 || d->day > month_days(d->year, d->month))
		return false;
	/* 60 is a leap second: the next one's 0. */
	if (d->hour > 23 || d->minute > 59 || d->second > 60)
		return false;
	int64_t days = year_start(d->year) + d->day - 1;
	for (int month = 1; month < d->month; month++)
		days += month_days(d->year, month);
	*ms = TIME_FIRST + days * DAY + d->hour * HOUR + d->minute * MINUTE;
	*ms += d->second * SECOND + d->ms;
	return true;
}

/* ---- writing and reading ------------------------------------------------------------------- */

static const char *const day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const month_names[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void time_iso(int64_t ms, char out[TIME_ISO])
{
	struct date d = date_of(ms);
	if (!text_print(out, TIME_ISO, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month,
		    d.day, d.hour, d.minute, d.second, d.ms))
		die("a date of our own does not fit");
}

void time_http(int64_t ms, char out[TIME_HTTP])
{
	struct date d = date_of(ms);
	if (!text_print(out, TIME_HTTP, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[d.weekday],
		    d.day, month_names[d.month - 1], d.year, d.hour, d.minute, d.second))
		die("a date of our own does not fit");
}

/* Exactly `digits` digits at *s, which moves past them. */
static bool take_number(const char **s, int digits, int *out)
{
	int value = 0;
	for (; digits > 0; digits--, ++*s) {
		if (**s < '0' || **s > '9')
			return false;
		value = value * 10 + (**s - '0');
	}
	*out = value;
	return true;
}

static bool take_char(const char **s, const char *one_of)
{
	if (**s == '\0' || strchr(one_of, **s) == NULL)
		return false;
	++*s;
	return true;
}

/* ".123…": thousandths are kept, finer digits are only checked. */
static bool take_fraction(const char **s, int *ms)
{
	int unit = 100;
	*ms = 0;
	if (!take_char(s, "."))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
		*ms += (**s - '0') * unit;
	return true;
}

static bool take_offset(const char **s, int64_t *offset)
{
	*offset = 0;
	if (take_char(s, "Zz"))
		return true;
	int hours, minutes, sign = **s == '-' ? -1 : 1;
	if (!take_char(s, "+-") || !take_number(s, 2, &hours) || !take_char(s, ":")
		|| !take_number(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset = sign * (hours * HOUR + minutes * MINUTE);
	return true;
}

bool time_parse_iso(const char *s, int64_t *ms)
{
	struct date d = {0};
	int64_t local, offset;
	if (s == NULL)
		return false;
	if (!take_number(&s, 4, &d.year) || !take_char(&s, "-") || !take_number(&s, 2, &d.month)
		|| !take_char(&s, "-") || !take_number(&s, 2, &d.day) || !take_char(&s, "Tt "))
		return false;
	if (!take_number(&s, 2, &d.hour) || !take_char(&s, ":") || !take_number(&s, 2, &d.minute)
		|| !take_char(&s, ":") || !take_number(&s, 2, &d.second)
		|| !take_fraction(&s, &d.ms))
		return false;
	if (!take_offset(&s, &offset) || *s != '\0' || !date_to_ms(&d, &local))
		return false;
	if (local - offset < TIME_FIRST || local - offset > TIME_LAST)
		return false;
	*ms = local - offset;
	return true;
}

bool time_parse_http(const char *s, int64_t *ms)
{
	struct date d = {0};
	int64_t when;
	if (s == NULL || strlen(s) != TIME_HTTP - 1)
		return false;
	for (size_t i = 0; i < COUNT(month_names); i++)
		if (strncmp(s + 8, month_names[i], 3) == 0)
			d.month = (int)i + 1;
	const char *day = s + 5, *year = s + 12, *hour = s + 17, *minute = s + 20, *second = s + 23;
	if (!take_number(&day, 2, &d.day) || !take_number(&year, 4, &d.year)
		|| !take_number(&hour, 2, &d.hour) || !take_number(&minute, 2, &d.minute)
		|| !take_number(&second, 2, &d.second) || !date_to_ms(&d, &when))
		return false;
	/* There is one spelling: names, blanks and weekday are checked by writing it. */
	char again[TIME_HTTP];
	time_http(when, again);
	if (strcmp(s, again) != 0)
		return false;
	*ms = when;
	return true;
}

/* ---- ids ----------------------------------------------------------------------------------- */

static _Atomic uint64_t last_id;

uint64_t id_next(void)
{
	int64_t now = time_now();
	uint64_t base = now > 0 && now < INT64_MAX >> 16 ? (uint64_t)now << 16 : 0;
	uint64_t last = atomic_load(&last_id), next;
	do {
		/* When the clock stands still or goes back, the sequence runs on into the milliseconds. */
		next = base > last ? base : last + 1;
		if (next > INT64_MAX)
			die("there are no ids left");
	} while (!atomic_compare_exchange_weak(&last_id, &last, next));
	return next;
}

void id_floor(uint64_t highest_known)
{
	uint64_t last = atomic_load(&last_id);
	while (last < highest_known
		&& !atomic_compare_exchange_weak(&last_id, &last, highest_known))
		continue;
}

int64_t id_time(uint64_t id)
{
	return (int64_t)(id >> 16);
}

const char *id_text(uint64_t id, char out[ID_TEXT])
{
	if (!text_print(out, ID_TEXT, "%" PRIu64, id))
		die("an id of our own does not fit");
	return out;
}
