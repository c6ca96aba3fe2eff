/* note.c: a post as ActivityPub says it: reading the object of another node, showing ours. */
#include "features.h"

#include <stdlib.h>
#include <string.h>

#define CONTENT_MOST                                                                               \
	(128 * 1024) /* limits of security.md §2.6: content is refused over it, words are cut */
#define ADDRESSED_MOST 256
#define TITLE_POINTS 500
#define SUMMARY_POINTS 5000
#define TEASER_POINTS 300
#define TAGS_MOST 64
#define ALT_POINTS 500
#define TWICE_MOST                                                                                 \
	(12 * 1024) /* longer content is sent once, without its map and source: activities stay small */
#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"

static const struct {
	const char *type;
	uint32_t kind;
} kinds[] = {
	{"Note", POST_NOTE},
	{"Note", POST_ASKED}, /* a Question is a poll to most others */
	{"Article", POST_ARTICLE},
	{"Page", POST_PAGE},
	{"Question", POST_QUESTION},
	{"Article", POST_IDEA},
	{"Page", POST_FILE},
	{"Page", POST_PROJECT},
	{"Article", POST_VACANCY}, /* ours only: what comes in as one is an article */
	/* What has a page of its own elsewhere is kept as a link to it. */
	{"Event", POST_PAGE},
	{"Video", POST_PAGE},
	{"Audio", POST_PAGE},
	{"Image", POST_PAGE},
	{"Document", POST_PAGE},
	/* Ours. Of what is read the first of a name counts. */
	{"Event", POST_EVENT},
};

static const char *type_of(uint32_t kind)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].type;
	return "Note";
}

static uint32_t kind_of(const char *type)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_is(kinds[i].type, type))
			return kinds[i].kind;
	return 0;
}

/* ---- reading: to whom ------------------------------------------------------------------------ */

static bool is_public(const char *uri)
{
	return text_is(uri, PUBLIC) || text_is(uri, "as:Public") || text_is(uri, "Public");
}

static bool lists(const struct names *all, const char *uri)
{
	for (size_t i = 0; i < all->count && i < ADDRESSED_MOST; i++)
		if (is_public(uri) ? is_public(all->at[i]) : text_is(all->at[i], uri))
			return true;
	return false;
}

struct addressed { /* whom an object names, among those known here */
	struct txn *t;
	const struct actor *author;
	struct actor local_group, remote_group;
	uint64_t mentions[POST_MENTIONS];
	size_t mention_count;
};

static void address(struct addressed *to, const char *uri)
{
	struct actor a;
	if (uri == NULL || is_public(uri) || actor_by_uri(to->t, uri, &a) != OK || a.gone
		|| a.suspended)
		return;
	if (a.kind == ACTOR_GROUP) {
		struct actor *group = a.local ? &to->local_group : &to->remote_group;
		if (group->id == 0)
			*group = a;
		return;
	}
	if (a.id == to->author->id || to->mention_count == POST_MENTIONS)
		return;
	for (size_t i = 0; i < to->mention_count; i++)
		if (to->mentions[i] == a.id)
			return;
	to->mentions[to->mention_count++] = a.id;
}

static void address_all(struct addressed *to, const struct object *o)
{
	address(to, o->audience);
	for (size_t i = 0; i < o->to.count && i < ADDRESSED_MOST; i++)
		address(to, o->to.at[i]);
	for (size_t i = 0; i < o->cc.count && i < ADDRESSED_MOST; i++)
		address(to, o->cc.at[i]);
	for (size_t i = 0; i < o->tag_count && i < TAGS_MOST; i++)
		if (text_is(o->tags[i].type, "Mention"))
			address(to, o->tags[i].href);
}

/* What is said decides, the unknown is the narrowest (security.md R17). */
static void read_audience(const struct object *o, const struct addressed *to, struct post *out)
{
	const struct actor *group = to->local_group.id != 0 ? &to->local_group : &to->remote_group;
	const char *followers = to->author->followers;
	bool of_group = group->followers != NULL
		&& (lists(&o->to, group->followers) || lists(&o->cc, group->followers));
	bool of_author = followers != NULL
		&& (lists(&o->to, followers) || lists(&o->cc, followers));
	if (lists(&o->to, PUBLIC))
		out->visibility = VISIBLE_PUBLIC;
	else if (lists(&o->cc, PUBLIC))
		out->visibility = VISIBLE_UNLISTED;
	else
		out->visibility = of_group || of_author ? VISIBLE_FOLLOWERS : VISIBLE_DIRECT;
	if (out->visibility <= VISIBLE_UNLISTED
		|| (out->visibility == VISIBLE_FOLLOWERS && of_group))
		out->community = group->id;
}

/* ---- reading: what --------------------------------------------------------------------------- */

static const char *words(struct arena *arena, const char *s, size_t points)
{
	if (s == NULL)
		return NULL;
	char *plain = text_trim(arena, markup_plain(arena, s, points));
	return *plain != '\0' ? plain : NULL;
}

static const char *web_address(struct arena *arena, const char *s)
{
	struct url u;
	return s != NULL && url_parse(arena, s, &u) == OK ? s : NULL;
}

static const char *language_of(const char *s)
{
	if (s == NULL || *s == '\0' || strlen(s) > 35)
		return NULL;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")]
			== '\0'
		? s
		: NULL;
}

static void read_attachments(struct arena *arena, const struct object *o, struct extra *x)
{
	struct attachment *all = arena_array(arena, POST_ATTACHMENTS, sizeof *all);
	for (size_t i = 0; i < o->attachment_count && x->attachment_count < POST_ATTACHMENTS; i++) {
		const struct attachment *a = &o->attachments[i];
		if (web_address(arena, a->url) == NULL || a->type == NULL || strlen(a->type) > 40)
			continue;
		struct attachment *kept = &all[x->attachment_count++];
		*kept = *a;
		kept->media = 0;
		kept->blurhash = a->blurhash != NULL && strlen(a->blurhash) <= 100 ? a->blurhash
										   : NULL;
		kept->name = a->name != NULL ? text_cut(arena, a->name, ALT_POINTS) : NULL;
		kept->media_type = a->media_type != NULL && strlen(a->media_type) <= 100
			? a->media_type
			: NULL;
	}
	x->attachments = all;
}

static void read_hashtags(struct arena *arena, const struct object *o, struct extra *x)
{
	const char **all = arena_array(arena, POST_HASHTAGS, sizeof *all);
	for (size_t i = 0; i < o->tag_count && i < TAGS_MOST && x->hashtags.count < POST_HASHTAGS;
		i++) {
		const char *name = o->tags[i].name;
		if (!text_is(o->tags[i].type, "Hashtag") || name == NULL)
			continue;
		name += *name == '#';
		if (*name != '\0')
			all[x->hashtags.count++] = text_lower(arena, text_cut(arena, name, 100));
	}
	x->hashtags.at = all;
}

static void read_event(struct arena *arena, const struct object *o, struct extra *x)
{
	x->starts = o->start_time;
	x->ends = o->end_time > o->start_time ? o->end_time : 0;
	x->zone = o->zone != NULL && ical_zone_known(o->zone) ? o->zone : NULL;
	x->place = words(arena, o->place, TITLE_POINTS);
	x->address = words(arena, o->address, TITLE_POINTS);
	x->cancelled = o->cancelled;
}

static struct bytes read_extra(struct arena *arena, const struct object *o)
{
	struct extra x = {.any_of = o->any_of,
		.voters = o->voters,
		.end_time = o->end_time,
		.closed = o->closed};
	read_event(arena, o, &x);
	struct option *options = arena_array(arena, POST_OPTIONS, sizeof *options);
	for (size_t i = 0; i < o->option_count && x.option_count < POST_OPTIONS; i++) {
		if (o->options[i].name == NULL)
			continue;
		options[x.option_count].name = text_cut(arena, o->options[i].name, TITLE_POINTS);
		options[x.option_count++].votes = o->options[i].votes;
	}
	x.options = options;
	read_attachments(arena, o, &x);
	read_hashtags(arena, o, &x);
	return extra_write(arena, &x);
}

static enum err read_text(struct arena *arena, const struct object *o, struct post *out)
{
	bool page_elsewhere = kind_of(o->type) == POST_PAGE && !text_is(o->type, "Page");
	const char *content = o->content == NULL && page_elsewhere ? o->summary : o->content;
	char *html = NULL;
	if ((content != NULL && strlen(content) > CONTENT_MOST)
		|| (o->source != NULL && strlen(o->source) > CONTENT_MOST))
		return ERR_TOO_MUCH;
	if (content != NULL)
		html = markup_clean(arena, content);
	else if (o->source != NULL && text_is(o->source_type, "text/markdown")
		&& markup_from_markdown(arena, o->source, NULL, NULL, &html) != OK)
		return ERR_INVALID;
	out->content = html != NULL ? html : "";
	out->title = out->parent_uri == NULL && o->name != NULL
		? text_trim(arena, text_cut(arena, o->name, TITLE_POINTS))
		: NULL;
	if (out->title != NULL && *out->title == '\0')
		out->title = NULL;
	out->summary = words(arena, o->summary, SUMMARY_POINTS);
	out->language = language_of(o->language);
	out->sensitive = o->sensitive;
	out->extra = read_extra(arena, o);
	return *out->content == '\0' && out->title == NULL && out->extra.size == 0 ? ERR_INVALID
										   : OK;
}

enum err note_read(
	struct txn *t, const struct object *o, const struct actor *author, struct post *out)
{
	struct arena *arena = txn_arena(t);
	out->kind = kind_of(o->type);
	if (out->kind == 0 || o->id == NULL || o->attributed_to == NULL)
		return ERR_INVALID;
	if (!text_is(o->attributed_to, author->uri) || !url_same_host(o->id, author->uri))
		return ERR_FORBIDDEN;
	/* A vote in a poll, not a reply: poll.c takes those that are for a poll of here. */
	if (out->kind == POST_NOTE && o->in_reply_to != NULL && o->name != NULL
		&& o->content == NULL)
		return ERR_INVALID;
	out->uri = o->id;
	out->url = web_address(arena, o->url);
	out->parent_uri = web_address(arena, o->in_reply_to);
	if (o->in_reply_to != NULL && out->parent_uri == NULL)
		return ERR_INVALID;
	int64_t now = time_now();
	out->published = o->published > 0 && o->published < now ? o->published : now;
	out->updated = o->updated > out->published && o->updated <= now ? o->updated : 0;
	out->locked = o->comments_closed && out->parent_uri == NULL;
	struct addressed *to = arena_alloc(arena, sizeof *to);
	to->t = t;
	to->author = author;
	address_all(to, o);
	read_audience(o, to, out);
	/* A message to a community is to it as to a person. */
	if (out->visibility == VISIBLE_DIRECT && to->local_group.id != 0
		&& to->mention_count < POST_MENTIONS)
		to->mentions[to->mention_count++] = to->local_group.id;
	out->mentions = (struct u64s){to->mentions, to->mention_count};
	return read_text(arena, o, out);
}

/* ---- showing --------------------------------------------------------------------------------- */

static void show_names(struct view *v, const char *name, const struct names *all)
{
	view_list(v, name);
	for (size_t i = 0; i < all->count; i++)
		view_text(v, NULL, all->at[i]);
	view_list_end(v);
}

static void show_mention(struct txn *t, struct view *v, uint64_t id)
{
	struct actor a;
	if (actor_load(t, id, &a) != OK || a.gone)
		return;
	view_begin(v, NULL);
	view_text(v, "type", "Mention");
	view_text(v, "href", a.uri);
	view_format(v, "name", "@%s", actor_handle(txn_arena(t), &a));
	view_end(v);
}

/* The community is tagged so that answers from other nodes name it too (protocol.md §14.5). */
static void show_tags(struct txn *t, struct view *v, const struct post *p, const struct extra *x)
{
	view_list(v, "tag");
	if (p->community != 0)
		show_mention(t, v, p->community);
	for (size_t i = 0; i < p->mentions.count; i++)
		show_mention(t, v, p->mentions.at[i]);
	for (size_t i = 0; i < x->hashtags.count; i++) {
		struct text href;
		text_init(&href, txn_arena(t), 2048);
		text_format(&href, "%s/tags/", txn_site(t)->base_url);
		text_url(&href, x->hashtags.at[i]);
		view_begin(v, NULL);
		view_text(v, "type", "Hashtag");
		view_text(v, "href", href.at);
		view_format(v, "name", "#%s", x->hashtags.at[i]);
		view_end(v);
	}
	view_list_end(v);
}

/* Thousandths as the fraction they are. */
static void show_focus(struct view *v, const struct attachment *a)
{
	char pair[64];
	int64_t x = a->focus_x, y = a->focus_y;
	if (text_print(pair, sizeof pair, "[%s%d.%03d,%s%d.%03d]", x < 0 ? "-" : "",
		    abs((int)x) / 1000, abs((int)x) % 1000, y < 0 ? "-" : "", abs((int)y) / 1000,
		    abs((int)y) % 1000))
		view_raw(v, "focalPoint", (struct bytes){pair, strlen(pair)});
}

static void show_attachments(struct view *v, const struct extra *x)
{
	view_list(v, "attachment");
	for (size_t i = 0; i < x->attachment_count; i++) {
		const struct attachment *a = &x->attachments[i];
		view_begin(v, NULL);
		view_text(v, "type", a->type);
		view_text(v, "mediaType", a->media_type);
		view_text(v, text_is(a->type, "Link") ? "href" : "url", a->url);
		view_text(v, "name", a->name);
		if (a->media != 0 && a->width > 0) {
			view_text(v, "summary", a->name); /* alt text is read here by some */
			view_number(v, "width", a->width);
			view_number(v, "height", a->height);
			view_text(v, "blurhash", a->blurhash);
			show_focus(v, a);
		}
		view_end(v);
	}
	view_list_end(v);
}

static void show_language(struct view *v, const char *code)
{
	const char *name = code;
	for (size_t i = 0; i < COUNT(post_languages); i++)
		if (strcmp(code, post_languages[i][0]) == 0)
			name = post_languages[i][1];
	view_begin(v, "language"); /* Lemmy's way; contentMap is Mastodon's */
	view_text(v, "identifier", code);
	view_text(v, "name", name);
	view_end(v);
}

static struct said said_of(struct txn *t, const struct post *p)
{
	struct said s = {p->summary, p->content != NULL ? p->content : "", p->updated};
	if (s.summary == NULL && p->title != NULL)
		/* all that microblog servers show of it, with its address */
		s.summary = markup_plain(txn_arena(t), s.content, TEASER_POINTS);
	if (detail_of(p->kind)->say != NULL)
		detail_of(p->kind)->say(t, p, &s);
	return s;
}

static void show_text(struct view *v, const struct post *p, const struct said *s)
{
	const char *content = s->content;
	bool twice = strlen(content) <= TWICE_MOST;
	view_text(v, "name", p->title);
	view_text(v, "summary", s->summary);
	view_text(v, "content", content);
	if (p->language != NULL) {
		if (twice) {
			view_begin(v, "contentMap");
			view_text(v, p->language, content);
			view_end(v);
		}
		show_language(v, p->language);
	}
	if (p->source != NULL && twice) {
		view_begin(v, "source");
		view_text(v, "content", p->source);
		view_text(v, "mediaType", "text/markdown");
		view_end(v);
	}
}

static void show_counts(struct txn *t, struct view *v, const struct post *p)
{
	static const struct {
		const char *name;
		uint32_t kind;
	} counts[] = {{"likes", REACTION_LIKE}, {"shares", REACTION_BOOST}};
	view_format(v, "replies", "%s/replies", p->uri);
	for (size_t i = 0; i < COUNT(counts); i++) {
		int64_t n;
		if (post_tally(t, p->id, counts[i].kind, &n) != OK)
			continue;
		view_begin(v, counts[i].name);
		view_format(v, "id", "%s/%s", p->uri, counts[i].name);
		view_text(v, "type", "Collection");
		view_number(v, "totalItems", n);
		view_end(v);
	}
}

static void show_policy(struct view *v, bool open, const char *author)
{
	view_begin(v, "interactionPolicy");
	view_begin(v, "canQuote");
	view_list(v, "automaticApproval");
	view_text(v, NULL, open ? PUBLIC : author);
	view_list_end(v);
	view_end(v);
	view_end(v);
}

static void show_tombstone(struct view *v, const struct post *p)
{
	view_text(v, "id", p->uri);
	view_text(v, "type", "Tombstone");
	view_text(v, "formerType", type_of(p->kind));
	view_time(v, "published", p->published);
	view_time(v, "updated", p->updated);
	view_time(v, "deleted", p->removed);
}

static enum err show_place(struct txn *t, struct view *v, const struct post *p)
{
	struct post root;
	struct actor community;
	char id[ID_TEXT];
	if (p->community != 0) {
		enum err e = actor_load(t, p->community, &community);
		if (e != OK)
			return e;
		view_text(v, "audience", community.uri);
	}
	/* The context of a conversation is its owner's to serve. */
	if (post_load(t, p->root, &root) == OK && url_same_host(root.uri, txn_site(t)->base_url))
		view_format(v, "context", "%s/t/%s", txn_site(t)->base_url, id_text(p->root, id));
	view_text(v, "inReplyTo", p->parent_uri);
	return OK;
}

enum err note_show(struct txn *t, uint64_t id, struct view *v)
{
	struct post p;
	struct actor author;
	struct audience audience;
	struct extra x;
	enum err e = post_load(t, id, &p);
	if (e == OK && p.gone) {
		show_tombstone(v, &p);
		return OK;
	}
	if (e == OK)
		e = actor_load(t, p.author, &author);
	if (e == OK)
		e = post_audience(t, &p, &audience);
	if (e != OK)
		return e;
	extra_read(txn_arena(t), p.extra, &x);
	view_text(v, "id", p.uri);
	view_text(v, "type", type_of(p.kind));
	view_text(v, "attributedTo", author.uri);
	show_names(v, "to", &audience.to);
	show_names(v, "cc", &audience.cc);
	e = show_place(t, v, &p);
	if (e != OK)
		return e;
	struct said said = said_of(t, &p);
	show_text(v, &p, &said);
	view_flag(v, "sensitive", p.sensitive);
	view_time(v, "published", p.published);
	view_time(v, "updated", said.updated);
	view_text(v, "url", p.url);
	show_tags(t, v, &p, &x);
	show_attachments(v, &x);
	if (detail_of(p.kind)->object != NULL)
		detail_of(p.kind)->object(t, v, &p);
	if (p.root == p.id)
		view_flag(v, "commentsEnabled", !p.locked);
	show_counts(t, v, &p);
	show_policy(v, audience.open, author.uri);
	return OK;
}

enum err note_show_question(
	struct txn *t, const struct post *p, const char *content, struct view *v)
{
	struct actor author, community;
	struct audience audience;
	struct extra none = {0};
	enum err e = actor_load(t, p->author, &author);
	if (e == OK)
		e = post_audience(t, p, &audience);
	if (e == OK && p->community != 0)
		e = actor_load(t, p->community, &community);
	if (e != OK)
		return e;
	struct post q = {.kind = POST_QUESTION, .language = p->language};
	struct said said = {.content = content};
	view_text(v, "id", post_question_uri(txn_arena(t), p));
	view_text(v, "type", "Question");
	view_text(v, "attributedTo", author.uri);
	show_names(v, "to", &audience.to);
	show_names(v, "cc", &audience.cc);
	if (p->community != 0)
		view_text(v, "audience", community.uri);
	view_text(v, "inReplyTo", p->uri);
	show_text(v, &q, &said);
	view_time(v, "published", p->published);
	view_time(v, "updated", p->updated);
	view_text(v, "url", p->url);
	show_tags(t, v, p, &none);
	show_policy(v, audience.open, author.uri);
	return OK;
}

const struct kind note_kinds[] = {
	{"Note", note_show},
	{"Article", note_show},
	{"Page", note_show},
	{"Question", note_show},
	{"Event", note_show},
	{0},
};
