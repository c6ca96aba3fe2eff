/* reading.c: one reader per shape of value in foreign ActivityStreams: what is checked and what is kept is one value. */
#include "federation.h"

#include <string.h>

#define NAMESPACE "https://www.w3.org/ns/activitystreams#"

void reading_refuse(struct reading *r, const char *field, const char *text)
{
	if (r->err == OK)
		r->err = refuse(r->why, field, text);
}

/* Structure only; url_parse comes when it is fetched. A fragment is allowed: activities and keys have them. */
bool reading_is_uri(const char *s)
{
	if (s == NULL || strnlen(s, URI_MOST + 1) > URI_MOST)
		return false;
	const char *host = text_starts(s, "https://") ? s + 8
		: text_starts(s, "http://")           ? s + 7
						      : NULL;
	if (host == NULL)
		return false;
	for (const char *p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("\"<>\\^`{|}", *p) != NULL)
			return false;
	size_t size = strcspn(host, "/?#");
	return size > 0 && memchr(host, '@', size) == NULL;
}

/* The plain term, or the same with the prefix of ActivityStreams' own names. */
const json_node *reading_member(struct reading *r, const json_node *node, const char *name)
{
	const json_node *found = json_member(node, name);
	return found != NULL ? found : json_member(node, arena_format(r->arena, "as:%s", name));
}

/* A scalar, or the one item of an array. Several where one belongs are refused: nobody may pick another than we do. */
const json_node *reading_one(struct reading *r, const json_node *node, const char *name)
{
	const json_node *found = reading_member(r, node, name);
	if (!json_is_array(found))
		return found;
	if (json_count(found) > 1)
		reading_refuse(r, name, "There are several values where one belongs.");
	return json_count(found) == 1 ? json_item(found, 0) : NULL;
}

const char *reading_id_of(const json_node *node)
{
	if (json_is_object(node)) {
		const json_node *id = json_member(node, "id");
		node = id != NULL ? id : json_member(node, "href");
	}
	const char *s = json_count(node) == 1 ? json_text(json_item(node, 0)) : NULL;
	return reading_is_uri(s) ? s : NULL;
}

/* The id of the thing itself: absent is NULL, anything but an address is refused. */
const char *reading_own_id(struct reading *r, const json_node *node)
{
	const json_node *id = json_member(node, "id");
	const char *s = json_count(id) == 1 ? json_text(json_item(id, 0)) : NULL;
	if (id != NULL && !reading_is_uri(s)) {
		reading_refuse(r, "id", "The id is no address.");
		return NULL;
	}
	return s;
}

const char *reading_uri(struct reading *r, const json_node *node, const char *name)
{
	return reading_id_of(reading_one(r, node, name));
}

static const char *type_plain(const char *s)
{
	if (s == NULL || strnlen(s, TYPE_MOST + sizeof NAMESPACE) >= TYPE_MOST + sizeof NAMESPACE)
		return NULL;
	if (text_starts(s, "as:"))
		s += 3;
	else if (text_starts(s, NAMESPACE))
		s += strlen(NAMESPACE);
	return *s != '\0' && strlen(s) <= TYPE_MOST ? s : NULL;
}

/* Of several types the first we know by name, else the first. */
const char *reading_type(const json_node *node)
{
	const json_node *types = json_member(node, "type");
	const char *first = NULL;
	for (size_t i = 0; i < json_count(types) && i < TYPES_MOST; i++) {
		const char *type = type_plain(json_text(json_item(types, i)));
		if (type != NULL
			&& (activity_is_type(type) || object_is_type(type)
				|| actor_kind_of(type) != 0))
			return type;
		if (first == NULL)
			first = type;
	}
	return first;
}

/* Every address in a scalar or array of strings, objects and links; over `most` it is refused. */
struct names reading_uris(struct reading *r, const json_node *node, const char *name, size_t most)
{
	const json_node *all = reading_member(r, node, name);
	size_t count = json_count(all);
	if (count > most) {
		reading_refuse(r, name, "There are too many addresses.");
		return (struct names){0};
	}
	const char **at = arena_array(r->arena, count + 1, sizeof *at);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		const json_node *item = json_item(all, i);
		const char *uri = activity_is_public(json_text(item)) ? PUBLIC_URI
								      : reading_id_of(item);
		if (uri != NULL)
			at[kept++] = uri;
	}
	return (struct names){at, kept};
}

/* Text as it is; longer is refused. */
const char *reading_text(struct reading *r, const json_node *node, const char *name, size_t bytes)
{
	const char *s = json_text(reading_one(r, node, name));
	if (s != NULL && strnlen(s, bytes + 1) > bytes) {
		reading_refuse(r, name, "This text is too long.");
		return NULL;
	}
	return s != NULL && *s != '\0' ? s : NULL;
}

/* Text cut to so many code points. */
const char *reading_words(struct reading *r, const json_node *node, const char *name, size_t points)
{
	const char *s = json_text(reading_one(r, node, name));
	return s != NULL && *s != '\0' ? text_cut(r->arena, s, points) : NULL;
}

struct first_member {
	const char *name, *text;
};

static bool take_first(void *arg, const char *name, const json_node *value)
{
	struct first_member *first = arg;
	first->name = name;
	first->text = json_text(value);
	return false;
}

/* contentMap and its like: the first language and its words (as Mastodon reads it). */
const char *reading_map(
	struct reading *r, const json_node *node, const char *name, const char **language)
{
	struct first_member first = {0};
	const json_node *map = reading_one(r, node, name);
	if (json_is_object(map))
		json_members(map, take_first, &first);
	if (language != NULL && first.name != NULL && strlen(first.name) <= LANGUAGE_MOST)
		*language = first.name;
	return first.text;
}

int64_t reading_time(struct reading *r, const json_node *node, const char *name)
{
	int64_t ms;
	const char *s = json_text(reading_one(r, node, name));
	return s != NULL && time_parse_iso(s, &ms) && ms > 0 ? ms : 0;
}

/* A moment that has been: nobody's clock puts a post on top for ever. */
int64_t reading_past(struct reading *r, const json_node *node, const char *name)
{
	int64_t ms = reading_time(r, node, name), now = time_now();
	return ms < now ? ms : now;
}

bool reading_flag(struct reading *r, const json_node *node, const char *name)
{
	return json_flag(reading_one(r, node, name));
}

int64_t reading_number(struct reading *r, const json_node *node, const char *name)
{
	int64_t n;
	return json_number(reading_one(r, node, name), &n) && n > 0 ? n : 0;
}

static const char *link_of(const json_node *node)
{
	if (json_is_object(node)) {
		const json_node *href = json_member(node, "href");
		node = href != NULL ? href : json_member(node, "url");
		if (json_is_array(node) || json_is_object(node))
			node = json_is_object(json_item(node, 0))
				? json_member(json_item(node, 0), "href")
				: json_item(node, 0);
	}
	const char *s = json_text(node);
	return reading_is_uri(s) ? s : NULL;
}

/* An address for people: a string, a Link, an image with one, or the best of several: text/html where wanted, else the
 * widest, else the first. */
const char *reading_link(struct reading *r, const json_node *node, const char *name, bool html)
{
	const json_node *all = reading_member(r, node, name);
	const char *best = NULL;
	int64_t best_width = -1;
	for (size_t i = 0; i < json_count(all) && i < LINKS_MOST; i++) {
		const json_node *item = json_item(all, i);
		const char *link = link_of(item);
		if (link == NULL)
			continue;
		int64_t width = 0;
		if (html && text_is(json_text(json_member(item, "mediaType")), "text/html"))
			return link;
		if (html || !json_number(json_member(item, "width"), &width))
			width = 0;
		if (width > best_width) {
			best = link;
			best_width = width;
		}
	}
	return best;
}

const char *reading_no_fragment(struct arena *arena, const char *uri)
{
	return uri != NULL ? arena_text_n(arena, uri, strcspn(uri, "#")) : NULL;
}

/* Ids of activities and keys may have a fragment; whose they are does not depend on it. */
bool reading_same_host(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return false;
	struct arena *arena ARENA_CLEANUP = arena_create();
	return url_same_host(reading_no_fragment(arena, a), reading_no_fragment(arena, b));
}
