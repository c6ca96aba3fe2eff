/* roll.c: the store of the roll, and the persons in it: their words sealed, each under a key of its own. */
#include "joining.h"
#include "memberfile.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST 1000 /* bytes of one field: 200 signs and room */
#define TEXT_MOST 4000
#define SEALED_MOST 32768
#define CHANGES_MOST 500
#define KEY_SIZE 32
#define MAP_SIZE ((size_t)4 << 30)
#define LIST_MOST 1000

/* ---- the store ------------------------------------------------------------------------------- */

#define COUNTS 64
struct counted { /* of one community, as true as the version of the store and the minute it was made in */
	uint64_t community, version;
	int64_t until; /* steady; 0: never made */
	int64_t people;
};
struct roll {
	const struct site *site;
	struct store *store;
	struct pool *worker;
	pthread_mutex_t mutex; /* over the counts */
	struct counted counts[COUNTS];
};

enum err roll_open(struct arena *arena, const struct site *site, const char *path,
	struct roll **out, const char **why)
{
	struct roll *roll = calloc(1, sizeof *roll);
	if (roll == NULL)
		die("out of memory for the roll");
	roll->site = site;
	pthread_mutex_init(&roll->mutex, NULL);
	roll->worker = pool_create("roll", 1, 1);
	struct store_settings set = {.path = path, .map_size = MAP_SIZE, .owner = roll};
	enum err e = store_open(arena, &set, &roll->store, why);
	if (e == OK)
		*out = roll;
	else
		roll_close(roll);
	return e;
}

void roll_close(struct roll *roll)
{
	if (roll == NULL)
		return;
	pool_destroy(roll->worker);
	store_close(roll->store);
	pthread_mutex_destroy(&roll->mutex);
	free(roll);
}

enum err roll_work(const struct site *site, void (*run)(void *), void *arg)
{
	return pool_submit(site->roll->worker, run, arg);
}

struct store *roll_store(struct roll *roll)
{
	return roll->store;
}

enum err roll_write(const struct site *site, write_fn *run, void *arg)
{
	return store_write(site->roll->store, run, arg);
}

enum err roll_submit(
	const struct site *site, write_fn *run, void *arg, done_fn *done, void *done_arg)
{
	return store_submit(site->roll->store, run, arg, done, done_arg);
}

enum err roll_read(const struct site *site, read_fn *run, void *arg)
{
	if (site->roll == NULL)
		return ERR_NOT_FOUND;
	return store_read(site->roll->store, run, arg);
}

struct counting {
	uint64_t community;
	int64_t people;
};

static enum err count(struct txn *r, void *arg)
{
	struct counting *c = arg;
	return role_count(r, c->community, &c->people);
}

int64_t roll_count(const struct site *site, uint64_t community)
{
	struct roll *roll = site->roll;
	if (roll == NULL)
		return 0;
	struct counted *slot = &roll->counts[community * UINT64_C(0x9e3779b97f4a7c15) >> 58];
	struct counting c = {.community = community};
	uint64_t version = store_version(roll->store);
	pthread_mutex_lock(&roll->mutex);
	struct counted known = *slot;
	pthread_mutex_unlock(&roll->mutex);
	if (known.community == community && known.version == version && time_steady() < known.until)
		return known.people;
	if (roll_read(site, count, &c) != OK)
		return 0;
	known = (struct counted){community, version, time_steady() + MINUTE, c.people};
	pthread_mutex_lock(&roll->mutex);
	*slot = known;
	pthread_mutex_unlock(&roll->mutex);
	return known.people;
}

static const uint8_t *secret_of(const struct txn *r)
{
	const struct roll *roll = txn_owner(r);
	return roll->site->secret;
}

/* ---- records --------------------------------------------------------------------------------- */

static const struct field person_fields[] = {
	{1, F_U64, offsetof(struct person, id), 0},
	{2, F_U64, offsetof(struct person, actor), 0},
	{3, F_U32, offsetof(struct person, status), 0},
	{4, F_I64, offsetof(struct person, from), 0},
	{5, F_I64, offsetof(struct person, until), 0},
	{6, F_I64, offsetof(struct person, added), 0},
	{7, F_I64, offsetof(struct person, changed), 0},
	{8, F_BYTES, offsetof(struct person, sealed), SEALED_MOST},
};
const struct shape person_shape = {
	"person", sizeof(struct person), person_fields, COUNT(person_fields)};

static const struct field word_fields[] = {
	{1, F_TEXT, offsetof(struct person, number), LINE_MOST},
	{2, F_TEXT, offsetof(struct person, name), LINE_MOST},
	{3, F_TEXT, offsetof(struct person, email), LINE_MOST},
	{4, F_TEXT, offsetof(struct person, type), LINE_MOST},
	{5, F_TEXT, offsetof(struct person, phone), LINE_MOST},
	{6, F_TEXT, offsetof(struct person, street), LINE_MOST},
	{7, F_TEXT, offsetof(struct person, postcode), LINE_MOST},
	{8, F_TEXT, offsetof(struct person, town), LINE_MOST},
	{9, F_TEXT, offsetof(struct person, country), LINE_MOST},
	{10, F_TEXT, offsetof(struct person, born), LINE_MOST},
	{11, F_TEXT, offsetof(struct person, note), TEXT_MOST},
	{12, F_TEXT, offsetof(struct person, reason), TEXT_MOST},
};
static const char *const word_names[COUNT(word_fields)] = {"number", "name", "email", "type",
	"phone", "street", "postcode", "town", "country", "born", "note", "reason"};
const struct shape person_words_shape = {
	"person words", sizeof(struct person), word_fields, COUNT(word_fields)};

const struct table_use roll_tables[] = {
	{TABLE_PERSON, &person_shape},
	{TABLE_PERSON_KEY, NULL},
	{TABLE_PERSON_ACTOR, NULL},
	{TABLE_PERSON_WORD, NULL},
	{TABLE_ROLE, &roles_shape},
	{TABLE_ROLE_LEFT, &roles_shape},
	{TABLE_AUDIT, &audit_shape},
	{TABLE_AUDIT_BASE, &audit_shape},
	{TABLE_LINKED, &linked_shape},
	{TABLE_LINKED_TO, NULL},
	{TABLE_ADMITTED, &admitted_shape},
	{TABLE_LINK_ASKED, NULL},
	{TABLE_IMPORT_COLUMN, NULL},
	{TABLE_IMPORT, &import_shape},
	{TABLE_IMPORT_ROW, NULL},
	{TABLE_ROLL_LOOK, NULL},
	{TABLE_APPLICATION, &application_shape},
	{TABLE_APPLICATION_OF, NULL},
	{TABLE_APPLICATION_PERSON, NULL},
	{TABLE_APPLICATION_TELL, NULL},
	{TABLE_INVITE, &invite_shape},
	{TABLE_ROLL_OPENED, NULL},
	{TABLE_AUDIT_PLACE, NULL},
	{0},
};

static const char *word_of(const struct person *p, size_t field)
{
	const char *word;
	memcpy(&word, (const char *)p + word_fields[field].offset, sizeof word);
	return word;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

enum person_status person_status_at(const struct person *p, int64_t now)
{
	if (p->status != PERSON_MEMBER)
		return p->status;
	if (p->until != 0 && now >= p->until)
		return PERSON_LAPSED;
	return p->from != 0 && now < p->from ? PERSON_GUEST : PERSON_MEMBER;
}

const char *person_status_words(const char *language, enum person_status status)
{
	static const char *const status_names[] = {[PERSON_APPLICANT] = "Asked to join",
		[PERSON_GUEST] = "Guest",
		[PERSON_MEMBER] = "Member",
		[PERSON_LAPSED] = "No longer a member",
		[PERSON_REFUSED] = "Refused"};
	return i18n(language, status_names[status]);
}

/* ---- sealing: the key of a person's words is sealed with the node's secret; when it is gone, so are they ---- */

static enum err open_key(struct txn *r, uint64_t id, struct bytes *key)
{
	struct bytes sealed;
	struct place place = place_1(TABLE_PERSON_KEY, id);
	enum err e = txn_get(r, &place, &sealed);
	if (e != OK)
		return e;
	char id_words[ID_TEXT];
	const char *label = arena_format(txn_arena(r), "roll:%s", id_text(id, id_words));
	return crypto_open(txn_arena(r), secret_of(r), label, sealed, key) && key->size == KEY_SIZE
		? OK
		: ERR_STORE;
}

static enum err make_key(struct txn *r, uint64_t id, struct bytes *key)
{
	uint8_t *fresh = arena_alloc(txn_arena(r), KEY_SIZE);
	char id_words[ID_TEXT];
	const char *label = arena_format(txn_arena(r), "roll:%s", id_text(id, id_words));
	struct place place = place_1(TABLE_PERSON_KEY, id);
	crypto_random(fresh, KEY_SIZE);
	*key = (struct bytes){fresh, KEY_SIZE};
	return txn_put(r, &place, crypto_seal(txn_arena(r), secret_of(r), label, *key));
}

static const char *words_label(struct txn *r, uint64_t id)
{
	char id_words[ID_TEXT];
	return arena_format(txn_arena(r), "person:%s", id_text(id, id_words));
}

enum err roll_seal(struct txn *r, uint64_t id, struct bytes plain, struct bytes *sealed)
{
	struct bytes key;
	enum err e = open_key(r, id, &key);
	if (e == ERR_NOT_FOUND)
		e = make_key(r, id, &key);
	if (e == OK)
		*sealed = crypto_seal(txn_arena(r), key.data, words_label(r, id), plain);
	return e;
}

enum err roll_unseal(struct txn *r, uint64_t id, struct bytes sealed, struct bytes *plain)
{
	struct bytes key;
	enum err e = open_key(r, id, &key);
	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_STORE : e;
	return crypto_open(txn_arena(r), key.data, words_label(r, id), sealed, plain) ? OK
										      : ERR_STORE;
}

enum err roll_unkey(struct txn *r, uint64_t id)
{
	struct place key = place_1(TABLE_PERSON_KEY, id);
	return txn_del(r, &key);
}

static enum err seal(struct txn *r, struct person *p)
{
	struct bytes plain;
	enum err e = record_write(txn_arena(r), &person_words_shape, p, &plain);
	return e == OK ? roll_seal(r, p->id, plain, &p->sealed) : e;
}

static enum err unseal(struct txn *r, struct person *p)
{
	struct bytes plain;
	struct person words;
	enum err e = roll_unseal(r, p->id, p->sealed, &plain);
	if (e == OK)
		e = record_read(txn_arena(r), &person_words_shape, plain, &words);
	if (e != OK)
		return e;
	words.id = p->id;
	words.actor = p->actor;
	words.status = p->status;
	words.from = p->from;
	words.until = p->until;
	words.added = p->added;
	words.changed = p->changed;
	*p = words;
	return OK;
}

/* ---- finding --------------------------------------------------------------------------------- */

enum err person_load(struct txn *r, uint64_t id, struct person *out)
{
	struct person p;
	struct place place = place_1(TABLE_PERSON, id);
	enum err e = txn_load(r, &place, &person_shape, &p);
	if (e == OK)
		e = unseal(r, &p);
	if (e == OK)
		*out = p;
	return e;
}

static struct place actor_place(uint64_t actor)
{
	return place_1(TABLE_PERSON_ACTOR, actor);
}

/* Keyed, so that the store alone does not answer whether someone is on the roll. */
static struct place word_place(struct txn *r, const char *kind, const char *word)
{
	uint8_t sum[SHA256_SIZE];
	const char *whole = arena_format(txn_arena(r), "%s:%s", kind,
		text_lower(txn_arena(r), text_trim(txn_arena(r), word)));
	crypto_hmac(secret_of(r), KEY_SIZE, whole, strlen(whole), sum);
	return place_hash(TABLE_PERSON_WORD, hex_encode(txn_arena(r), sum, sizeof sum));
}

static enum err by_place(struct txn *r, const struct place *place, struct person *out)
{
	uint64_t id;
	enum err e = txn_get_id(r, place, &id);
	return e == OK ? person_load(r, id, out) : e;
}

enum err person_by_actor(struct txn *r, uint64_t actor, struct person *out)
{
	struct place place = actor_place(actor);
	return by_place(r, &place, out);
}

enum err person_by_number(struct txn *r, const char *number, struct person *out)
{
	struct place place = word_place(r, "number", number);
	return by_place(r, &place, out);
}

enum err person_by_email(struct txn *r, const char *email, struct person *out)
{
	struct place place = word_place(r, "email", email);
	return by_place(r, &place, out);
}

struct listing {
	uint64_t *ids;
	size_t count;
};

static enum err list_one(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	(void)value;
	l->ids[l->count++] = place_id(key, 0);
	return OK;
}

enum err person_list(struct txn *r, uint64_t after, size_t max, struct u64s *out)
{
	if (max > LIST_MOST)
		max = LIST_MOST;
	struct listing l = {.ids = arena_array(txn_arena(r), max, sizeof *l.ids)};
	struct place from = place_1(TABLE_PERSON, after + 1);
	struct walk walk = {.prefix = place_0(TABLE_PERSON), .from = &from, .max = max};
	enum err e = txn_walk(r, &walk, list_one, &l);
	if (e == OK)
		*out = (struct u64s){l.ids, l.count};
	return e;
}

/* ---- changing -------------------------------------------------------------------------------- */

/* The index rows of a person: what finds one is that person's only. */
struct index {
	struct place at[3];
	size_t count;
};

static struct index index_of(struct txn *r, const struct person *p)
{
	struct index x = {.count = 0};
	if (p->actor != 0)
		x.at[x.count++] = actor_place(p->actor);
	if (p->number != NULL && *p->number != '\0')
		x.at[x.count++] = word_place(r, "number", p->number);
	if (p->email != NULL && *p->email != '\0')
		x.at[x.count++] = word_place(r, "email", p->email);
	return x;
}

/* All of them or, when one is another's, none. */
static enum err index_move(
	struct txn *r, const struct person *was, const struct person *is, uint64_t id)
{
	struct index from = index_of(r, was), to = index_of(r, is);
	enum err e = OK;
	for (size_t i = 0; i < to.count; i++) {
		uint64_t other;
		e = txn_get_id(r, &to.at[i], &other);
		if (e == OK && other != id)
			return ERR_CONFLICT;
		if (e != OK && e != ERR_NOT_FOUND)
			return e;
	}
	e = OK;
	for (size_t i = 0; e == OK && i < from.count; i++)
		e = txn_del(r, &from.at[i]);
	for (size_t i = 0; e == OK && i < to.count; i++)
		e = txn_put_id(r, &to.at[i], id);
	return e;
}

static enum err note_act(
	struct txn *r, const struct doer *by, enum audit_act act, uint64_t id, const char *words)
{
	struct audit a = {
		.actor = by->actor, .act = act, .person = id, .words = words, .reason = by->reason};
	return by->in_bulk ? OK : audit_add(r, &a);
}

static const char *what_changed(struct arena *arena, const struct person *a, const struct person *b)
{
	struct text t;
	text_init(&t, arena, CHANGES_MOST);
	const struct {
		const char *name;
		bool differs;
	} plain[] = {{"account", a->actor != b->actor}, {"status", a->status != b->status},
		{"from", a->from != b->from}, {"until", a->until != b->until}};
	for (size_t i = 0; i < COUNT(plain); i++)
		if (plain[i].differs)
			text_format(&t, "%s%s", t.size > 0 ? " " : "", plain[i].name);
	for (size_t i = 0; i < COUNT(word_fields); i++)
		if (!same(word_of(a, i), word_of(b, i)))
			text_format(&t, "%s%s", t.size > 0 ? " " : "", word_names[i]);
	return t.at;
}

static enum err put(struct txn *r, struct person *p)
{
	struct place place = place_1(TABLE_PERSON, p->id);
	enum err e = seal(r, p);
	return e == OK ? txn_save(r, &place, &person_shape, p) : e;
}

enum err person_add(struct txn *r, const struct doer *by, struct person *p)
{
	struct person fresh = *p, none = {0};
	fresh.id = id_next();
	fresh.added = fresh.changed = time_now();
	enum err e = index_move(r, &none, &fresh, fresh.id);
	if (e == OK)
		e = put(r, &fresh);
	if (e == OK)
		e = note_act(r, by, AUDIT_ADD, fresh.id, NULL);
	if (e == OK)
		*p = fresh;
	return e;
}

enum err person_save(struct txn *r, const struct doer *by, const struct person *p)
{
	struct person was, next = *p;
	enum err e = person_load(r, p->id, &was);
	if (e != OK)
		return e;
	const char *changed = what_changed(txn_arena(r), &was, p);
	if (*changed == '\0')
		return OK;
	next.added = was.added;
	next.changed = time_now();
	e = index_move(r, &was, &next, p->id);
	if (e == OK)
		e = put(r, &next);
	return e == OK ? note_act(r, by, AUDIT_CHANGE, p->id, changed) : e;
}

enum err person_copy(struct txn *r, uint64_t id, struct bytes *out)
{
	struct bytes row;
	struct place place = place_1(TABLE_PERSON, id);
	enum err e = txn_get(r, &place, &row);
	if (e == OK)
		*out = arena_bytes(txn_arena(r), row);
	return e;
}

enum err person_put_back(struct txn *r, const struct doer *by, struct bytes copy)
{
	struct person was, next;
	enum err e = record_read(txn_arena(r), &person_shape, copy, &next);
	if (e == OK)
		e = person_load(r, next.id, &was);
	if (e == OK)
		e = unseal(r, &next);
	if (e == OK)
		e = index_move(r, &was, &next, next.id);
	struct place place = place_1(TABLE_PERSON, next.id);
	if (e == OK)
		e = txn_put(r, &place, copy);
	const char *changed = e == OK ? what_changed(txn_arena(r), &was, &next) : NULL;
	return e == OK ? note_act(r, by, AUDIT_CHANGE, next.id, changed) : e;
}

enum err person_remove(struct txn *r, const struct doer *by, uint64_t id)
{
	struct person was, none = {0};
	enum err e = person_load(r, id, &was);
	if (e != OK)
		return e;
	struct place person = place_1(TABLE_PERSON, id);
	e = index_move(r, &was, &none, id);
	if (e == OK)
		e = role_forget(r, id);
	if (e == OK)
		e = application_forget(r, id);
	if (e == OK)
		e = linked_forget(r, id);
	if (e == OK)
		e = txn_del(r, &person);
	if (e == OK)
		e = roll_unkey(r, id);
	return e == OK ? note_act(r, by, AUDIT_REMOVE, id, NULL) : e;
}
