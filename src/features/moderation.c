/* moderation.c: keeping watch: reports, and the doors to what block.c keeps apart. */
#include "features.h"

#include <string.h>

#define REASON_MOST 500   /* code points */
#define COMMENT_MOST 2000 /* likewise */
#define NAMED_MOST 50     /* actors and posts of one report, each */
#define REPORTS_SHOWN 100
#define REPEAT_SCAN 500 /* latest reports, looked through for the same one again */
#define OPEN_MOST 50    /* of one reporter, among those */
#define DOMAINS_MOST 10000

static const struct field report_fields[] = {
	{1, F_U64, offsetof(struct report, id), 0},
	{2, F_U64, offsetof(struct report, reporter), 0},
	{3, F_U64S, offsetof(struct report, actors), NAMED_MOST},
	{4, F_U64S, offsetof(struct report, posts), NAMED_MOST},
	{5, F_TEXT, offsetof(struct report, comment), 4 * COMMENT_MOST},
	{6, F_I64, offsetof(struct report, at), 0},
	{7, F_I64, offsetof(struct report, closed), 0},
};
const struct shape report_shape = {
	"report", sizeof(struct report), report_fields, COUNT(report_fields)};

/* ---- reports --------------------------------------------------------------------------------- */

static bool same_ids(struct u64s a, struct u64s b)
{
	return a.count == b.count
		&& (a.count == 0 || memcmp(a.at, b.at, a.count * sizeof *a.at) == 0);
}

struct search {
	struct arena *arena;
	const struct report *like;
	size_t open; /* of the same reporter */
	bool found;
};

static enum err report_same(void *arg, struct bytes key, struct bytes value)
{
	struct search *s = arg;
	struct report r;
	(void)key;
	enum err e = record_read(s->arena, &report_shape, value, &r);
	if (e != OK)
		return e;
	bool same = r.closed == 0 && r.reporter == s->like->reporter;
	s->open += same;
	s->found = same && same_ids(r.actors, s->like->actors) && same_ids(r.posts, s->like->posts);
	return s->found ? ERR_CONFLICT : OK;
}

/* The same person reports the same things once, as long as nobody closed it. */
enum err report_add(
	struct txn *t, uint64_t who, const struct report *draft, const struct origin *origin)
{
	struct report r = *draft;
	if (r.actors.count + r.posts.count == 0)
		return ERR_INVALID;
	if (r.actors.count > NAMED_MOST || r.posts.count > NAMED_MOST)
		return ERR_TOO_MUCH;
	r.reporter = who;
	if (draft->comment != NULL)
		r.comment = text_cut(
			txn_arena(t), text_trim(txn_arena(t), draft->comment), COMMENT_MOST);
	r.at = time_now();
	r.closed = 0;
	struct search search = {.arena = txn_arena(t), .like = &r};
	struct walk walk = {.prefix = place_0(TABLE_REPORT), .backward = true, .max = REPEAT_SCAN};
	enum err e = txn_walk(t, &walk, report_same, &search);
	if (e != OK || search.found)
		return e;
	if (search.open >= OPEN_MOST)
		return ERR_TOO_MUCH;
	r.id = id_next();
	struct line line = {.act = ACT_FLAG, .actor = who, .object = r.id};
	struct place place = place_1(TABLE_REPORT, r.id);
	e = txn_save(t, &place, &report_shape, &r);
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

/* ---- other nodes ----------------------------------------------------------------------------- */

/* A ban names the community it is from; a block from person to person names none. A ban from a whole site is the
 * business of that site. */
static enum err block_ends(
	struct txn *t, const struct activity *a, uint64_t *blocker, uint64_t *blocked)
{
	struct actor whom, group;
	enum err e = actor_by_uri(t, a->object_id, &whom);
	if (e != OK)
		return e;
	*blocker = a->actor_id;
	*blocked = whom.id;
	if (a->target == NULL)
		return whom.local ? OK : ERR_NOT_FOUND;
	e = actor_by_uri(t, a->target, &group);
	if (e != OK)
		return e;
	*blocker = group.id;
	return group.kind == ACTOR_GROUP && (group.local || whom.local) ? OK : ERR_NOT_FOUND;
}

static enum err receive_block(struct txn *t, const struct activity *a)
{
	uint64_t blocker, blocked;
	struct origin origin = {a->id, a->raw, a->via};
	enum err e = block_ends(t, a, &blocker, &blocked);
	if (e == OK)
		e = block_add(t, a->actor_id, blocker, blocked, a->content, &origin);
	/* Lemmy's ban with removal: what they wrote in that community goes too. */
	if (e == OK && a->remove_data && blocker != a->actor_id)
		e = post_remove_all(t, a->actor_id, blocked, blocker, a->content, &origin);
	return e;
}

static enum err receive_unblock(struct txn *t, const struct activity *a)
{
	uint64_t blocker, blocked;
	struct origin origin = {a->id, a->raw, a->via};
	if (a->inner == NULL)
		return ERR_NOT_FOUND;
	struct activity inner = *a->inner;
	inner.actor_id = a->actor_id; /* who undoes is who did: the inner actor is only claimed */
	if (!text_is(inner.actor, a->actor) && inner.target == NULL)
		return ERR_FORBIDDEN;
	enum err e = block_ends(t, &inner, &blocker, &blocked);
	return e == OK ? block_remove(t, a->actor_id, blocker, blocked, &origin) : e;
}

/* Whoever may not read a post may not have it laid before the administrators either. */
static bool may_report(struct txn *t, uint64_t who, const struct post *post)
{
	struct viewer viewer = {.actor = who};
	struct actor a;
	if (!circle_may_read(t, &viewer, post))
		return false;
	if (actor_load(t, post->author, &a) == OK && a.local)
		return true;
	return post->community != 0 && actor_load(t, post->community, &a) == OK && a.local;
}

static enum err receive_flag(struct txn *t, const struct activity *a)
{
	struct origin origin = {a->id, a->raw, a->via};
	uint64_t actors[NAMED_MOST], posts[NAMED_MOST];
	size_t actor_count = 0, post_count = 0;
	for (size_t i = 0; i < a->objects.count && i < 2 * NAMED_MOST; i++) {
		struct actor actor;
		struct post post;
		if (actor_by_uri(t, a->objects.at[i], &actor) == OK) {
			if (actor.local && actor_count < NAMED_MOST)
				actors[actor_count++] = actor.id;
		} else if (post_by_uri(t, a->objects.at[i], &post) == OK
			&& may_report(t, a->actor_id, &post)) {
			if (post_count < NAMED_MOST)
				posts[post_count++] = post.id;
		}
	}
	if (actor_count + post_count == 0)
		return ERR_NOT_FOUND;
	struct report r = {.actors = {actors, actor_count},
		.posts = {posts, post_count},
		.comment = a->content};
	return report_add(t, a->actor_id, &r, &origin);
}

static const struct verb verbs[] = {
	{"Block", NULL, receive_block},
	{"Undo", "Block", receive_unblock},
	{"Flag", NULL, receive_flag},
	{0},
};

/* ---- pages ----------------------------------------------------------------------------------- */

static enum err block_click(struct call *call, struct txn *t, bool on)
{
	struct actor whom;
	uint64_t me = call->viewer.actor;
	enum err e = actor_by_handle(t, call_part(call, "name"), &whom);
	if (e == OK)
		e = on ? block_add(t, me, me, whom.id, NULL, NULL)
		       : block_remove(t, me, me, whom.id, NULL);
	if (e != OK)
		return e;
	reply_notice(call,
		on ? "You blocked this account. It does not follow you any more."
		   : "You no longer block this account.");
	reply_see_other(call, actor_path(call->arena, &whom));
	return OK;
}

static enum err block_write(struct call *call, struct txn *t)
{
	return block_click(call, t, true);
}

static enum err unblock_write(struct call *call, struct txn *t)
{
	return block_click(call, t, false);
}

static enum err suspend_click(struct call *call, struct txn *t, bool on)
{
	struct actor whom;
	enum err e = actor_by_handle(t, call_part(call, "name"), &whom);
	if (e == OK && whom.id == call->viewer.actor)
		e = ERR_FORBIDDEN; /* who would let you in again? */
	if (e == OK)
		e = actor_suspend(t, whom.id, on);
	if (e != OK)
		return e;
	reply_notice(
		call, on ? "This account is suspended." : "This account is no longer suspended.");
	reply_see_other(call, actor_path(call->arena, &whom));
	return OK;
}

static enum err suspend_write(struct call *call, struct txn *t)
{
	return suspend_click(call, t, true);
}

static enum err restore_write(struct call *call, struct txn *t)
{
	return suspend_click(call, t, false);
}

static enum err post_readable(struct call *call, struct txn *t, struct post *post)
{
	enum err e = post_load(t, call_part_id(call, "id"), post);
	return e == OK && (post->gone || !circle_may_read(t, &call->viewer, post)) ? ERR_NOT_FOUND
										   : e;
}

static enum err report_read(struct call *call, struct txn *t, struct view *v)
{
	struct post post;
	enum err e = post_readable(call, t, &post);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Report this post"));
	view_format(v, "action", "/p/%llu/report", (unsigned long long)post.id);
	post_line(t, v, "post", &post, &call->viewer);
	return OK;
}

static enum err report_write(struct call *call, struct txn *t)
{
	struct post post;
	enum err e = post_readable(call, t, &post);
	if (e != OK)
		return e;
	struct report r = {.actors = {&post.author, 1},
		.posts = {&post.id, 1},
		.comment = call_input(call, "comment")};
	e = report_add(t, call->viewer.actor, &r, NULL);
	if (e != OK)
		return e;
	reply_notice(call, "Thank you. The people who run this site will look at it.");
	reply_see_other(call, "/");
	return OK;
}

struct report_list {
	struct txn *t;
	struct report at[REPORTS_SHOWN];
	size_t count;
};

static enum err report_gather(void *arg, struct bytes key, struct bytes value)
{
	struct report_list *l = arg;
	(void)key;
	if (l->count == REPORTS_SHOWN)
		return ERR_CONFLICT;
	enum err e = record_read(txn_arena(l->t), &report_shape, value, &l->at[l->count]);
	if (e == OK && l->at[l->count].closed == 0)
		l->count++;
	return e;
}

static void actors_show(struct txn *t, struct view *v, const char *name, struct u64s ids)
{
	view_list(v, name);
	for (size_t i = 0; i < ids.count; i++) {
		struct actor a;
		if (actor_load(t, ids.at[i], &a) == OK)
			actor_show(v, NULL, &a);
	}
	view_list_end(v);
}

static void report_show(
	struct txn *t, struct view *v, const struct report *r, const struct viewer *viewer)
{
	view_begin(v, NULL);
	view_id(v, "id", r->id);
	view_text(v, "comment", r->comment);
	view_time(v, "at", r->at);
	actors_show(t, v, "reporter", (struct u64s){&r->reporter, 1});
	actors_show(t, v, "actors", r->actors);
	view_flag(v, "several", r->posts.count > 1);
	view_list(v, "posts");
	for (size_t i = 0; i < r->posts.count; i++) {
		struct post post;
		if (post_load(t, r->posts.at[i], &post) != OK)
			continue;
		view_begin(v, NULL);
		post_line(t, v, "post", &post, viewer);
		view_flag(v, "is_hidden", post.removed_by != 0);
		view_flag(v, "may_hide",
			post.removed_by == 0 && !post.gone && post.author != viewer->actor
				&& circle_may_moderate(t, viewer->actor, &post));
		view_end(v);
	}
	view_list_end(v);
	view_end(v);
}

static enum err reports_open(struct txn *t, struct report_list **out)
{
	struct report_list *l = arena_alloc(txn_arena(t), sizeof *l);
	struct walk walk = {
		.prefix = place_0(TABLE_REPORT), .backward = true, .max = 10 * REPORTS_SHOWN};
	l->t = t;
	*out = l;
	return txn_walk(t, &walk, report_gather, l);
}

enum err report_count_open(struct txn *t, int64_t *count)
{
	struct report_list *l;
	enum err e = reports_open(t, &l);
	if (e == OK)
		*count = (int64_t)l->count;
	return e;
}

static enum err reports_read(struct call *call, struct txn *t, struct view *v)
{
	struct report_list *l;
	enum err e = reports_open(t, &l);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Reports"));
	profile_tab_show(v, "reports");
	view_flag(v, "some", l->count > 0);
	view_list(v, "reports");
	for (size_t i = 0; i < l->count; i++)
		report_show(t, v, &l->at[i], &call->viewer);
	view_list_end(v);
	return OK;
}

static enum err close_write(struct call *call, struct txn *t)
{
	struct report r;
	struct place place = place_1(TABLE_REPORT, call_part_id(call, "id"));
	enum err e = txn_load(t, &place, &report_shape, &r);
	if (e != OK)
		return e;
	if (r.closed == 0)
		r.closed = time_now();
	e = txn_save(t, &place, &report_shape, &r);
	if (e != OK)
		return e;
	reply_notice(call, "The report is closed.");
	reply_see_other(call, "/reports");
	return OK;
}

struct domain_list {
	struct arena *arena;
	struct view *v;
	size_t count;
};

static enum err domain_show(void *arg, struct bytes key, struct bytes value)
{
	struct domain_list *l = arg;
	struct domain d;
	(void)key;
	enum err e = record_read(l->arena, &domain_shape, value, &d);
	if (e != OK)
		return e;
	l->count++;
	view_begin(l->v, NULL);
	view_text(l->v, "host", d.host);
	view_text(l->v, "reason", d.reason);
	view_time(l->v, "at", d.at);
	view_end(l->v);
	return OK;
}

static enum err domains_read(struct call *call, struct txn *t, struct view *v)
{
	struct domain_list l = {txn_arena(t), v, 0};
	struct walk walk = {.prefix = place_0(TABLE_DOMAIN), .max = DOMAINS_MOST};
	view_text(v, "heading", i18n(call->language, "Blocked sites"));
	profile_tab_show(v, "domains");
	view_list(v, "domains");
	enum err e = txn_walk(t, &walk, domain_show, &l);
	view_list_end(v);
	view_flag(v, "some", l.count > 0);
	return e;
}

static enum err domain_click(struct call *call, struct txn *t, bool on)
{
	enum err e = domain_block(t, call_input(call, "host"), call_input(call, "reason"), on);
	if (e == ERR_INVALID)
		return refuse(&call->refusal, "host",
			"Give the name of another site, such as example.org.");
	if (e != OK)
		return e;
	reply_notice(call, on ? "This site is blocked now." : "This site is no longer blocked.");
	reply_see_other(call, "/domains");
	return OK;
}

static enum err domain_add_write(struct call *call, struct txn *t)
{
	return domain_click(call, t, true);
}

static enum err domain_remove_write(struct call *call, struct txn *t)
{
	return domain_click(call, t, false);
}

#define HOST_INPUT                                                                                 \
	{                                                                                          \
		"host", INPUT_LINE, .required = true, .min = 1, .max = 300, .label = "Site"        \
	}

static const struct route routes[] = {
	{METHOD_POST, "/@{name}/block", SIGNED_IN, .write = block_write, .per_minute = 60},
	{METHOD_POST, "/@{name}/unblock", SIGNED_IN, .write = unblock_write, .per_minute = 60},
	{METHOD_POST, "/@{name}/suspend", ADMIN, .write = suspend_write},
	{METHOD_POST, "/@{name}/restore", ADMIN, .write = restore_write},
	{METHOD_GET, "/p/{id}/report", SIGNED_IN, .read = report_read, .page = "moderation-report"},
	{METHOD_POST, "/p/{id}/report", SIGNED_IN, .write = report_write,
		.page = "moderation-report", .form = report_read, .per_minute = 20,
		.takes = {{"comment", INPUT_TEXT, .max = COMMENT_MOST,
			.label = "What is wrong with it?"}}},
	{METHOD_GET, "/reports", ADMIN, .read = reports_read, .page = "moderation-reports"},
	{METHOD_POST, "/reports/{id}/close", ADMIN, .write = close_write},
	{METHOD_GET, "/domains", ADMIN, .read = domains_read, .page = "moderation-domains"},
	{METHOD_POST, "/domains", ADMIN, .write = domain_add_write, .page = "moderation-domains",
		.form = domains_read,
		.takes = {HOST_INPUT,
			{"reason", INPUT_TEXT, .max = REASON_MOST, .label = "Reason"}}},
	{METHOD_POST, "/domains/remove", ADMIN, .write = domain_remove_write,
		.page = "moderation-domains", .form = domains_read, .takes = {HOST_INPUT}},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_blocks(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s ids;
	struct block b;
	enum err e = own_ids(t, v, "blocks", TABLE_BLOCK, who->actor, who, &ids);
	view_list(v, "blocks");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct place place = place_2(TABLE_BLOCK, who->actor, ids.at[i]);
		if (txn_load(t, &place, &block_shape, &b) != OK)
			continue;
		view_begin(v, NULL);
		view_text(v, "who", own_actor(t, b.blocked));
		view_text(v, "reason", b.reason);
		view_time(v, "at", b.at);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

static enum err own_report(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct report r;
	(void)key;
	if (record_read(txn_arena(o->t), &report_shape, value, &r) != OK)
		return OK;
	view_begin(o->v, NULL);
	view_text(o->v, "comment", r.comment);
	view_text(o->v, "post", r.posts.count > 0 ? own_post(o->t, r.posts.at[0]) : "");
	view_text(o->v, "who", r.actors.count > 0 ? own_actor(o->t, r.actors.at[0]) : "");
	view_time(o->v, "at", r.at);
	view_end(o->v);
	return OK;
}

static bool is_report_of(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct report r;
	(void)key;
	return record_read(scratch, &report_shape, value, &r) == OK
		&& r.reporter == *(const uint64_t *)arg;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	enum err e = own_blocks(t, v, who);
	return e == OK ? own_rows_show(t, v, "reports", TABLE_REPORT, who, is_report_of, own_report)
		       : e;
}

static bool is_block_of(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	uint64_t actor = *(const uint64_t *)arg;
	(void)scratch, (void)value;
	return place_id(key, 0) == actor || place_id(key, 1) == actor;
}

/* That something was reported stays; who did, and in which words, does not. */
static enum err end_report(struct txn *t, void *arg, const struct place *key)
{
	struct report r;
	(void)arg;
	enum err e = txn_load(t, key, &report_shape, &r);
	r.reporter = 0;
	r.comment = NULL;
	return e == OK ? txn_save(t, key, &report_shape, &r) : e;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	bool reports = at->size > 0 && at->at[0] == TABLE_REPORT;
	enum err e = reports ? leaving_sweep(t, TABLE_REPORT, at, is_report_of, end_report, &actor)
			     : leaving_sweep(t, TABLE_BLOCK, at, is_block_of, NULL, &actor);
	if (e == OK && !reports && at->size == 0)
		*at = place_0(TABLE_REPORT);
	return e;
}

static const struct personal personal = {own_show, forget};

static const struct table_use tables[] = {
	{TABLE_BLOCK, &block_shape},
	{TABLE_REPORT, &report_shape},
	{TABLE_DOMAIN, &domain_shape},
	{0},
};

const struct feature feature_moderation = {.name = "moderation",
	.routes = routes,
	.verbs = verbs,
	.tables = tables,
	.personal = &personal};
