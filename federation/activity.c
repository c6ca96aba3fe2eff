/* activity.c: what an activity of another node says, in plain words; and the context of what we say. */
#include "federation.h"

#include <string.h>

#define DEPTH_MOST 2 /* activities inside an activity: Announce{Undo{Like}} */
#define OBJECTS_MOST 64

static const char *const types[] = {
	"Accept",
	"Add",
	"Announce",
	"AnnounceRequest",
	"Arrive",
	"Block",
	"ChooseAnswer",
	"Create",
	"Delete",
	"Dislike",
	"EmojiReact",
	"Flag",
	"Follow",
	"Ignore",
	"Invite",
	"Join",
	"Leave",
	"Like",
	"LikeRequest",
	"Listen",
	"Lock",
	"Move",
	"Offer",
	"PollVote",
	"QuoteRequest",
	"FeatureRequest",
	"Read",
	"Reject",
	"Remove",
	"ReplyRequest",
	"Resolve",
	"TentativeAccept",
	"TentativeJoin",
	"TentativeReject",
	"Travel",
	"Undo",
	"Update",
	"View",
	"Warn",
};

bool activity_is_type(const char *type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (text_is(type, types[i]))
			return true;
	return false;
}

bool activity_is_public(const char *uri)
{
	return text_is(uri, PUBLIC_URI) || text_is(uri, "as:Public") || text_is(uri, "Public");
}

bool activity_is_plain(const json_node *node)
{
	return json_is_object(node) && json_member(node, "@graph") == NULL
		&& json_member(node, "@included") == NULL && json_member(node, "@reverse") == NULL;
}

/* An unknown type counts as an activity when it has what only activities have. */
static bool is_activity(const json_node *node, const char *type)
{
	if (activity_is_type(type))
		return true;
	return type != NULL && !object_is_type(type) && actor_kind_of(type) == 0
		&& json_member(node, "actor") != NULL && json_member(node, "object") != NULL;
}

static void read_audience(struct reading *r, const json_node *node, struct activity *a)
{
	a->to = reading_uris(r, node, "to", ADDRESSES_MOST);
	a->cc = reading_uris(r, node, "cc", ADDRESSES_MOST - a->to.count);
	struct names audience = reading_uris(r, node, "audience", ADDRESSES_MOST);
	for (size_t i = 0; i < audience.count && a->audience == NULL; i++)
		if (!activity_is_public(audience.at[i]))
			a->audience = audience.at[i];
}

/* A ban's or removal's reason stands in `summary`, a report's words in either, a reaction's sign in `content`. */
static const char *read_reason(struct reading *r, const json_node *node)
{
	const char *words = reading_words(r, node, "content", 5000);
	return words != NULL ? words : reading_words(r, node, "summary", 5000);
}

static void read_envelope(struct reading *r, const json_node *node, struct activity *a)
{
	if (!activity_is_plain(node)) {
		reading_refuse(r, NULL, "This is no plain JSON object.");
		return;
	}
	a->type = reading_type(node);
	if (a->type == NULL)
		reading_refuse(r, "type", "An activity says what it is.");
	a->actor = reading_uri(r, node, "actor");
	if (a->actor == NULL)
		reading_refuse(r, "actor", "An activity says who acts.");
	a->id = reading_own_id(r, node);
	a->target = reading_uri(r, node, "target");
	a->origin = reading_uri(r, node, "origin");
	a->content = read_reason(r, node);
	a->published = reading_past(r, node, "published");
	a->remove_data = reading_flag(r, node, "removeData");
	read_audience(r, node, a);
}

/* The i-th object. Several are for Flag (all ids) and for Create (part by part); elsewhere one belongs. */
static const json_node *read_object(
	struct reading *r, const json_node *node, size_t i, struct activity *a)
{
	const json_node *all = reading_member(r, node, "object");
	size_t count = json_count(all);
	bool several = text_is(a->type, "Flag") || text_is(a->type, "Create");
	if (count > 1 && !several)
		reading_refuse(r, "object", "There are several values where one belongs.");
	if (count > OBJECTS_MOST)
		reading_refuse(r, "object", "There are too many objects.");
	if (count == 0)
		reading_refuse(r, "object", "An activity has an object.");
	if (r->err != OK)
		return NULL;
	a->objects = reading_uris(r, node, "object", OBJECTS_MOST);
	const json_node *one = json_item(all, i);
	a->object_id = reading_id_of(one);
	if (a->object_id == NULL && activity_is_public(json_text(one)))
		a->object_id = PUBLIC_URI; /* following a relay */
	if (a->object_id == NULL && !json_is_object(one))
		reading_refuse(r, "object", "The object is no address.");
	return one;
}

/* Outermost first, one inside the other, each read once: a loop, so that depth is a number and not a stack. */
static enum err read_activity(struct arena *arena, const json_node *node, size_t part,
	struct activity *out, struct refusal *why)
{
	struct reading r = {.arena = arena, .why = why};
	struct activity *level = arena_array(arena, DEPTH_MOST + 1, sizeof *level);
	for (size_t depth = 0; r.err == OK; depth++) {
		struct activity *a = &level[depth];
		read_envelope(&r, node, a);
		const json_node *object = r.err == OK
			? read_object(&r, node, depth == 0 ? part : 0, a)
			: NULL;
		const char *type = json_is_object(object) ? reading_type(object) : NULL;
		if (r.err != OK || type == NULL)
			break;
		if (!is_activity(object, type)) {
			struct object *o = arena_alloc(arena, sizeof *o);
			r.err = object_from_node(arena, object, o, why);
			a->object = o;
			break;
		}
		if (depth == DEPTH_MOST) {
			reading_refuse(&r, "object", "Too many activities inside each other.");
			break;
		}
		struct activity *inner = &level[depth + 1];
		inner->raw = json_write(arena, object);
		a->inner = inner;
		node = object;
	}
	if (r.err == OK)
		*out = level[0];
	return r.err;
}

enum err activity_from_node(
	struct arena *arena, const json_node *node, struct activity *out, struct refusal *why)
{
	return read_activity(arena, node, 0, out, why);
}

enum err activity_part(struct arena *arena, const json_node *node, size_t i, struct activity *out,
	struct refusal *why)
{
	return read_activity(arena, node, i, out, why);
}

size_t activity_parts(const json_node *node)
{
	size_t count = json_count(json_member(node, "object"));
	if (count < 2 || !text_is(reading_type(node), "Create"))
		return 1;
	return count < ACTIVITY_PARTS ? count : ACTIVITY_PARTS;
}

enum err activity_read(
	struct arena *arena, struct bytes json, struct activity *out, struct refusal *why)
{
	const json_node *node;
	enum err e = json_read(arena, json, NULL, &node);
	if (e == OK)
		e = activity_from_node(arena, node, out, why);
	if (e == OK)
		out->raw = arena_bytes(arena, json);
	return e;
}

/* ---- what ours begin with: one constant (protocol.md §3) ------------------------------------- */

/* The words of keys and proofs are named here one by one: the published contexts protect theirs, and a group announces
 * activities with contexts of their own, which then could not be read (JSON-LD 1.1 §4.1.11). */
static const char context[] =
	"[\"https://www.w3.org/ns/activitystreams\",\"https://w3id.org/security/v1\",{"
	"\"assertionMethod\":{\"@id\":\"sec:assertionMethod\",\"@type\":\"@id\",\"@container\":\"@set\"},"
	"\"controller\":{\"@id\":\"sec:controller\",\"@type\":\"@id\"},\"Multikey\":\"sec:Multikey\","
	"\"publicKeyMultibase\":{\"@id\":\"sec:publicKeyMultibase\",\"@type\":\"sec:multibase\"},"
	"\"DataIntegrityProof\":\"sec:DataIntegrityProof\",\"cryptosuite\":\"sec:cryptosuite\","
	"\"proof\":{\"@id\":\"sec:proof\",\"@type\":\"@id\",\"@container\":\"@graph\"},"
	"\"proofPurpose\":{\"@id\":\"sec:proofPurpose\",\"@type\":\"@vocab\"},"
	"\"proofValue\":{\"@id\":\"sec:proofValue\",\"@type\":\"sec:multibase\"},"
	"\"verificationMethod\":{\"@id\":\"sec:verificationMethod\",\"@type\":\"@id\"},"
	"\"toot\":\"http://joinmastodon.org/ns#\",\"schema\":\"http://schema.org#\",\"lemmy\":\"https://join-lemmy.org/ns#\","
	"\"pt\":\"https://joinpeertube.org/ns#\",\"Hashtag\":\"as:Hashtag\",\"Emoji\":\"toot:Emoji\","
	"\"sensitive\":\"as:sensitive\",\"manuallyApprovesFollowers\":\"as:manuallyApprovesFollowers\","
	"\"movedTo\":{\"@id\":\"as:movedTo\",\"@type\":\"@id\"},\"alsoKnownAs\":{\"@id\":\"as:alsoKnownAs\",\"@type\":\"@id\"},"
	"\"discoverable\":\"toot:discoverable\",\"indexable\":\"toot:indexable\","
	"\"suspended\":\"toot:suspended\",\"featured\":{\"@id\":\"toot:featured\",\"@type\":\"@id\"},\"blurhash\":\"toot:blurhash\","
	"\"votersCount\":\"toot:votersCount\",\"PropertyValue\":\"schema:PropertyValue\",\"value\":\"schema:value\","
	"\"moderators\":{\"@id\":\"lemmy:moderators\",\"@type\":\"@id\"},"
	"\"postingRestrictedToMods\":\"lemmy:postingRestrictedToMods\",\"removeData\":\"lemmy:removeData\","
	"\"stickied\":\"lemmy:stickied\",\"distinguished\":\"lemmy:distinguished\",\"Lock\":\"lemmy:Lock\","
	"\"commentsEnabled\":\"pt:commentsEnabled\",\"language\":\"schema:inLanguage\","
	"\"mz\":\"https://joinmobilizon.org/ns#\",\"ical\":\"http://www.w3.org/2002/12/cal/ical#\","
	"\"timezone\":\"mz:timezone\",\"displayEndTime\":\"mz:displayEndTime\",\"isOnline\":\"mz:isOnline\","
	"\"joinMode\":\"mz:joinMode\",\"category\":\"mz:category\",\"draft\":\"mz:draft\","
	"\"anonymousParticipationEnabled\":\"mz:anonymousParticipationEnabled\","
	"\"repliesModerationOption\":\"mz:repliesModerationOption\","
	"\"maximumAttendeeCapacity\":\"schema:maximumAttendeeCapacity\","
	"\"eventStatus\":\"schema:eventStatus\",\"inLanguage\":\"schema:inLanguage\","
	"\"PostalAddress\":\"schema:PostalAddress\",\"address\":\"schema:address\","
	"\"streetAddress\":\"schema:streetAddress\",\"organizers\":\"https://w3id.org/fep/8a8e/organizers\","
	"\"webfinger\":\"https://purl.archive.org/socialweb/webfinger#webfinger\","
	"\"implements\":{\"@id\":\"https://w3id.org/fep/844e#implements\",\"@type\":\"@id\"}}]";

void activity_context(struct view *v)
{
	view_raw(v, "@context", (struct bytes){context, sizeof context - 1});
}
