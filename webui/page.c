/*
 * page.c: templates, parsed once at start into a flat list of steps, filled from a node tree.
 * A section's step knows where it ends, so filling is a loop with a small stack of open nodes and no look-back.
 */
#include <string.h>

#include "embed.h"
#include "webui.h"

#define PAGES_MAX 512
#define OPEN_MAX 16  /* nested sections while parsing */
#define DEPTH_MAX 32 /* open nodes while filling, parts included */
#define PAGE_BYTES (4u << 20)

enum step_kind {
	STEP_WORDS,
	STEP_VALUE,
	STEP_IF,
	STEP_UNLESS,
	STEP_END,
	STEP_PART,
	STEP_SAY,
	STEP_COUNT,
	STEP_TIME,
	STEP_DATE,
	STEP_MOMENT,
	STEP_SPAN,
	STEP_DAY
};
struct step {
	enum step_kind kind;
	const char *
		text; /* WORDS: bytes; VALUE, IF, TIME, SPAN, DAY: a name; PART: page; SAY: msgid; COUNT: the number's name */
	const char *one, *many; /* COUNT */
	size_t size;            /* WORDS */
	size_t end;             /* IF, UNLESS: index of its END */
};
struct page {
	const char *name;
	struct step *steps;
	size_t count;
};

static struct page pages[PAGES_MAX];
static size_t page_count;
static struct arena *page_arena;

static const struct page *page_find(const char *name)
{
	for (size_t i = 0; i < page_count; i++)
		if (strcmp(pages[i].name, name) == 0)
			return &pages[i];
	return NULL;
}

bool page_exists(const char *name)
{
	return page_find(name) != NULL;
}

/* ---- parsing ---- */

struct parse {
	const struct embedded *file;
	const char *at, *end;
	struct page *page;
	size_t room;
	size_t open[OPEN_MAX];
	size_t depth;
};

static _Noreturn void wrong(const struct parse *p, const char *what)
{
	int line = 1;
	for (const char *c = (const char *)p->file->data; c < p->at; c++)
		line += *c == '\n';
	die("%s:%d: %s", p->file->name, line, what);
}

static struct step *step_add(struct parse *p, enum step_kind kind)
{
	struct page *page = p->page;
	if (page->count == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		struct step *steps = arena_array(page_arena, room, sizeof *steps);
		if (page->count)
			memcpy(steps, page->steps, page->count * sizeof *steps);
		page->steps = steps;
		p->room = room;
	}
	struct step *s = &page->steps[page->count++];
	*s = (struct step){.kind = kind};
	return s;
}

/* The end of a tag: the first "}}" at which every {field} inside is closed. */
static const char *tag_end(const struct parse *p)
{
	int inside = 0;
	for (const char *c = p->at; c + 1 < p->end; c++) {
		if (*c == '{')
			inside++;
		else if (*c == '}' && inside)
			inside--;
		else if (*c == '}' && c[1] == '}')
			return c;
	}
	wrong(p, "tag without end");
}

static void tag_count(struct parse *p, char *words)
{
	char *one = strchr(words, '|');
	char *many = one ? strchr(one + 1, '|') : NULL;
	if (!many)
		wrong(p, "{{n count|one|many}} wants three parts");
	*one = *many = '\0';
	struct step *s = step_add(p, STEP_COUNT);
	s->text = text_trim(page_arena, words);
	s->one = one + 1;
	s->many = many + 1;
}

static void tag_asset(struct parse *p, const char *name)
{
	const struct asset *a = asset_by_name(name);
	if (!a)
		wrong(p, "no such static file");
	struct step *s = step_add(p, STEP_WORDS);
	s->text = a->path;
	s->size = strlen(a->path);
}

static void tag(struct parse *p, char *inside)
{
	if (*inside == '#' || *inside == '^') {
		if (p->depth == OPEN_MAX)
			wrong(p, "sections nested too deep");
		p->open[p->depth++] = p->page->count;
		step_add(p, *inside == '#' ? STEP_IF : STEP_UNLESS)->text = text_trim(
			page_arena, inside + 1);
	} else if (*inside == '/') {
		if (!p->depth)
			wrong(p, "a section ends that did not begin");
		size_t begin = p->open[--p->depth];
		if (!text_is(p->page->steps[begin].text, text_trim(page_arena, inside + 1)))
			wrong(p, "a section ends that is not the open one");
		step_add(p, STEP_END)->end = begin;
		p->page->steps[begin].end = p->page->count - 1;
	} else if (*inside == '>') {
		step_add(p, STEP_PART)->text = text_trim(page_arena, inside + 1);
	} else if (text_starts(inside, "_ ")) {
		step_add(p, STEP_SAY)->text = text_trim(page_arena, inside + 2);
	} else if (text_starts(inside, "n ")) {
		tag_count(p, inside + 2);
	} else if (text_starts(inside, "time ")) {
		step_add(p, STEP_TIME)->text = text_trim(page_arena, inside + 5);
	} else if (text_starts(inside, "date ")) {
		step_add(p, STEP_DATE)->text = text_trim(page_arena, inside + 5);
	} else if (text_starts(inside, "moment ")) {
		step_add(p, STEP_MOMENT)->text = text_trim(page_arena, inside + 7);
	} else if (text_starts(inside, "day ")) {
		step_add(p, STEP_DAY)->text = text_trim(page_arena, inside + 4);
	} else if (text_starts(inside, "span ")) {
		step_add(p, STEP_SPAN)->text = text_trim(page_arena, inside + 5);
	} else if (text_starts(inside, "asset ")) {
		tag_asset(p, text_trim(page_arena, inside + 6));
	} else if (*inside != '!') {
		step_add(p, STEP_VALUE)->text = text_trim(page_arena, inside);
	}
}

static void page_parse(const struct embedded *file)
{
	if (page_count == PAGES_MAX)
		die("more than %d pages", PAGES_MAX);
	const char *name = file->name + strlen("pages/");
	struct page *page = &pages[page_count++];
	page->name = arena_text_n(page_arena, name, strlen(name) - strlen(".html"));
	struct parse p = {.file = file, .at = (const char *)file->data, .page = page};
	p.end = p.at + file->size;
	while (p.at < p.end) {
		const char *tag_at = memmem(p.at, (size_t)(p.end - p.at), "{{", 2);
		const char *stop = tag_at ? tag_at : p.end;
		if (stop > p.at) {
			struct step *s = step_add(&p, STEP_WORDS);
			s->text = p.at;
			s->size = (size_t)(stop - p.at);
		}
		if (!tag_at)
			break;
		p.at = tag_at + 2;
		const char *end = tag_end(&p);
		tag(&p, arena_text_n(page_arena, p.at, (size_t)(end - p.at)));
		p.at = end + 2;
	}
	if (p.depth)
		wrong(&p, "a section is not closed");
}

void page_load(void)
{
	if (page_arena)
		return;
	page_arena = arena_create();
	asset_load();
	i18n_load();
	for (const struct embedded *file = embedded; file->name; file++)
		if (text_starts(file->name, "pages/") && text_ends(file->name, ".html"))
			page_parse(file);
	for (size_t i = 0; i < page_count; i++)
		for (size_t s = 0; s < pages[i].count; s++)
			if (pages[i].steps[s].kind == STEP_PART
				&& !text_is(pages[i].steps[s].text, "page")
				&& !page_find(arena_format(
					page_arena, "parts/%s", pages[i].steps[s].text)))
				die("pages/%s.html: no part %s", pages[i].name,
					pages[i].steps[s].text);
}

/* ---- filling ---- */

struct fill {
	struct arena *arena;
	struct text out;
	const char *language;
	const char *page; /* what {{>page}} stands for */
	const struct node *open[DEPTH_MAX];
	size_t depth;
	int parts;
};

static const struct node *child(const struct node *object, const char *name, size_t size)
{
	if (object->kind != NODE_OBJECT)
		return NULL;
	for (const struct node *n = object->first; n; n = n->next)
		if (n->name && n->name[0] == name[0] && strncmp(n->name, name, size) == 0
			&& n->name[size] == '\0')
			return n;
	return NULL;
}

static const struct node *look_up_n(const struct fill *f, const char *name, size_t size)
{
	const char *dot = memchr(name, '.', size);
	size_t head = dot ? (size_t)(dot - name) : size;
	if (size == 1 && *name == '.')
		return f->open[f->depth - 1];
	for (size_t i = f->depth; i-- > 0;) {
		const struct node *n = child(f->open[i], name, head);
		if (!n)
			continue; /* further out, perhaps */
		while (n && head < size) {
			name += head + 1;
			size -= head + 1;
			dot = memchr(name, '.', size);
			head = dot ? (size_t)(dot - name) : size;
			n = child(n, name, head);
		}
		return n;
	}
	return NULL;
}

static const struct node *look_up(const struct fill *f, const char *name)
{
	return look_up_n(f, name, strlen(name));
}

static bool is_true(const struct node *n)
{
	if (!n)
		return false;
	switch (n->kind) {
	case NODE_OBJECT:
		return true;
	case NODE_LIST:
		return n->first != NULL;
	case NODE_TEXT:
	case NODE_HTML:
		return n->text && *n->text;
	case NODE_NUMBER:
	case NODE_FLAG:
	case NODE_TIME:
		return n->number != 0;
	}
	return false;
}

static void put_value(struct fill *f, const struct node *n)
{
	if (!n)
		return;
	if (n->kind == NODE_TEXT)
		text_html(&f->out, n->text);
	else if (n->kind == NODE_HTML)
		text_add(&f->out, n->text);
	else if (n->kind == NODE_NUMBER)
		text_format(&f->out, "%lld", (long long)n->number);
	else if (n->kind == NODE_TIME)
		i18n_time(&f->out, f->language, n->number, true);
}

/* Words with {field} inside: the words are ours and escaped all the same, the fields as values are. */
static void put_words(struct fill *f, const char *words)
{
	while (*words) {
		size_t plain = strcspn(words, "{");
		text_html(&f->out, arena_text_n(f->arena, words, plain));
		words += plain;
		const char *end = *words ? strchr(words, '}') : NULL;
		if (!end)
			break;
		put_value(f, look_up_n(f, words + 1, (size_t)(end - words) - 1));
		words = end + 1;
	}
}

static void put_time(struct fill *f, const struct node *n, enum step_kind kind)
{
	if (!n || n->kind != NODE_TIME)
		return;
	char iso[TIME_ISO];
	time_iso(n->number, iso);
	text_format(&f->out, "<time datetime=\"%s\">", iso);
	if (kind == STEP_MOMENT)
		i18n_moment(&f->out, f->language, n->number);
	else
		i18n_time(&f->out, f->language, n->number, kind == STEP_TIME);
	text_add(&f->out, "</time>");
}

/* From when to when, by the clocks of its own zone; which one is said where it is not the site's. */
static void put_span(struct fill *f, const struct node *n)
{
	struct wall from, to;
	const struct node *begins = n ? child(n, "from", 4) : NULL;
	const struct node *ends = n ? child(n, "to", 2) : NULL;
	const struct node *zone = n ? child(n, "zone", 4) : NULL;
	if (!begins || !zone || !ical_to_wall(begins->number, zone->text, &from)
		|| (ends && !ical_to_wall(ends->number, zone->text, &to)))
		return;
	char iso[TIME_ISO];
	time_iso(begins->number, iso);
	text_format(&f->out, "<time datetime=\"%s\">", iso);
	i18n_span(&f->out, f->language, &from, ends ? &to : NULL);
	if (!text_is(zone->text, i18n_zone_name())) {
		text_add(&f->out, " (");
		text_html(&f->out, zone->text);
		text_add(&f->out, ")");
	}
	text_add(&f->out, "</time>");
}

static void put_day(struct fill *f, const struct node *n)
{
	struct wall from;
	const struct node *begins = n ? child(n, "from", 4) : NULL;
	const struct node *zone = n ? child(n, "zone", 4) : NULL;
	if (begins && zone && ical_to_wall(begins->number, zone->text, &from))
		text_format(&f->out, "<b>%d</b> %s", from.day,
			i18n_month_short(f->language, from.month));
}

static void fill(struct fill *f, const struct page *page, size_t at, size_t end);

static void fill_inside(struct fill *f, const struct page *page, size_t begin, const struct node *n)
{
	if (f->depth == DEPTH_MAX)
		die("page %s: nodes nested too deep", page->name);
	f->open[f->depth++] = n;
	fill(f, page, begin + 1, page->steps[begin].end);
	f->depth--;
}

static void fill_section(struct fill *f, const struct page *page, size_t begin)
{
	const struct node *n = look_up(f, page->steps[begin].text);
	bool yes = is_true(n);
	if (page->steps[begin].kind == STEP_UNLESS) {
		if (!yes)
			fill(f, page, begin + 1, page->steps[begin].end);
	} else if (yes && n->kind == NODE_LIST) {
		for (const struct node *item = n->first; item; item = item->next)
			fill_inside(f, page, begin, item);
	} else if (yes) {
		fill_inside(f, page, begin, n);
	}
}

static void fill_part(struct fill *f, const char *name)
{
	bool body = strcmp(name, "page") == 0;
	const struct page *part = page_find(
		body ? f->page : arena_format(f->arena, "parts/%s", name));
	if (!part || f->parts == DEPTH_MAX)
		die("page %s: part %s missing or within itself", f->page, name);
	f->parts++;
	fill(f, part, 0, part->count);
	f->parts--;
}

static void fill_count(struct fill *f, const struct step *s)
{
	const struct node *n = look_up(f, s->text);
	put_words(f, i18n_plural(f->language, s->one, s->many, n ? n->number : 0));
}

static void fill(struct fill *f, const struct page *page, size_t at, size_t end)
{
	for (; at < end; at++) {
		const struct step *s = &page->steps[at];
		switch (s->kind) {
		case STEP_WORDS:
			text_add_n(&f->out, s->text, s->size);
			break;
		case STEP_VALUE:
			put_value(f, look_up(f, s->text));
			break;
		case STEP_IF:
		case STEP_UNLESS:
			fill_section(f, page, at);
			at = s->end;
			break;
		case STEP_PART:
			fill_part(f, s->text);
			break;
		case STEP_SAY:
			put_words(f, i18n(f->language, s->text));
			break;
		case STEP_COUNT:
			fill_count(f, s);
			break;
		case STEP_TIME:
		case STEP_DATE:
		case STEP_MOMENT:
			put_time(f, look_up(f, s->text), s->kind);
			break;
		case STEP_SPAN:
			put_span(f, look_up(f, s->text));
			break;
		case STEP_DAY:
			put_day(f, look_up(f, s->text));
			break;
		case STEP_END:
			break;
		}
	}
}

enum err page_render(struct arena *arena, const char *page, const struct node *root,
	const char *language, struct bytes *html)
{
	const struct page *layout = page_find(
		text_starts(page, "mail/") ? "mail/layout" : "layout");
	if (!layout || !page_find(page))
		die("no page %s", page);
	struct fill f = {
		.arena = arena, .language = language, .page = page, .open = {root}, .depth = 1};
	text_init(&f.out, arena, PAGE_BYTES);
	fill(&f, layout, 0, layout->count);
	if (f.out.failed)
		return ERR_TOO_MUCH;
	*html = (struct bytes){f.out.at, f.out.size};
	return OK;
}
