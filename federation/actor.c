/* actor.c: what an actor of another node says of itself, checked; and fetched, kept and renewed. */
#include "federation.h"

#include <string.h>

#define FRESH (1 * DAY)
#define KEYS_MOST 4
#define ALIASES_MOST 32
#define PEM_MOST 8192

static const char *const types[] = {
	[ACTOR_PERSON] = "Person",
	[ACTOR_GROUP] = "Group",
	[ACTOR_APPLICATION] = "Application",
	[ACTOR_SERVICE] = "Service",
	[ACTOR_ORGANIZATION] = "Organization",
};

uint32_t actor_kind_of(const char *type)
{
	for (size_t i = ACTOR_PERSON; i < COUNT(types); i++)
		if (text_is(type, types[i]))
			return (uint32_t)i;
	return 0;
}

const char *actor_type_of(uint32_t kind)
{
	return kind >= ACTOR_PERSON && kind < COUNT(types) ? types[kind] : "Person";
}

/* ---- claims ---------------------------------------------------------------------------------- */

/* A key counts for the first of its kind: named by an id on the actor's host, and owned by nobody else. */
static void keep_key(
	struct reading *r, struct actor *a, const char *id, const char *owner, struct key *key)
{
	if (key == NULL)
		return;
	bool rsa = key_kind(key) == KEY_RSA;
	struct bytes *place = rsa ? &a->rsa : &a->ed25519;
	if (reading_is_uri(id) && text_is(owner, a->uri) && reading_same_host(id, a->uri)
		&& place->size == 0) {
		*place = key_stored(r->arena, key);
		*(rsa ? &a->rsa_id : &a->ed25519_id) = id;
	}
	key_drop(key);
}

static void read_keys(struct reading *r, const json_node *node, struct actor *a)
{
	const json_node *all = reading_member(r, node, "publicKey");
	for (size_t i = 0; i < json_count(all) && i < KEYS_MOST; i++) {
		const json_node *item = json_item(all, i);
		const char *pem = reading_text(r, item, "publicKeyPem", PEM_MOST);
		if (pem != NULL)
			keep_key(r, a, json_text(json_member(item, "id")),
				reading_uri(r, item, "owner"), key_from_pem(pem));
	}
	all = reading_member(r, node, "assertionMethod");
	for (size_t i = 0; i < json_count(all) && i < KEYS_MOST; i++) {
		const json_node *item = json_item(all, i);
		const char *multibase = reading_text(r, item, "publicKeyMultibase", PEM_MOST);
		if (multibase != NULL && text_is(reading_type(item), "Multikey"))
			keep_key(r, a, json_text(json_member(item, "id")),
				reading_uri(r, item, "controller"), key_from_multibase(multibase));
	}
}

/* An address that belongs to the actor itself: another host's is left out. */
static const char *own_address(
	struct reading *r, const json_node *node, const char *name, const char *id)
{
	const char *uri = reading_uri(r, node, name);
	return reading_same_host(uri, id) ? uri : NULL;
}

static void read_addresses(struct reading *r, const json_node *node, struct actor *a)
{
	a->inbox = own_address(r, node, "inbox", a->uri);
	a->outbox = own_address(r, node, "outbox", a->uri);
	a->followers = own_address(r, node, "followers", a->uri);
	a->featured = own_address(r, node, "featured", a->uri);
	a->moderators = own_address(r, node, "moderators", a->uri);
	const json_node *owner = reading_member(r, node, "attributedTo");
	if (a->moderators == NULL && a->kind == ACTOR_GROUP && json_is_string(json_item(owner, 0)))
		a->moderators = own_address(r, node, "attributedTo", a->uri);
	const json_node *endpoints = reading_one(r, node, "endpoints");
	a->shared_inbox = json_is_object(endpoints) ? reading_uri(r, endpoints, "sharedInbox")
						    : NULL;
	a->url = reading_link(r, node, "url", true);
	a->icon = reading_link(r, node, "icon", false);
	a->image = reading_link(r, node, "image", false);
	if (a->inbox == NULL && r->err == OK)
		reading_refuse(r, "inbox", "An actor has an inbox on its own host.");
}

static const char *read_aliases(struct reading *r, const json_node *node)
{
	const json_node *all = reading_member(r, node, "alsoKnownAs");
	struct text t;
	text_init(&t, r->arena, ALIASES_MOST * (URI_MOST + 1));
	for (size_t i = 0; i < json_count(all) && i < ALIASES_MOST; i++) {
		const char *uri = reading_id_of(json_item(all, i));
		if (uri != NULL)
			text_format(&t, "%s%s", t.size > 0 ? " " : "", uri);
	}
	return t.size > 0 ? t.at : NULL;
}

static void read_profile(struct reading *r, const json_node *node, struct actor *a)
{
	a->name = reading_text(r, node, "preferredUsername", 128);
	if (a->name == NULL)
		reading_refuse(r, "preferredUsername", "An actor has a name.");
	a->title = reading_words(r, node, "name", 500);
	a->summary = reading_words(r, node, "summary", 5000);
	a->moved_to = reading_uri(r, node, "movedTo");
	a->aliases = read_aliases(r, node);
	a->locked = reading_flag(r, node, "manuallyApprovesFollowers");
	a->discoverable = reading_flag(r, node, "discoverable");
	a->indexable = reading_flag(r, node, "indexable");
	a->restricted = a->kind == ACTOR_GROUP && reading_flag(r, node, "postingRestrictedToMods");
	a->created = reading_past(r, node, "published");
	a->updated = reading_past(r, node, "updated");
}

enum err actor_from_node(
	struct arena *arena, const json_node *node, struct actor *claims, struct refusal *why)
{
	struct reading r = {.arena = arena, .why = why};
	struct actor a = {0};
	struct url url;
	if (!activity_is_plain(node))
		return refuse(why, NULL, "This is no plain JSON object.");
	a.kind = actor_kind_of(reading_type(node));
	if (a.kind == 0)
		return refuse(why, "type", "This is no actor.");
	a.uri = reading_own_id(&r, node);
	if (a.uri == NULL || url_parse(arena, a.uri, &url) != OK)
		return refuse(why, "id", "The id is no address.");
	a.host = url.authority;
	read_profile(&r, node, &a);
	read_addresses(&r, node, &a);
	read_keys(&r, node, &a);
	if (r.err == OK)
		*claims = a;
	return r.err;
}

/* ---- fetched, kept, renewed ------------------------------------------------------------------ */

struct keeping {
	const struct actor *claims;
	struct arena *arena;
	struct actor *out;
	uint64_t id;
};

/* The record outlives the transaction: its shape copies it. */
static enum err actor_copy(struct arena *arena, const struct actor *from, struct actor *out)
{
	struct bytes b;
	enum err e = record_write(arena, &actor_shape, from, &b);
	if (e == OK)
		e = record_read(arena, &actor_shape, b, out);
	out->id = e == OK ? from->id : out->id;
	return e;
}

static enum err keep(struct txn *t, void *arg)
{
	struct keeping *k = arg;
	return actor_save_remote(t, k->claims, &k->id);
}

static enum err look_up(struct txn *t, void *arg)
{
	struct keeping *k = arg;
	struct actor found;
	enum err e = k->claims != NULL ? actor_by_uri(t, k->claims->uri, &found)
				       : actor_load(t, k->id, &found);
	return e == OK ? actor_copy(k->arena, &found, k->out) : e;
}

enum err actor_known(struct federation *f, struct arena *arena, const char *uri, struct actor *out)
{
	struct actor asked = {.uri = uri};
	struct keeping k = {.claims = &asked, .arena = arena, .out = out};
	return store_read(f->set.store, look_up, &k);
}

static bool addresses_allowed(struct federation *f, struct arena *arena, struct actor *a)
{
	if (!resolve_allowed(f, arena, a->inbox))
		return false;
	if (a->shared_inbox != NULL && !resolve_allowed(f, arena, a->shared_inbox))
		a->shared_inbox = NULL;
	return true;
}

enum err actor_fetch(struct federation *f, struct arena *arena, const char *uri,
	struct budget *budget, struct actor *out)
{
	const json_node *node;
	enum err e = resolve_fetch(f, arena, uri, budget, &node);
	if (e != OK)
		return e;
	struct actor claims = {0};
	if (actor_from_node(arena, node, &claims, NULL) != OK
		|| !addresses_allowed(f, arena, &claims))
		return ERR_INVALID;
	if (resolve_is_own(f, claims.uri))
		return actor_known(f, arena, claims.uri, out);
	claims.fetched = time_now();
	struct keeping k = {.claims = &claims, .arena = arena, .out = out};
	e = store_write(f->set.store, keep, &k);
	return e == OK ? actor_known(f, arena, claims.uri, out) : e;
}

bool actor_is_old(const struct actor *a)
{
	return !a->local && time_now() - a->fetched >= FRESH;
}

enum err actor_find(struct federation *f, struct arena *arena, const char *uri,
	struct budget *budget, struct actor *out)
{
	struct actor known;
	enum err e = actor_known(f, arena, uri, &known);
	if (e == OK && (known.gone || !actor_is_old(&known))) {
		*out = known;
		return known.gone ? ERR_GONE : OK;
	}
	if (resolve_is_own(f, uri))
		return e == OK ? OK : ERR_NOT_FOUND;
	enum err fetched = actor_fetch(f, arena, uri, budget, out);
	/* An old picture is better than none while its host is away. */
	if (fetched != OK && fetched != ERR_GONE && e == OK) {
		*out = known;
		return OK;
	}
	return fetched;
}
