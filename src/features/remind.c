/* remind.c: what happens to events on time: attendees are told, a series goes on, what was personal is forgotten. */
#include "event.h"

#include <string.h>

#define TASKS_AT_ONCE 20
#define TOLD_AT_ONCE 100
#define FORGOTTEN_AFTER (14 * DAY)
#define SKIPPED_MOST 104 /* of a series, when the node stood still */
#define ATTENDED_MOST 1000
#define NOTE_MOST 2000 /* bytes of what is told elsewhere */

/* ---- planning -------------------------------------------------------------------------------- */

static int64_t due_of(const struct event *e, enum event_task task)
{
	switch (task) {
	case TASK_DAY:
		return e->cancelled ? 0 : e->start - DAY;
	case TASK_HOUR:
		return e->cancelled ? 0 : e->start - HOUR;
	case TASK_NEWS:
		return e->news_at;
	case TASK_NEXT:
		return e->repeat.kind != REPEAT_NEVER && e->next == 0 ? e->start : 0;
	case TASK_FORGET:
		return (e->end != 0 ? e->end : e->start) + FORGOTTEN_AFTER;
	}
	return 0;
}

static struct place row_of(const struct event *e, enum event_task task)
{
	return place_3(TABLE_EVENT_TASK, (uint64_t)due_of(e, task), e->post, task);
}

enum err event_plan(struct txn *t, const struct event *before, const struct event *now)
{
	enum err e = OK;
	for (enum event_task task = TASK_DAY; e == OK && task <= TASK_FORGET; task++) {
		if (before != NULL && due_of(before, task) != 0) {
			struct place row = row_of(before, task);
			e = txn_del(t, &row);
		}
		bool reminds = task == TASK_DAY || task == TASK_HOUR;
		/* Nobody is reminded of what they just read. */
		bool late = now != NULL && reminds && due_of(now, task) <= time_now();
		if (e == OK && now != NULL && due_of(now, task) != 0 && !late) {
			struct place row = row_of(now, task);
			e = txn_put_id(t, &row, 0);
		}
	}
	return e;
}

/* ---- in words -------------------------------------------------------------------------------- */

static const char *receipt_words(const char *l, const struct attendance *a)
{
	switch ((enum attending)a->state) {
	case ATTENDING_YES:
		return i18n(l, "You are on the list");
	case ATTENDING_WAITING:
		return i18n(l, "You are on the waiting list, and hear it when a place is free");
	case ATTENDING_MAYBE:
		return i18n(l, "It is noted that you may come");
	default:
		return i18n(l, "You are not on the list");
	}
}

static const char *words_of(const char *l, const struct attendance *a, uint32_t kind)
{
	switch (kind) {
	case NOTICE_EVENT_MOVED:
		return i18n(l, "The time or the place is another one");
	case NOTICE_EVENT_CANCELLED:
		return i18n(l, "This does not go on");
	case NOTICE_EVENT_ON:
		return i18n(l, "This goes on after all");
	case NOTICE_EVENT_DAY:
		return i18n(l, "This is tomorrow");
	case NOTICE_EVENT_HOUR:
		return i18n(l, "This begins within an hour");
	case NOTICE_EVENT_PLACE:
		return i18n(l, "There is a place for you: you are on the list now");
	default:
		return receipt_words(l, a);
	}
}

enum err attendance_link(
	struct txn *t, const struct event *e, const struct attendance *a, const char **url)
{
	char number[ID_TEXT];
	const char *token;
	struct link link = {.purpose = LINK_ATTENDANCE,
		.subject = e->post,
		.payload = id_text(a->number, number),
		.until = (e->end != 0 ? e->end : e->start) + FORGOTTEN_AFTER,
		.uses = LINK_OFTEN};
	enum err err = link_lasting(t, &link, &token);
	if (err == OK)
		*url = arena_format(txn_arena(t), "%s/attending/%s", txn_site(t)->base_url, token);
	return err;
}

/* ---- by mail --------------------------------------------------------------------------------- */

static enum err mail(struct txn *t, const struct post *p, const struct event *e,
	const struct attendance *a, uint32_t kind, const struct mail_draft *draft,
	const char *manage)
{
	struct view *v = mail_begin(t);
	bool comes = a->state == ATTENDING_YES && !e->cancelled;
	view_text(v, "words", words_of(draft->language, a, kind));
	view_text(v, "title", p->title);
	event_show(v, e);
	view_format(v, "post_path", "%s", post_path(t, p));
	view_text(v, "manage", manage);
	view_flag(v, "comes", comes);
	view_text(v, "link", comes && e->link != NULL ? e->link : "");
	view_flag(v, "moved", kind == NOTICE_EVENT_MOVED && e->was_start != e->start);
	view_begin(v, "was");
	view_time(v, "from", e->was_start);
	view_text(v, "zone", e->zone);
	view_end(v);
	return mail_send(t, draft, v);
}

static enum err mail_guest(struct txn *t, const struct post *p, const struct event *e,
	const struct attendance *a, uint32_t kind)
{
	const char *manage;
	struct mail_draft draft = {.to = a->email, .kind = "event-news", .language = a->language};
	enum err err = attendance_link(t, e, a, &manage);
	return err == OK ? mail(t, p, e, a, kind, &draft, manage) : err;
}

/* What changes or ends it they must know; of reminders people choose, as of all that is for them. */
static bool wants_mail(struct txn *t, uint64_t actor, uint32_t kind)
{
	struct notify_settings s;
	bool reminds = kind == NOTICE_EVENT_DAY || kind == NOTICE_EVENT_HOUR;
	notify_settings(t, actor, &s);
	return !reminds || (s.mine != NOTIFY_NEVER && s.paused <= time_now());
}

static enum err tell_here(struct txn *t, const struct post *p, const struct event *e,
	const struct attendance *a, uint32_t kind)
{
	struct account account;
	struct viewer viewer = {.actor = a->actor, .local = true};
	struct notice n = {.place = id_next(), .kind = kind, .post = p->id, .at = time_now()};
	if (!circle_may_read(t, &viewer, p))
		return OK;
	enum err err = kind != 0 ? notify_add(t, a->actor, &n) : OK;
	if (err == OK)
		err = account_load(t, a->actor, &account);
	if (err != OK)
		return err == ERR_NOT_FOUND ? OK : err;
	if (account.email == NULL || account.suspended || !wants_mail(t, a->actor, kind))
		return OK;
	struct mail_draft draft = {.to = account.email,
		.kind = "event-news",
		.language = account.language != NULL ? account.language : txn_site(t)->language,
		.list = MAIL_EVENTS,
		.actor = a->actor,
		.posts = {&p->id, 1}};
	return mail(t, p, e, a, kind, &draft, "");
}

/* ---- elsewhere ------------------------------------------------------------------------------- */

static void add_link(struct text *html, const char *url, const char *words)
{
	text_add(html, "<p><a href=\"");
	text_html(html, url);
	text_add(html, "\">");
	text_html(html, words);
	text_add(html, "</a></p>");
}

static const char *message(struct txn *t, const struct post *p, const struct event *e,
	const struct attendance *a, uint32_t kind, const char *manage)
{
	struct arena *arena = txn_arena(t);
	struct text html;
	const char *l = p->language;
	text_init(&html, arena, NOTE_MOST);
	text_add(&html, "<p>");
	text_html(&html, words_of(l, a, kind));
	text_add(&html, ".</p><p><strong>");
	text_html(&html, text_cut(arena, p->title, 60));
	text_add(&html, "</strong><br>");
	text_html(&html, event_when(arena, l, e));
	text_add(&html, "<br>");
	text_html(&html, text_cut(arena, event_where(arena, l, e), 80));
	text_add(&html, "</p>");
	if (a->state == ATTENDING_YES && !e->cancelled && e->link != NULL && strlen(e->link) < 500)
		add_link(&html, e->link, i18n(l, "The link to take part"));
	add_link(&html, manage, i18n(l, "In your calendar, change your answer, or sign off"));
	return html.at;
}

static enum err tell_elsewhere(struct txn *t, const struct post *p, const struct event *e,
	const struct attendance *a, uint32_t kind)
{
	const char *manage;
	struct line line = {
		.act = ACT_EVENT_TELL, .actor = p->author, .object = p->id, .target = a->actor};
	struct line answer = line;
	bool joined = a->door == DOOR_JOIN && a->uri != NULL;
	bool settled = (a->state == ATTENDING_YES && (kind == 0 || kind == NOTICE_EVENT_PLACE))
		|| a->state == ATTENDING_NO;
	answer.act = a->state == ATTENDING_NO ? ACT_EVENT_REJECT : ACT_EVENT_ACCEPT;
	answer.uri = a->uri;
	enum err err = joined && settled ? act_journal(t, NULL, &answer, NULL) : OK;
	/* Their own program tells them, unless there is more to know. */
	if (err != OK
		|| (joined && settled && kind == 0 && e->link == NULL && e->questions == NULL))
		return err;
	err = attendance_link(t, e, a, &manage);
	if (err != OK)
		return err;
	line.note = message(t, p, e, a, kind, manage);
	return act_journal(t, NULL, &line, NULL);
}

enum err event_tell(struct txn *t, const struct post *p, const struct event *e,
	const struct attendance *a, uint32_t kind)
{
	struct actor who;
	if (a->actor == 0)
		return a->email != NULL ? mail_guest(t, p, e, a, kind) : OK;
	enum err err = actor_load(t, a->actor, &who);
	if (err != OK || who.gone || who.suspended)
		return err;
	return who.local ? tell_here(t, p, e, a, kind) : tell_elsewhere(t, p, e, a, kind);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

struct task {
	uint64_t due, event, kind, after;
};

static bool hears(const struct attendance *a, uint32_t kind)
{
	switch ((enum attending)a->state) {
	case ATTENDING_YES:
	case ATTENDING_MAYBE:
		return true;
	case ATTENDING_WAITING: /* no one comes in vain */
		return kind != NOTICE_EVENT_DAY && kind != NOTICE_EVENT_HOUR;
	default:
		return false;
	}
}

/* The next hundred attendees; *task ends with whom it came to, or with 0 when that was all. */
static enum err each(struct txn *t, struct task *task, const struct post *p, const struct event *e,
	enum err (*one)(struct txn *, const struct post *, const struct event *,
		struct attendance *, uint32_t),
	uint32_t kind)
{
	struct u64s numbers;
	struct attendance a;
	enum err err = attendance_list(t, task->event, task->after, TOLD_AT_ONCE, &numbers);
	for (size_t i = 0; err == OK && i < numbers.count; i++) {
		err = attendance_load(t, task->event, numbers.at[i], &a);
		if (err == OK)
			err = one(t, p, e, &a, kind);
	}
	if (err == OK)
		task->after = numbers.count == TOLD_AT_ONCE ? numbers.at[numbers.count - 1] : 0;
	return err;
}

static enum err tell_one(struct txn *t, const struct post *p, const struct event *e,
	struct attendance *a, uint32_t kind)
{
	return hears(a, kind) ? event_tell(t, p, e, a, kind) : OK;
}

/* Diets and the like serve no one now; nor who a guest was. */
static enum err forget_one(struct txn *t, const struct post *p, const struct event *e,
	struct attendance *a, uint32_t kind)
{
	(void)p, (void)e, (void)kind;
	bool guest = a->actor == 0 && a->email != NULL;
	struct place person = place_hash_1(TABLE_ATTENDEE,
		arena_format(txn_arena(t), "mail:%s", guest ? a->email : ""), a->event);
	a->answers = NULL;
	if (guest)
		a->name = a->email = NULL;
	enum err err = guest ? txn_del(t, &person) : OK;
	return err == OK ? attendance_save(t, a) : err;
}

static enum err news_told(struct txn *t, struct event *e)
{
	e->news_at = 0;
	return event_save(t, e);
}

static struct event following(const struct event *e, int64_t start)
{
	struct event next = *e;
	next.post = next.next = next.recap = 0;
	next.end = e->end != 0 ? start + (e->end - e->start) : 0;
	next.start = start;
	next.cancelled = false;
	next.reason = NULL;
	next.sequence = next.news_at = next.was_start = 0;
	next.news = 0;
	if (e->repeat.count > 0)
		next.repeat.count = e->repeat.count - 1;
	return next;
}

/* The first of what follows that is still to come. */
static bool find_next(struct arena *arena, const struct event *e, struct event *out)
{
	struct event at = *e;
	int64_t start;
	for (int i = 0; i < SKIPPED_MOST; i++) {
		const char *rule = ical_rule(arena, &at.repeat, at.start, at.zone);
		if (at.repeat.count == 1 || !ical_next(rule, at.start, at.zone, &start))
			return false;
		at = following(&at, start);
		if (at.start > time_now()) {
			*out = at;
			return true;
		}
	}
	return false;
}

static enum err make_next(struct txn *t, const struct post *p, struct event *e)
{
	struct event_draft d = {.author = p->author,
		.community = p->community,
		.circles = &p->circles,
		.title = p->title,
		.source = p->source,
		.language = p->language};
	struct post made;
	struct refusal why = {0};
	if (!find_next(txn_arena(t), e, &d.event))
		return OK;
	enum err err = event_create(t, &d, &why, &made);
	if (err == ERR_FORBIDDEN || err == ERR_INVALID || err == ERR_GONE || err == ERR_NOT_FOUND)
		return OK; /* who wrote it may not any more: it ends here */
	if (err == OK) {
		e->next = made.id;
		err = event_save(t, e);
	}
	return err;
}

static enum err work(struct txn *t, struct task *task, const struct post *p, struct event *e)
{
	enum err err = OK;
	switch ((enum event_task)task->kind) {
	case TASK_DAY:
	case TASK_HOUR:
		if (e->start <= time_now())
			break;
		return each(t, task, p, e, tell_one,
			task->kind == TASK_DAY ? NOTICE_EVENT_DAY : NOTICE_EVENT_HOUR);
	case TASK_NEWS:
		err = event_is_over(e) ? OK : each(t, task, p, e, tell_one, e->news);
		return err == OK && task->after == 0 ? news_told(t, e) : err;
	case TASK_FORGET:
		return each(t, task, p, e, forget_one, 0);
	case TASK_NEXT:
		return make_next(t, p, e);
	}
	task->after = 0;
	return err;
}

struct round {
	struct task tasks[TASKS_AT_ONCE];
	size_t count;
	bool more;
};

static enum err is_due(void *arg, struct bytes key, struct bytes value)
{
	struct round *round = arg;
	if ((int64_t)place_id(key, 0) > time_now())
		return ERR_CONFLICT;
	round->tasks[round->count++] = (struct task){
		place_id(key, 0), place_id(key, 1), place_id(key, 2), place_id_at(value, 0)};
	return OK;
}

static enum err do_some(struct txn *t, void *arg)
{
	struct round *round = arg;
	struct walk w = {.prefix = place_0(TABLE_EVENT_TASK), .max = TASKS_AT_ONCE};
	*round = (struct round){.count = 0};
	enum err e = txn_walk(t, &w, is_due, round);
	for (size_t i = 0; e == OK && i < round->count; i++) {
		struct task *task = &round->tasks[i];
		struct place row = place_3(TABLE_EVENT_TASK, task->due, task->event, task->kind);
		struct post p;
		struct event event;
		bool there = event_load(t, task->event, &event) == OK
			&& post_load(t, task->event, &p) == OK && !p.gone;
		e = there ? work(t, task, &p, &event) : OK;
		if (e == OK && (!there || task->kind == TASK_NEXT))
			task->after = 0;
		if (e == OK)
			e = task->after != 0 ? txn_put_id(t, &row, task->after) : txn_del(t, &row);
	}
	round->more = round->count > 0;
	return e;
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	struct round round = {.more = true};
	enum err e = OK;
	while (e == OK && round.more)
		e = store_write(store, do_some, &round);
	if (e != OK)
		log_line(LOG_WARN, "event", "error=%s", err_name(e));
}

const struct chore event_chores[] = {{"event", 20 * SECOND, on_time, NULL}, {0}};

/* ---- who is gone comes nowhere --------------------------------------------------------------- */

static enum err follow_line(struct txn *t, const struct line *line, void *arg)
{
	(void)arg;
	struct u64s events = {.count = 0};
	struct attendance a;
	enum err e = line->act == ACT_DELETE_ACTOR
		? post_ids(t, TABLE_ATTENDING, line->object, 0, false, ATTENDED_MOST, &events)
		: OK;
	for (size_t i = 0; e == OK && i < events.count; i++) {
		e = attendance_of(t, events.at[i], line->object, &a);
		if (e == OK)
			e = attendance_remove(t, &a);
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	if (e == OK && line->act == ACT_DELETE_ACTOR) {
		struct place place = place_1(TABLE_CALENDAR, line->object);
		e = txn_del(t, &place);
	}
	return e;
}

const struct journal_reader event_readers[] = {{"event", follow_line, NULL, NULL}, {0}};
