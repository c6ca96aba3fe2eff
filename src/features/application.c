/* application.c: who asked to join, and what was answered: kept in the roll, its words sealed under a key of their own. */
#include "joining.h"

#include <string.h>

#define ADDRESS_MOST 320
#define NAME_MOST 1000
#define WORDS_MOST (4 * APPLICATION_MOTIVE_MOST)
#define QUESTIONS_MOST (4 * JOIN_QUESTIONS * (JOIN_QUESTION_MOST + 1))
#define ANSWERS_MOST (4 * JOIN_QUESTIONS * (APPLICATION_ANSWER_MOST + 1))
#define SEALED_MOST (64 << 10)
#define OF_PERSON_MOST 100
#define LISTED_MOST 1000
#define COUNTED_MOST 10000
#define UNCONFIRMED_FOR DAY

static const struct field application_fields[] = {
	{1, F_U64, offsetof(struct application, id), 0},
	{2, F_U64, offsetof(struct application, community), 0},
	{3, F_U64, offsetof(struct application, person), 0},
	{4, F_U64, offsetof(struct application, invite), 0},
	{5, F_U32, offsetof(struct application, state), 0},
	{6, F_U32, offsetof(struct application, kind), 0},
	{7, F_I64, offsetof(struct application, asked), 0},
	{8, F_I64, offsetof(struct application, confirmed), 0},
	{9, F_I64, offsetof(struct application, decided), 0},
	{10, F_U64, offsetof(struct application, by), 0},
	{11, F_BYTES, offsetof(struct application, sealed), SEALED_MOST},
	{12, F_FLAG, offsetof(struct application, back), 0},
};
const struct shape application_shape = {
	"application", sizeof(struct application), application_fields, COUNT(application_fields)};

static const struct field word_fields[] = {
	{1, F_TEXT, offsetof(struct application, name), NAME_MOST},
	{2, F_TEXT, offsetof(struct application, email), ADDRESS_MOST},
	{3, F_TEXT, offsetof(struct application, language), 35},
	{4, F_TEXT, offsetof(struct application, motive), WORDS_MOST},
	{5, F_TEXT, offsetof(struct application, questions), QUESTIONS_MOST},
	{6, F_TEXT, offsetof(struct application, answers), ANSWERS_MOST},
	{7, F_TEXT, offsetof(struct application, reason), WORDS_MOST},
};
const struct shape application_words_shape = {
	"application words", sizeof(struct application), word_fields, COUNT(word_fields)};

/* ---- rows ------------------------------------------------------------------------------------ */

static struct place row_of(uint64_t id)
{
	return place_1(TABLE_APPLICATION, id);
}

static struct place in_queue(const struct application *a)
{
	return place_3(TABLE_APPLICATION_OF, a->community, a->state, a->id);
}

static struct place by_person(const struct application *a)
{
	return place_2(TABLE_APPLICATION_PERSON, a->person, a->id);
}

static struct place to_tell(uint64_t id)
{
	return place_1(TABLE_APPLICATION_TELL, id);
}

enum err application_load(struct txn *r, uint64_t id, struct application *out)
{
	struct application a, words;
	struct bytes plain;
	struct place place = row_of(id);
	enum err e = txn_load(r, &place, &application_shape, &a);
	if (e == OK)
		e = roll_unseal(r, id, a.sealed, &plain);
	if (e == OK)
		e = record_read(txn_arena(r), &application_words_shape, plain, &words);
	if (e != OK)
		return e;
	a.name = words.name;
	a.email = words.email;
	a.language = words.language;
	a.motive = words.motive;
	a.questions = words.questions;
	a.answers = words.answers;
	a.reason = words.reason;
	*out = a;
	return OK;
}

void application_keep(struct arena *arena, struct application *a)
{
	const char **words[] = {&a->name, &a->email, &a->language, &a->motive, &a->questions,
		&a->answers, &a->reason};
	for (size_t i = 0; i < COUNT(words); i++)
		*words[i] = arena_text(arena, *words[i]);
	a->sealed = (struct bytes){0};
}

struct reading {
	struct arena *arena;
	uint64_t id;
	struct application a;
	struct person p;
};

static enum err read_run(struct txn *r, void *arg)
{
	struct reading *x = arg;
	struct arena *arena = x->arena;
	struct application a;
	struct person p = {0};
	enum err e = application_load(r, x->id, &a);
	if (e == OK && a.person != 0)
		e = person_load(r, a.person, &p);
	if (e != OK)
		return e;
	application_keep(arena, &a);
	p.number = arena_text(arena, p.number);
	p.name = arena_text(arena, p.name);
	p.email = arena_text(arena, p.email);
	p.type = arena_text(arena, p.type);
	x->a = a;
	x->p = p;
	return OK;
}

enum err application_read(const struct site *site, struct arena *arena, uint64_t id,
	struct application *a, struct person *p)
{
	struct reading x = {.arena = arena, .id = id};
	enum err e = roll_read(site, read_run, &x);
	if (e != OK)
		return e;
	*a = x.a;
	*p = x.p;
	return OK;
}

static enum err save(struct txn *r, struct application *a)
{
	static const struct bytes one = {"\1", 1};
	struct bytes plain;
	struct place row = row_of(a->id), queue = in_queue(a), person = by_person(a);
	enum err e = record_write(txn_arena(r), &application_words_shape, a, &plain);
	if (e == OK)
		e = roll_seal(r, a->id, plain, &a->sealed);
	if (e == OK)
		e = txn_save(r, &row, &application_shape, a);
	if (e == OK)
		e = txn_put(r, &queue, one);
	return e == OK && a->person != 0 ? txn_put(r, &person, one) : e;
}

static enum err move(struct txn *r, struct application *a, enum application_state state)
{
	struct place before = in_queue(a);
	a->state = state;
	enum err e = txn_del(r, &before);
	return e == OK ? save(r, a) : e;
}

static enum err erase(struct txn *r, const struct application *a)
{
	struct place rows[] = {row_of(a->id), in_queue(a), by_person(a), to_tell(a->id)};
	enum err e = roll_unkey(r, a->id);
	for (size_t i = 0; e == OK && i < COUNT(rows); i++)
		e = txn_del(r, &rows[i]);
	return e;
}

static enum err log_act(struct txn *r, const struct doer *by, enum audit_act act,
	const struct application *a, const char *words)
{
	struct audit line = {.actor = by->actor,
		.act = act,
		.person = a->person,
		.community = a->community,
		.words = words};
	return audit_add(r, &line);
}

/* ---- asking ---------------------------------------------------------------------------------- */

enum err application_add(struct txn *r, struct application *a)
{
	struct application fresh = *a;
	fresh.id = id_next();
	fresh.asked = time_now();
	fresh.state = APPLICATION_ASKED;
	enum err e = save(r, &fresh);
	if (e == OK)
		e = application_again(r, fresh.id);
	if (e == OK)
		*a = fresh;
	return e;
}

static bool is_open(const struct application *a)
{
	return a->state == APPLICATION_WAITING || a->state == APPLICATION_LISTED;
}

/* One request at a time: the newest is what someone wants now. */
static enum err supersede(struct txn *r, const struct application *next)
{
	struct u64s ids;
	struct application a;
	enum err e = application_of_person(r, next->person, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = application_load(r, ids.at[i], &a);
		if (e == OK && a.id != next->id && a.community == next->community && is_open(&a))
			e = move(r, &a, APPLICATION_WITHDRAWN);
	}
	return e;
}

static enum err find_person(
	struct txn *r, const struct application *a, uint64_t actor, struct person *p)
{
	enum err e = actor != 0 ? person_by_actor(r, actor, p) : ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND && a->email != NULL)
		e = person_by_email(r, a->email, p);
	return e;
}

static enum err take_person(struct txn *r, const struct doer *by, const struct application *a,
	uint64_t actor, struct person *p)
{
	enum err e = find_person(r, a, actor, p);
	if (e == ERR_NOT_FOUND) {
		*p = (struct person){.status = PERSON_APPLICANT,
			.actor = actor,
			.name = a->name,
			.email = a->email};
		return person_add(r, by, p);
	}
	if (e != OK || actor == 0 || p->actor != 0)
		return e;
	p->actor = actor;
	return person_save(r, by, p);
}

/* Into the association as what was asked, or into a community: then as its guest at least. */
static enum err enter(struct txn *r, const struct doer *by, const struct application *a)
{
	struct person p;
	int64_t now = time_now();
	enum err e = person_load(r, a->person, &p);
	if (e != OK)
		return e;
	enum person_status was = person_status_at(&p, now);
	bool as_guest = a->community != 0 || a->kind == APPLY_GUEST;
	if (was != PERSON_MEMBER && !(as_guest && was == PERSON_GUEST)) {
		p.status = as_guest ? PERSON_GUEST : PERSON_MEMBER;
		p.from = as_guest ? 0 : now;
		p.until = 0;
	}
	e = person_save(r, by, &p);
	/* The roles ended with the membership, and do not come back with it. */
	if (e == OK && was == PERSON_LAPSED)
		e = role_end_all(r, by, p.id);
	return e == OK && a->community != 0 ? role_set(r, by, p.id, a->community, ROLE_MEMBER, true)
					    : e;
}

/* There: what another place answered is that place's own. */
static bool was_refused(struct txn *r, const struct application *a, const struct person *p)
{
	struct u64s ids;
	struct application one;
	bool refused = p->status == PERSON_REFUSED;
	if (application_of_person(r, p->id, &ids) != OK)
		return true;
	for (size_t i = 0; !refused && i < ids.count; i++)
		refused = application_load(r, ids.at[i], &one) == OK
			&& one.community == a->community && one.state == APPLICATION_REFUSED;
	return refused;
}

/* Who was refused once is looked at by people, whatever is open. */
static enum application_state outcome(
	struct txn *r, const struct application *a, const struct person *p, const struct joining *j)
{
	if (a->invite != 0)
		return APPLICATION_ACCEPTED;
	if (a->kind == APPLY_LIST)
		return j->unopened ? APPLICATION_LISTED : APPLICATION_WAITING;
	if (a->community == 0 && person_status_at(p, time_now()) == PERSON_MEMBER)
		return APPLICATION_ACCEPTED;
	if (was_refused(r, a, p))
		return APPLICATION_WAITING;
	return a->kind == APPLY_GUEST || j->mode == JOIN_OPEN ? APPLICATION_ACCEPTED
							      : APPLICATION_WAITING;
}

static enum err use_invite(struct txn *r, struct application *a)
{
	struct invite invite;
	enum err e = a->invite != 0 ? invite_use(r, a->invite, &invite) : OK;
	if (e == OK && a->invite != 0)
		a->kind = invite.guest ? APPLY_GUEST : APPLY_MEMBER;
	return e;
}

enum err application_confirm(struct txn *r, uint64_t id, const struct joining *j, uint64_t actor,
	struct application *out)
{
	struct application a;
	struct person p;
	struct doer by = {.actor = actor};
	enum err e = application_load(r, id, &a);
	if (e != OK || a.state != APPLICATION_ASKED) {
		if (e == OK)
			*out = a;
		return e;
	}
	e = use_invite(r, &a);
	if (e == OK)
		e = take_person(r, &by, &a, actor, &p);
	if (e != OK)
		return e;
	a.person = p.id;
	a.confirmed = time_now();
	e = supersede(r, &a);
	if (e == OK)
		e = move(r, &a, outcome(r, &a, &p, j));
	if (e == OK)
		e = log_act(r, &by, AUDIT_REQUEST, &a, a.invite != 0 ? "invited" : NULL);
	if (e == OK && a.state == APPLICATION_ACCEPTED) {
		e = enter(r, &by, &a);
		if (e == OK) /* they see it at once */
			e = application_told(r, id, APPLICATION_ASKED);
	} else if (e == OK) {
		if (a.community == 0 && p.status == PERSON_REFUSED) {
			p.status = PERSON_APPLICANT;
			e = person_save(r, &by, &p);
		}
		if (e == OK)
			e = application_again(r, id);
	}
	if (e == OK)
		*out = a;
	return e;
}

/* ---- deciding -------------------------------------------------------------------------------- */

/* Out of a community that they were let in to. A role they have there is not for who answers requests to take. */
static enum err put_out(struct txn *r, const struct doer *by, const struct application *a)
{
	uint32_t here = role_of(r, a->person, a->community);
	if ((here & ROLE_MEMBER) == 0)
		return ERR_CONFLICT;
	return here == ROLE_MEMBER ? role_set(r, by, a->person, a->community, ROLE_MEMBER, false)
				   : ERR_FORBIDDEN;
}

static enum err turn_away(struct txn *r, const struct doer *by, const struct application *a)
{
	struct person p;
	if (a->community != 0)
		return a->back ? put_out(r, by, a) : OK;
	enum err e = person_load(r, a->person, &p);
	if (e != OK || p.status != PERSON_APPLICANT)
		return e; /* a guest stays one, and who was a member was one */
	p.status = PERSON_REFUSED;
	return person_save(r, by, &p);
}

enum err application_decide(struct txn *r, const struct doer *by, uint64_t id, bool accept,
	const char *reason, struct application *out)
{
	struct application a;
	enum err e = application_load(r, id, &a);
	if (e != OK)
		return e;
	bool again = accept && a.state == APPLICATION_REFUSED;
	a.back = !accept && a.state == APPLICATION_ACCEPTED && a.community != 0;
	if (!is_open(&a) && !again && !a.back)
		return ERR_CONFLICT;
	a.reason = reason;
	a.decided = time_now();
	a.by = by->actor;
	e = move(r, &a, accept ? APPLICATION_ACCEPTED : APPLICATION_REFUSED);
	if (e == OK)
		e = log_act(r, by, accept ? AUDIT_ACCEPT : AUDIT_REFUSE, &a,
			again || a.back ? "reversed" : NULL);
	if (e == OK)
		e = accept ? enter(r, by, &a) : turn_away(r, by, &a);
	if (e == OK)
		e = application_again(r, id);
	if (e == OK)
		*out = a;
	return e;
}

enum err application_withdraw(struct txn *r, uint64_t id)
{
	struct application a;
	struct person p;
	struct u64s all;
	struct doer by = {0};
	enum err e = application_load(r, id, &a);
	if (e == OK && !is_open(&a))
		e = ERR_CONFLICT;
	if (e == OK)
		e = move(r, &a, APPLICATION_WITHDRAWN);
	if (e == OK)
		e = log_act(r, &by, AUDIT_REQUEST, &a, "withdrawn");
	if (e == OK)
		e = person_load(r, a.person, &p);
	if (e == OK)
		e = application_of_person(r, a.person, &all);
	if (e != OK)
		return e;
	/* Whoever asked nothing else leaves nothing behind. */
	return p.status == PERSON_APPLICANT && p.actor == 0 && all.count == 1
		? person_remove(r, &by, p.id)
		: OK;
}

/* ---- telling --------------------------------------------------------------------------------- */

enum err application_again(struct txn *r, uint64_t id)
{
	struct application a;
	struct place row = row_of(id), tell = to_tell(id);
	enum err e = txn_load(r, &row, &application_shape, &a);
	return e == OK ? txn_put_id(r, &tell, a.state) : e;
}

enum err application_told(struct txn *r, uint64_t id, uint32_t state)
{
	struct application a;
	struct place row = row_of(id), tell = to_tell(id);
	uint64_t waits;
	enum err e = txn_get_id(r, &tell, &waits);
	if (e != OK || (state != 0 && waits != state))
		return e == ERR_NOT_FOUND ? OK : e;
	e = txn_load(r, &row, &application_shape, &a);
	if (e == ERR_NOT_FOUND)
		return txn_del(r, &tell);
	/* A question to the member file is answered by then. */
	if (e == OK && a.kind == APPLY_FILE && a.state == APPLICATION_ASKED)
		return erase(r, &a);
	return e == OK ? txn_del(r, &tell) : e;
}

/* ---- lists ----------------------------------------------------------------------------------- */

struct listing {
	uint64_t *ids;
	size_t field, count;
};

static enum err list_one(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	(void)value;
	l->ids[l->count++] = place_id(key, l->field);
	return OK;
}

static enum err list(struct txn *r, const struct walk *walk, size_t field, struct u64s *out)
{
	struct listing l = {
		.ids = arena_array(txn_arena(r), walk->max, sizeof *l.ids), .field = field};
	enum err e = txn_walk(r, walk, list_one, &l);
	if (e == OK)
		*out = (struct u64s){l.ids, l.count};
	return e;
}

enum err application_list(struct txn *r, uint64_t community, enum application_state state,
	uint64_t before, size_t max, struct u64s *out)
{
	struct place from = place_3(TABLE_APPLICATION_OF, community, state, before - 1);
	struct walk walk = {.prefix = place_2(TABLE_APPLICATION_OF, community, state),
		.from = before != 0 ? &from : NULL,
		.backward = true,
		.max = max < LISTED_MOST ? max : LISTED_MOST};
	return list(r, &walk, 2, out);
}

enum err application_of_person(struct txn *r, uint64_t person, struct u64s *out)
{
	struct walk walk = {
		.prefix = place_1(TABLE_APPLICATION_PERSON, person), .max = OF_PERSON_MOST};
	return list(r, &walk, 1, out);
}

enum err application_untold(struct txn *r, size_t max, struct u64s *out)
{
	struct walk walk = {.prefix = place_0(TABLE_APPLICATION_TELL), .max = max};
	return list(r, &walk, 0, out);
}

static enum err count_one(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(int64_t *)arg;
	return OK;
}

enum err application_count(
	struct txn *r, uint64_t community, enum application_state state, int64_t *count)
{
	struct walk walk = {
		.prefix = place_2(TABLE_APPLICATION_OF, community, state), .max = COUNTED_MOST};
	*count = 0;
	return txn_walk(r, &walk, count_one, count);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

enum err application_forget(struct txn *r, uint64_t person)
{
	struct u64s ids = {.count = OF_PERSON_MOST};
	struct application a;
	enum err e = OK;
	while (e == OK && ids.count == OF_PERSON_MOST) {
		e = application_of_person(r, person, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			struct place row = row_of(ids.at[i]);
			e = txn_load(r, &row, &application_shape, &a);
			if (e == OK)
				e = erase(r, &a);
		}
	}
	return e;
}

struct pruning {
	struct arena *arena; /* of one record */
	struct application at[100];
	size_t count, max;
	int64_t now, refused; /* refused: who was so by then */
};

static bool is_over(const struct application *a, const struct pruning *p)
{
	switch (a->state) {
	case APPLICATION_ASKED:
		return a->asked + UNCONFIRMED_FOR <= p->now;
	case APPLICATION_REFUSED:
		return a->decided <= p->refused;
	case APPLICATION_WITHDRAWN:
		return a->asked <= p->refused;
	default:
		return false;
	}
}

static enum err prune_one(void *arg, struct bytes key, struct bytes value)
{
	struct pruning *p = arg;
	struct application a;
	(void)key;
	if (p->count == p->max)
		return ERR_CONFLICT;
	arena_reset(p->arena);
	if (record_read(p->arena, &application_shape, value, &a) == OK && is_over(&a, p))
		p->at[p->count++] = a;
	return OK;
}

/* Nothing is left of who asked once, and was not let in, than its lines in the log. */
static enum err prune(struct txn *r, const struct application *a)
{
	struct person p;
	struct u64s left;
	struct doer by = {.reason = "kept long enough"};
	enum err e = erase(r, a);
	if (e != OK || a->person == 0)
		return e;
	e = person_load(r, a->person, &p);
	if (e == OK)
		e = application_of_person(r, p.id, &left);
	bool nothing = e == OK && left.count == 0 && p.actor == 0
		&& (p.status == PERSON_REFUSED || p.status == PERSON_APPLICANT);
	if (nothing)
		e = person_remove(r, &by, p.id);
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err application_prune(struct txn *r, int64_t refused, size_t max, size_t *pruned)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct pruning *p = arena_alloc(txn_arena(r), sizeof *p);
	struct walk all = {.prefix = place_0(TABLE_APPLICATION), .max = WALK_ALL};
	p->arena = arena;
	p->now = time_now();
	p->refused = refused;
	p->max = max < COUNT(p->at) ? max : COUNT(p->at);
	enum err e = txn_walk(r, &all, prune_one, p);
	for (size_t i = 0; e == OK && i < p->count; i++)
		e = prune(r, &p->at[i]);
	if (e == OK)
		*pruned = p->count;
	return e;
}
