/* session.c: who asks: sessions, bearer tokens, and the proof that a form is ours (CSRF). */
#include "inside.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#define COOKIE "kring"
#define SESSIONS_MAX 32 /* per person; one more and the one used longest ago ends */
#define TOKENS_MAX 100
#define ACCESS_MAX (SESSIONS_MAX + TOKENS_MAX)
#define HASH_SIZE 16
#define PRUNE_SLICE 500

static const struct field session_fields[] = {
	{1, F_U64, offsetof(struct session, actor), 0},
	{2, F_I64, offsetof(struct session, created), 0},
	{3, F_I64, offsetof(struct session, used), 0},
	{4, F_TEXT, offsetof(struct session, handle), TOKEN_TEXT},
	{5, F_TEXT, offsetof(struct session, agent), 64},
};
const struct shape session_shape = {
	"session", sizeof(struct session), session_fields, COUNT(session_fields)};

static const struct field token_fields[] = {
	{1, F_U64, offsetof(struct token, actor), 0},
	{2, F_I64, offsetof(struct token, created), 0},
	{3, F_I64, offsetof(struct token, used), 0},
	{4, F_TEXT, offsetof(struct token, scope), 512},
	{5, F_TEXT, offsetof(struct token, label), 256},
};
const struct shape token_shape = {"token", sizeof(struct token), token_fields, COUNT(token_fields)};

/* ---- records: found by the hash of what the caller holds, so a copy of the store signs nobody in ---- */

static struct place access_place(uint64_t actor, const struct place *secret)
{
	return place_join(place_1(TABLE_ACCESS, actor), *secret);
}

static enum err access_put(struct txn *t, uint64_t actor, const struct place *secret)
{
	struct place p = access_place(actor, secret);
	return txn_put(t, &p, (struct bytes){secret->at, 1}); /* the table it is in */
}

static enum err access_del(struct txn *t, uint64_t actor, const struct place *secret)
{
	struct place p = access_place(actor, secret);
	enum err e = txn_del(t, &p);
	return e == OK ? txn_del(t, secret) : e;
}

struct access_list {
	struct place at[ACCESS_MAX]; /* of the sessions and tokens themselves */
	size_t count;
};

static enum err access_visit(void *arg, struct bytes key, struct bytes value)
{
	struct access_list *list = arg;
	if (key.size != 1 + 8 + HASH_SIZE || value.size != 1)
		return ERR_STORE;
	struct place *p = &list->at[list->count++];
	p->size = 1 + HASH_SIZE;
	memcpy(p->at, value.data, 1);
	memcpy(p->at + 1, (const uint8_t *)key.data + 9, HASH_SIZE);
	return OK;
}

static enum err access_list(struct txn *t, uint64_t actor, struct access_list **out)
{
	*out = arena_alloc(txn_arena(t), sizeof **out);
	struct walk all = {.prefix = place_1(TABLE_ACCESS, actor), .max = ACCESS_MAX};
	return txn_walk(t, &all, access_visit, *out);
}

static const char *hash_text(struct arena *arena, const struct place *secret)
{
	return hex_encode(arena, secret->at + 1, HASH_SIZE);
}

static bool is_secret(const char *s)
{
	return s != NULL && strlen(s) == TOKEN_TEXT - 1;
}

/* ---- sessions -------------------------------------------------------------------------------- */

/* What its owner sees in the list of sessions: enough to tell the tablet from the phone, no more. */
static const char *agent_of(struct arena *arena, const char *header)
{
	static const char *const programs[][2] = {{"Firefox/", "Firefox"}, {"Edg", "Edge"},
		{"OPR/", "Opera"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}};
	static const char *const systems[][2] = {{"Android", "Android"}, {"iPhone", "iPhone"},
		{"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"},
		{"Linux", "Linux"}};
	const char *program = NULL, *system = NULL;
	for (size_t i = 0; header != NULL && program == NULL && i < COUNT(programs); i++)
		program = strstr(header, programs[i][0]) != NULL ? programs[i][1] : NULL;
	for (size_t i = 0; header != NULL && system == NULL && i < COUNT(systems); i++)
		system = strstr(header, systems[i][0]) != NULL ? systems[i][1] : NULL;
	/* Names only, which are the same in every language; "" when there is none. */
	return arena_format(arena, "%s%s%s", program != NULL ? program : "",
		program != NULL && system != NULL ? ", " : "", system != NULL ? system : "");
}

/* Room for one more session: the one used longest ago makes it. */
static enum err session_make_room(struct txn *t, uint64_t actor)
{
	struct access_list *list;
	enum err e = access_list(t, actor, &list);
	const struct place *oldest = NULL;
	int64_t oldest_used = INT64_MAX;
	size_t sessions = 0;
	for (size_t i = 0; e == OK && i < list->count; i++) {
		struct session s;
		if (list->at[i].at[0] != TABLE_SESSION)
			continue;
		e = txn_load(t, &list->at[i], &session_shape, &s);
		sessions++;
		if (e == OK && s.used < oldest_used) {
			oldest = &list->at[i];
			oldest_used = s.used;
		}
	}
	if (e != OK || sessions < SESSIONS_MAX || oldest == NULL)
		return e;
	return access_del(t, actor, oldest);
}

static enum err session_drop(struct txn *t, struct call *c)
{
	const char *secret = call_cookie(c, COOKIE);
	if (!is_secret(secret))
		return OK;
	struct session s;
	struct place p = place_hash(TABLE_SESSION, secret);
	enum err e = txn_load(t, &p, &session_shape, &s);
	return e == ERR_NOT_FOUND ? OK : e == OK ? access_del(t, s.actor, &p) : e;
}

enum err session_begin(struct txn *t, struct call *c, uint64_t actor)
{
	char secret[TOKEN_TEXT], handle[TOKEN_TEXT];
	crypto_token(secret);
	crypto_token(handle);
	int64_t now = time_now();
	struct session s = {
		actor, now, now, handle, agent_of(txn_arena(t), call_header(c, "User-Agent"))};
	struct place p = place_hash(TABLE_SESSION, secret);
	enum err e = session_drop(
		t, c); /* a new person, a new secret: nobody can plant one beforehand */
	if (e == OK)
		e = session_make_room(t, actor);
	if (e == OK)
		e = txn_save(t, &p, &session_shape, &s);
	if (e == OK)
		e = access_put(t, actor, &p);
	if (e == OK)
		reply_cookie(c, COOKIE, secret, SESSION_WHOLE / SECOND);
	crypto_wipe(secret, sizeof secret);
	return e;
}

enum err session_end(struct txn *t, struct call *c)
{
	enum err e = session_drop(t, c);
	if (e == OK)
		reply_cookie(c, COOKIE, "", 0);
	return e;
}

enum err session_end_one(struct txn *t, uint64_t actor, const char *hash)
{
	struct access_list *list;
	enum err e = access_list(t, actor, &list);
	for (size_t i = 0; e == OK && i < list->count; i++)
		if (text_is(hash_text(txn_arena(t), &list->at[i]), hash))
			return access_del(t, actor, &list->at[i]);
	return e == OK ? ERR_NOT_FOUND : e;
}

enum err session_end_all(struct txn *t, uint64_t actor)
{
	struct access_list *list;
	enum err e = access_list(t, actor, &list);
	for (size_t i = 0; e == OK && i < list->count; i++)
		e = access_del(t, actor, &list->at[i]);
	return e;
}

enum err token_create(struct txn *t, struct arena *arena, uint64_t actor, const char *scope,
	const char *label, const char **out)
{
	struct access_list *list;
	size_t tokens = 0;
	enum err e = access_list(t, actor, &list);
	for (size_t i = 0; e == OK && i < list->count; i++)
		tokens += list->at[i].at[0] == TABLE_TOKEN;
	if (e == OK && tokens >= TOKENS_MAX)
		return ERR_TOO_MUCH;
	char secret[TOKEN_TEXT];
	crypto_token(secret);
	int64_t now = time_now();
	struct token k = {actor, now, now, scope, label};
	struct place p = place_hash(TABLE_TOKEN, secret);
	if (e == OK)
		e = txn_save(t, &p, &token_shape, &k);
	if (e == OK)
		e = access_put(t, actor, &p);
	if (e == OK)
		*out = arena_text(arena, secret);
	return e;
}

enum err token_end(struct txn *t, const char *token)
{
	if (!is_secret(token))
		return ERR_NOT_FOUND;
	struct token k;
	struct place p = place_hash(TABLE_TOKEN, token);
	enum err e = txn_load(t, &p, &token_shape, &k);
	return e == OK ? access_del(t, k.actor, &p) : e;
}

/* ---- who asks -------------------------------------------------------------------------------- */

struct touch {
	struct place at;
	int64_t now;
};

/* Last use, to the hour: a write per request would be the busiest write of the node. */
static enum err touch_run(struct txn *t, void *arg)
{
	const struct touch *touch = arg;
	struct session s;
	struct token k;
	if (touch->at.at[0] == TABLE_TOKEN) {
		enum err e = txn_load(t, &touch->at, &token_shape, &k);
		k.used = touch->now;
		return e == OK ? txn_save(t, &touch->at, &token_shape, &k) : e;
	}
	enum err e = txn_load(t, &touch->at, &session_shape, &s);
	s.used = touch->now;
	return e == OK ? txn_save(t, &touch->at, &session_shape, &s) : e;
}

static void touch_done(void *arg, enum err e)
{
	(void)e; /* ended meanwhile, or the store is busy: the next call tries again */
	free(arg);
}

static void touch_if_stale(struct exchange *x, const struct place *at, int64_t used, int64_t now)
{
	if (now - used < HOUR)
		return;
	struct touch *touch = malloc(sizeof *touch);
	if (touch == NULL)
		die("out of memory");
	*touch = (struct touch){*at, now};
	if (store_submit(x->call.store, touch_run, touch, touch_done, touch) != OK)
		free(touch);
}

/* The person behind a secret, or nobody when they may not come in. */
static enum err identify_local(struct exchange *x, struct txn *t, uint64_t actor)
{
	struct arena *arena = x->call.arena;
	struct signed_in m = {0};
	signed_in_fn *ask = http_settings(x)->signed_in;
	enum err e = ask != NULL ? ask(t, actor, &m) : ERR_NOT_FOUND;
	if (e != OK)
		return e;
	x->signed_in = (struct signed_in){arena_text(arena, m.name), arena_text(arena, m.title),
		arena_text(arena, m.url), m.admin, m.member, m.roll, m.second, m.news};
	x->call.viewer = (struct viewer){
		.actor = actor, .local = true, .member = m.member, .admin = m.admin};
	return OK;
}

static enum err identify_cookie(struct exchange *x, struct txn *t)
{
	const char *secret = call_cookie(&x->call, COOKIE);
	if (!is_secret(secret))
		return ERR_NOT_FOUND;
	struct place p = place_hash(TABLE_SESSION, secret);
	struct session s;
	int64_t now = time_now();
	enum err e = txn_load(t, &p, &session_shape, &s);
	if (e == OK
		&& (now - s.used > SESSION_IDLE || now - s.created > SESSION_WHOLE
			|| s.handle == NULL))
		e = ERR_NOT_FOUND;
	if (e == OK)
		e = identify_local(x, t, s.actor);
	if (e == OK) {
		x->call.viewer.session = arena_text(x->call.arena, s.handle);
		touch_if_stale(x, &p, s.used, now);
	}
	return e;
}

/* A token that is shown must be good, also where nobody needs one: so an app learns that it was signed out. */
static enum err identify_token(struct exchange *x, struct txn *t)
{
	const char *header = call_header(&x->call, "Authorization");
	/* With nothing behind it, libmicrohttpd 1.0 cuts the blank, and 0.9 does not. */
	size_t scheme = strlen("Bearer");
	if (header == NULL || strncasecmp(header, "Bearer", scheme) != 0
		|| (header[scheme] != ' ' && header[scheme] != '\0'))
		return ERR_NOT_FOUND;
	const char *secret = text_trim(x->call.arena, header + scheme);
	struct token k = {0};
	enum err e = ERR_NOT_FOUND;
	struct place p = place_hash(TABLE_TOKEN, secret);
	if (is_secret(secret))
		e = txn_load(t, &p, &token_shape, &k);
	if (e == OK && k.actor != 0) /* 0: an app that speaks for itself */
		e = identify_local(x, t, k.actor);
	if (e != OK) {
		x->bad_token = e == ERR_NOT_FOUND;
		return x->bad_token ? ERR_SIGN_IN : e;
	}
	x->call.viewer.scope = arena_text(x->call.arena, k.scope != NULL ? k.scope : "");
	touch_if_stale(x, &p, k.used, time_now());
	return OK;
}

enum err session_identify(struct exchange *x, struct txn *t)
{
	x->call.viewer = (struct viewer){0};
	if (x->call.route->access == FEDERATION)
		return OK;
	enum err e = route_is_open(x) ? identify_token(x, t) : identify_cookie(x, t);
	return e == ERR_NOT_FOUND ? OK : e;
}

/* ---- CSRF ------------------------------------------------------------------------------------ */

const char *session_csrf(const struct exchange *x)
{
	const struct call *c = &x->call;
	if (c->viewer.session == NULL)
		return NULL;
	const char *what = arena_format(c->arena, "csrf:%s", c->viewer.session);
	uint8_t mac[SHA256_SIZE];
	crypto_hmac(c->site->secret, sizeof c->site->secret, what, strlen(what), mac);
	return hex_encode(c->arena, mac, sizeof mac);
}

/*
 * Signed in: the form's own token, and nothing the browser says may speak against it. Signed out there is nothing to
 * bind a token to but one more cookie; there the browser itself must have said that the form is ours (Sec-Fetch-Site,
 * Origin or, for the oldest, Referer), so nobody is signed in as somebody else from another site.
 */
bool session_csrf_ok(struct exchange *x)
{
	const struct call *c = &x->call;
	if (c->method == METHOD_GET || c->method == METHOD_HEAD || !cookie_is_read(x))
		return true;
	const char *fetch = call_header(c, "Sec-Fetch-Site"), *origin = call_header(c, "Origin");
	if (fetch != NULL && !text_is(fetch, "same-origin") && !text_is(fetch, "none"))
		return false;
	if (origin != NULL && !text_is(origin, c->site->base_url))
		return false;
	const char *token = session_csrf(x), *given = call_input(c, "csrf");
	if (token != NULL) {
		bool good = given != NULL && strlen(given) == strlen(token)
			&& crypto_equal(given, token, strlen(token));
		x->old_token = !good && (fetch != NULL || origin != NULL);
		return good;
	}
	const char *referer = call_header(c, "Referer");
	return fetch != NULL || origin != NULL
		|| text_starts(referer, arena_format(c->arena, "%s/", c->site->base_url));
}

/* ---- forgetting ------------------------------------------------------------------------------ */

struct prune {
	struct txn *txn;
	struct place from, last, ended[PRUNE_SLICE];
	uint64_t owner[PRUNE_SLICE];
	size_t seen, count;
	int64_t now;
};

static enum err prune_visit(void *arg, struct bytes key, struct bytes value)
{
	struct prune *p = arg;
	struct session s;
	p->last = place_key(key);
	p->seen++;
	enum err e = record_read(txn_arena(p->txn), &session_shape, value, &s);
	if (e != OK || (p->now - s.used <= SESSION_IDLE && p->now - s.created <= SESSION_WHOLE))
		return e;
	p->owner[p->count] = s.actor;
	p->ended[p->count++] = p->last;
	return OK;
}

static enum err prune_run(struct txn *t, void *arg)
{
	struct prune *p = arg;
	struct walk some = {.prefix = place_0(TABLE_SESSION),
		.from = p->from.size > 0 ? &p->from : NULL,
		.max = PRUNE_SLICE};
	p->txn = t;
	p->seen = p->count = 0;
	enum err e = txn_walk(t, &some, prune_visit, p);
	for (size_t i = 0; e == OK && i < p->count; i++)
		e = access_del(t, p->owner[i], &p->ended[i]);
	return e;
}

static void prune(struct store *store, void *arg)
{
	(void)arg;
	struct prune *p = calloc(1, sizeof *p);
	if (p == NULL)
		die("out of memory");
	p->now = time_now();
	do { /* the last row of a slice is the first of the next; a slice of more than one row gets on */
		p->from = p->last;
		enum err e = store_write(store, prune_run, p);
		if (e != OK) {
			log_line(LOG_WARN, "session", "chore=prune error=%s", err_name(e));
			break;
		}
	} while (p->seen == PRUNE_SLICE);
	free(p);
}

const struct chore session_chores[] = {{"session", HOUR, prune, NULL}, {0}};
