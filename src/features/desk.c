/* desk.c: where articles are written, handed in and decided on: the pages and forms of those who do. */
#include "article.h"
#include "compose.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LISTED 100
#define NAMES_MOST 2000

/* ---- what is typed --------------------------------------------------------------------------- */

/* A day and an hour by the clock of the site. */
static bool read_hour(const char *day, const char *hour, int64_t *ms)
{
	struct tm tm = {.tm_isdst = -1};
	const char *end = strptime(day, "%Y-%m-%d", &tm);
	if (end == NULL || *end != '\0' || tm.tm_year < 100 || tm.tm_year > 300)
		return false;
	end = strptime(hour, "%H:%M", &tm);
	if (end == NULL || *end != '\0')
		return false;
	tm.tm_isdst = -1;
	*ms = (int64_t)mktime(&tm) * SECOND;
	return true;
}

static enum err read_publish(struct call *call, int64_t *out)
{
	const char *day = call_input(call, "day"), *hour = call_input(call, "hour");
	if (day == NULL || *day == '\0')
		return *out = 0, OK;
	if (!read_hour(day, hour != NULL && *hour != '\0' ? hour : "09:00", out))
		return refuse(&call->refusal, "day",
			"Give a day and an hour, such as 2026-03-04 and 09:00.");
	return OK;
}

static enum err read_person(
	struct call *call, struct txn *t, const char *field, const char *name, uint64_t *out)
{
	struct actor a;
	if (actor_by_handle(t, name, &a) != OK || !a.local || a.kind != ACTOR_PERSON || a.gone)
		return refuse(&call->refusal, field, "Nobody of this site has that name.");
	*out = a.id;
	return OK;
}

/* Names with blanks or commas between them. */
static enum err read_writers(struct call *call, struct txn *t, uint64_t author, struct u64s *out)
{
	const char *at = call_input(call, "writers");
	uint64_t *ids = arena_array(call->arena, ARTICLE_WRITERS, sizeof *ids), id = 0;
	size_t count = 0;
	for (at = at != NULL ? at : ""; *(at += strspn(at, " ,;\t")) != '\0';) {
		size_t size = strcspn(at, " ,;\t");
		enum err e = read_person(
			call, t, "writers", arena_text_n(call->arena, at, size), &id);
		if (e != OK)
			return e;
		at += size;
		bool known = id == author;
		for (size_t i = 0; i < count; i++)
			known = known || ids[i] == id;
		if (known)
			continue;
		if (count == ARTICLE_WRITERS)
			return refuse(
				&call->refusal, "writers", "At most eight people write with you.");
		ids[count++] = id;
	}
	*out = (struct u64s){ids, count};
	return OK;
}

static const char *typed(struct call *call, const char *name)
{
	const char *said = call_input(call, name);
	char *words = said != NULL ? text_trim(call->arena, said) : NULL;
	return words != NULL && *words != '\0' ? words : NULL;
}

/* The form into *a, which has what was kept of it. */
static enum err read_form(struct call *call, struct txn *t, struct article *a)
{
	a->title = typed(call, "title");
	a->summary = typed(call, "summary");
	a->source = call_input(call, "text");
	a->language = call_input(call, "language");
	a->sources = typed(call, "sources");
	a->series = typed(call, "series");
	enum err e = circle_chosen(call, t, a->community, NULL, a->circles, &a->circles);
	if (e == OK)
		e = read_publish(call, &a->publish);
	return e == OK ? read_writers(call, t, a->author, &a->writers) : e;
}

/* ---- the form -------------------------------------------------------------------------------- */

static void show_field(struct call *call, struct view *v, const char *name, const char *kept)
{
	const char *said = call_input(call, name);
	view_text(v, name, said != NULL ? said : kept != NULL ? kept : "");
}

static void show_hour(struct call *call, struct view *v, int64_t ms)
{
	char day[16] = "", hour[16] = "";
	struct tm tm;
	time_t seconds = (time_t)(ms / SECOND);
	if (ms != 0 && localtime_r(&seconds, &tm) != NULL
		&& (strftime(day, sizeof day, "%Y-%m-%d", &tm) == 0
			|| strftime(hour, sizeof hour, "%H:%M", &tm) == 0))
		*day = *hour = '\0';
	show_field(call, v, "day", day);
	show_field(call, v, "hour", hour);
}

static void show_writers(struct call *call, struct txn *t, struct view *v, const struct article *a)
{
	struct text names;
	struct actor w;
	text_init(&names, call->arena, NAMES_MOST);
	for (size_t i = 0; i < a->writers.count; i++)
		if (actor_load(t, a->writers.at[i], &w) == OK)
			text_format(&names, "%s%s", i > 0 ? ", " : "", w.name);
	show_field(call, v, "writers", names.at);
}

static void show_form(struct call *call, struct txn *t, struct view *v, const struct article *a)
{
	struct post p = {0};
	bool placed = a->placed && post_load(t, a->id, &p) == OK;
	view_begin(v, "form");
	show_field(call, v, "title", placed ? p.title : a->title);
	show_field(call, v, "summary", placed ? p.summary : a->summary);
	show_field(call, v, "text", placed ? p.source : a->source);
	show_field(call, v, "sources", a->sources);
	show_field(call, v, "series", a->series);
	show_writers(call, t, v, a);
	show_hour(call, v, a->publish);
	view_flag(v, "placed", a->placed);
	view_number(v, "version", a->changed);
	view_end(v);
	const char *language = placed ? p.language : a->language;
	compose_languages(call, v, language != NULL ? language : call->language);
	view_flag(v, "may_widen", placed && p.circles.read != CIRCLE_EVERYONE);
	circle_show_choice(call, t, v, a->community, &a->circles, NULL);
}

static enum err show_place(struct call *call, struct txn *t, struct view *v, uint64_t id)
{
	struct actor community;
	enum err e = actor_load(t, id, &community);
	if (e != OK)
		return e;
	actor_show(v, "community", &community);
	view_text(v, "tint", actor_colour(call->arena, &community));
	return OK;
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	struct article a = {.author = call->viewer.actor};
	enum err e = compose_community(call, t, false, &community);
	if (e != OK)
		return e;
	a.community = community.id;
	a.circles = circle_default(&community, NULL);
	compose_new_show(call, v, &community, "article", "New article");
	view_flag(v, "new", true);
	view_text(v, "back", actor_path(call->arena, &community));
	show_form(call, t, v, &a);
	return OK;
}

static const char *path_of(struct call *call, uint64_t id)
{
	return arena_format(call->arena, "/articles/%llu", (unsigned long long)id);
}

static enum err done(struct call *call, uint64_t id, const char *notice)
{
	reply_notice(call, notice);
	reply_see_other(call, path_of(call, id));
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct article a = {.author = call->viewer.actor};
	enum err e = compose_community(call, t, false, &community);
	if (e != OK)
		return e;
	a.community = community.id;
	a.circles = circle_default(&community, NULL);
	e = read_form(call, t, &a);
	if (e == OK)
		e = article_write(t, call->viewer.actor, &a, 0, &call->refusal);
	return e == OK ? done(call, a.id, "Your draft is kept. Only those who write it see it.")
		       : e;
}

static enum err find(struct call *call, struct txn *t, struct article *out)
{
	uint64_t me = call->viewer.actor;
	enum err e = article_load(t, call_part_id(call, "id"), out);
	return e == OK && !article_may_see(t, me, out)
			&& !(out->placed && circle_may_edit(t, me, out->community))
		? ERR_NOT_FOUND
		: e;
}

static enum err edit_read(struct call *call, struct txn *t, struct view *v)
{
	struct article a;
	enum err e = find(call, t, &a);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Change the article"));
	view_format(v, "action", "%s/edit", path_of(call, a.id));
	view_text(v, "back", path_of(call, a.id));
	show_form(call, t, v, &a);
	return show_place(call, t, v, a.community);
}

static enum err edit_write(struct call *call, struct txn *t)
{
	struct article a;
	enum err e = find(call, t, &a);
	if (e == OK)
		e = read_form(call, t, &a);
	if (e == OK)
		e = article_write(
			t, call->viewer.actor, &a, call_number(call, "version", 0), &call->refusal);
	if (e == ERR_CONFLICT)
		return refuse(&call->refusal, "text",
			"Someone else changed this article while you were writing. Look at it first: saving again puts your words in its place.");
	return e == OK ? done(call, a.id, "Your change is kept.") : e;
}

/* ---- one of them ----------------------------------------------------------------------------- */

static enum err show_words(struct txn *t, struct view *v, const struct article *a)
{
	struct post p = {.author = a->author};
	struct actor author;
	struct refusal why;
	struct post_draft d = {.kind = POST_ARTICLE,
		.title = a->title,
		.source = a->source,
		.language = a->language};
	enum err e = a->placed ? post_load(t, a->id, &p) : actor_load(t, a->author, &author);
	if (e == OK && !a->placed)
		e = draft_write(t, &d, &author, &why, &p);
	if (e != OK || p.title == NULL)
		return e;
	view_text(v, "heading", p.title);
	view_html(v, "content", p.content);
	view_text(v, "lang", p.language != NULL ? p.language : "");
	const char *summary = a->placed ? p.summary : a->summary;
	view_text(v, "abstract", summary != NULL ? summary : "");
	view_text(v, "placed_path", a->placed ? post_path(t, &p) : "");
	return OK;
}

static void show_actor_or_none(struct txn *t, struct view *v, const char *name, uint64_t id)
{
	struct actor a;
	if (id != 0 && actor_load(t, id, &a) == OK && !a.gone)
		actor_show(v, name, &a);
	else
		view_text(v, name, "");
}

static void show_steps(struct call *call, struct txn *t, struct view *v, const struct article *a)
{
	uint64_t me = call->viewer.actor;
	bool writes = article_is_written_by(a, me), edits = circle_may_edit(t, me, a->community);
	bool in_review = a->state == ARTICLE_REVIEW;
	view_flag(v, "may_hand_in", writes && !in_review);
	view_flag(v, "may_take_back", writes && in_review);
	view_flag(v, "may_agree", in_review && me == a->reviewer && !a->agrees);
	view_flag(v, "may_disagree", in_review && me == a->reviewer && a->agrees);
	view_flag(v, "may_decide", edits && in_review && a->verdict == 0);
	view_flag(v, "may_remove", !a->placed && me == a->author);
	view_flag(v, "asked_other", a->reviewer != 0 && a->reviewer != me);
	view_flag(v, "agrees", a->agrees);
	view_text(v, "reason", a->reason != NULL ? a->reason : "");
	show_actor_or_none(t, v, "asked", in_review ? a->reviewer : 0);
}

static enum err show_read(struct call *call, struct txn *t, struct view *v)
{
	static const int months[] = {3, 6, 12, 24, 36};
	struct article a;
	enum err e = find(call, t, &a);
	if (e == OK)
		e = show_words(t, v, &a);
	if (e != OK)
		return e;
	view_id(v, "id", a.id);
	view_text(v, "article_path", path_of(call, a.id));
	show_actor_or_none(t, v, "author", a.author);
	article_show_state(t, v, &a);
	show_steps(call, t, v, &a);
	view_text(v, "series", a.series != NULL ? a.series : "");
	view_flag(v, "has_sources", a.sources != NULL);
	article_show_sources(v, call->arena, a.sources);
	view_flag(v, "returns", text_is(call_input(call, "verdict"), "return"));
	view_list(v, "lengths");
	for (size_t i = 0; i < COUNT(months); i++) {
		view_begin(v, NULL);
		view_number(v, "months", months[i]);
		view_flag(v, "chosen", call_number(call, "months", 12) == months[i]);
		view_end(v);
	}
	view_list_end(v);
	return show_place(call, t, v, a.community);
}

static enum err hand_in_write(struct call *call, struct txn *t)
{
	uint64_t reviewer = 0, id = call_part_id(call, "id");
	const char *name = typed(call, "reviewer");
	enum err e = name != NULL ? read_person(call, t, "reviewer", name, &reviewer) : OK;
	if (e == OK)
		e = article_hand_in(t, call->viewer.actor, id, reviewer, &call->refusal);
	return e == OK ? done(call, id, "It is handed in. You hear what is decided.") : e;
}

static enum err take_back_write(struct call *call, struct txn *t)
{
	uint64_t id = call_part_id(call, "id");
	enum err e = article_take_back(t, call->viewer.actor, id);
	return e == OK ? done(call, id, "It is yours again.") : e;
}

static enum err agree_write(struct call *call, struct txn *t)
{
	uint64_t id = call_part_id(call, "id");
	bool on = text_is(call_input(call, "right"), "yes");
	enum err e = article_agree(t, call->viewer.actor, id, on);
	return e == OK ? done(call, id,
		       on ? "You said that it is right. The editors decide now."
			  : "You took back that it is right.")
		       : e;
}

static enum err decide_write(struct call *call, struct txn *t)
{
	static const struct {
		const char *word;
		enum article_state verdict;
	} verdicts[] = {
		{"check", ARTICLE_CHECKED}, {"place", ARTICLE_PLACED}, {"return", ARTICLE_DRAFT}};
	uint64_t id = call_part_id(call, "id"), post = 0;
	enum article_state verdict = ARTICLE_DRAFT;
	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (text_is(call_input(call, "verdict"), verdicts[i].word))
			verdict = verdicts[i].verdict;
	enum err e = article_decide(t, call->viewer.actor, id, verdict,
		call_number(call, "months", 12), call_input(call, "reason"), &call->refusal, &post);
	if (e != OK)
		return e;
	if (post != 0) {
		struct post p;
		e = post_load(t, post, &p);
		return e == OK ? compose_done(call, t, &p, "The article is placed.") : e;
	}
	reply_notice(call,
		verdict == ARTICLE_DRAFT ? "It went back to who wrote it."
					 : "It is decided. The article is placed at its hour.");
	reply_see_other(call, "/articles");
	return OK;
}

static enum err remove_write(struct call *call, struct txn *t)
{
	enum err e = article_remove(t, call->viewer.actor, call_part_id(call, "id"));
	if (e != OK)
		return e;
	reply_notice(call, "The draft is deleted.");
	reply_see_other(call, "/articles");
	return OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void list_line(struct txn *t, struct view *v, const struct article *a)
{
	struct post p;
	struct actor community;
	char id[ID_TEXT];
	const char *title = a->title;
	if (a->placed && (post_load(t, a->id, &p) != OK || p.gone))
		return;
	title = a->placed ? p.title : title;
	view_begin(v, NULL);
	view_text(v, "words", title != NULL ? title : "");
	view_format(v, "path", "/articles/%s", id_text(a->id, id));
	view_time(v, "changed", a->changed);
	show_actor_or_none(t, v, "author", a->author);
	view_text(v, "place", "");
	if (actor_load(t, a->community, &community) == OK)
		view_text(v, "where", actor_title(&community));
	article_show_state(t, v, a);
	view_end(v);
}

enum desk_part { DESK_WAITING, DESK_DRAFTS, DESK_PLACED };

static bool is_part(struct txn *t, const struct article *a, uint64_t me, enum desk_part part)
{
	bool writes = article_is_written_by(a, me);
	switch (part) {
	case DESK_WAITING:
		return a->state == ARTICLE_REVIEW && a->verdict == 0
			&& ((a->reviewer == me && !a->agrees)
				|| circle_may_edit(t, me, a->community));
	case DESK_DRAFTS:
		return writes && !a->placed;
	default:
		return writes && a->placed;
	}
}

static size_t show_part(struct txn *t, struct view *v, const char *name, const struct u64s *ids,
	uint64_t me, enum desk_part part)
{
	struct article a;
	size_t count = 0;
	view_list(v, name);
	for (size_t i = 0; i < ids->count; i++) {
		bool twice = false;
		for (size_t k = 0; k < i; k++)
			twice = twice || ids->at[k] == ids->at[i];
		if (twice || article_load(t, ids->at[i], &a) != OK || !is_part(t, &a, me, part))
			continue;
		list_line(t, v, &a);
		count++;
	}
	view_list_end(v);
	return count;
}

/* What I write or was asked to check, then what waits in the communities whose articles I decide on. */
static enum err gather(struct txn *t, uint64_t me, struct u64s *out)
{
	struct u64s mine, communities, some;
	enum err e = article_list(t, me, LISTED, &mine);
	if (e == OK)
		e = community_list(t, &communities);
	if (e != OK)
		return e;
	uint64_t *ids = arena_array(txn_arena(t), (communities.count + 1) * LISTED, sizeof *ids);
	size_t count = 0;
	for (size_t i = 0; i < mine.count; i++)
		ids[count++] = mine.at[i];
	for (size_t c = 0; e == OK && c < communities.count; c++) {
		e = article_list(t, communities.at[c], LISTED, &some);
		for (size_t i = 0; e == OK && i < some.count && count < 10 * LISTED; i++)
			ids[count++] = some.at[i];
	}
	*out = (struct u64s){ids, count};
	return e;
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	uint64_t me = call->viewer.actor;
	view_text(v, "heading", i18n(call->language, "My articles"));
	enum err e = gather(t, me, &ids);
	if (e != OK)
		return e;
	size_t waiting = show_part(t, v, "waiting", &ids, me, DESK_WAITING);
	size_t drafts = show_part(t, v, "drafts", &ids, me, DESK_DRAFTS);
	size_t placed = show_part(t, v, "placed", &ids, me, DESK_PLACED);
	view_flag(v, "some_waiting", waiting > 0);
	view_flag(v, "some_drafts", drafts > 0);
	view_flag(v, "some_placed", placed > 0);
	view_flag(v, "nothing", waiting + drafts + placed == 0);
	return OK;
}

/* ---- routes ---------------------------------------------------------------------------------- */

#define ARTICLE_INPUTS                                                                             \
	{"title", INPUT_LINE, .required = true, .min = 1, .max = POST_TITLE_MOST,                  \
		.label = "Title"},                                                                 \
		{"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,            \
			.label = "Text"},                                                          \
		{"summary", INPUT_TEXT, .max = ARTICLE_SUMMARY_MOST, .label = "Summary"},          \
		{"sources", INPUT_TEXT, .max = 10000, .label = "Sources"},                         \
		{"series", INPUT_LINE, .max = 100, .label = "Series"},                             \
		{"writers", INPUT_LINE, .max = 500, .label = "Who writes with you"},               \
		{"day", INPUT_LINE, .max = 10, .label = "Not before"},                             \
		{"hour", INPUT_LINE, .max = 5, .label = "Hour"},                                   \
		{"language", INPUT_LINE, .max = 35, .label = "Language"}, CIRCLE_INPUTS

const struct route article_routes[] = {
	{METHOD_GET, "/c/{name}/new/article", SIGNED_IN, .read = new_read, .page = "article-edit"},
	{METHOD_POST, "/c/{name}/new/article", SIGNED_IN, .write = new_write,
		.page = "article-edit", .form = new_read, .takes = {ARTICLE_INPUTS},
		.max_body = (size_t)256 << 10, .per_minute = 30},
	{METHOD_GET, "/@{name}/articles", ANYONE, .read = edition_list,
		.page = "community-articles",
		.takes = {{"series", INPUT_LINE, .max = 100, .label = "Series"},
			{"before", INPUT_ID, .label = "Older"}}},
	{METHOD_GET, "/articles", SIGNED_IN, .read = list_read, .page = "articles"},
	{METHOD_GET, "/articles/{id}", SIGNED_IN, .read = show_read, .page = "article"},
	{METHOD_GET, "/articles/{id}/print", ANYONE, .read = edition_print,
		.page = "article-print"},
	{METHOD_GET, "/articles/{id}/edit", SIGNED_IN, .read = edit_read, .page = "article-edit"},
	{METHOD_POST, "/articles/{id}/edit", SIGNED_IN, .write = edit_write, .page = "article-edit",
		.form = edit_read,
		.takes = {ARTICLE_INPUTS,
			{"version", INPUT_NUMBER, .max = INT64_MAX, .label = "Version"}},
		.max_body = (size_t)256 << 10, .per_minute = 60},
	{METHOD_POST, "/articles/{id}/hand-in", SIGNED_IN, .write = hand_in_write,
		.page = "article", .form = show_read,
		.takes = {{"reviewer", INPUT_LINE, .max = 200, .label = "Who checks it"}}},
	{METHOD_POST, "/articles/{id}/take-back", SIGNED_IN, .write = take_back_write},
	{METHOD_POST, "/articles/{id}/agree", SIGNED_IN, .write = agree_write,
		.takes = {{"right", INPUT_CHOICE, .choices = "yes|no", .label = "It is right"}}},
	{METHOD_POST, "/articles/{id}/decide", SIGNED_IN, .write = decide_write, .page = "article",
		.form = show_read,
		.takes = {{"verdict", INPUT_CHOICE, .required = true,
				  .choices = "check|place|return", .label = "Decision"},
			{"months", INPUT_NUMBER, .min = 1, .max = 60,
				.label = "How long it stays right"},
			{"reason", INPUT_TEXT, .max = 500, .label = "Reason"}}},
	{METHOD_POST, "/articles/{id}/delete", SIGNED_IN, .write = remove_write},
	{0},
};
