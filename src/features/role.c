/* role.c: what someone is in the association and in its communities, and where that makes an account stand today. */
#include "roll.h"

static const struct field roles_fields[] = {
	{1, F_U32, offsetof(struct roles, bits), 0},
	{2, F_I64, offsetof(struct roles, changed), 0},
};
const struct shape roles_shape = {"roles", sizeof(struct roles), roles_fields, COUNT(roles_fields)};

static const struct {
	const char *name;
	enum role role;
} names[] = {
	{"member", ROLE_MEMBER},
	{"expert", ROLE_EXPERT},
	{"editor", ROLE_EDITOR},
	{"manager", ROLE_MANAGER},
	{"core", ROLE_CORE},
	{"board", ROLE_BOARD},
	{"admin", ROLE_ADMIN},
	{"treasurer", ROLE_TREASURER},
};

const char *role_words(const char *language, enum role role)
{
	static const struct {
		const char *words;
		enum role role;
	} role_titles[] = {
		{"Member of the community", ROLE_MEMBER},
		{"Expert", ROLE_EXPERT},
		{"Editor", ROLE_EDITOR},
		{"Community manager", ROLE_MANAGER},
		{"Core team", ROLE_CORE},
		{"Board", ROLE_BOARD},
		{"Administration", ROLE_ADMIN},
		{"Treasurer", ROLE_TREASURER},
	};
	for (size_t i = 0; i < COUNT(role_titles); i++)
		if (role_titles[i].role == role)
			return i18n(language, role_titles[i].words);
	return "";
}

const char *role_name(enum role role)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].role == role)
			return names[i].name;
	return NULL;
}

bool role_parse(const char *name, enum role *out)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (text_is(names[i].name, name)) {
			*out = names[i].role;
			return true;
		}
	return false;
}

bool role_is_of_community(enum role role)
{
	return role < ROLE_BOARD;
}

uint32_t role_of(struct txn *r, uint64_t person, uint64_t community)
{
	struct roles roles;
	struct place place = place_2(TABLE_ROLE, person, community);
	return txn_load(r, &place, &roles_shape, &roles) == OK ? roles.bits : 0;
}

enum err role_set(struct txn *r, const struct doer *by, uint64_t id, uint64_t community,
	enum role role, bool on)
{
	struct bytes there;
	struct place person = place_1(TABLE_PERSON, id);
	enum err e = txn_get(r, &person, &there);
	if (e != OK)
		return e;
	if (role_is_of_community(role) != (community != 0))
		return ERR_INVALID;
	uint32_t was = role_of(r, id, community);
	struct roles roles = {on ? was | role : was & ~(uint32_t)role, time_now()};
	if (roles.bits == was)
		return OK;
	struct place place = place_2(TABLE_ROLE, id, community);
	e = roles.bits != 0 ? txn_save(r, &place, &roles_shape, &roles) : txn_del(r, &place);
	struct audit a = {.actor = by->actor,
		.act = on ? AUDIT_ROLE : AUDIT_UNROLE,
		.person = id,
		.community = community,
		.words = role_name(role),
		.reason = by->reason};
	return e == OK ? audit_add(r, &a) : e;
}

#define PLACES_MOST 1000
struct places {
	struct place at[PLACES_MOST];
	size_t count;
};

static enum err place_one(void *arg, struct bytes key, struct bytes value)
{
	struct places *p = arg;
	(void)value;
	p->at[p->count++] = place_2(*(const uint8_t *)key.data, place_id(key, 0), place_id(key, 1));
	return OK;
}

static enum err places_of(struct txn *r, uint8_t table, uint64_t person, struct places **out)
{
	struct places *all = arena_alloc(txn_arena(r), sizeof *all);
	struct walk walk = {.prefix = place_1(table, person), .max = PLACES_MOST};
	enum err e = txn_walk(r, &walk, place_one, all);
	*out = all;
	return e;
}

enum err role_forget(struct txn *r, uint64_t person)
{
	static const uint8_t tables[] = {TABLE_ROLE, TABLE_ROLE_LEFT};
	struct places *all;
	enum err e = OK;
	for (size_t k = 0; e == OK && k < COUNT(tables); k++) {
		e = places_of(r, tables[k], person, &all);
		for (size_t i = 0; e == OK && i < all->count; i++)
			e = txn_del(r, &all->at[i]);
	}
	return e;
}

static enum err set_all(struct txn *r, const struct doer *by, uint64_t person, uint64_t community,
	uint32_t bits, bool on)
{
	enum err e = OK;
	for (enum role role = ROLE_MEMBER; e == OK && role_name(role) != NULL; role *= 2)
		if ((bits & role) != 0)
			e = role_set(r, by, person, community, role, on);
	return e;
}

enum err role_end_all(struct txn *r, const struct doer *by, uint64_t person)
{
	struct places *all;
	enum err e = places_of(r, TABLE_ROLE, person, &all);
	for (size_t i = 0; e == OK && i < all->count; i++) {
		struct bytes key = {all->at[i].at, all->at[i].size};
		uint64_t community = place_id(key, 1);
		e = set_all(r, by, person, community, role_of(r, person, community), false);
	}
	return e;
}

/* ---- out of a community, and back ------------------------------------------------------------ */

static struct place left_place(uint64_t person, uint64_t community)
{
	return place_2(TABLE_ROLE_LEFT, person, community);
}

static enum err left_load(struct txn *r, uint64_t person, uint64_t community, struct roles *out)
{
	struct place place = left_place(person, community);
	enum err e = txn_load(r, &place, &roles_shape, out);
	return e == OK && out->changed + ROLE_BACK <= time_now() ? ERR_NOT_FOUND : e;
}

bool role_has_left(struct txn *r, uint64_t person, uint64_t community)
{
	struct roles had;
	return left_load(r, person, community, &had) == OK;
}

enum err role_leave(struct txn *r, const struct doer *by, uint64_t person, uint64_t community)
{
	struct roles had = {role_of(r, person, community), time_now()};
	struct place left = left_place(person, community);
	if (had.bits == 0 || community == 0)
		return role_has_left(r, person, community) ? OK : ERR_NOT_FOUND;
	enum err e = set_all(r, by, person, community, had.bits, false);
	return e == OK ? txn_save(r, &left, &roles_shape, &had) : e;
}

enum err role_come_back(struct txn *r, const struct doer *by, uint64_t person, uint64_t community)
{
	struct roles had;
	struct place left = left_place(person, community);
	enum err e = left_load(r, person, community, &had);
	if (e == ERR_NOT_FOUND && role_of(r, person, community) != 0)
		return OK;
	if (e == OK)
		e = set_all(r, by, person, community, had.bits, true);
	return e == OK ? txn_del(r, &left) : e;
}

struct pruning {
	struct arena *arena; /* of one record */
	struct places *over;
	size_t max;
};

static enum err prune_one(void *arg, struct bytes key, struct bytes value)
{
	struct pruning *p = arg;
	struct roles had;
	arena_reset(p->arena);
	if (record_read(p->arena, &roles_shape, value, &had) != OK
		|| had.changed + ROLE_BACK <= time_now())
		p->over->at[p->over->count++] = left_place(place_id(key, 0), place_id(key, 1));
	return p->over->count < p->max ? OK : ERR_CONFLICT;
}

enum err role_prune(struct txn *r, size_t max, size_t *pruned)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct pruning p = {.arena = arena,
		.over = arena_alloc(txn_arena(r), sizeof *p.over),
		.max = max < PLACES_MOST ? max : PLACES_MOST};
	struct walk all = {.prefix = place_0(TABLE_ROLE_LEFT), .max = WALK_ALL};
	enum err e = txn_walk(r, &all, prune_one, &p);
	for (size_t i = 0; e == OK && i < p.over->count; i++)
		e = txn_del(r, &p.over->at[i]);
	if (e == OK)
		*pruned = p.over->count;
	return e;
}

/* ---- today ----------------------------------------------------------------------------------- */

/* Its words stay sealed. */
static enum err load_bare(struct txn *r, struct arena *arena, uint64_t id, struct person *out)
{
	struct bytes row;
	struct place place = place_1(TABLE_PERSON, id);
	enum err e = txn_get(r, &place, &row);
	return e == OK ? record_read(arena, &person_shape, row, out) : e;
}

/* Whoever has a role here counts with it, be it as a guest; a membership that ended ends all of it. */
static bool counts(const struct person *p)
{
	enum person_status status = person_status_at(p, time_now());
	return status == PERSON_MEMBER || status == PERSON_GUEST;
}

struct asking {
	uint64_t actor, community;
	struct standing out;
};

static enum err find_standing(struct txn *r, void *arg)
{
	struct asking *a = arg;
	struct person p;
	uint64_t id;
	struct place place = place_1(TABLE_PERSON_ACTOR, a->actor);
	enum err e = txn_get_id(r, &place, &id);
	if (e == OK)
		e = load_bare(r, txn_arena(r), id, &p);
	if (e != OK)
		return e;
	a->out.status = person_status_at(&p, time_now());
	if (!counts(&p))
		return OK;
	a->out.roles = role_of(r, id, 0);
	a->out.here = a->community != 0 ? role_of(r, id, a->community) : 0;
	return OK;
}

void roll_standing(
	const struct site *site, uint64_t actor, uint64_t community, struct standing *out)
{
	struct asking a = {.actor = actor, .community = community};
	if (actor == 0 || roll_read(site, find_standing, &a) != OK)
		a.out = (struct standing){0};
	*out = a.out;
}

struct counting {
	struct txn *r;
	struct arena *arena; /* of one record */
	uint64_t community;
	int64_t people;
	uint32_t here, roles;
	uint64_t *actors;
	size_t count, max;
};

static enum err count_person(void *arg, struct bytes key, struct bytes value)
{
	struct counting *c = arg;
	struct person p;
	(void)key;
	arena_reset(c->arena);
	if (record_read(c->arena, &person_shape, value, &p) == OK)
		c->people += person_status_at(&p, time_now()) == PERSON_MEMBER;
	return OK;
}

static enum err count_role(void *arg, struct bytes key, struct bytes value)
{
	struct counting *c = arg;
	struct person p;
	(void)value;
	arena_reset(c->arena);
	if (place_id(key, 1) == c->community
		&& load_bare(c->r, c->arena, place_id(key, 0), &p) == OK)
		c->people += counts(&p);
	return OK;
}

enum err role_count(struct txn *r, uint64_t community, int64_t *people)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct counting c = {.r = r, .arena = arena, .community = community};
	uint8_t table = community != 0 ? TABLE_ROLE : TABLE_PERSON;
	struct walk walk = {.prefix = place_0(table), .max = WALK_ALL};
	enum err e = txn_walk(r, &walk, community != 0 ? count_role : count_person, &c);
	if (e == OK)
		*people = c.people;
	return e;
}

static enum err add_holder(void *arg, struct bytes key, struct bytes value)
{
	struct counting *c = arg;
	struct person p;
	struct roles roles;
	uint64_t where = place_id(key, 1);
	uint32_t wanted = where == 0 ? c->roles : where == c->community ? c->here : 0;
	arena_reset(c->arena);
	if (wanted == 0 || record_read(c->arena, &roles_shape, value, &roles) != OK
		|| (roles.bits & wanted) == 0
		|| load_bare(c->r, c->arena, place_id(key, 0), &p) != OK || p.actor == 0
		|| !counts(&p))
		return OK;
	for (size_t i = 0; i < c->count; i++)
		if (c->actors[i] == p.actor)
			return OK;
	c->actors[c->count++] = p.actor;
	return c->count < c->max ? OK : ERR_CONFLICT;
}

static enum err find_holders(struct txn *r, void *arg)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct counting *c = arg;
	struct walk walk = {.prefix = place_0(TABLE_ROLE), .max = WALK_ALL};
	c->r = r;
	c->arena = arena;
	c->count = 0;
	return c->max > 0 ? txn_walk(r, &walk, add_holder, c) : OK;
}

size_t roll_holders(const struct site *site, uint64_t community, uint32_t here, uint32_t roles,
	uint64_t *actors, size_t max)
{
	struct counting c = {
		.community = community, .here = here, .roles = roles, .actors = actors, .max = max};
	return roll_read(site, find_holders, &c) == OK ? c.count : 0;
}
