/*
 * kept.c: answers that anyone may have, kept until the store changes: what is new is asked for by hundreds of nodes at
 * once. An answer is as true as the version of the store it was made from, so nothing has to be told that it is old.
 */
#include "inside.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 256
#define BODY_MOST ((size_t)32 << 10)
#define AGE_MOST MINUTE /* what counts the days moves without a write */

struct slot {
	struct arena *arena; /* of the key and the reply; NULL: never used */
	const char *key;
	uint64_t version;
	int64_t at; /* steady */
	struct reply reply;
};

struct kept {
	pthread_mutex_t lock;
	struct slot slots[SLOTS];
};

struct kept *kept_create(void)
{
	struct kept *k = calloc(1, sizeof *k);
	if (k == NULL)
		die("out of memory for kept answers");
	pthread_mutex_init(&k->lock, NULL);
	return k;
}

void kept_destroy(struct kept *k)
{
	for (size_t i = 0; i < SLOTS; i++)
		arena_destroy(k->slots[i].arena);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static void copy_reply(struct arena *arena, const struct reply *from, struct reply *to)
{
	*to = (struct reply){.status = from->status,
		.type = arena_text(arena, from->type),
		.body = arena_bytes(arena, from->body),
		.cache = arena_text(arena, from->cache),
		.etag = arena_text(arena, from->etag)};
	struct header **last = &to->headers;
	for (const struct header *h = from->headers; h != NULL; h = h->next) {
		*last = arena_alloc(arena, sizeof **last);
		**last = (struct header){
			arena_text(arena, h->name), arena_text(arena, h->value), NULL};
		last = &(*last)->next;
	}
}

/* Nobody in particular asks, and in no particular words. */
static bool is_from_anyone(const struct exchange *x)
{
	return x->call.viewer.actor == 0 && !x->language_chosen
		&& call_cookie(&x->call, "notice") == NULL;
}

static bool is_for_anyone(const struct reply *r)
{
	for (const struct header *h = r->headers; h != NULL; h = h->next)
		if (text_equal_fold(h->name, "Set-Cookie"))
			return false;
	return r->status == 200 && r->location == NULL && !r->kept && !r->has_file
		&& r->body.size <= BODY_MOST
		&& (r->cache == NULL || text_starts(r->cache, "public"));
}

/* What the answer depends on beside the store: the target, the form of it and the language asked for. */
static const char *key_of(const struct exchange *x)
{
	const struct call *c = &x->call;
	return arena_format(c->arena, "%d%d%s %s", (int)c->wants_activity, (int)c->wants_json,
		c->language, c->target);
}

static struct slot *slot_of(struct kept *k, const char *key)
{
	uint32_t h = 2166136261U;
	for (const char *at = key; *at != '\0'; at++)
		h = (h ^ (unsigned char)*at) * 16777619U;
	return &k->slots[(h ^ h >> 16) % SLOTS];
}

bool kept_find(struct exchange *x)
{
	struct kept *k = http_kept(x);
	if (!is_from_anyone(x))
		return false;
	const char *key = key_of(x);
	struct slot *s = slot_of(k, key);
	pthread_mutex_lock(&k->lock);
	bool found = s->arena != NULL && s->version == x->version
		&& time_steady() - s->at < AGE_MOST && strcmp(s->key, key) == 0;
	if (found)
		copy_reply(x->call.arena, &s->reply, &x->call.reply);
	pthread_mutex_unlock(&k->lock);
	return found;
}

void kept_add(struct exchange *x)
{
	struct kept *k = http_kept(x);
	if (!is_from_anyone(x) || !is_for_anyone(&x->call.reply))
		return;
	const char *key = key_of(x);
	struct slot *s = slot_of(k, key);
	pthread_mutex_lock(&k->lock);
	if (s->arena == NULL)
		s->arena = arena_create();
	arena_reset(s->arena);
	s->key = arena_text(s->arena, key);
	s->version = x->version;
	s->at = time_steady();
	copy_reply(s->arena, &x->call.reply, &s->reply);
	pthread_mutex_unlock(&k->lock);
}
