/* asking.c: the pages of questions to a coach: who coaches, the form, what waits, one question with its answer. */
#include "features.h"

#include <string.h>

#define TEXT_MOST 5000 /* code points */

static const char *const ways[] = {[ASK_PUBLIC] = "public",
	[ASK_MEMBERS] = "members",
	[ASK_PRIVATE] = "private",
	[ASK_ANONYMOUS] = "anonymous"};
static const char *const rooms[] = {
	[COACH_OPEN] = "open", [COACH_LIMITED] = "limited", [COACH_CLOSED] = "closed"};

static uint32_t number_of(const char *const *words, size_t count, const char *said)
{
	for (uint32_t i = 1; i < count; i++)
		if (text_is(words[i], said))
			return i;
	return 0;
}

static enum err find_community(struct call *call, struct txn *t, struct actor *out)
{
	struct actor a;
	enum err e = actor_by_handle(t, call_part(call, "name"), &a);
	if (e == OK && (a.kind != ACTOR_GROUP || !a.local || a.suspended))
		e = ERR_NOT_FOUND;
	if (e == OK && a.gone)
		e = ERR_GONE;
	if (e == OK)
		*out = a;
	return e;
}

static void show_place(struct call *call, struct view *v, const struct actor *community)
{
	actor_show(v, "community", community);
	view_text(v, "tint", actor_colour(call->arena, community));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void show_coach(struct call *call, struct txn *t, struct view *v, const struct coach *c)
{
	struct actor a;
	char id[ID_TEXT];
	if (actor_load(t, c->actor, &a) != OK)
		return;
	bool room = coach_has_room(t, c);
	view_begin(v, NULL);
	actor_show(v, "who", &a);
	view_text(v, "value", id_text(c->actor, id));
	view_text(v, "topics", c->topics);
	view_flag(v, "has_room", room);
	view_flag(v, "little_room", room && c->room == COACH_LIMITED);
	view_number(v, "days", c->days);
	view_flag(v, "myself", c->actor == call->viewer.actor);
	view_flag(v, "may_choose", room && c->actor != call->viewer.actor);
	view_flag(v, "chosen", call_input_id(call, "coach") == c->actor);
	view_end(v);
}

static enum err show_coaches(struct call *call, struct txn *t, struct view *v, uint64_t community)
{
	struct u64s all;
	struct coach c;
	enum err e = coach_list(t, community, &all);
	if (e != OK)
		return e;
	view_list(v, "coaches");
	for (size_t i = 0; i < all.count; i++)
		if (coach_load(t, community, all.at[i], &c) == OK)
			show_coach(call, t, v, &c);
	view_list_end(v);
	view_flag(v, "nobody", all.count == 0);
	int64_t days = coach_days(t, community, 0);
	view_flag(v, "room", days > 0);
	view_text(v, "term", days > 0 ? coach_term(call->arena, call->language, days) : "");
	return OK;
}

static enum err ask_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = find_community(call, t, &community);
	if (e == OK)
		e = community_head_show(call, t, v, &community);
	if (e != OK)
		return e;
	uint64_t me = call->viewer.local ? call->viewer.actor : 0;
	const char *way = call_input(call, "way");
	view_flag(v, "on_coach", true);
	view_format(v, "action", "/c/%s/coach", community.name);
	view_flag(v, "may_ask", me != 0);
	view_flag(v, "may_coach", me != 0 && circle_may_coach(t, me, community.id));
	bool member = me != 0 && circle_of(t, me, community.id) >= CIRCLE_MEMBERS;
	bool begins = me != 0 && circle_may_post(t, me, &community);
	view_flag(v, "way_public_may", begins);
	view_flag(v, "way_members_may", begins && member);
	view_flag(v, "way_public", text_is(way, "public"));
	view_flag(v, "way_members", text_is(way, "members"));
	view_flag(v, "way_anonymous", text_is(way, "anonymous"));
	view_flag(v, "way_private", way == NULL || text_is(way, "private"));
	view_flag(v, "any_coach", call_input_id(call, "coach") == 0);
	return show_coaches(call, t, v, community.id);
}

static enum err ask_write(struct call *call, struct txn *t)
{
	struct actor community;
	enum err e = find_community(call, t, &community);
	if (e != OK)
		return e;
	struct ask a = {.community = community.id,
		.asker = call->viewer.actor,
		.way = number_of(ways, COUNT(ways), call_input(call, "way")),
		.coach = call_input_id(call, "coach"),
		.text = call_input(call, "text")};
	e = ask_add(t, &a, &call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, "Your question is with the coaches.");
	reply_see_other(call, arena_format(call->arena, "/coach/%llu", (unsigned long long)a.id));
	return OK;
}

/* ---- being a coach --------------------------------------------------------------------------- */

static enum err me_read(struct call *call, struct txn *t, struct view *v)
{
	static const int days[] = {1, 2, 3, 5, 7, 14, 30};
	struct actor community;
	struct coach c = {.room = COACH_OPEN, .days = 5};
	const char *said = call_input(call, "topics");
	enum err e = find_community(call, t, &community);
	if (e == OK && !circle_may_coach(t, call->viewer.actor, community.id))
		e = ERR_FORBIDDEN;
	if (e != OK)
		return e;
	e = coach_load(t, community.id, call->viewer.actor, &c);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (call_input(call, "room") != NULL)
		c.room = number_of(rooms, COUNT(rooms), call_input(call, "room"));
	view_text(v, "heading", i18n(call->language, "You as a coach"));
	show_place(call, v, &community);
	view_format(v, "action", "/c/%s/coach/me", community.name);
	view_text(v, "topics", said != NULL ? said : c.topics != NULL ? c.topics : "");
	view_flag(v, "room_open", c.room == COACH_OPEN);
	view_flag(v, "room_limited", c.room == COACH_LIMITED);
	view_flag(v, "room_closed", c.room == COACH_CLOSED);
	view_list(v, "lengths");
	for (size_t i = 0; i < COUNT(days); i++) {
		view_begin(v, NULL);
		view_number(v, "days", days[i]);
		view_flag(v, "chosen", call_number(call, "days", c.days) == days[i]);
		view_end(v);
	}
	view_list_end(v);
	return OK;
}

static enum err me_write(struct call *call, struct txn *t)
{
	struct actor community;
	const char *topics = call_input(call, "topics");
	enum err e = find_community(call, t, &community);
	if (e != OK)
		return e;
	struct coach c = {.community = community.id,
		.actor = call->viewer.actor,
		.topics = text_trim(call->arena, topics != NULL ? topics : ""),
		.room = number_of(rooms, COUNT(rooms), call_input(call, "room")),
		.days = (uint32_t)call_number(call, "days", 5)};
	e = coach_set(t, &c, &call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, "Your settings are kept.");
	reply_see_other(call, arena_format(call->arena, "/c/%s/coach", community.name));
	return OK;
}

/* ---- what waits ------------------------------------------------------------------------------ */

static void show_line(struct txn *t, struct view *v, const struct ask *a)
{
	struct actor community;
	char id[ID_TEXT];
	view_begin(v, NULL);
	view_text(v, "words", ask_name(t, a));
	view_format(v, "path", "/coach/%s", id_text(a->id, id));
	view_text(v, "where",
		actor_load(t, a->community, &community) == OK ? actor_title(&community) : "");
	view_time(v, "asked_at", a->at);
	view_time(v, "due", a->due);
	view_flag(v, "is_answered", a->answered != 0);
	view_flag(v, "late", a->answered == 0 && a->due <= time_now());
	view_flag(v, "asks_consent", a->consent == CONSENT_ASKED);
	view_flag(v, "consents", a->consent == CONSENT_YES && a->article == 0);
	view_end(v);
}

enum part { PART_WAITING, PART_ANSWERED, PART_MINE };

static size_t show_part(struct txn *t, struct view *v, const char *name, const struct u64s *ids,
	uint64_t me, enum part part)
{
	struct ask a;
	size_t count = 0;
	view_list(v, name);
	for (size_t i = 0; i < ids->count; i++) {
		if (ask_load(t, ids->at[i], &a) != OK)
			continue;
		bool shown = part == PART_MINE ? a.asker == me
			: part == PART_WAITING ? a.answered == 0 && ask_may_answer(t, me, &a)
					       : a.answered != 0 && a.by == me;
		if (!shown)
			continue;
		show_line(t, v, &a);
		count++;
	}
	view_list_end(v);
	return count;
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s communities, mine, of_one;
	uint64_t me = call->viewer.actor, *all = arena_array(call->arena, 1, sizeof *all);
	size_t count = 0;
	bool coaches = false;
	enum err e = community_list(t, &communities);
	if (e == OK)
		e = ask_list(t, me, &mine);
	for (size_t i = 0; e == OK && i < communities.count; i++) {
		if (!circle_may_coach(t, me, communities.at[i]))
			continue;
		coaches = true;
		e = ask_list(t, communities.at[i], &of_one);
		all = arena_grow(call->arena, all, count * sizeof *all,
			(count + of_one.count) * sizeof *all);
		for (size_t k = 0; e == OK && k < of_one.count; k++)
			all[count++] = of_one.at[k];
	}
	if (e != OK)
		return e;
	struct u64s seen = {all, count};
	view_text(v, "heading", i18n(call->language, "Questions to a coach"));
	view_flag(v, "coaches", coaches);
	view_flag(v, "some_waiting", show_part(t, v, "waiting", &seen, me, PART_WAITING) > 0);
	view_flag(v, "some_done", show_part(t, v, "done", &seen, me, PART_ANSWERED) > 0);
	view_flag(v, "some_mine", show_part(t, v, "mine", &mine, me, PART_MINE) > 0);
	return OK;
}

/* ---- one ------------------------------------------------------------------------------------- */

static enum err find(struct call *call, struct txn *t, struct ask *out)
{
	uint64_t me = call->viewer.actor;
	enum err e = ask_load(t, call_part_id(call, "id"), out);
	bool sees = e == OK && (out->asker == me || ask_may_answer(t, me, out) || out->by == me);
	return e == OK && !sees ? ERR_NOT_FOUND : e;
}

static void show_html(struct view *v, struct arena *arena, const char *name, const char *markdown)
{
	char *html;
	if (markdown != NULL && markup_from_markdown(arena, markdown, NULL, NULL, &html) == OK)
		view_html(v, name, html);
	else
		view_text(v, name, "");
}

/* Of what came by message, all that was said since; who asks without a name is not named to the coach either. */
static void show_words(struct call *call, struct txn *t, struct view *v, const struct ask *a)
{
	struct u64s ids = {0};
	struct post p;
	struct actor asker;
	bool message = a->way == ASK_PRIVATE && a->post != 0;
	if (a->way != ASK_ANONYMOUS && actor_load(t, a->asker, &asker) == OK)
		actor_show(v, "asker", &asker);
	else
		view_text(v, "asker", "");
	show_html(v, call->arena, "words", message ? NULL : ask_words(t, a));
	if (message && post_of_conversation(t, a->post, 0, 50, &ids) != OK)
		ids.count = 0;
	view_list(v, "messages");
	for (size_t i = 0; i < ids.count; i++) {
		if (post_load(t, ids.at[i], &p) != OK || p.gone
			|| (p.author != a->asker && p.author != a->community))
			continue;
		view_begin(v, NULL);
		view_html(v, "html", p.content);
		view_time(v, "at", p.published);
		view_flag(v, "back", p.author == a->community);
		view_end(v);
	}
	view_list_end(v);
	bool conversation = a->post != 0 && !message && post_load(t, a->post, &p) == OK && !p.gone
		&& circle_may_read(t, &call->viewer, &p);
	view_text(v, "conversation_path", conversation ? post_path(t, &p) : "");
}

static void show_consent(struct view *v, const struct ask *a)
{
	view_flag(v, "consent_asked", a->consent == CONSENT_ASKED);
	view_flag(v, "consent_yes", a->consent == CONSENT_YES);
	view_flag(v, "consent_no", a->consent == CONSENT_NO);
}

static enum err one_read(struct call *call, struct txn *t, struct view *v)
{
	struct ask a;
	struct actor community, by;
	uint64_t me = call->viewer.actor;
	enum err e = find(call, t, &a);
	if (e == OK)
		e = actor_load(t, a.community, &community);
	if (e != OK)
		return e;
	bool mine = a.asker == me;
	view_text(v, "heading", i18n(call->language, "Question to a coach"));
	show_place(call, v, &community);
	view_format(v, "ask_path", "/coach/%llu", (unsigned long long)a.id);
	view_flag(v, "mine", mine);
	for (size_t i = 1; i < COUNT(ways); i++)
		view_flag(v, ways[i], a.way == i);
	view_time(v, "asked_at", a.at);
	view_time(v, "due", a.due);
	view_flag(v, "late", a.answered == 0 && a.due <= time_now());
	show_words(call, t, v, &a);
	view_flag(v, "is_answered", a.answered != 0);
	view_time(v, "answered_at", a.answered);
	show_html(v, call->arena, "answer", a.answered != 0 ? a.answer : NULL);
	if (a.by != 0 && actor_load(t, a.by, &by) == OK)
		actor_show(v, "by", &by);
	else
		view_text(v, "by", "");
	view_flag(v, "may_answer", a.answered == 0 && ask_may_answer(t, me, &a));
	show_consent(v, &a);
	view_flag(v, "may_consent", mine && a.answered != 0);
	view_flag(v, "may_write", a.by == me && a.consent == CONSENT_YES && a.article == 0);
	view_format(v, "publish_action", "/coach/%llu/consent", (unsigned long long)a.id);
	if (a.article != 0 && a.by == me)
		view_format(v, "draft_path", "/articles/%llu", (unsigned long long)a.article);
	return OK;
}

static enum err again(struct call *call, const char *notice)
{
	reply_notice(call, notice);
	reply_see_other(call, arena_format(call->arena, "/coach/%s", call_part(call, "id")));
	return OK;
}

static enum err answer_write(struct call *call, struct txn *t)
{
	struct ask a;
	enum err e = find(call, t, &a);
	if (e == OK)
		e = ask_answer(t, call->viewer.actor, a.id, call_input(call, "text"),
			call_flag(call, "consent"), &call->refusal);
	return e == OK ? again(call, "Your answer is on its way.") : e;
}

static enum err consent_write(struct call *call, struct txn *t)
{
	struct ask a;
	bool yes = text_is(call_input(call, "may"), "yes");
	enum err e = find(call, t, &a);
	if (e == OK && a.asker != call->viewer.actor)
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = ask_consent(t, a.id, yes);
	return e == OK ? again(call,
		       yes ? "It may be published, without your name."
			   : "It will not be published.")
		       : e;
}

static enum err draft_begin(struct call *call, struct txn *t)
{
	struct ask a;
	uint64_t article = 0;
	enum err e = find(call, t, &a);
	if (e == OK)
		e = ask_article(t, call->viewer.actor, a.id, &article);
	if (e != OK)
		return e;
	reply_notice(call, "This is a draft. Take out whatever tells who asked it.");
	reply_see_other(call,
		arena_format(call->arena, "/articles/%llu/edit", (unsigned long long)article));
	return OK;
}

static enum err remove_write(struct call *call, struct txn *t)
{
	enum err e = ask_remove(t, call->viewer.actor, call_part_id(call, "id"));
	if (e != OK)
		return e;
	reply_notice(call, "Your question is taken back.");
	reply_see_other(call, "/coach");
	return OK;
}

/* ---- who asked from elsewhere says whether it may be published ------------------------------- */

static enum err find_by_link(struct call *call, struct txn *t, struct ask *out)
{
	struct link link;
	enum err e = link_find(t, LINK_COACH, call_part(call, "token"), &link);
	return e == OK ? ask_load(t, link.subject, out) : e;
}

static enum err may_read(struct call *call, struct txn *t, struct view *v)
{
	struct ask a;
	struct actor community;
	enum err e = find_by_link(call, t, &a);
	if (e == OK)
		e = actor_load(t, a.community, &community);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "May we publish this?"));
	show_place(call, v, &community);
	view_format(v, "publish_action", "/coach/may/%s", call_part(call, "token"));
	show_html(v, call->arena, "words", ask_words(t, &a));
	show_html(v, call->arena, "answer", a.answer);
	show_consent(v, &a);
	return OK;
}

static enum err may_write(struct call *call, struct txn *t)
{
	struct ask a;
	bool yes = text_is(call_input(call, "may"), "yes");
	enum err e = find_by_link(call, t, &a);
	if (e == OK)
		e = ask_consent(t, a.id, yes);
	if (e != OK)
		return e;
	reply_notice(call,
		yes ? "It may be published, without your name." : "It will not be published.");
	reply_see_other(call, call->path);
	return OK;
}

/* ---- routes ---------------------------------------------------------------------------------- */

#define MAY_INPUT                                                                                  \
	{                                                                                          \
		"may", INPUT_CHOICE, .required = true, .choices = "yes|no",                        \
				     .label = "Whether it may be published"                        \
	}

const struct route coach_routes[] = {
	{METHOD_GET, "/c/{name}/coach", ANYONE, .read = ask_read, .page = "coach-ask"},
	{METHOD_POST, "/c/{name}/coach", SIGNED_IN, .write = ask_write, .page = "coach-ask",
		.form = ask_read,
		.takes = {{"text", INPUT_TEXT, .required = true, .min = 1, .max = TEXT_MOST,
				  .label = "Question"},
			{"way", INPUT_CHOICE, .required = true,
				.choices = "public|members|private|anonymous",
				.label = "Who may read it"},
			{"coach", INPUT_ID, .label = "Coach"}},
		.per_minute = 10},
	{METHOD_GET, "/c/{name}/coach/me", SIGNED_IN, .read = me_read, .page = "coach-me"},
	{METHOD_POST, "/c/{name}/coach/me", SIGNED_IN, .write = me_write, .page = "coach-me",
		.form = me_read,
		.takes = {{"topics", INPUT_TEXT, .required = true, .min = 1, .max = 300,
				  .label = "Subjects"},
			{"room", INPUT_CHOICE, .required = true, .choices = "open|limited|closed",
				.label = "Room"},
			{"days", INPUT_NUMBER, .required = true, .min = 1, .max = 60,
				.label = "Days"}}},
	{METHOD_GET, "/coach", SIGNED_IN, .read = list_read, .page = "coach"},
	{METHOD_GET, "/coach/{id}", SIGNED_IN, .read = one_read, .page = "coach-one"},
	{METHOD_POST, "/coach/{id}/answer", SIGNED_IN, .write = answer_write, .page = "coach-one",
		.form = one_read,
		.takes = {{"text", INPUT_TEXT, .required = true, .min = 1, .max = TEXT_MOST,
				  .label = "Answer"},
			{"consent", INPUT_FLAG, .label = "Whether it may be published"}},
		.per_minute = 30},
	{METHOD_POST, "/coach/{id}/consent", SIGNED_IN, .write = consent_write,
		.takes = {MAY_INPUT}},
	{METHOD_POST, "/coach/{id}/article", SIGNED_IN, .write = draft_begin},
	{METHOD_POST, "/coach/{id}/delete", SIGNED_IN, .write = remove_write},
	{METHOD_GET, "/coach/may/{token}", ANYONE, .read = may_read, .page = "coach-may",
		.per_minute = 30},
	{METHOD_POST, "/coach/may/{token}", ANYONE, .write = may_write, .takes = {MAY_INPUT},
		.per_minute = 10},
	{0},
};
