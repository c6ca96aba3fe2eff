/*
 * check.c: reads a whole store and says what is not sound: rows no table knows, records that do
 * not decode, and indexes that lead nowhere. It reads some rows at a time, so that a serving node
 * is not held up.
 */
#include "media.h"
#include "node.h"
#include "roll.h"

#include <string.h>

#define ROWS 1000
#define FINDINGS_MAX 1000
#define TABLES 256

struct check {
	const char *store; /* before each finding: "" or the name of the other one */
	const struct table_use *known[TABLES];
	struct text *out;
	size_t findings;
	size_t parked;     /* sound, and still the admin's to know of */
	struct place next; /* where to go on */
	bool more;
	size_t rows;
	struct txn *txn;
};

static const struct table_use storage_tables[] = {
	{TABLE_META, NULL}, {TABLE_JOURNAL, NULL}, {TABLE_READER, NULL}, {0}};
static const struct table_use session_tables[] = {
	{TABLE_SESSION, &session_shape}, {TABLE_TOKEN, &token_shape}, {0}};

static void finding(struct check *c, struct bytes key, const char *what)
{
	if (++c->findings > FINDINGS_MAX)
		return;
	text_format(c->out, "%stable %u, key %s: %s\n", c->store, *(const uint8_t *)key.data,
		hex_encode(txn_arena(c->txn), key.data, key.size), what);
}

static void know(struct check *c, const struct table_use *list)
{
	for (; list && list->table; list++)
		c->known[list->table] = list;
}

/* ---- indexes: the row a row leads to must be there ---- */

struct lead {
	uint8_t table, to;
	bool by_value; /* the id is the value; else the field-th u64 of the key */
	size_t field;
};
static const struct lead leads[] = {
	{TABLE_ACTOR_URI, TABLE_ACTOR, true, 0},
	{TABLE_NAME, TABLE_ACTOR, true, 0},
	{TABLE_HANDLE, TABLE_ACTOR, true, 0},
	{TABLE_KEYS, TABLE_ACTOR, false, 0},
	{TABLE_ACCOUNT, TABLE_ACTOR, false, 0},
	{TABLE_EMAIL, TABLE_ACCOUNT, true, 0},
	{TABLE_SECOND, TABLE_ACCOUNT, false, 0},
	{TABLE_COMMUNITY, TABLE_ACTOR, false, 0},
	{TABLE_FOLLOWER, TABLE_ACTOR, false, 1},
	{TABLE_FOLLOWING, TABLE_ACTOR, false, 1},
	{TABLE_POST_URI, TABLE_POST, true, 0},
	{TABLE_BY_AUTHOR, TABLE_POST, false, 1},
	{TABLE_BY_COMMUNITY, TABLE_POST, false, 1},
	{TABLE_BY_ROOT, TABLE_POST, false, 1},
	{TABLE_FEATURED, TABLE_POST, false, 1},
	{TABLE_REACTION, TABLE_POST, false, 0},
	{TABLE_TALLY, TABLE_POST, false, 0},
	{TABLE_MEDIA_LOOSE, TABLE_MEDIA, false, 0},
	{TABLE_MEDIA_URL, TABLE_MEDIA, true, 0},
	{TABLE_MEDIA_CACHED, TABLE_MEDIA, false, 0},
	{TABLE_PERSON_ACTOR, TABLE_PERSON, true, 0},
	{TABLE_PERSON_WORD, TABLE_PERSON, true, 0},
	{TABLE_ROLE, TABLE_PERSON, false, 0},
};

static void check_lead(struct check *c, uint8_t table, struct bytes key, struct bytes value)
{
	for (size_t i = 0; i < COUNT(leads); i++) {
		if (leads[i].table != table)
			continue;
		bool fits = leads[i].by_value ? value.size == 8
					      : key.size >= 9 + leads[i].field * 8;
		if (!fits) {
			finding(c, key, "has not the size it should have");
			continue;
		}
		uint64_t id = leads[i].by_value ? place_id_at(value, 0)
						: place_id(key, leads[i].field);
		bool of_actor = table == TABLE_TALLY && key.size >= 17
			&& place_id(key, 1) == TALLY_FOLLOWERS;
		struct place to = place_1(of_actor ? TABLE_ACTOR : leads[i].to, id);
		struct bytes found;
		if (txn_get(c->txn, &to, &found) != OK)
			finding(c, key, "leads to a record that is not there");
	}
}

/* The key of the words of a person, or of who asked to come in or was invited. */
static void check_key(struct check *c, struct bytes key)
{
	static const uint8_t sealed[] = {TABLE_PERSON, TABLE_APPLICATION, TABLE_INVITE};
	for (size_t i = 0; key.size == 9 && i < COUNT(sealed); i++) {
		struct place to = place_1(sealed[i], place_id(key, 0));
		struct bytes found;
		if (txn_get(c->txn, &to, &found) == OK)
			return;
	}
	finding(c, key, "leads to a record that is not there");
}

static void check_delivery(struct check *c, struct bytes key)
{
	struct place activity = place_1(TABLE_ACTIVITY, delivery_activity(key));
	struct bytes found;
	if (txn_get(c->txn, &activity, &found) != OK)
		finding(c, key, "waits to send an activity that is not there");
}

/* The files that a record names, whole and as their name says. */
static void check_media(struct check *c, struct bytes key, const struct media *m)
{
	const char *const files[] = {m->file, m->small};
	for (size_t i = 0; i < COUNT(files); i++) {
		ARENA_CLEANUP struct arena *arena = arena_create();
		struct bytes b;
		enum err e = files[i] != NULL
			? blob_read(arena, txn_site(c->txn)->blobs, files[i], &b)
			: OK;
		if (e != OK)
			finding(c, key,
				e == ERR_NOT_FOUND ? "names a file that is not there"
						   : "names a file that is damaged");
	}
}

/* ---- the walk ---- */

static enum err check_row(void *arg, struct bytes key, struct bytes value)
{
	struct check *c = arg;
	if (c->rows == ROWS) {
		c->more = true;
		c->next = place_key(key);
		return ERR_CONFLICT;
	}
	c->rows++;
	uint8_t table = *(const uint8_t *)key.data;
	const struct table_use *use = c->known[table];
	if (!use) {
		finding(c, key, "is in no table of this version");
	} else if (use->shape) {
		void *record = arena_alloc(txn_arena(c->txn), use->shape->size);
		if (record_read(txn_arena(c->txn), use->shape, value, record) != OK)
			finding(c, key, "is a record that cannot be read");
		else if (table == TABLE_MEDIA)
			check_media(c, key, record);
	}
	check_lead(c, table, key, value);
	if (table == TABLE_QUEUE)
		check_delivery(c, key);
	else if (table == TABLE_PERSON_KEY)
		check_key(c, key);
	c->parked += table == TABLE_PARKED;
	return OK;
}

static enum err check_some(struct txn *t, void *arg)
{
	struct check *c = arg;
	struct place from = c->next;
	struct walk walk = {.from = from.size ? &from : NULL, .max = WALK_ALL};
	c->txn = t;
	c->rows = 0;
	c->more = false;
	return txn_walk(t, &walk, check_row, c);
}

static size_t check_store(struct check *c, struct store *store)
{
	do {
		enum err e = store_read(store, check_some, c);
		if (e != OK) {
			text_format(c->out, "%sthe store cannot be read: %s\n", c->store,
				err_message(e));
			return c->findings + 1;
		}
	} while (c->more);
	return c->findings;
}

/* A person that does not open, a record of the audit log that does not follow from the one before. */
static enum err check_sealed(struct txn *r, void *arg)
{
	struct check *c = arg;
	struct person p;
	struct u64s ids;
	uint64_t after = 0, broken;
	enum err e;
	do {
		e = person_list(r, after, ROWS, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			after = ids.at[i];
			struct place place = place_1(TABLE_PERSON, after);
			c->txn = r;
			if (person_load(r, after, &p) != OK)
				finding(c, (struct bytes){place.at, place.size},
					"cannot be opened");
		}
	} while (e == OK && ids.count == ROWS);
	if (e == OK && audit_check(r, &broken) == ERR_STORE) {
		c->findings++;
		text_format(c->out, "%sthe audit log was changed at record %llu\n", c->store,
			(unsigned long long)broken);
	}
	return e;
}

size_t node_check(struct kring *node, struct text *out)
{
	struct check c = {.store = "", .out = out}, roll = {.store = "roll: ", .out = out};
	know(&c, storage_tables);
	know(&c, session_tables);
	know(&c, federation_tables);
	for (size_t i = 0; features[i]; i++)
		know(&c, features[i]->tables);
	know(&roll, storage_tables);
	know(&roll, roll_tables);
	size_t findings = check_store(&c, node->store);
	check_store(&roll, roll_store(node->site.roll));
	enum err e = roll_read(&node->site, check_sealed, &roll);
	if (e != OK)
		text_format(out, "roll: it cannot be read: %s\n", err_message(e));
	if (c.parked > 0)
		text_format(out, "inbox: %zu could not be taken in; `kring inbox` lists them\n",
			c.parked);
	bool searchable = search_file_is_sound(node_index(node->arena, node->dir));
	if (!searchable)
		text_add(out,
			"search: the index is damaged; `kring search rebuild` makes it anew\n");
	return findings + roll.findings + (e != OK) + !searchable;
}
