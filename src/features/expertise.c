/* expertise.c: what people know about, and may be asked: who is asked of a question that nobody answered. */
#include "question.h"

#include <ctype.h>
#include <string.h>

#define WORDS_MOST 300 /* code points */
#define SUBJECTS_MOST 20
#define PEOPLE_MOST 20000 /* looked at for one question */
#define TEXT_POINTS 5000  /* of a question */
#define STEMS_MOST 1000

static const struct field expertise_fields[] = {
	{1, F_U64, offsetof(struct expertise, actor), 0},
	{2, F_TEXT, offsetof(struct expertise, subjects), 4 * WORDS_MOST},
	{3, F_I64, offsetof(struct expertise, asked), 0},
};
const struct shape expertise_shape = {
	"expertise", sizeof(struct expertise), expertise_fields, COUNT(expertise_fields)};

enum err expertise_load(struct txn *t, uint64_t actor, struct expertise *out)
{
	struct place place = place_1(TABLE_EXPERTISE, actor);
	return txn_load(t, &place, &expertise_shape, out);
}

static enum err save(struct txn *t, const struct expertise *x)
{
	struct place place = place_1(TABLE_EXPERTISE, x->actor);
	return *x->subjects != '\0' ? txn_save(t, &place, &expertise_shape, x) : txn_del(t, &place);
}

/* ---- subjects: words with commas between them ------------------------------------------------ */

static bool next_subject(struct arena *arena, const char **at, const char **out)
{
	while (**at != '\0') {
		size_t size = strcspn(*at, ",;\n");
		char *word = text_trim(arena, arena_text_n(arena, *at, size));
		*at += size + ((*at)[size] != '\0');
		word += *word == '#';
		if (*word != '\0') {
			*out = word;
			return true;
		}
	}
	return false;
}

static bool names(struct arena *arena, const char *subjects, const char *subject)
{
	const char *one;
	while (next_subject(arena, &subjects, &one))
		if (text_equal_fold(one, subject))
			return true;
	return false;
}

enum err expertise_set(struct txn *t, uint64_t actor, const char *subjects, struct refusal *why)
{
	struct arena *arena = txn_arena(t);
	struct expertise x = {.actor = actor};
	struct text clean;
	const char *one;
	size_t count = 0;
	text_init(&clean, arena, 8 * WORDS_MOST);
	for (subjects = subjects != NULL ? subjects : ""; next_subject(arena, &subjects, &one);) {
		if (names(arena, clean.at, one))
			continue;
		text_format(&clean, "%s%s", count > 0 ? ", " : "", one);
		count++;
	}
	if (count > SUBJECTS_MOST)
		return refuse(why, "subjects", "Name at most 20 subjects.");
	if (clean.failed || text_count(clean.at) > WORDS_MOST)
		return refuse(why, "subjects", "This text is too long.");
	enum err e = expertise_load(t, actor, &x);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	x.subjects = clean.at;
	return save(t, &x);
}

/* ---- who knows about it ---------------------------------------------------------------------- */

struct stems { /* of the words of a text */
	struct arena *arena;
	struct stemmer *stemmer;
	const char *at[STEMS_MOST];
	size_t count;
};

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static size_t next_word(const char **at)
{
	while (**at != '\0' && !is_letter(**at))
		(*at)++;
	size_t size = 0;
	while ((*at)[size] != '\0' && is_letter((*at)[size]))
		size++;
	return size;
}

static const char *stem(struct stems *s, const char *word, size_t size)
{
	const char *lower = text_lower(s->arena, arena_text_n(s->arena, word, size));
	struct bytes b = stemmer_word(s->stemmer, lower, size);
	return arena_text_n(s->arena, b.data, b.size);
}

static void add_stems(struct stems *s, const char *text)
{
	size_t size;
	while (s->count < STEMS_MOST && (size = next_word(&text)) > 0) {
		s->at[s->count++] = stem(s, text, size);
		text += size;
	}
}

static bool has_stem(const struct stems *s, const char *one)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->at[i], one) == 0)
			return true;
	return false;
}

/* All words of the subject stand in the text. */
static bool is_about(struct stems *s, const char *subject)
{
	size_t size, words = 0;
	while ((size = next_word(&subject)) > 0) {
		if (!has_stem(s, stem(s, subject, size)))
			return false;
		subject += size;
		words++;
	}
	return words > 0;
}

struct candidate {
	uint64_t actor;
	size_t score;
	int64_t asked;
};

struct finding {
	struct txn *t;
	const struct post *post;
	uint64_t asker;
	struct stems stems;
	struct candidate *best;
	size_t count, max;
};

/* Who knows more of it, then who was asked longest ago. */
static bool is_before(const struct candidate *a, const struct candidate *b)
{
	return a->score != b->score ? a->score > b->score : a->asked < b->asked;
}

static void keep_best(struct finding *f, struct candidate c)
{
	size_t at = f->count < f->max ? f->count++ : f->max;
	for (; at > 0 && is_before(&c, &f->best[at - 1]); at--)
		if (at < f->max)
			f->best[at] = f->best[at - 1];
	if (at < f->max)
		f->best[at] = c;
}

static enum err look_at(void *arg, struct bytes key, struct bytes value)
{
	struct finding *f = arg;
	struct expertise x;
	struct viewer viewer = {.actor = place_id(key, 0), .local = true};
	const char *one;
	arena_reset(f->stems.arena);
	if (viewer.actor == f->asker || viewer.actor == f->post->author
		|| record_read(f->stems.arena, &expertise_shape, value, &x) != OK)
		return OK;
	struct candidate c = {.actor = viewer.actor, .asked = x.asked};
	for (const char *at = x.subjects; next_subject(f->stems.arena, &at, &one);)
		c.score += is_about(&f->stems, one);
	if (c.score > 0 && circle_may_read(f->t, &viewer, f->post)
		&& circle_may_reply(f->t, c.actor, f->post))
		keep_best(f, c);
	return OK;
}

enum err expertise_find(struct txn *t, const struct post *p, uint64_t asker, uint64_t *who,
	size_t max, size_t *count)
{
	struct finding *f = arena_alloc(txn_arena(t), sizeof *f);
	struct extra x;
	*f = (struct finding){.t = t, .post = p, .asker = asker, .max = max};
	f->best = arena_array(txn_arena(t), max, sizeof *f->best);
	f->stems.arena = txn_arena(t);
	f->stems.stemmer = stemmer_create(text_is(p->language, "en") ? "en" : "nl");
	if (f->stems.stemmer == NULL)
		return ERR_STORE;
	add_stems(&f->stems,
		markup_plain(txn_arena(t), p->content != NULL ? p->content : "", TEXT_POINTS));
	extra_read(txn_arena(t), p->extra, &x);
	for (size_t i = 0; i < x.hashtags.count; i++)
		add_stems(&f->stems, x.hashtags.at[i]);
	ARENA_CLEANUP struct arena *one_by_one = arena_create();
	f->stems.arena = one_by_one;
	struct walk all = {.prefix = place_0(TABLE_EXPERTISE), .max = PEOPLE_MOST};
	enum err e = txn_walk(t, &all, look_at, f);
	stemmer_destroy(f->stems.stemmer);
	for (size_t i = 0; e == OK && i < f->count; i++) {
		struct expertise one;
		who[i] = f->best[i].actor;
		e = expertise_load(t, who[i], &one);
		one.asked = time_now();
		if (e == OK)
			e = save(t, &one);
	}
	*count = e == OK ? f->count : 0;
	return e;
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* What one says of oneself in the directory can be ticked; anything else can be typed. */
static enum err settings_read(struct call *call, struct txn *t, struct view *v)
{
	struct expertise x = {.subjects = ""};
	struct card card;
	const char *one, *said = call_input(call, "subjects");
	enum err e = expertise_load(t, call->viewer.actor, &x);
	if (e == OK || e == ERR_NOT_FOUND)
		e = directory_load(t, call->viewer.actor, &card);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Questions to you"));
	view_begin(v, "tab");
	view_flag(v, "expertise", true);
	view_end(v);
	view_text(v, "subjects", said != NULL ? said : x.subjects);
	bool some = false;
	view_list(v, "ticks");
	for (const char *at = card.expertise != NULL ? card.expertise : "";
		next_subject(call->arena, &at, &one);) {
		if (names(call->arena, x.subjects, one))
			continue;
		some = true;
		view_begin(v, NULL);
		view_text(v, "words", one);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "has_ticks", some);
	return OK;
}

static enum err settings_write(struct call *call, struct txn *t)
{
	struct text all;
	const char *said = call_input(call, "subjects"), *tick;
	text_init(&all, call->arena, 16 * WORDS_MOST);
	text_add(&all, said);
	for (size_t i = 0; i < SUBJECTS_MOST && (tick = call_input_nth(call, "tick", i)) != NULL;
		i++)
		text_format(&all, ", %s", tick);
	if (all.failed)
		return refuse(&call->refusal, "subjects", "This text is too long.");
	enum err e = expertise_set(t, call->viewer.actor, all.at, &call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, "Your settings are kept.");
	reply_see_other(call, "/settings/expertise");
	return OK;
}

static enum err follow_line(struct txn *t, const struct line *line, void *arg)
{
	(void)arg;
	struct place place = place_1(TABLE_EXPERTISE, line->actor);
	return line->act == ACT_DELETE_ACTOR ? txn_del(t, &place) : OK;
}

static const struct journal_reader readers[] = {{"expertise", follow_line, NULL, NULL}, {0}};

static const struct route routes[] = {
	{METHOD_GET, "/settings/expertise", SIGNED_IN, .read = settings_read, .page = "expertise"},
	{METHOD_POST, "/settings/expertise", SIGNED_IN, .write = settings_write,
		.page = "expertise", .form = settings_read,
		.takes = {{"subjects", INPUT_TEXT, .max = WORDS_MOST, .label = "Subjects"}}},
	{0},
};
/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct expertise x;
	enum err e = expertise_load(t, who->actor, &x);
	if (e == OK)
		view_text(v, "knows_about", x.subjects);
	return e == ERR_NOT_FOUND ? OK : e;
}

static const struct personal personal = {.show = own_show};

static const struct table_use tables[] = {{TABLE_EXPERTISE, &expertise_shape}, {0}};
const struct feature feature_expertise = {.name = "expertise",
	.routes = routes,
	.tables = tables,
	.readers = readers,
	.personal = &personal};
