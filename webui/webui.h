/*
 * webui.h: pages, words and static files, all compiled into the program by embed.c.
 *
 * Templates (webui/pages/NAME.html, parts in pages/parts/) are a Mustache subset over a node tree (data.h):
 *   {{name}} {{a.b}}          the value, escaped for HTML; NODE_HTML goes out as it is; numbers and ids plain
 *   {{#name}}…{{/name}}       list: for each; object: inside it; text, number, flag: when not empty, 0 or false
 *   {{^name}}…{{/name}}       when absent, empty, 0 or false
 *   {{>part}}                 pages/parts/part.html
 *   {{_ Words to translate}}  msgid = the English words; {name} inside takes a field: {{_ Follow {title}}}
 *   {{n count|{count} reply|{count} replies}}   plural by the language's rule; both forms are one msgid pair
 *   {{time name}}             a NODE_TIME in the page's language inside <time datetime>; {{date name}} without the hour,
 *                             {{moment name}} without the year when it is this one: for what nobody keeps
 *   {{span name}}             an object { from, to, zone }: days and hours as clocks there show them; {{day name}} its
 *                             first day alone, to be seen at a glance: <b>12</b> dec
 *   {{asset app.css}}         the hashed address of a static file
 * Names are looked up from the innermost open section outwards. Every page is put into layout.html as {{>page}}; those
 * in pages/mail/, which are sent as e-mail, into mail/layout.html.
 */
#pragma once

#include "data.h"

/* page.c: parse all templates once; errors are our own mistakes and die with file and line. */
void page_load(void);
bool page_exists(const char *name);
enum err page_render(struct arena *, const char *page, const struct node *root, const char *language, struct bytes *html) MUST_USE;

/* i18n.c: "nl", "en". Unknown msgids come back as they are (a test finds them). */
bool i18n_has(const char *language);
const char *i18n(const char *language, const char *msgid);
const char *i18n_plural(const char *language, const char *one, const char *many, int64_t n);
/* "di 4 maart 2025, 19:30" in the zone of the site; without the hour "4 maart", and the year when it is another one. */
void i18n_time(struct text *, const char *language, int64_t ms, bool with_hour);
void i18n_moment(struct text *, const char *language, int64_t ms); /* "di 4 maart, 19:30", and the year when it is another one */
void i18n_date(struct text *, const char *language, int64_t ms); /* "4 maart 2025": for words that are read elsewhere, later */
const char *i18n_month_short(const char *language, int month); /* "dec"; 1 is January */
const char *i18n_weekday(const char *language, int weekday); /* 0 is Sunday */
void i18n_zone(const char *tz); /* e.g. "Europe/Amsterdam"; set once before threads start */
const char *i18n_zone_name(void);
/* "zaterdag 12 december 2026, 10.00–12.00 uur"; over more than a day both in full. `to` NULL: when it ends is not said. */
void i18n_span(struct text *, const char *language, const struct wall *from, const struct wall *to);
const char *i18n_choose(const char *accept_language, const char *otherwise); /* best of what we have */

/* asset.c: static files under /static/NAME.HASH.EXT, immutable, precompressed. */
struct asset {
	const char *name, *path, *type, *etag;
	struct bytes plain, gzip; /* gzip empty when it does not pay */
};
const struct asset *asset_by_path(const char *path); /* NULL if none */
const struct asset *asset_by_name(const char *name);
