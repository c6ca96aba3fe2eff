/* coach.c: questions to those who know: who coaches, what waits for them, what went back, what may be published of it. */
#include "article.h"
#include "question.h"

#include <string.h>

#define TOPICS_POINTS 300
#define COACHES_MOST 100 /* of one community */
#define ROOM_LIMITED 3   /* questions at a time, of who has little room */
#define DAYS_MOST 60
#define LISTED_MOST 1000
#define NAME_POINTS 100

static const struct field coach_fields[] = {
	{1, F_U64, offsetof(struct coach, community), 0},
	{2, F_U64, offsetof(struct coach, actor), 0},
	{3, F_TEXT, offsetof(struct coach, topics), 4 * TOPICS_POINTS},
	{4, F_U32, offsetof(struct coach, room), 0},
	{5, F_U32, offsetof(struct coach, days), 0},
};
const struct shape coach_shape = {"coach", sizeof(struct coach), coach_fields, COUNT(coach_fields)};

static const struct field ask_fields[] = {
	{1, F_U64, offsetof(struct ask, id), 0},
	{2, F_U64, offsetof(struct ask, community), 0},
	{3, F_U64, offsetof(struct ask, asker), 0},
	{4, F_U32, offsetof(struct ask, way), 0},
	{5, F_U64, offsetof(struct ask, post), 0},
	{6, F_TEXT, offsetof(struct ask, text), ASK_BYTES},
	{7, F_U64, offsetof(struct ask, coach), 0},
	{8, F_I64, offsetof(struct ask, at), 0},
	{9, F_I64, offsetof(struct ask, due), 0},
	{10, F_I64, offsetof(struct ask, answered), 0},
	{11, F_U64, offsetof(struct ask, by), 0},
	{12, F_TEXT, offsetof(struct ask, answer), ASK_BYTES},
	{13, F_U32, offsetof(struct ask, consent), 0},
	{14, F_U64, offsetof(struct ask, article), 0},
	{15, F_FLAG, offsetof(struct ask, reminded), 0},
};
const struct shape ask_shape = {"ask", sizeof(struct ask), ask_fields, COUNT(ask_fields)};

/* ---- coaches --------------------------------------------------------------------------------- */

enum err coach_load(struct txn *t, uint64_t community, uint64_t actor, struct coach *out)
{
	struct place place = place_2(TABLE_COACH, community, actor);
	return txn_load(t, &place, &coach_shape, out);
}

enum err coach_set(struct txn *t, const struct coach *c, struct refusal *why)
{
	struct place place = place_2(TABLE_COACH, c->community, c->actor);
	if (!circle_may_coach(t, c->actor, c->community))
		return ERR_FORBIDDEN;
	if (c->topics == NULL || *c->topics == '\0')
		return refuse(why, "topics", "Say what you can be asked about.");
	if (text_count(c->topics) > TOPICS_POINTS)
		return refuse(why, "topics", "This text is too long.");
	if (c->room < COACH_OPEN || c->room > COACH_CLOSED)
		return refuse(why, "room", "Choose whether you have room.");
	if (c->days < 1 || c->days > DAYS_MOST)
		return refuse(why, "days", "Choose within how many days you answer.");
	return txn_save(t, &place, &coach_shape, c);
}

enum err coach_list(struct txn *t, uint64_t community, struct u64s *out)
{
	struct u64s all;
	enum err e = post_ids(t, TABLE_COACH, community, 0, false, COACHES_MOST, &all);
	if (e != OK)
		return e;
	uint64_t *are = arena_array(txn_arena(t), all.count, sizeof *are);
	size_t count = 0;
	for (size_t i = 0; i < all.count; i++)
		if (circle_may_coach(t, all.at[i], community))
			are[count++] = all.at[i];
	*out = (struct u64s){are, count};
	return OK;
}

bool coach_any(struct txn *t, uint64_t community)
{
	struct u64s all;
	return coach_list(t, community, &all) == OK && all.count > 0;
}

/* ---- what waits ------------------------------------------------------------------------------ */

enum err ask_load(struct txn *t, uint64_t id, struct ask *out)
{
	struct place place = place_1(TABLE_ASK, id);
	return txn_load(t, &place, &ask_shape, out);
}

enum err ask_keep(struct txn *t, const struct ask *a)
{
	struct place place = place_1(TABLE_ASK, a->id),
		     of_asker = place_2(TABLE_ASK_OF, a->asker, a->id),
		     of_community = place_2(TABLE_ASK_OF, a->community, a->id);
	enum err e = txn_save(t, &place, &ask_shape, a);
	if (e == OK)
		e = txn_put(t, &of_asker, (struct bytes){"\1", 1});
	return e == OK ? txn_put(t, &of_community, (struct bytes){"\1", 1}) : e;
}

enum err ask_drop(struct txn *t, const struct ask *a)
{
	struct place place = place_1(TABLE_ASK, a->id),
		     of_asker = place_2(TABLE_ASK_OF, a->asker, a->id),
		     of_community = place_2(TABLE_ASK_OF, a->community, a->id);
	enum err e = txn_del(t, &place);
	if (e == OK)
		e = txn_del(t, &of_asker);
	if (e == OK)
		e = txn_del(t, &of_community);
	return e == OK ? link_end(t, a->id, LINK_COACH) : e;
}

enum err ask_list(struct txn *t, uint64_t of, struct u64s *out)
{
	return post_ids(t, TABLE_ASK_OF, of, 0, true, LISTED_MOST, out);
}

/* Whom it was put to sees it; without a coach, or when that one is no coach any more, all of them do. */
bool ask_may_answer(struct txn *t, uint64_t who, const struct ask *a)
{
	if (who == 0 || who == a->asker || !circle_may_coach(t, who, a->community))
		return false;
	return a->coach == 0 || a->coach == who || !circle_may_coach(t, a->coach, a->community);
}

enum err ask_count_open(struct txn *t, uint64_t of, uint64_t coach, size_t *out)
{
	struct u64s ids;
	struct ask a;
	size_t count = 0;
	enum err e = ask_list(t, of, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		count += ask_load(t, ids.at[i], &a) == OK && a.answered == 0
			&& (coach == 0 || a.coach == coach);
	*out = count;
	return e;
}

bool coach_has_room(struct txn *t, const struct coach *c)
{
	size_t open;
	return c->room == COACH_OPEN
		|| (c->room == COACH_LIMITED
			&& ask_count_open(t, c->community, c->actor, &open) == OK
			&& open < ROOM_LIMITED);
}

/* Within how many days one of them answers, at the latest; 0: none has room. */
int64_t coach_days(struct txn *t, uint64_t community, uint64_t coach)
{
	struct u64s all;
	struct coach c;
	int64_t days = 0;
	if (coach_list(t, community, &all) != OK)
		return 0;
	for (size_t i = 0; i < all.count; i++)
		if ((coach == 0 || coach == all.at[i])
			&& coach_load(t, community, all.at[i], &c) == OK && coach_has_room(t, &c)
			&& c.days > days)
			days = c.days;
	return days;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* What it is about stays on its page: a notice goes by mail. */
enum err ask_tell(struct txn *t, const struct ask *a, uint64_t whom, uint64_t who)
{
	struct actor community;
	enum err e = actor_load(t, a->community, &community);
	struct notice n = {
		.place = id_next(), .kind = NOTICE_COACH, .note = actor_title(&community)};
	n.at = time_now();
	return e == OK && whom != who ? notify_add(t, whom, &n) : e;
}

enum err ask_tell_coaches(struct txn *t, const struct ask *a)
{
	struct u64s all;
	if (a->coach != 0)
		return ask_tell(t, a, a->coach, a->asker);
	enum err e = coach_list(t, a->community, &all);
	for (size_t i = 0; e == OK && i < all.count; i++)
		e = ask_tell(t, a, all.at[i], a->asker);
	return e;
}

/* A direct message of the community itself: who coaches stays its own affair. */
enum err ask_write_back(struct txn *t, const struct ask *a, const char *words, const char *language)
{
	struct post p;
	struct post_draft d = {.author = a->community,
		.parent = a->post,
		.visibility = VISIBLE_DIRECT,
		.source = words,
		.language = language};
	return post_create(t, &d, NULL, NULL, &p);
}

/* "within about {days} days" with its number in it. */
const char *coach_term(struct arena *arena, const char *language, int64_t days)
{
	const char *words = i18n_plural(language,
		"You can expect an answer within about {days} day.",
		"You can expect an answer within about {days} days.", days);
	const char *at = strstr(words, "{days}");
	return at == NULL ? words
			  : arena_format(arena, "%.*s%lld%s", (int)(at - words), words,
				  (long long)days, at + strlen("{days}"));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum err post_of(struct txn *t, const struct ask *a, struct refusal *why, uint64_t *post)
{
	static const struct circles circles[] = {
		[ASK_PUBLIC] = {CIRCLE_EVERYONE, CIRCLE_EVERYONE},
		[ASK_MEMBERS] = {CIRCLE_MEMBERS, CIRCLE_MEMBERS},
		[ASK_ANONYMOUS] = {CIRCLE_MEMBERS, CIRCLE_MEMBERS},
	};
	struct post p;
	struct solution s;
	struct actor community;
	enum err e = actor_load(t, a->community, &community);
	if (e != OK)
		return e;
	if (a->way != ASK_PUBLIC && circle_of(t, a->asker, a->community) < CIRCLE_MEMBERS)
		return refuse(why, "way", "Only members can ask that way.");
	if (!circle_may_post(t, a->asker, &community))
		return refuse(
			why, "way", "You cannot begin a conversation here. Ask it in private.");
	struct post_draft d = {.author = a->way == ASK_ANONYMOUS ? a->community : a->asker,
		.community = a->community,
		.kind = POST_ASKED,
		.circles = &circles[a->way],
		.source = a->text,
		.language = community.language};
	e = post_create(t, &d, NULL, why, &p);
	if (e == OK)
		e = question_load(t, p.id, &s);
	if (e != OK)
		return e;
	*post = p.id;
	s.asker = a->asker;
	return question_save(t, &s);
}

static enum err check(struct txn *t, const struct ask *a, struct refusal *why)
{
	struct coach c;
	size_t open;
	if (*a->text == '\0')
		return refuse(why, "text", "Write something first.");
	if (strlen(a->text) > ASK_BYTES)
		return refuse(why, "text", "This text is too long.");
	if (a->way < ASK_PUBLIC || a->way > ASK_ANONYMOUS)
		return refuse(why, "way", "Choose who may read your question.");
	if (a->coach == a->asker)
		return refuse(why, "coach", "Choose another coach than yourself.");
	if (a->coach != 0
		&& (!circle_may_coach(t, a->coach, a->community)
			|| coach_load(t, a->community, a->coach, &c) != OK
			|| !coach_has_room(t, &c)))
		return refuse(why, "coach", "This coach has no room now. Choose another one.");
	enum err e = ask_count_open(t, a->asker, 0, &open);
	return e == OK && open >= ASKS_OPEN_MOST ? refuse(why, "text",
		       "Five questions of yours wait for an answer. Wait for one of these first.")
						 : e;
}

enum err ask_add(struct txn *t, struct ask *a, struct refusal *why)
{
	struct ask next = *a;
	next.text = text_trim(txn_arena(t), a->text != NULL ? a->text : "");
	enum err e = check(t, &next, why);
	if (e != OK)
		return e;
	int64_t days = coach_days(t, a->community, a->coach);
	if (days == 0)
		return refuse(why, "coach", "No coach has room at this moment. Ask again later.");
	next.id = id_next();
	next.at = time_now();
	next.due = next.at + days * DAY;
	if (next.way != ASK_PRIVATE) {
		e = post_of(t, &next, why, &next.post);
		next.text = NULL;
	}
	if (e == OK)
		e = ask_keep(t, &next);
	if (e == OK)
		e = ask_tell_coaches(t, &next);
	if (e == OK)
		*a = next;
	return e;
}

/* ---- answering ------------------------------------------------------------------------------- */

static bool is_message(const struct ask *a)
{
	return a->way == ASK_PRIVATE && a->post != 0;
}

static enum err answer_in_conversation(
	struct txn *t, const struct ask *a, const char *text, struct refusal *why)
{
	struct post p;
	struct post_draft d = {.author = a->by, .parent = a->post, .source = text};
	return post_create(t, &d, NULL, why, &p);
}

static const char *answer_by(struct txn *t, const char *language, const struct actor *coach)
{
	return arena_format(txn_arena(t), "%s %s", i18n(language, "Answer by"), actor_title(coach));
}

static enum err answer_message(struct txn *t, const struct ask *a, const char *text)
{
	struct actor coach;
	struct post question;
	const char *token;
	struct link link = {.purpose = LINK_COACH,
		.subject = a->id,
		.payload = "",
		.until = time_now() + ASK_KEPT,
		.uses = LINK_OFTEN};
	enum err e = actor_load(t, a->by, &coach);
	if (e == OK)
		e = post_load(t, a->post, &question);
	if (e == OK)
		e = link_lasting(t, &link, &token);
	if (e != OK)
		return e;
	const char *language = post_language(t, &question);
	const char *words = arena_format(
		txn_arena(t), "%s\n\n%s", text, answer_by(t, language, &coach));
	if (a->consent == CONSENT_ASKED)
		words = arena_format(txn_arena(t), "%s\n\n%s %s/coach/may/%s", words,
			i18n(language,
				"May we publish question and answer, without your name? You choose here:"),
			txn_site(t)->base_url, token);
	return ask_write_back(t, a, words, language);
}

enum err ask_answer(struct txn *t, uint64_t who, uint64_t id, const char *text, bool consent,
	struct refusal *why)
{
	struct ask a;
	enum err e = ask_load(t, id, &a);
	if (e == OK && !ask_may_answer(t, who, &a))
		e = ERR_NOT_FOUND;
	if (e == OK && a.answered != 0)
		e = ERR_CONFLICT;
	if (e != OK)
		return e;
	a.answer = text_trim(txn_arena(t), text != NULL ? text : "");
	if (*a.answer == '\0')
		return refuse(why, "text", "Write something first.");
	if (strlen(a.answer) > ASK_BYTES)
		return refuse(why, "text", "This text is too long.");
	a.by = who;
	a.answered = time_now();
	if (consent && a.consent != CONSENT_YES)
		a.consent = CONSENT_ASKED;
	if (is_message(&a))
		e = answer_message(t, &a, a.answer);
	else if (a.post != 0)
		e = answer_in_conversation(t, &a, a.answer, why);
	if (e == OK)
		e = ask_keep(t, &a);
	return e == OK ? ask_tell(t, &a, a.asker, who) : e;
}

enum err ask_remove(struct txn *t, uint64_t who, uint64_t id)
{
	struct ask a;
	enum err e = ask_load(t, id, &a);
	if (e == OK && a.asker != who)
		e = ERR_NOT_FOUND;
	return e == OK ? ask_drop(t, &a) : e;
}

/* ---- publishing it --------------------------------------------------------------------------- */

enum err ask_consent(struct txn *t, uint64_t id, bool yes)
{
	struct ask a;
	enum err e = ask_load(t, id, &a);
	if (e != OK)
		return e;
	if (a.answered == 0)
		return ERR_CONFLICT;
	uint32_t was = a.consent;
	a.consent = yes ? CONSENT_YES : CONSENT_NO;
	e = ask_keep(t, &a);
	return e == OK && was != a.consent ? ask_tell(t, &a, a.by, a.asker) : e;
}

bool ask_may_publish(struct txn *t, uint64_t id)
{
	struct ask a;
	return ask_load(t, id, &a) == OK && a.consent == CONSENT_YES;
}

const char *ask_words(struct txn *t, const struct ask *a)
{
	struct post p;
	if (a->post == 0)
		return a->text != NULL ? a->text : "";
	if (post_load(t, a->post, &p) != OK || p.gone)
		return "";
	return p.source != NULL
		? p.source
		: markup_plain(txn_arena(t), p.content != NULL ? p.content : "", ASK_BYTES);
}

const char *ask_name(struct txn *t, const struct ask *a)
{
	char *html;
	return markup_from_markdown(txn_arena(t), ask_words(t, a), NULL, NULL, &html) == OK
		? markup_plain(txn_arena(t), html, NAME_POINTS)
		: "";
}

/* A draft of whom answered, without who asked: it goes the way of all articles. */
enum err ask_article(struct txn *t, uint64_t who, uint64_t id, uint64_t *article)
{
	struct ask a;
	struct actor community;
	enum err e = ask_load(t, id, &a);
	if (e == OK && a.by != who)
		e = ERR_NOT_FOUND;
	if (e == OK && (a.consent != CONSENT_YES || a.article != 0))
		e = ERR_CONFLICT;
	if (e == OK)
		e = actor_load(t, a.community, &community);
	if (e != OK)
		return e;
	const char *words = ask_words(t, &a);
	struct article draft = {.community = a.community,
		.title = ask_name(t, &a),
		.source = arena_format(txn_arena(t), "%s\n\n---\n\n%s", words, a.answer),
		.language = txn_site(t)->language,
		.circles = circle_default(&community, NULL),
		.ask = id};
	e = article_write(t, who, &draft, 0, NULL);
	a.article = draft.id;
	if (e == OK)
		*article = draft.id;
	return e == OK ? ask_keep(t, &a) : e;
}

/* ---- what is kept of someone ----------------------------------------------------------------- */

static bool is_answered_by(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct ask a;
	(void)key;
	return record_read(scratch, &ask_shape, value, &a) == OK && a.by == *(const uint64_t *)arg
		&& a.answered != 0;
}

static enum err own_answer(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct ask a;
	(void)key;
	enum err e = record_read(txn_arena(o->t), &ask_shape, value, &a);
	if (e != OK)
		return e;
	view_begin(o->v, NULL);
	view_text(o->v, "community", own_actor(o->t, a.community));
	view_text(o->v, "answer", a.answer);
	view_time(o->v, "at", a.answered);
	view_end(o->v);
	return OK;
}

/* Where they coach, and what they answered, there or before; what they were asked is of who asked. */
static enum err own_coaching(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s all;
	struct coach c;
	enum err e = community_list(t, &all);
	view_list(v, "coaching");
	for (size_t i = 0; e == OK && i < all.count; i++) {
		if (coach_load(t, all.at[i], who->actor, &c) != OK)
			continue;
		view_begin(v, NULL);
		view_text(v, "community", own_actor(t, all.at[i]));
		view_text(v, "topics", c.topics);
		view_number(v, "days", c.days);
		view_end(v);
	}
	view_list_end(v);
	return e == OK
		? own_rows_show(t, v, "coach_answers", TABLE_ASK, who, is_answered_by, own_answer)
		: e;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s ids;
	struct ask a;
	enum err e = own_ids(t, v, "questions_to_coaches", TABLE_ASK_OF, who->actor, who, &ids);
	view_list(v, "questions_to_coaches");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		if (ask_load(t, ids.at[i], &a) != OK)
			continue;
		view_begin(v, NULL);
		view_text(v, "community", own_actor(t, a.community));
		view_text(v, "text", ask_words(t, &a));
		view_text(v, "answer", a.answered != 0 ? a.answer : "");
		view_time(v, "at", a.at);
		view_end(v);
	}
	view_list_end(v);
	return e == OK ? own_coaching(t, v, who) : e;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct leaver *who = arg;
	struct ask a;
	(void)key;
	return record_read(scratch, &ask_shape, value, &a) == OK
		&& (a.asker == who->actor || a.by == who->actor);
}

/* What they asked goes; of what they answered the name, and the words too unless those stay and were for more than one. */
static enum err part(struct txn *t, void *arg, const struct place *key)
{
	const struct leaver *who = arg;
	struct ask a;
	enum err e = txn_load(t, key, &ask_shape, &a);
	if (e != OK || a.asker == who->actor)
		return e == OK ? ask_drop(t, &a) : e == ERR_NOT_FOUND ? OK : e;
	a.by = 0;
	if (a.way == ASK_PRIVATE || (who->keep & KEEP_ANSWERS) == 0)
		a.answer = "";
	return ask_keep(t, &a);
}

static bool says_answer_by(struct txn *t, const struct post *p, const struct actor *coach)
{
	static const char *const languages[] = {"nl", "en"};
	for (size_t i = 0; p->source != NULL && i < COUNT(languages); i++) {
		const char *words = answer_by(t, languages[i], coach);
		const char *at = strstr(p->source, words);
		if (at != NULL && (at[strlen(words)] == '\0' || at[strlen(words)] == '\n'))
			return true;
	}
	return false;
}

/* A message went back in the name of the community, and says who answered. */
static enum err forget_messages(struct txn *t, uint64_t community, const struct actor *coach)
{
	struct u64s ids = {.count = 1};
	struct post p;
	uint64_t before = 0;
	enum err e = OK;
	while (e == OK && ids.count > 0) {
		e = post_of_author(t, community, before, LISTED_MOST, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			before = ids.at[i];
			if (post_load(t, before, &p) == OK && !p.gone
				&& p.visibility == VISIBLE_DIRECT && says_answer_by(t, &p, coach))
				e = post_remove(t, community, before, NULL, NULL);
		}
	}
	return e;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct leaver leaver = *who;
	struct actor coach;
	struct u64s all = {0};
	enum err e = OK;
	if (at->size == 0 && actor_load(t, who->actor, &coach) == OK)
		e = community_list(t, &all);
	for (size_t i = 0; e == OK && i < all.count; i++)
		e = forget_messages(t, all.at[i], &coach);
	return e == OK ? leaving_sweep(t, TABLE_ASK, at, is_theirs, part, &leaver) : e;
}

static const struct personal personal = {own_show, forget};

static const struct table_use tables[] = {
	{TABLE_ASK, &ask_shape},
	{TABLE_ASK_OF, NULL},
	{TABLE_COACH, &coach_shape},
	{0},
};
const struct feature feature_coach = {
	.name = "coach",
	.routes = coach_routes,
	.tables = tables,
	.chores = coach_chores,
	.readers = coach_readers,
	.personal = &personal,
};
