/* feed.c: what feed readers take: the newest of a community, a person or a conversation as Atom and RSS; public posts only. */
#include "features.h"

#include <string.h>

#define ENTRIES_MOST 20
#define LOOKED_AT 60
#define ROUNDS_MOST 50                  /* of looking */
#define CONTENT_MOST ((size_t)16 << 10) /* bytes of one post; of a longer one its first words */
#define FEED_MOST ((size_t)1 << 20)
#define TITLE_POINTS 80
#define WORDS_POINTS 500

struct feed {
	struct text xml;
	struct call *call;
	struct txn *txn;
	const char *id, *title, *subtitle, *language;
	const char *page, *self; /* absolute */
	struct post posts[ENTRIES_MOST];
	size_t count;
	int64_t updated;
};

/* ---- XML ------------------------------------------------------------------------------------- */

/* Escaped; without what XML 1.0 cannot say at all: control characters, U+FFFE and U+FFFF. */
static void xml_text(struct text *out, const char *s)
{
	while (*s != '\0') {
		size_t good = 0;
		for (; s[good] != '\0'; good++) {
			const unsigned char *c = (const unsigned char *)&s[good];
			bool control = *c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r';
			if (control || (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe))
				break;
		}
		struct text part;
		text_init(&part, out->arena, good + 1);
		text_add_n(&part, s, good);
		text_html(out, part.at);
		s += good;
		if (*s != '\0')
			s += (unsigned char)*s == 0xef ? 3 : 1;
	}
}

static void element(struct text *out, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	text_format(out, "<%s>", name);
	xml_text(out, value);
	text_format(out, "</%.*s>\n", (int)strcspn(name, " "), name);
}

static void link_to(
	struct text *out, const char *name, const char *rel, const char *type, const char *href)
{
	text_format(out, "<%s rel=\"%s\" type=\"%s\" href=\"", name, rel, type);
	xml_text(out, href);
	text_add(out, "\"/>\n");
}

/* ---- what both say of a post ----------------------------------------------------------------- */

/* What is warned of is not told before the warning is read: its page shows both. */
static const char *content_of(const struct feed *f, const struct post *p)
{
	struct arena *arena = txn_arena(f->txn);
	const char *html = p->content != NULL ? p->content : "";
	if (p->summary != NULL && (p->kind == POST_NOTE || p->kind == POST_QUESTION))
		html = "";
	else if (strlen(html) <= CONTENT_MOST)
		return html;
	struct text words;
	text_init(&words, arena, CONTENT_MOST);
	text_add(&words, "<p>");
	text_html(&words, *html != '\0' ? markup_plain(arena, html, WORDS_POINTS) : p->summary);
	text_add(&words, " …</p>");
	return words.at;
}

static const char *page_of(const struct feed *f, const struct post *p)
{
	const char *path = post_path(f->txn, p);
	return path != NULL ? call_url(f->call, path) : p->uri;
}

static int64_t changed(const struct post *p)
{
	return p->updated > p->published ? p->updated : p->published;
}

static void hashtags(struct feed *f, const struct post *p, bool atom)
{
	struct extra x;
	extra_read(txn_arena(f->txn), p->extra, &x);
	for (size_t i = 0; i < x.hashtags.count; i++) {
		text_add(&f->xml, atom ? "<category term=\"" : "<category>");
		xml_text(&f->xml, x.hashtags.at[i]);
		text_add(&f->xml, atom ? "\"/>\n" : "</category>\n");
	}
}

/* ---- Atom (RFC 4287) ------------------------------------------------------------------------- */

static void moment(struct text *out, const char *name, int64_t ms)
{
	char at[TIME_ISO];
	time_iso(ms, at);
	element(out, name, at);
}

static void atom_entry(struct feed *f, const struct post *p)
{
	struct text *out = &f->xml;
	struct actor author;
	if (actor_load(f->txn, p->author, &author) != OK)
		return;
	text_add(out, "<entry>\n");
	element(out, "id", p->uri);
	element(out, "title", post_name(f->txn, p, TITLE_POINTS));
	moment(out, "published", p->published);
	moment(out, "updated", changed(p));
	text_add(out, "<author>\n");
	element(out, "name", actor_title(&author));
	element(out, "uri", author.url != NULL ? author.url : author.uri);
	text_add(out, "</author>\n");
	link_to(out, "link", "alternate", "text/html", page_of(f, p));
	hashtags(f, p, true);
	text_add(out, "<content type=\"html\"");
	if (p->language != NULL) {
		text_add(out, " xml:lang=\"");
		xml_text(out, p->language);
		text_add(out, "\"");
	}
	text_add(out, ">");
	xml_text(out, content_of(f, p));
	text_add(out, "</content>\n</entry>\n");
}

static void atom_write(struct feed *f)
{
	struct text *out = &f->xml;
	text_format(out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"%s\">\n",
		f->language);
	element(out, "id", f->id);
	element(out, "title", f->title);
	element(out, "subtitle", f->subtitle);
	moment(out, "updated", f->updated);
	link_to(out, "link", "self", "application/atom+xml", f->self);
	link_to(out, "link", "alternate", "text/html", f->page);
	element(out, "generator", "Kring");
	for (size_t i = 0; i < f->count; i++)
		atom_entry(f, &f->posts[i]);
	text_add(out, "</feed>\n");
}

/* ---- RSS 2.0 --------------------------------------------------------------------------------- */

static void day(struct text *out, const char *name, int64_t ms)
{
	char at[TIME_HTTP];
	time_http(ms, at);
	element(out, name, at);
}

static void rss_item(struct feed *f, const struct post *p)
{
	struct text *out = &f->xml;
	struct actor author;
	if (actor_load(f->txn, p->author, &author) != OK)
		return;
	text_add(out, "<item>\n");
	element(out, "title", post_name(f->txn, p, TITLE_POINTS));
	element(out, "link", page_of(f, p));
	element(out, "guid isPermaLink=\"false\"", p->uri);
	day(out, "pubDate", p->published);
	element(out, "dc:creator", actor_title(&author));
	hashtags(f, p, false);
	element(out, "description", content_of(f, p));
	text_add(out, "</item>\n");
}

static void rss_write(struct feed *f)
{
	struct text *out = &f->xml;
	text_add(out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" "
		"xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n");
	element(out, "title", f->title);
	element(out, "link", f->page);
	element(out, "description",
		f->subtitle != NULL && *f->subtitle != '\0' ? f->subtitle : f->title);
	element(out, "language", f->language);
	day(out, "lastBuildDate", f->updated);
	element(out, "generator", "Kring");
	link_to(out, "atom:link", "self", "application/rss+xml", f->self);
	for (size_t i = 0; i < f->count; i++)
		rss_item(f, &f->posts[i]);
	text_add(out, "</channel>\n</rss>\n");
}

/* ---- which posts ----------------------------------------------------------------------------- */

/* Asked as nobody, whoever asks: a feed's address is passed on. */
static void keep_public(struct feed *f, const struct u64s *ids)
{
	static const struct viewer nobody = {0};
	for (size_t i = 0; i < ids->count && f->count < ENTRIES_MOST; i++) {
		struct post *p = &f->posts[f->count];
		if (!post_load_for(f->txn, &nobody, ids->at[i], p) || p->removed_by != 0
			|| p->visibility != VISIBLE_PUBLIC)
			continue;
		if (changed(p) > f->updated)
			f->updated = changed(p);
		f->count++;
	}
}

/* The newest of a conversation, however much is said in it for fewer. */
static enum err keep_answers(struct feed *f, uint64_t root)
{
	struct u64s ids = {.count = LOOKED_AT};
	uint64_t before = 0;
	for (int round = 0; round < ROUNDS_MOST && ids.count == LOOKED_AT; round++) {
		enum err e = post_ids(f->txn, TABLE_BY_ROOT, root, before, true, LOOKED_AT, &ids);
		if (e != OK)
			return e;
		keep_public(f, &ids);
		if (f->count == ENTRIES_MOST)
			break;
		before = ids.count > 0 ? ids.at[ids.count - 1] : 0;
	}
	return OK;
}

static enum err answer(struct feed *f)
{
	struct call *call = f->call;
	bool rss = text_ends(call->path, ".rss");
	uint8_t sum[SHA256_SIZE];
	f->self = call_url(call, call->path);
	text_init(&f->xml, call->arena, FEED_MOST);
	if (rss)
		rss_write(f);
	else
		atom_write(f);
	if (f->xml.failed)
		return ERR_TOO_MUCH;
	crypto_sha256(f->xml.at, f->xml.size, sum);
	reply_bytes(call, 200,
		rss ? "application/rss+xml; charset=utf-8" : "application/atom+xml; charset=utf-8",
		(struct bytes){f->xml.at, f->xml.size});
	call->reply.etag = arena_format(call->arena, "\"%s\"", hex_encode(call->arena, sum, 16));
	call->reply.cache = "public, max-age=300";
	return OK;
}

static enum err of_actor(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	static const struct viewer nobody = {0};
	struct actor a;
	struct u64s ids;
	enum err e = actor_by_handle(t, call_part(call, "name"), &a);
	if (e == OK && (!a.local || a.suspended || a.kind == ACTOR_APPLICATION))
		e = ERR_NOT_FOUND;
	if (e == OK && a.gone)
		e = ERR_GONE;
	if (e == OK)
		e = timeline_of(t, &nobody, &a, 0, LOOKED_AT, &ids, NULL);
	if (e != OK)
		return e;
	struct feed f = {.call = call,
		.txn = t,
		.id = a.uri,
		.title = actor_title(&a),
		.subtitle = a.summary != NULL ? markup_plain(call->arena, a.summary, WORDS_POINTS)
					      : NULL,
		.language = a.language != NULL ? a.language : call->site->language,
		.page = call_url(call, actor_path(call->arena, &a)),
		.updated = a.created};
	keep_public(&f, &ids);
	return answer(&f);
}

bool feed_of_conversation(struct txn *t, const struct post *root)
{
	struct viewer nobody = {0};
	struct actor author, community;
	bool here = actor_load(t, root->author, &author) == OK && author.local;
	if (root->community != 0 && actor_load(t, root->community, &community) == OK)
		here = here || community.local;
	return here && root->root == root->id && !root->gone && root->removed_by == 0
		&& root->visibility == VISIBLE_PUBLIC && circle_may_read(t, &nobody, root);
}

static enum err of_conversation(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct actor author;
	struct post root;
	enum err e = actor_by_handle(t, call_part(call, "name"), &author);
	if (e == OK)
		e = post_load(t, call_part_id(call, "id"), &root);
	if (e == OK && (root.author != author.id || !feed_of_conversation(t, &root)))
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	struct feed f = {.call = call,
		.txn = t,
		.id = root.uri,
		.title = post_name(t, &root, TITLE_POINTS),
		.language = root.language != NULL ? root.language : call->site->language,
		.page = call_url(call, post_path(t, &root)),
		.updated = root.published};
	e = keep_answers(&f, root.id);
	return e == OK ? answer(&f) : e;
}

static const struct route routes[] = {
	{METHOD_GET, "/@{name}.atom", ANYONE, .read = of_actor},
	{METHOD_GET, "/@{name}.rss", ANYONE, .read = of_actor},
	{METHOD_GET, "/@{name}/{id}.atom", ANYONE, .read = of_conversation},
	{METHOD_GET, "/@{name}/{id}.rss", ANYONE, .read = of_conversation},
	{0},
};
const struct feature feature_feed = {.name = "feed", .routes = routes};
