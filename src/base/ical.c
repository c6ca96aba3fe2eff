/* ical.c: what a clock on a wall shows in some zone, what comes back each week or month, and calendar files (RFC 5545):
 * the only file with libical, which takes its zones from the system's tzdata. */
#include "data.h"

#include <libical/ical.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_FIRST 1970
#define YEAR_LAST 2200
#define OCCURRENCES_MOST 1000 /* looked at for the next one */
#define ZONES_MOST 32         /* in one file */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void)
{
	icalerror_set_errors_are_fatal(0);
}

/* ---- zones ----------------------------------------------------------------------------------- */

static icaltimezone *zone_of(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
	pthread_once(&once, begin);
	if (name == NULL || strlen(name) > ICAL_ZONE_MOST || name[strspn(name, allowed)] != '\0')
		return NULL;
	if (strcmp(name, "UTC") == 0)
		return icaltimezone_get_utc_timezone();
	return icaltimezone_get_builtin_timezone(name);
}

bool ical_zone_known(const char *name)
{
	return zone_of(name) != NULL;
}

static struct icaltimetype time_of(const struct wall *w, icaltimezone *zone)
{
	struct icaltimetype at = icaltime_null_time();
	at.year = w->year;
	at.month = w->month;
	at.day = w->day;
	at.hour = w->hour;
	at.minute = w->minute;
	at.zone = zone;
	return at;
}

bool ical_wall_is_real(const struct wall *w)
{
	return w->year >= YEAR_FIRST && w->year <= YEAR_LAST && w->month >= 1 && w->month <= 12
		&& w->day >= 1 && w->day <= icaltime_days_in_month(w->month, w->year)
		&& w->hour >= 0 && w->hour <= 23 && w->minute >= 0 && w->minute <= 59;
}

bool ical_to_ms(const struct wall *w, const char *name, int64_t *ms)
{
	icaltimezone *zone = zone_of(name);
	if (zone == NULL || !ical_wall_is_real(w))
		return false;
	*ms = (int64_t)icaltime_as_timet_with_zone(time_of(w, zone), zone) * SECOND;
	return true;
}

static struct icaltimetype time_at(int64_t ms, icaltimezone *zone)
{
	struct icaltimetype at = icaltime_from_timet_with_zone(
		(time_t)(ms / SECOND), 0, icaltimezone_get_utc_timezone());
	return icaltime_convert_to_zone(at, zone);
}

bool ical_to_wall(int64_t ms, const char *name, struct wall *out)
{
	icaltimezone *zone = zone_of(name);
	if (zone == NULL)
		return false;
	struct icaltimetype at = time_at(ms, zone);
	int summer = 0;
	*out = (struct wall){.year = at.year,
		.month = at.month,
		.day = at.day,
		.hour = at.hour,
		.minute = at.minute,
		.weekday = icaltime_day_of_week(at) - 1,
		.offset = icaltimezone_get_utc_offset(zone, &at, &summer) / 60};
	return true;
}

/* ---- what comes back ------------------------------------------------------------------------- */

/* "On the first Tuesday"; what is a fifth one is the last. */
static const char *weekday_rule(struct arena *arena, const struct wall *w)
{
	static const char *const days[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
	int nth = (w->day - 1) / 7 + 1;
	return arena_format(arena, "BYDAY=%d%s", nth > 4 ? -1 : nth, days[w->weekday]);
}

const char *ical_rule(struct arena *arena, const struct repeat *r, int64_t start, const char *zone)
{
	struct wall w;
	if (r->kind == REPEAT_NEVER || !ical_to_wall(start, zone, &w))
		return NULL;
	const char *ends = "", *by = "";
	if (r->until != 0) {
		char *until = icaltime_as_ical_string_r(
			time_at(r->until, icaltimezone_get_utc_timezone()));
		ends = arena_format(arena, ";UNTIL=%s", until);
		free(until);
	} else if (r->count != 0) {
		ends = arena_format(arena, ";COUNT=%u", r->count);
	}
	if (r->kind == REPEAT_WEEKS)
		return arena_format(arena, "FREQ=WEEKLY;INTERVAL=%u%s", r->interval, ends);
	by = r->kind == REPEAT_MONTHS_WEEKDAY ? weekday_rule(arena, &w)
					      : arena_format(arena, "BYMONTHDAY=%d", w.day);
	return arena_format(arena, "FREQ=MONTHLY;INTERVAL=%u;%s%s", r->interval, by, ends);
}

bool ical_next(const char *rule, int64_t start, const char *name, int64_t *next)
{
	icaltimezone *zone = zone_of(name);
	if (rule == NULL || zone == NULL)
		return false;
	struct icalrecurrencetype r = icalrecurrencetype_from_string(rule);
	icalrecur_iterator *walk = icalrecur_iterator_new(r, time_at(start, zone));
	bool found = false;
	for (int i = 0; walk != NULL && !found && i < OCCURRENCES_MOST; i++) {
		struct icaltimetype at = icalrecur_iterator_next(walk);
		if (icaltime_is_null_time(at))
			break;
		int64_t ms = (int64_t)icaltime_as_timet_with_zone(at, zone) * SECOND;
		found = ms > start;
		if (found)
			*next = ms;
	}
	if (walk != NULL)
		icalrecur_iterator_free(walk);
	return found;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void add(icalcomponent *to, icalproperty *property)
{
	if (property != NULL)
		icalcomponent_add_property(to, property);
}

static void add_other(icalcomponent *to, const char *name, const char *value)
{
	icalproperty *p = icalproperty_new_x(value);
	icalproperty_set_x_name(p, name);
	add(to, p);
}

static void add_time(icalcomponent *to, icalproperty *property, const char *zone)
{
	if (strcmp(zone, "UTC") != 0)
		icalproperty_add_parameter(property, icalparameter_new_tzid(zone));
	add(to, property);
}

static struct icaltimetype utc(int64_t ms)
{
	return time_at(ms, icaltimezone_get_utc_timezone());
}

/* The rules of a zone from the first to the last that is in the file, under its own name. */
static void add_zone(icalcomponent *calendar, const char *name, int64_t from, int64_t to)
{
	icalcomponent *zone = icalcomponent_new_clone(icaltimezone_get_component(zone_of(name)));
	if (zone == NULL)
		return;
	icaltimezone_truncate_vtimezone(zone, utc(from - 366 * DAY), utc(to + 5 * 366 * DAY), 0);
	icalproperty *id = icalcomponent_get_first_property(zone, ICAL_TZID_PROPERTY);
	if (id != NULL)
		icalproperty_set_tzid(id, name);
	icalcomponent_add_component(calendar, zone);
}

static void add_zones(icalcomponent *calendar, const struct ical_event *all, size_t count)
{
	const char *done[ZONES_MOST];
	size_t zones = 0;
	for (size_t i = 0; i < count && zones < ZONES_MOST; i++) {
		bool new = !text_is(all[i].zone, "UTC");
		int64_t from = all[i].start, to = from;
		for (size_t k = 0; k < zones; k++)
			new = new && !text_is(done[k], all[i].zone);
		for (size_t k = i; new &&k < count; k++) {
			from = all[k].start < from ? all[k].start : from;
			to = all[k].start > to ? all[k].start : to;
		}
		if (new)
			add_zone(calendar, done[zones++] = all[i].zone, from, to);
	}
}

static void add_event(icalcomponent *calendar, const struct ical_event *e)
{
	icaltimezone *zone = zone_of(e->zone);
	icalcomponent *c = icalcomponent_new(ICAL_VEVENT_COMPONENT);
	add(c, icalproperty_new_uid(e->uid));
	add(c, icalproperty_new_dtstamp(utc(e->updated)));
	add(c, icalproperty_new_lastmodified(utc(e->updated)));
	add(c, icalproperty_new_sequence((int)e->sequence));
	add_time(c, icalproperty_new_dtstart(time_at(e->start, zone)), e->zone);
	if (e->end > e->start)
		add_time(c, icalproperty_new_dtend(time_at(e->end, zone)), e->zone);
	if (e->rule != NULL)
		add(c, icalproperty_new_rrule(icalrecurrencetype_from_string(e->rule)));
	add(c, icalproperty_new_summary(e->title));
	if (e->description != NULL)
		add(c, icalproperty_new_description(e->description));
	if (e->place != NULL)
		add(c, icalproperty_new_location(e->place));
	add(c, icalproperty_new_url(e->url));
	add(c,
		icalproperty_new_status(
			e->cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
	icalcomponent_add_component(calendar, c);
}

struct bytes ical_write(
	struct arena *arena, const char *name, const struct ical_event *all, size_t count)
{
	pthread_once(&once, begin);
	icalcomponent *c = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
	add(c, icalproperty_new_version("2.0"));
	add(c, icalproperty_new_prodid("-//Kring//NONSGML Kring//EN"));
	add(c, icalproperty_new_method(ICAL_METHOD_PUBLISH));
	add_other(c, "X-WR-CALNAME", name);
	add_other(c, "X-PUBLISHED-TTL", "PT1H");
	add_zones(c, all, count);
	for (size_t i = 0; i < count; i++)
		add_event(c, &all[i]);
	char *text = icalcomponent_as_ical_string_r(c);
	struct bytes out = {arena_text(arena, text), strlen(text)};
	free(text);
	icalcomponent_free(c);
	return out;
}
