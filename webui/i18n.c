/* i18n.c: the words of the interface in each language: standard .po files, read once at start from the program. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "embed.h"
#include "webui.h"

#define LANGUAGES 2
#define SLOTS 8192 /* power of two, at least twice the entries */

struct entry {
	const char *id;         /* msgid */
	const char *one, *many; /* msgstr, or msgstr[0] and msgstr[1] */
};
struct catalogue {
	const char *language;
	struct entry slots[SLOTS];
	size_t count;
};

static struct catalogue catalogues[LANGUAGES] = {{.language = "en"}, {.language = "nl"}};
static struct arena *words;

static size_t slot_of(const char *id)
{
	uint32_t h = 2166136261u;
	for (const char *c = id; *c; c++)
		h = (h ^ (uint8_t)*c) * 16777619u;
	return h & (SLOTS - 1);
}

static struct entry *find(struct catalogue *c, const char *id)
{
	size_t at = slot_of(id);
	while (c->slots[at].id && strcmp(c->slots[at].id, id) != 0)
		at = (at + 1) & (SLOTS - 1);
	return &c->slots[at];
}

static struct catalogue *catalogue_of(const char *language)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (text_is(catalogues[i].language, language))
			return &catalogues[i];
	return NULL;
}

/* ---- reading .po ---- */

struct po {
	const char *at, *end;
	struct text id, one, many;
	struct text *into;
	bool fuzzy;
};

/* The inside of one "quoted" piece of a line, unescaped, into the current text. */
static void po_quoted(struct po *p, const char *line, const char *end)
{
	const char *c = memchr(line, '"', (size_t)(end - line));
	if (!c || !p->into)
		return;
	for (c++; c < end && *c != '"'; c++) {
		if (*c != '\\' || c + 1 == end) {
			text_char(p->into, *c);
			continue;
		}
		c++;
		text_char(p->into, *c == 'n' ? '\n' : *c == 't' ? '\t' : *c);
	}
}

static void po_begin(struct po *p)
{
	text_init(&p->id, words, 4096);
	text_init(&p->one, words, 4096);
	text_init(&p->many, words, 4096);
	p->into = NULL;
	p->fuzzy = false;
}

static void po_keep(struct po *p, struct catalogue *c)
{
	if (p->id.size && p->one.size && !p->fuzzy) {
		if (++c->count > SLOTS / 2)
			die("i18n: more than %d entries", SLOTS / 2);
		*find(c, p->id.at) = (struct entry){
			p->id.at, p->one.at, p->many.size ? p->many.at : p->one.at};
	}
	po_begin(p);
}

static void po_line(struct po *p, struct catalogue *c, const char *line, const char *end)
{
	if (line == end) {
		po_keep(p, c);
	} else if (text_starts(line, "#,")) {
		p->fuzzy = memmem(line, (size_t)(end - line), "fuzzy", 5) != NULL;
	} else if (*line != '#') {
		if (text_starts(line, "msgid_plural"))
			p->into = NULL; /* the pair is found by its singular */
		else if (text_starts(line, "msgid"))
			p->into = &p->id;
		else if (text_starts(line, "msgstr[1]"))
			p->into = &p->many;
		else if (text_starts(line, "msgstr"))
			p->into = &p->one;
		po_quoted(p, line, end);
	}
}

static void po_read(struct catalogue *c, const struct embedded *file)
{
	const char *at = (const char *)file->data, *end = at + file->size;
	struct po p = {0};
	po_begin(&p);
	while (at < end) {
		const char *line = at;
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		at = stop ? stop + 1 : end;
		po_line(&p, c, line, stop ? stop : end);
	}
	po_keep(&p, c);
}

void i18n_load(void)
{
	if (words)
		return;
	words = arena_create();
	for (const struct embedded *file = embedded; file->name; file++)
		for (size_t i = 0; i < LANGUAGES; i++)
			if (text_is(file->name,
				    arena_format(words, "i18n/%s.po", catalogues[i].language)))
				po_read(&catalogues[i], file);
}

/* ---- asking ---- */

bool i18n_has(const char *language)
{
	return catalogue_of(language) != NULL;
}

const char *i18n(const char *language, const char *msgid)
{
	struct catalogue *c = catalogue_of(language);
	struct entry *e = c ? find(c, msgid) : NULL;
	return e && e->id ? e->one : msgid;
}

const char *i18n_plural(const char *language, const char *one, const char *many, int64_t n)
{
	struct catalogue *c = catalogue_of(language);
	struct entry *e = c ? find(c, one) : NULL;
	if (e && e->id)
		return n == 1 ? e->one : e->many;
	return n == 1 ? one : many;
}

const char *i18n_choose(const char *accept, const char *otherwise)
{
	const char *best = otherwise;
	int64_t best_weight = 0;
	for (const char *at = accept; at && *at;
		at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		at += strspn(at, " \t");
		size_t size = strcspn(at, "-;, \t"), item = strcspn(at, ",");
		const char *q = memmem(at, item, "q=", 2);
		/* Weight in thousandths: "0.8" is 800; nothing said, and more than 1, is 1000. */
		double said = q ? strtod(q + 2, NULL) : 1;
		int64_t weight = said >= 1 ? 1000 : said > 0 ? (int64_t)(said * 1000) : 0;
		for (size_t i = 0; i < LANGUAGES; i++) {
			const char *language = catalogues[i].language;
			if (size == strlen(language) && strncasecmp(at, language, size) == 0
				&& weight > best_weight) {
				best = language;
				best_weight = weight;
			}
		}
	}
	return best;
}

static const char *zone_name = "Europe/Amsterdam";

void i18n_zone(const char *tz)
{
	zone_name = tz;
	setenv("TZ", tz, 1);
	tzset();
}

static int year_now(void)
{
	time_t seconds = (time_t)(time_now() / SECOND);
	struct tm tm;
	return localtime_r(&seconds, &tm) ? tm.tm_year : 0;
}

const char *i18n_zone_name(void)
{
	return zone_name;
}

static const char *const months[LANGUAGES][12] = {
	{"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"},
	{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
		"oktober", "november", "december"},
};

const char *i18n_month_short(const char *language, int month)
{
	static const char *const shorts[LANGUAGES][12] = {
		{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
			"Dec"},
		{"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov",
			"dec"},
	};
	return shorts[text_is(language, "nl") ? 1 : 0][month - 1];
}

static void add_day(struct text *t, size_t l, const struct tm *tm, bool with_year)
{
	text_format(t, "%d %s", tm->tm_mday, months[l][tm->tm_mon]);
	if (with_year)
		text_format(t, " %d", tm->tm_year + 1900);
}

void i18n_date(struct text *t, const char *language, int64_t ms)
{
	time_t seconds = (time_t)(ms / SECOND);
	struct tm tm;
	if (localtime_r(&seconds, &tm))
		add_day(t, text_is(language, "nl") ? 1 : 0, &tm, true);
}

static void add_time(
	struct text *t, const char *language, int64_t ms, bool with_hour, bool with_year)
{
	static const char *const days[LANGUAGES][7] = {
		{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		{"zo", "ma", "di", "wo", "do", "vr", "za"},
	};
	size_t l = text_is(language, "nl") ? 1 : 0;
	time_t seconds = (time_t)(ms / SECOND);
	struct tm tm;
	if (!localtime_r(&seconds, &tm))
		return;
	if (with_hour)
		text_format(t, "%s ", days[l][tm.tm_wday]);
	add_day(t, l, &tm, with_year || tm.tm_year != year_now());
	if (with_hour)
		text_format(t, ", %02d:%02d", tm.tm_hour, tm.tm_min);
}

void i18n_time(struct text *t, const char *language, int64_t ms, bool with_hour)
{
	add_time(t, language, ms, with_hour, with_hour);
}

void i18n_moment(struct text *t, const char *language, int64_t ms)
{
	add_time(t, language, ms, true, false);
}

static const char *const weekdays[LANGUAGES][7] = {
	{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
};

const char *i18n_weekday(const char *language, int weekday)
{
	return weekdays[text_is(language, "nl") ? 1 : 0][weekday];
}

static void add_wall(struct text *t, size_t l, const struct wall *w)
{
	text_format(t, "%s %d %s %d, ", weekdays[l][w->weekday], w->day, months[l][w->month - 1],
		w->year);
}

static void add_hour(struct text *t, size_t l, const struct wall *w)
{
	text_format(t, l == 1 ? "%d.%02d" : "%d:%02d", w->hour, w->minute);
}

void i18n_span(struct text *t, const char *language, const struct wall *from, const struct wall *to)
{
	size_t l = text_is(language, "nl") ? 1 : 0;
	const char *after = l == 1 ? " uur" : "";
	add_wall(t, l, from);
	add_hour(t, l, from);
	if (to != NULL && to->year == from->year && to->month == from->month
		&& to->day == from->day) {
		text_add(t, "–");
		add_hour(t, l, to);
	} else if (to != NULL) {
		text_format(t, "%s %s ", after, l == 1 ? "tot" : "to");
		add_wall(t, l, to);
		add_hour(t, l, to);
	}
	text_add(t, after);
}
