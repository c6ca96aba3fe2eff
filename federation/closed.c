/*
 * closed.c: what members write for members, to those who read along elsewhere (circle_readers): as the words of their
 * community, which names no member.
 *
 * Each of them gets a copy of their own, in their own inbox and addressed to nobody else: an address that stood for all
 * followers would be opened by their site to followers who may not read it, and a list would tell one who the others are.
 * Who has one is kept (TABLE_COPY). Whatever happens to the post, the copies follow: new, changed or called back.
 */
#include "federation.h"

#define COPIES_MOST 2000
#define RECALLED_MOST 1000 /* of one reader; readers.c comes again for the rest */
#define SHORT_POINTS 500

/* Each copy is an object of its own, at an address that nobody guesses: sites take what has one address for one thing,
 * and its first addressee for all of them. Once called back it is gone for good: another one has another. */
static const char *copy_uri(struct arena *arena, const struct site *site, uint64_t number)
{
	char id[ID_TEXT];
	return arena_format(arena, "%s/m/%s", site->base_url, id_text(number, id));
}

/* 0: they have none. */
static uint64_t copy_of(struct txn *t, uint64_t post, uint64_t reader)
{
	uint64_t number;
	struct place place = place_2(TABLE_COPY, post, reader);
	return txn_get_id(t, &place, &number) == OK ? number : 0;
}

/* ---- as its community says it ------------------------------------------------------------------ */

static const char *words_of(struct txn *t, const struct post *p, bool whole)
{
	struct arena *arena = txn_arena(t);
	const struct site *site = txn_site(t);
	struct text html;
	char *body = NULL;
	const char *language = i18n_has(p->language != NULL ? p->language : "") ? p->language
										: site->language;
	text_init(&html, arena, 4 * POST_TEXT_MOST);
	if (p->title != NULL) {
		text_add(&html, "<p><strong>");
		text_html(&html, p->title);
		text_add(&html, "</strong></p>");
	}
	/* Made anew: in the post itself, names of people lead to them. */
	if (p->source == NULL || markup_from_markdown(arena, p->source, NULL, NULL, &body) != OK)
		body = arena_text(arena, "");
	if (whole) {
		text_add(&html, body);
	} else {
		text_add(&html, "<p>");
		text_html(&html, markup_plain(arena, body, SHORT_POINTS));
		text_add(&html, "</p>");
	}
	text_add(&html, "<p><a href=\"");
	text_html(&html, p->uri); /* its page has the author in its address */
	text_add(&html, "\">");
	text_html(&html, i18n(language, "For members. Read all of it and answer here"));
	text_add(&html, "</a></p>");
	return html.at;
}

/* A poll and the like as a plain message: one votes and signs up here. */
static void show_note(struct txn *t, const struct post *p, uint64_t number,
	const struct actor *community, const struct actor *reader, bool whole, struct view *v)
{
	struct arena *arena = txn_arena(t);
	const struct site *site = txn_site(t);
	view_text(v, "id", copy_uri(arena, site, number));
	view_text(v, "type", "Note");
	view_text(v, "attributedTo", community->uri);
	letter_address(v, "to", reader->uri, NULL);
	letter_address(v, "cc", NULL, NULL);
	uint64_t above = p->parent != 0 ? copy_of(t, p->parent, reader->id) : 0;
	if (above != 0)
		view_text(v, "inReplyTo", copy_uri(arena, site, above));
	view_text(v, "summary", p->summary);
	view_text(v, "content", words_of(t, p, whole));
	view_flag(v, "sensitive", p->sensitive);
	view_time(v, "published", p->published);
	view_time(v, "updated", p->updated);
	view_text(v, "url", p->uri);
	view_flag(v, "commentsEnabled", false); /* one answers here */
}

enum err closed_show(struct txn *t, uint64_t number, uint64_t reader, struct view *v)
{
	struct actor community, to;
	struct post p;
	struct bytes at;
	struct place place = place_1(TABLE_COPY_AT, number);
	enum err e = txn_get(t, &place, &at);
	if (e == OK && place_id_at(at, 8) != reader)
		e = ERR_NOT_FOUND;
	if (e == OK)
		e = post_load(t, place_id_at(at, 0), &p);
	if (e == OK && !circle_may_have_copy(t, reader, &p))
		e = ERR_NOT_FOUND;
	if (e == OK)
		e = actor_load(t, p.community, &community);
	if (e == OK)
		e = actor_load(t, reader, &to);
	if (e == OK)
		show_note(t, &p, number, &community, &to, true, v);
	return e;
}

/* ---- the letter to one of them ---------------------------------------------------------------- */

/* Of this line, this post and this reader, so that a replay says the same. */
static uint64_t number_of(const struct saying *s, uint64_t post, uint64_t reader)
{
	uint8_t sum[SHA256_SIZE];
	uint64_t of[] = {TABLE_COPY, s->line->place, post, reader}, number = 0;
	crypto_hmac(s->site->secret, sizeof s->site->secret, of, sizeof of, sum);
	for (size_t i = 0; i < sizeof number; i++)
		number = number << 8 | sum[i];
	return number & ((UINT64_C(1) << VARIANT_SHIFT) - 1);
}

enum telling { TELL_NEW, TELL_CHANGED, TELL_GONE };

struct copy {
	const struct post *post;
	const struct actor *community;
	struct actor reader;
	uint64_t number; /* in its address */
};

static struct letter write_letter(
	struct saying *s, const struct copy *c, enum telling telling, bool whole)
{
	static const char *const types[] = {"Create", "Update", "Delete"};
	struct letter l = letter_begin(s, c->community, types[telling],
		number_of(s, c->post->id, c->reader.id), VARIANT_CLOSED);
	l.reader = c->reader.id;
	l.copied = telling != TELL_GONE ? c->post->id : 0;
	letter_address(l.v, "to", c->reader.uri, NULL);
	view_begin(l.v, "object");
	if (telling == TELL_GONE) {
		view_text(l.v, "id", copy_uri(s->arena, s->site, c->number));
		view_text(l.v, "type", "Tombstone");
	} else {
		show_note(s->t, c->post, c->number, c->community, &c->reader, whole, l.v);
	}
	view_end(l.v);
	return l;
}

static enum err tell(struct saying *s, const struct copy *c, enum telling telling)
{
	struct letter probe = write_letter(s, c, telling, true);
	bool whole = view_ok(probe.v) && view_json(probe.v).size + 1024 <= LETTER_MOST;
	struct letter l = write_letter(s, c, telling, whole);
	enum err e = letter_keep(&l, NULL);
	struct recipients r = letter_recipients(&l);
	return e == OK ? audience_one(&r, c->reader.id) : e;
}

static enum err note_copy(struct txn *t, const struct copy *c, bool on)
{
	uint64_t post = c->post->id, reader = c->reader.id;
	struct place one = place_2(TABLE_COPY, post, reader),
		     other = place_2(TABLE_COPY_OF, reader, post),
		     at = place_1(TABLE_COPY_AT, c->number),
		     all = place_3(0, post, reader, c->community->id); /* as they stand in a key */
	enum err e = on ? txn_put_id(t, &one, c->number) : txn_del(t, &one);
	if (e == OK)
		e = on ? txn_put(t, &other, (struct bytes){"\1", 1}) : txn_del(t, &other);
	if (e == OK)
		e = on ? txn_put(t, &at, (struct bytes){all.at + 1, 24}) : txn_del(t, &at);
	return e;
}

/* Also of a post of which nothing else is left. */
static enum err call_back(struct saying *s, uint64_t post, uint64_t reader)
{
	struct actor community = {0};
	struct post p = {.id = post};
	struct copy c = {&p, &community, {.id = reader}, copy_of(s->t, post, reader)};
	struct place place = place_1(TABLE_COPY_AT, c.number);
	struct bytes at;
	enum err e = txn_get(s->t, &place, &at);
	if (e == OK)
		e = actor_load(s->t, place_id_at(at, 16), &community);
	if (e == OK)
		e = actor_load(s->t, reader, &c.reader);
	if (e == OK && !c.reader.gone)
		e = tell(s, &c, TELL_GONE);
	return e == OK || e == ERR_NOT_FOUND ? note_copy(s->t, &c, false) : e;
}

static bool may_keep(struct txn *t, uint64_t reader, uint64_t post)
{
	struct post p;
	return post_load(t, post, &p) == OK && circle_may_have_copy(t, reader, &p);
}

/* A new one, or what changed in the one they have. */
static enum err send_copy(
	struct saying *s, const struct post *p, const struct actor *community, uint64_t reader)
{
	struct copy c = {p, community, {0}, copy_of(s->t, p->id, reader)};
	bool known = c.number != 0;
	if (!circle_may_have_copy(s->t, reader, p) || (known && s->line->act != ACT_UPDATE))
		return OK;
	if (!known)
		c.number = number_of(s, p->id, reader);
	enum err e = actor_load(s->t, reader, &c.reader);
	if (e == OK)
		e = tell(s, &c, known ? TELL_CHANGED : TELL_NEW);
	return e == OK && !known ? note_copy(s->t, &c, true) : e;
}

/* ---- what follows from a line ------------------------------------------------------------------ */

struct seconds {
	uint64_t *at;
	size_t count;
};

static enum err second_one(void *arg, struct bytes key, struct bytes value)
{
	struct seconds *all = arg;
	(void)value;
	all->at[all->count++] = place_id(key, 1);
	return OK;
}

static enum err seconds_of(
	struct saying *s, uint8_t table, uint64_t first, size_t most, struct seconds *out)
{
	struct walk walk = {.prefix = place_1(table, first), .max = most};
	out->at = arena_array(s->arena, most, sizeof *out->at);
	out->count = 0;
	return txn_walk(s->t, &walk, second_one, out);
}

/* Who has a copy and may not any more is told to forget it; who may and has none gets one. */
static enum err follow_post(struct saying *s)
{
	struct post p;
	struct actor community;
	struct seconds had;
	struct u64s readers = {0};
	uint64_t post = s->line->object;
	enum err e = seconds_of(s, TABLE_COPY, post, COPIES_MOST, &had);
	for (size_t i = 0; e == OK && i < had.count; i++)
		if (!may_keep(s->t, had.at[i], post))
			e = call_back(s, post, had.at[i]);
	if (e == OK)
		e = post_load(s->t, post, &p);
	if (e != OK || !circle_goes_abroad(s->t, &p, &community))
		return e;
	e = circle_readers(s->t, &community, &readers);
	for (size_t i = 0; e == OK && i < readers.count; i++)
		e = send_copy(s, &p, &community, readers.at[i]);
	return e;
}

static enum err follow_reader(struct saying *s)
{
	struct seconds posts;
	uint64_t reader = s->line->object;
	enum err e = seconds_of(s, TABLE_COPY_OF, reader, RECALLED_MOST, &posts);
	for (size_t i = 0; e == OK && i < posts.count; i++)
		if (!may_keep(s->t, reader, posts.at[i]))
			e = call_back(s, posts.at[i], reader);
	return e;
}

enum err closed_follow(struct saying *s)
{
	switch ((enum act)s->line->act) {
	case ACT_CREATE:
	case ACT_UPDATE:
	case ACT_DELETE:
	case ACT_NARROW:
	case ACT_WIDEN:
	case ACT_RESTORE:
		return follow_post(s);
	case ACT_RECALL:
		return follow_reader(s);
	default:
		return OK;
	}
}
