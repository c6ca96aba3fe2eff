/* letter.c: one activity being written, signed and kept; and the community's second one that passes it on. */
#include "federation.h"

#include <stdlib.h>
#include <string.h>

static const struct field kept_fields[] = {
	{1, F_BYTES, offsetof(struct kept, json), 1024 * 1024},
	{2, F_U64, offsetof(struct kept, actor), 0},
	{3, F_FLAG, offsetof(struct kept, open), 0},
	{4, F_U64, offsetof(struct kept, post), 0},
	{5, F_U64, offsetof(struct kept, line), 0},
	{220, F_U64, offsetof(struct kept, reader), 0},
};
const struct shape kept_shape = {"kept", sizeof(struct kept), kept_fields, COUNT(kept_fields)};

static const char *const suffixes[VARIANT_COUNT] = {"", "-announce", "-post", "-undo", "-closed",
	"-question", "-question-post", "-question-undo"};

static uint64_t key_of(uint64_t id, enum variant variant)
{
	return id | (uint64_t)variant << VARIANT_SHIFT;
}

const char *letter_id(
	struct arena *arena, const struct site *site, uint64_t id, enum variant variant)
{
	return arena_format(
		arena, "%s/a/%llu%s", site->base_url, (unsigned long long)id, suffixes[variant]);
}

bool letter_read_id(const char *word, uint64_t *key)
{
	char digits[ID_TEXT];
	size_t size = strspn(word, "0123456789");
	uint64_t id;
	if (size == 0 || size >= sizeof digits)
		return false;
	memcpy(digits, word, size);
	digits[size] = '\0';
	if (!text_to_u64(digits, &id) || id >> VARIANT_SHIFT != 0)
		return false;
	for (size_t v = 0; v < COUNT(suffixes); v++)
		if (strcmp(word + size, suffixes[v]) == 0) {
			*key = key_of(id, (enum variant)v);
			return true;
		}
	return false;
}

struct letter letter_begin(struct saying *s, const struct actor *from, const char *type,
	uint64_t id, enum variant variant)
{
	struct letter l = {.v = view_create(s->arena, VIEW_JSON),
		.s = s,
		.from = from,
		.key = key_of(id, variant),
		.id = letter_id(s->arena, s->site, id, variant)};
	activity_context(l.v);
	view_text(l.v, "id", l.id);
	view_text(l.v, "type", type);
	view_text(l.v, "actor", from->uri);
	view_time(l.v, "published", s->line->at);
	return l;
}

#define KEYS 64
struct letter_keys { /* an actor's keys stay what they are */
	uint64_t actors[KEYS];
	struct key *keys[KEYS];
};

struct letter_keys *letter_keys_create(void)
{
	struct letter_keys *all = calloc(1, sizeof *all);
	if (all == NULL)
		die("out of memory for keys");
	return all;
}

void letter_keys_destroy(struct letter_keys *all)
{
	for (size_t i = 0; i < KEYS; i++)
		key_drop(all->keys[i]);
	free(all);
}

static enum err proof_key(struct saying *s, uint64_t actor, struct key **out)
{
	struct letter_keys *all = s->f->letter_keys;
	size_t i = actor * UINT64_C(0x9e3779b97f4a7c15) >> 58;
	struct key_pair keys;
	if (all->actors[i] != actor) {
		enum err e = actor_keys_load(s->t, actor, &keys);
		if (e != OK)
			return e;
		key_drop(keys.rsa);
		key_drop(all->keys[i]);
		all->actors[i] = actor;
		all->keys[i] = keys.ed25519;
	}
	*out = all->keys[i];
	return OK;
}

enum err letter_keep(struct letter *l, struct bytes *json)
{
	struct saying *s = l->s;
	struct key *key = NULL;
	uint32_t act = s->line->act;
	bool tells = act == ACT_CREATE || act == ACT_UPDATE || act == ACT_WIDEN;
	struct kept kept = {.actor = l->from->id,
		.open = s->open,
		.post = tells ? s->post.id : 0,
		.line = s->line->place};
	if (l->reader != 0) {
		kept.open = false;
		kept.post = l->copied;
		kept.reader = l->reader;
	}
	struct place place = place_1(TABLE_ACTIVITY, l->key);
	if (!view_ok(l->v))
		return ERR_INVALID;
	kept.json = view_json(l->v);
	enum err e = proof_key(s, l->from->id, &key);
	if (e == OK && key != NULL && l->from->ed25519_id != NULL)
		e = proof_add(
			s->arena, kept.json, key, l->from->ed25519_id, s->line->at, &kept.json);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (json != NULL)
		*json = kept.json;
	return txn_save(s->t, &place, &kept_shape, &kept);
}

struct recipients letter_recipients(const struct letter *l)
{
	return (struct recipients){l->s->t, l->key, l->from->id, l->s->line->place};
}

void letter_address(struct view *v, const char *name, const char *first, const char *second)
{
	view_list(v, name);
	view_text(v, NULL, first);
	view_text(v, NULL, second);
	view_list_end(v);
}

void letter_audience(const struct saying *s, struct view *v)
{
	if (s->community.id != 0)
		view_text(v, "audience", s->community.uri);
}

/* What others do to posts and in communities is public, unless the post is not. */
void letter_address_all(const struct saying *s, struct view *v)
{
	letter_address(v, "to", s->open ? PUBLIC_URI : s->author.uri, NULL);
	letter_address(v, "cc", s->community.id != 0 ? s->community.uri : s->actor.followers, NULL);
}

void letter_undone(const struct saying *s, struct view *v, const char *id, const char *type)
{
	view_begin(v, "object");
	view_text(v, "id", id);
	view_text(v, "type", type);
	view_text(v, "actor", s->actor.uri);
}

bool letter_stays(const struct saying *s)
{
	return s->community.id != 0 && s->community.local && !s->community.gone;
}

/* ---- what a community passes on (FEP-1b12) --------------------------------------------------- */

static void address_community(const struct saying *s, struct view *v)
{
	letter_address(v, "to", s->community.uri, s->open ? PUBLIC_URI : NULL);
	letter_address(v, "cc", s->community.followers, NULL);
	letter_audience(s, v);
}

static enum err to_community(const struct saying *s, const struct letter *l)
{
	struct recipients r = letter_recipients(l);
	enum err e = audience_followers(&r, s->community.id);
	/* Where the act came from: it is how that node learns that it was accepted. */
	if (e == OK && !s->actor.local)
		e = audience_actor(&r, s->actor.id);
	/* And whose post it is about: nobody is judged without hearing of it. */
	if (e == OK && s->author.id != 0)
		e = audience_actor(&r, s->author.id);
	return e;
}

/* The whole activity, verbatim, for those who unwrap it; too long for some inboxes: its id, to be fetched. */
static enum err announce(struct saying *s, struct bytes inner, const char *inner_id)
{
	struct letter l = letter_begin(
		s, &s->community, "Announce", s->line->place, VARIANT_ANNOUNCE);
	address_community(s, l.v);
	if (inner.size + 2048 <= LETTER_MOST)
		view_raw(l.v, "object", inner);
	else
		view_text(l.v, "object", inner_id);
	enum err e = letter_keep(&l, NULL);
	return e == OK ? to_community(s, &l) : e;
}

/* One that was not announced, or not yet, has its own number: no line has that. */
uint64_t letter_announced(struct txn *t, uint64_t post, enum variant variant)
{
	uint64_t place;
	struct place at = place_2(TABLE_ANNOUNCED, post, variant);
	return txn_get_id(t, &at, &place) == OK ? place : post;
}

/* And the post by its id for microblogs, which do not. Which one it was is kept, so that it can be undone. */
static enum err announce_post(struct saying *s, enum variant variant, const char *uri)
{
	struct place at = place_2(TABLE_ANNOUNCED, s->post.id, variant);
	struct letter l = letter_begin(s, &s->community, "Announce", s->line->place, variant);
	address_community(s, l.v);
	view_text(l.v, "object", uri);
	enum err e = letter_keep(&l, NULL);
	if (e == OK)
		e = txn_put_id(s->t, &at, s->line->place);
	return e == OK ? to_community(s, &l) : e;
}

static enum err unannounce_post(
	struct saying *s, enum variant variant, enum variant undone, const char *uri)
{
	uint64_t place = letter_announced(s->t, s->post.id, undone);
	struct letter l = letter_begin(s, &s->community, "Undo", s->line->place, variant);
	address_community(s, l.v);
	view_begin(l.v, "object");
	view_text(l.v, "id", letter_id(s->arena, s->site, place, undone));
	view_text(l.v, "type", "Announce");
	view_text(l.v, "actor", s->community.uri);
	view_text(l.v, "object", uri);
	view_end(l.v);
	enum err e = letter_keep(&l, NULL);
	return e == OK ? to_community(s, &l) : e;
}

enum err letter_pass_on(struct saying *s, struct bytes inner, const char *inner_id)
{
	if (!letter_stays(s) || s->actor.kind == ACTOR_GROUP)
		return OK;
	enum err e = inner.size > 0 ? announce(s, inner, inner_id) : OK;
	uint32_t act = s->line->act;
	bool shown = act == ACT_CREATE || act == ACT_WIDEN || act == ACT_RESTORE;
	if (e == OK && inner.size > 0 && shown && s->open)
		e = announce_post(s, VARIANT_POST, s->post.uri);
	/* Also an end that came without words of its own: with its author, or with a ban. */
	if (e == OK && (act == ACT_DELETE || act == ACT_NARROW) && s->open)
		e = unannounce_post(s, VARIANT_UNDO, VARIANT_POST, s->post.uri);
	return e;
}

enum err letter_pass_on_question(struct saying *s)
{
	uint32_t act = s->line->act;
	const char *uri = post_question_uri(s->arena, &s->post);
	if (!letter_stays(s) || !s->open)
		return OK;
	if (act == ACT_DELETE || act == ACT_NARROW)
		return unannounce_post(s, VARIANT_QUESTION_UNDO, VARIANT_QUESTION_POST, uri);
	return act != ACT_UPDATE ? announce_post(s, VARIANT_QUESTION_POST, uri) : OK;
}
