/* review.c: what becomes of an article: handed in, checked, decided on, placed at its hour, looked at again in time. */
#include "article.h"

#define REASON_POINTS 500
#define ASKED_BEFORE (14 * DAY) /* that its check is over: its writers are asked */

/* ---- telling --------------------------------------------------------------------------------- */

static enum err tell(
	struct txn *t, const struct article *a, uint64_t who, uint64_t whom, enum notice_kind kind)
{
	struct post p;
	const char *title = a->title;
	if (title == NULL && a->placed && post_load(t, a->id, &p) == OK)
		title = p.title;
	struct notice n = {.place = id_next(),
		.kind = kind,
		.who = kind == NOTICE_ARTICLE_REVIEW ? who : 0,
		.post = a->placed ? a->id : 0,
		.note = kind == NOTICE_ARTICLE_DUE ? NULL : title,
		.at = time_now()};
	return whom != who ? notify_add(t, whom, &n) : OK;
}

static enum err tell_writers(
	struct txn *t, const struct article *a, uint64_t who, enum notice_kind kind)
{
	enum err e = tell(t, a, who, a->author, kind);
	for (size_t i = 0; e == OK && i < a->writers.count; i++)
		e = tell(t, a, who, a->writers.at[i], kind);
	return e;
}

/* Who was asked to check it, and who is to decide: each once. */
enum err article_tell_desk(struct txn *t, const struct article *a, uint64_t who)
{
	struct u64s editors;
	enum err e = a->reviewer != 0 ? tell(t, a, who, a->reviewer, NOTICE_ARTICLE_REVIEW) : OK;
	if (e == OK)
		e = circle_editors(t, a->community, &editors);
	for (size_t i = 0; e == OK && i < editors.count; i++)
		if (editors.at[i] != a->reviewer)
			e = tell(t, a, who, editors.at[i], NOTICE_ARTICLE_REVIEW);
	return e;
}

/* What other nodes show of it says who checked it and until when: they hear of each change. */
enum err article_say_again(struct txn *t, struct article *a)
{
	struct line line = {
		.act = ACT_UPDATE, .actor = a->author, .object = a->id, .target = a->community};
	a->told = time_now();
	enum err e = article_keep(t, a);
	return e == OK ? act_journal(t, NULL, &line, NULL) : e;
}

/* A row that no longer says when something is due is passed over at its time. */
static enum err due_at(struct txn *t, int64_t at, uint64_t id)
{
	struct place place = place_2(TABLE_ARTICLE_DUE, (uint64_t)at, id);
	return at > 0 ? txn_put(t, &place, (struct bytes){"\1", 1}) : OK;
}

/* ---- being decided on ------------------------------------------------------------------------ */

static enum err find_own(struct txn *t, uint64_t who, uint64_t id, struct article *out)
{
	enum err e = article_load(t, id, out);
	return e == OK && !article_is_written_by(out, who) ? ERR_NOT_FOUND : e;
}

static enum err check_reviewer(
	struct txn *t, const struct article *a, uint64_t reviewer, struct refusal *why)
{
	struct actor r;
	if (reviewer == 0)
		return OK;
	if (article_is_written_by(a, reviewer))
		return refuse(why, "reviewer", "Who wrote it cannot check it.");
	if (actor_load(t, reviewer, &r) != OK || !r.local || r.gone || r.suspended
		|| r.kind != ACTOR_PERSON)
		return refuse(why, "reviewer", "Nobody of this site has that name.");
	return OK;
}

enum err article_hand_in(
	struct txn *t, uint64_t who, uint64_t id, uint64_t reviewer, struct refusal *why)
{
	struct article a;
	struct post p;
	enum err e = find_own(t, who, id, &a);
	if (e == OK && a.state == ARTICLE_REVIEW)
		e = ERR_CONFLICT;
	if (e == OK && a.placed)
		e = post_load(t, id, &p);
	if (e != OK)
		return e;
	if ((a.placed ? p.summary : a.summary) == NULL)
		return refuse(why, "summary",
			"Write a summary first: it is what people see of it elsewhere.");
	e = check_reviewer(t, &a, reviewer, why);
	if (e != OK)
		return e;
	a.state = ARTICLE_REVIEW;
	a.reviewer = reviewer;
	a.agrees = false;
	a.reason = NULL;
	e = article_keep(t, &a);
	return e == OK ? article_tell_desk(t, &a, who) : e;
}

/* What a placed one is when nobody is to decide on it. */
static uint32_t settled(const struct article *a)
{
	if (!a->placed)
		return ARTICLE_DRAFT;
	if (a->checked == 0)
		return ARTICLE_PLACED;
	return a->due <= time_now() ? ARTICLE_OUTDATED : ARTICLE_CHECKED;
}

enum err article_take_back(struct txn *t, uint64_t who, uint64_t id)
{
	struct article a;
	enum err e = find_own(t, who, id, &a);
	if (e == OK && a.state != ARTICLE_REVIEW)
		e = ERR_CONFLICT;
	if (e != OK)
		return e;
	a.state = settled(&a);
	a.verdict = 0;
	return article_keep(t, &a);
}

enum err article_agree(struct txn *t, uint64_t who, uint64_t id, bool on)
{
	struct article a;
	enum err e = article_load(t, id, &a);
	if (e == OK && (a.reviewer != who || who == 0))
		e = ERR_NOT_FOUND;
	if (e == OK && a.state != ARTICLE_REVIEW)
		e = ERR_CONFLICT;
	if (e != OK)
		return e;
	a.agrees = on;
	return article_keep(t, &a);
}

/* Under the id of its post from here on; its words are the post's. */
static enum err place(struct txn *t, struct article *a, struct refusal *why)
{
	struct post p;
	struct post_draft words = article_words(a);
	if (a->ask != 0 && !ask_may_publish(t, a->ask))
		return refuse(
			why, "verdict", "Who asked this has not said that it may be published.");
	enum err e = post_create(t, &words, NULL, why, &p);
	if (e == OK)
		e = article_drop(t, a);
	if (e != OK)
		return e;
	a->id = p.id;
	a->placed = true;
	a->state = a->verdict;
	a->verdict = 0;
	a->title = a->summary = a->source = a->language = NULL;
	struct place in = place_2(TABLE_ARTICLE_IN, a->community, a->id);
	e = article_keep(t, a);
	return e == OK ? txn_put(t, &in, (struct bytes){"\1", 1}) : e;
}

/* Its hour came and it cannot be placed: its writers hear of it. */
static enum err place_failed(struct txn *t, struct article *a)
{
	a->state = ARTICLE_DRAFT;
	a->verdict = 0;
	enum err e = article_keep(t, a);
	return e == OK ? tell_writers(t, a, 0, NOTICE_ARTICLE_DECIDED) : e;
}

static enum err send_back(
	struct txn *t, uint64_t who, struct article *a, const char *reason, struct refusal *why)
{
	reason = text_trim(txn_arena(t), reason != NULL ? reason : "");
	if (*reason == '\0')
		return refuse(why, "reason", "Say what should be different.");
	if (text_count(reason) > REASON_POINTS)
		return refuse(why, "reason", "A reason has at most 500 signs.");
	a->state = settled(a);
	a->verdict = 0;
	a->agrees = false;
	a->reason = reason;
	enum err e = article_keep(t, a);
	return e == OK ? tell_writers(t, a, who, NOTICE_ARTICLE_DECIDED) : e;
}

/* Nobody is named as having checked it who did not say so, nor who wrote it. */
static enum err check_checked(
	const struct article *a, uint64_t who, int64_t months, struct refusal *why)
{
	if (months < 1 || months > 60)
		return refuse(why, "months", "Choose how long it stays right.");
	if (a->reviewer != 0 && a->reviewer != who && !a->agrees)
		return refuse(why, "verdict",
			"Who was asked to check it has not said yet that it is right.");
	return article_is_written_by(a, a->reviewer != 0 ? a->reviewer : who)
		? refuse(why, "verdict", "Who wrote it cannot check it.")
		: OK;
}

static enum err decided(struct txn *t, struct article *a, struct refusal *why)
{
	if (!a->placed && a->publish <= time_now())
		return place(t, a, why);
	if (a->placed) {
		a->state = a->verdict;
		a->verdict = 0;
	}
	enum err e = a->placed ? article_say_again(t, a) : article_keep(t, a);
	return e == OK && !a->placed ? due_at(t, a->publish, a->id) : e;
}

/* Once it has the id it keeps. */
static enum err due_checks(struct txn *t, const struct article *a)
{
	if (!a->placed || a->due == 0)
		return OK;
	enum err e = due_at(t, a->due - ASKED_BEFORE, a->id);
	return e == OK ? due_at(t, a->due, a->id) : e;
}

enum err article_decide(struct txn *t, uint64_t who, uint64_t id, enum article_state verdict,
	int64_t months, const char *reason, struct refusal *why, uint64_t *post)
{
	struct article a;
	enum err e = article_load(t, id, &a);
	if (e == OK && !circle_may_edit(t, who, a.community))
		e = article_is_written_by(&a, who) ? ERR_FORBIDDEN : ERR_NOT_FOUND;
	if (e == OK && a.state != ARTICLE_REVIEW)
		e = a.state == ARTICLE_DRAFT && !article_is_written_by(&a, who) ? ERR_NOT_FOUND
										: ERR_CONFLICT;
	if (e != OK)
		return e;
	if (post != NULL)
		*post = 0;
	if (verdict == ARTICLE_DRAFT)
		return send_back(t, who, &a, reason, why);
	if (verdict == ARTICLE_CHECKED)
		e = check_checked(&a, who, months, why);
	if (e != OK)
		return e;
	a.verdict = verdict;
	a.reason = NULL;
	a.checked = a.due = 0;
	if (verdict == ARTICLE_CHECKED) {
		a.reviewer = a.reviewer != 0 ? a.reviewer : who;
		a.checked = time_now();
		a.due = a.checked + months * 365 * DAY / 12;
	}
	e = decided(t, &a, why);
	if (e == OK)
		e = due_checks(t, &a);
	if (e == OK && post != NULL && a.placed)
		*post = a.id;
	return e == OK ? tell_writers(t, &a, who, NOTICE_ARTICLE_DECIDED) : e;
}

/* ---- on time --------------------------------------------------------------------------------- */

static enum err mail_one(struct txn *t, const struct article *a, uint64_t whom)
{
	struct account account;
	struct post p;
	struct notify_settings s;
	enum err e = account_load(t, whom, &account);
	if (e == OK)
		e = post_load(t, a->id, &p);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	notify_settings(t, whom, &s);
	/* Who hears of all that is for them at once has a mail of that already. */
	if (account.email == NULL || account.suspended || s.mine != NOTIFY_DAILY
		|| s.paused > time_now())
		return OK;
	struct view *v = mail_begin(t);
	view_text(v, "title", p.title);
	view_text(v, "path", post_path(t, &p));
	view_time(v, "due", a->due);
	view_flag(v, "outdated", a->state == ARTICLE_OUTDATED);
	struct mail_draft draft = {.to = account.email,
		.kind = "article-due",
		.language = account.language,
		.until = time_now() + 7 * DAY,
		.list = MAIL_NOTICES,
		.actor = whom,
		.posts = {&a->id, 1}};
	return mail_send(t, &draft, v);
}

/* Is it still right? */
static enum err ask(struct txn *t, const struct article *a)
{
	enum err e = tell_writers(t, a, 0, NOTICE_ARTICLE_DUE);
	if (e == OK)
		e = mail_one(t, a, a->author);
	for (size_t i = 0; e == OK && i < a->writers.count; i++)
		e = mail_one(t, a, a->writers.at[i]);
	return e;
}

static enum err outdate(struct txn *t, struct article *a)
{
	a->state = ARTICLE_OUTDATED;
	enum err e = article_say_again(t, a);
	return e == OK ? ask(t, a) : e;
}

static enum err place_due(struct txn *t, struct article *a)
{
	struct refusal why = {0};
	enum err e = place(t, a, &why);
	if (e == OK)
		e = due_checks(t, a);
	if (e == OK)
		return tell_writers(t, a, 0, NOTICE_ARTICLE_DECIDED);
	bool hopeless = e == ERR_FORBIDDEN || e == ERR_INVALID || e == ERR_NOT_FOUND;
	return hopeless ? place_failed(t, a) : e;
}

static enum err due(struct txn *t, uint64_t id)
{
	struct article a;
	int64_t now = time_now();
	enum err e = article_load(t, id, &a);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	if (!a.placed)
		return a.verdict != 0 && a.publish <= now ? place_due(t, &a) : OK;
	if (a.state != ARTICLE_CHECKED || a.due == 0)
		return OK;
	return a.due <= now ? outdate(t, &a) : a.due - ASKED_BEFORE <= now ? ask(t, &a) : OK;
}

static enum err run_due(struct txn *t, void *arg)
{
	(void)arg;
	return due_take(t, TABLE_ARTICLE_DUE, DUE_MOST, due);
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	enum err e = store_write(store, run_due, NULL);
	if (e != OK)
		log_line(LOG_WARN, "article", "error=%s", err_name(e));
}

const struct chore article_chores[] = {{"article", 20 * SECOND, on_time, NULL}, {0}};
