/* idea.c: what could be done: who supports it, and what became of it, with the reason. Support is a like: it counts once for
 * each, here and elsewhere. */
#include "compose.h"

#include <stdlib.h>
#include <string.h>

#define REASON_MOST 500 /* code points */
#define LOOKED_AT 500   /* newest ideas of one community */
#define SHOWN 20

enum idea_state { IDEA_OPEN = 1, IDEA_TAKEN_UP, IDEA_DONE, IDEA_NOT_NOW };
struct idea { /* post.own */
	uint32_t state;
	const char *reason; /* plain, or NULL */
	uint64_t by;        /* who decided */
	int64_t at;
};
static const struct field fields[] = {
	{1, F_U32, offsetof(struct idea, state), 0},
	{2, F_TEXT, offsetof(struct idea, reason), 4 * REASON_MOST},
	{3, F_U64, offsetof(struct idea, by), 0},
	{4, F_I64, offsetof(struct idea, at), 0},
};
static const struct shape shape = {"idea", sizeof(struct idea), fields, COUNT(fields)};
static const char *const states[] = {NULL, "open", "taken-up", "done", "not-now"};

/* ---- keeping --------------------------------------------------------------------------------- */

static enum err idea_of(struct txn *t, const struct post *p, struct idea *out)
{
	if (p->kind != POST_IDEA || p->gone)
		return ERR_NOT_FOUND;
	return record_read(txn_arena(t), &shape, p->own, out);
}

static enum err find(struct call *call, struct txn *t, struct post *p, struct idea *out)
{
	enum err e = compose_post(call, t, p);
	return e == OK ? idea_of(t, p, out) : e;
}

static enum err enter(struct txn *t, const struct post *p, const struct object *said)
{
	struct place place = place_2(TABLE_IDEA_IN, p->community, p->id);
	return said == NULL ? txn_put(t, &place, (struct bytes){"\1", 1}) : OK;
}

static enum err end(struct txn *t, const struct post *p)
{
	struct place place = place_2(TABLE_IDEA_IN, p->community, p->id);
	return txn_del(t, &place);
}

static enum err widened(struct txn *t, struct post *p)
{
	struct idea idea;
	enum err e = idea_of(t, p, &idea);
	idea.reason = NULL;
	return e == OK ? record_write(txn_arena(t), &shape, &idea, &p->own) : e;
}

/* ---- deciding -------------------------------------------------------------------------------- */

static enum err save(struct txn *t, struct post *p, const struct idea *idea)
{
	struct line line = {
		.act = ACT_UPDATE, .actor = p->author, .object = p->id, .target = p->community};
	enum err e = record_write(txn_arena(t), &shape, idea, &p->own);
	if (e == OK)
		e = post_save(t, p);
	return e == OK ? act_journal(t, NULL, &line, NULL) : e;
}

static enum err decide(struct txn *t, uint64_t who, struct post *p, struct idea *idea,
	enum idea_state state, const char *reason, struct refusal *why)
{
	const char *words = reason != NULL ? text_trim(txn_arena(t), reason) : "";
	struct notice n = {.place = id_next(),
		.kind = NOTICE_IDEA,
		.who = who,
		.post = p->id,
		.note = *words != '\0' ? words : NULL,
		.at = time_now()};
	if (state != IDEA_OPEN && *words == '\0')
		return refuse(why, "reason", "Give a reason: who had the idea reads it.");
	if (text_count(words) > REASON_MOST)
		return refuse(why, "reason", "A reason has at most 500 signs.");
	*idea = (struct idea){.state = state, .reason = n.note, .by = who, .at = n.at};
	enum err e = save(t, p, idea);
	return e == OK ? notify_add(t, p->author, &n) : e;
}

/* ---- how it is shown ------------------------------------------------------------------------- */

static const char *state_words(const char *language, uint32_t state)
{
	switch (state) {
	case IDEA_TAKEN_UP:
		return i18n(language, "Taken up");
	case IDEA_DONE:
		return i18n(language, "Done");
	case IDEA_NOT_NOW:
		return i18n(language, "Not now");
	default:
		return i18n(language, "Open idea");
	}
}

/* Other nodes read what became of it in the words, in the language of the post. */
static void say(struct txn *t, const struct post *p, struct said *out)
{
	struct idea idea;
	struct text content;
	struct arena *arena = txn_arena(t);
	const char *language = post_language(t, p);
	if (idea_of(t, p, &idea) != OK || idea.at == 0)
		return;
	const char *words = idea.reason != NULL
		? arena_format(arena, "%s: %s", state_words(language, idea.state), idea.reason)
		: state_words(language, idea.state);
	text_init(&content, arena, strlen(out->content) + 16384);
	text_add(&content, "<p><strong>");
	text_html(&content, words);
	text_add(&content, "</strong></p>");
	text_add(&content, out->content);
	out->summary = arena_format(
		arena, "%s · %s", words, out->summary != NULL ? out->summary : "");
	out->content = content.at;
	if (idea.at > out->updated)
		out->updated = idea.at;
}

static void show_state(struct view *v, const struct idea *idea)
{
	view_flag(v, "open", idea->state == IDEA_OPEN);
	view_flag(v, "taken_up", idea->state == IDEA_TAKEN_UP);
	view_flag(v, "done", idea->state == IDEA_DONE);
	view_flag(v, "not_now", idea->state == IDEA_NOT_NOW);
}

static int64_t support_of(struct txn *t, uint64_t post)
{
	int64_t n;
	return post_tally(t, post, REACTION_LIKE, &n) == OK ? n : 0;
}

static void page(struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct idea idea;
	struct actor by;
	uint64_t me = viewer->local ? viewer->actor : 0;
	if (idea_of(t, p, &idea) != OK)
		return;
	view_begin(v, "idea");
	show_state(v, &idea);
	view_text(v, "reason", idea.reason != NULL ? idea.reason : "");
	view_text(
		v, "by", idea.by != 0 && actor_load(t, idea.by, &by) == OK ? actor_title(&by) : "");
	view_time(v, "at", idea.at);
	view_number(v, "support", support_of(t, p->id));
	view_flag(v, "supported", me != 0 && reaction_is(t, me, p->id, REACTION_LIKE));
	view_flag(v, "may_support", me != 0 && circle_may_act(t, me, p));
	project_of_idea_show(t, v, p, viewer);
	view_flag(v, "may_decide", me != 0 && p->removed_by == 0 && circle_may_moderate(t, me, p));
	view_end(v);
}

/* ---- pages ----------------------------------------------------------------------------------- */

struct candidate {
	struct post post;
	struct idea idea;
	int64_t support;
};

static int more_support(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->support != y->support)
		return x->support < y->support ? 1 : -1;
	return x->post.id < y->post.id ? 1 : -1;
}

/* Those with most support first, of those that the viewer may read. */
static enum err gather(struct call *call, struct txn *t, uint64_t community, uint32_t state,
	struct candidate *out, size_t *count)
{
	struct u64s ids;
	enum err e = post_ids(t, TABLE_IDEA_IN, community, 0, true, LOOKED_AT, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct candidate *c = &out[*count];
		if (post_load(t, ids.at[i], &c->post) != OK || c->post.removed_by != 0
			|| !circle_may_read(t, &call->viewer, &c->post)
			|| idea_of(t, &c->post, &c->idea) != OK || c->idea.state != state)
			continue;
		c->support = support_of(t, c->post.id);
		(*count)++;
	}
	if (*count > 1)
		qsort(out, *count, sizeof *out, more_support);
	return e;
}

static void show_list(
	struct call *call, struct txn *t, struct view *v, const struct candidate *all, size_t count)
{
	size_t first = (size_t)call_number(call, "page", 0) * SHOWN;
	view_list(v, "ideas");
	for (size_t i = first; i < count && i < first + SHOWN; i++) {
		view_begin(v, NULL);
		post_line(t, v, "post", &all[i].post, &call->viewer);
		view_number(v, "support", all[i].support);
		view_text(v, "reason", all[i].idea.reason != NULL ? all[i].idea.reason : "");
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "nothing", count == 0);
	view_flag(v, "later_page", first > 0);
	view_number(v, "next", count > first + SHOWN ? (int64_t)(first / SHOWN) + 1 : 0);
}

static uint32_t state_of(const char *said, uint32_t otherwise)
{
	for (uint32_t i = 1; i < COUNT(states); i++)
		if (text_is(said, states[i]))
			return i;
	return otherwise;
}

static enum err board_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	struct candidate *all = arena_array(call->arena, LOOKED_AT, sizeof *all);
	struct idea shown = {.state = state_of(call_input(call, "state"), IDEA_OPEN)};
	size_t count = 0;
	enum err e = community_here_show(call, t, v, &a);
	if (e == OK)
		e = gather(call, t, a.id, shown.state, all, &count);
	if (e != OK)
		return e;
	view_flag(v, "on_ideas", true);
	view_format(v, "place_path", "/c/%s/new/idea", a.name);
	view_text(v, "state", states[shown.state]);
	view_begin(v, "in");
	show_state(v, &shown);
	view_end(v);
	show_list(call, t, v, all, count);
	return OK;
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = compose_community(call, t, false, &community);
	if (e != OK)
		return e;
	compose_new_show(call, v, &community, "idea", "New idea");
	compose_new_choices(call, t, v, &community);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct circles circles;
	struct idea idea = {.state = IDEA_OPEN};
	struct post p;
	enum err e = compose_place(call, t, false, &community, &circles);
	if (e != OK)
		return e;
	struct post_draft draft = compose_words(call, POST_IDEA, &circles);
	draft.community = community.id;
	e = record_write(txn_arena(t), &shape, &idea, &draft.own);
	if (e == OK)
		e = post_create(t, &draft, NULL, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your idea is placed.") : e;
}

static enum err state_find(struct call *call, struct txn *t, struct post *p, struct idea *idea)
{
	enum err e = find(call, t, p, idea);
	if (e == OK && (p->removed_by != 0 || !circle_may_moderate(t, call->viewer.actor, p)))
		e = ERR_FORBIDDEN;
	return e;
}

static enum err state_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct idea idea;
	enum err e = state_find(call, t, &p, &idea);
	if (e != OK)
		return e;
	struct idea chosen = {.state = state_of(call_input(call, "state"), idea.state)};
	view_text(v, "heading", i18n(call->language, "What becomes of this idea?"));
	post_line(t, v, "post", &p, &call->viewer);
	view_begin(v, "in");
	show_state(v, &chosen);
	view_end(v);
	compose_value(call, v, "reason", idea.reason);
	return OK;
}

static enum err state_write(struct call *call, struct txn *t)
{
	struct post p;
	struct idea idea;
	enum err e = state_find(call, t, &p, &idea);
	if (e == OK)
		e = decide(t, call->viewer.actor, &p, &idea,
			(enum idea_state)state_of(call_input(call, "state"), IDEA_OPEN),
			call_input(call, "reason"), &call->refusal);
	return e == OK ? compose_done(call, t, &p, "The decision is kept.") : e;
}

#define STATE_INPUT(needed)                                                                        \
	{                                                                                          \
		"state", INPUT_CHOICE, .required = (needed),                                       \
				       .choices = "open|taken-up|done|not-now",                    \
				       .label = "What becomes of it"                               \
	}

static const struct route routes[] = {
	{METHOD_GET, "/@{name}/ideas", ANYONE, .read = board_read, .page = "ideas",
		.takes = {STATE_INPUT(false),
			{"page", INPUT_NUMBER, .min = 0, .max = LOOKED_AT, .label = "Page"}}},
	{METHOD_GET, "/c/{name}/new/idea", SIGNED_IN, .read = new_read, .page = "idea-new",
		.drafts = true},
	{METHOD_POST, "/c/{name}/new/idea", SIGNED_IN, .write = new_write, .page = "idea-new",
		.form = new_read, .drafts = true,
		.takes = {{"title", INPUT_LINE, .required = true, .max = POST_TITLE_MOST,
				  .label = "Title"},
			{"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,
				.label = "Your idea"},
			{"language", INPUT_LINE, .max = 35, .label = "Language"}, CIRCLE_INPUTS},
		.max_body = (size_t)256 << 10, .per_minute = 30},
	{METHOD_GET, "/p/{id}/idea", SIGNED_IN, .read = state_read, .page = "idea-state"},
	{METHOD_POST, "/p/{id}/idea", SIGNED_IN, .write = state_write, .page = "idea-state",
		.form = state_read,
		.takes = {STATE_INPUT(true),
			{"reason", INPUT_LINE, .max = REASON_MOST, .label = "Reason"}}},
	{0},
};
static const struct detail details[] = {
	{.kind = POST_IDEA,
		.enter = enter,
		.end = end,
		.widened = widened,
		.page = page,
		.say = say},
	{0},
};
static const struct table_use uses[] = {{TABLE_IDEA_IN, NULL}, {0}};
const struct feature feature_idea = {
	.name = "idea", .routes = routes, .tables = uses, .details = details};
