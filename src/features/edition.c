/* edition.c: articles as they are read: on their page, in the list of a community, on paper, at other nodes. */
#include "article.h"
#include "media.h"

#include <string.h>

#define LISTED 20
#define LOOKED_AT 500 /* articles of a community, for what goes with one of them */
#define SERIES_SHOWN 30
#define RELATED_SHOWN 5
#define SAID_MOST (256 * 1024)

/* ---- sources --------------------------------------------------------------------------------- */

struct source {
	const char *words, *url; /* either may be NULL */
};

/* One line: the words, and the address that stands in it. */
static struct source source_of(struct arena *arena, const char *line)
{
	struct source s = {NULL, NULL};
	const char *at = strstr(line, "https://"), *host;
	if (at == NULL)
		at = strstr(line, "http://");
	if (at != NULL)
		s.url = address_clean(arena, arena_text_n(arena, at, strcspn(at, " \t\r")), &host);
	char *words = s.url != NULL
		? arena_format(arena, "%.*s%s", (int)(at - line), line, at + strcspn(at, " \t\r"))
		: arena_text(arena, line);
	words = text_trim(arena, words);
	s.words = *words != '\0' ? words : NULL;
	return s;
}

/* The next line with anything in it, from *at on. */
static bool next_source(struct arena *arena, const char **at, struct source *out)
{
	while (*at != NULL && **at != '\0') {
		size_t size = strcspn(*at, "\n");
		char *line = text_trim(arena, arena_text_n(arena, *at, size));
		*at += size + ((*at)[size] == '\n');
		if (*line != '\0') {
			*out = source_of(arena, line);
			return true;
		}
	}
	return false;
}

void article_show_sources(struct view *v, struct arena *arena, const char *sources)
{
	struct source s;
	view_list(v, "sources");
	while (next_source(arena, &sources, &s)) {
		view_begin(v, NULL);
		view_text(v, "words", s.words != NULL ? s.words : "");
		view_text(v, "url", s.url != NULL ? s.url : "");
		view_end(v);
	}
	view_list_end(v);
}

/* ---- its state ------------------------------------------------------------------------------- */

static bool is_checked(const struct article *a)
{
	return a->checked != 0 && a->due > time_now() && a->state != ARTICLE_OUTDATED;
}

void article_show_state(struct txn *t, struct view *v, const struct article *a)
{
	struct actor reviewer;
	bool checked = is_checked(a);
	view_begin(v, "state");
	view_flag(v, "draft", a->state == ARTICLE_DRAFT);
	view_flag(v, "in_review", a->state == ARTICLE_REVIEW && a->verdict == 0);
	view_flag(v, "waits", a->state == ARTICLE_REVIEW && a->verdict != 0);
	view_flag(v, "checked", a->placed && checked);
	view_flag(v, "outdated", a->placed && a->checked != 0 && !checked);
	view_flag(v, "placed", a->placed && a->checked == 0);
	if (a->checked != 0 && actor_load(t, a->reviewer, &reviewer) == OK && !reviewer.gone)
		actor_show(v, "reviewer", &reviewer);
	else
		view_text(v, "reviewer", "");
	view_time(v, "checked_at", a->checked);
	view_time(v, "due_at", a->due);
	view_time(v, "publish_at", a->publish);
	view_end(v);
}

/* ---- at other nodes -------------------------------------------------------------------------- */

static void add_date(struct text *out, const char *language, const char *words, int64_t ms)
{
	text_format(out, "%s ", i18n(language, words));
	i18n_date(out, language, ms);
	text_char(out, '.');
}

/* "Checked by Bas Jansen, Fri 21 November 2025. Out of date since …", plain; "" when nobody did. */
static const char *verdict_of(struct txn *t, const struct article *a, const char *language)
{
	struct text out;
	struct actor reviewer;
	text_init(&out, txn_arena(t), 2048);
	if (a->checked == 0 || actor_load(t, a->reviewer, &reviewer) != OK)
		return "";
	text_format(&out, "%s %s,", i18n(language, "Checked by"), actor_title(&reviewer));
	text_char(&out, ' ');
	i18n_date(&out, language, a->checked);
	text_add(&out, ". ");
	add_date(&out, language, is_checked(a) ? "To be looked at again by" : "Out of date since",
		a->due);
	return out.at;
}

static void add_sources(
	struct text *html, struct arena *arena, const char *sources, const char *language)
{
	struct source s;
	bool some = false;
	while (next_source(arena, &sources, &s)) {
		if (!some)
			text_format(html, "<p>%s</p><ul>", i18n(language, "Sources"));
		some = true;
		text_add(html, "<li>");
		text_html(html, s.words);
		if (s.url != NULL) {
			text_format(html, "%s<a href=\"", s.words != NULL ? " " : "");
			text_html(html, s.url);
			text_add(html, "\" rel=\"nofollow noopener noreferrer\">");
			text_html(html, s.url);
			text_add(html, "</a>");
		}
		text_add(html, "</li>");
	}
	text_add(html, some ? "</ul>" : "");
}

/* Who checked it and what it rests on stands in the words, so that every app shows it. */
static void say(struct txn *t, const struct post *p, struct said *s)
{
	struct article a;
	struct arena *arena = txn_arena(t);
	if (article_load(t, p->id, &a) != OK)
		return;
	const char *language = post_language(t, p);
	const char *verdict = verdict_of(t, &a, language);
	struct text content;
	text_init(&content, arena, SAID_MOST);
	text_add(&content, s->content);
	if (*verdict != '\0') {
		s->summary = arena_format(arena, "%s %s", s->summary, verdict);
		text_add(&content, "<p><em>");
		text_html(&content, verdict);
		text_add(&content, "</em></p>");
	}
	add_sources(&content, arena, a.sources, language);
	if (!content.failed)
		s->content = content.at;
	if (a.told > s->updated)
		s->updated = a.told;
}

static void show_image(struct view *v, const struct extra *x)
{
	for (size_t i = 0; i < x->attachment_count; i++) {
		const struct attachment *a = &x->attachments[i];
		if (!media_is_picture(a))
			continue;
		view_begin(v, "image");
		view_text(v, "type", "Image");
		view_text(v, "mediaType", a->media_type);
		view_text(v, "url", a->url);
		view_text(v, "name", a->name);
		view_end(v);
		return;
	}
}

/* FEP-b2b8: a small note for who shows no articles. */
static void object(struct txn *t, struct view *v, const struct post *p)
{
	struct extra x;
	struct text html;
	struct said s = {p->summary, p->content != NULL ? p->content : "", 0};
	if (s.summary == NULL)
		s.summary = markup_plain(txn_arena(t), s.content, ARTICLE_SUMMARY_MOST);
	say(t, p, &s);
	text_init(&html, txn_arena(t), SAID_MOST);
	text_add(&html, "<p><strong>");
	text_html(&html, p->title);
	text_add(&html, "</strong></p><p>");
	text_html(&html, s.summary);
	text_add(&html, "</p><p><a href=\"");
	text_html(&html, p->url);
	text_add(&html, "\">");
	text_html(&html, p->url);
	text_add(&html, "</a></p>");
	view_begin(v, "preview");
	view_text(v, "type", "Note");
	view_text(v, "content", html.at);
	view_end(v);
	extra_read(txn_arena(t), p->extra, &x);
	show_image(v, &x);
}

/* ---- on its page ----------------------------------------------------------------------------- */

static size_t shared(const struct names *a, const struct names *b)
{
	size_t n = 0;
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			n += strcmp(a->at[i], b->at[k]) == 0;
	return n;
}

struct company { /* what goes with an article */
	struct post series[SERIES_SHOWN], related[RELATED_SHOWN];
	size_t series_count, related_count;
};

static bool readable(struct txn *t, uint64_t id, const struct viewer *viewer, struct post *out)
{
	return post_load(t, id, out) == OK && !out->gone && out->removed_by == 0
		&& circle_may_read(t, viewer, out);
}

/* Newest first: of the series of one author, and what shares a tag with it. */
static void gather(struct txn *t, const struct post *p, const struct article *a,
	const struct viewer *viewer, struct company *out)
{
	struct u64s ids;
	struct post other;
	struct article b;
	struct extra mine, theirs;
	extra_read(txn_arena(t), p->extra, &mine);
	if (article_placed(t, a->community, 0, LOOKED_AT, &ids) != OK)
		return;
	for (size_t i = 0; i < ids.count; i++) {
		if (article_load(t, ids.at[i], &b) != OK || !readable(t, ids.at[i], viewer, &other))
			continue;
		bool series = a->series != NULL && b.series != NULL
			&& text_equal_fold(a->series, b.series);
		if (series && out->series_count < SERIES_SHOWN)
			out->series[out->series_count++] = other;
		if (series || other.id == p->id || out->related_count == RELATED_SHOWN)
			continue;
		extra_read(txn_arena(t), other.extra, &theirs);
		if (shared(&mine.hashtags, &theirs.hashtags) > 0)
			out->related[out->related_count++] = other;
	}
}

static void show_line(struct txn *t, struct view *v, const struct post *p, uint64_t here)
{
	view_begin(v, NULL);
	view_text(v, "words", p->title != NULL ? p->title : "");
	view_text(v, "path", post_path(t, p));
	view_flag(v, "here", p->id == here);
	view_end(v);
}

static void show_company(struct txn *t, struct view *v, const struct post *p,
	const struct article *a, const struct viewer *viewer)
{
	struct company *c = arena_alloc(txn_arena(t), sizeof *c);
	gather(t, p, a, viewer, c);
	view_list(v, "parts"); /* of the series, as they came */
	for (size_t i = c->series_count; c->series_count > 1 && i > 0; i--)
		show_line(t, v, &c->series[i - 1], p->id);
	view_list_end(v);
	view_flag(v, "is_related", c->related_count > 0);
	view_list(v, "related");
	for (size_t i = 0; i < c->related_count; i++)
		show_line(t, v, &c->related[i], p->id);
	view_list_end(v);
}

static void show_writers(struct txn *t, struct view *v, const struct article *a)
{
	struct actor w;
	view_flag(v, "has_writers", a->writers.count > 0);
	view_list(v, "writers");
	for (size_t i = 0; i < a->writers.count; i++)
		if (actor_load(t, a->writers.at[i], &w) == OK && !w.gone)
			actor_show(v, NULL, &w);
	view_list_end(v);
}

static void page(struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct article a;
	struct actor community;
	uint64_t me = viewer->local ? viewer->actor : 0;
	if (article_load(t, p->id, &a) != OK || actor_load(t, a.community, &community) != OK)
		return;
	view_begin(v, "article");
	article_show_state(t, v, &a);
	show_writers(t, v, &a);
	view_text(v, "abstract", p->summary != NULL ? p->summary : "");
	view_text(v, "series", a.series != NULL ? a.series : "");
	view_format(v, "series_path", "%s/articles", actor_path(txn_arena(t), &community));
	view_flag(v, "has_sources", a.sources != NULL && *a.sources != '\0');
	article_show_sources(v, txn_arena(t), a.sources);
	show_company(t, v, p, &a, viewer);
	view_flag(v, "may_work",
		article_is_written_by(&a, me) || article_may_see(t, me, &a)
			|| (me != 0 && circle_may_edit(t, me, a.community)));
	view_end(v);
}

const struct detail article_details[] = {
	{POST_ARTICLE, article_enter, article_end, page, object, say},
	{0},
};

/* ---- on paper -------------------------------------------------------------------------------- */

enum err edition_print(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct actor author;
	enum err e = post_load(t, call_part_id(call, "id"), &p);
	if (e == OK && (p.kind != POST_ARTICLE || !circle_may_read(t, &call->viewer, &p)))
		e = ERR_NOT_FOUND;
	if (e == OK && p.gone)
		e = ERR_GONE;
	if (e == OK)
		e = actor_load(t, p.author, &author);
	if (e != OK)
		return e;
	view_text(v, "heading", p.title);
	actor_show(v, "author", &author);
	view_time(v, "published", p.published);
	view_html(v, "content", p.content);
	view_text(v, "lang", p.language != NULL ? p.language : "");
	view_text(v, "address", p.url != NULL ? p.url : p.uri);
	view_text(v, "article_path", post_path(t, &p));
	page(t, v, &p, &call->viewer);
	return OK;
}

/* ---- of a community -------------------------------------------------------------------------- */

static void list_one(struct call *call, struct txn *t, struct view *v, const struct post *p,
	const struct article *a)
{
	view_begin(v, NULL);
	post_line(t, v, "post", p, &call->viewer);
	article_show_state(t, v, a);
	view_text(v, "abstract", p->summary != NULL ? p->summary : "");
	view_text(v, "series", a->series != NULL ? a->series : "");
	view_end(v);
}

static enum err list_show(struct call *call, struct txn *t, struct view *v, const struct actor *c)
{
	struct u64s ids;
	struct post p;
	struct article a;
	const char *series = call_input(call, "series");
	uint64_t before = call_input_id(call, "before"), last = 0;
	size_t shown = 0;
	enum err e = article_placed(t, c->id, before, LOOKED_AT, &ids);
	if (e != OK)
		return e;
	view_list(v, "articles");
	for (size_t i = 0; i < ids.count && shown < LISTED; i++) {
		if (article_load(t, ids.at[i], &a) != OK
			|| !readable(t, ids.at[i], &call->viewer, &p)
			|| (series != NULL && !text_equal_fold(series, a.series)))
			continue;
		list_one(call, t, v, &p, &a);
		last = p.id;
		shown++;
	}
	view_list_end(v);
	view_flag(v, "nothing", shown == 0);
	view_text(v, "of_series", series != NULL ? series : "");
	view_flag(v, "later_page", before != 0);
	if (shown == LISTED)
		view_id(v, "older", last);
	return OK;
}

enum err edition_list(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = community_here_show(call, t, v, &a);
	if (e != OK)
		return e;
	view_flag(v, "on_articles", true);
	view_format(v, "article_new", "/c/%s/new/article", a.name);
	return list_show(call, t, v, &a);
}
