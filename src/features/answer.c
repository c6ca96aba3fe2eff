/* answer.c: what is answered in private to what stands on the noticeboard: between two, through this site, until it has
 * been closed for a while. No address is shown to anyone. */
#include "vacancy.h"

#include <string.h>

#define NAME_MOST ACTOR_TITLE_MOST
#define ASKED_FOR DAY /* that the link in the mail may wait to be used */
#define LINK_FOR (180 * DAY)
#define A_DAY_MOST 20 /* new ones by one person */
#define LOOKED_AT_ONCE 100
#define AGAIN_AFTER DAY

static const struct field answer_fields[] = {
	{1, F_U64, offsetof(struct answer, id), 0},
	{2, F_U64, offsetof(struct answer, post), 0},
	{3, F_U64, offsetof(struct answer, who), 0},
	{4, F_TEXT, offsetof(struct answer, name), 4 * NAME_MOST},
	{5, F_TEXT, offsetof(struct answer, email), 320},
	{6, F_TEXT, offsetof(struct answer, language), 35},
	{7, F_FLAG, offsetof(struct answer, confirmed), 0},
	{8, F_I64, offsetof(struct answer, at), 0},
};
const struct shape answer_shape = {
	"answer", sizeof(struct answer), answer_fields, COUNT(answer_fields)};

static const struct field words_fields[] = {
	{1, F_U64, offsetof(struct answer_words, by), 0},
	{2, F_TEXT, offsetof(struct answer_words, text), 4 * ANSWER_MOST},
	{3, F_I64, offsetof(struct answer_words, at), 0},
};
const struct shape answer_words_shape = {
	"answer_words", sizeof(struct answer_words), words_fields, COUNT(words_fields)};

/* ---- keeping --------------------------------------------------------------------------------- */

enum err answer_load(struct txn *t, uint64_t post, uint64_t id, struct answer *out)
{
	struct place place = place_2(TABLE_ANSWER, post, id);
	return txn_load(t, &place, &answer_shape, out);
}

enum err answer_list(struct txn *t, uint64_t post, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_ANSWER, post, 0, true, max, out);
}

enum err answer_words_list(struct txn *t, uint64_t id, struct u64s *out)
{
	return post_ids(t, TABLE_ANSWER_WORDS, id, 0, false, ANSWER_WORDS_MOST, out);
}

enum err answer_words_load(struct txn *t, uint64_t id, uint64_t words, struct answer_words *out)
{
	struct place place = place_2(TABLE_ANSWER_WORDS, id, words);
	return txn_load(t, &place, &answer_words_shape, out);
}

enum err answer_by(struct txn *t, uint64_t who, uint64_t post, struct answer *out)
{
	struct u64s ids;
	struct answer a;
	enum err e = who != 0 ? answer_list(t, post, ANSWERS_LISTED, &ids) : ERR_NOT_FOUND;
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = answer_load(t, post, ids.at[i], &a);
		if (e == OK && a.who == who) {
			*out = a;
			return OK;
		}
	}
	return e == OK ? ERR_NOT_FOUND : e;
}

static enum err save(struct txn *t, const struct answer *a)
{
	struct place place = place_2(TABLE_ANSWER, a->post, a->id);
	return txn_save(t, &place, &answer_shape, a);
}

static enum err age(struct txn *t, int64_t at, uint64_t post, uint64_t id)
{
	struct place place = place_3(TABLE_ANSWER_AGE, (uint64_t)at, post, id);
	return txn_put(t, &place, (struct bytes){"\1", 1});
}

/* Rows of its age stay until they are due: they find nothing then. */
static enum err drop(struct txn *t, const struct answer *a)
{
	struct u64s words;
	struct place row = place_2(TABLE_ANSWER, a->post, a->id);
	struct place by = place_2(TABLE_ANSWER_BY, a->who, a->id);
	enum err e = answer_words_list(t, a->id, &words);
	for (size_t i = 0; e == OK && i < words.count; i++) {
		struct place place = place_2(TABLE_ANSWER_WORDS, a->id, words.at[i]);
		e = txn_del(t, &place);
	}
	if (e == OK)
		e = txn_del(t, &row);
	if (e == OK)
		e = txn_del(t, &by);
	return e == OK ? link_end(t, a->id, LINK_ANSWER) : e;
}

enum err answer_end(struct txn *t, uint64_t post)
{
	struct u64s ids = {.count = ANSWERS_MOST};
	struct answer a;
	enum err e = OK;
	while (e == OK && ids.count == ANSWERS_MOST) {
		e = answer_list(t, post, ANSWERS_MOST, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			e = answer_load(t, post, ids.at[i], &a);
			if (e == OK)
				e = drop(t, &a);
		}
	}
	return e;
}

enum err answer_forget(struct txn *t, uint64_t actor)
{
	struct u64s ids = {.count = ANSWERS_MOST};
	struct answer a;
	enum err e = OK;
	while (e == OK && ids.count == ANSWERS_MOST) {
		e = post_ids(t, TABLE_ANSWER_BY, actor, 0, false, ANSWERS_MOST, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			struct place by = place_2(TABLE_ANSWER_BY, actor, ids.at[i]);
			uint64_t post;
			e = txn_get_id(t, &by, &post);
			if (e == OK)
				e = answer_load(t, post, ids.at[i], &a);
			if (e == OK)
				e = drop(t, &a);
			if (e == ERR_NOT_FOUND)
				e = txn_del(t, &by);
		}
	}
	return e;
}

enum err answer_count(struct txn *t, uint64_t post, int64_t *count)
{
	struct u64s ids;
	struct answer a;
	int64_t n = 0;
	enum err e = answer_list(t, post, ANSWERS_LISTED, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = answer_load(t, post, ids.at[i], &a);
		n += e == OK && a.confirmed;
	}
	if (e == OK)
		*count = n;
	return e;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* All who manage it hear that there is one. */
static enum err tell_managers(struct txn *t, const struct post *p)
{
	struct vacancy v;
	struct u64s editors = {0};
	struct notice n = {.kind = NOTICE_ANSWER, .post = p->id, .at = time_now()};
	enum err e = vacancy_of(t, p, &v);
	if (e == OK && v.organisation != 0)
		e = organisation_editors(t, v.organisation, &editors);
	n.place = id_next();
	if (e == OK)
		e = notify_add(t, p->author, &n);
	for (size_t i = 0; e == OK && i < editors.count; i++) {
		n.place = id_next();
		if (editors.at[i] != p->author)
			e = notify_add(t, editors.at[i], &n);
	}
	return e;
}

/* The same address in every mail: it is all that a visitor has. */
static enum err link_of(struct txn *t, const struct answer *a, const char **url)
{
	char post[ID_TEXT];
	const char *token;
	struct link link = {.purpose = LINK_ANSWER,
		.subject = a->id,
		.payload = id_text(a->post, post),
		.until = time_now() + LINK_FOR,
		.uses = LINK_OFTEN};
	enum err e = link_lasting(t, &link, &token);
	if (e == OK)
		*url = arena_format(txn_arena(t), "%s/answers/%s", txn_site(t)->base_url, token);
	return e;
}

static enum err mail_visitor(
	struct txn *t, const struct post *p, const struct answer *a, const char *text)
{
	const char *url;
	enum err e = link_of(t, a, &url);
	if (e != OK)
		return e;
	struct mail_draft draft = {.to = a->email,
		.kind = text != NULL ? "answer" : "answer-confirm",
		.language = a->language,
		.until = text != NULL ? 0 : time_now() + ASKED_FOR};
	struct view *v = mail_begin(t);
	view_text(v, "link", url);
	view_text(v, "about", post_name(t, p, 80));
	view_text(v, "words", text);
	return mail_send(t, &draft, v);
}

static enum err tell_answerer(
	struct txn *t, const struct post *p, const struct answer *a, uint64_t by, const char *text)
{
	if (a->who == 0)
		return mail_visitor(t, p, a, text);
	struct notice n = {.place = id_next(),
		.kind = NOTICE_ANSWERED,
		.who = by,
		.post = p->id,
		.at = time_now()};
	return notify_add(t, a->who, &n);
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static enum err check_text(struct txn *t, const char **text, struct refusal *why)
{
	*text = text_trim(txn_arena(t), *text != NULL ? *text : "");
	if (**text == '\0')
		return refuse(why, "text", "Write something first.");
	return text_count(*text) > ANSWER_MOST ? refuse(why, "text", "This text is too long.") : OK;
}

static enum err add_words(
	struct txn *t, const struct answer *a, uint64_t by, const char *text, struct refusal *why)
{
	struct answer_words w = {.by = by, .text = text, .at = time_now()};
	struct place place = place_2(TABLE_ANSWER_WORDS, a->id, id_next());
	struct u64s words;
	enum err e = answer_words_list(t, a->id, &words);
	if (e == OK && words.count == ANSWER_WORDS_MOST)
		return refuse(
			why, "text", "You wrote each other 40 times here. Go on in another way.");
	return e == OK ? txn_save(t, &place, &answer_words_shape, &w) : e;
}

/* Open, and theirs to read: who manages it has nothing to answer. */
static enum err find_open(struct txn *t, const struct viewer *viewer, uint64_t id, struct post *p)
{
	struct vacancy v;
	enum err e = vacancy_find(t, viewer, id, p, &v);
	if (e == OK && (v.end != VACANCY_OPEN || p->removed_by != 0))
		e = ERR_GONE;
	return e == OK && vacancy_may_manage(t, viewer->actor, p, &v) ? ERR_FORBIDDEN : e;
}

/* What nobody stands behind fills nothing, and hides nothing. */
static enum err has_room(struct txn *t, const struct answer *a, struct refusal *why)
{
	struct u64s others;
	struct answer other;
	size_t same = 0;
	enum err e = answer_list(t, a->post, ANSWERS_LISTED, &others);
	for (size_t i = 0; e == OK && i < others.count; i++) {
		e = answer_load(t, a->post, others.at[i], &other);
		same += e == OK && other.confirmed == a->confirmed;
	}
	return e == OK && same >= ANSWERS_MOST
		? refuse(why, NULL, "So many people answered this that no more fit.")
		: e;
}

static enum err begin(struct txn *t, struct answer *a, const char *text, struct refusal *why)
{
	enum err e = has_room(t, a, why);
	a->id = id_next();
	a->at = time_now();
	if (e == OK)
		e = save(t, a);
	if (e == OK)
		e = add_words(t, a, 0, text, why);
	return e == OK ? age(t, a->at + ASKED_FOR, a->post, a->id) : e;
}

static enum err pace(struct txn *t, uint64_t who)
{
	struct u64s mine;
	enum err e = post_ids(t, TABLE_ANSWER_BY, who, 0, true, A_DAY_MOST, &mine);
	bool many = e == OK && mine.count == A_DAY_MOST
		&& id_time(mine.at[A_DAY_MOST - 1]) > time_now() - DAY;
	return many ? ERR_TOO_MUCH : e;
}

enum err answer_send(
	struct txn *t, uint64_t who, uint64_t post, const char *text, struct refusal *why)
{
	struct post p;
	struct viewer viewer = {.actor = who, .local = true};
	struct answer a;
	enum err e = find_open(t, &viewer, post, &p);
	if (e == OK)
		e = check_text(t, &text, why);
	if (e != OK)
		return e;
	e = answer_by(t, who, post, &a);
	if (e == OK)
		return answer_more(t, post, a.id, 0, text, why);
	if (e == ERR_NOT_FOUND)
		e = pace(t, who);
	a = (struct answer){.post = post, .who = who, .confirmed = true};
	if (e == OK)
		e = begin(t, &a, text, why);
	struct place by = place_2(TABLE_ANSWER_BY, who, a.id);
	if (e == OK)
		e = txn_put_id(t, &by, post);
	return e == OK ? tell_managers(t, &p) : e;
}

enum err answer_ask(struct txn *t, struct answer *a, const char *text, struct refusal *why)
{
	struct post p;
	struct viewer nobody = {0};
	enum err e = find_open(t, &nobody, a->post, &p);
	if (e == OK)
		e = check_text(t, &text, why);
	if (e != OK)
		return e;
	a->name = text_trim(txn_arena(t), a->name != NULL ? a->name : "");
	a->email = account_email_clean(txn_arena(t), a->email != NULL ? a->email : "");
	if (*a->name == '\0' || text_count(a->name) > NAME_MOST)
		return refuse(why, "name", "A name has 1 to 60 characters.");
	if (a->email == NULL)
		return refuse(why, "email", "This is not an e-mail address.");
	e = begin(t, a, text, why);
	return e == OK ? mail_visitor(t, &p, a, NULL) : e;
}

enum err answer_confirm(struct txn *t, uint64_t post, uint64_t id, struct refusal *why)
{
	struct post p;
	struct answer a;
	struct viewer nobody = {0};
	enum err e = find_open(t, &nobody, post, &p);
	if (e == OK)
		e = answer_load(t, post, id, &a);
	if (e != OK || a.confirmed)
		return e;
	a.confirmed = true;
	e = has_room(t, &a, why);
	if (e == OK)
		e = save(t, &a);
	return e == OK ? tell_managers(t, &p) : e;
}

/* While both may still see it: who was shown the door, or blocked the other, writes no more. */
enum err answer_more(struct txn *t, uint64_t post, uint64_t id, uint64_t by, const char *text,
	struct refusal *why)
{
	struct post p;
	struct vacancy v;
	struct answer a;
	enum err e = answer_load(t, post, id, &a);
	struct viewer viewer = {.actor = by != 0 ? by : a.who, .local = by != 0 || a.who != 0};
	if (e == OK && !a.confirmed)
		e = ERR_NOT_FOUND;
	if (e == OK)
		e = vacancy_find(t, &viewer, post, &p, &v);
	if (e == OK && by != 0
		&& (!vacancy_may_manage(t, by, &p, &v)
			|| (a.who != 0 && block_between(t, by, a.who))))
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = check_text(t, &text, why);
	if (e == OK)
		e = add_words(t, &a, by, text, why);
	if (e != OK)
		return e;
	return by != 0 ? tell_answerer(t, &p, &a, by, text) : tell_managers(t, &p);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

struct due {
	uint64_t at[LOOKED_AT_ONCE], posts[LOOKED_AT_ONCE], ids[LOOKED_AT_ONCE];
	size_t count;
};

static enum err is_due(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct due *due = arg;
	if ((int64_t)place_id(key, 0) > time_now())
		return ERR_CONFLICT;
	due->at[due->count] = place_id(key, 0);
	due->posts[due->count] = place_id(key, 1);
	due->ids[due->count++] = place_id(key, 2);
	return OK;
}

/* Until when one that was confirmed is kept, as far as it is known now. */
static enum err kept_until(struct txn *t, uint64_t post, int64_t *out)
{
	struct post p;
	struct vacancy v;
	enum err e = post_load(t, post, &p);
	if (e == OK)
		e = vacancy_of(t, &p, &v);
	if (e == OK)
		*out = (v.closed != 0 ? v.closed : v.closes) + ANSWERS_KEPT;
	return e;
}

static enum err look_at(struct txn *t, uint64_t at, uint64_t post, uint64_t id)
{
	struct answer a;
	int64_t until = 0, now = time_now();
	struct place row = place_3(TABLE_ANSWER_AGE, at, post, id);
	enum err e = txn_del(t, &row);
	if (e == OK)
		e = answer_load(t, post, id, &a);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	e = a.confirmed ? kept_until(t, post, &until) : OK;
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (!a.confirmed || e == ERR_NOT_FOUND || until <= now)
		return drop(t, &a);
	return age(t, until > now + AGAIN_AFTER ? until : now + AGAIN_AFTER, post, id);
}

static enum err forget_due(struct txn *t, void *arg)
{
	struct due *due = arg;
	struct walk w = {.prefix = place_0(TABLE_ANSWER_AGE), .max = LOOKED_AT_ONCE};
	due->count = 0;
	enum err e = txn_walk(t, &w, is_due, due);
	for (size_t i = 0; e == OK && i < due->count; i++)
		e = look_at(t, due->at[i], due->posts[i], due->ids[i]);
	return e;
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct due *due = arena_alloc(arena, sizeof *due);
	enum err e;
	do
		e = store_write(store, forget_due, due);
	while (e == OK && due->count == LOOKED_AT_ONCE);
	if (e != OK)
		log_line(LOG_WARN, "answer", "error=%s", err_name(e));
}

static const struct chore chores[] = {{"answers", HOUR, on_time, NULL}, {0}};

/* ---- of who leaves: what they answered goes with the actor (alert.c), what else there is goes here -------------------- */

/* What they wrote back, for themselves or for an organisation: it was for one person only. */
static bool is_written_back(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct leaver *who = arg;
	struct answer_words w;
	(void)key;
	return record_read(scratch, &answer_words_shape, value, &w) == OK && w.by == who->actor;
}

/* As a visitor, with the same address. */
static bool is_by_address(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct leaver *who = arg;
	struct answer a;
	(void)key;
	return record_read(scratch, &answer_shape, value, &a) == OK && a.who == 0
		&& text_equal_fold(a.email, who->email);
}

static enum err end_one(struct txn *t, void *arg, const struct place *key)
{
	struct answer a;
	(void)arg;
	enum err e = txn_load(t, key, &answer_shape, &a);
	return e == OK ? drop(t, &a) : e == ERR_NOT_FOUND ? OK : e;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct leaver leaver = *who;
	if (at->size > 0 && at->at[0] == TABLE_ANSWER)
		return leaving_sweep(t, TABLE_ANSWER, at, is_by_address, end_one, &leaver);
	enum err e = leaving_sweep(t, TABLE_ANSWER_WORDS, at, is_written_back, NULL, &leaver);
	if (e == OK && at->size == 0)
		*at = place_0(TABLE_ANSWER);
	return e;
}

/* ---- what is kept of someone ------------------------------------------------------------------ */

/* Between two: to who answered both sides, to who placed it what they wrote back themselves. */
static enum err own_thread(
	struct txn *t, struct view *v, uint64_t actor, uint64_t post, uint64_t id)
{
	struct answer a;
	struct u64s words;
	struct answer_words w;
	enum err e = answer_load(t, post, id, &a);
	if (e == OK)
		e = answer_words_list(t, id, &words);
	for (size_t i = 0; e == OK && i < words.count; i++) {
		e = answer_words_load(t, id, words.at[i], &w);
		if (e != OK || (a.who != actor && w.by != actor))
			continue;
		view_begin(v, NULL);
		view_text(v, "post", own_post(t, post));
		view_text(v, "who", own_actor(t, w.by != 0 ? w.by : a.who));
		view_text(v, "text", w.text);
		view_time(v, "at", w.at);
		view_end(v);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

/* To what stands in the lists of an author or of an organisation. */
static enum err own_received(
	struct txn *t, struct view *v, const struct own_view *who, uint64_t list_of)
{
	struct u64s posts, ids;
	enum err e = own_ids(t, v, NULL, TABLE_VACANCY_IN, list_of, who, &posts);
	for (size_t i = 0; e == OK && i < posts.count; i++) {
		e = answer_list(t, posts.at[i], ANSWERS_LISTED, &ids);
		for (size_t k = 0; e == OK && k < ids.count; k++)
			e = own_thread(t, v, who->actor, posts.at[i], ids.at[k]);
	}
	return e;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s ids, organisations;
	uint64_t post;
	enum err e = own_ids(t, v, "private_answers", TABLE_ANSWER_BY, who->actor, who, &ids);
	view_list(v, "private_answers");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct place by = place_2(TABLE_ANSWER_BY, who->actor, ids.at[i]);
		e = txn_get_id(t, &by, &post);
		if (e == OK)
			e = own_thread(t, v, who->actor, post, ids.at[i]);
	}
	if (e == OK)
		e = own_received(t, v, who, who->actor);
	if (e == OK)
		e = organisation_of(t, who->actor, &organisations);
	for (size_t i = 0; e == OK && i < organisations.count; i++)
		e = own_received(t, v, who, organisations.at[i]);
	view_list_end(v);
	return e;
}

static const struct personal personal = {own_show, forget};

static const struct table_use uses[] = {
	{TABLE_ANSWER, &answer_shape},
	{TABLE_ANSWER_WORDS, &answer_words_shape},
	{TABLE_ANSWER_BY, NULL},
	{TABLE_ANSWER_AGE, NULL},
	{0},
};
const struct feature feature_answer = {
	.name = "answer",
	.routes = answer_routes,
	.tables = uses,
	.chores = chores,
	.personal = &personal,
};
