/* object.c: what an object of another node says: Note, Article, Page, Question and whatever looks like one. */
#include "federation.h"

#include <stdlib.h>
#include <string.h>

#define CONTENT_MOST ((size_t)128 << 10)
#define NAME_POINTS 500
#define SUMMARY_POINTS 5000
#define TAGS_MOST 64
#define ATTACHMENTS_MOST 16
#define OPTIONS_MOST 20
#define OWNERS_MOST 8
#define ZONE_POINTS 64

static const char *const types[] = {"Note", "Article", "Page", "Question", "Event", "Video",
	"Audio", "Image", "Document", "Tombstone", "Place", "Profile", "Relationship", "Collection",
	"OrderedCollection", "CollectionPage", "OrderedCollectionPage", "ChatMessage", "Proposal"};

bool object_is_type(const char *type)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (text_is(type, types[i]))
			return true;
	return false;
}

static bool is_person(const char *type)
{
	uint32_t kind = actor_kind_of(type);
	return kind == ACTOR_PERSON || kind == ACTOR_SERVICE || kind == ACTOR_APPLICATION;
}

/* Who wrote it. Several owners are refused, but for a person together with groups (PeerTube's account and channel): then
 * the person did. A number, true or {} is no owner at all. */
static const char *read_owner(struct reading *r, const json_node *node)
{
	const json_node *all = reading_member(r, node, "attributedTo");
	size_t count = json_count(all);
	if (count == 0)
		return NULL;
	const char *owner = NULL;
	size_t people = 0;
	for (size_t i = 0; i < count && i < OWNERS_MOST; i++) {
		const json_node *item = json_item(all, i);
		if (count > 1 && !(json_is_object(item) && is_person(reading_type(item)))
			&& !(json_is_object(item) && text_is(reading_type(item), "Group")))
			people = OWNERS_MOST; /* a bare address may be anybody */
		else if (count == 1 || is_person(reading_type(item))) {
			owner = reading_id_of(item);
			people++;
		}
	}
	if (people > 1 || count > OWNERS_MOST)
		reading_refuse(r, "attributedTo", "Several are named as its author.");
	else if (owner == NULL)
		reading_refuse(r, "attributedTo", "The author is no address.");
	return owner;
}

static void read_tags(struct reading *r, const json_node *node, struct object *o)
{
	const json_node *all = reading_member(r, node, "tag");
	size_t count = json_count(all) < TAGS_MOST ? json_count(all) : TAGS_MOST;
	struct tag *tags = arena_array(r->arena, count + 1, sizeof *tags);
	for (size_t i = 0; i < count; i++) {
		const json_node *item = json_item(all, i);
		const char *type = json_is_object(item) ? reading_type(item) : NULL;
		if (type == NULL)
			continue;
		struct tag *tag = &tags[o->tag_count++];
		const char *href = json_text(json_member(item, "href"));
		tag->type = type;
		tag->href = reading_is_uri(href) ? href : reading_id_of(item);
		tag->name = reading_words(r, item, "name", NAME_POINTS);
	}
	o->tags = tags;
}

/* Two fractions from -1 to 1; anything else is the middle. */
static void read_focus(struct reading *r, const json_node *item, struct attachment *a)
{
	const json_node *pair = reading_member(r, item, "focalPoint");
	int64_t *const to[] = {&a->focus_x, &a->focus_y};
	for (size_t i = 0; i < COUNT(to) && json_count(pair) == COUNT(to); i++) {
		struct bytes said = json_write(r->arena, json_item(pair, i));
		const char *text = arena_text_n(r->arena, said.data, said.size);
		double value = strtod(text, NULL);
		if (value >= -1 && value <= 1)
			*to[i] = (int64_t)(value * 1000);
	}
}

static void read_attachments(struct reading *r, const json_node *node, struct object *o)
{
	const json_node *all = reading_member(r, node, "attachment");
	size_t count = json_count(all) < ATTACHMENTS_MOST ? json_count(all) : ATTACHMENTS_MOST;
	struct attachment *list = arena_array(r->arena, count + 1, sizeof *list);
	for (size_t i = 0; i < count; i++) {
		const json_node *item = json_item(all, i);
		const char *type = json_is_object(item) ? reading_type(item) : NULL;
		const char *url = reading_link(r, item, "url", false);
		if (url == NULL)
			url = reading_link(r, item, "href", false);
		if (type == NULL || url == NULL)
			continue;
		struct attachment *a = &list[o->attachment_count++];
		a->type = type;
		a->url = url;
		a->media_type = reading_words(r, item, "mediaType", 100);
		a->name = reading_words(r, item, "name", SUMMARY_POINTS);
		if (a->name == NULL)
			a->name = reading_words(r, item, "summary", SUMMARY_POINTS);
		a->width = reading_number(r, item, "width");
		a->height = reading_number(r, item, "height");
		a->blurhash = reading_text(r, item, "blurhash", 100);
		read_focus(r, item, a);
	}
	o->attachments = list;
}

static void read_options(struct reading *r, const json_node *node, struct object *o)
{
	const json_node *all = reading_member(r, node, "oneOf");
	if (json_count(all) == 0) {
		all = reading_member(r, node, "anyOf");
		o->any_of = json_count(all) > 0;
	}
	size_t count = json_count(all) < OPTIONS_MOST ? json_count(all) : OPTIONS_MOST;
	struct option *list = arena_array(r->arena, count + 1, sizeof *list);
	for (size_t i = 0; i < count; i++) {
		const json_node *item = json_item(all, i);
		const char *name = reading_words(r, item, "name", NAME_POINTS);
		if (name == NULL)
			continue;
		const json_node *replies = reading_one(r, item, "replies");
		list[o->option_count++] = (struct option){
			name, reading_number(r, replies, "totalItems")};
	}
	o->options = list;
	o->voters = reading_number(r, node, "votersCount");
	o->end_time = reading_time(r, node, "endTime");
	o->closed = reading_time(r, node, "closed");
	if (o->closed == 0 && reading_flag(r, node, "closed"))
		o->closed = o->end_time != 0 ? o->end_time : time_now();
}

static void read_text(struct reading *r, const json_node *node, struct object *o)
{
	o->content = reading_text(r, node, "content", CONTENT_MOST);
	const char *mapped = reading_map(r, node, "contentMap", &o->language);
	if (o->content == NULL && mapped != NULL && *mapped != '\0') {
		if (strlen(mapped) > CONTENT_MOST)
			reading_refuse(r, "contentMap", "This text is too long.");
		o->content = mapped;
	}
	o->name = reading_words(r, node, "name", NAME_POINTS);
	if (o->name == NULL && (mapped = reading_map(r, node, "nameMap", NULL)) != NULL
		&& *mapped != '\0')
		o->name = text_cut(r->arena, mapped, NAME_POINTS);
	o->summary = reading_words(r, node, "summary", SUMMARY_POINTS);
	if (o->summary == NULL && (mapped = reading_map(r, node, "summaryMap", NULL)) != NULL
		&& *mapped != '\0')
		o->summary = text_cut(r->arena, mapped, SUMMARY_POINTS);
	const json_node *language = reading_member(r, node, "language");
	if (o->language == NULL && json_count(language) == 1)
		o->language = reading_words(r, json_item(language, 0), "identifier", LANGUAGE_MOST);
	const json_node *source = reading_one(r, node, "source");
	if (json_is_object(source)) {
		o->source = reading_text(r, source, "content", CONTENT_MOST);
		o->source_type = reading_words(r, source, "mediaType", 100);
	}
}

static const char *joined(struct reading *r, const char *a, const char *b, const char *between)
{
	return a == NULL ? b : b == NULL ? a : arena_format(r->arena, "%s%s%s", a, between, b);
}

/* One place, or the first of several (FEP-8a8e), as an object or in words. */
static void read_place(struct reading *r, const json_node *node, struct object *o)
{
	const json_node *place = json_item(reading_member(r, node, "location"), 0);
	if (json_is_string(place))
		o->place = text_cut(r->arena, json_text(place), NAME_POINTS);
	if (!json_is_object(place))
		return;
	const json_node *address = reading_one(r, place, "address");
	o->place = reading_words(r, place, "name", NAME_POINTS);
	o->address = reading_words(r, place, "address", NAME_POINTS);
	if (json_is_object(address))
		o->address = joined(r, reading_words(r, address, "streetAddress", NAME_POINTS),
			joined(r, reading_words(r, address, "postalCode", NAME_POINTS),
				reading_words(r, address, "addressLocality", NAME_POINTS), " "),
			", ");
}

/* Mobilizon attributes an event to the group that it is of; who wrote it is its actor. */
static void read_event(struct reading *r, const json_node *node, struct object *o)
{
	static const char *const words[] = {"eventStatus", "ical:status", "status"};
	const char *writer = reading_uri(r, node, "actor");
	if (writer != NULL && !text_is(writer, o->attributed_to)) {
		o->audience = o->attributed_to;
		o->attributed_to = writer;
	}
	o->start_time = reading_time(r, node, "startTime");
	o->zone = reading_words(r, node, "timezone", ZONE_POINTS);
	for (size_t i = 0; i < COUNT(words); i++) {
		const char *said = reading_words(r, node, words[i], ZONE_POINTS);
		o->cancelled = o->cancelled || text_is(said, "EventCancelled")
			|| text_is(said, "CANCELLED");
	}
	read_place(r, node, o);
}

/* Whoever it is addressed to. An audience that names everybody counts as cc: it decides who may read. */
static void read_addresses(struct reading *r, const json_node *node, struct object *o)
{
	o->to = reading_uris(r, node, "to", ADDRESSES_MOST);
	o->cc = reading_uris(r, node, "cc", ADDRESSES_MOST - o->to.count);
	struct names audience = reading_uris(r, node, "audience", OWNERS_MOST);
	for (size_t i = 0; i < audience.count; i++) {
		if (o->audience == NULL && !activity_is_public(audience.at[i]))
			o->audience = audience.at[i];
		if (!activity_is_public(audience.at[i]))
			continue;
		const char **cc = arena_array(r->arena, o->cc.count + 1, sizeof *cc);
		for (size_t c = 0; c < o->cc.count; c++)
			cc[c] = o->cc.at[c];
		cc[o->cc.count] = PUBLIC_URI;
		o->cc = (struct names){cc, o->cc.count + 1};
	}
}

static bool says_closed(struct reading *r, const json_node *node)
{
	const json_node *enabled = reading_one(r, node, "commentsEnabled");
	return enabled != NULL && !json_flag(enabled) && !json_is_string(enabled)
		&& !json_is_object(enabled);
}

enum err object_from_node(
	struct arena *arena, const json_node *node, struct object *out, struct refusal *why)
{
	struct reading r = {.arena = arena, .why = why};
	struct object o = {0};
	if (!activity_is_plain(node))
		return refuse(why, NULL, "This is no plain JSON object.");
	o.type = reading_type(node);
	if (o.type == NULL)
		reading_refuse(&r, "type", "An object says what it is.");
	o.id = reading_own_id(&r, node);
	if (actor_kind_of(o.type) != 0) {
		struct actor *claims = arena_alloc(arena, sizeof *claims);
		/* A profile we cannot use is still an object with an id: the actor's own host is asked. */
		if (r.err == OK && actor_from_node(arena, node, claims, NULL) == OK)
			o.actor = claims;
	} else {
		o.attributed_to = read_owner(&r, node);
		o.in_reply_to = reading_uri(&r, node, "inReplyTo");
		read_text(&r, node, &o);
		read_tags(&r, node, &o);
		read_attachments(&r, node, &o);
		read_options(&r, node, &o);
		if (text_is(o.type, "Event"))
			read_event(&r, node, &o);
	}
	o.url = reading_link(&r, node, "url", true);
	o.context = reading_uri(&r, node, "context");
	read_addresses(&r, node, &o);
	o.published = reading_past(&r, node, "published");
	o.updated = reading_past(&r, node, "updated");
	o.sensitive = reading_flag(&r, node, "sensitive");
	o.comments_closed = says_closed(&r, node);
	if (r.err == OK)
		*out = o;
	return r.err;
}
