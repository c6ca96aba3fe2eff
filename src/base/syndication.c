/* syndication.c: feeds of other sites: RSS, also as RDF, and Atom, in the shapes they come in; the only file with libxml2. It
 * is asked for events, never for a tree: no document type, no entity but HTML's names, nothing fetched. */
#include "data.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/uri.h>
#include <pthread.h>
#include <string.h>

#define FIELD_MOST ((size_t)32 << 10) /* bytes of one that are looked at */
#define ID_MOST 500                   /* bytes; of a longer one its hash */
#define LANGUAGE_MOST 35
#define SCOPES_MOST 16 /* xml:base and xml:lang within each other */
#define PIECE 16384    /* bytes that the parser gets at a time */

/* ---- text as XML takes it --------------------------------------------------------------------------- */

static bool is_xml_reference(const char *s)
{
	static const char *const all[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#"};
	for (size_t i = 0; i < COUNT(all); i++)
		if (text_starts(s, all[i]))
			return true;
	return false;
}

/* As it was meant: HTML's names of signs become the signs, an '&' that begins nothing is one, and control characters,
 * which XML cannot hold, are blanks. */
static struct text mend(struct arena *arena, const char *s)
{
	struct text t;
	bool verbatim = false; /* within a CDATA section */
	text_init(&t, arena, 5 * strlen(s) + 1);
	while (*s != '\0') {
		char utf8[5];
		uint32_t point;
		if (!verbatim && text_starts(s, "<![CDATA["))
			verbatim = true;
		else if (verbatim && text_starts(s, "]]>"))
			verbatim = false;
		bool named = !verbatim && *s == '&' && !is_xml_reference(s);
		size_t n = named ? entity_read(s, false, &point) : 0;
		if (n > 0)
			text_html(&t, (entity_utf8(point, utf8), utf8));
		else if (named)
			text_add(&t, "&amp;");
		else if ((unsigned char)*s < ' ' && strchr("\t\n\r", *s) == NULL)
			text_char(&t, ' ');
		else
			text_char(&t, *s);
		s += n > 0 ? n : 1;
	}
	return t;
}

/* ---- where links lead ---------------------------------------------------------------------------- */

/* With what an address cannot hold written as it can; of a relative one, also what only people write. */
static const char *escaped(struct arena *arena, const char *s, bool relative)
{
	struct text t;
	text_init(&t, arena, 3 * strlen(s) + 1);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if (c <= ' ' || c == 0x7f || strchr("\"<>\\^`{|}", *s) != NULL
			|| (relative && c >= 0x80))
			text_format(&t, "%%%02X", c);
		else
			text_char(&t, *s);
	}
	return t.at;
}

static bool has_scheme(const char *s)
{
	size_t size = strcspn(s, ":/?#");
	return s[size] == ':';
}

/* Where people can go, or NULL. */
static const char *link_of(struct arena *arena, const char *said, const char *base)
{
	const char *host, *s = said != NULL ? text_trim(arena, said) : "";
	if (*s == '\0')
		return NULL;
	if (!has_scheme(s)) {
		xmlChar *built = xmlBuildURI(
			(const xmlChar *)escaped(arena, s, true), (const xmlChar *)base);
		s = built != NULL ? arena_text(arena, (const char *)built) : NULL;
		xmlFree(built);
	}
	const char *clean = s != NULL ? address_clean(arena, escaped(arena, s, false), &host)
				      : NULL;
	return clean != NULL && (text_starts(clean, "https:") || text_starts(clean, "http:"))
		? clean
		: NULL;
}

/* ---- what stands where --------------------------------------------------------------------------- */

enum field {
	NONE,
	TITLE,
	LINK,
	ENCLOSURE,
	ID,
	SUMMARY,
	CONTENT,
	PUBLISHED,
	UPDATED,
	LANGUAGE,
	TTL,
	PERIOD,
	FREQUENCY,
	FIELDS
};
enum space { OTHER, RSS, ATOM, DUBLIN, ENCODED, RHYTHM, RDF };

static enum space space_of(const char *prefix, const char *uri)
{
	static const struct {
		const char *uri;
		enum space space;
	} all[] = {{"http://www.w3.org/2005/Atom", ATOM}, {"http://purl.org/atom/ns#", ATOM},
		{"http://purl.org/rss/1.0/", RSS}, {"http://my.netscape.com/rdf/simple/0.9/", RSS},
		{"http://channel.netscape.com/rdf/simple/0.9/", RSS},
		{"http://backend.userland.com/rss2", RSS},
		{"http://backend.userland.com/RSS2", RSS},
		{"http://purl.org/dc/elements/1.1/", DUBLIN},
		{"http://purl.org/rss/1.0/modules/content/", ENCODED},
		{"http://purl.org/rss/1.0/modules/syndication/", RHYTHM},
		{"http://www.w3.org/1999/02/22-rdf-syntax-ns#", RDF}};
	if (uri == NULL)
		return prefix == NULL ? RSS : OTHER;
	for (size_t i = 0; i < COUNT(all); i++)
		if (strcmp(uri, all[i].uri) == 0)
			return all[i].space;
	return OTHER;
}

static enum field field_of(enum space space, const char *name)
{
	static const struct {
		enum space space;
		const char *name;
		enum field field;
	} all[] = {{RSS, "title", TITLE}, {RSS, "link", LINK}, {RSS, "enclosure", ENCLOSURE},
		{RSS, "guid", ID}, {RSS, "description", SUMMARY}, {RSS, "pubDate", PUBLISHED},
		{RSS, "language", LANGUAGE}, {RSS, "ttl", TTL}, {ATOM, "title", TITLE},
		{ATOM, "link", LINK}, {ATOM, "id", ID}, {ATOM, "summary", SUMMARY},
		{ATOM, "content", CONTENT}, {ATOM, "published", PUBLISHED},
		{ATOM, "issued", PUBLISHED}, {ATOM, "updated", UPDATED},
		{ATOM, "modified", UPDATED}, {DUBLIN, "date", PUBLISHED},
		{DUBLIN, "language", LANGUAGE}, {ENCODED, "encoded", CONTENT},
		{RHYTHM, "updatePeriod", PERIOD}, {RHYTHM, "updateFrequency", FREQUENCY}};
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].space == space && strcmp(all[i].name, name) == 0)
			return all[i].field;
	return NONE;
}

struct scope { /* what holds from an element on */
	int depth;
	const char *base, *language;
};

struct reading { /* a feed */
	struct arena *arena;
	xmlParserCtxt *parser;
	struct syndication *out;
	struct scope scopes[SCOPES_MOST];
	size_t scope_count;
	int depth;
	int feed, item,
		at; /* depth of the element that holds its fields, of the item, of the field; 0: in none */
	enum field field;
	bool literal;      /* its words are words; otherwise they are HTML */
	struct text words; /* HTML */
	const char *of_feed[FIELDS], *of_item[FIELDS];
	bool refused, broken;
};

struct attributes { /* as SAX2 hands them over: name, prefix, uri, from, to */
	const xmlChar **at;
	int count;
};

static const char *attribute(
	struct arena *arena, const struct attributes *a, const char *prefix, const char *name)
{
	for (int i = 0; i < a->count; i++) {
		const char *const *one = (const char *const *)&a->at[5 * (size_t)i];
		bool same = prefix == NULL ? one[1] == NULL : text_is(one[1], prefix);
		if (same && strcmp(one[0], name) == 0)
			return arena_text_n(arena, one[3], (size_t)(one[4] - one[3]));
	}
	return NULL;
}

static const struct scope *scope_of(const struct reading *r)
{
	return &r->scopes[r->scope_count - 1];
}

static void open_scope(struct reading *r, const struct attributes *a)
{
	const char *base = attribute(r->arena, a, "xml", "base");
	const char *language = attribute(r->arena, a, "xml", "lang");
	if ((base == NULL && language == NULL) || r->scope_count == SCOPES_MOST)
		return;
	struct scope s = *scope_of(r);
	const char *led = link_of(r->arena, base, s.base);
	s.depth = r->depth;
	s.base = led != NULL ? led : s.base;
	s.language = language != NULL ? language : s.language;
	r->scopes[r->scope_count++] = s;
}

/* ---- fields ---------------------------------------------------------------------------------------- */

static const char **fields_of(struct reading *r)
{
	return r->item != 0 ? r->of_item : r->of_feed;
}

/* The first of a name counts, if it says anything. */
static void keep(struct reading *r, enum field field, const char *value)
{
	const char **all = fields_of(r);
	if (value != NULL && *value != '\0' && all[field] == NULL)
		all[field] = value;
}

/* Atom's links stand in attributes: to the page itself, not to comments, files or the feed. */
static void keep_link(struct reading *r, enum field field, const struct attributes *a)
{
	const char *rel = attribute(r->arena, a, NULL, "rel");
	const char *type = attribute(r->arena, a, NULL, "type");
	const char *to = attribute(r->arena, a, NULL, field == LINK ? "href" : "url");
	if (text_is(rel, "enclosure"))
		field = ENCLOSURE;
	else if (rel != NULL && strcmp(rel, "alternate") != 0)
		return;
	if (field == LINK && type != NULL && !text_starts(type, "text/")
		&& strstr(type, "html") == NULL)
		return;
	keep(r, field, link_of(r->arena, to, scope_of(r)->base));
}

static bool is_words(enum field field)
{
	return field == TITLE || field == SUMMARY || field == CONTENT;
}

static void open_field(
	struct reading *r, enum field field, enum space space, const struct attributes *a)
{
	if (field == ENCLOSURE || (field == LINK && space == ATOM)) {
		keep_link(r, field, a);
		return;
	}
	const char *type = attribute(r->arena, a, NULL, "type");
	r->at = r->depth;
	r->field = field;
	r->literal = space == ATOM && is_words(field)
		&& (type == NULL || strstr(type, "html") == NULL || strcmp(type, "xhtml") == 0);
	r->words.size = 0;
	r->words.at[0] = '\0';
	r->words.failed = false;
}

static void close_field(struct reading *r)
{
	const char *said = r->words.at;
	size_t points = r->field == TITLE ? SYNDICATION_TITLE : SYNDICATION_SUMMARY + 1;
	if (is_words(r->field))
		said = markup_plain(r->arena, said, points);
	else
		said = text_trim(r->arena, said);
	if (r->field == LINK)
		said = link_of(r->arena, said, scope_of(r)->base);
	keep(r, r->field, said != NULL ? arena_text(r->arena, said) : NULL);
	r->field = NONE;
	r->at = 0;
}

/* ---- items ----------------------------------------------------------------------------------------- */

static const char *language_of(struct arena *arena, const char *said)
{
	const char *s = said != NULL ? text_lower(arena, text_trim(arena, said)) : "";
	size_t good = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return *s != '\0' && s[good] == '\0' && strlen(s) <= LANGUAGE_MOST ? s : NULL;
}

/* Cut where a word ends, and marked so. */
static const char *summary_of(struct arena *arena, const char *said)
{
	if (said == NULL || text_count(said) <= SYNDICATION_SUMMARY)
		return said != NULL ? said : "";
	char *cut = text_cut(arena, said, SYNDICATION_SUMMARY), *blank = strrchr(cut, ' ');
	if (blank != NULL)
		*blank = '\0';
	return arena_format(arena, "%s …", cut);
}

static const char *id_of(struct arena *arena, const char *said)
{
	uint8_t sum[SHA256_SIZE];
	if (strlen(said) <= ID_MOST)
		return said;
	crypto_sha256(said, strlen(said), sum);
	return hex_encode(arena, sum, sizeof sum);
}

/* One that leads nowhere, or says nothing, is none. */
static void close_item(struct reading *r, const char *language)
{
	const char **f = r->of_item;
	struct arena *arena = r->arena;
	if (f[LINK] == NULL)
		f[LINK] = f[ID] != NULL && has_scheme(f[ID]) ? link_of(arena, f[ID], NULL) : NULL;
	if (f[LINK] == NULL)
		f[LINK] = f[ENCLOSURE];
	const char *summary = summary_of(arena, f[SUMMARY] != NULL ? f[SUMMARY] : f[CONTENT]);
	const char *title = f[TITLE] != NULL ? f[TITLE]
					     : text_cut(arena, summary, SYNDICATION_TITLE / 2);
	r->item = 0;
	if (f[LINK] == NULL || *title == '\0')
		return;
	r->out->items[r->out->count++] = (struct syndicated){
		.id = id_of(arena, f[ID] != NULL ? f[ID] : f[LINK]),
		.link = f[LINK],
		.title = title,
		.summary = strcmp(summary, title) != 0 ? summary : "",
		.language = language_of(arena, f[LANGUAGE] != NULL ? f[LANGUAGE] : language),
		.published = date_read(arena, f[PUBLISHED] != NULL ? f[PUBLISHED] : f[UPDATED])};
	if (r->out->count == SYNDICATION_ITEMS)
		xmlStopParser(r->parser);
}

/* ---- what libxml2 calls ---------------------------------------------------------------------------- */

static void refuse_it(struct reading *r)
{
	r->refused = true;
	xmlStopParser(r->parser);
}

static void on_document_type(
	void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	refuse_it(arg);
}

static bool is_item(enum space space, const char *name)
{
	return (space == RSS && strcmp(name, "item") == 0)
		|| (space == ATOM && strcmp(name, "entry") == 0);
}

static void begin_feed(struct reading *r, int depth)
{
	r->feed = depth;
	keep(r, LANGUAGE, scope_of(r)->language);
}

/* The root says what it is; RSS has its words within a channel. */
static void open_outer(struct reading *r, enum space space, const char *name)
{
	bool root = (space == RSS && strcmp(name, "rss") == 0)
		|| (space == RDF && strcmp(name, "RDF") == 0);
	if (space == ATOM && strcmp(name, "feed") == 0 && r->depth == 1)
		begin_feed(r, 1);
	else if (space == RSS && strcmp(name, "channel") == 0 && r->depth == 2 && r->feed == 0)
		begin_feed(r, 2);
	else if (r->depth == 1 && !root)
		refuse_it(r);
}

/* XHTML, or somebody's mistake: it is told to who cleans it. */
static void add_tag(struct reading *r, const char *open, const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ123456");
	bool html = size > 0 && name[size] == '\0' && size < 16;
	if (html)
		text_format(&r->words, "%s%s>", open, name);
	else
		text_char(&r->words, ' ');
}

static void on_start(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
	int namespaces, const xmlChar **declared_there, int count, int defaulted,
	const xmlChar **at)
{
	struct reading *r = arg;
	struct attributes a = {at, count};
	const char *name = (const char *)local;
	enum space space = space_of((const char *)prefix, (const char *)uri);
	(void)namespaces, (void)declared_there, (void)defaulted;
	r->depth++;
	open_scope(r, &a);
	if (r->field != NONE) {
		add_tag(r, "<", name);
	} else if (r->item != 0) {
		enum field field = r->depth == r->item + 1 ? field_of(space, name) : NONE;
		if (field != NONE)
			open_field(r, field, space, &a);
	} else if (is_item(space, name) && (r->depth == 2 || r->depth == 3)) {
		memset(r->of_item, 0, sizeof r->of_item);
		r->item = r->depth;
	} else if (r->feed != 0 && r->depth == r->feed + 1) {
		enum field field = field_of(space, name);
		if (field != NONE)
			open_field(r, field, space, &a);
	} else {
		open_outer(r, space, name);
	}
}

static void on_end(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct reading *r = arg;
	(void)prefix, (void)uri;
	if (r->field != NONE && r->depth == r->at)
		close_field(r);
	else if (r->field != NONE)
		add_tag(r, "</", (const char *)local);
	else if (r->item != 0 && r->depth == r->item)
		close_item(r, scope_of(r)->language);
	while (r->scope_count > 1 && scope_of(r)->depth >= r->depth)
		r->scope_count--;
	r->depth--;
}

static void on_words(void *arg, const xmlChar *s, int size)
{
	struct reading *r = arg;
	size_t n = (size_t)size, room = r->words.size < FIELD_MOST ? FIELD_MOST - r->words.size : 0;
	if (r->field == NONE)
		return;
	if (n > room)
		for (n = room; n > 0 && (s[n] & 0xc0) == 0x80;)
			n--;
	if (r->literal)
		text_html(&r->words, arena_text_n(r->arena, (const char *)s, n));
	else
		text_add_n(&r->words, (const char *)s, n);
}

static xmlParserInput *load_nothing(const char *url, const char *id, xmlParserCtxt *context)
{
	(void)url, (void)id, (void)context;
	return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
}

static void parse(struct reading *r, const char *s, size_t size)
{
	xmlSAXHandler sax = {.internalSubset = on_document_type,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_words,
		.ignorableWhitespace = on_words,
		.cdataBlock = on_words,
		.initialized = XML_SAX2_MAGIC};
	pthread_once(&once, begin);
	r->parser = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
	if (r->parser == NULL)
		die("out of memory for a feed");
	xmlCtxtUseOptions(r->parser,
		XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING
			| XML_PARSE_IGNORE_ENC);
	for (size_t at = 0; at < size && !r->refused && r->out->count < SYNDICATION_ITEMS;
		at += PIECE)
		(void)xmlParseChunk(
			r->parser, s + at, (int)(size - at < PIECE ? size - at : PIECE), 0);
	if (!r->refused && r->out->count < SYNDICATION_ITEMS)
		(void)xmlParseChunk(r->parser, NULL, 0, 1);
	r->broken = !r->parser->wellFormed;
	xmlFreeParserCtxt(r->parser);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

/* RSS's minutes, or so many times in a period. */
static int64_t pause_of(const char *const *f)
{
	static const struct {
		const char *name;
		int64_t length;
	} periods[] = {{"hourly", HOUR}, {"daily", DAY}, {"weekly", 7 * DAY}, {"monthly", 30 * DAY},
		{"yearly", 365 * DAY}};
	int64_t n = 1;
	if (text_to_i64(f[TTL], 1, 525600, &n))
		return n * MINUTE;
	if (f[FREQUENCY] != NULL && !text_to_i64(f[FREQUENCY], 1, 10000, &n))
		n = 1;
	for (size_t i = 0; i < COUNT(periods); i++)
		if (text_equal_fold(f[PERIOD], periods[i].name))
			return periods[i].length / n;
	return 0;
}

enum err syndication_read(
	struct arena *arena, struct bytes in, const char *address, struct syndication *out)
{
	char *text = charset_text(arena, in);
	if (text == NULL)
		return ERR_INVALID;
	struct text whole = mend(arena, text + strspn(text, " \t\r\n"));
	struct syndication found = {
		.items = arena_array(arena, SYNDICATION_ITEMS, sizeof *found.items)};
	struct reading *r = arena_alloc(arena, sizeof *r);
	*r = (struct reading){.arena = arena, .out = &found, .scope_count = 1};
	r->scopes[0].base = address;
	text_init(&r->words, arena, 8 * FIELD_MOST);
	parse(r, whole.at, whole.size);
	if (r->refused || (found.count == 0 && (r->feed == 0 || r->broken)))
		return ERR_INVALID;
	found.title = r->of_feed[TITLE];
	found.link = r->of_feed[LINK];
	found.language = language_of(arena, r->of_feed[LANGUAGE]);
	found.pause = pause_of(r->of_feed);
	*out = found;
	return OK;
}

/* ---- a page that names its feed ------------------------------------------------------------------ */

static bool is_feed_type(struct arena *arena, const char *type)
{
	static const char *const all[] = {
		"application/rss+xml", "application/atom+xml", "application/rdf+xml"};
	for (size_t i = 0; type != NULL && i < COUNT(all); i++)
		if (text_starts(text_lower(arena, type), all[i]))
			return true;
	return false;
}

const char *syndication_link(struct arena *arena, struct bytes page, const char *address)
{
	struct html_tag tag;
	const char *at = charset_text(arena, page), *base = address;
	while (at != NULL && (at = strchr(at, '<')) != NULL) {
		size_t size = tag_read(at, false, &tag);
		at += size > 0 ? size : 1;
		if (size == 0 || tag.end)
			continue;
		if (strcmp(tag.name, "script") == 0 || strcmp(tag.name, "style") == 0) {
			at += tag_raw_text(at, tag.name);
		} else if (strcmp(tag.name, "base") == 0) {
			const char *said = link_of(
				arena, tag_attribute(arena, &tag, "href"), address);
			base = said != NULL ? said : base;
		} else if (strcmp(tag.name, "link") == 0
			&& tag_has_word(tag_attribute(arena, &tag, "rel"), "alternate")
			&& is_feed_type(arena, tag_attribute(arena, &tag, "type"))) {
			const char *to = link_of(arena, tag_attribute(arena, &tag, "href"), base);
			if (to != NULL)
				return to;
		}
	}
	return NULL;
}
