/* document.c: how our actors and posts look to other nodes (protocol.md §4, §6). */
#include "federation.h"

#include <string.h>

static void show_keys(struct txn *t, const struct actor *a, struct view *v)
{
	struct key *rsa = a->rsa.size > 0 ? key_public(KEY_RSA, a->rsa) : NULL;
	if (rsa != NULL) {
		view_begin(v, "publicKey");
		view_text(v, "id", a->rsa_id);
		view_text(v, "owner", a->uri);
		view_text(v, "publicKeyPem", key_pem(txn_arena(t), rsa));
		view_end(v);
	}
	key_drop(rsa);
	struct key *ed25519 = a->ed25519.size > 0 ? key_public(KEY_ED25519, a->ed25519) : NULL;
	if (ed25519 != NULL) {
		view_list(v, "assertionMethod");
		view_begin(v, NULL);
		view_text(v, "id", a->ed25519_id);
		view_text(v, "type", "Multikey");
		view_text(v, "controller", a->uri);
		view_text(v, "publicKeyMultibase", key_multibase(txn_arena(t), ed25519));
		view_end(v);
		view_list_end(v);
	}
	key_drop(ed25519);
}

static void show_addresses(struct txn *t, const struct actor *a, struct view *v)
{
	bool node = a->kind == ACTOR_APPLICATION;
	view_text(v, "inbox", a->inbox);
	view_text(v, "outbox", a->outbox);
	view_text(v, "followers", a->followers);
	if (!node) {
		view_format(v, "following", "%s/following", a->uri);
		view_text(v, "featured", a->featured);
	}
	if (a->kind == ACTOR_GROUP) {
		view_text(v, "attributedTo", a->moderators);
		view_text(v, "moderators", a->moderators);
	}
	view_begin(v, "endpoints");
	view_format(v, "sharedInbox", "%s/inbox", txn_site(t)->base_url);
	view_end(v);
}

static void show_image(struct view *v, const char *name, const char *url)
{
	if (url == NULL)
		return;
	view_begin(v, name);
	view_text(v, "type", "Image");
	view_text(v, "mediaType", text_ends(url, ".png") ? "image/png" : "image/jpeg");
	view_text(v, "url", url);
	view_end(v);
}

static void show_aliases(struct txn *t, const struct actor *a, struct view *v)
{
	if (a->aliases == NULL)
		return;
	view_list(v, "alsoKnownAs");
	for (const char *p = a->aliases; *p != '\0';) {
		size_t size = strcspn(p, " ");
		if (size > 0)
			view_text(v, NULL, arena_text_n(txn_arena(t), p, size));
		p += size + (p[size] == ' ');
	}
	view_list_end(v);
}

static void show_profile(struct txn *t, const struct actor *a, struct view *v)
{
	view_text(v, "preferredUsername", a->name);
	view_format(v, "webfinger", "%s", actor_handle(txn_arena(t), a));
	if (a->suspended) { /* nothing of it is shown; its keys are needed for what is undone */
		view_flag(v, "suspended", true);
		return;
	}
	view_text(v, "name", a->title);
	view_text(v, "summary", a->summary);
	if (a->source != NULL) {
		view_begin(v, "source");
		view_text(v, "content", a->source);
		view_text(v, "mediaType", "text/markdown");
		view_end(v);
	}
	view_text(v, "url", a->url);
	show_image(v, "icon", a->icon);
	show_image(v, "image", a->image);
	view_time(v, "published", a->created);
	view_time(v, "updated", a->updated);
	view_flag(v, "manuallyApprovesFollowers", a->locked);
	view_flag(v, "discoverable", a->discoverable);
	view_flag(v, "indexable", a->indexable);
	if (a->kind == ACTOR_GROUP)
		view_flag(v, "postingRestrictedToMods", a->restricted);
	view_text(v, "movedTo", a->moved_to);
	show_aliases(t, a, v);
}

/* What peers may rely on, said instead of guessed from our name (FEP-844e). */
static void show_generator(struct txn *t, struct view *v)
{
	static const struct {
		const char *name, *href;
	} implements[] = {
		{"RFC-9421: HTTP Message Signatures",
			"https://datatracker.ietf.org/doc/html/rfc9421"},
		{"FEP-8b32: Object Integrity Proofs", "https://w3id.org/fep/8b32"},
		{"FEP-1b12: Group federation", "https://w3id.org/fep/1b12"},
	};
	view_begin(v, "generator");
	view_text(v, "type", "Application");
	view_format(v, "id", "%s/actor", txn_site(t)->base_url);
	view_list(v, "implements");
	for (size_t i = 0; i < COUNT(implements); i++) {
		view_begin(v, NULL);
		view_text(v, "name", implements[i].name);
		view_text(v, "href", implements[i].href);
		view_end(v);
	}
	view_list_end(v);
	view_end(v);
}

/* Whoever closes the view asks whether it is sound: these stand inside an activity too. */
enum err actor_document(struct txn *t, const struct actor *a, struct view *v)
{
	if (!a->local || a->gone)
		return a->local ? ERR_GONE : ERR_NOT_FOUND;
	view_text(v, "id", a->uri);
	view_text(v, "type", actor_type_of(a->kind));
	show_addresses(t, a, v);
	show_profile(t, a, v);
	show_keys(t, a, v);
	show_generator(t, v);
	return OK;
}

/* ---- posts ----------------------------------------------------------------------------------- */

static const char *const kinds[] = {
	[POST_NOTE] = "Note",
	[POST_ARTICLE] = "Article",
	[POST_PAGE] = "Page",
	[POST_QUESTION] = "Question",
	[POST_EVENT] = "Event",
	[POST_VACANCY] = "Article",
	[POST_IDEA] = "Article",
	[POST_FILE] = "Page",
	[POST_PROJECT] = "Page",
};

const char *document_type(const struct post *p)
{
	return p->kind < COUNT(kinds) && kinds[p->kind] != NULL ? kinds[p->kind] : "Note";
}

enum err document_tombstone(const char *uri, const char *former, int64_t when, struct view *v)
{
	view_text(v, "id", uri);
	view_text(v, "type", "Tombstone");
	view_text(v, "formerType", former);
	view_time(v, "deleted", when);
	return OK;
}

enum err document_post(struct txn *t, const struct post *p, struct view *v)
{
	if (p->gone)
		return document_tombstone(p->uri, document_type(p), p->removed, v);
	for (const struct feature *const *f = features; *f != NULL; f++)
		for (const struct kind *k = (*f)->kinds; k != NULL && k->type != NULL; k++)
			if (strcmp(k->type, document_type(p)) == 0)
				return k->show(t, p->id, v);
	return ERR_NOT_FOUND;
}

/* The public addressees of an activity stand where its object has them. */
void document_addresses(struct view *v, const struct audience *a)
{
	view_list(v, "to");
	for (size_t i = 0; i < a->to.count; i++)
		view_text(v, NULL, a->to.at[i]);
	view_list_end(v);
	view_list(v, "cc");
	for (size_t i = 0; i < a->cc.count; i++)
		view_text(v, NULL, a->cc.at[i]);
	view_list_end(v);
}
