/*
 * leavingsteps.c: what is theirs goes with who leaves, step by step: first what they wrote, so that other nodes hear of it
 * from someone they know, then the account, then copies, files and the bytes on the disk, and last the name.
 *
 * How far it is stands in the store. Each step may run twice; what was begun goes on after a crash.
 */
#include "joining.h"
#include "leaving.h"
#include "media.h"

#include <string.h>

#define TELL_MOST (30 * DAY) /* then who was not reached is not told */
#define ROUNDS_MOST 100000   /* of slices, in one go */
#define GOING_AT_ONCE 1000

static const struct personal *beyond;
static bool (*beyond_waits)(struct txn *, uint64_t actor);

void leaving_beyond(const struct personal *personal, bool (*waits)(struct txn *, uint64_t actor))
{
	beyond = personal;
	beyond_waits = waits;
}

/* ---- their name ------------------------------------------------------------------------------ */

/* Keyed: who has the store alone cannot try names. */
static struct place former_place(struct txn *t, const char *name)
{
	const struct site *site = txn_site(t);
	uint8_t mac[SHA256_SIZE];
	const char *what = arena_format(txn_arena(t), "former:%s", name);
	crypto_hmac(site->secret, sizeof site->secret, what, strlen(what), mac);
	return place_hash(TABLE_FORMER_NAME, hex_encode(txn_arena(t), mac, sizeof mac));
}

bool leaving_was_a_name(struct txn *t, const char *name)
{
	uint64_t at;
	struct place place = former_place(t, name);
	return text_is(name, FORMER_NAME) || txn_get_id(t, &place, &at) == OK;
}

/* ---- the steps ------------------------------------------------------------------------------- */

struct going { /* one slice */
	struct store *store;
	const struct site *site;
	uint64_t actor;
	struct leaving l;
	char email[LEAVING_EMAIL + 1]; /* of the account */
	uint64_t person;               /* on the roll, or 0 */
	bool waits, noted;
};

static struct leaver leaver_of(struct txn *t, const struct leaving *l)
{
	struct actor a;
	bool named = actor_load(t, l->actor, &a) == OK;
	return (struct leaver){.actor = l->actor,
		.keep = l->keep,
		.since = l->step == LEAVING_NAME ? UINT64_MAX : l->since,
		.name = named ? a.name : FORMER_NAME,
		.email = l->email};
}

static enum err begin(struct txn *t, struct leaving *l)
{
	l->step = LEAVING_WORDS;
	l->begun = time_now();
	l->since = id_next();
	l->feature = NULL;
	enum err e = account_close(t, l->actor);
	return e == ERR_NOT_FOUND ? OK : e;
}

/* The feature whose turn it is: by name, as the list may be another one after a crash. */
static const struct feature *const *turn_of(const char *name)
{
	const struct feature *const *f = features;
	while (name != NULL && *f != NULL && !text_is((*f)->name, name))
		f++;
	return *f != NULL ? f : features;
}

static enum err forget_words(struct txn *t, struct leaving *l)
{
	const struct feature *const *f = turn_of(l->feature);
	struct leaver who = leaver_of(t, l);
	struct place at = place_key(l->at);
	while (*f != NULL && ((*f)->personal == NULL || (*f)->personal->forget == NULL))
		f++;
	enum err e = *f != NULL ? (*f)->personal->forget(t, &who, &at) : OK;
	if (e != OK)
		return e;
	if (*f != NULL && at.size == 0)
		f++;
	l->at = arena_bytes(txn_arena(t), (struct bytes){at.at, at.size});
	l->feature = *f != NULL ? (*f)->name : NULL;
	if (*f == NULL)
		l->step = LEAVING_END;
	return OK;
}

static enum err leave_communities(struct txn *t, uint64_t actor)
{
	struct u64s communities;
	enum err e = community_list(t, &communities);
	for (size_t i = 0; e == OK && i < communities.count; i++) {
		struct place place = place_2(TABLE_MODERATOR, communities.at[i], actor);
		e = txn_del(t, &place);
	}
	return e;
}

static enum err end(struct txn *t, struct leaving *l)
{
	enum err e = leave_communities(t, l->actor);
	if (e == OK)
		e = actor_end(t, l->actor, NULL);
	if (e == OK)
		e = journal_newest(t, &l->line);
	l->step = LEAVING_ROLL;
	return e;
}

static bool is_their_line(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct leaver *who = arg;
	struct line line;
	return place_id(key, 0) < who->since && journal_decode(scratch, key, value, &line) == OK
		&& (line.actor == who->actor || line.object == who->actor)
		&& (line.note != NULL || line.raw.size > 0 || line.uri != NULL);
}

static enum err bare_line(struct txn *t, void *arg, const struct place *key)
{
	(void)arg;
	return journal_bare(t, place_id((struct bytes){key->at, key->size}, 0));
}

/* Copies that went out, and what the journal says beside numbers. */
static enum err forget_copies(struct txn *t, struct leaving *l, enum leaving_step next)
{
	struct leaver who = leaver_of(t, l);
	struct place at = place_key(l->at);
	bool journal = at.size > 0 && at.at[0] == TABLE_JOURNAL;
	enum err e = OK;
	if (!journal && beyond != NULL)
		e = beyond->forget(t, &who, &at);
	if (e == OK && !journal && at.size == 0)
		at = place_0(TABLE_JOURNAL);
	else if (e == OK && journal)
		e = leaving_sweep(t, TABLE_JOURNAL, &at, is_their_line, bare_line, &who);
	l->at = arena_bytes(txn_arena(t), (struct bytes){at.at, at.size});
	if (at.size == 0)
		l->step = next;
	return e;
}

static enum err drop_name(struct txn *t, struct leaving *l)
{
	struct actor a;
	enum err e = actor_load(t, l->actor, &a);
	if (e != OK || text_is(a.name, FORMER_NAME))
		return e;
	struct place by_name = place_text(TABLE_NAME, a.name), former = former_place(t, a.name);
	e = txn_put_id(t, &former, (uint64_t)time_now());
	if (e == OK)
		e = txn_del(t, &by_name);
	return e == OK ? actor_drop_name(t, &a) : e;
}

/* The follows of other nodes, and where their words went: until now they said who is to be told. */
static enum err drop_ends(struct txn *t, uint64_t actor, bool *more)
{
	struct place at = place_1(TABLE_REACHED, actor);
	enum err e = leaving_sweep(t, TABLE_REACHED, &at, leaving_is_theirs, NULL, &actor);
	*more = at.size > 0 && place_id((struct bytes){at.at, at.size}, 0) == actor;
	return e == OK ? follow_drop_all(t, actor) : e;
}

static enum err forget_name(struct txn *t, struct leaving *l)
{
	bool more;
	enum err e = drop_ends(t, l->actor, &more);
	if (e != OK || more)
		return e;
	e = forget_copies(t, l, LEAVING_WIPE_NAME);
	if (e == OK && l->step == LEAVING_WIPE_NAME) {
		l->email = NULL;
		e = drop_name(t, l);
	}
	return e;
}

static bool must_wait(struct txn *t, const struct leaving *l)
{
	bool passed = false;
	switch ((enum leaving_step)l->step) {
	case LEAVING_ASKED:
		return l->due > time_now();
	case LEAVING_SENT:
		return journal_passed(t, l->line, &passed) != OK || !passed;
	case LEAVING_TELL:
		return beyond_waits != NULL && beyond_waits(t, l->actor)
			&& time_now() < l->begun + TELL_MOST;
	default:
		return l->step == LEAVING_DONE;
	}
}

static enum err slice(struct txn *t, void *arg)
{
	struct going *g = arg;
	struct leaving *l = &g->l;
	enum err e = leaving_load(t, g->actor, l);
	if (e != OK)
		return e;
	g->waits = must_wait(t, l);
	if (g->waits)
		return OK;
	if (!text_print(g->email, sizeof g->email, "%s", l->email != NULL ? l->email : ""))
		return ERR_STORE;
	switch ((enum leaving_step)l->step) {
	case LEAVING_ASKED:
		e = begin(t, l);
		break;
	case LEAVING_WORDS:
		e = forget_words(t, l);
		break;
	case LEAVING_END:
		e = end(t, l);
		break;
	case LEAVING_SENT:
		e = forget_copies(t, l, LEAVING_WIPE);
		break;
	case LEAVING_TELL:
		l->step = LEAVING_NAME;
		break;
	case LEAVING_NAME:
		e = forget_name(t, l);
		break;
	case LEAVING_ROLL:
	case LEAVING_WIPE:
	case LEAVING_WIPE_NAME:
	case LEAVING_DONE:
		return OK; /* outside of transactions */
	}
	if (e == OK)
		e = leaving_save(t, l);
	l->email = l->feature = NULL; /* what lies in this transaction's arena */
	l->at = (struct bytes){0};
	return e;
}

/* ---- outside of transactions ------------------------------------------------------------------ */

static enum err find_person(struct txn *r, void *arg)
{
	struct going *g = arg;
	struct person p;
	enum err e = person_by_actor(r, g->actor, &p);
	g->person = e == OK ? p.id : 0;
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err leave_roll(struct txn *r, void *arg)
{
	const struct going *g = arg;
	struct doer by = {.actor = g->l.by, .reason = "left"};
	struct person p;
	enum err e = person_by_actor(r, g->actor, &p);
	if (e == OK)
		e = invite_forget(r, g->actor, p.email);
	if (e == OK)
		e = person_remove(r, &by, p.id);
	if (e == OK || e == ERR_NOT_FOUND)
		e = invite_forget(r, g->actor, g->email);
	return e;
}

static enum err off_roll(struct going *g)
{
	enum err e = roll_read(g->site, find_person, g);
	if (e == OK && g->person != 0)
		e = leaving_note_person(g->site, g->person);
	return e == OK ? roll_write(g->site, leave_roll, g) : e;
}

/* What SQLite and LMDB leave behind where something stood. */
static enum err wipe(struct going *g)
{
	media_sweep(g->store, NULL);
	search_renew();
	enum err e = store_renew(g->store);
	return e == OK && g->site->roll != NULL ? store_renew(roll_store(g->site->roll)) : e;
}

static enum err step_on(struct txn *t, void *arg)
{
	struct going *g = arg;
	struct leaving l;
	enum err e = leaving_load(t, g->actor, &l);
	if (e != OK || l.step != g->l.step)
		return e; /* someone else was here */
	l.step++;
	l.done = l.step == LEAVING_DONE ? time_now() : 0;
	return leaving_save(t, &l);
}

static enum err outside(struct going *g)
{
	enum err e = OK;
	if (g->l.step == LEAVING_ROLL)
		e = g->site->roll != NULL ? off_roll(g) : OK;
	else if (g->l.step == LEAVING_WIPE || g->l.step == LEAVING_WIPE_NAME)
		e = wipe(g);
	else
		return OK;
	return e == OK ? store_write(g->store, step_on, g) : e;
}

static enum err find_site(struct txn *t, void *arg)
{
	*(const struct site **)arg = txn_site(t);
	return OK;
}

void leaving_go(struct store *store, uint64_t actor)
{
	struct going g = {.store = store, .actor = actor};
	enum err e = store_read(store, find_site, &g.site);
	for (int round = 0; e == OK && !g.waits && round < ROUNDS_MOST; round++) {
		e = store_write(store, slice, &g);
		if (e == OK && !g.noted && g.l.step > LEAVING_ASKED && g.l.step <= LEAVING_WIPE) {
			e = leaving_note(g.site, "account", actor, g.l.keep);
			g.noted = e == OK;
		}
		if (e == OK && !g.waits)
			e = outside(&g);
	}
	if (e != OK && e != ERR_NOT_FOUND && e != ERR_CONFLICT)
		log_line(LOG_WARN, "leaving", "step=%u error=%s", g.l.step, err_name(e));
}

/* ---- on time --------------------------------------------------------------------------------- */

struct waiting {
	struct txn *t;
	struct arena *scratch; /* of one record */
	uint64_t ids[GOING_AT_ONCE];
	size_t count;
};

/* Those who are gone stand there for months: they take nobody's turn. */
static enum err see_waiting(void *arg, struct bytes key, struct bytes value)
{
	struct waiting *w = arg;
	struct leaving l;
	(void)key;
	arena_reset(w->scratch);
	if (record_read(w->scratch, &leaving_shape, value, &l) == OK && !must_wait(w->t, &l))
		w->ids[w->count++] = l.actor;
	return w->count < COUNT(w->ids) ? OK : ERR_CONFLICT;
}

static enum err who_waits(struct txn *t, void *arg)
{
	struct waiting *w = arg;
	struct walk walk = {.prefix = place_0(TABLE_LEAVING), .max = WALK_ALL};
	w->t = t;
	return txn_walk(t, &walk, see_waiting, w);
}

void leaving_on_time(struct store *store, void *unused)
{
	ARENA_CLEANUP struct arena *arena = arena_create(), *scratch = arena_create();
	struct waiting *w = arena_alloc(arena, sizeof *w);
	(void)unused;
	w->scratch = scratch;
	if (store_read(store, who_waits, w) != OK)
		return;
	for (size_t i = 0; i < w->count; i++)
		leaving_go(store, w->ids[i]);
}
