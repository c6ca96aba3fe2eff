/* follow.c: following: who may hear of whom; shown to others as a number only. */
#include "features.h"

#include <string.h>

#define RAW_MOST (64 * 1024) /* of a Follow: it is kept while it waits, and sent back */
#define REQUESTS_MOST 100
#define FOLLOWERS_TOLD 10 /* fewer say nothing of a place, or that it is empty */
#define SCAN_MOST 100000  /* followers of one actor, looked through for those who wait */

static const struct field follow_fields[] = {
	{1, F_U64, offsetof(struct follow, follower), 0},
	{2, F_U64, offsetof(struct follow, followed), 0},
	{3, F_U32, offsetof(struct follow, state), 0},
	{4, F_TEXT, offsetof(struct follow, uri), 2048},
	{5, F_BYTES, offsetof(struct follow, raw), RAW_MOST},
	{6, F_I64, offsetof(struct follow, at), 0},
};
const struct shape follow_shape = {
	"follow", sizeof(struct follow), follow_fields, COUNT(follow_fields)};

/* ---- records --------------------------------------------------------------------------------- */

static enum err follow_load(struct txn *t, uint64_t who, uint64_t whom, struct follow *out)
{
	struct place place = place_2(TABLE_FOLLOWER, whom, who);
	return txn_load(t, &place, &follow_shape, out);
}

struct pair {
	uint64_t who, whom;
};

static enum err pair_by_uri(struct txn *t, const char *uri, struct pair *out)
{
	struct bytes value;
	if (uri == NULL)
		return ERR_NOT_FOUND;
	struct place place = place_hash(TABLE_FOLLOW_URI, uri);
	enum err e = txn_get(t, &place, &value);
	if (e == OK)
		*out = (struct pair){place_id_at(value, 0), place_id_at(value, 8)};
	return e;
}

static enum err uri_forget(struct txn *t, const struct follow *f)
{
	struct pair pair;
	enum err e = pair_by_uri(t, f->uri, &pair);
	if (e == OK && pair.who == f->follower && pair.whom == f->followed) {
		struct place place = place_hash(TABLE_FOLLOW_URI, f->uri);
		return txn_del(t, &place);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

/* An id that names another pair already keeps naming that one (security.md R6). */
static enum err uri_remember(struct txn *t, const struct follow *f)
{
	struct pair pair;
	enum err e = pair_by_uri(t, f->uri, &pair);
	if (e != ERR_NOT_FOUND)
		return e;
	struct place place = place_hash(TABLE_FOLLOW_URI, f->uri);
	struct place ids = place_2(0, f->follower, f->followed);
	return txn_put(t, &place, (struct bytes){ids.at + 1, ids.size - 1u});
}

static enum err follow_save(struct txn *t, const struct follow *f)
{
	struct place a = place_2(TABLE_FOLLOWER, f->followed, f->follower);
	struct place b = place_2(TABLE_FOLLOWING, f->follower, f->followed);
	enum err e = txn_save(t, &a, &follow_shape, f);
	if (e == OK)
		e = txn_save(t, &b, &follow_shape, f);
	return e == OK ? uri_remember(t, f) : e;
}

static enum err count_add(struct txn *t, uint64_t whom, int64_t delta)
{
	struct place place = place_2(TABLE_TALLY, whom, TALLY_FOLLOWERS);
	return txn_add(t, &place, delta, NULL);
}

enum err follow_forget(struct txn *t, uint64_t who, uint64_t whom)
{
	struct follow f;
	enum err e = follow_load(t, who, whom, &f);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	struct place a = place_2(TABLE_FOLLOWER, whom, who);
	struct place b = place_2(TABLE_FOLLOWING, who, whom);
	e = uri_forget(t, &f);
	if (e == OK)
		e = txn_del(t, &a);
	if (e == OK)
		e = txn_del(t, &b);
	return e == OK && f.state == FOLLOW_ACCEPTED ? count_add(t, whom, -1) : e;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static enum err both_load(
	struct txn *t, uint64_t who, uint64_t whom, struct actor *follower, struct actor *followed)
{
	enum err e = actor_load(t, who, follower);
	if (e == OK)
		e = actor_load(t, whom, followed);
	if (e != OK)
		return e;
	if (follower->gone || followed->gone || follower->suspended || followed->suspended)
		return ERR_NOT_FOUND;
	return follower->local || followed->local
		? OK
		: ERR_NOT_FOUND; /* what two others do is not ours */
}

static bool follow_allowed(struct txn *t, const struct actor *who, const struct actor *whom)
{
	bool node = (who->local && who->kind == ACTOR_APPLICATION)
		|| (whom->local && whom->kind == ACTOR_APPLICATION);
	return who->id != whom->id && !node && whom->moved_to == NULL
		&& !block_between(t, who->id, whom->id);
}

static enum err answer(struct txn *t, uint32_t act, const struct follow *f)
{
	struct line line = {.act = act,
		.actor = f->followed,
		.object = f->follower,
		.uri = f->uri,
		.raw = f->raw};
	return act_journal(t, NULL, &line, NULL);
}

static enum err accept_now(struct txn *t, struct follow *f)
{
	enum err e = f->state == FOLLOW_ACCEPTED ? OK : count_add(t, f->followed, 1);
	if (e == OK)
		e = answer(t, ACT_ACCEPT, f);
	f->state = FOLLOW_ACCEPTED;
	f->raw = (struct bytes){0}; /* it was only kept to be sent back */
	return e == OK ? follow_save(t, f) : e;
}

/* Another node repeats its Follow, perhaps under a new id: the newest one is the one to answer. */
static enum err follow_repeat(
	struct txn *t, struct follow *f, const struct actor *whom, const struct origin *origin)
{
	if (!whom->local || origin == NULL || origin->uri == NULL)
		return OK;
	enum err e = uri_forget(t, f);
	if (e != OK)
		return e;
	f->uri = origin->uri;
	f->raw = origin->raw;
	return f->state == FOLLOW_ACCEPTED || !whom->locked ? accept_now(t, f) : follow_save(t, f);
}

enum err follow_start(struct txn *t, uint64_t who, uint64_t whom, const struct origin *origin)
{
	struct actor follower, followed;
	struct follow f;
	if (origin != NULL && origin->raw.size > RAW_MOST)
		return ERR_TOO_MUCH;
	enum err e = both_load(t, who, whom, &follower, &followed);
	if (e != OK)
		return e;
	if (!follow_allowed(t, &follower, &followed))
		return ERR_FORBIDDEN;
	e = follow_load(t, who, whom, &f);
	if (e == OK)
		return follow_repeat(t, &f, &followed, origin);
	if (e != ERR_NOT_FOUND)
		return e;
	f = (struct follow){
		.follower = who, .followed = whom, .state = FOLLOW_PENDING, .at = time_now()};
	struct line line = {.act = ACT_FOLLOW, .actor = who, .object = whom};
	e = act_journal(t, origin, &line, &f.uri);
	if (e != OK)
		return e;
	f.raw = line.raw;
	return followed.local && !followed.locked ? accept_now(t, &f) : follow_save(t, &f);
}

enum err follow_end(struct txn *t, uint64_t who, uint64_t whom, const struct origin *origin)
{
	struct follow f;
	enum err e = follow_load(t, who, whom, &f);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	struct line line = {.act = ACT_UNFOLLOW, .actor = who, .object = whom, .note = f.uri};
	e = follow_forget(t, who, whom);
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

/* Only what was asked for can be accepted: an answer to nothing makes nothing (security.md R16). */
enum err follow_accept(struct txn *t, uint64_t whom, uint64_t who, const struct origin *origin)
{
	struct actor follower, followed;
	struct follow f;
	(void)origin; /* the line tells of the Follow, not of the answer */
	enum err e = both_load(t, who, whom, &follower, &followed); /* neither went meanwhile */
	if (e == OK)
		e = follow_load(t, who, whom, &f);
	return e == OK && f.state != FOLLOW_ACCEPTED ? accept_now(t, &f) : e;
}

enum err follow_reject(struct txn *t, uint64_t whom, uint64_t who, const struct origin *origin)
{
	struct follow f;
	(void)origin;
	enum err e = follow_load(t, who, whom, &f);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	e = follow_forget(t, who, whom);
	return e == OK ? answer(t, ACT_REJECT, &f) : e;
}

/* ---- asking ---------------------------------------------------------------------------------- */

uint32_t follow_state_of(struct txn *t, uint64_t who, uint64_t whom)
{
	struct follow f;
	return follow_load(t, who, whom, &f) == OK ? f.state : 0;
}

bool follow_is(struct txn *t, uint64_t who, uint64_t whom)
{
	return who != 0 && follow_state_of(t, who, whom) == FOLLOW_ACCEPTED;
}

enum err follow_count(struct txn *t, uint64_t whom, int64_t *followers)
{
	struct place place = place_2(TABLE_TALLY, whom, TALLY_FOLLOWERS);
	return txn_count(t, &place, followers);
}

int64_t follow_told(struct txn *t, const struct actor *whom)
{
	int64_t n;
	bool told = whom->local && !whom->own_members && follow_count(t, whom->id, &n) == OK;
	return told ? n : -1;
}

void follow_told_show(struct txn *t, struct view *v, const struct actor *whom)
{
	int64_t n = follow_told(t, whom);
	view_number(v, "followers", n >= FOLLOWERS_TOLD ? n : 0);
}

struct gathering {
	struct arena *row; /* one row at a time */
	uint32_t state;    /* wanted; 0: any */
	uint64_t *ids;
	size_t count, max;
};

static enum err gather(void *arg, struct bytes key, struct bytes value)
{
	struct gathering *g = arg;
	struct follow f;
	if (g->count == g->max)
		return ERR_CONFLICT;
	arena_reset(g->row);
	/* One that cannot be read costs nobody else theirs; `kring check` names it. */
	if (record_read(g->row, &follow_shape, value, &f) == OK
		&& (g->state == 0 || f.state == g->state))
		g->ids[g->count++] = place_id(key, 1);
	return OK;
}

static enum err listed(struct txn *t, uint8_t table, uint64_t id, uint64_t after, uint32_t state,
	size_t max, struct u64s *out)
{
	if (after == UINT64_MAX) {
		*out = (struct u64s){0};
		return OK;
	}
	struct arena *row ARENA_CLEANUP = arena_create();
	struct gathering g = {.row = row, .state = state, .max = max};
	g.ids = arena_array(txn_arena(t), max, sizeof *g.ids);
	struct place from = place_2(table, id, after + 1);
	struct walk walk = {.prefix = place_1(table, id), .from = &from, .max = SCAN_MOST};
	enum err e = txn_walk(t, &walk, gather, &g);
	if (e == OK)
		*out = (struct u64s){g.ids, g.count};
	return e;
}

enum err follow_followers(
	struct txn *t, uint64_t whom, uint64_t after, size_t max, struct u64s *out)
{
	return listed(t, TABLE_FOLLOWER, whom, after, FOLLOW_ACCEPTED, max, out);
}

enum err follow_following(struct txn *t, uint64_t who, uint64_t after, size_t max, struct u64s *out)
{
	return listed(t, TABLE_FOLLOWING, who, after, FOLLOW_ACCEPTED, max, out);
}

/* All of an actor's follows, waiting ones too, end without a word: the end of the actor itself tells it. What other
 * nodes have to do with a local one stays: its Delete still has to reach them, and those rows say who they are. */
enum err follow_forget_all(struct txn *t, const struct actor *gone)
{
	for (int side = 0; side < 2; side++) {
		uint8_t table = side == 0 ? TABLE_FOLLOWER : TABLE_FOLLOWING;
		uint64_t after = 0;
		struct u64s page;
		do {
			enum err e = listed(t, table, gone->id, after, 0, 500, &page);
			for (size_t i = 0; e == OK && i < page.count; i++) {
				struct actor other;
				after = page.at[i];
				e = actor_load(t, after, &other);
				if (e == OK && (!gone->local || other.local))
					e = side == 0 ? follow_forget(t, after, gone->id)
						      : follow_forget(t, gone->id, after);
			}
			if (e != OK)
				return e;
		} while (page.count > 0);
	}
	return OK;
}

enum err follow_drop_all(struct txn *t, uint64_t actor)
{
	for (int side = 0; side < 2; side++) {
		uint8_t table = side == 0 ? TABLE_FOLLOWER : TABLE_FOLLOWING;
		struct u64s page = {0};
		do {
			enum err e = listed(t, table, actor, 0, 0, 500, &page);
			for (size_t i = 0; e == OK && i < page.count; i++)
				e = side == 0 ? follow_forget(t, page.at[i], actor)
					      : follow_forget(t, actor, page.at[i]);
			if (e != OK)
				return e;
		} while (page.count > 0);
	}
	return OK;
}

/* ---- other nodes ----------------------------------------------------------------------------- */

static enum err receive_follow(struct txn *t, const struct activity *a)
{
	struct actor whom;
	struct origin origin = {a->id, a->raw, a->via};
	enum err e = actor_by_uri(t, a->object_id, &whom);
	if (e != OK)
		return e;
	if (!whom.local)
		return ERR_NOT_FOUND;
	e = follow_start(t, a->actor_id, whom.id, &origin);
	if (e != ERR_FORBIDDEN)
		return e;
	/* Say no in words they know, else they wait for ever (protocol.md §4.4). */
	struct line line = {.act = ACT_REJECT, .actor = whom.id, .object = a->actor_id};
	return act_journal(t, &origin, &line, NULL);
}

/* Whom an answer or an Undo is about: the two ends of the Follow it holds, or the Follow by its id (protocol.md §5.1). */
static enum err pair_named(struct txn *t, const struct activity *a, struct pair *out)
{
	struct actor who, whom;
	if (a->inner == NULL)
		return pair_by_uri(t, a->object_id, out);
	if (!text_is(a->inner->type, "Follow"))
		return ERR_NOT_FOUND; /* an Undo of a Block has two such ends too */
	enum err e = actor_by_uri(t, a->inner->actor, &who);
	if (e == OK)
		e = actor_by_uri(t, a->inner->object_id, &whom);
	if (e == ERR_NOT_FOUND)
		return pair_by_uri(t, a->inner->id, out);
	if (e == OK)
		*out = (struct pair){who.id, whom.id};
	return e;
}

static enum err receive_accept(struct txn *t, const struct activity *a)
{
	struct pair pair;
	struct origin origin = {a->id, a->raw, a->via};
	enum err e = pair_named(t, a, &pair);
	if (e != OK)
		return e;
	return pair.whom == a->actor_id ? follow_accept(t, pair.whom, pair.who, &origin)
					: ERR_FORBIDDEN;
}

static enum err receive_reject(struct txn *t, const struct activity *a)
{
	struct pair pair;
	struct origin origin = {a->id, a->raw, a->via};
	enum err e = pair_named(t, a, &pair);
	if (e != OK)
		return e;
	return pair.whom == a->actor_id ? follow_reject(t, pair.whom, pair.who, &origin)
					: ERR_FORBIDDEN;
}

static enum err receive_undo(struct txn *t, const struct activity *a)
{
	struct pair pair;
	struct origin origin = {a->id, a->raw, a->via};
	struct follow f;
	enum err e = pair_named(t, a, &pair);
	if (e == OK)
		e = follow_load(t, pair.who, pair.whom, &f);
	if (e != OK)
		return e;
	return pair.who == a->actor_id ? follow_end(t, pair.who, pair.whom, &origin)
				       : ERR_FORBIDDEN;
}

/* Without a type the object is a bare id: ours when it names a Follow, ERR_NOT_FOUND when not. */
static const struct verb verbs[] = {
	{"Follow", NULL, receive_follow},
	{"Accept", "Follow", receive_accept},
	{"Accept", NULL, receive_accept},
	{"Reject", "Follow", receive_reject},
	{"Reject", NULL, receive_reject},
	{"Undo", "Follow", receive_undo},
	{"Undo", NULL, receive_undo},
	{0},
};

/* ---- pages ----------------------------------------------------------------------------------- */

static enum err click(struct call *call, struct txn *t, bool on)
{
	struct actor whom;
	enum err e = actor_by_handle(t, call_part(call, "name"), &whom);
	if (e == OK)
		e = on ? follow_start(t, call->viewer.actor, whom.id, NULL)
		       : follow_end(t, call->viewer.actor, whom.id, NULL);
	if (e != OK)
		return e;
	if (!on)
		reply_notice(call, "You no longer follow this.");
	else if (follow_is(t, call->viewer.actor, whom.id))
		reply_notice(call, "You follow this now.");
	else
		reply_notice(call, "Your request is sent. It is up to them now.");
	reply_see_other(call, actor_path(call->arena, &whom));
	return OK;
}

static enum err follow_write(struct call *call, struct txn *t)
{
	return click(call, t, true);
}

static enum err unfollow_write(struct call *call, struct txn *t)
{
	return click(call, t, false);
}

enum err follow_waiting(struct txn *t, uint64_t whom, size_t max, struct u64s *out)
{
	return listed(t, TABLE_FOLLOWER, whom, 0, FOLLOW_PENDING, max, out);
}

static enum err requests_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	enum err e = follow_waiting(t, call->viewer.actor, REQUESTS_MOST, &ids);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Who would like to follow you"));
	profile_tab_show(v, "requests");
	size_t shown = 0;
	view_list(v, "requests");
	for (size_t i = 0; i < ids.count; i++) {
		struct actor who;
		e = actor_load(t, ids.at[i], &who);
		if (e != OK)
			return e;
		if (who.gone || who.suspended)
			continue;
		actor_show(v, NULL, &who);
		shown++;
	}
	view_list_end(v);
	view_flag(v, "some", shown > 0);
	return OK;
}

static enum err decide(struct call *call, struct txn *t, bool yes)
{
	uint64_t who = call_part_id(call, "id"), me = call->viewer.actor;
	enum err e = yes ? follow_accept(t, me, who, NULL) : follow_reject(t, me, who, NULL);
	if (e != OK)
		return e;
	reply_notice(call, yes ? "They follow you now." : "They do not follow you.");
	reply_see_other(call, "/requests");
	return OK;
}

static enum err accept_write(struct call *call, struct txn *t)
{
	return decide(call, t, true);
}

static enum err reject_write(struct call *call, struct txn *t)
{
	return decide(call, t, false);
}

static const struct route routes[] = {
	{METHOD_POST, "/@{name}/follow", SIGNED_IN, .write = follow_write, .per_minute = 60},
	{METHOD_POST, "/@{name}/unfollow", SIGNED_IN, .write = unfollow_write, .per_minute = 60},
	{METHOD_GET, "/requests", SIGNED_IN, .read = requests_read, .page = "follow-requests"},
	{METHOD_POST, "/requests/{id}/accept", SIGNED_IN, .write = accept_write},
	{METHOD_POST, "/requests/{id}/reject", SIGNED_IN, .write = reject_write},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_list(
	struct txn *t, struct view *v, const char *name, uint8_t table, const struct own_view *who)
{
	struct u64s ids;
	struct follow f;
	bool mine = table == TABLE_FOLLOWING;
	enum err e = own_ids(t, v, name, table, who->actor, who, &ids);
	view_list(v, name);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		uint64_t other = ids.at[i];
		if (follow_load(t, mine ? who->actor : other, mine ? other : who->actor, &f) != OK)
			continue;
		view_begin(v, NULL);
		view_text(v, "who", own_actor(t, other));
		view_flag(v, "accepted", f.state == FOLLOW_ACCEPTED);
		view_time(v, "at", f.at);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	enum err e = own_list(t, v, "following", TABLE_FOLLOWING, who);
	return e == OK ? own_list(t, v, "followers", TABLE_FOLLOWER, who) : e;
}

static const struct personal personal = {.show = own_show}; /* they end with the actor */

static const struct table_use tables[] = {
	{TABLE_FOLLOWER, &follow_shape},
	{TABLE_FOLLOWING, &follow_shape},
	{TABLE_FOLLOW_URI, NULL},
	{0},
};

const struct feature feature_follow = {.name = "follow",
	.routes = routes,
	.verbs = verbs,
	.tables = tables,
	.personal = &personal};
