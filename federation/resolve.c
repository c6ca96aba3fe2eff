/* resolve.c: fetch what we miss: signed GETs, hop by hop, believed only at their own address. */
#include "federation.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HOPS_MOST 3
#define NOTES 1024 /* 16 KiB × 3: what failed or is being fetched */
#define WAYS 4
#define FORMS 512
#define FAILED_FOR (5 * MINUTE)
#define AWAY_UNITS 6 /* of retry: a host that was away for a moment is asked again in a minute */
#define FORM_FOR (7 * DAY)
#define FETCHES_MOST 10
#define DEADLINE_MOST (20 * SECOND)
#define FILES_PER_HOST 300
#define PER_HOST 60 /* fetches a minute: nobody makes us a hammer (security.md R35) */

/* ---- what is remembered while we run --------------------------------------------------------- */

struct note {
	uint64_t what; /* hash */
	int64_t used, failed_until;
	enum err how;
	bool busy;
};
struct form {
	uint64_t host;
	int64_t until;
	enum signature_form form;
};
struct resolver {
	pthread_mutex_t lock;
	pthread_cond_t left; /* a note, or an answer came */
	struct note notes[NOTES];
	struct form forms[FORMS];
	int64_t away_for; /* ms */
};

struct resolver *resolver_create(int64_t retry_unit)
{
	struct resolver *r = calloc(1, sizeof *r);
	if (r == NULL)
		die("out of memory for the resolver");
	r->away_for = AWAY_UNITS * (retry_unit > 0 ? retry_unit : 10 * SECOND);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&r->left, &steady);
	pthread_condattr_destroy(&steady);
	return r;
}

void resolver_destroy(struct resolver *r)
{
	if (r == NULL)
		return;
	pthread_cond_destroy(&r->left);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static uint64_t hash_of(const char *what)
{
	uint8_t sum[SHA256_SIZE];
	uint64_t h;
	crypto_sha256(what, strlen(what), sum);
	memcpy(&h, sum, sizeof h);
	return h;
}

/* Its own note, else the least used of its places that nobody is busy with, else NULL. */
static struct note *note_of(struct resolver *r, uint64_t what)
{
	struct note *oldest = NULL;
	for (size_t i = 0; i < WAYS; i++) {
		struct note *n = &r->notes[(what + i) % NOTES];
		if (n->what == what)
			return n;
		if (!n->busy && (oldest == NULL || n->used < oldest->used))
			oldest = n;
	}
	if (oldest != NULL)
		*oldest = (struct note){.what = what};
	return oldest;
}

enum err resolver_enter(struct resolver *r, const char *what, const struct budget *budget)
{
	uint64_t hash = hash_of(what);
	enum err e = OK;
	struct timespec until;
	int64_t left = budget->until - time_steady();
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += left > 0 ? left / SECOND : 0;
	pthread_mutex_lock(&r->lock);
	struct note *n = note_of(r, hash);
	for (int waited = 0; waited == 0 && n != NULL && n->busy; n = note_of(r, hash))
		waited = pthread_cond_timedwait(&r->left, &r->lock, &until);
	if (n != NULL && n->busy) {
		e = ERR_AGAIN;
	} else if (n != NULL) {
		n->used = time_steady();
		if (n->failed_until > time_steady())
			e = n->how;
		else
			n->busy = true;
	}
	pthread_mutex_unlock(&r->lock);
	return e;
}

/* Our own troubles are not held against the other side. */
static bool is_theirs(enum err e)
{
	return e == ERR_NOT_FOUND || e == ERR_GONE || e == ERR_REMOTE || e == ERR_FORBIDDEN
		|| e == ERR_SIGN_IN || e == ERR_INVALID;
}

void resolver_leave(struct resolver *r, const char *what, enum err how)
{
	pthread_mutex_lock(&r->lock);
	struct note *n = note_of(r, hash_of(what));
	if (n != NULL) {
		n->busy = false;
		n->used = time_steady();
		n->how = how;
		int64_t pause = how == ERR_REMOTE ? r->away_for : FAILED_FOR;
		n->failed_until = is_theirs(how) ? time_steady() + pause : 0;
	}
	pthread_cond_broadcast(&r->left);
	pthread_mutex_unlock(&r->lock);
}

static enum signature_form form_of(struct resolver *r, const char *host)
{
	uint64_t hash = hash_of(host);
	enum signature_form form = FORM_CAVAGE;
	pthread_mutex_lock(&r->lock);
	const struct form *at = &r->forms[hash % FORMS];
	if (at->host == hash && at->until > time_steady())
		form = at->form;
	pthread_mutex_unlock(&r->lock);
	return form;
}

static void form_remember(struct resolver *r, const char *host, enum signature_form form)
{
	uint64_t hash = hash_of(host);
	pthread_mutex_lock(&r->lock);
	r->forms[hash % FORMS] = (struct form){hash, time_steady() + FORM_FOR, form};
	pthread_mutex_unlock(&r->lock);
}

/* ---- one request, waited for ----------------------------------------------------------------- */

struct waiting {
	struct resolver *resolver; /* its lock: one that outlives us both */
	bool over;
	struct arena *arena; /* the waiter's own: it waits */
	struct answer answer;
};

static void answered(void *arg, const struct answer *a)
{
	struct waiting *w = arg;
	struct resolver *r = w->resolver;
	pthread_mutex_lock(&r->lock);
	w->answer = *a;
	w->answer.type = arena_text(w->arena, a->type);
	w->answer.location = arena_text(w->arena, a->location);
	w->answer.etag = arena_text(w->arena, a->etag);
	w->answer.modified = arena_text(w->arena, a->modified);
	w->answer.body = arena_bytes(w->arena, a->body);
	w->over = true;
	pthread_cond_broadcast(&r->left);
	pthread_mutex_unlock(&r->lock);
}

enum err resolve_get(struct federation *f, struct arena *arena, const struct request *request,
	struct answer *out)
{
	struct waiting w = {.resolver = f->resolver, .arena = arena};
	enum err e = transport_send(f->transport, request, answered, &w);
	if (e != OK)
		return e;
	pthread_mutex_lock(&f->resolver->lock);
	while (!w.over)
		pthread_cond_wait(&f->resolver->left, &f->resolver->lock);
	pthread_mutex_unlock(&f->resolver->lock);
	*out = w.answer;
	return w.answer.err;
}

struct budget resolve_budget(void)
{
	return (struct budget){FETCHES_MOST, time_steady() + MINUTE};
}

enum err resolve_take(struct budget *budget, int64_t *deadline)
{
	int64_t left = budget->until - time_steady();
	if (left <= 0)
		return ERR_REMOTE;
	*deadline = left < DEADLINE_MOST ? left : DEADLINE_MOST;
	return budget->fetches-- > 0 ? OK : ERR_TOO_MUCH;
}

static enum err get_signed(struct federation *f, struct arena *arena, const struct url *url,
	const char *address, enum signature_form form, int64_t deadline, struct answer *out)
{
	struct signed_request what = {
		.method = "GET",
		.target = url->target,
		.origin = url->origin,
		.host = url->authority,
	};
	const char *const *headers;
	const char *key_id = arena_format(arena, "%s/actor#main-key", f->set.site->base_url);
	enum err e = signature_make(
		arena, &what, form, f->node_keys.rsa, key_id, time_now(), &headers);
	if (e != OK)
		return e;
	if (!pace_allows("fetch", url->authority, PER_HOST, MINUTE))
		return ERR_AGAIN;
	struct request request = {
		.kind = FETCH_ACTIVITY, .url = address, .headers = headers, .deadline = deadline};
	return resolve_get(f, arena, &request, out);
}

/* The form that host took last; the other one once when it does not like it. */
static enum err get_either(struct federation *f, struct arena *arena, const struct url *url,
	const char *address, struct budget *budget, struct answer *out)
{
	enum signature_form form = form_of(f->resolver, url->authority);
	int64_t deadline;
	enum err e = resolve_take(budget, &deadline);
	if (e == OK)
		e = get_signed(f, arena, url, address, form, deadline, out);
	if (e != OK || (out->status != 401 && out->status != 403))
		return e;
	form = form == FORM_CAVAGE ? FORM_RFC9421 : FORM_CAVAGE;
	e = get_signed(f, arena, url, address, form, deadline, out);
	if (e == OK && out->status == 200)
		form_remember(f->resolver, url->authority, form);
	return e;
}

/* ---- a document ------------------------------------------------------------------------------ */

bool resolve_is_own(const struct federation *f, const char *uri)
{
	return reading_same_host(uri, f->set.site->base_url);
}

static bool is_dotted_name(const char *host)
{
	const char *dot = strrchr(host, '.');
	return dot != NULL && dot[1] != '\0' && dot[1 + strspn(dot + 1, "0123456789")] != '\0'
		&& strchr(host, ':') == NULL;
}

bool resolve_allowed(const struct federation *f, struct arena *arena, const char *uri)
{
	struct url url;
	if (uri == NULL || url_parse(arena, uri, &url) != OK)
		return false;
	if (f->set.site->loopback && url_is_loopback(&url))
		return true;
	return url.https && url.port == 443 && is_dotted_name(url.host);
}

struct host_question {
	const char *host;
	bool blocked;
};

static enum err ask_blocked(struct txn *t, void *arg)
{
	struct host_question *q = arg;
	q->blocked = domain_blocked(t, q->host);
	return OK;
}

static enum err check_address(
	struct federation *f, struct arena *arena, const char *uri, struct url *url)
{
	if (!resolve_allowed(f, arena, uri) || resolve_is_own(f, uri))
		return ERR_FORBIDDEN;
	enum err e = url_parse(arena, uri, url);
	struct host_question q = {.host = url->host};
	if (e == OK)
		e = store_read(f->set.store, ask_blocked, &q);
	return e == OK && q.blocked ? ERR_FORBIDDEN : e;
}

bool resolve_is_activity_type(const char *type)
{
	if (type == NULL)
		return false;
	size_t size = strcspn(type, "; ");
	if (strncmp(type, ACTIVITY_TYPE, size) == 0 && size == strlen(ACTIVITY_TYPE))
		return true;
	return strncmp(type, "application/ld+json", size) == 0
		&& size == strlen("application/ld+json")
		&& strstr(type + size, "https://www.w3.org/ns/activitystreams") != NULL;
}

/* Where a redirect leads: an address, or a path of the same host. */
static const char *follow_location(
	struct arena *arena, const struct url *from, const char *location)
{
	if (location == NULL || strnlen(location, URI_MOST + 1) > URI_MOST)
		return NULL;
	if (location[0] == '/' && location[1] != '/')
		return arena_format(arena, "%s%s", from->origin, location);
	return location;
}

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static enum err status_err(int status)
{
	if (status == 404 || status == 410)
		return status == 404 ? ERR_NOT_FOUND : ERR_GONE;
	bool later = status >= 500 || status == 408 || status == 425 || status == 429;
	return later ? ERR_REMOTE : ERR_FORBIDDEN;
}

static bool was_there(const char *const *visited, size_t count, const char *url)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(visited[i], url) == 0)
			return true;
	return false;
}

/* One address with its redirects: *final is where it was found. */
static enum err get_document(struct federation *f, struct arena *arena, const char *address,
	struct budget *budget, const char **final, const json_node **out)
{
	const char *visited[HOPS_MOST + 1];
	for (size_t hop = 0; hop <= HOPS_MOST; hop++) {
		struct url url;
		struct answer answer;
		enum err e = check_address(f, arena, address, &url);
		if (e != OK)
			return e;
		e = get_either(f, arena, &url, address, budget, &answer);
		if (e != OK)
			return e;
		visited[hop] = address;
		if (is_redirect(answer.status)) {
			address = follow_location(arena, &url, answer.location);
			if (address == NULL || was_there(visited, hop + 1, address))
				return ERR_INVALID;
			continue;
		}
		if (answer.status != 200)
			return status_err(answer.status);
		if (!resolve_is_activity_type(answer.type)
			|| json_read(arena, answer.body, NULL, out) != OK
			|| !activity_is_plain(*out))
			return ERR_INVALID;
		*final = address;
		return OK;
	}
	return ERR_INVALID;
}

enum err resolve_any(struct federation *f, struct arena *arena, const struct request *asked,
	struct budget *budget, struct answer *out, const char **final)
{
	const char *visited[HOPS_MOST + 1];
	struct request request = *asked;
	*out = (struct answer){0};
	for (size_t hop = 0; hop <= HOPS_MOST; hop++) {
		struct url url;
		enum err e = check_address(f, arena, request.url, &url);
		if (e == OK)
			e = resolve_take(budget, &request.deadline);
		if (e == OK && !pace_allows("fetch-file", url.authority, FILES_PER_HOST, MINUTE))
			e = ERR_AGAIN;
		if (e == OK)
			e = resolve_get(f, arena, &request, out);
		if (e != OK)
			return e;
		visited[hop] = request.url;
		if (is_redirect(out->status)) {
			request.url = follow_location(arena, &url, out->location);
			if (request.url == NULL || was_there(visited, hop + 1, request.url))
				return ERR_INVALID;
			continue;
		}
		*final = request.url;
		return out->status == 200 || out->status == 304 ? OK : status_err(out->status);
	}
	return ERR_INVALID;
}

enum err resolve_file(struct federation *f, struct arena *arena, const char *address, size_t max,
	struct budget *budget, struct bytes *out)
{
	struct request request = {.kind = FETCH_FILE, .url = address, .max = max};
	struct answer answer;
	const char *final;
	enum err e = resolve_any(f, arena, &request, budget, &answer, &final);
	if (e == OK && answer.status != 200)
		return ERR_FORBIDDEN; /* it was not asked whether anything changed */
	if (e == OK)
		*out = answer.body;
	return e;
}

/* Believed when its id is the address it came from; another id is asked there, once (security.md R3). */
static enum err get_itself(struct federation *f, struct arena *arena, const char *uri,
	struct budget *budget, const json_node **out)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		const char *final = uri;
		const json_node *node = NULL;
		enum err e = get_document(f, arena, uri, budget, &final, &node);
		if (e != OK)
			return e;
		struct reading r = {.arena = arena};
		const char *id = reading_own_id(&r, node);
		if (id == NULL)
			return ERR_INVALID;
		if (strcmp(id, final) == 0) {
			*out = node;
			return OK;
		}
		uri = id;
	}
	return ERR_INVALID;
}

/* ---- our own things, from the store ---------------------------------------------------------- */

struct own {
	struct arena *arena;
	const char *uri;
	struct bytes json;
};

static enum err read_own(struct txn *t, void *arg)
{
	struct own *o = arg;
	struct actor a;
	struct post p;
	struct viewer nobody = {0};
	struct view *v = view_create(o->arena, VIEW_JSON);
	activity_context(v);
	enum err e = actor_by_uri(t, o->uri, &a);
	if (e == OK)
		e = actor_document(t, &a, v);
	else if ((e = post_by_uri(t, o->uri, &p)) == OK)
		e = circle_may_read(t, &nobody, &p) ? document_post(t, &p, v) : ERR_NOT_FOUND;
	if (e == OK)
		o->json = view_json(v);
	return e;
}

static enum err get_own(
	struct federation *f, struct arena *arena, const char *uri, const json_node **out)
{
	struct own o = {.arena = arena, .uri = uri};
	enum err e = store_read(f->set.store, read_own, &o);
	return e == OK ? json_read(arena, o.json, NULL, out) : e;
}

enum err resolve_fetch(struct federation *f, struct arena *arena, const char *uri,
	struct budget *budget, const json_node **out)
{
	if (resolve_is_own(f, uri))
		return get_own(f, arena, uri, out);
	enum err e = resolver_enter(f->resolver, uri, budget);
	if (e != OK)
		return e;
	e = get_itself(f, arena, uri, budget, out);
	resolver_leave(f->resolver, uri, e);
	return e;
}
