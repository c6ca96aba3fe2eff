/* fuzz_activity.c: what another node sends becomes an activity within its limits, or nothing. */
#define FUZZ_WORDS                                                                                 \
	"\"Create\"",                                                                              \
		"\"object\":{\"type\":\"Undo\",\"actor\":\"https://a.example/u/a\",\"object\":",   \
		"\"to\":[", "\"as:Public\"", "\"https://a.example/u/a\"",                          \
		"\"contentMap\":{\"nl\":\"a\"}", "\"@graph\":", "null",                            \
		"\"published\":\"2025-11-21T08:58:12Z\"", "[{}]",                                  \
		"\"tag\":{\"type\":\"Mention\"}", "\"Question\"", "\"oneOf\":["
#include "corpus.h"
#include "federation.h"

#define INNER_MOST 2

static void text(const char *s, size_t most)
{
	if (s != NULL)
		HOLDS(fuzz_touch(s) <= most && text_is_utf8(s, strlen(s)));
}

static void uri(const char *s)
{
	text(s, URI_MOST);
	if (s == NULL)
		return;
	HOLDS(text_starts(s, "https://") || text_starts(s, "http://"));
	HOLDS(strpbrk(s, " \r\n\t\"<>") == NULL);
}

static void names(const struct names *n, size_t most)
{
	HOLDS(n->count <= most);
	for (size_t i = 0; i < n->count; i++) {
		HOLDS(n->at[i] != NULL);
		text(n->at[i], URI_MOST);
	}
}

static void actor(const struct actor *a)
{
	const char *const uris[] = {a->uri, a->url, a->inbox, a->shared_inbox, a->outbox,
		a->followers, a->featured, a->moderators, a->icon, a->image, a->moved_to, a->rsa_id,
		a->ed25519_id};
	for (size_t i = 0; i < COUNT(uris); i++)
		uri(uris[i]);
	HOLDS(a->kind >= ACTOR_PERSON && a->kind <= ACTOR_ORGANIZATION);
	HOLDS(a->uri != NULL && a->inbox != NULL && a->name != NULL && a->host != NULL);
	HOLDS(!a->local && a->id == 0); /* whether the name fits is actor_save_remote's to judge */
	text(a->name, 128);
	text(a->title, 4096);
	text(a->summary, 256u << 10);
	text(a->aliases, 128u << 10);
	text(a->language, 64);
	HOLDS(a->rsa.size == 0 || key_allowed(KEY_RSA, a->rsa));
	HOLDS(a->ed25519.size == 0 || key_allowed(KEY_ED25519, a->ed25519));
}

static void object(const struct object *o)
{
	const char *const uris[] = {
		o->id, o->attributed_to, o->url, o->in_reply_to, o->context, o->audience};
	for (size_t i = 0; i < COUNT(uris); i++)
		uri(uris[i]);
	text(o->type, TYPE_MOST);
	text(o->name, 256u << 10);
	text(o->content, 256u << 10);
	text(o->summary, 256u << 10);
	text(o->source, 256u << 10);
	text(o->source_type, 256);
	text(o->language, LANGUAGE_MOST);
	names(&o->to, ADDRESSES_MOST);
	names(&o->cc, ADDRESSES_MOST);
	HOLDS(o->tag_count <= 256 && o->attachment_count <= 64 && o->option_count <= 64);
	for (size_t i = 0; i < o->tag_count; i++) {
		text(o->tags[i].type, TYPE_MOST);
		text(o->tags[i].href, URI_MOST);
		text(o->tags[i].name, 4096);
	}
	for (size_t i = 0; i < o->attachment_count; i++) {
		text(o->attachments[i].type, TYPE_MOST);
		text(o->attachments[i].media_type, 256);
		uri(o->attachments[i].url);
		text(o->attachments[i].name, 64u << 10);
		HOLDS(o->attachments[i].width >= 0 && o->attachments[i].height >= 0);
	}
	for (size_t i = 0; i < o->option_count; i++) {
		HOLDS(o->options[i].name != NULL && o->options[i].votes >= 0);
		text(o->options[i].name, 4096);
	}
	HOLDS(o->voters >= 0);
	if (o->actor != NULL)
		actor(o->actor);
}

static void activity(struct arena *a, const struct activity *one, unsigned depth)
{
	const json_node *again;
	HOLDS(depth <= INNER_MOST && one->type != NULL && one->actor != NULL);
	HOLDS(one->actor_id == 0 && one->via == 0);
	uri(one->id);
	uri(one->actor);
	text(one->object_id, URI_MOST);
	uri(one->target);
	uri(one->origin);
	text(one->audience, URI_MOST);
	text(one->type, TYPE_MOST);
	text(one->content, 20001);
	names(&one->objects, 64);
	names(&one->to, ADDRESSES_MOST);
	names(&one->cc, ADDRESSES_MOST);
	HOLDS(one->to.count + one->cc.count <= ADDRESSES_MOST);
	HOLDS(one->raw.size == 0 || json_read(a, one->raw, NULL, &again) == OK);
	HOLDS(one->object == NULL || one->inner == NULL);
	if (one->object != NULL)
		object(one->object);
	if (one->inner != NULL)
		activity(a, one->inner, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	struct refusal why = {0};
	const json_node *node;
	struct activity read;
	struct object about;
	struct actor claims;
	enum err e = activity_read(a, (struct bytes){data, size}, &read, &why);
	HOLDS(e == OK || e == ERR_INVALID || e == ERR_TOO_MUCH);
	if (e == OK)
		activity(a, &read, 0);
	if (json_read(a, (struct bytes){data, size}, NULL, &node) != OK)
		return 0;
	for (size_t i = 0; i < activity_parts(node); i++)
		if (activity_part(a, node, i, &read, NULL) == OK)
			activity(a, &read, 0);
	if (object_from_node(a, node, &about, &why) == OK)
		object(&about);
	if (actor_from_node(a, node, &claims, &why) == OK)
		actor(&claims);
	fuzz_touch(proof_key_id(node));
	return 0;
}
