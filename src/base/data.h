/*
 * data.h: what goes in and out. JSON is read (json.c) into checked values, written once (view.c) as JSON text or
 * as the tree a page is filled from, and marked-up text is cleaned (markup.c).
 */
#pragma once

#include "base.h"

/* ---- json.c: checked reading; the only file that calls jansson ------------------------------- */

/* Limits are counted on the raw bytes before anything is allocated (security.md §2.5, §2.6). */
struct json_limits {
	size_t bytes;   /* of the document; 1 MiB when 0 */
	size_t values;  /* 20 000 when 0 */
	size_t depth;   /* 32 when 0, and never more */
	size_t string;  /* bytes of one string: 256 KiB when 0 */
	size_t members; /* of one object: 500 when 0 */
};
struct json; /* a parsed document; nodes below point into it */
typedef struct json_t json_node; /* jansson's; opaque outside json.c */

/* One JSON text, UTF-8, no duplicate keys, no \u0000. ERR_TOO_MUCH past a limit (NULL = the defaults),
 * ERR_INVALID otherwise. The document belongs to the arena and is freed with it. */
enum err json_read(struct arena *, struct bytes, const struct json_limits *, const json_node **out) MUST_USE;
enum err json_prescan(struct bytes, const struct json_limits *) MUST_USE; /* only the counting */

bool json_is_object(const json_node *); /* all of these take NULL and answer false, NULL, 0 */
bool json_is_array(const json_node *);
bool json_is_string(const json_node *);
const json_node *json_member(const json_node *object, const char *name); /* NULL if absent or JSON null */
size_t json_count(const json_node *);                       /* items of an array; 1 for any other value; 0 for NULL */
const json_node *json_item(const json_node *, size_t i);    /* an array's item; a scalar is its own item 0 */
const char *json_text(const json_node *);                   /* the string, or NULL if it is none */
bool json_number(const json_node *, int64_t *out);          /* integer, or a real without fraction */
bool json_flag(const json_node *);                          /* JSON true and nothing else */
/* Walk an object's members in document order. */
size_t json_members(const json_node *, bool (*visit)(void *, const char *name, const json_node *), void *arg);
/* Back to compact text, members in their order. */
struct bytes json_write(struct arena *, const json_node *);
/* RFC 8785 (JCS) of a node; `skip` names one top-level member to leave out (NULL: none). */
enum err json_canonical(struct arena *, const json_node *, const char *skip, struct bytes *out) MUST_USE;
void decimal_write(struct text *, double finite); /* decimal.c: a number as ECMAScript and JCS spell it */

/* ---- view.c: written once, two sinks --------------------------------------------------------- */

/*
 * A handler says view_text(v, "title", t) and never asks where it goes. Inside an object names are given; inside a
 * list they are NULL. NULL text writes nothing. The first misuse is remembered; view_ok tells at the end.
 * JSON sink: compact text. Tree sink: struct node, read by webui/page.c.
 */
struct view;
enum view_kind { VIEW_JSON, VIEW_TREE };
struct view *view_create(struct arena *, enum view_kind); /* the root object is open */
enum view_kind view_kind(const struct view *);
void view_most(struct view *, size_t bytes); /* JSON sink, of what is no answer to a call: instead of 16 MiB */
void view_begin(struct view *, const char *name); /* object */
void view_end(struct view *);
void view_list(struct view *, const char *name);
void view_list_end(struct view *);
void view_text(struct view *, const char *name, const char *value);
void view_format(struct view *, const char *name, const char *format, ...) PRINTF(3, 4);
void view_html(struct view *, const char *name, const char *clean); /* already clean HTML: not escaped again */
void view_number(struct view *, const char *name, int64_t value);
void view_flag(struct view *, const char *name, bool value);
void view_time(struct view *, const char *name, int64_t ms); /* JSON: ISO text; tree: a time a page formats. 0: nothing */
void view_id(struct view *, const char *name, uint64_t id);  /* always decimal text */
void view_null(struct view *, const char *name);             /* JSON null; nothing in a tree */
void view_raw(struct view *, const char *name, struct bytes json); /* JSON sink: verbatim; tree: nothing */
bool view_ok(const struct view *);
struct bytes view_json(struct view *);        /* closes the root; JSON sink only; empty unless view_ok */

enum node_kind { NODE_OBJECT, NODE_LIST, NODE_TEXT, NODE_HTML, NODE_NUMBER, NODE_FLAG, NODE_TIME };
struct node {
	enum node_kind kind;
	const char *name;       /* member name, NULL in a list */
	const char *text;       /* TEXT, HTML */
	int64_t number;         /* NUMBER, FLAG, TIME (ms) */
	struct node *first, *last; /* OBJECT, LIST: children */
	struct node *next;
};
const struct node *view_root(struct view *);  /* tree sink only; NULL unless view_ok */

/* ---- entity.c: character references ---------------------------------------------------------- */

/* The bytes the reference at `s` ("&amp;", "&#39;") takes, and what it means; 0 when none stands there. */
size_t entity_read(const char *s, bool in_attribute, uint32_t *point);
size_t entity_utf8(uint32_t point, char out[5]); /* its bytes, then NULs */

/* ---- tag.c: reading HTML as it comes, without a tree ----------------------------------------- */

struct html_tag { /* not `struct tag`: that is an ActivityPub tag (feature.h) */
	bool end, self_closing;
	char name[16];          /* lower case; empty for comments, declarations and names of 16 bytes and more */
	const char *attributes; /* points into the text that was read */
};
/* The bytes that the tag, comment or declaration at `s` takes, or 0: then its '<' is text. What never ends takes all
 * there is. `foreign`: within svg or math, where CDATA sections exist. */
size_t tag_read(const char *s, bool foreign, struct html_tag *out);
/* Decoded; NULL when it is absent or longer than 8 KiB. */
char *tag_attribute(struct arena *, const struct html_tag *, const char *name);
bool tag_has_word(const char *list, const char *word); /* of rel, class: any case, blanks between; list may be NULL */
size_t tag_raw_text(const char *s, const char *name); /* bytes before the end tag of a script, a style … */

/* ---- address.c: where links lead ------------------------------------------------------------- */

/* A foreign address that may be linked to, in one spelling, or NULL: https, http, gemini, mailto, xmpp, magnet; never
 * relative, without userinfo, at most 2 048 bytes. *host is lower case, NULL for the last three. */
char *address_clean(struct arena *, const char *raw, const char **host);
bool address_misleads(struct arena *, const char *words, const char *host); /* the words name another host */

/* ---- clean.c, markup.c: foreign and own marked-up text; md4c is called in markup.c only ------ */

/*
 * The allowlist of security.md §5.4, by a linear streaming tokenizer: no tree, at most 32 open elements, at most
 * 2 000 tags, output at most 256 KiB. Idempotent. Links get rel="nofollow noopener noreferrer ugc"; a link whose words
 * name another host shows the real one after them.
 */
char *markup_clean(struct arena *, const char *html);   /* never NULL; whatever cannot be kept is left out */
char *markup_plain(struct arena *, const char *html, size_t points); /* words only, at most so many code points */
/* Markdown (CommonMark, no raw HTML) to clean HTML. `link` may be NULL; it is asked for each @name, @name@host and
 * #tag (sign, then the rest) and answers the absolute address to link to, or NULL to leave the words alone.
 * ERR_TOO_MUCH past 50 KB. */
typedef const char *markup_link(void *arg, struct arena *, char sign, const char *word);
enum err markup_from_markdown(struct arena *, const char *markdown, markup_link *link, void *arg, char **html) MUST_USE;

/* ---- csv.c: tables as spreadsheets write them ------------------------------------------------- */

#define CSV_BYTES ((size_t)8 << 20)
#define CSV_ROWS 20000
#define CSV_COLUMNS 64
struct csv_row {
	size_t number; /* as a spreadsheet counts them: the row of names is 1 */
	size_t count;
	bool more;     /* something stands past the last column there may be */
	const char *const *cells;
};
struct csv { /* rows without a word in them are left out; the first has the names of the columns */
	struct csv_row *rows;
	size_t count;
	char separator; /* ; , or tab, whichever it is */
	size_t bad_row; /* which, when it was refused for one row */
};
/* RFC 4180 with any end of line; UTF-8 with or without a mark, or Windows-1252. ERR_INVALID: see *why, bad_row. */
enum err csv_read(struct arena *, struct bytes, struct refusal *why, struct csv *out) MUST_USE;
/* One more cell, after a separator; '\0' for the first of a row, which "\r\n" ends. What a spreadsheet would run as a formula gets a ' before it, which csv_plain takes off. */
void csv_write(struct text *, char separator, const char *cell);
const char *csv_plain(const char *cell);

/* ---- ical.c: clocks on walls, what comes back, calendar files; libical is called there only ----- */

#define ICAL_ZONE_MOST 64
struct wall { /* what a clock and a calendar on the wall show, in some zone */
	int year, month, day, hour, minute;
	int weekday; /* 0 is Sunday; as ical_to_wall gives it, not asked for */
	int offset;  /* minutes east of UTC; likewise */
};
bool ical_zone_known(const char *zone); /* "Europe/Amsterdam", as the system's tzdata has it; "UTC" */
bool ical_wall_is_real(const struct wall *);
/* An hour that a clock skips is the hour after it, one that it shows twice the first. False: no such date, no such zone. */
bool ical_to_ms(const struct wall *, const char *zone, int64_t *ms);
bool ical_to_wall(int64_t ms, const char *zone, struct wall *out);
enum repeat_kind { REPEAT_NEVER, REPEAT_WEEKS, REPEAT_MONTHS, REPEAT_MONTHS_WEEKDAY };
struct repeat {
	uint32_t kind, interval; /* every so many weeks; months, on its day or on its weekday of the month */
	uint32_t count;          /* times in all, or 0 */
	int64_t until;           /* ms, or 0 */
};
/* As RFC 5545 writes it, of what starts then; NULL: never. */
const char *ical_rule(struct arena *, const struct repeat *, int64_t start, const char *zone);
bool ical_next(const char *rule, int64_t start, const char *zone, int64_t *next); /* false: that was the last */
struct ical_event {
	const char *uid, *title, *description, *place, *url; /* description, place: plain, or NULL */
	const char *zone, *rule; /* rule NULL: once */
	int64_t start, end, updated, sequence; /* end 0: not said */
	bool cancelled;
};
struct bytes ical_write(struct arena *, const char *name, const struct ical_event *, size_t count);

/* ---- charset.c, date.c, syndication.c: feeds of other sites; libxml2 is called in the last only ---- */

/* UTF-8 of what is written in UTF-8 or -16, ISO 8859, Windows-125x or KOI8-R, as its XML declaration or its bytes say; NULL:
 * in something else. What is no sign in it becomes a question mark. */
char *charset_text(struct arena *, struct bytes);
/* ms of what RFC 822 or ISO 8601 have, or people make of them; what names no zone is in UTC. 0: no date. */
int64_t date_read(struct arena *, const char *said);

#define SYNDICATION_ITEMS 100 /* of one feed that are read */
#define SYNDICATION_TITLE 200 /* code points, as the next */
#define SYNDICATION_SUMMARY 400
struct syndicated {       /* an item; all plain words */
	const char *id;       /* by which it is the same tomorrow; 500 bytes at most */
	const char *link;     /* http or https; 2 048 bytes at most */
	const char *title;    /* never empty */
	const char *summary;  /* or "" */
	const char *language; /* NULL: not said */
	int64_t published;    /* ms; 0: not said */
};
struct syndication {
	const char *title, *link, *language; /* plain; NULL: not said */
	int64_t pause; /* ms that it wants between two visits, or 0 */
	struct syndicated *items; /* as they stand there: mostly the newest first */
	size_t count;
};
/* RSS 2.0, 1.0 and older, Atom 1.0 and 0.3, found at `address`. Of what breaks off, the items that are whole. ERR_INVALID: no
 * feed, one with a document type, or in another encoding. */
enum err syndication_read(struct arena *, struct bytes, const char *address, struct syndication *out) MUST_USE;
/* Where a page says that its feed is (<link rel="alternate">), or NULL. */
const char *syndication_link(struct arena *, struct bytes page, const char *address);

/* ---- mime.c: e-mail -------------------------------------------------------------------------- */

struct mime { /* no text is NULL but `leave` */
	const char *from_name, *from, *to, *subject;
	const char *id;       /* of the Message-ID: left@right */
	const char *language;
	const char *html;     /* a whole page of ours; its text is made of it */
	const char *leave;    /* address at which one leaves the list it is sent to (RFC 8058), or NULL */
	int64_t date;
};
/* With CRLF, in lines that every server takes. No words can add a header. ERR_INVALID: an address is none. */
enum err mime_write(struct arena *, const struct mime *, struct bytes *out) MUST_USE;
bool mime_address_ok(const char *); /* local@host in plain characters, without blanks, quotes, brackets, controls */
/* The words of a page of ours (not of others), links with where they lead. *heading (NULL: not asked; else NULL
 * before): its first h1. */
char *mime_plain(struct arena *, const char *html, char **heading);

/* ---- colour.c: the one colour of a community or of the association --------------------------- */

#define COLOUR_CONTRAST 4.5 /* WCAG 2.2, 1.4.3 */
#define COLOUR_PALETTE 10
extern const uint32_t colour_palette[COLOUR_PALETTE]; /* 0xRRGGBB; all fit; their rules stand in app.css */
bool colour_read(const char *text, uint32_t *rgb); /* "#0b6b5c", "0b6b5c" */
double colour_contrast(uint32_t a, uint32_t b);
bool colour_fits(uint32_t rgb);        /* as words on the paper and on its wash, and under white words */
uint32_t colour_nearest(uint32_t rgb); /* itself when it fits; else as little darker as does */
/* The rules of class c-RRGGBB: --own, --own-ink, --own-wash, light and dark, each with contrast enough. */
void colour_sheet(struct text *css, uint32_t rgb);

/* ---- stem.c: words as their stems; libstemmer is called there only --------------------------- */

struct stemmer; /* for one thread */
struct stemmer *stemmer_create(const char *language); /* "nl", "en"; NULL: none of that */
void stemmer_destroy(struct stemmer *);               /* NULL ok */
struct bytes stemmer_word(struct stemmer *, const char *word, size_t size); /* lower case in; lives until the next */
