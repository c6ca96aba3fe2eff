/* draft.c: what a person writes, made ready: checked, made HTML, mentions and hashtags found. */
#include "media.h"

#include <string.h>

#define SUMMARY_POINTS 500
#define LANGUAGE_MOST 35

const char *const post_languages[5][2] = {{"nl", "Nederlands"}, {"en", "English"},
	{"de", "Deutsch"}, {"fr", "Français"}, {"fy", "Frysk"}};

const char *post_language(struct txn *t, const struct post *p)
{
	return p->language != NULL && i18n_has(p->language) ? p->language : txn_site(t)->language;
}

struct writing { /* what the links of a text ask for */
	struct txn *t;
	uint64_t author;
	uint64_t mentions[POST_MENTIONS];
	size_t mention_count;
	const char *hashtags[POST_HASHTAGS];
	size_t hashtag_count;
};

static bool mention_add(struct writing *w, uint64_t actor)
{
	for (size_t i = 0; i < w->mention_count; i++)
		if (w->mentions[i] == actor)
			return true;
	if (w->mention_count == POST_MENTIONS)
		return false;
	w->mentions[w->mention_count++] = actor;
	return true;
}

static void hashtag_add(struct writing *w, struct arena *arena, const char *word)
{
	const char *tag = text_lower(arena, text_cut(arena, word, 100));
	for (size_t i = 0; i < w->hashtag_count; i++)
		if (strcmp(w->hashtags[i], tag) == 0)
			return;
	if (w->hashtag_count < POST_HASHTAGS)
		w->hashtags[w->hashtag_count++] = tag;
}

/* Hashtags have no page here: they are told to other nodes and stay plain words in the text. */
static const char *link_of(void *arg, struct arena *arena, char sign, const char *word)
{
	struct writing *w = arg;
	struct actor a;
	if (sign == '#') {
		hashtag_add(w, arena, word);
		return NULL;
	}
	if (actor_by_handle(w->t, word, &a) != OK || a.gone || a.suspended
		|| block_between(w->t, w->author, a.id))
		return NULL;
	if (a.kind != ACTOR_GROUP && a.id != w->author && !mention_add(w, a.id))
		return NULL;
	return a.url != NULL ? a.url : a.uri;
}

static enum err words_check(const struct post_draft *d, const char *text, struct refusal *why)
{
	if (*text == '\0' && d->kind != POST_EVENT && d->kind != POST_FILE)
		return refuse(why, "text", "Write something first.");
	if (strlen(text) > POST_TEXT_MOST)
		return refuse(why, "text", "This text is too long.");
	if (!text_is_utf8(text, strlen(text)))
		return refuse(why, "text", "This text holds signs that cannot be kept.");
	if (d->title != NULL && text_count(d->title) > POST_TITLE_MOST)
		return refuse(why, "title", "A title has at most 200 signs.");
	if (d->summary != NULL && text_count(d->summary) > SUMMARY_POINTS)
		return refuse(why, "summary", "A summary has at most 500 signs.");
	const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	if (d->language != NULL
		&& (strlen(d->language) > LANGUAGE_MOST
			|| d->language[strspn(d->language, letters)]))
		return refuse(why, "language", "Choose a language.");
	if (d->kind > POST_ARTICLE && d->kind != POST_ASKED && d->kind != POST_EVENT
		&& d->own.size == 0)
		return refuse(why, NULL, "This kind of post cannot be written here.");
	return OK;
}

enum err draft_tags(struct arena *arena, const char *typed, struct names *out, const char **joined,
	struct refusal *why)
{
	const char **all = arena_array(arena, POST_TAGS_MOST, sizeof *all);
	struct text line;
	size_t count = 0;
	text_init(&line, arena, POST_TAGS_BYTES);
	for (const char *at = typed != NULL ? typed : ""; *at != '\0';) {
		size_t size = strcspn(at, " ,;#\t");
		const char *word = text_lower(arena, arena_text_n(arena, at, size));
		at += size + (at[size] != '\0');
		if (size == 0)
			continue;
		if (count == POST_TAGS_MOST)
			return refuse(why, "tags", "Use at most 10 tags.");
		if (text_count(word) > POST_TAG_MOST || strpbrk(word, "\"<>&'/?") != NULL)
			return refuse(why, "tags", "A tag is one word, of letters and digits.");
		text_format(&line, "%s%s", count > 0 ? " " : "", word);
		all[count++] = word;
	}
	*joined = count > 0 ? line.at : NULL;
	*out = (struct names){all, count};
	return OK;
}

static const char *words_of(struct arena *arena, const char *s)
{
	char *words = s != NULL ? text_trim(arena, s) : NULL;
	return words != NULL && *words != '\0' ? words : NULL;
}

static uint32_t kind_of(const struct post_draft *d, const struct post *p)
{
	if (p->parent != 0 && d->poll == NULL)
		return POST_NOTE;
	if (d->poll != NULL)
		return POST_QUESTION;
	if (d->kind != 0)
		return d->kind;
	return p->title != NULL ? POST_ARTICLE : POST_NOTE;
}

static bool has_title(uint32_t kind)
{
	return kind != POST_NOTE && kind != POST_QUESTION && kind != POST_ASKED;
}

static void name_all(struct writing *w, const struct u64s *people)
{
	for (size_t i = 0; i < people->count; i++)
		if (people->at[i] != w->author && !block_between(w->t, w->author, people->at[i]))
			(void)mention_add(w, people->at[i]);
}

/* Whom it is for, whether the words name them or not: who is answered; and of a direct message all who are in it, for as
 * long as it stands. */
static void name_first(struct writing *w, const struct post_draft *d, const struct post *p)
{
	struct post parent;
	bool direct = p->visibility == VISIBLE_DIRECT;
	if (d->to != NULL)
		name_all(w, d->to);
	if (direct)
		name_all(w, &p->mentions);
	if (p->parent == 0 || post_load(w->t, p->parent, &parent) != OK)
		return;
	if (parent.author != w->author)
		(void)mention_add(w, parent.author);
	if (direct && parent.visibility == VISIBLE_DIRECT)
		name_all(w, &parent.mentions);
}

enum err draft_write(struct txn *t, const struct post_draft *d, const struct actor *author,
	struct refusal *why, struct post *out)
{
	struct arena *arena = txn_arena(t);
	const char *text = text_trim(arena, d->source != NULL ? d->source : "");
	enum err e = words_check(d, text, why);
	if (e != OK)
		return e;
	struct writing *w = arena_alloc(arena, sizeof *w);
	w->t = t;
	w->author = author->id;
	name_first(w, d, out);
	char *html;
	e = markup_from_markdown(arena, text, link_of, w, &html);
	if (e != OK)
		return e == ERR_TOO_MUCH ? refuse(why, "text", "This text is too long.") : e;
	out->source = text;
	out->content = html;
	out->title = words_of(arena, d->title);
	/* What it is once, it stays: other nodes take no other type for the same id. */
	if (out->kind == 0)
		out->kind = kind_of(d, out);
	if (!has_title(out->kind))
		out->title = NULL;
	else if (out->title == NULL)
		return refuse(why, "title", "This needs a title.");
	out->summary = words_of(arena, d->summary);
	if (d->language != NULL && *d->language != '\0')
		out->language = d->language;
	else if (out->language == NULL)
		out->language = author->language != NULL ? author->language : txn_site(t)->language;
	out->sensitive = d->sensitive;
	out->mentions = (struct u64s){w->mentions, w->mention_count};
	struct extra extra;
	extra_read(arena, out->extra, &extra); /* a poll and files stay what they were */
	if (d->own.size > 0)
		out->own = d->own;
	if (d->poll != NULL) {
		e = poll_write(t, d->poll, why, &extra);
		if (e != OK)
			return e;
	}
	for (size_t i = 0; d->tags != NULL && i < d->tags->count; i++)
		hashtag_add(w, arena, d->tags->at[i]);
	extra.hashtags = (struct names){w->hashtags, w->hashtag_count};
	if (d->media != NULL)
		e = media_attachments(t, author->id, out->id, d->media, &extra);
	out->extra = extra_write(arena, &extra);
	return e;
}
