/* directory.c: who can be found here, and for what: each person says so themselves, and chooses who sees each thing. */
#include "features.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 300 /* code points: words with commas between them */
#define LINE_MOST 80
#define CONTACT_MOST 200
#define BYTES_MOST 1200
#define WORDS_SHOWN 30
#define PEOPLE_MOST 20000 /* looked at for one page */
#define PAGE 50

static const struct field card_fields[] = {
	{1, F_U64, offsetof(struct card, actor), 0},
	{2, F_TEXT, offsetof(struct card, expertise), BYTES_MOST},
	{3, F_TEXT, offsetof(struct card, region), BYTES_MOST},
	{4, F_TEXT, offsetof(struct card, help), BYTES_MOST},
	{5, F_TEXT, offsetof(struct card, seeks), BYTES_MOST},
	{6, F_TEXT, offsetof(struct card, contact), BYTES_MOST},
	{7, F_U32, offsetof(struct card, name_seen), 0},
	{8, F_U32, offsetof(struct card, photo_seen), 0},
	{9, F_U32, offsetof(struct card, expertise_seen), 0},
	{10, F_U32, offsetof(struct card, region_seen), 0},
	{11, F_U32, offsetof(struct card, help_seen), 0},
	{12, F_U32, offsetof(struct card, seeks_seen), 0},
	{13, F_U32, offsetof(struct card, contact_seen), 0},
	{14, F_I64, offsetof(struct card, changed), 0},
};
const struct shape card_shape = {"card", sizeof(struct card), card_fields, COUNT(card_fields)};

/* What a card has besides name and picture. */
static const struct facet {
	const char *name, *label;
	size_t text, seen; /* offsets in struct card */
	bool listed;       /* words with commas between them */
	bool searched;
} facets[] = {
#define FACET(f, label) #f, label, offsetof(struct card, f), offsetof(struct card, f##_seen)
	{FACET(expertise, "Expertise"), true, true},
	{FACET(region, "Region"), false, true},
	{FACET(help, "I can help with"), true, true},
	{FACET(seeks, "I am looking for"), true, true},
	{FACET(contact, "Contact"), false, false},
};
#define FACETS COUNT(facets)

static const char **text_of(struct card *c, const struct facet *f)
{
	return (const char **)(void *)((char *)c + f->text);
}

static uint32_t *seen_of(struct card *c, const struct facet *f)
{
	return (uint32_t *)(void *)((char *)c + f->seen);
}

/* ---- records --------------------------------------------------------------------------------- */

enum err directory_load(struct txn *t, uint64_t actor, struct card *out)
{
	struct card c;
	struct place place = place_1(TABLE_CARD, actor);
	enum err e = txn_load(t, &place, &card_shape, &c);
	if (e == ERR_NOT_FOUND) {
		c = (struct card){.actor = actor};
		e = OK;
	}
	if (e == OK)
		*out = c;
	return e;
}

enum err directory_save(struct txn *t, const struct card *c)
{
	struct place place = place_1(TABLE_CARD, c->actor);
	struct card kept = *c;
	kept.changed = time_now();
	return txn_save(t, &place, &card_shape, &kept);
}

enum err directory_forget(struct txn *t, uint64_t actor)
{
	struct place place = place_1(TABLE_CARD, actor);
	return txn_del(t, &place);
}

/* ---- who sees what --------------------------------------------------------------------------- */

/* Without a name nobody is found, so nothing else is shown to more people than the name is. */
static bool is_seen(const struct card *c, uint32_t seen, enum seen by)
{
	return seen >= (uint32_t)by && c->name_seen >= (uint32_t)by;
}

/* What of it somebody may see: the rest is not there. False: nothing at all. */
static bool cut(struct card *c, enum seen by)
{
	for (size_t i = 0; i < FACETS; i++)
		if (!is_seen(c, *seen_of(c, &facets[i]), by))
			*text_of(c, &facets[i]) = NULL;
	return is_seen(c, c->name_seen, by);
}

/* ---- words, as they are compared: small letters, without accents --------------------------------- */

/* U+00C0 to U+017F by their first letter, * where there is none. */
static const char plain[] = "aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo*ouuuuyty"
			    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
			    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
_Static_assert(sizeof plain == 0x180 - 0xc0 + 1, "one letter each");

static const char *fold(struct arena *arena, const char *s)
{
	struct text t;
	text_init(&t, arena, 2 * BYTES_MOST);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s, next = (unsigned char)s[1];
		unsigned point = (c & 0x1fU) << 6 | (next & 0x3fU);
		if (c >= 0xc3 && c <= 0xc5 && point >= 0xc0 && plain[point - 0xc0] != '*') {
			text_char(&t, plain[point - 0xc0]);
			s++;
		} else if (c == 0xcc || (c == 0xcd && next < 0xb0)) {
			s++; /* an accent by itself */
		} else {
			text_char(&t, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : (char)c);
		}
	}
	return t.at;
}

/* Each word that is asked for stands in it somewhere. */
static bool holds(struct arena *arena, const char *text, const char *asked)
{
	const char *in = fold(arena, text != NULL ? text : ""), *at = fold(arena, asked);
	while (*at != '\0') {
		size_t blank = strspn(at, " ,"), size = strcspn(at + blank, " ,");
		if (size > 0 && strstr(in, arena_text_n(arena, at + blank, size)) == NULL)
			return false;
		at += blank + size;
	}
	return true;
}

/* ---- the list -------------------------------------------------------------------------------- */

struct found {
	struct card card;
	struct actor actor;
	const char *order; /* by its name */
};

struct finding {
	struct call *call;
	struct txn *t;
	struct arena *scratch; /* of one card */
	enum seen by;
	struct found *at;
	size_t count, room;
	bool any; /* somebody is listed, whatever is asked for */
};

static bool is_asked_for(const struct finding *f, struct card *c, const struct actor *a)
{
	const char *name = call_input(f->call, "name");
	if (name != NULL && !holds(f->scratch, actor_title(a), name))
		return false;
	for (size_t i = 0; i < FACETS; i++) {
		const char *asked = facets[i].searched ? call_input(f->call, facets[i].name) : NULL;
		if (asked != NULL && !holds(f->scratch, *text_of(c, &facets[i]), asked))
			return false;
	}
	return true;
}

static void keep(struct finding *f, const struct card *c, const struct actor *a)
{
	if (f->count == f->room) {
		f->at = arena_grow(f->call->arena, f->at, f->room * sizeof *f->at,
			2 * f->room * sizeof *f->at);
		f->room *= 2;
	}
	f->at[f->count++] = (struct found){
		*c, *a, arena_text(f->call->arena, fold(f->scratch, actor_title(a)))};
}

static enum err look_at(void *arg, struct bytes key, struct bytes value)
{
	struct finding *f = arg;
	struct card c;
	struct actor a;
	struct account account;
	uint64_t me = f->call->viewer.local ? f->call->viewer.actor : 0;
	arena_reset(f->scratch);
	enum err e = record_read(f->scratch, &card_shape, value, &c);
	if (e != OK)
		return e;
	c.actor = place_id(key, 0);
	if (!cut(&c, f->by) || account_load(f->t, c.actor, &account) != OK || account.suspended
		|| actor_load(f->t, c.actor, &a) != OK || a.gone || a.suspended
		|| (me != 0 && me != c.actor && block_between(f->t, me, c.actor)))
		return OK;
	f->any = true;
	if (!is_asked_for(f, &c, &a))
		return OK;
	/* The card's words live in the scratch. */
	for (size_t i = 0; i < FACETS; i++)
		*text_of(&c, &facets[i]) = arena_text(f->call->arena, *text_of(&c, &facets[i]));
	keep(f, &c, &a);
	return OK;
}

static int by_name(const void *a, const void *b)
{
	const struct found *one = a, *other = b;
	int order = strcmp(one->order, other->order);
	return order != 0                         ? order
		: one->actor.id < other->actor.id ? -1
						  : one->actor.id > other->actor.id;
}

static void show_words(struct view *v, struct arena *arena, const struct facet *f, const char *s)
{
	view_list(v, f->name);
	for (size_t i = 0; s != NULL && *s != '\0' && i < WORDS_SHOWN; i++) {
		size_t size = f->listed ? strcspn(s, ",") : strlen(s);
		const char *word = text_trim(arena, arena_text_n(arena, s, size));
		if (*word != '\0') {
			struct text link;
			text_init(&link, arena, 4 * BYTES_MOST);
			text_format(&link, "/directory?%s=", f->name);
			text_url(&link, word);
			view_begin(v, NULL);
			view_text(v, "word", word);
			view_text(v, "link", f->searched ? link.at : NULL);
			view_text(v, "mail", account_email_clean(arena, word));
			view_end(v);
		}
		s += size + (s[size] == ',');
	}
	view_list_end(v);
}

/* parts/person-card.html */
static void show_card(struct call *call, struct view *v, const char *name, struct card *c,
	const struct actor *a, enum seen by)
{
	struct actor bare = *a;
	struct card copy = *c;
	bool seen = cut(&copy, by);
	view_begin(v, name);
	view_flag(v, "listed", seen);
	if (seen && !is_seen(c, c->photo_seen, by))
		bare.icon = NULL;
	if (seen)
		actor_show(v, "person", &bare);
	for (size_t i = 0; i < FACETS; i++) {
		const char *words = *text_of(&copy, &facets[i]);
		view_flag(v, arena_format(call->arena, "has_%s", facets[i].name),
			words != NULL && *words != '\0');
		show_words(v, call->arena, &facets[i], words);
	}
	view_end(v);
}

static void show_asked(struct call *call, struct view *v)
{
	struct text query;
	bool any = false, more = false; /* more: of the fields that are folded away */
	text_init(&query, call->arena, 8192);
	view_begin(v, "asked");
	for (size_t i = 0; i <= FACETS; i++) {
		const char *name = i == FACETS ? "name" : facets[i].name;
		const char *said = call_input(call, name);
		view_text(v, name, said);
		if (said == NULL || *said == '\0')
			continue;
		any = true;
		more = more || (!text_is(name, "name") && !text_is(name, "help"));
		text_format(&query, "&%s=", name);
		text_url(&query, said);
	}
	view_flag(v, "any", any);
	view_flag(v, "more", more);
	view_text(v, "query", query.at);
	view_end(v);
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	ARENA_CLEANUP struct arena *scratch = arena_create();
	struct finding f = {.call = call,
		.t = t,
		.scratch = scratch,
		.by = call->viewer.member ? SEEN_BY_MEMBERS : SEEN_BY_EVERYONE,
		.at = arena_array(call->arena, PAGE, sizeof *f.at),
		.room = PAGE};
	struct walk walk = {.prefix = place_0(TABLE_CARD), .max = PEOPLE_MOST};
	enum err e = txn_walk(t, &walk, look_at, &f);
	if (e != OK)
		return e;
	if (f.count > 0)
		qsort(f.at, f.count, sizeof *f.at, by_name);
	size_t first = (size_t)call_number(call, "page", 0) * PAGE;
	view_text(v, "heading", i18n(call->language, "Find people"));
	view_flag(v, "for_members", f.by == SEEN_BY_MEMBERS);
	show_asked(call, v);
	view_list(v, "people");
	for (size_t i = first; i < f.count && i < first + PAGE; i++)
		show_card(call, v, NULL, &f.at[i].card, &f.at[i].actor, f.by);
	view_list_end(v);
	view_number(v, "found", (int64_t)f.count);
	view_flag(v, "some", f.any);
	view_flag(v, "earlier", first > 0);
	view_number(v, "before", (int64_t)(first / PAGE) - 1);
	view_number(v, "after", f.count > first + PAGE ? (int64_t)(first / PAGE) + 1 : 0);
	reply_header(call, "X-Robots-Tag", "noindex"); /* people are found here, not by machines */
	return OK;
}

/* ---- one's own ------------------------------------------------------------------------------- */

static const char *const seen_names[] = {"me", "members", "everyone"};

static void seen_said(struct call *call, const char *name, uint32_t *out)
{
	const char *said = call_input(call, arena_format(call->arena, "%s_seen", name));
	for (uint32_t i = 0; i < COUNT(seen_names); i++)
		if (text_is(said, seen_names[i]))
			*out = i;
}

/* What the form says, over what was kept. */
static void card_said(struct call *call, struct card *c)
{
	seen_said(call, "name", &c->name_seen);
	seen_said(call, "photo", &c->photo_seen);
	for (size_t i = 0; i < FACETS; i++) {
		const char *said = call_input(call, facets[i].name);
		*text_of(c, &facets[i]) = said != NULL ? text_trim(call->arena, said) : NULL;
		seen_said(call, facets[i].name, seen_of(c, &facets[i]));
	}
}

static void show_seen(struct view *v, uint32_t seen)
{
	for (uint32_t i = 0; i < COUNT(seen_names); i++)
		view_flag(v, seen_names[i], i == seen);
}

static void show_facet(struct view *v, const char *name, const char *text, uint32_t seen)
{
	view_begin(v, name);
	view_text(v, "id", name);
	view_text(v, "words", text != NULL ? text : "");
	show_seen(v, seen);
	view_end(v);
}

static enum err own_read(struct call *call, struct txn *t, struct view *v)
{
	struct card c;
	struct actor a;
	enum err e = directory_load(t, call->viewer.actor, &c);
	if (e == OK)
		e = actor_load(t, call->viewer.actor, &a);
	if (e != OK)
		return e;
	bool typed = call->typed;
	if (typed)
		card_said(call, &c);
	view_text(v, "heading", i18n(call->language, "How others find you"));
	profile_tab_show(v, "directory");
	actor_show(v, "actor", &a);
	view_begin(v, "card");
	show_facet(v, "name", NULL, c.name_seen);
	show_facet(v, "photo", NULL, c.photo_seen);
	for (size_t i = 0; i < FACETS; i++)
		show_facet(v, facets[i].name, *text_of(&c, &facets[i]), *seen_of(&c, &facets[i]));
	view_end(v);
	view_flag(v, "previewed", text_ends(call->path, "/preview"));
	show_card(call, v, "for_members", &c, &a, SEEN_BY_MEMBERS);
	show_card(call, v, "for_everyone", &c, &a, SEEN_BY_EVERYONE);
	return OK;
}

static enum err own_write(struct call *call, struct txn *t)
{
	struct card c;
	enum err e = directory_load(t, call->viewer.actor, &c);
	if (e != OK)
		return e;
	card_said(call, &c);
	e = directory_save(t, &c);
	if (e != OK)
		return e;
	reply_notice(call,
		c.name_seen == SEEN_BY_ME ? "Saved. You are not in the list."
					  : "Saved. You are in the list.");
	reply_see_other(call, "/settings/directory");
	return OK;
}

/* ---- routes ---------------------------------------------------------------------------------- */

#define SEEN(of)                                                                                   \
	{                                                                                          \
		of "_seen", INPUT_CHOICE, .choices = "me|members|everyone",                        \
					  .label = "Who sees this"                                 \
	}
#define OWN_INPUTS                                                                                 \
	{                                                                                          \
		SEEN("name"), SEEN("photo"),                                                       \
			{"expertise", INPUT_LINE, .max = TEXT_MOST, .label = "Expertise"},         \
			SEEN("expertise"),                                                         \
			{"region", INPUT_LINE, .max = LINE_MOST, .label = "Region"},               \
			SEEN("region"),                                                            \
			{"help", INPUT_LINE, .max = TEXT_MOST, .label = "I can help with"},        \
			SEEN("help"),                                                              \
			{"seeks", INPUT_LINE, .max = TEXT_MOST, .label = "I am looking for"},      \
			SEEN("seeks"),                                                             \
			{"contact", INPUT_LINE, .max = CONTACT_MOST, .label = "How to reach you"}, \
			SEEN("contact"),                                                           \
	}

static const struct route routes[] = {
	{METHOD_GET, "/directory", ANYONE, .read = list_read, .page = "directory",
		.takes = {{"name", INPUT_LINE, .max = LINE_MOST, .label = "Name"},
			{"expertise", INPUT_LINE, .max = LINE_MOST, .label = "Expertise"},
			{"region", INPUT_LINE, .max = LINE_MOST, .label = "Region"},
			{"help", INPUT_LINE, .max = LINE_MOST, .label = "Can help with"},
			{"seeks", INPUT_LINE, .max = LINE_MOST, .label = "Is looking for"},
			{"page", INPUT_NUMBER, .min = 0, .max = PEOPLE_MOST / PAGE,
				.label = "Page"}},
		.per_minute = 60},
	{METHOD_GET, "/settings/directory", SIGNED_IN, .read = own_read,
		.page = "directory-settings"},
	{METHOD_POST, "/settings/directory", SIGNED_IN, .write = own_write,
		.page = "directory-settings", .form = own_read, .takes = OWN_INPUTS},
	{METHOD_POST, "/settings/directory/preview", SIGNED_IN, .page = "directory-settings",
		.form = own_read, .takes = OWN_INPUTS},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct card c;
	enum err e = directory_load(t, who->actor, &c);
	view_list(v, "directory");
	for (size_t i = 0; e == OK && i < FACETS; i++) {
		const char *text = *text_of(&c, &facets[i]);
		if (text == NULL || *text == '\0')
			continue;
		view_begin(v, NULL);
		view_text(v, "field", facets[i].name);
		view_text(v, "label", i18n(who->language, facets[i].label));
		view_text(v, "value", text);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

static const struct personal personal = {.show = own_show}; /* it ends with the actor */

static const struct table_use tables[] = {{TABLE_CARD, &card_shape}, {0}};
const struct feature feature_directory = {
	.name = "directory", .routes = routes, .tables = tables, .personal = &personal};
