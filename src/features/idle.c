/* idle.c: accounts of guests whom nobody saw for as long as the site keeps them: first they are told, by mail where that
 * can be; a month later the account goes, and what was written stays without a name. */
#include "roll.h"

#define ACCOUNTS_AT_ONCE 50

struct round {
	uint64_t after;
	uint64_t ids[ACCOUNTS_AT_ONCE];
	size_t count;
};

/* A guest, or who is not on the roll any more; and nobody who looks after something. */
static bool may_go(struct txn *t, const struct account *a, const struct actor *who)
{
	struct standing s;
	roll_standing(txn_site(t), a->actor, 0, &s);
	return !a->admin && !who->gone && who->kind == ACTOR_PERSON && s.roles == 0
		&& (s.status == 0 || s.status == PERSON_GUEST);
}

static enum err tell(struct txn *t, const struct account *a, const struct place *told)
{
	int64_t now = time_now();
	struct mail_draft draft = {.to = a->email,
		.kind = "idle",
		.language = a->language,
		.until = now + IDLE_WARNED};
	struct view *v = mail_begin(t);
	view_time(v, "due", now + IDLE_WARNED);
	enum err e = txn_put_id(t, told, (uint64_t)now);
	return e == OK && a->email != NULL ? mail_send(t, &draft, v) : e;
}

/* Who alone looks after a community, or left already, stays as they are. */
static enum err let_go(struct txn *t, uint64_t actor)
{
	struct refusal why;
	enum err e = leaving_ask(t, 0, actor, KEEP_ALL, time_now(), &why);
	return e == ERR_CONFLICT || e == ERR_GONE ? OK : e;
}

static enum err look_at(struct txn *t, uint64_t id)
{
	struct place told = place_1(TABLE_IDLE, id);
	struct account a;
	struct actor who;
	uint64_t at = 0;
	int64_t seen, kept = keep_days(t, KEEP_GUESTS) * DAY, now = time_now();
	enum err e = account_load(t, id, &a);
	if (e == OK)
		e = actor_load(t, id, &who);
	if (e == OK)
		e = account_last_seen(t, &a, &seen);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	if (now < seen + kept - IDLE_WARNED || !may_go(t, &a, &who))
		return txn_del(t, &told);
	e = txn_get_id(t, &told, &at);
	if (e == ERR_NOT_FOUND)
		return tell(t, &a, &told);
	return e == OK && now >= (int64_t)at + IDLE_WARNED && now >= seen + kept ? let_go(t, id)
										 : e;
}

static enum err next_account(void *arg, struct bytes key, struct bytes value)
{
	struct round *round = arg;
	(void)value;
	round->ids[round->count++] = place_id(key, 0);
	return OK;
}

static enum err look_at_some(struct txn *t, void *arg)
{
	struct round *round = arg;
	struct place from = place_1(TABLE_ACCOUNT, round->after + 1);
	struct walk w = {.prefix = place_0(TABLE_ACCOUNT), .from = &from, .max = ACCOUNTS_AT_ONCE};
	round->count = 0;
	enum err e = txn_walk(t, &w, next_account, round);
	for (size_t i = 0; e == OK && i < round->count; i++)
		e = look_at(t, round->ids[i]);
	return e;
}

static void look_at_all(struct store *store, void *arg)
{
	struct round round = {0};
	enum err e;
	(void)arg;
	do {
		e = store_write(store, look_at_some, &round);
		if (round.count > 0)
			round.after = round.ids[round.count - 1];
	} while (e == OK && round.count == ACCOUNTS_AT_ONCE);
	if (e != OK)
		log_line(LOG_WARN, "idle", "error=%s", err_name(e));
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct place told = place_1(TABLE_IDLE, who->actor);
	(void)at;
	return txn_del(t, &told);
}

static const struct personal personal = {.forget = forget};
static const struct chore chores[] = {{"idle", 12 * HOUR, look_at_all, NULL}, {0}};
static const struct table_use tables[] = {{TABLE_IDLE, NULL}, {0}};
const struct feature feature_idle = {
	.name = "idle", .tables = tables, .chores = chores, .personal = &personal};
