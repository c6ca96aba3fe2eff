/* digest.c: the mail that gathers: what is for someone, once a day; what is new where they are, five things at most.
 *
 * Each line is one step, at /digest/{token}/{post}. A GET does nothing, as programs that read mail open its links. Who is
 * signed in goes straight on. For 15 minutes from the making of the mail (it is made when the queue has room, so it goes
 * out at once) a button there signs in, once. After that the address is a pointer and no key, for a mail lies about for
 * years and is passed on: the button mails a new link to its owner, of 15 minutes and one use. */
#include "features.h"

#include <stdlib.h>

#define LATE_MOST (12 * HOUR) /* what could not be made by then waits for the next day's hour */
#define MADE_FOR (2 * HOUR)   /* what it tells may be other people's by then */
#define THINGS 5
#define LOOKED_AT 50 /* newest conversations of one community */
#define NOTICES_SHOWN 10
#define ACCOUNTS_AT_ONCE 100
#define CANDIDATES 500
#define SENTENCE_POINTS 160
#define SIGNS_IN_FOR (15 * MINUTE)
#define POINTS_FOR (30 * DAY)

static const struct field fields[] = {
	/* 1 was the day of the last one */
	{2, F_I64, offsetof(struct digest, daily), 0},
	{3, F_I64, offsetof(struct digest, weekly), 0},
	{4, F_U64, offsetof(struct digest, noticed), 0},
	{5, F_I64, offsetof(struct digest, was_daily), 0},
	{6, F_I64, offsetof(struct digest, was_weekly), 0},
	{7, F_U64, offsetof(struct digest, was_noticed), 0},
};
const struct shape digest_shape = {"digest", sizeof(struct digest), fields, COUNT(fields)};

/* ---- when it is due -------------------------------------------------------------------------- */

struct reader { /* for whom it is made */
	struct viewer viewer;
	struct account account;
	struct notify_settings settings;
	struct digest last;
	bool due, weekly; /* today's; with the week's news */
	int64_t now;
};

#define ANY_DAY (-1)

/* When the clocks of the site last showed this hour, on this weekday. */
static int64_t last_time(int64_t now, int hour, int weekday)
{
	const char *zone = i18n_zone_name();
	struct wall w;
	int64_t noon, at;
	if (!ical_to_wall(now, zone, &w))
		return 0;
	w.hour = 12; /* a day before noon is the day before, also when clocks change */
	w.minute = 0;
	if (!ical_to_ms(&w, zone, &noon))
		return 0;
	for (int back = 0; back <= 7; back++) {
		if (!ical_to_wall(noon - back * DAY, zone, &w))
			return 0;
		w.hour = hour;
		if ((weekday == ANY_DAY || w.weekday == weekday) && ical_to_ms(&w, zone, &at)
			&& at <= now)
			return at;
	}
	return 0;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Who chose another hour, or paused it all, first gets what is due after that. */
static void set_due(struct reader *r)
{
	const struct notify_settings *s = &r->settings;
	int hour = s->hour != 0 ? (int)s->hour - 1 : NOTIFY_HOUR;
	int weekday = s->weekday != 0 ? (int)s->weekday - 1 : NOTIFY_WEEKDAY;
	int64_t day = last_time(r->now, hour, ANY_DAY), week = last_time(r->now, hour, weekday);
	int64_t from = later(s->chosen, s->paused);
	r->due = day > later(from, r->last.daily) && r->now - day < LATE_MOST;
	r->weekly = r->due && week > later(later(from, r->account.created), r->last.weekly);
}

static enum err reader_load(struct txn *t, uint64_t actor, struct reader *r)
{
	struct place place = place_1(TABLE_DIGEST, actor);
	struct actor a;
	*r = (struct reader){.viewer = {.actor = actor, .local = true}, .now = time_now()};
	enum err e = txn_load(t, &place, &digest_shape, &r->last);
	if (e == OK || e == ERR_NOT_FOUND)
		e = account_load(t, actor, &r->account);
	if (e == OK)
		e = actor_load(t, actor, &a);
	if (e != OK)
		return e;
	notify_settings(t, actor, &r->settings);
	if (r->account.language == NULL || !i18n_has(r->account.language))
		r->account.language = txn_site(t)->language;
	if (r->account.email != NULL && !r->account.suspended && !a.gone && !a.suspended
		&& account_takes_mail(t, actor, MAIL_DIGEST))
		set_due(r);
	return OK;
}

/* ---- what is in it --------------------------------------------------------------------------- */

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
	if (how != NOTIFY_DAILY && (how != NOTIFY_WEEKLY || !r->weekly))
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

struct shown {
	size_t notices;
	uint64_t posts[NOTICES_SHOWN + THINGS]; /* of both */
	size_t count;
};

static enum err show_notices(
	struct txn *t, const struct reader *r, struct view *v, struct shown *shown)
{
	struct u64s ids;
	struct notice n;
	uint64_t known = r->last.noticed > r->settings.seen ? r->last.noticed : r->settings.seen;
	enum err e = notify_list(t, r->viewer.actor, 0, NOTICES_SHOWN, &ids);
	view_list(v, "notices");
	for (size_t i = 0; e == OK && i < ids.count && ids.at[i] > known; i++) {
		e = notify_load(t, r->viewer.actor, ids.at[i], &n);
		if (e != OK || notify_is_mailed(n.kind)
			|| !notify_show(t, v, &n, known, &r->viewer, r->account.language))
			continue;
		shown->notices++;
		if (notify_needs(&n) != 0)
			shown->posts[shown->count++] = n.post;
	}
	view_list_end(v);
	view_flag(v, "has_notices", shown->notices > 0);
	return e;
}

static const char *sentence_of(struct arena *arena, const struct post *p)
{
	if (p->title == NULL || p->sensitive)
		return ""; /* what it is called is its first words, or its warning */
	const char *all = p->summary != NULL
		? p->summary
		: markup_plain(arena, p->content != NULL ? p->content : "", SENTENCE_POINTS + 1);
	return text_count(all) <= SENTENCE_POINTS
		? all
		: arena_format(arena, "%s…", text_cut(arena, all, SENTENCE_POINTS));
}

static const char *step_of(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	const struct detail *detail = detail_of(p->kind);
	const char *step = detail->step != NULL ? detail->step(t, p, viewer) : NULL;
	return step != NULL ? step : "Read on";
}

static void show_things(struct txn *t, const struct reader *r, struct view *v,
	const struct thing *things, size_t count, struct shown *shown)
{
	view_list(v, "things");
	for (size_t i = 0; i < count && i < THINGS; i++) {
		const struct post *p = &things[i].post;
		shown->posts[shown->count++] = p->id;
		view_begin(v, NULL);
		post_line(t, v, "post", p, &r->viewer);
		view_text(v, "sentence", sentence_of(txn_arena(t), p));
		view_text(v, "step", i18n(r->account.language, step_of(t, p, &r->viewer)));
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "has_things", count > 0);
}

/* ---- making it ------------------------------------------------------------------------------- */

/* The right that goes with a pointer for its first minutes: no other digest's pointer has it. */
static struct link right_of(struct arena *arena, const struct link *pointer)
{
	return (struct link){.purpose = LINK_DIGEST_NEW,
		.subject = pointer->subject,
		.payload = arena_format(arena, "%lld", (long long)pointer->until),
		.until = pointer->until - POINTS_FOR + SIGNS_IN_FOR,
		.uses = 1};
}

static enum err show_pointer(struct txn *t, const struct reader *r, struct view *v)
{
	struct link pointer = {.purpose = LINK_DIGEST,
		.subject = r->viewer.actor,
		.until = r->now + POINTS_FOR,
		.uses = LINK_OFTEN};
	struct link right = right_of(txn_arena(t), &pointer);
	const char *token, *unseen;
	enum err e = link_make(t, &pointer, &token);
	if (e == OK)
		e = link_lasting(t, &right, &unseen);
	if (e == OK)
		view_format(v, "pointer", "%s/digest/%s", txn_site(t)->base_url, token);
	return e;
}

static enum err compose(struct txn *t, struct reader *r, struct digest *next)
{
	struct thing *things = arena_array(txn_arena(t), CANDIDATES, sizeof *things);
	struct u64s newest;
	struct shown shown = {.count = 0};
	size_t count = 0;
	struct view *v = mail_begin(t);
	enum err e = gather(t, r, things, &count);
	if (e == OK && r->settings.mine == NOTIFY_DAILY)
		e = show_notices(t, r, v, &shown);
	if (e == OK)
		e = notify_list(t, r->viewer.actor, 0, 1, &newest);
	if (e != OK)
		return e;
	next->daily = r->now;
	next->weekly = r->weekly ? r->now : next->weekly;
	next->noticed = newest.count > 0 ? newest.at[0] : next->noticed;
	if (count == 0 && shown.notices == 0)
		return OK; /* nothing is sent when there is nothing */
	show_things(t, r, v, things, count, &shown);
	e = show_pointer(t, r, v);
	struct mail_draft draft = {.to = r->account.email,
		.kind = "digest",
		.language = r->account.language,
		.until = r->now + MADE_FOR,
		.list = MAIL_DIGEST,
		.actor = r->viewer.actor,
		.posts = {shown.posts, shown.count}};
	return e == OK ? mail_send(t, &draft, v) : e;
}

enum err digest_send(struct txn *t, uint64_t actor)
{
	struct place place = place_1(TABLE_DIGEST, actor);
	struct reader r;
	enum err e = reader_load(t, actor, &r);
	if (e != OK || !r.due)
		return e;
	struct digest next = r.last;
	next.was_daily = r.last.daily;
	next.was_weekly = r.last.weekly;
	next.was_noticed = r.last.noticed;
	e = compose(t, &r, &next);
	return e == OK ? txn_save(t, &place, &digest_shape, &next) : e;
}

enum err digest_again(struct txn *t, uint64_t actor)
{
	struct place place = place_1(TABLE_DIGEST, actor);
	struct digest last;
	enum err e = txn_load(t, &place, &digest_shape, &last);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	last.daily = last.was_daily;
	last.weekly = last.was_weekly;
	last.noticed = last.was_noticed;
	return txn_save(t, &place, &digest_shape, &last);
}

/* ---- on time --------------------------------------------------------------------------------- */

struct round {
	uint64_t after; /* where the room ended the last time: the next round goes on there */
	uint64_t ids[ACCOUNTS_AT_ONCE];
	size_t count;
	bool more, full;
};

static enum err next_account(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct round *round = arg;
	round->ids[round->count++] = place_id(key, 0);
	return OK;
}

/* Nothing is written for who is due nothing. */
static enum err find_due(struct txn *t, void *arg)
{
	struct round *round = arg;
	struct place from = place_1(TABLE_ACCOUNT, round->after + 1);
	struct walk w = {.prefix = place_0(TABLE_ACCOUNT), .from = &from, .max = ACCOUNTS_AT_ONCE};
	struct reader r;
	size_t due = 0;
	round->count = 0;
	enum err e = txn_walk(t, &w, next_account, round);
	round->more = round->count == ACCOUNTS_AT_ONCE;
	if (e == OK && round->count > 0)
		round->after = round->ids[round->count - 1];
	for (size_t i = 0; e == OK && i < round->count; i++) {
		e = reader_load(t, round->ids[i], &r);
		if (e == OK && r.due)
			round->ids[due++] = round->ids[i];
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	round->count = due;
	return e;
}

static enum err send_some(struct txn *t, void *arg)
{
	struct round *round = arg;
	int64_t room;
	enum err e = OK;
	round->full = false;
	for (size_t i = 0; e == OK && i < round->count && !round->full; i++) {
		e = mail_room(t, &room);
		round->full = e == OK && room <= 0;
		if (round->full)
			round->after = round->ids[i] - 1;
		else if (e == OK)
			e = digest_send(t, round->ids[i]);
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	return e;
}

static void send_all(struct store *store, void *arg)
{
	struct round *round = arg;
	enum err e;
	do {
		round->full = false;
		e = store_read(store, find_due, round);
		if (e == OK && round->count > 0)
			e = store_write(store, send_some, round);
	} while (e == OK && round->more && !round->full);
	if (!round->full)
		round->after = 0;
	if (e != OK)
		log_line(LOG_WARN, "digest", "error=%s", err_name(e));
}

/* ---- where its lines lead -------------------------------------------------------------------- */

struct opening {
	struct call *call;
	const char *token, *next;
	bool mailed;
};

static enum err opening_begin(struct call *call, struct opening *o)
{
	uint64_t id = call_part_id(call, "id");
	*o = (struct opening){.call = call, .token = call_part(call, "token")};
	o->next = arena_format(call->arena, "/p/%llu", (unsigned long long)id);
	return id != 0 ? OK : ERR_NOT_FOUND;
}

static enum err open_read(struct call *call, struct txn *t, struct view *v)
{
	struct opening o;
	struct link pointer, right;
	struct signed_in who;
	enum err e = opening_begin(call, &o);
	if (e != OK)
		return e;
	if (call->viewer.local) {
		reply_see_other(call, o.next);
		return OK;
	}
	bool points = link_find(t, LINK_DIGEST, o.token, &pointer) == OK
		&& account_signed_in(t, pointer.subject, &who) == OK;
	if (points)
		right = right_of(call->arena, &pointer);
	view_text(v, "heading", i18n(call->language, "Read on"));
	view_flag(v, "points", points);
	view_flag(v, "signs_in",
		points && link_find(t, LINK_DIGEST_NEW, link_token(t, &right), &right) == OK);
	view_text(v, "action", call->path);
	view_text(v, "next", o.next);
	return OK;
}

static enum err open_run(struct txn *t, void *arg)
{
	struct opening *o = arg;
	struct link pointer, right;
	struct account account;
	struct signed_in who;
	o->call->reply = (struct reply){0};
	o->mailed = false;
	enum err e = link_find(t, LINK_DIGEST, o->token, &pointer);
	if (e == OK)
		e = account_signed_in(t, pointer.subject, &who);
	if (e != OK)
		return e;
	right = right_of(txn_arena(t), &pointer);
	e = link_use(t, LINK_DIGEST_NEW, link_token(t, &right), &right);
	if (e != ERR_NOT_FOUND)
		return e == OK ? signin_by_mail(t, o->call, pointer.subject, o->next) : e;
	e = account_load(t, pointer.subject, &account);
	o->mailed = true;
	return e == OK ? signin_mail(t, &account, o->next) : e;
}

static enum err open_work(struct call *call)
{
	struct opening o;
	enum err e = opening_begin(call, &o);
	if (e != OK)
		return e;
	if (call->viewer.local) {
		reply_see_other(call, o.next);
		return OK;
	}
	if (!pace_allows("digest address", call_network(call), 20, HOUR)
		|| !pace_allows("digest", o.token, 5, HOUR))
		return ERR_TOO_MUCH;
	e = store_write(call->store, open_run, &o);
	if (e == OK && o.mailed) {
		reply_notice(call, "A mail is on its way. Its link works once, for 15 minutes.");
		reply_see_other(call, "/sign-in");
	}
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/digest/{token}/{id}", ANYONE, .read = open_read, .page = "digest"},
	{METHOD_POST, "/digest/{token}/{id}", ANYONE, .work = open_work, .per_minute = 20},
	{0},
};

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct place place = place_1(TABLE_DIGEST, who->actor);
	(void)at;
	return txn_del(t, &place);
}

static const struct personal personal = {.forget = forget};
static struct round round_now; /* the clock's alone */
static const struct chore chores[] = {{"digest", 5 * MINUTE, send_all, &round_now}, {0}};
static const struct table_use uses[] = {{TABLE_DIGEST, &digest_shape}, {0}};
const struct feature feature_digest = {
	.name = "digest",
	.routes = routes,
	.tables = uses,
	.chores = chores,
	.personal = &personal,
};
