/*
 * leaving.c: someone leaves, and what is theirs goes with them, step by step: first what they wrote, so that other nodes
 * hear of it from someone they know, then the account, then copies, files and the bytes on the disk, and last the name.
 *
 * How far it is stands in the store. Each step may run twice; what was begun goes on after a crash.
 */
#include "joining.h"
#include "media.h"

#include <string.h>

#define LOOKED_AT_ONCE 2000 /* rows of a table, in one transaction */
#define DROPPED_AT_ONCE 200
#define TELL_MOST (30 * DAY) /* then who was not reached is not told */
#define LISTED_MOST 1000
#define EMAIL_MOST 320
#define REACHED_AT_ONCE 500
#define AGAIN_AT_ONCE 500
#define ROUNDS_MOST 100000 /* of slices, in one go */
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
	{12, F_TEXT, offsetof(struct leaving, email), EMAIL_MOST},
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

static const struct personal *beyond;
static bool (*beyond_waits)(struct txn *, uint64_t actor);

void leaving_beyond(const struct personal *personal, bool (*waits)(struct txn *, uint64_t actor))
{
	beyond = personal;
	beyond_waits = waits;
}

/* ---- records --------------------------------------------------------------------------------- */

enum err leaving_load(struct txn *t, uint64_t actor, struct leaving *out)
{
	struct place place = place_1(TABLE_LEAVING, actor);
	return txn_load(t, &place, &leaving_shape, out);
}

static enum err save(struct txn *t, const struct leaving *l)
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

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
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
		e = leaving_sweep(t, TABLE_LEAVING_HOST, &at, is_theirs, NULL, &actor);
		more = at.size > 0 && place_id((struct bytes){at.at, at.size}, 0) == actor;
	}
	return e == OK ? txn_del(t, &place) : e;
}

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
	return save(t, &l);
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

/* ---- the steps ------------------------------------------------------------------------------- */

struct going { /* one slice */
	struct store *store;
	const struct site *site;
	uint64_t actor;
	struct leaving l;
	char email[EMAIL_MOST + 1]; /* of the account */
	uint64_t person;            /* on the roll, or 0 */
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
	enum err e = leaving_sweep(t, TABLE_REACHED, &at, is_theirs, NULL, &actor);
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
		e = save(t, l);
	l->email = l->feature = NULL; /* what lies in this transaction's arena */
	l->at = (struct bytes){0};
	return e;
}

/* ---- what must not come back with an old backup ----------------------------------------------- */

static const char *entry(struct arena *arena, const char *kind, uint64_t id)
{
	return arena_format(arena, "%s %llu", kind, (unsigned long long)id);
}

static enum err note(const struct site *site, const char *kind, uint64_t id, uint32_t keep)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	return site->erased != NULL
		? erased_add(site->erased, site->secret, entry(arena, kind, id), keep)
		: OK;
}

enum err leaving_note_person(const struct site *site, uint64_t person)
{
	return note(site, "person", person, 0);
}

struct again {
	struct arena *arena;
	const struct site *site;
	struct erased_list *list;
	uint64_t after, last; /* from where on, and up to where it came */
	uint64_t ids[AGAIN_AT_ONCE];
	uint32_t keeps[AGAIN_AT_ONCE];
	size_t count, seen;
};

static enum err find_again(void *arg, struct bytes key, struct bytes value)
{
	struct again *a = arg;
	(void)value;
	a->last = place_id(key, 0);
	a->seen++;
	if (erased_has(a->arena, a->list, a->site->secret, entry(a->arena, "account", a->last),
		    &a->keeps[a->count]))
		a->ids[a->count++] = a->last;
	return OK;
}

/* Whatever it leaves without anybody to look after it: they are not there to do so. */
static enum err ask_again(struct txn *t, uint64_t actor, uint32_t keep)
{
	struct leaving l;
	struct account account = {0};
	int64_t now = time_now();
	enum err e = leaving_load(t, actor, &l);
	if (e == OK && l.step != LEAVING_ASKED)
		return OK; /* it goes on by itself */
	if (e == OK || e == ERR_NOT_FOUND)
		e = account_load(t, actor, &account);
	l = (struct leaving){.actor = actor,
		.step = LEAVING_ASKED,
		.keep = keep & KEEP_ALL,
		.asked = now,
		.due = now,
		.email = account.email};
	return e == OK ? save(t, &l) : e;
}

static enum err accounts_again(struct txn *t, void *arg)
{
	struct again *a = arg;
	struct place from = place_1(TABLE_ACCOUNT, a->after + 1);
	struct walk walk = {.prefix = place_0(TABLE_ACCOUNT), .from = &from, .max = AGAIN_AT_ONCE};
	a->count = a->seen = 0;
	enum err e = txn_walk(t, &walk, find_again, a);
	for (size_t i = 0; e == OK && i < a->count; i++)
		e = ask_again(t, a->ids[i], a->keeps[i]);
	return e;
}

static enum err persons_again(struct txn *r, void *arg)
{
	struct again *a = arg;
	struct doer by = {.reason = "erased"};
	struct u64s ids;
	uint32_t keep;
	enum err e = person_list(r, a->after, AGAIN_AT_ONCE, &ids);
	a->count = 0;
	a->seen = e == OK ? ids.count : 0;
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		a->last = ids.at[i];
		if (!erased_has(a->arena, a->list, a->site->secret,
			    entry(a->arena, "person", a->last), &keep))
			continue;
		a->count++;
		e = person_remove(r, &by, a->last);
	}
	return e;
}

enum err leaving_again(struct store *store, const struct site *site, size_t *count)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct again *a = arena_alloc(arena, sizeof *a);
	*a = (struct again){.arena = arena, .site = site};
	*count = 0;
	enum err e = site->erased != NULL ? erased_read(arena, site->erased, &a->list) : OK;
	if (e != OK || a->list == NULL || erased_is_empty(a->list))
		return e;
	do {
		e = store_write(store, accounts_again, a);
		a->after = a->last;
		for (size_t i = 0; e == OK && i < a->count; i++)
			leaving_go(store, a->ids[i]);
		*count += e == OK ? a->count : 0;
	} while (e == OK && a->seen == AGAIN_AT_ONCE);
	a->after = 0;
	do {
		e = e == OK ? roll_write(site, persons_again, a) : e;
		a->after = a->last;
		*count += e == OK ? a->count : 0;
	} while (e == OK && a->seen == AGAIN_AT_ONCE);
	return e;
}

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
	return save(t, &l);
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
			e = note(g.site, "account", actor, g.l.keep);
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
	struct u64s ids;
};

static enum err who_waits(struct txn *t, void *arg)
{
	struct waiting *w = arg;
	struct u64s all;
	struct leaving l;
	uint64_t *ids = (uint64_t *)(uintptr_t)w->ids.at;
	w->ids.count = 0;
	enum err e = leaving_list(t, LISTED_MOST, &all);
	for (size_t i = 0; e == OK && i < all.count; i++) {
		e = leaving_load(t, all.at[i], &l);
		if (e == OK && !must_wait(t, &l))
			ids[w->ids.count++] = all.at[i];
	}
	return e;
}

static void go_on(struct store *store, void *arg)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct waiting w = {{arena_array(arena, LISTED_MOST, sizeof(uint64_t)), 0}};
	(void)arg;
	if (store_read(store, who_waits, &w) != OK)
		return;
	for (size_t i = 0; i < w.ids.count; i++)
		leaving_go(store, w.ids.at[i]);
}

static const struct chore chores[] = {{"leaving", 30 * SECOND, go_on, NULL}, {0}};

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

static const struct table_use tables[] = {
	{TABLE_LEAVING, &leaving_shape},
	{TABLE_LEAVING_HOST, &leaving_host_shape},
	{TABLE_REACHED, NULL},
	{TABLE_FORMER_NAME, NULL},
	{0},
};

const struct feature feature_leaving = {
	.name = "leaving", .tables = tables, .chores = chores, .personal = &personal};
