/* readers.c: who reads along elsewhere: accounts of other sites that a community's core team let in, and those of its
 * members; the page on which the team sees them. What they may read circle.c says. */
#include "roll.h"

#include <string.h>

#define ADMITTED_MOST 500     /* of one community */
#define CHECKED_AT_ONCE 10000 /* copies, in one transaction */
#define RECALLED_AT_ONCE 200

static const struct field admitted_fields[] = {
	{1, F_U64, offsetof(struct admitted, by), 0},
	{2, F_I64, offsetof(struct admitted, at), 0},
};
const struct shape admitted_shape = {
	"admitted", sizeof(struct admitted), admitted_fields, COUNT(admitted_fields)};

/* ---- in the roll ----------------------------------------------------------------------------- */

struct listing {
	uint64_t *at;
	size_t count, max, field;
};

static enum err list_one(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	uint64_t id = place_id(key, l->field);
	(void)value;
	for (size_t i = 0; i < l->count; i++)
		if (l->at[i] == id)
			return OK;
	l->at[l->count++] = id;
	return l->count < l->max ? OK : ERR_CONFLICT;
}

enum err admitted_set(
	struct txn *r, const struct doer *by, uint64_t community, uint64_t actor, bool on)
{
	struct bytes there;
	uint64_t ids[ADMITTED_MOST];
	struct listing l = {ids, 0, ADMITTED_MOST, 1};
	struct place row = place_2(TABLE_ADMITTED, community, actor);
	struct walk walk = {.prefix = place_1(TABLE_ADMITTED, community), .max = ADMITTED_MOST};
	struct admitted admitted = {by->actor, time_now()};
	enum err e = txn_get(r, &row, &there);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if ((e == OK) == on)
		return OK;
	e = on ? txn_walk(r, &walk, list_one, &l) : OK;
	if (e == OK && l.count == ADMITTED_MOST)
		return ERR_TOO_MUCH;
	if (e == OK)
		e = on ? txn_save(r, &row, &admitted_shape, &admitted) : txn_del(r, &row);
	struct audit a = {.actor = by->actor,
		.act = on ? AUDIT_ADMIT : AUDIT_UNADMIT,
		.community = community};
	return e == OK ? audit_add(r, &a) : e;
}

struct asking {
	uint64_t community, actor;
	struct listing list;
	bool is;
};

static enum err find_admitted(struct txn *r, void *arg)
{
	struct asking *a = arg;
	struct bytes there;
	struct place row = place_2(TABLE_ADMITTED, a->community, a->actor);
	a->is = txn_get(r, &row, &there) == OK;
	return OK;
}

bool admitted_is(const struct site *site, uint64_t community, uint64_t actor)
{
	struct asking a = {.community = community, .actor = actor};
	return roll_read(site, find_admitted, &a) == OK && a.is;
}

static enum err find_all(struct txn *r, void *arg)
{
	struct asking *a = arg;
	struct walk admitted = {.prefix = place_1(TABLE_ADMITTED, a->community),
			    .max = ADMITTED_MOST},
		    linked = {.prefix = place_0(TABLE_LINKED_TO), .max = WALK_ALL};
	a->list.count = 0;
	a->list.field = 1;
	enum err e = txn_walk(r, &admitted, list_one, &a->list);
	a->list.field = 0;
	if (e == OK && a->list.count < a->list.max)
		e = txn_walk(r, &linked, list_one, &a->list);
	return e;
}

size_t readers_known(const struct site *site, uint64_t community, uint64_t *actors, size_t max)
{
	struct asking a = {.community = community, .list = {.at = actors, .max = max}};
	return max > 0 && roll_read(site, find_all, &a) == OK ? a.list.count : 0;
}

/* ---- the page of the core team --------------------------------------------------------------- */

static void show_reader(struct call *call, struct txn *t, struct view *v,
	const struct actor *community, uint64_t id)
{
	struct actor a, owner;
	bool let_in = admitted_is(call->site, community->id, id);
	uint64_t mine = linked_account(call->site, id);
	bool of_member = mine != 0 && circle_of(t, mine, community->id) >= CIRCLE_MEMBERS
		&& actor_load(t, mine, &owner) == OK;
	if ((!let_in && !of_member) || actor_load(t, id, &a) != OK || a.gone)
		return;
	view_begin(v, NULL);
	view_id(v, "id", id);
	actor_show(v, "actor", &a);
	view_flag(v, "admitted", let_in);
	view_flag(v, "follows", follow_is(t, id, community->id));
	if (of_member)
		actor_show(v, "owner", &owner);
	view_end(v);
}

enum err readers_show(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	struct u64s reading = {0};
	enum err e = community_of_core(call, t, &community);
	if (e == OK)
		e = community_head_show(call, t, v, &community);
	if (e == OK)
		e = circle_readers(t, &community, &reading);
	if (e != OK)
		return e;
	uint64_t *all = arena_array(call->arena, READING_MOST, sizeof *all);
	size_t count = readers_known(call->site, community.id, all, READING_MOST);
	view_flag(v, "on_readers", true);
	view_text(v, "own_path", actor_path(call->arena, &community));
	view_flag(v, "abroad", community.circles.abroad);
	view_number(v, "reading", (int64_t)reading.count);
	view_list(v, "readers");
	for (size_t i = 0; i < count; i++)
		show_reader(call, t, v, &community, all[i]);
	view_list_end(v);
	return OK;
}

struct admitting {
	struct call *call;
	struct actor community;
	uint64_t actor;
	bool on;
};

static enum err may_run(struct txn *t, void *arg)
{
	struct admitting *a = arg;
	return community_of_core(a->call, t, &a->community);
}

static enum err admit_run(struct txn *r, void *arg)
{
	const struct admitting *a = arg;
	struct doer by = {.actor = a->call->viewer.actor};
	return admitted_set(r, &by, a->community.id, a->actor, a->on);
}

static enum err recall_run(struct txn *t, void *arg)
{
	const struct admitting *a = arg;
	struct line line = {.act = ACT_RECALL, .actor = txn_site(t)->actor, .object = a->actor};
	return act_journal(t, NULL, &line, NULL);
}

static enum err to_page(struct admitting *a, const char *notice)
{
	reply_notice(a->call, notice);
	reply_see_other(
		a->call, arena_format(a->call->arena, "/@%s/readers", call_part(a->call, "name")));
	return OK;
}

enum err readers_may(struct call *call)
{
	struct admitting a = {.call = call};
	return store_read(call->store, may_run, &a);
}

enum err readers_admit(struct call *call, uint64_t actor)
{
	struct admitting a = {.call = call, .actor = actor, .on = true};
	enum err e = store_read(call->store, may_run, &a);
	if (e == OK)
		e = linked_check(call, actor);
	if (e == OK)
		e = roll_write(call->site, admit_run, &a);
	if (e == ERR_TOO_MUCH)
		return refuse(&call->refusal, "account", "No more accounts can be let in.");
	return e == OK ? to_page(&a, "This account reads along, once it follows the community.")
		       : e;
}

/* The roll first, here: what is called back afterwards is what it says may not be read any more. */
static enum err end_work(struct call *call)
{
	struct admitting a = {.call = call, .actor = call_part_id(call, "id")};
	enum err e = store_read(call->store, may_run, &a);
	if (e == OK)
		e = roll_write(call->site, admit_run, &a);
	if (e == OK)
		e = store_write(call->store, recall_run, &a);
	return e == OK ? to_page(&a, "This account reads along no more.") : e;
}

/* ---- who may not any more -------------------------------------------------------------------- */

/* A membership ends by its date, somebody stops following, a community thinks better of it: whatever it was, what was
 * sent is called back within the hour. */
struct round {
	struct txn *t;
	uint64_t readers[RECALLED_AT_ONCE];
	size_t count, seen;
	struct place last;
};

static enum err round_one(void *arg, struct bytes key, struct bytes value)
{
	struct round *r = arg;
	struct post p;
	uint64_t reader = place_id(key, 0);
	(void)value;
	r->seen++;
	r->last = place_2(TABLE_COPY_OF, reader, place_id(key, 1));
	if (r->count > 0 && r->readers[r->count - 1] == reader)
		return OK;
	if (post_load(r->t, place_id(key, 1), &p) == OK && circle_may_have_copy(r->t, reader, &p))
		return OK;
	r->readers[r->count++] = reader;
	return r->count < RECALLED_AT_ONCE ? OK : ERR_CONFLICT;
}

static enum err round_read(struct txn *t, void *arg)
{
	struct round *r = arg;
	struct place from = r->last;
	struct walk walk = {.prefix = place_0(TABLE_COPY_OF),
		.from = from.size > 0 ? &from : NULL,
		.max = CHECKED_AT_ONCE};
	r->t = t;
	r->seen = 0;
	return txn_walk(t, &walk, round_one, r);
}

static enum err round_write(struct txn *t, void *arg)
{
	const struct round *r = arg;
	enum err e = OK;
	for (size_t i = 0; e == OK && i < r->count; i++) {
		struct admitting a = {.actor = r->readers[i]};
		e = recall_run(t, &a);
	}
	return e;
}

static void look_after(struct store *store, void *arg)
{
	struct round r = {.count = 0};
	enum err e = OK;
	(void)arg;
	do
		e = store_read(store, round_read, &r);
	while (e == OK && r.seen == CHECKED_AT_ONCE && r.count < RECALLED_AT_ONCE);
	if (e == OK && r.count > 0)
		e = store_write(store, round_write, &r);
	if (e != OK)
		log_line(LOG_WARN, "readers", "error=%s", err_name(e));
}

static const struct chore chores[] = {{"readers", HOUR, look_after, NULL}, {0}};

static const struct route routes[] = {
	{METHOD_GET, "/@{name}/readers", SIGNED_IN, .read = readers_show, .page = "readers"},
	{METHOD_POST, "/@{name}/readers/{id}/end", SIGNED_IN, .work = end_work},
	{0},
};

static const struct table_use tables[] = {
	{TABLE_COPY, NULL}, {TABLE_COPY_OF, NULL}, {TABLE_COPY_AT, NULL}, {0}};
const struct feature feature_readers = {
	.name = "readers", .routes = routes, .tables = tables, .chores = chores};
