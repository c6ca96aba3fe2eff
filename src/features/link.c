/* link.c: addresses with a secret in them, sent to one person for one purpose: they end after a time, and most after one
 * use. Only their hash is kept. */
#include "features.h"

#include <string.h>

#define PAYLOAD_MOST 512
#define HASH_AT 17 /* of TABLE_LINK_OF, behind subject and purpose */
#define HASH_SIZE 16
#define PRUNE_SLICE 500
#define ENDED_MOST                                                                                 \
	1000 /* links of one subject ended in one transaction; the rest end by themselves */

static const struct field link_fields[] = {
	{1, F_U32, offsetof(struct link, purpose), 0},
	{2, F_U64, offsetof(struct link, subject), 0},
	{3, F_TEXT, offsetof(struct link, payload), PAYLOAD_MOST},
	{4, F_I64, offsetof(struct link, until), 0},
	{5, F_U32, offsetof(struct link, uses), 0},
};
const struct shape link_shape = {"link", sizeof(struct link), link_fields, COUNT(link_fields)};

/* ---- rows ------------------------------------------------------------------------------------ */

static struct place followed_by(struct place p, const uint8_t *hash)
{
	memcpy(p.at + p.size, hash, HASH_SIZE);
	p.size = (uint8_t)(p.size + HASH_SIZE);
	return p;
}

static struct place by_hash(const uint8_t *hash)
{
	return followed_by(place_0(TABLE_LINK), hash);
}

static enum err link_put(struct txn *t, const struct place *at, const struct link *l)
{
	static const struct bytes one = {"\1", 1};
	const uint8_t *hash = at->at + 1;
	struct place of = followed_by(place_2(TABLE_LINK_OF, l->subject, l->purpose), hash),
		     age = followed_by(place_1(TABLE_LINK_AGE, (uint64_t)l->until), hash);
	enum err e = txn_save(t, at, &link_shape, l);
	if (e == OK)
		e = txn_put(t, &of, one);
	return e == OK ? txn_put(t, &age, one) : e;
}

static enum err link_del(struct txn *t, const struct place *at)
{
	struct link l;
	enum err e = txn_load(t, at, &link_shape, &l);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	const uint8_t *hash = at->at + 1;
	struct place of = followed_by(place_2(TABLE_LINK_OF, l.subject, l.purpose), hash),
		     age = followed_by(place_1(TABLE_LINK_AGE, (uint64_t)l.until), hash);
	e = txn_del(t, at);
	if (e == OK)
		e = txn_del(t, &of);
	return e == OK ? txn_del(t, &age) : e;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

enum err link_make(struct txn *t, const struct link *l, const char **token)
{
	char secret[TOKEN_TEXT];
	crypto_token(secret);
	struct place at = place_hash(TABLE_LINK, secret);
	enum err e = link_put(t, &at, l);
	if (e == OK)
		*token = arena_text(txn_arena(t), secret);
	crypto_wipe(secret, sizeof secret);
	return e;
}

const char *link_token(struct txn *t, const struct link *l)
{
	struct arena *arena = txn_arena(t);
	const struct site *site = txn_site(t);
	uint8_t mac[SHA256_SIZE];
	const char *what = arena_format(arena, "link:%u:%llu:%s", l->purpose,
		(unsigned long long)l->subject, l->payload != NULL ? l->payload : "");
	crypto_hmac(site->secret, sizeof site->secret, what, strlen(what), mac);
	return hex_encode(arena, mac, sizeof mac);
}

enum err link_lasting(struct txn *t, const struct link *l, const char **token)
{
	const char *made = link_token(t, l);
	struct place at = place_hash(TABLE_LINK, made);
	enum err e = link_del(t, &at);
	if (e == OK)
		e = link_put(t, &at, l);
	if (e == OK)
		*token = made;
	return e;
}

enum err link_find(struct txn *t, enum link_purpose purpose, const char *token, struct link *out)
{
	struct link l;
	if (token == NULL)
		return ERR_NOT_FOUND;
	struct place at = place_hash(TABLE_LINK, token);
	enum err e = txn_load(t, &at, &link_shape, &l);
	if (e != OK)
		return e;
	if (l.purpose != purpose || l.until <= time_now())
		return ERR_NOT_FOUND;
	*out = l;
	return OK;
}

enum err link_use(struct txn *t, enum link_purpose purpose, const char *token, struct link *out)
{
	struct link l;
	enum err e = link_find(t, purpose, token, &l);
	if (e != OK)
		return e;
	struct place at = place_hash(TABLE_LINK, token);
	if (l.uses == 1)
		e = link_del(t, &at);
	else if (l.uses != LINK_OFTEN) {
		l.uses--;
		e = txn_save(t, &at, &link_shape, &l);
	}
	if (e == OK)
		*out = l;
	return e;
}

struct ending {
	struct place at[ENDED_MOST];
	size_t count;
};

static enum err end_visit(void *arg, struct bytes key, struct bytes value)
{
	struct ending *x = arg;
	(void)value;
	if (key.size != HASH_AT + HASH_SIZE)
		return ERR_STORE;
	x->at[x->count++] = by_hash((const uint8_t *)key.data + HASH_AT);
	return OK;
}

enum err link_end(struct txn *t, uint64_t subject, enum link_purpose purpose)
{
	struct ending *x = arena_alloc(txn_arena(t), sizeof *x);
	struct walk all = {.prefix = purpose != 0 ? place_2(TABLE_LINK_OF, subject, purpose)
						  : place_1(TABLE_LINK_OF, subject),
		.max = ENDED_MOST};
	enum err e = txn_walk(t, &all, end_visit, x);
	for (size_t i = 0; e == OK && i < x->count; i++)
		e = link_del(t, &x->at[i]);
	return e;
}

/* ---- forgetting ------------------------------------------------------------------------------ */

struct pruning {
	struct place at[PRUNE_SLICE];
	size_t count;
	uint64_t now;
};

static enum err prune_visit(void *arg, struct bytes key, struct bytes value)
{
	struct pruning *p = arg;
	(void)value;
	if (key.size != 1 + 8 + HASH_SIZE)
		return ERR_STORE;
	if (place_id(key, 0) > p->now)
		return ERR_CONFLICT; /* the rest is younger */
	p->at[p->count++] = by_hash((const uint8_t *)key.data + 9);
	return OK;
}

static enum err prune_run(struct txn *t, void *arg)
{
	struct pruning *p = arg;
	struct walk oldest = {.prefix = place_0(TABLE_LINK_AGE), .max = PRUNE_SLICE};
	p->count = 0;
	p->now = (uint64_t)time_now();
	enum err e = txn_walk(t, &oldest, prune_visit, p);
	for (size_t i = 0; e == OK && i < p->count; i++)
		e = link_del(t, &p->at[i]);
	return e;
}

static void prune(struct store *store, void *arg)
{
	(void)arg;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct pruning *p = arena_alloc(arena, sizeof *p);
	enum err e;
	do
		e = store_write(store, prune_run, p);
	while (e == OK && p->count == PRUNE_SLICE);
	if (e != OK)
		log_line(LOG_WARN, "link", "chore=prune error=%s", err_name(e));
}

/* ---- of who leaves: what waits for an answer by mail and holds their address ------------------ */

static bool holds_address(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct leaver *who = arg;
	struct link l;
	(void)key;
	if (who->email == NULL || record_read(scratch, &link_shape, value, &l) != OK)
		return false;
	for (const char *at = l.payload; at != NULL && *at != '\0'; at += *at == '\n') {
		size_t size = strcspn(at, "\n");
		if (text_equal_fold(arena_text_n(scratch, at, size), who->email))
			return true;
		at += size;
	}
	return false;
}

static enum err end_one(struct txn *t, void *arg, const struct place *key)
{
	(void)arg;
	return link_del(t, key);
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct leaver leaver = *who;
	return leaving_sweep(t, TABLE_LINK, at, holds_address, end_one, &leaver);
}

static const struct personal personal = {.forget = forget};
static const struct chore chores[] = {{"link", 15 * MINUTE, prune, NULL}, {0}};

static const struct table_use tables[] = {
	{TABLE_LINK, &link_shape},
	{TABLE_LINK_OF, NULL},
	{TABLE_LINK_AGE, NULL},
	{0},
};

const struct feature feature_link = {
	.name = "link", .tables = tables, .chores = chores, .personal = &personal};
