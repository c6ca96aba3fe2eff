/* digest.c: the mail that gathers: what is for someone, once a day; what is new where they are, five things at most. */
#include "features.h"

#include <stdlib.h>
#include <time.h>

#define HOUR_SENT 8  /* of the site's clock: with the first coffee */
#define DAY_WEEKLY 1 /* Monday */
#define THINGS 5
#define LOOKED_AT 50 /* newest conversations of one community */
#define NOTICES_SHOWN 10
#define ACCOUNTS_AT_ONCE 50
#define CANDIDATES 500

static const struct field fields[] = {
	{1, F_I64, offsetof(struct digest, day), 0},
	{2, F_I64, offsetof(struct digest, daily), 0},
	{3, F_I64, offsetof(struct digest, weekly), 0},
	{4, F_U64, offsetof(struct digest, noticed), 0},
};
const struct shape digest_shape = {"digest", sizeof(struct digest), fields, COUNT(fields)};

/* ---- what is in it --------------------------------------------------------------------------- */

struct reader { /* for whom it is made */
	struct viewer viewer;
	struct account account;
	struct notify_settings settings;
	struct digest last;
	bool monday;
	int64_t now;
};

struct thing {
	struct post post;
	int64_t weight;
};

static int heavier(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;
	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return x->post.id < y->post.id ? 1 : -1;
}

static bool is_for(struct txn *t, const struct reader *r, const struct post *p, int64_t since)
{
	return id_time(p->id) > since && !p->gone && p->removed_by == 0
		&& p->author != r->viewer.actor && circle_may_read(t, &r->viewer, p);
}

static enum err look_at(struct txn *t, const struct reader *r, uint64_t community, int64_t since,
	struct thing *things, size_t *count)
{
	struct u64s ids;
	struct post p;
	enum err e = post_of_community(t, community, 0, LOOKED_AT, &ids);
	for (size_t i = 0; e == OK && i < ids.count && *count < CANDIDATES; i++) {
		int64_t replies = 0, likes = 0;
		if (post_load(t, ids.at[i], &p) != OK || !is_for(t, r, &p, since))
			continue;
		e = post_tally(t, p.id, TALLY_REPLIES, &replies);
		if (e == OK)
			e = post_tally(t, p.id, REACTION_LIKE, &likes);
		things[(*count)++] = (struct thing){p, 2 * replies + likes};
	}
	return e;
}

/* From when on conversations of a community are news to this reader; 0: they are none today. */
static int64_t since_of(const struct reader *r, uint32_t how)
{
	int64_t last = how == NOTIFY_DAILY ? r->last.daily : r->last.weekly;
	int64_t length = how == NOTIFY_DAILY ? DAY : 7 * DAY;
	if (how != NOTIFY_DAILY && (how != NOTIFY_WEEKLY || !r->monday))
		return 0;
	return last > r->now - 2 * length ? last : r->now - length;
}

static enum err gather(struct txn *t, const struct reader *r, struct thing *things, size_t *count)
{
	struct u64s followed;
	struct actor a;
	enum err e = follow_following(t, r->viewer.actor, 0, 1000, &followed);
	for (size_t i = 0; e == OK && i < followed.count; i++) {
		uint32_t how;
		if (actor_load(t, followed.at[i], &a) != OK || a.kind != ACTOR_GROUP || a.gone
			|| a.suspended)
			continue;
		e = notify_community(t, r->viewer.actor, a.id, &how);
		int64_t since = e == OK ? since_of(r, how) : 0;
		if (since > 0)
			e = look_at(t, r, a.id, since, things, count);
	}
	if (*count > 1)
		qsort(things, *count, sizeof *things, heavier);
	return e;
}

static enum err show_notices(struct txn *t, const struct reader *r, struct view *v, size_t *shown)
{
	struct u64s ids;
	struct notice n;
	uint64_t known = r->last.noticed > r->settings.seen ? r->last.noticed : r->settings.seen;
	enum err e = notify_list(t, r->viewer.actor, 0, NOTICES_SHOWN, &ids);
	view_list(v, "notices");
	for (size_t i = 0; e == OK && i < ids.count && ids.at[i] > known; i++) {
		e = notify_load(t, r->viewer.actor, ids.at[i], &n);
		if (e == OK && !notify_is_mailed(n.kind)
			&& notify_show(t, v, &n, known, &r->viewer, r->account.language))
			(*shown)++;
	}
	view_list_end(v);
	view_flag(v, "has_notices", *shown > 0);
	return e;
}

static void show_things(struct txn *t, const struct reader *r, struct view *v,
	const struct thing *things, size_t count)
{
	view_list(v, "things");
	for (size_t i = 0; i < count && i < THINGS; i++)
		post_line(t, v, NULL, &things[i].post, &r->viewer);
	view_list_end(v);
	view_flag(v, "has_things", count > 0);
}

/* ---- sending it ------------------------------------------------------------------------------ */

static enum err compose(struct txn *t, struct reader *r, struct digest *next)
{
	struct thing *things = arena_array(txn_arena(t), CANDIDATES, sizeof *things);
	struct u64s newest;
	size_t count = 0, notices = 0;
	struct view *v = mail_begin(t);
	enum err e = gather(t, r, things, &count);
	if (e == OK && r->settings.mine == NOTIFY_DAILY)
		e = show_notices(t, r, v, &notices);
	if (e == OK)
		e = notify_list(t, r->viewer.actor, 0, 1, &newest);
	if (e != OK)
		return e;
	next->daily = r->now;
	next->weekly = r->monday ? r->now : next->weekly;
	next->noticed = newest.count > 0 ? newest.at[0] : next->noticed;
	if (count == 0 && notices == 0)
		return OK; /* nothing is sent when there is nothing */
	show_things(t, r, v, things, count);
	struct mail_draft draft = {.to = r->account.email,
		.kind = "digest",
		.language = r->account.language,
		.until = r->now + DAY,
		.list = MAIL_DIGEST,
		.actor = r->viewer.actor};
	return mail_send(t, &draft, v);
}

enum err digest_send(struct txn *t, uint64_t actor, int64_t day, bool monday)
{
	struct place place = place_1(TABLE_DIGEST, actor);
	struct actor a;
	struct reader r = {
		.viewer = {.actor = actor, .local = true}, .monday = monday, .now = time_now()};
	enum err e = txn_load(t, &place, &digest_shape, &r.last);
	if (e == ERR_NOT_FOUND)
		r.last = (struct digest){0};
	else if (e != OK || r.last.day >= day)
		return e;
	struct digest next = r.last;
	next.day = day;
	notify_settings(t, actor, &r.settings);
	e = account_load(t, actor, &r.account);
	if (e == OK)
		e = actor_load(t, actor, &a);
	if (e != OK)
		return e;
	bool reads = r.account.email != NULL && r.account.confirmed && !r.account.suspended
		&& !a.gone && !a.suspended && r.settings.paused <= r.now;
	if (reads)
		e = compose(t, &r, &next);
	return e == OK ? txn_save(t, &place, &digest_shape, &next) : e;
}

/* ---- on time --------------------------------------------------------------------------------- */

struct round {
	struct tm now;
	uint64_t after;
	uint64_t ids[ACCOUNTS_AT_ONCE];
	size_t count;
};

static enum err next_account(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct round *round = arg;
	round->ids[round->count++] = place_id(key, 0);
	return OK;
}

static enum err send_some(struct txn *t, void *arg)
{
	struct round *round = arg;
	struct place from = place_1(TABLE_ACCOUNT, round->after + 1);
	struct walk w = {.prefix = place_0(TABLE_ACCOUNT), .from = &from, .max = ACCOUNTS_AT_ONCE};
	round->count = 0;
	int64_t day = (int64_t)round->now.tm_year * 1000 + round->now.tm_yday;
	enum err e = txn_walk(t, &w, next_account, round);
	for (size_t i = 0; e == OK && i < round->count; i++) {
		e = digest_send(t, round->ids[i], day, round->now.tm_wday == DAY_WEEKLY);
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	return e;
}

static void send_all(struct store *store, void *arg)
{
	(void)arg;
	struct round round = {0};
	time_t now = (time_t)(time_now() / SECOND);
	if (localtime_r(&now, &round.now) == NULL || round.now.tm_hour < HOUR_SENT)
		return;
	enum err e;
	do {
		e = store_write(store, send_some, &round);
		if (round.count > 0)
			round.after = round.ids[round.count - 1];
	} while (e == OK && round.count == ACCOUNTS_AT_ONCE);
	if (e != OK)
		log_line(LOG_WARN, "digest", "error=%s", err_name(e));
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct place place = place_1(TABLE_DIGEST, who->actor);
	(void)at;
	return txn_del(t, &place);
}

static const struct personal personal = {.forget = forget};
static const struct chore chores[] = {{"digest", 10 * MINUTE, send_all, NULL}, {0}};
static const struct table_use uses[] = {{TABLE_DIGEST, &digest_shape}, {0}};
const struct feature feature_digest = {
	.name = "digest", .tables = uses, .chores = chores, .personal = &personal};
