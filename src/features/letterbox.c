/* letterbox.c: questions to coaches that come as a message, what ends them, and what is over its term. */
#include "question.h"

#include <string.h>

#define LISTED_MOST 1000
#define TERM_UNKNOWN 7 /* days, when no coach has room for who asks on */

/* ---- messages -------------------------------------------------------------------------------- */

static enum err confirm(struct txn *t, const struct ask *a, const struct post *p, int64_t days)
{
	const char *language = post_language(t, p);
	const char *words = days > 0
		? arena_format(txn_arena(t), "%s %s %s",
			i18n(language,
				"Thank you. Your question is with the coaches, and only they read it."),
			coach_term(txn_arena(t), language, days),
			i18n(language, "It comes as a message like this one."))
		: i18n(language,
			"Thank you for your question. No coach has room at this moment: please ask it again later.");
	return ask_write_back(t, a, words, language);
}

static enum err find_by_post(struct txn *t, uint64_t asker, uint64_t post, struct ask *out)
{
	struct u64s ids;
	enum err e = ask_list(t, asker, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		if (ask_load(t, ids.at[i], out) == OK && out->post == post)
			return OK;
	return e == OK ? ERR_NOT_FOUND : e;
}

/* A message to a community that has coaches, and to no other community. */
static bool is_to_coaches(struct txn *t, const struct post *p, uint64_t *community)
{
	struct actor a;
	if (p->visibility != VISIBLE_DIRECT)
		return false;
	for (size_t i = 0; i < p->mentions.count; i++)
		if (actor_load(t, p->mentions.at[i], &a) == OK && a.kind == ACTOR_GROUP && a.local
			&& !a.gone && coach_any(t, a.id)) {
			*community = a.id;
			return true;
		}
	return false;
}

/* Who asks on does so in the same conversation. */
static enum err ask_on(struct txn *t, struct ask *a)
{
	if (a->answered == 0)
		return OK;
	int64_t days = coach_days(t, a->community, a->coach);
	a->answered = 0;
	a->at = time_now();
	a->due = a->at + (days > 0 ? days : TERM_UNKNOWN) * DAY;
	a->reminded = false;
	enum err e = ask_keep(t, a);
	return e == OK ? ask_tell_coaches(t, a) : e;
}

static enum err of_message(struct txn *t, const struct post *p, uint64_t community)
{
	struct actor asker;
	struct ask a;
	size_t open;
	enum err e = find_by_post(t, p->author, p->root, &a);
	if (e == OK)
		return p->root == p->id ? OK : ask_on(t, &a);
	if (e != ERR_NOT_FOUND || p->root != p->id)
		return e == ERR_NOT_FOUND ? OK : e;
	e = actor_load(t, p->author, &asker);
	if (e == OK)
		e = ask_count_open(t, p->author, 0, &open);
	if (e != OK || asker.kind != ACTOR_PERSON || open >= ASKS_OPEN_MOST
		|| block_between(t, p->author, community))
		return e;
	int64_t days = coach_days(t, community, 0);
	a = (struct ask){.id = id_next(),
		.community = community,
		.asker = p->author,
		.way = ASK_PRIVATE,
		.post = p->id,
		.at = time_now()};
	a.due = a.at + days * DAY;
	e = days > 0 ? ask_keep(t, &a) : OK;
	if (e == OK && days > 0)
		e = ask_tell_coaches(t, &a);
	return e == OK ? confirm(t, &a, p, days) : e;
}

/* A coach who answers in the conversation has answered. */
static enum err of_answer(struct txn *t, const struct post *p)
{
	struct solution s;
	struct ask a;
	enum err e = p->root != p->id ? question_load(t, p->root, &s) : ERR_NOT_FOUND;
	if (e == OK)
		e = find_by_post(t, s.asker, p->root, &a);
	if (e != OK || a.answered != 0 || !ask_may_answer(t, p->author, &a))
		return e == ERR_NOT_FOUND ? OK : e;
	a.by = p->author;
	a.answered = time_now();
	a.answer = p->source != NULL && strlen(p->source) <= ASK_BYTES ? p->source : "";
	return ask_keep(t, &a);
}

static enum err of_create(struct txn *t, const struct line *line)
{
	struct post p;
	uint64_t community;
	enum err e = post_load(t, line->object, &p);
	if (e != OK || p.gone || p.author != line->actor)
		return e;
	return is_to_coaches(t, &p, &community) ? of_message(t, &p, community) : of_answer(t, &p);
}

static enum err of_delete(struct txn *t, const struct line *line)
{
	struct post p;
	struct solution s;
	struct ask a;
	enum err e = post_load(t, line->object, &p);
	if (e != OK || !p.gone)
		return e;
	e = find_by_post(t, question_load(t, p.id, &s) == OK ? s.asker : p.author, p.id, &a);
	return e == OK ? ask_drop(t, &a) : e;
}

static enum err forget(struct txn *t, uint64_t actor)
{
	struct u64s ids;
	struct ask a;
	enum err e = ask_list(t, actor, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		if (ask_load(t, ids.at[i], &a) == OK)
			e = ask_drop(t, &a);
	if (e == OK)
		e = community_list(t, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct place coach = place_2(TABLE_COACH, ids.at[i], actor);
		e = txn_del(t, &coach);
	}
	return e;
}

static enum err follow_line(struct txn *t, const struct line *line, void *arg)
{
	(void)arg;
	enum err e = OK;
	if (line->act == ACT_CREATE)
		e = of_create(t, line);
	else if (line->act == ACT_DELETE)
		e = of_delete(t, line);
	else if (line->act == ACT_DELETE_ACTOR)
		e = forget(t, line->actor);
	bool hopeless = e == ERR_NOT_FOUND || e == ERR_FORBIDDEN || e == ERR_INVALID;
	return hopeless ? OK : e;
}

const struct journal_reader coach_readers[] = {{"coach", follow_line, NULL, NULL}, {0}};

/* ---- on time --------------------------------------------------------------------------------- */

struct sweep {
	struct arena *arena;
	uint64_t late[LISTED_MOST], old[LISTED_MOST];
	size_t late_count, old_count;
};

static enum err look_at(void *arg, struct bytes key, struct bytes value)
{
	struct sweep *s = arg;
	struct ask a;
	int64_t now = time_now();
	arena_reset(s->arena);
	if (record_read(s->arena, &ask_shape, value, &a) != OK)
		return OK;
	if (a.answered == 0 && a.due <= now && !a.reminded && s->late_count < LISTED_MOST)
		s->late[s->late_count++] = place_id(key, 0);
	if (a.answered != 0 && a.answered + ASK_KEPT <= now && s->old_count < LISTED_MOST)
		s->old[s->old_count++] = place_id(key, 0);
	return OK;
}

/* What is over its term comes to the coaches again, and to who moderates. */
static enum err remind(struct txn *t, uint64_t id)
{
	struct ask a;
	struct u64s moderators;
	enum err e = ask_load(t, id, &a);
	a.reminded = true;
	if (e == OK)
		e = ask_keep(t, &a);
	if (e == OK)
		e = ask_tell_coaches(t, &a);
	if (e == OK)
		e = community_moderators(t, a.community, &moderators);
	for (size_t i = 0; e == OK && i < moderators.count; i++)
		if (!ask_may_answer(t, moderators.at[i], &a))
			e = ask_tell(t, &a, moderators.at[i], a.asker);
	return e;
}

static enum err sweep(struct txn *t, void *arg)
{
	ARENA_CLEANUP struct arena *one_by_one = arena_create();
	struct sweep *s = arena_alloc(txn_arena(t), sizeof *s);
	struct walk all = {.prefix = place_0(TABLE_ASK), .max = WALK_ALL};
	struct ask a;
	(void)arg;
	s->arena = one_by_one;
	enum err e = txn_walk(t, &all, look_at, s);
	for (size_t i = 0; e == OK && i < s->late_count; i++)
		e = remind(t, s->late[i]);
	for (size_t i = 0; e == OK && i < s->old_count; i++)
		if (ask_load(t, s->old[i], &a) == OK)
			e = ask_drop(t, &a);
	return e;
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	enum err e = store_write(store, sweep, NULL);
	if (e != OK)
		log_line(LOG_WARN, "coach", "error=%s", err_name(e));
}

const struct chore coach_chores[] = {{"coach", HOUR, on_time, NULL}, {0}};
