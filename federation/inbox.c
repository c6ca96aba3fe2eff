/* inbox.c: what other nodes post here: checked, verified, kept and answered; apply.c does the rest (security.md §4). */
#include "federation.h"

#include <string.h>

#define FROM_HOST 6000 /* activities a minute of one verified host */
#define FROM_UNKNOWN                                                                               \
	1200 /* requests a minute in the name of one host from one address, with no known key to prove it */

static const struct field received_fields[] = {
	{1, F_TEXT, offsetof(struct received, id), URI_MOST + 128},
	{2, F_TEXT, offsetof(struct received, type), TYPE_MOST},
	{3, F_TEXT, offsetof(struct received, actor), URI_MOST},
	{4, F_BYTES, offsetof(struct received, raw), 1024 * 1024},
	{5, F_U64, offsetof(struct received, signer), 0},
	{6, F_FLAG, offsetof(struct received, proved), 0},
	{7, F_I64, offsetof(struct received, at), 0},
	{8, F_U32, offsetof(struct received, tries), 0},
	{9, F_FLAG, offsetof(struct received, forwarded), 0},
	/* 10: no longer used */
	{11, F_U32, offsetof(struct received, crashes), 0},
	{12, F_TEXT, offsetof(struct received, host), 260},
};
const struct shape received_shape = {
	"received", sizeof(struct received), received_fields, COUNT(received_fields)};

struct visit { /* one POST on its way in; lives in the call's arena */
	struct federation *f;
	struct call *call;
	struct signature signature;
	struct actor owner;
	struct key *key;
	const char *who; /* in whose name from where, while nothing is proved */
	bool refetched;
	struct received row;
	uint64_t place;
	bool known; /* seen before */
	bool back;  /* its host was thought to be away */
};

static enum err say(struct call *call, int status, enum err e, const char *words)
{
	struct text t;
	text_init(&t, call->arena, 1024);
	text_add(&t, "{\"error\":\"");
	text_json(&t, words);
	text_add(&t, "\"}");
	reply_bytes(call, status, "application/json", (struct bytes){t.at, t.size});
	if (status == 401)
		reply_header(call, "Accept-Signature",
			"sig1=(\"@method\" \"@target-uri\" \"content-digest\");created;keyid");
	if (status == 503 || status == 429)
		reply_header(call, "Retry-After", status == 503 ? "300" : "60");
	return e;
}

/* Taken, and nothing more will come of it: no reason to try again. */
static enum err take(struct call *call)
{
	reply_bytes(call, 202, "application/json", (struct bytes){"{}", 2});
	return OK;
}

static const char *header_of(void *arg, const char *name)
{
	return call_header(arg, name);
}

static struct signed_request request_of(struct call *call, const char *method)
{
	return (struct signed_request){
		.method = method,
		.target = call->target,
		.origin = call->site->base_url,
		.host = call_header(call, "Host"),
		.body = call->body,
		.has_body = strcmp(method, "POST") == 0,
		.header = header_of,
		.arg = call,
	};
}

/* ---- before anything costs ------------------------------------------------------------------- */

static bool type_fits(const char *type)
{
	if (type == NULL)
		return false;
	struct arena *arena ARENA_CLEANUP = arena_create();
	char *lower = text_trim(
		arena, text_lower(arena, arena_text_n(arena, type, strcspn(type, ";"))));
	return strcmp(lower, ACTIVITY_TYPE) == 0 || strcmp(lower, "application/ld+json") == 0
		|| strcmp(lower, "application/json") == 0;
}

struct door {
	const char *name, *host;
	bool there, blocked;
};

static enum err look_at_door(struct txn *t, void *arg)
{
	struct door *d = arg;
	struct actor a;
	if (d->name != NULL && *d->name != '\0')
		d->there = actor_by_name(t, d->name, &a) == OK && a.local && !a.gone;
	d->blocked = d->host != NULL && domain_blocked(t, d->host);
	return OK;
}

static const char *host_of(struct arena *arena, const char *uri)
{
	struct url url;
	const char *bare = reading_no_fragment(arena, uri);
	return bare != NULL && url_parse(arena, bare, &url) == OK ? url.authority : NULL;
}

static bool is_end(struct visit *v, struct activity *a)
{
	return activity_read(v->call->arena, v->call->body, a, NULL) == OK
		&& text_is(a->type, "Delete") && text_is(a->object_id, a->actor);
}

/* A Delete of somebody we never knew: their node tells everybody, and there is nothing to delete. */
static bool is_end_of_stranger(struct visit *v)
{
	struct activity a;
	struct actor known;
	return is_end(v, &a) && actor_known(v->f, v->call->arena, a.actor, &known) != OK;
}

/* ---- verified: whose word is it -------------------------------------------------------------- */

static enum err keep(struct txn *t, void *arg)
{
	struct visit *v = arg;
	struct place row = place_1(TABLE_INBOX, v->place);
	enum err e = seen_add(t, &v->row, &v->known);
	if (e != OK || v->known)
		return e;
	e = txn_save(t, &row, &received_shape, &v->row);
	if (e == OK)
		e = delivery_seen(t, v->owner.host, &v->back);
	return e;
}

static void kept(void *arg, enum err e)
{
	struct visit *v = arg;
	if (e == OK && !v->known)
		inbox_took(v->f->inbox, v->owner.host, v->row.raw.size);
	if (e == OK && v->back)
		delivery_wake(v->f->delivery);
	call_answer(v->call,
		e == OK ? take(v->call)
			: say(v->call, 503, ERR_AGAIN, "Not now: please come again."));
}

/* Its proof by its own actor's key, for what somebody else delivers. A key we do not have, or that may be theirs no more,
 * is fetched later (judge.c). What has no name of its own cannot be told from what came before. */
static bool is_proved(struct visit *v, const json_node *node, const struct activity *a)
{
	const char *key_id = proof_key_id(node);
	struct actor owner;
	struct key *key;
	int64_t now = time_now();
	if (key_id == NULL || !reading_same_host(key_id, a->actor)
		|| !reading_same_host(a->id, a->actor))
		return false;
	if (actor_key_known(v->f, v->call->arena, key_id, &owner, &key) != OK)
		return false;
	bool good = strcmp(owner.uri, a->actor) == 0 && !actor_is_old(&owner)
		&& proof_check(v->call->arena, node, key_id, key, now - PROOF_AGE_MOST, now) == OK;
	key_drop(key);
	return good;
}

static void accept_row(struct visit *v, const json_node *node, const struct activity *a)
{
	struct arena *arena = v->call->arena;
	v->row = (struct received){.type = a->type,
		.actor = a->actor,
		.raw = v->call->body,
		.signer = v->owner.id,
		.host = v->owner.host,
		.at = time_now(),
		.forwarded = strcmp(v->owner.uri, a->actor) != 0};
	v->row.proved = v->row.forwarded && is_proved(v, node, a);
	v->row.id = a->id;
	/* Some old ones name nothing; and nobody takes up another host's names. */
	if (a->id == NULL || !reading_same_host(a->id, a->actor)) {
		uint8_t sum[SHA256_SIZE];
		crypto_sha256(v->call->body.data, v->call->body.size, sum);
		v->row.id = arena_format(arena, "%s#%s", reading_no_fragment(arena, a->actor),
			hex_encode(arena, sum, 16));
	}
	v->place = id_next();
}

/* The signer is known: read what it says and hand it to the store, which then answers. */
static enum err accept_visit(struct visit *v, bool *handed)
{
	struct call *call = v->call;
	const json_node *node;
	struct activity a;
	struct refusal why = {0};
	if (room_full_for(v->f->inbox, v->owner.host))
		return say(call, 429, ERR_TOO_MUCH, "Too much of yours waits: please come again.");
	if (json_read(call->arena, call->body, NULL, &node) != OK
		|| activity_from_node(call->arena, node, &a, &why) != OK)
		return say(call, 400, ERR_INVALID,
			why.text != NULL ? why.text : "This is no activity.");
	if (resolve_is_own(v->f, a.actor))
		return say(call, 401, ERR_SIGN_IN, "The actor lives here and did not sign this.");
	struct door door = {.host = host_of(call->arena, a.actor)};
	if (door.host == NULL)
		return say(call, 400, ERR_INVALID, "The actor is no address.");
	if (store_read(v->f->set.store, look_at_door, &door) != OK)
		return say(call, 503, ERR_AGAIN, "Not now: please come again.");
	if (door.blocked)
		return say(call, 403, ERR_FORBIDDEN, "This host is not welcome here.");
	accept_row(v, node, &a);
	*handed = store_submit(v->f->set.store, keep, v, kept, v) == OK;
	return *handed ? OK : say(call, 503, ERR_AGAIN, "Not now: please come again.");
}

static void accept_or_answer(struct visit *v)
{
	bool handed = false;
	struct call *call = v->call; /* v is not ours any more once it was handed over */
	enum err e = accept_visit(v, &handed);
	if (!handed)
		call_answer(call, e);
}

static bool checks_out(struct visit *v)
{
	bool good = signature_verify(&v->signature, v->key);
	key_drop(v->key);
	v->key = NULL;
	return good;
}

static enum err key_refused(struct visit *v, enum err e)
{
	if (e == ERR_AGAIN || e == ERR_REMOTE || e == ERR_TOO_MUCH || e == ERR_STORE)
		return say(v->call, 503, ERR_AGAIN, "Your key cannot be fetched at the moment.");
	return say(v->call, 401, ERR_SIGN_IN, "The key of this signature is not to be had.");
}

/* On a thread that may wait: a key that is unknown, old or did not fit is fetched once. */
static void verify_slowly(void *arg)
{
	struct visit *v = arg;
	struct arena *arena = v->call->arena;
	const char *key_id = v->signature.key_id;
	struct activity a;
	enum err e = actor_key(v->f, arena, key_id, v->refetched, &v->owner, &v->key);
	/* Who is gone over there says so with the key that we knew them by. */
	if ((e == ERR_GONE || e == ERR_NOT_FOUND) && !v->refetched && is_end(v, &a)
		&& actor_key_known(v->f, arena, key_id, &v->owner, &v->key) == OK)
		e = OK;
	if (e == ERR_GONE)
		call_answer(v->call, take(v->call));
	else if (e != OK)
		call_answer(v->call, key_refused(v, e));
	else if (checks_out(v))
		accept_or_answer(v);
	else
		call_answer(v->call, say(v->call, 401, ERR_SIGN_IN, "The signature does not fit."));
}

static enum err slowly(struct visit *v)
{
	call_later(v->call);
	if (inbox_later(v->f->inbox, v->call->peer, verify_slowly, v) != OK)
		call_answer(v->call, say(v->call, 503, ERR_AGAIN, "Too many strangers at once."));
	return OK;
}

static enum err verify(struct visit *v)
{
	struct call *call = v->call;
	enum err e = actor_key_known(v->f, call->arena, v->signature.key_id, &v->owner, &v->key);
	bool good = e == OK && checks_out(v);
	if (!good && !pace_allows("inbox-unverified", v->who, FROM_UNKNOWN, MINUTE))
		return say(call, 429, ERR_TOO_MUCH, "Too much at once: please slow down.");
	if (e == ERR_NOT_FOUND)
		return is_end_of_stranger(v) ? take(call) : slowly(v);
	if (e == ERR_GONE)
		return take(call);
	if (e == ERR_FORBIDDEN)
		return say(call, 403, e, "This actor is not welcome here.");
	if (e != OK)
		return key_refused(v, e);
	if (!good) {
		v->refetched = true;
		return slowly(v);
	}
	if (!pace_allows("inbox", v->owner.host, FROM_HOST, MINUTE))
		return say(call, 429, ERR_TOO_MUCH, "Too much at once: please slow down.");
	if (actor_is_old(&v->owner))
		return slowly(v); /* the key may have been changed since */
	call_later(call);
	accept_or_answer(v);
	return OK;
}

/* Whose it is; "" for the shared one and the node's own. */
static const char *inbox_name(const struct call *call)
{
	return strstr(call->route->path, "{name}") != NULL ? call_part(call, "name") : "";
}

enum err inbox_receive(struct call *call)
{
	struct federation *f = federation_running();
	const char *why = NULL;
	if (f == NULL || f->inbox == NULL || room_full(f->inbox))
		return say(call, 503, ERR_AGAIN, "Not now: please come again.");
	if (call_header(call, "Content-Encoding") != NULL
		|| !type_fits(call_header(call, "Content-Type")))
		return say(call, 415, ERR_INVALID, "An inbox takes application/activity+json.");
	struct visit *v = arena_alloc(call->arena, sizeof *v);
	v->f = f;
	v->call = call;
	struct signed_request request = request_of(call, "POST");
	enum err e = signature_parse(call->arena, &request, time_now(), &v->signature, &why);
	if (e != OK)
		return say(call, e == ERR_INVALID ? 400 : 401, e,
			why != NULL ? why : "Sign the request.");
	struct door door = {
		.name = inbox_name(call), .host = host_of(call->arena, v->signature.key_id)};
	if (door.host == NULL || resolve_is_own(f, v->signature.key_id))
		return say(call, 401, ERR_SIGN_IN, "This key is not one of another node.");
	e = store_read(f->set.store, look_at_door, &door);
	if (e != OK)
		return say(call, 503, ERR_AGAIN, "Not now: please come again.");
	if (door.blocked)
		return say(call, 403, ERR_FORBIDDEN, "This host is not welcome here.");
	if (*door.name != '\0' && !door.there)
		return say(call, 404, ERR_NOT_FOUND, "Nobody has this inbox.");
	v->who = arena_format(
		call->arena, "%s %s", call->peer != NULL ? call->peer : "", door.host);
	return verify(v);
}

/* ---- signed GETs ----------------------------------------------------------------------------- */

static enum err viewer_key(
	struct federation *f, struct call *call, struct signature *s, struct actor *owner)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		struct key *key;
		enum err e = actor_key(f, call->arena, s->key_id, attempt > 0, owner, &key);
		if (e != OK)
			return e == ERR_AGAIN || e == ERR_REMOTE ? ERR_AGAIN : ERR_SIGN_IN;
		bool good = signature_verify(s, key);
		key_drop(key);
		if (good)
			return OK;
	}
	return ERR_SIGN_IN;
}

enum err inbox_viewer(struct call *call)
{
	struct federation *f = federation_running();
	if (call_header(call, "Signature") == NULL)
		return OK;
	if (f == NULL)
		return ERR_AGAIN;
	struct signature s;
	struct actor owner;
	const char *why;
	struct signed_request request = request_of(call, "GET");
	if (signature_parse(call->arena, &request, time_now(), &s, &why) != OK)
		return ERR_SIGN_IN;
	struct door door = {.host = host_of(call->arena, s.key_id)};
	if (door.host == NULL || resolve_is_own(f, s.key_id))
		return ERR_SIGN_IN;
	enum err e = store_read(f->set.store, look_at_door, &door);
	if (e == OK && door.blocked)
		return ERR_FORBIDDEN;
	if (e == OK)
		e = viewer_key(f, call, &s, &owner);
	if (e == OK)
		call->viewer = (struct viewer){.actor = owner.id, .remote = true};
	return e;
}
