/* date.c: dates as other sites write them, which is in more ways than the standards have. */
#include "data.h"

#include <string.h>
#include <strings.h>

struct date {
	int year, month, day, hour, minute, second, offset; /* minutes */
	bool timed;
};

static int number_at(const char **s)
{
	int n = 0;
	for (; **s >= '0' && **s <= '9' && n < 100000; ++*s)
		n = n * 10 + (**s - '0');
	return n;
}

/* hh:mm, hh:mm:ss and parts of a second, which do not count. */
static void read_clock(struct date *d, int hour, const char **s)
{
	d->timed = true;
	d->hour = hour;
	++*s;
	d->minute = number_at(s);
	if (**s == ':') {
		++*s;
		d->second = number_at(s);
	}
	if (**s == '.')
		*s += 1 + strspn(*s + 1, "0123456789");
}

/* +hh:mm, +hhmm, +hh. */
static void read_offset(struct date *d, const char **s)
{
	int sign = **s == '-' ? -1 : 1;
	++*s;
	size_t digits = strspn(*s, "0123456789");
	int n = number_at(s), minutes = 0;
	if (digits == 4) {
		minutes = n % 100;
		n /= 100;
	} else if (**s == ':') {
		++*s;
		minutes = number_at(s);
	}
	d->offset = sign * (n * 60 + minutes);
}

static void read_word(struct date *d, const char *word, size_t size)
{
	static const struct {
		const char *name;
		int month;
	} months[] = {{"jan", 1}, {"feb", 2}, {"mar", 3}, {"mrt", 3}, {"apr", 4}, {"may", 5},
		{"mei", 5}, {"jun", 6}, {"jul", 7}, {"aug", 8}, {"sep", 9}, {"oct", 10},
		{"okt", 10}, {"nov", 11}, {"dec", 12}};
	static const struct {
		const char *name;
		int hours;
	} zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6},
		{"PST", -8}, {"PDT", -7}, {"BST", 1}, {"CET", 1}, {"CEST", 2}, {"EET", 2},
		{"EEST", 3}};
	for (size_t i = 0; size >= 3 && i < COUNT(months); i++)
		if (strncasecmp(word, months[i].name, 3) == 0)
			d->month = months[i].month;
	for (size_t i = 0; i < COUNT(zones); i++)
		if (strlen(zones[i].name) == size && strncasecmp(word, zones[i].name, size) == 0)
			d->offset = 60 * zones[i].hours;
}

/* A year, or the day, whichever is not known yet. */
static void read_number(struct date *d, int n, size_t digits)
{
	if (digits <= 2 && d->day == 0)
		d->day = n;
	else if (d->year == 0)
		d->year = digits > 2 ? n : n < 70 ? 2000 + n : 1900 + n;
}

/* "Fri, 27 Nov 2026 18:05:00 GMT" (RFC 822) in what people make of it: without a weekday or seconds, with a year of two
 * digits, names in full, a zone by its name. */
static void read_words(struct date *d, const char *s)
{
	while (*s != '\0') {
		size_t digits = strspn(s, "0123456789");
		if (digits > 0) {
			int n = number_at(&s);
			if (*s == ':')
				read_clock(d, n, &s);
			else
				read_number(d, n, digits);
		} else if ((*s == '+' || *s == '-') && d->timed && s[1] >= '0' && s[1] <= '9') {
			read_offset(d, &s);
		} else {
			size_t size = 0;
			while ((s[size] | 0x20) >= 'a' && (s[size] | 0x20) <= 'z')
				size++;
			read_word(d, s, size);
			s += size > 0 ? size : 1;
		}
	}
}

/* 2026-11-27, and a time or none behind it, in a zone or none. */
static void read_iso(struct date *d, const char *s)
{
	d->year = number_at(&s);
	s += *s == '-';
	d->month = number_at(&s);
	s += *s == '-';
	d->day = number_at(&s);
	s += strspn(s, "Tt ");
	int hour = number_at(&s);
	if (*s == ':')
		read_clock(d, hour, &s);
	if (*s == '+' || *s == '-')
		read_offset(d, &s);
}

int64_t date_read(struct arena *arena, const char *said)
{
	struct date d = {0};
	char iso[40];
	int64_t ms;
	const char *s = said != NULL ? text_trim(arena, said) : "";
	if (strspn(s, "0123456789") == 4 && s[4] == '-')
		read_iso(&d, s);
	else
		read_words(&d, s);
	int offset = d.offset < 0 ? -d.offset : d.offset;
	return text_print(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", d.year,
		       d.month, d.day, d.hour, d.minute, d.second, d.offset < 0 ? '-' : '+',
		       offset / 60, offset % 60)
			&& time_parse_iso(iso, &ms)
		? ms
		: 0;
}
