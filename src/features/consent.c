/* consent.c: what people are asked to agree to, in which words, and what each of them answered when: a register. */
#include "compose.h"

#define TITLE_MOST 100
#define WORDS_MOST 2000
#define QUESTIONS_MOST 50
#define ANSWERS_MOST 500 /* of one person, on a page */
#define PEOPLE_SHOWN 50  /* on a page of one question */

static const struct field text_fields[] = {
	{1, F_U64, offsetof(struct consent_text, question), 0},
	{2, F_U64, offsetof(struct consent_text, version), 0},
	{3, F_TEXT, offsetof(struct consent_text, title), 4 * TITLE_MOST},
	{4, F_TEXT, offsetof(struct consent_text, words), 4 * WORDS_MOST},
	{5, F_I64, offsetof(struct consent_text, at), 0},
};
static const struct shape text_shape = {
	"consent_text", sizeof(struct consent_text), text_fields, COUNT(text_fields)};

static const struct field consent_fields[] = {
	{1, F_U64, offsetof(struct consent, question), 0},
	{2, F_U64, offsetof(struct consent, version), 0},
	{3, F_FLAG, offsetof(struct consent, agrees), 0},
	{4, F_I64, offsetof(struct consent, at), 0},
};
static const struct shape consent_shape = {
	"consent", sizeof(struct consent), consent_fields, COUNT(consent_fields)};

/* ---- records: no text and no answer is ever changed; a newer one is added --------------------- */

struct texts {
	struct arena *arena;
	struct consent_text *at; /* the newest of each question */
	size_t count;
};

static enum err take_text(void *arg, struct bytes key, struct bytes value)
{
	struct texts *x = arg;
	struct consent_text text;
	(void)key;
	enum err e = record_read(x->arena, &text_shape, value, &text);
	if (e != OK)
		return e;
	if (x->count > 0 && x->at[x->count - 1].question == text.question)
		x->count--;
	else if (x->count == QUESTIONS_MOST)
		return ERR_CONFLICT;
	x->at[x->count++] = text;
	return OK;
}

static enum err texts_load(struct txn *t, struct texts *out)
{
	*out = (struct texts){
		txn_arena(t), arena_array(txn_arena(t), QUESTIONS_MOST, sizeof *out->at), 0};
	struct walk walk = {.prefix = place_0(TABLE_CONSENT_TEXT), .max = WALK_ALL};
	return txn_walk(t, &walk, take_text, out);
}

enum err consent_ask(struct txn *t, uint64_t question, const char *title, const char *words)
{
	struct texts all;
	enum err e = texts_load(t, &all);
	bool known = question == 0;
	for (size_t i = 0; e == OK && i < all.count; i++)
		known = known || all.at[i].question == question;
	if (e == OK && !known)
		e = ERR_NOT_FOUND;
	if (e == OK && question == 0 && all.count == QUESTIONS_MOST)
		e = ERR_TOO_MUCH;
	struct consent_text text = {
		.version = id_next(), .title = title, .words = words, .at = time_now()};
	text.question = question != 0 ? question : text.version;
	struct place place = place_2(TABLE_CONSENT_TEXT, text.question, text.version);
	return e == OK ? txn_save(t, &place, &text_shape, &text) : e;
}

struct answers {
	struct arena *arena;
	uint64_t question; /* 0: all */
	struct consent last;
};

static enum err take_answer(void *arg, struct bytes key, struct bytes value)
{
	struct answers *x = arg;
	struct consent c;
	(void)key;
	if (record_read(x->arena, &consent_shape, value, &c) != OK || c.question != x->question)
		return OK;
	x->last = c;
	return ERR_CONFLICT;
}

enum err consent_of(struct txn *t, uint64_t actor, uint64_t question, struct consent *out)
{
	struct answers x = {.arena = txn_arena(t), .question = question};
	struct walk newest = {
		.prefix = place_1(TABLE_CONSENT, actor), .backward = true, .max = WALK_ALL};
	enum err e = txn_walk(t, &newest, take_answer, &x);
	if (e == OK && x.last.at == 0)
		e = ERR_NOT_FOUND;
	if (e == OK)
		*out = x.last;
	return e;
}

enum err consent_answer(
	struct txn *t, uint64_t actor, uint64_t question, uint64_t version, bool agrees)
{
	struct bytes row;
	struct consent last, c = {question, version, agrees, time_now()};
	struct place text = place_2(TABLE_CONSENT_TEXT, question, version);
	struct place place = place_2(TABLE_CONSENT, actor, id_next());
	enum err e = txn_get(t, &text, &row);
	if (e != OK)
		return e;
	e = consent_of(t, actor, question, &last);
	if (e == OK && last.version == version && last.agrees == agrees)
		return OK;
	return e == OK || e == ERR_NOT_FOUND ? txn_save(t, &place, &consent_shape, &c) : e;
}

/* ---- one's own answers ----------------------------------------------------------------------- */

static void show_text(struct view *v, const struct consent_text *text)
{
	view_id(v, "question", text->question);
	view_id(v, "version", text->version);
	view_text(v, "title", text->title);
	view_text(v, "words", text->words);
	view_time(v, "since", text->at);
}

static enum err mine_read(struct call *call, struct txn *t, struct view *v)
{
	struct texts all;
	struct consent c;
	enum err e = texts_load(t, &all);
	view_text(v, "heading", i18n(call->language, "What you agree to"));
	profile_tab_show(v, "own");
	view_list(v, "questions");
	for (size_t i = 0; e == OK && i < all.count; i++) {
		bool answered = consent_of(t, call->viewer.actor, all.at[i].question, &c) == OK;
		bool now = answered && c.version == all.at[i].version;
		view_begin(v, NULL);
		show_text(v, &all.at[i]);
		view_flag(v, "agreed", now && c.agrees);
		view_flag(v, "declined", now && !c.agrees);
		view_flag(v, "reworded", answered && !now);
		view_time(v, "answered_at", answered ? c.at : 0);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "some", all.count > 0);
	return e;
}

static enum err mine_write(struct call *call, struct txn *t)
{
	enum err e = consent_answer(t, call->viewer.actor, call_input_id(call, "question"),
		call_input_id(call, "version"), text_is(call_input(call, "answer"), "yes"));
	if (e != OK)
		return e;
	reply_notice(call, "Your answer is kept. You can change it at any time.");
	reply_see_other(call, "/settings/consents");
	return OK;
}

/* ---- the register ---------------------------------------------------------------------------- */

struct tally { /* who agrees to what, each of whom counts with their last answer */
	const struct texts *texts;
	struct arena *row;
	uint64_t actor;
	bool answered[QUESTIONS_MOST], agrees[QUESTIONS_MOST];
	int64_t agree[QUESTIONS_MOST], decline[QUESTIONS_MOST];
};

static void tally_actor(struct tally *y)
{
	for (size_t i = 0; i < y->texts->count; i++) {
		y->agree[i] += y->answered[i] && y->agrees[i];
		y->decline[i] += y->answered[i] && !y->agrees[i];
		y->answered[i] = false;
	}
}

/* Of one person the older answers come first. */
static enum err tally_row(void *arg, struct bytes key, struct bytes value)
{
	struct tally *y = arg;
	struct consent c;
	if (place_id(key, 0) != y->actor)
		tally_actor(y);
	y->actor = place_id(key, 0);
	arena_reset(y->row);
	enum err e = record_read(y->row, &consent_shape, value, &c);
	for (size_t i = 0; e == OK && i < y->texts->count; i++)
		if (y->texts->at[i].question == c.question) {
			y->answered[i] = true;
			y->agrees[i] = c.agrees;
		}
	return e;
}

static enum err tally_all(struct txn *t, const struct texts *texts, struct tally *out)
{
	ARENA_CLEANUP struct arena *row = arena_create();
	struct walk walk = {.prefix = place_0(TABLE_CONSENT), .max = WALK_ALL};
	*out = (struct tally){.texts = texts, .row = row};
	enum err e = txn_walk(t, &walk, tally_row, out);
	tally_actor(out);
	return e;
}

struct people {
	struct txn *t;
	struct view *v;
	const struct consent_text *text;
	uint64_t actor; /* the last that was looked at */
	uint64_t last;  /* and that was shown */
	size_t left;
	bool more;
};

static enum err show_person(void *arg, struct bytes key, struct bytes value)
{
	struct people *p = arg;
	struct actor a;
	struct consent c;
	uint64_t actor = place_id(key, 0);
	(void)value;
	if (actor == p->actor)
		return OK;
	p->actor = actor;
	if (consent_of(p->t, actor, p->text->question, &c) != OK
		|| actor_load(p->t, actor, &a) != OK)
		return OK;
	p->more = p->left == 0;
	if (p->more)
		return ERR_CONFLICT;
	p->left--;
	p->last = actor;
	view_begin(p->v, NULL);
	view_text(p->v, "who", actor_title(&a));
	view_text(p->v, "path", actor_path(txn_arena(p->t), &a));
	view_flag(p->v, "agrees", c.agrees);
	view_flag(p->v, "earlier", c.version != p->text->version);
	view_time(p->v, "at", c.at);
	view_end(p->v);
	return OK;
}

static enum err show_people(
	struct call *call, struct txn *t, struct view *v, const struct consent_text *text)
{
	uint64_t after = call_input_id(call, "after");
	struct place from = place_1(TABLE_CONSENT, after);
	struct people p = {.t = t, .v = v, .text = text, .actor = after, .left = PEOPLE_SHOWN};
	struct walk walk = {.prefix = place_0(TABLE_CONSENT),
		.from = after != 0 ? &from : NULL,
		.max = WALK_ALL};
	view_list(v, "people");
	enum err e = txn_walk(t, &walk, show_person, &p);
	view_list_end(v);
	view_flag(v, "nobody", p.last == 0);
	view_flag(v, "later_page", after != 0);
	if (p.more)
		view_id(v, "next", p.last);
	view_begin(v, "now");
	compose_value(call, v, "title", text->title);
	compose_value(call, v, "words", text->words);
	view_end(v);
	return e;
}

static void show_question(struct view *v, const struct tally *y, size_t i)
{
	show_text(v, &y->texts->at[i]);
	view_number(v, "agree", y->agree[i]);
	view_number(v, "decline", y->decline[i]);
}

/* One question, with who answered it. */
static enum err show_one(
	struct call *call, struct txn *t, struct view *v, const struct tally *y, uint64_t question)
{
	size_t i = 0;
	while (i < y->texts->count && y->texts->at[i].question != question)
		i++;
	if (i == y->texts->count)
		return ERR_NOT_FOUND;
	view_text(v, "heading", y->texts->at[i].title);
	view_begin(v, "one");
	show_question(v, y, i);
	enum err e = show_people(call, t, v, &y->texts->at[i]);
	view_end(v);
	return e;
}

static enum err register_read(struct call *call, struct txn *t, struct view *v)
{
	struct texts all;
	struct tally *y = arena_alloc(call->arena, sizeof *y);
	uint64_t one = call_input_id(call, "question");
	enum err e = texts_load(t, &all);
	if (e == OK)
		e = tally_all(t, &all, y);
	if (e != OK || one != 0)
		return e == OK ? show_one(call, t, v, y, one) : e;
	view_text(v, "heading", i18n(call->language, "Consents"));
	view_flag(v, "all", true);
	view_list(v, "questions");
	for (size_t i = 0; i < all.count; i++) {
		view_begin(v, NULL);
		show_question(v, y, i);
		view_end(v);
	}
	view_list_end(v);
	return OK;
}

static enum err register_write(struct call *call, struct txn *t)
{
	enum err e = consent_ask(t, call_input_id(call, "question"),
		text_trim(call->arena, call_input(call, "title")),
		text_trim(call->arena, call_input(call, "words")));
	if (e != OK)
		return e;
	reply_notice(call, "Everyone can answer it now, at their own data.");
	reply_see_other(call, "/consents");
	return OK;
}

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s ids;
	struct consent c;
	enum err e = own_ids(t, v, "consents", TABLE_CONSENT, who->actor, who, &ids);
	view_list(v, "consents");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct consent_text text = {0};
		struct place answer = place_2(TABLE_CONSENT, who->actor, ids.at[i]);
		if (txn_load(t, &answer, &consent_shape, &c) != OK)
			continue;
		struct place asked = place_2(TABLE_CONSENT_TEXT, c.question, c.version);
		if (txn_load(t, &asked, &text_shape, &text) != OK)
			text.title = text.words = "";
		view_begin(v, NULL);
		view_text(v, "asked", text.title);
		view_text(v, "asked_words", text.words);
		view_flag(v, "agreed", c.agrees);
		view_time(v, "at", c.at);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	(void)scratch, (void)value;
	return place_id(key, 0) == *(const uint64_t *)arg;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	return leaving_sweep(t, TABLE_CONSENT, at, is_theirs, NULL, &actor);
}

static const struct personal personal = {own_show, forget};

static const struct route routes[] = {
	{METHOD_GET, "/settings/consents", SIGNED_IN, .read = mine_read, .page = "consents-mine"},
	{METHOD_POST, "/settings/consents", SIGNED_IN, .write = mine_write, .per_minute = 30,
		.takes = {{"question", INPUT_ID, .required = true, .label = "Question"},
			{"version", INPUT_ID, .required = true, .label = "Question"},
			{"answer", INPUT_CHOICE, .required = true, .choices = "yes|no",
				.label = "Answer"}}},
	{METHOD_GET, "/consents", ADMIN, .read = register_read, .page = "consents",
		.takes = {{"question", INPUT_ID, .label = "Question"},
			{"after", INPUT_ID, .label = "Who came after"}}},
	{METHOD_POST, "/consents", ADMIN, .write = register_write, .page = "consents",
		.form = register_read,
		.takes = {{"question", INPUT_ID, .label = "Question"},
			{"title", INPUT_LINE, .required = true, .min = 1, .max = TITLE_MOST,
				.label = "In short"},
			{"words", INPUT_TEXT, .required = true, .min = 1, .max = WORDS_MOST,
				.label = "What is asked"}}},
	{0},
};

static const struct table_use tables[] = {
	{TABLE_CONSENT, &consent_shape}, {TABLE_CONSENT_TEXT, &text_shape}, {0}};
const struct feature feature_consent = {
	.name = "consent", .routes = routes, .tables = tables, .personal = &personal};
