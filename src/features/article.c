/* article.c: texts that are checked: what is kept of them, who writes them, what changes their words. */
#include "article.h"

#include <string.h>

#define WORDS_MOST 20000 /* bytes of a title or summary */
#define SOURCES_MOST 50  /* lines */
#define SOURCES_BYTES 16384
#define SERIES_POINTS 100
#define REASON_POINTS 500
#define FORGOTTEN_AT_ONCE 1000

static const struct field article_fields[] = {
	{1, F_U64, offsetof(struct article, id), 0},
	{2, F_FLAG, offsetof(struct article, placed), 0},
	{3, F_U32, offsetof(struct article, state), 0},
	{4, F_U64, offsetof(struct article, author), 0},
	{5, F_U64, offsetof(struct article, community), 0},
	{6, F_U64S, offsetof(struct article, writers), ARTICLE_WRITERS},
	{7, F_TEXT, offsetof(struct article, title), WORDS_MOST},
	{8, F_TEXT, offsetof(struct article, summary), WORDS_MOST},
	{9, F_TEXT, offsetof(struct article, source), POST_TEXT_MOST},
	{10, F_TEXT, offsetof(struct article, language), 35},
	{11, F_U32, offsetof(struct article, circles.read), 0},
	{12, F_U32, offsetof(struct article, circles.act), 0},
	{13, F_TEXT, offsetof(struct article, sources), SOURCES_BYTES},
	{14, F_TEXT, offsetof(struct article, series), 4 * SERIES_POINTS},
	{15, F_I64, offsetof(struct article, publish), 0},
	{16, F_U32, offsetof(struct article, verdict), 0},
	{17, F_U64, offsetof(struct article, reviewer), 0},
	{18, F_FLAG, offsetof(struct article, agrees), 0},
	{19, F_I64, offsetof(struct article, checked), 0},
	{20, F_I64, offsetof(struct article, due), 0},
	{21, F_TEXT, offsetof(struct article, reason), 4 * REASON_POINTS},
	{22, F_I64, offsetof(struct article, changed), 0},
	{23, F_U64, offsetof(struct article, ask), 0},
	{24, F_I64, offsetof(struct article, told), 0},
};
const struct shape article_shape = {
	"article", sizeof(struct article), article_fields, COUNT(article_fields)};

/* ---- keeping --------------------------------------------------------------------------------- */

enum err article_load(struct txn *t, uint64_t id, struct article *out)
{
	struct place place = place_1(TABLE_ARTICLE, id);
	return txn_load(t, &place, &article_shape, out);
}

bool article_is_written_by(const struct article *a, uint64_t who)
{
	bool writes = who == a->author;
	for (size_t i = 0; i < a->writers.count; i++)
		writes = writes || a->writers.at[i] == who;
	return writes && who != 0;
}

bool article_may_see(struct txn *t, uint64_t who, const struct article *a)
{
	bool handed_in = a->state == ARTICLE_REVIEW;
	return article_is_written_by(a, who)
		|| (handed_in && who != 0
			&& (who == a->reviewer || circle_may_edit(t, who, a->community)));
}

static enum err list_set(struct txn *t, uint64_t of, const struct article *a, bool on)
{
	struct place place = place_2(TABLE_ARTICLE_OF, of, a->id);
	if (of == 0)
		return OK;
	return on ? txn_put(t, &place, (struct bytes){"\1", 1}) : txn_del(t, &place);
}

static enum err lists_set(struct txn *t, const struct article *a, bool on)
{
	bool handed_in = a->state == ARTICLE_REVIEW && a->verdict == 0;
	enum err e = list_set(t, a->author, a, on);
	for (size_t i = 0; e == OK && i < a->writers.count; i++)
		e = list_set(t, a->writers.at[i], a, on);
	if (e == OK && handed_in)
		e = list_set(t, a->reviewer, a, on);
	return e == OK && handed_in ? list_set(t, a->community, a, on) : e;
}

enum err article_drop(struct txn *t, const struct article *a)
{
	struct place place = place_1(TABLE_ARTICLE, a->id);
	struct place in = place_2(TABLE_ARTICLE_IN, a->community, a->id);
	enum err e = lists_set(t, a, false);
	if (e == OK)
		e = txn_del(t, &in);
	return e == OK ? txn_del(t, &place) : e;
}

enum err article_keep(struct txn *t, struct article *a)
{
	struct article was;
	struct place place = place_1(TABLE_ARTICLE, a->id);
	int64_t now = time_now();
	enum err e = article_load(t, a->id, &was);
	if (e == OK)
		e = lists_set(t, &was, false);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	a->changed = now > a->changed ? now : a->changed + 1;
	e = lists_set(t, a, true);
	return e == OK ? txn_save(t, &place, &article_shape, a) : e;
}

enum err article_list(struct txn *t, uint64_t of, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_ARTICLE_OF, of, 0, true, max, out);
}

enum err article_placed(
	struct txn *t, uint64_t community, uint64_t before, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_ARTICLE_IN, community, before, true, max, out);
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

struct post_draft article_words(const struct article *a)
{
	return (struct post_draft){.author = a->author,
		.community = a->community,
		.kind = POST_ARTICLE,
		.title = a->title,
		.summary = a->summary,
		.source = a->source,
		.language = a->language,
		.circles = &a->circles};
}

static enum err check_sources(struct txn *t, const char *sources, struct refusal *why)
{
	size_t lines = 0;
	const char *at = sources != NULL ? sources : "";
	if (strlen(at) > SOURCES_BYTES)
		return refuse(why, "sources", "These are too many sources.");
	while (*at != '\0') {
		size_t size = strcspn(at, "\n");
		lines += *text_trim(txn_arena(t), arena_text_n(txn_arena(t), at, size)) != '\0';
		at += size + (at[size] == '\n');
	}
	return lines > SOURCES_MOST ? refuse(why, "sources", "These are too many sources.") : OK;
}

/* By the rules of posts, so that what is kept can be placed. */
static enum err check(struct txn *t, struct article *a, struct refusal *why)
{
	struct actor author;
	struct post p = {.author = a->author};
	struct post_draft words = article_words(a);
	enum err e = actor_load(t, a->author, &author);
	if (e == OK)
		e = draft_write(t, &words, &author, why, &p);
	if (e == OK && a->summary != NULL && text_count(a->summary) > ARTICLE_SUMMARY_MOST)
		e = refuse(why, "summary", "A summary has at most 350 signs.");
	if (e == OK && a->series != NULL && text_count(a->series) > SERIES_POINTS)
		e = refuse(why, "series", "The name of a series has at most 100 signs.");
	if (e == OK)
		e = check_sources(t, a->sources, why);
	if (e != OK)
		return e;
	a->title = p.title;
	a->summary = p.summary;
	a->source = p.source;
	a->language = p.language;
	return OK;
}

static enum err check_writers(struct txn *t, const struct article *a, struct refusal *why)
{
	struct actor w;
	for (size_t i = 0; i < a->writers.count; i++)
		if (actor_load(t, a->writers.at[i], &w) != OK || !w.local || w.gone || w.suspended
			|| w.kind != ACTOR_PERSON)
			return refuse(
				why, "writers", "Only people of this site can write with you.");
	return OK;
}

/* Other words than were checked are not checked, through whichever door they came. */
enum err article_enter(struct txn *t, const struct post *p, const struct object *said)
{
	struct article a;
	enum err e = said == NULL ? article_load(t, p->id, &a) : ERR_NOT_FOUND;
	if (e != OK || a.checked == 0 || p->updated < a.checked)
		return e == ERR_NOT_FOUND ? OK : e;
	a.state = ARTICLE_REVIEW;
	a.checked = a.due = 0;
	a.agrees = false;
	e = article_keep(t, &a);
	return e == OK ? article_tell_desk(t, &a, p->author) : e;
}

static enum err write_placed(struct txn *t, struct article *a, struct refusal *why)
{
	struct article now;
	struct post before, after;
	struct post_draft words = article_words(a);
	enum err e = post_load(t, a->id, &before);
	if (e == OK) /* its author answers for it, whoever of its writers writes */
		e = post_edit(t, a->author, a->id, &words, NULL, why);
	if (e == OK)
		e = post_load(t, a->id, &after);
	if (e == OK)
		e = article_load(t, a->id, &now);
	if (e != OK)
		return e;
	bool told = before.updated != after.updated || same(now.sources, a->sources);
	now.sources = a->sources;
	now.series = a->series;
	now.writers = a->writers;
	now.circles = a->circles;
	*a = now;
	return told ? article_keep(t, a) : article_say_again(t, a);
}

/* What its writers say of it, into what is kept. */
static void take(struct article *into, const struct article *said)
{
	into->title = said->title;
	into->summary = said->summary;
	into->source = said->source;
	into->language = said->language;
	into->sources = said->sources;
	into->series = said->series;
	into->writers = said->writers;
	into->circles = said->circles;
	into->publish = said->publish;
}

static enum err begin(struct txn *t, uint64_t who, struct article *a, struct refusal *why)
{
	struct actor community;
	enum err e = actor_load(t, a->community, &community);
	if (e == OK && (!community.local || !circle_may_post(t, who, &community)))
		e = ERR_FORBIDDEN;
	a->author = who;
	if (e == OK)
		e = check(t, a, why);
	if (e == OK)
		e = check_writers(t, a, why);
	if (e != OK)
		return e;
	a->id = id_next();
	a->state = ARTICLE_DRAFT;
	return article_keep(t, a);
}

enum err article_write(
	struct txn *t, uint64_t who, struct article *a, int64_t version, struct refusal *why)
{
	struct article was;
	if (a->id == 0)
		return begin(t, who, a, why);
	enum err e = article_load(t, a->id, &was);
	if (e == OK && !article_may_see(t, who, &was))
		e = ERR_NOT_FOUND;
	if (e == OK && version != 0 && version != was.changed)
		e = ERR_CONFLICT;
	if (e != OK)
		return e;
	struct article next = was;
	take(&next, a);
	e = check(t, &next, why);
	if (e == OK)
		e = check_writers(t, &next, why);
	if (e != OK)
		return e;
	*a = next;
	if (a->placed)
		return write_placed(t, a, why);
	a->agrees = false; /* to other words than these */
	if (a->verdict != 0 && !circle_may_edit(t, who, a->community))
		a->verdict = 0;
	return article_keep(t, a);
}

enum err article_remove(struct txn *t, uint64_t who, uint64_t id)
{
	struct article a;
	enum err e = article_load(t, id, &a);
	if (e == OK && !article_is_written_by(&a, who))
		e = ERR_NOT_FOUND;
	if (e == OK && (a.placed || who != a.author))
		e = ERR_FORBIDDEN;
	return e == OK ? article_drop(t, &a) : e;
}

/* ---- the end of it --------------------------------------------------------------------------- */

enum err article_end(struct txn *t, const struct post *p)
{
	struct article a;
	enum err e = article_load(t, p->id, &a);
	return e == OK ? article_drop(t, &a) : e == ERR_NOT_FOUND ? OK : e;
}

/* Of who is gone no draft stays; what they placed is a post, and goes as posts do. */
static enum err forget(struct txn *t, uint64_t who)
{
	struct u64s ids;
	struct article a;
	enum err e = article_list(t, who, FORGOTTEN_AT_ONCE, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = article_load(t, ids.at[i], &a);
		if (e == OK && !a.placed && a.author == who)
			e = article_drop(t, &a);
		else if (e == OK)
			e = list_set(t, who, &a, false);
	}
	return e;
}

static enum err follow_line(struct txn *t, const struct line *line, void *arg)
{
	(void)arg;
	return line->act == ACT_DELETE_ACTOR ? forget(t, line->actor) : OK;
}

static const struct journal_reader readers[] = {{"article", follow_line, NULL, NULL}, {0}};

static const struct table_use tables[] = {
	{TABLE_ARTICLE, &article_shape},
	{TABLE_ARTICLE_OF, NULL},
	{TABLE_ARTICLE_DUE, NULL},
	{TABLE_ARTICLE_IN, NULL},
	{0},
};
/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s ids;
	struct article a;
	enum err e = own_ids(t, v, "articles", TABLE_ARTICLE_OF, who->actor, who, &ids);
	view_list(v, "articles");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		if (article_load(t, ids.at[i], &a) != OK || !article_is_written_by(&a, who->actor))
			continue;
		view_begin(v, NULL);
		view_text(v, "title", a.title != NULL ? a.title : "");
		view_text(v, "text", a.source != NULL ? a.source : "");
		view_text(v, "sources", a.sources != NULL ? a.sources : "");
		view_text(v, "post", a.placed ? own_post(t, a.id) : "");
		view_time(v, "at", a.changed);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	uint64_t actor = *(const uint64_t *)arg;
	struct article a;
	(void)key;
	return record_read(scratch, &article_shape, value, &a) == OK
		&& ((a.author == actor && !a.placed) || a.reviewer == actor
			|| (a.author != actor && article_is_written_by(&a, actor)));
}

/* A draft of their own goes; of others' they are no longer a writer, nor asked to check it. */
static enum err end_theirs(struct txn *t, void *arg, const struct place *key)
{
	uint64_t actor = *(const uint64_t *)arg;
	struct article a;
	enum err e = txn_load(t, key, &article_shape, &a);
	if (e != OK)
		return e;
	if (a.author == actor && !a.placed)
		return article_drop(t, &a);
	uint64_t *writers = arena_array(txn_arena(t), a.writers.count + 1, sizeof *writers);
	size_t count = 0;
	for (size_t i = 0; i < a.writers.count; i++)
		if (a.writers.at[i] != actor)
			writers[count++] = a.writers.at[i];
	a.writers = (struct u64s){writers, count};
	if (a.reviewer == actor)
		a.reviewer = 0;
	return article_keep(t, &a);
}

static enum err part(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	return leaving_sweep(t, TABLE_ARTICLE, at, is_theirs, end_theirs, &actor);
}

static const struct personal personal = {own_show, part};

const struct feature feature_article = {
	.name = "article",
	.routes = article_routes,
	.tables = tables,
	.chores = article_chores,
	.readers = readers,
	.details = article_details,
	.personal = &personal,
};
