/* conversation.c: posts on a page: a line of a list, one post, the conversation they make. */
#include "media.h"
#include "question.h"

#include <string.h>

#define REPLIES_SHOWN 50
#define SIDE_SHOWN 2 /* of a side branch; more than one more is folded away */
#define LOOKED_AT_ONCE 100
#define LAST_LOOKED_AT 100 /* answers, for the newest that may be read */
#define ROUNDS_MOST 10     /* of looking, for one page */
#define TEASER_POINTS 140
#define HEADING_POINTS 80
#define GAP_LEAST (30 * DAY) /* between two answers, to be told */

const char *post_path(struct txn *t, const struct post *p)
{
	struct actor author;
	char id[ID_TEXT];
	if (actor_load(t, p->author, &author) != OK)
		return NULL;
	return arena_format(
		txn_arena(t), "%s/%s", actor_path(txn_arena(t), &author), id_text(p->id, id));
}

static const char *or_empty(
	const char *s) /* a name left out would be looked for further out, in the page itself */
{
	return s != NULL ? s : "";
}

const char *post_name(struct txn *t, const struct post *p, size_t points)
{
	if (p->title != NULL)
		return text_cut(txn_arena(t), p->title, 2 * points);
	if (p->summary != NULL) /* a content warning hides what follows here too */
		return text_cut(txn_arena(t), p->summary, points);
	const char *words = markup_plain(txn_arena(t), or_empty(p->content), points + 1);
	if (text_count(words) <= points)
		return words;
	return arena_format(txn_arena(t), "%s…", text_cut(txn_arena(t), words, points));
}

static int64_t tally(struct txn *t, const struct post *p, uint32_t kind)
{
	int64_t n;
	return post_tally(t, p->id, kind, &n) == OK ? n : 0;
}

/* Answers that this viewer may read: each circle counts its own. */
static int64_t answers(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	int64_t n = tally(t, p, TALLY_REPLIES), members = tally(t, p, TALLY_REPLIES_MEMBERS),
		core = tally(t, p, TALLY_REPLIES_CORE);
	enum circle inner = members + core > 0 && viewer->local
		? circle_of(t, viewer->actor, p->community)
		: CIRCLE_EVERYONE;
	return n + (inner >= CIRCLE_MEMBERS ? members : 0) + (inner >= CIRCLE_CORE ? core : 0);
}

static void show_author(struct txn *t, struct view *v, const struct post *p)
{
	struct actor author;
	if (actor_load(t, p->author, &author) != OK)
		return;
	actor_show(v, "author", &author);
	view_text(v, "via", author.local ? "" : author.host);
	view_text(v, "path", post_path(t, p));
}

/* ---- a line ---------------------------------------------------------------------------------- */

static void show_place(struct txn *t, struct view *v, const struct post *p)
{
	struct actor community;
	if (p->community != 0 && actor_load(t, p->community, &community) == OK
		&& !community.suspended)
		actor_show(v, "place", &community);
	else
		view_text(v, "place", "");
}

/* What a reader must know before opening it, as the date of a line is that of writing. */
static void show_kind(struct view *v, const struct post *p)
{
	view_begin(v, "is");
	view_flag(v, "poll", p->kind == POST_QUESTION);
	view_flag(v, "event", p->kind == POST_EVENT);
	view_flag(v, "vacancy", p->kind == POST_VACANCY);
	view_flag(v, "idea", p->kind == POST_IDEA);
	view_flag(v, "file", p->kind == POST_FILE);
	view_flag(v, "project", p->kind == POST_PROJECT);
	view_end(v);
}

struct newest { /* of the answers to one conversation */
	struct txn *t;
	const struct viewer *viewer;
	uint64_t root;
	struct post *out;
	bool found;
};

static enum err newest_one(void *arg, struct bytes key, struct bytes value)
{
	struct newest *n = arg;
	uint64_t id = place_id(key, 1);
	(void)value;
	if (id <= n->root)
		return ERR_CONFLICT;
	n->found = post_load_for(n->t, n->viewer, id, n->out) && n->out->removed_by == 0;
	return n->found ? ERR_CONFLICT : OK;
}

/* What is for fewer eyes neither tells its time nor hides what was said before. */
bool post_last_answer(
	struct txn *t, const struct viewer *viewer, const struct post *root, struct post *out)
{
	struct newest n = {.t = t, .viewer = viewer, .root = root->id, .out = out};
	struct walk w = {.prefix = place_1(TABLE_BY_ROOT, root->id),
		.backward = true,
		.max = LAST_LOOKED_AT};
	return txn_walk(t, &w, newest_one, &n) == OK && n.found;
}

void post_line(struct txn *t, struct view *v, const char *name, const struct post *p,
	const struct viewer *viewer)
{
	struct post answer;
	int64_t last = post_last_answer(t, viewer, p, &answer) ? id_time(answer.id) : 0;
	view_begin(v, name);
	view_id(v, "id", p->id);
	view_flag(v, "titled", p->title != NULL);
	view_text(v, "words", post_name(t, p, TEASER_POINTS));
	view_text(v, "lang", or_empty(p->language));
	show_author(t, v, p);
	show_place(t, v, p);
	view_time(v, "published", p->published);
	view_flag(v, "answer", p->root != p->id || p->parent_uri != NULL);
	view_flag(v, "closed", p->locked);
	view_number(v, "replies", answers(t, p, viewer));
	circle_show(v, p);
	show_kind(v, p);
	question_show_line(t, v, p, viewer);
	view_flag(v, "active", last != 0);
	view_time(v, "last", last);
	view_end(v);
}

void post_lines(struct txn *t, struct view *v, const char *name, const struct u64s *ids,
	const struct viewer *viewer)
{
	struct post p;
	view_list(v, name);
	for (size_t i = 0; i < ids->count; i++)
		if (post_load(t, ids->at[i], &p) == OK && !p.gone && p.removed_by == 0
			&& circle_may_read(t, viewer, &p))
			post_line(t, v, NULL, &p, viewer);
	view_list_end(v);
}

/* ---- a post ---------------------------------------------------------------------------------- */

static void show_answered(
	struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct post parent;
	struct actor author;
	bool known = p->parent != 0 && post_load(t, p->parent, &parent) == OK && !parent.gone
		&& circle_may_read(t, viewer, &parent)
		&& actor_load(t, parent.author, &author) == OK;
	view_flag(v, "deep", known && parent.id != p->root);
	if (!known || parent.id == p->root) {
		view_text(v, "answers", "");
		return;
	}
	view_begin(v, "answers");
	view_text(v, "who", actor_title(&author));
	view_id(v, "to", parent.id);
	view_end(v);
}

static void show_extra(struct txn *t, struct view *v, const struct post *p)
{
	struct extra x;
	extra_read(txn_arena(t), p->extra, &x);
	media_show(t, v, p, &x);
}

/* A poll that begins a conversation and asks in one plain line: that line is its title. */
static bool is_headed(struct txn *t, const struct post *p)
{
	const char *words = or_empty(p->content), *tag = strchr(words, '<');
	return p->kind == POST_QUESTION && p->root == p->id && p->title == NULL
		&& p->summary == NULL && text_starts(words, "<p>")
		&& (tag = strchr(tag + 1, '<')) != NULL && text_is(tag, "</p>")
		&& text_count(markup_plain(txn_arena(t), words, TEASER_POINTS + 1))
		<= TEASER_POINTS;
}

static void show_words(struct txn *t, struct view *v, const struct post *p)
{
	bool warns = p->kind == POST_NOTE || p->kind == POST_QUESTION;
	view_text(v, "post_title", or_empty(p->title));
	view_html(v, "content", is_headed(t, p) ? "" : or_empty(p->content));
	view_text(v, "warning", warns ? or_empty(p->summary) : "");
	view_text(v, "lang", or_empty(p->language));
	view_text(v, "original", or_empty(p->url != NULL ? p->url : p->uri));
	view_flag(v, "edited", p->updated != 0);
	view_time(v, "edited_at", p->updated);
	show_extra(t, v, p);
}

static void show_buttons(
	struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	uint64_t me = viewer->local ? viewer->actor : 0;
	bool moderates = me != 0 && circle_may_moderate(t, me, p);
	bool starts = p->root == p->id, open = p->visibility <= VISIBLE_UNLISTED;
	struct bytes there;
	struct place pin = place_2(
		TABLE_FEATURED, moderates && p->community ? p->community : p->author, p->id);
	bool pinned = txn_get(t, &pin, &there) == OK;
	bool may_pin = starts && open && p->removed_by == 0
		&& ((moderates && p->community != 0) || me == p->author);
	view_flag(v, "may_more", me != 0);
	view_flag(v, "mine", me != 0 && me == p->author);
	view_flag(v, "may_hide", moderates && me != p->author && p->removed_by == 0);
	view_flag(v, "may_show", moderates && p->removed_by != 0);
	view_flag(v, "may_sum_up", moderates && starts && p->removed_by == 0);
	view_flag(v, "may_pin", me != 0 && may_pin && !pinned);
	view_flag(v, "may_unpin", me != 0 && may_pin && pinned);
	view_flag(v, "may_close", moderates && starts && !p->locked);
	view_flag(v, "may_open", moderates && starts && p->locked);
	view_flag(v, "may_like", me != 0 && circle_may_act(t, me, p));
	view_flag(v, "may_boost", me != 0 && open && p->removed_by == 0);
	view_flag(v, "may_answer", me != 0 && circle_may_reply(t, me, p));
	question_show_choice(t, v, p, viewer);
	view_flag(v, "liked", reaction_is(t, me, p->id, REACTION_LIKE));
	view_flag(v, "boosted", reaction_is(t, me, p->id, REACTION_BOOST));
}

void post_show(struct txn *t, struct view *v, const char *name, const struct post *p,
	const struct viewer *viewer)
{
	bool shown = !p->gone && circle_may_read(t, viewer, p);
	view_begin(v, name);
	view_id(v, "id", p->id);
	view_flag(v, "shown", shown);
	view_flag(v, "gone", p->gone);
	view_flag(v, "hidden", p->removed_by != 0);
	view_flag(v, "reply", p->root != p->id);
	view_time(v, "published", p->published);
	show_answered(t, v, p, viewer);
	if (shown) {
		circle_show(v, p);
		show_author(t, v, p);
		show_words(t, v, p);
		if (detail_of(p->kind)->page != NULL)
			detail_of(p->kind)->page(t, v, p, viewer);
		int64_t likes = tally(t, p, REACTION_LIKE), boosts = tally(t, p, REACTION_BOOST);
		view_flag(v, "tally", likes + boosts > 0);
		view_number(v, "likes", likes);
		view_number(v, "boosts", boosts);
		view_flag(v, "closed", p->locked);
		show_buttons(t, v, p, viewer);
	}
	view_end(v);
}

/* ---- a conversation -------------------------------------------------------------------------- */

/* What has gone leaves an honest line; what was never for these eyes leaves nothing. */
static bool has_line(struct txn *t, const struct viewer *viewer, const struct post *p)
{
	return circle_may_read(t, viewer, p)
		|| (p->removed_by != 0 && p->visibility <= VISIBLE_UNLISTED);
}

/* A page of those that have a line, and one more: its ends tell of no others. */
static enum err replies_after(struct txn *t, const struct viewer *viewer, const struct post *root,
	uint64_t after, struct u64s *out)
{
	uint64_t *kept = arena_array(txn_arena(t), REPLIES_SHOWN + 1, sizeof *kept);
	size_t have = 0;
	struct u64s ids = {.count = LOOKED_AT_ONCE};
	for (int round = 0; round < ROUNDS_MOST && ids.count == LOOKED_AT_ONCE; round++) {
		struct post p;
		enum err e = post_of_conversation(t, root->id, after, LOOKED_AT_ONCE, &ids);
		if (e != OK)
			return e;
		for (size_t i = 0; i < ids.count && have <= REPLIES_SHOWN; i++) {
			after = ids.at[i];
			if (after != root->id && post_load(t, after, &p) == OK
				&& has_line(t, viewer, &p))
				kept[have++] = after;
		}
		if (have > REPLIES_SHOWN)
			break;
	}
	*out = (struct u64s){kept, have};
	return OK;
}

/* The replies of a page, each under the one it comes from: top[i] is that one's place, or its own. */
struct branches {
	struct post at[REPLIES_SHOWN];
	size_t top[REPLIES_SHOWN], count;
};

static void branches_add(struct branches *b, const struct post *p)
{
	size_t i = b->count++;
	b->at[i] = *p;
	b->top[i] = i;
	for (size_t k = 0; k < i; k++) /* what it answers came before it */
		if (b->at[k].id == p->parent)
			b->top[i] = b->top[k];
}

static void fold(struct view *v, size_t more, bool open)
{
	view_begin(v, NULL);
	view_number(v, "fold", (int64_t)more);
	view_flag(v, "open", open);
	view_flag(v, "unfold", more == 0);
	view_end(v);
}

/* How long it was quiet before this one; an answer from elsewhere may be older than the one before it. */
static void show_gap(struct view *v, const struct post *before, const struct post *p)
{
	int64_t gap = p->published - before->published, days = gap / DAY;
	if (gap < GAP_LEAST)
		return;
	view_begin(v, NULL);
	view_flag(v, "quiet", true);
	view_number(v, "years", days / 365);
	view_number(v, "months", days / 30 < 12 ? days / 30 : 11);
	view_end(v);
}

/* One answer and what came of it; a long side branch is folded after a few, open when it holds what was asked for. */
static void show_branch(struct txn *t, struct view *v, const struct branches *b, size_t top,
	uint64_t asked, const struct viewer *viewer)
{
	size_t of = 0, shown = 0, before = top;
	bool holds = false;
	for (size_t i = top + 1; i < b->count; i++)
		if (b->top[i] == top && ++of > SIDE_SHOWN)
			holds = holds || b->at[i].id == asked;
	bool folds = of > SIDE_SHOWN + 1;
	post_show(t, v, NULL, &b->at[top], viewer);
	for (size_t i = top + 1; i < b->count; i++) {
		if (b->top[i] != top)
			continue;
		if (folds && shown++ == SIDE_SHOWN)
			fold(v, of - SIDE_SHOWN, holds);
		show_gap(v, &b->at[before], &b->at[i]);
		post_show(t, v, NULL, &b->at[i], viewer);
		before = i;
	}
	if (folds)
		fold(v, 0, false);
}

static enum err show_replies(struct call *call, struct txn *t, struct view *v,
	const struct post *root, const struct post *any)
{
	struct u64s ids;
	struct post p;
	uint64_t after = call_input_id(call, "after");
	enum err e = replies_after(t, &call->viewer, root, after, &ids);
	/* A link to one reply opens the page it is on. */
	if (e == OK && after == 0 && ids.count > REPLIES_SHOWN
		&& any->id > ids.at[REPLIES_SHOWN - 1]) {
		after = any->id - 1;
		e = replies_after(t, &call->viewer, root, after, &ids);
	}
	if (e != OK)
		return e;
	struct branches *b = arena_alloc(call->arena, sizeof *b);
	b->count = 0;
	for (size_t i = 0; i < ids.count && i < REPLIES_SHOWN; i++)
		if (post_load(t, ids.at[i], &p) == OK)
			branches_add(b, &p);
	const struct post *before = after == 0 ? root : NULL;
	view_list(v, "replies");
	for (size_t i = 0; i < b->count; i++) {
		if (b->top[i] != i)
			continue;
		if (before != NULL)
			show_gap(v, before, &b->at[i]);
		show_branch(t, v, b, i, any->id, &call->viewer);
		before = &b->at[i];
	}
	view_list_end(v);
	view_flag(v, "later_page", after != 0);
	if (ids.count > REPLIES_SHOWN)
		view_id(v, "newer", ids.at[REPLIES_SHOWN - 1]);
	return OK;
}

static void show_alternate(struct call *call, struct view *v, const struct post *p)
{
	if (!url_same_host(p->uri, call->site->base_url))
		return;
	view_text(v, "alternate", p->uri);
	if (call->method == METHOD_GET || call->method == METHOD_HEAD)
		reply_alternate(call, p->uri, ALTERNATE_ACTIVITY);
}

/* Feeds of it and previews of links to it are for everyone: so of public ones only. */
static void show_elsewhere(
	struct call *call, struct txn *t, struct view *v, const struct post *root)
{
	if (!feed_of_conversation(t, root))
		return;
	struct preview preview = {.title = post_name(t, root, HEADING_POINTS),
		.description = post_name(t, root, 2 * HEADING_POINTS),
		.path = post_path(t, root),
		.kind = "article"};
	if (root->title != NULL && root->summary == NULL && root->content != NULL)
		preview.description = markup_plain(call->arena, root->content, 2 * HEADING_POINTS);
	preview_show(call, v, &preview);
	view_text(v, "feed", preview.path);
}

static void show_answer_form(struct call *call, struct txn *t, struct view *v,
	const struct post *root, const struct post *any)
{
	struct post to = *any;
	struct actor author;
	uint64_t me = call->viewer.local ? call->viewer.actor : 0;
	uint64_t chosen = call_input_id(call, "answer");
	bool named = chosen != 0 && post_load(t, chosen, &to) == OK && to.root == root->id
		&& circle_may_read(t, &call->viewer, &to);
	if (chosen != 0 ? !named : !call->typed)
		to = *root;
	bool may = me != 0 && circle_may_reply(t, me, &to);
	view_flag(v, "may_reply", may);
	view_flag(v, "direct", to.visibility == VISIBLE_DIRECT);
	view_flag(v, "closed_for_me", me != 0 && !may && root->locked);
	view_flag(v, "may_sign_in", !call->viewer.local && !root->locked);
	view_flag(
		v, "members_answer", !may && !root->locked && root->circles.act != CIRCLE_EVERYONE);
	if (!may || actor_load(t, to.author, &author) != OK)
		return;
	view_id(v, "reply_to", to.id);
	media_form_show(call, t, v, NULL);
	view_flag(v, "may_ask", to.visibility != VISIBLE_DIRECT);
	poll_form_show(call, v, false);
	if (to.id != root->id)
		view_text(v, "reply_to_whom", actor_title(&author));
	struct circles now = circle_default(NULL, &to);
	if (to.visibility <= VISIBLE_UNLISTED || to.circles.read != CIRCLE_EVERYONE)
		circle_show_choice(call, t, v, to.community, &now, &to);
}

/* One honest line: that members answered, and how many; never what, and never the core team. */
static void show_apart(
	struct txn *t, struct view *v, const struct post *root, const struct viewer *viewer)
{
	struct actor community;
	bool tells = root->visibility <= VISIBLE_UNLISTED
		&& (!viewer->local
			|| circle_of(t, viewer->actor, root->community) < CIRCLE_MEMBERS);
	view_number(v, "members_replies", tells ? tally(t, root, TALLY_REPLIES_MEMBERS) : 0);
	view_text(v, "join_path",
		joining_path(txn_arena(t),
			root->community != 0 && actor_load(t, root->community, &community) == OK
				? &community
				: NULL));
}

enum err conversation_show(struct call *call, struct txn *t, struct view *v, const struct post *any)
{
	struct post root;
	struct actor community;
	enum err e = post_load(t, any->root, &root);
	if (e != OK)
		return e;
	bool readable = circle_may_read(t, &call->viewer, &root) && !root.gone;
	if (root.id == any->id && root.gone && answers(t, &root, &call->viewer) == 0)
		return ERR_GONE;
	bool headed = readable && is_headed(t, &root);
	view_flag(v, "titled", readable && (headed || root.title != NULL));
	view_text(v, "heading",
		readable ? post_name(t, &root, headed ? TEASER_POINTS : HEADING_POINTS)
			 : i18n(call->language, "Conversation"));
	if (readable)
		view_text(v, "description", post_name(t, &root, 2 * HEADING_POINTS));
	show_alternate(call, v, any);
	show_elsewhere(call, t, v, &root);
	if (root.community != 0 && actor_load(t, root.community, &community) == OK
		&& !community.suspended) {
		actor_show(v, "community", &community);
		view_text(v, "tint", actor_colour(call->arena, &community));
	}
	view_text(v, "start_path", post_path(t, readable || root.gone ? &root : any));
	view_number(v, "reply_count", answers(t, &root, &call->viewer));
	show_apart(t, v, &root, &call->viewer);
	view_flag(v, "waiting", root.parent_uri != NULL);
	if (has_line(t, &call->viewer, &root))
		post_show(t, v, "start", &root, &call->viewer);
	if (readable)
		summary_show(t, v, root.id);
	e = show_replies(call, t, v, &root, any);
	show_answer_form(call, t, v, &root, any);
	return e;
}

static enum err find(struct call *call, struct txn *t, struct post *out)
{
	struct post p;
	enum err e = post_load(t, call_part_id(call, "id"), &p);
	if (e == OK && !circle_may_read(t, &call->viewer, &p))
		e = ERR_NOT_FOUND;
	if (e == OK)
		*out = p;
	return e;
}

enum err conversation_page(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct actor author;
	const char *name = call_part(call, "name");
	bool former = text_is(name, FORMER_NAME);
	enum err e = former ? OK : actor_by_handle(t, name, &author);
	if (e == OK)
		e = find(call, t, &p);
	if (e == OK && former)
		e = actor_load(t, p.author, &author);
	if (e == OK && (p.author != author.id || former != (author.local && author.gone)))
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	struct viewer me = circle_as_visitor(call, v);
	view_text(v, "own_path", post_path(t, &p));
	if (circle_may_read(t, &call->viewer, &p)) {
		e = conversation_show(call, t, v, &p);
	} else {
		view_flag(v, "unseen", true);
		view_text(v, "heading", i18n(call->language, "Conversation"));
	}
	call->viewer = me;
	return e;
}

enum err conversation_object(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct post p;
	char id[ID_TEXT];
	enum err e = find(call, t, &p);
	if (e == OK && !url_same_host(p.uri, call->site->base_url))
		e = ERR_NOT_FOUND; /* it is its own node's to give */
	if (e == OK)
		reply_see_other(call, arena_format(call->arena, "/p/%s", id_text(p.id, id)));
	return e;
}

enum err conversation_short(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct post p;
	enum err e = find(call, t, &p);
	if (e == OK)
		reply_see_other(call, post_path(t, &p));
	return e;
}
