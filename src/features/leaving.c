/*
 * leaving.c: someone leaves: that they asked for it, how far it is, which sites were told, and the sweep through a table
 * that each feature lets go of people by. leavingsteps.c goes through the steps.
 */
#include "leaving.h"

#include <string.h>

#define LOOKED_AT_ONCE 2000 /* rows of a table, in one transaction */
#define DROPPED_AT_ONCE 200
#define LISTED_MOST 1000
#define INBOXES_MOST 20000 /* that are looked at to tell of one person where their words went */
#define HOSTS_SHOWN 1000

static const struct field leaving_fields[] = {
	{1, F_U64, offsetof(struct leaving, actor), 0},
	{2, F_U32, offsetof(struct leaving, step), 0},
	{3, F_U32, offsetof(struct leaving, keep), 0},
	{4, F_I64, offsetof(struct leaving, asked), 0},
	{5, F_I64, offsetof(struct leaving, due), 0},
	{6, F_I64, offsetof(struct leaving, begun), 0},
	{7, F_I64, offsetof(struct leaving, done), 0},
	{8, F_U64, offsetof(struct leaving, since), 0},
	{9, F_U64, offsetof(struct leaving, by), 0},
	{10, F_TEXT, offsetof(struct leaving, feature), 30},
	{11, F_BYTES, offsetof(struct leaving, at), sizeof((struct place *)0)->at},
	{12, F_TEXT, offsetof(struct leaving, email), LEAVING_EMAIL},
	{13, F_U64, offsetof(struct leaving, line), 0},
};
const struct shape leaving_shape = {
	"leaving", sizeof(struct leaving), leaving_fields, COUNT(leaving_fields)};

static const struct field host_fields[] = {
	{1, F_TEXT, offsetof(struct leaving_host, name), 300},
	{2, F_U32, offsetof(struct leaving_host, asked), 0},
	{3, F_U32, offsetof(struct leaving_host, confirmed), 0},
	{4, F_U32, offsetof(struct leaving_host, refused), 0},
	{5, F_I64, offsetof(struct leaving_host, at), 0},
};
const struct shape leaving_host_shape = {
	"leaving_host", sizeof(struct leaving_host), host_fields, COUNT(host_fields)};

/* ---- records --------------------------------------------------------------------------------- */

enum err leaving_load(struct txn *t, uint64_t actor, struct leaving *out)
{
	struct place place = place_1(TABLE_LEAVING, actor);
	return txn_load(t, &place, &leaving_shape, out);
}

enum err leaving_save(struct txn *t, const struct leaving *l)
{
	struct place place = place_1(TABLE_LEAVING, l->actor);
	return txn_save(t, &place, &leaving_shape, l);
}

static enum err take_id(void *arg, struct bytes key, struct bytes value)
{
	struct u64s *ids = arg;
	(void)value;
	((uint64_t *)(uintptr_t)ids->at)[ids->count++] = place_id(key, 0);
	return OK;
}

enum err leaving_list(struct txn *t, size_t max, struct u64s *out)
{
	max = max < LISTED_MOST ? max : LISTED_MOST;
	struct u64s ids = {.at = arena_array(txn_arena(t), max, sizeof *ids.at)};
	struct walk walk = {.prefix = place_0(TABLE_LEAVING), .backward = true, .max = max};
	enum err e = txn_walk(t, &walk, take_id, &ids);
	if (e == OK)
		*out = ids;
	return e;
}

bool leaving_is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	(void)scratch, (void)value;
	return place_id(key, 0) == *(const uint64_t *)arg;
}

enum err leaving_forget(struct txn *t, uint64_t actor)
{
	struct place at = place_1(TABLE_LEAVING_HOST, actor), place = place_1(TABLE_LEAVING, actor);
	bool more = true;
	enum err e = OK;
	while (e == OK && more) {
		e = leaving_sweep(t, TABLE_LEAVING_HOST, &at, leaving_is_theirs, NULL, &actor);
		more = at.size > 0 && place_id((struct bytes){at.at, at.size}, 0) == actor;
	}
	return e == OK ? txn_del(t, &place) : e;
}

/* ---- sweeping a table ------------------------------------------------------------------------ */

struct sweeping {
	struct arena *scratch;
	leaving_is_fn *is;
	void *arg;
	size_t seen, count;
	bool more;
	struct place last, found[DROPPED_AT_ONCE];
};

static enum err sweep_visit(void *arg, struct bytes key, struct bytes value)
{
	struct sweeping *s = arg;
	s->last = place_key(key);
	if (s->is(s->arg, s->scratch, key, value))
		s->found[s->count++] = s->last;
	arena_reset(s->scratch);
	s->more = ++s->seen == LOOKED_AT_ONCE || s->count == DROPPED_AT_ONCE;
	return s->more ? ERR_CONFLICT : OK;
}

enum err leaving_sweep(struct txn *t, uint8_t table, struct place *at, leaving_is_fn *is,
	leaving_end_fn *end, void *arg)
{
	ARENA_CLEANUP struct arena *scratch = arena_create();
	struct sweeping *s = arena_alloc(txn_arena(t), sizeof *s);
	*s = (struct sweeping){.scratch = scratch, .is = is, .arg = arg};
	struct walk walk = {
		.prefix = place_0(table), .from = at->size > 0 ? at : NULL, .max = WALK_ALL};
	enum err e = txn_walk(t, &walk, sweep_visit, s);
	for (size_t i = 0; e == OK && i < s->count; i++)
		e = end != NULL ? end(t, arg, &s->found[i]) : txn_del(t, &s->found[i]);
	if (e == OK)
		*at = s->more ? s->last : (struct place){0};
	return e;
}

/* ---- what there is ---------------------------------------------------------------------------- */

enum err leaving_count(struct txn *t, uint64_t actor, struct leaving_counts *c)
{
	struct u64s ids = {.count = 1};
	struct post p;
	uint64_t before = 0;
	enum err e = OK;
	while (e == OK && ids.count > 0) {
		e = post_of_author(t, actor, before, 500, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			before = ids.at[i];
			if (post_load(t, before, &p) != OK || p.gone)
				continue;
			bool apart = p.visibility > VISIBLE_UNLISTED
				&& p.circles.read == CIRCLE_EVERYONE;
			*(apart ? &c->apart : p.root == p.id ? &c->starts : &c->answers) += 1;
		}
	}
	return e;
}

/* ---- asking for it --------------------------------------------------------------------------- */

struct admins {
	uint64_t but;
	struct arena *arena;
	bool other;
};

static enum err see_admin(void *arg, struct bytes key, struct bytes value)
{
	struct admins *a = arg;
	struct account account;
	(void)key;
	arena_reset(a->arena);
	enum err e = record_read(a->arena, &account_shape, value, &account);
	a->other = e == OK && account.admin && !account.suspended && account.actor != a->but;
	return e == OK && a->other ? ERR_CONFLICT : e;
}

static enum err has_successors(struct txn *t, uint64_t actor, struct refusal *why)
{
	struct account account;
	struct u64s communities, moderators;
	ARENA_CLEANUP struct arena *scratch = arena_create();
	struct admins admins = {.but = actor, .arena = scratch};
	struct walk walk = {.prefix = place_0(TABLE_ACCOUNT), .max = WALK_ALL};
	enum err e = account_load(t, actor, &account);
	if (e == OK && account.admin)
		e = txn_walk(t, &walk, see_admin, &admins);
	if (e == OK && account.admin && !admins.other) {
		(void)refuse(why, NULL,
			"This site has no other administrator: appoint one first, then leave.");
		return ERR_CONFLICT;
	}
	if (e == OK)
		e = community_list(t, &communities);
	for (size_t i = 0; e == OK && i < communities.count; i++) {
		e = community_moderators(t, communities.at[i], &moderators);
		if (e == OK && moderators.count == 1 && moderators.at[0] == actor) {
			(void)refuse(why, NULL,
				"Nobody else looks after one of the communities: appoint someone first, then leave.");
			return ERR_CONFLICT;
		}
	}
	return e;
}

enum err leaving_ask(
	struct txn *t, uint64_t by, uint64_t actor, uint32_t keep, int64_t due, struct refusal *why)
{
	struct leaving l = {0};
	struct account account;
	enum err e = leaving_load(t, actor, &l);
	if (e == OK && l.step != LEAVING_ASKED)
		return ERR_GONE;
	if (e == OK || e == ERR_NOT_FOUND)
		e = account_load(t, actor, &account);
	if (e == OK)
		e = has_successors(t, actor, why);
	if (e != OK)
		return e;
	l = (struct leaving){.actor = actor,
		.step = LEAVING_ASKED,
		.keep = keep & KEEP_ALL,
		.asked = time_now(),
		.due = due,
		.by = by,
		.email = account.email};
	return leaving_save(t, &l);
}

enum err leaving_take_back(struct txn *t, uint64_t actor)
{
	struct leaving l;
	struct place place = place_1(TABLE_LEAVING, actor);
	enum err e = leaving_load(t, actor, &l);
	if (e != OK)
		return e;
	return l.step == LEAVING_ASKED ? txn_del(t, &place) : ERR_GONE;
}

/* ---- who is told ----------------------------------------------------------------------------- */

bool leaving_tells(struct txn *t, uint64_t actor)
{
	struct leaving l;
	return leaving_load(t, actor, &l) == OK && l.step > LEAVING_ASKED && l.step < LEAVING_NAME;
}

static struct place place_of_host(uint64_t actor, const char *host)
{
	return place_join(place_1(TABLE_LEAVING_HOST, actor), place_hash(0, host));
}

static enum err count_host(
	struct txn *t, uint64_t actor, const char *host, const struct leaving_host *by)
{
	struct leaving l;
	struct leaving_host h = {0};
	enum err e = leaving_load(t, actor, &l);
	if (e != OK || l.step == LEAVING_ASKED)
		return e == ERR_NOT_FOUND ? OK : e;
	struct place place = place_of_host(actor, host);
	e = txn_load(t, &place, &leaving_host_shape, &h);
	if (e == ERR_NOT_FOUND && by->asked == 0)
		return OK; /* of a letter from before */
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	h.name = host;
	h.asked += by->asked;
	h.confirmed += by->confirmed;
	h.refused += by->refused;
	h.at = by->at != 0 ? by->at : h.at;
	return txn_save(t, &place, &leaving_host_shape, &h);
}

enum err leaving_told(struct txn *t, uint64_t actor, const char *host)
{
	return count_host(t, actor, host, &(struct leaving_host){.asked = 1});
}

enum err leaving_heard(struct txn *t, uint64_t actor, const char *host, bool taken)
{
	struct leaving_host by = {.confirmed = taken, .refused = !taken, .at = time_now()};
	return count_host(t, actor, host, &by);
}

struct hosts {
	struct arena *arena;
	struct leaving_host *at;
	size_t count;
};

static enum err take_host(void *arg, struct bytes key, struct bytes value)
{
	struct hosts *h = arg;
	(void)key;
	return record_read(h->arena, &leaving_host_shape, value, &h->at[h->count++]);
}

enum err leaving_hosts(
	struct txn *t, uint64_t actor, size_t max, struct leaving_host *out, size_t *count)
{
	struct hosts h = {txn_arena(t), out, 0};
	struct walk walk = {.prefix = place_1(TABLE_LEAVING_HOST, actor), .max = max};
	enum err e = txn_walk(t, &walk, take_host, &h);
	*count = e == OK ? h.count : 0;
	return e;
}

/* ---- what is kept of someone ------------------------------------------------------------------ */

struct reached {
	struct arena *arena;
	struct view *v;
	const char *hosts[HOSTS_SHOWN];
	size_t count;
};

/* An inbox may be of one person: only which site it is of is told, and once. */
static enum err show_reached(void *arg, struct bytes key, struct bytes value)
{
	struct reached *r = arg;
	struct url url;
	(void)key;
	if (url_parse(r->arena, arena_text_n(r->arena, value.data, value.size), &url) != OK)
		return OK;
	for (size_t i = 0; i < r->count; i++)
		if (text_is(r->hosts[i], url.host))
			return OK;
	r->hosts[r->count++] = url.host;
	view_text(r->v, NULL, url.host);
	return r->count < HOSTS_SHOWN ? OK : ERR_CONFLICT;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct reached *r = arena_alloc(txn_arena(t), sizeof *r);
	struct walk walk = {.prefix = place_1(TABLE_REACHED, who->actor), .max = INBOXES_MOST};
	struct leaving l;
	*r = (struct reached){.arena = txn_arena(t), .v = v};
	view_list(v, "sent_to");
	enum err e = txn_walk(t, &walk, show_reached, r);
	view_list_end(v);
	bool leaves = e == OK && leaving_load(t, who->actor, &l) == OK;
	view_time(v, "leaving", leaves ? l.due : 0);
	return e;
}

static const struct personal personal = {.show = own_show};
static const struct chore chores[] = {{"leaving", 30 * SECOND, leaving_on_time, NULL}, {0}};

static const struct table_use tables[] = {
	{TABLE_LEAVING, &leaving_shape},
	{TABLE_LEAVING_HOST, &leaving_host_shape},
	{TABLE_REACHED, NULL},
	{TABLE_FORMER_NAME, NULL},
	{0},
};

const struct feature feature_leaving = {
	.name = "leaving", .tables = tables, .chores = chores, .personal = &personal};
