/* retention.c: how long what is kept: the clocks, what the site chose, and the page that tells. */
#include "drafts.h"
#include "memberfile.h"
#include "vacancy.h"

#define PEOPLE_AT_ONCE 500
#define LEFT_AT_ONCE 500
#define LINES_AT_ONCE 1000

/* What each is for, and the bounds that a site may choose within. */
static const struct {
	const char *name, *words;
	int64_t days, least, most;
} clocks[] = {
	[KEEP_NOTICES] = {"notices", "What you were notified of", 90, 1, 3650},
	[KEEP_TRAFFIC] = {"traffic",
		"What was sent to other sites and came from them, as it was sent", 30, 7, 365},
	[KEEP_PICTURES] = {"pictures", "Copies of pictures of other sites", 14, 1, 365},
	[KEEP_REFUSED] = {"refused", "Who asked to join and was refused", 90, 1, 3650},
	[KEEP_LAPSED] = {"lapsed", "Who is no longer a member, in the roll", 730, 1, 3650},
	[KEEP_THINKING] = {"thinking", "Time to think again before an account is removed", 1, 0,
		30},
	[KEEP_LEFT] = {"left", "Who left, without a name, and which sites were told", 180, 30,
		3650},
	[KEEP_GUESTS] = {"guests",
		"The account of a guest who does not sign in; a month before, a mail says so", 730,
		90, 3650},
	[KEEP_AUDIT] = {"audit", "What was done with the roll: a log of numbers, without names",
		730, 365, 3650},
};

int64_t keep_days(struct txn *t, enum keep_clock clock)
{
	struct place place = place_text(TABLE_KEEP, clocks[clock].name);
	uint64_t days;
	return txn_get_id(t, &place, &days) == OK ? (int64_t)days : clocks[clock].days;
}

enum err keep_set(struct txn *t, enum keep_clock clock, int64_t days)
{
	struct place place = place_text(TABLE_KEEP, clocks[clock].name);
	if (days < clocks[clock].least || days > clocks[clock].most)
		return ERR_INVALID;
	return days == clocks[clock].days ? txn_del(t, &place)
					  : txn_put_id(t, &place, (uint64_t)days);
}

void keep_show(struct txn *t, struct view *v, const char *language)
{
	view_list(v, "clocks");
	for (size_t i = 0; i < COUNT(clocks); i++) {
		view_begin(v, NULL);
		view_text(v, "name", clocks[i].name);
		view_text(v, "words", i18n(language, clocks[i].words));
		view_number(v, "days", keep_days(t, (enum keep_clock)i));
		view_number(v, "least", clocks[i].least);
		view_number(v, "most", clocks[i].most);
		view_end(v);
	}
	view_list_end(v);
	view_number(v, "draft_days", DRAFT_KEPT / DAY);
	view_number(v, "idle_days", SESSION_IDLE / DAY);
	view_number(v, "whole_days", SESSION_WHOLE / DAY);
	view_number(v, "coach_days", ASK_KEPT / DAY);
	view_number(v, "answer_days", ANSWERS_KEPT / DAY);
	view_number(v, "undo_days", IMPORT_UNDO / DAY);
}

/* ---- what is over goes ----------------------------------------------------------------------- */

struct old {
	struct txn *t; /* of the main store */
	const struct site *site;
	int64_t refused, lapsed; /* changed, or over, before */
	int64_t audit;           /* made before */
	size_t trimmed;
	uint64_t after;
	uint64_t ids[PEOPLE_AT_ONCE];
	size_t count;
	bool more;
};

static bool is_over(const struct person *p, const struct old *o)
{
	int64_t ended = p->until != 0 ? p->until : p->changed;
	switch (person_status_at(p, time_now())) {
	case PERSON_REFUSED:
		return p->changed < o->refused;
	case PERSON_LAPSED:
		return ended < o->lapsed;
	default:
		return false;
	}
}

static enum err find_old(struct txn *r, void *arg)
{
	struct old *o = arg;
	struct u64s ids;
	struct person p;
	o->count = 0;
	enum err e = person_list(r, o->after, PEOPLE_AT_ONCE, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		o->after = ids.at[i];
		if (person_load(r, ids.at[i], &p) == OK && is_over(&p, o))
			o->ids[o->count++] = ids.at[i];
	}
	o->more = e == OK && ids.count == PEOPLE_AT_ONCE;
	return e;
}

static enum err drop_old(struct txn *r, void *arg)
{
	struct old *o = arg;
	struct doer by = {.reason = "kept long enough"};
	enum err e = OK;
	for (size_t i = 0; e == OK && i < o->count; i++) {
		e = person_remove(r, &by, o->ids[i]);
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	return e;
}

static enum err trim_log(struct txn *r, void *arg)
{
	struct old *o = arg;
	return audit_trim(r, o->audit, LINES_AT_ONCE, &o->trimmed);
}

static enum err read_clocks(struct txn *t, void *arg)
{
	struct old *o = arg;
	o->site = txn_site(t);
	o->refused = time_now() - keep_days(t, KEEP_REFUSED) * DAY;
	o->lapsed = time_now() - keep_days(t, KEEP_LAPSED) * DAY;
	o->audit = time_now() - keep_days(t, KEEP_AUDIT) * DAY;
	return OK;
}

struct left {
	struct arena *scratch; /* of one record */
	int64_t before;
	uint64_t ids[LEFT_AT_ONCE];
	size_t count;
};

static enum err see_left(void *arg, struct bytes key, struct bytes value)
{
	struct left *x = arg;
	struct leaving l;
	(void)key;
	arena_reset(x->scratch);
	if (record_read(x->scratch, &leaving_shape, value, &l) == OK && l.step == LEAVING_DONE
		&& l.done < x->before)
		x->ids[x->count++] = l.actor;
	return x->count < LEFT_AT_ONCE ? OK : ERR_CONFLICT;
}

static enum err drop_left(struct txn *t, void *arg)
{
	ARENA_CLEANUP struct arena *scratch = arena_create();
	struct left *x = arena_alloc(txn_arena(t), sizeof *x);
	struct walk walk = {.prefix = place_0(TABLE_LEAVING), .max = WALK_ALL};
	x->scratch = scratch;
	x->before = time_now() - keep_days(t, KEEP_LEFT) * DAY;
	enum err e = txn_walk(t, &walk, see_left, x);
	for (size_t i = 0; e == OK && i < x->count; i++)
		e = leaving_forget(t, x->ids[i]);
	*(bool *)arg = x->count == LEFT_AT_ONCE;
	return e;
}

static void apply(struct store *store, void *arg)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct old *o = arena_alloc(arena, sizeof *o);
	bool dropped = false, more = true;
	enum err e = OK;
	(void)arg;
	while (e == OK && more)
		e = store_write(store, drop_left, &more);
	if (e == OK)
		e = store_read(store, read_clocks, o);
	do {
		if (e == OK)
			e = roll_read(o->site, find_old, o);
		if (e == OK && o->count > 0) {
			e = roll_write(o->site, drop_old, o);
			dropped = e == OK;
		}
	} while (e == OK && o->more);
	do
		e = e == OK ? roll_write(o->site, trim_log, o) : e;
	while (e == OK && o->trimmed == LINES_AT_ONCE);
	if (e == OK && dropped)
		e = store_renew(roll_store(o->site->roll));
	if (e != OK && e != ERR_NOT_FOUND)
		log_line(LOG_WARN, "retention", "error=%s", err_name(e));
}

/* ---- the page -------------------------------------------------------------------------------- */

static enum err kept_read(struct call *call, struct txn *t, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "How long what is kept"));
	keep_show(t, v, call->language);
	view_flag(v, "may_set", call->viewer.admin);
	return OK;
}

static enum err kept_write(struct call *call, struct txn *t)
{
	enum err e = OK;
	for (size_t i = 0; e == OK && i < COUNT(clocks); i++) {
		int64_t days = call_number(call, clocks[i].name, -1);
		if (days < 0)
			continue;
		e = keep_set(t, (enum keep_clock)i, days);
		if (e == ERR_INVALID)
			return refuse(&call->refusal, clocks[i].name,
				"Choose a number of days between the two that stand beside it.");
	}
	if (e == OK) {
		reply_notice(call, "Saved.");
		reply_see_other(call, "/privacy/kept");
	}
	return e;
}

#define DAYS(clock, words)                                                                         \
	{                                                                                          \
		clock, INPUT_NUMBER, .min = 0, .max = 3650, .label = (words)                       \
	}
static const struct route routes[] = {
	{METHOD_GET, "/privacy/kept", ANYONE, .read = kept_read, .page = "kept"},
	{METHOD_POST, "/privacy/kept", ADMIN, .write = kept_write, .page = "kept",
		.form = kept_read,
		.takes = {DAYS("notices", "Notifications"), DAYS("traffic", "Traffic"),
			DAYS("pictures", "Pictures"), DAYS("refused", "Refused"),
			DAYS("lapsed", "No longer members"), DAYS("thinking", "Time to think"),
			DAYS("left", "Who left"), DAYS("guests", "Guests"), DAYS("audit", "Log")}},
	{0},
};

static const struct chore chores[] = {{"retention", 6 * HOUR, apply, NULL}, {0}};
static const struct table_use tables[] = {{TABLE_KEEP, NULL}, {0}};
const struct feature feature_retention = {
	.name = "retention", .routes = routes, .chores = chores, .tables = tables};
