/* event.c: what people come to: a post with a time and a place, shown here and to other nodes. */
#include "event.h"

#include <string.h>

#define AHEAD_MOST (5 * 366 * DAY) /* further on nobody knows what clocks will show */
#define LENGTH_MOST (31 * DAY)
#define LENGTH_USUAL (3 * HOUR) /* of one that does not say when it ends */
#define CAPACITY_FAR 104        /* times in a series */
#define SUMMARY_POINTS 500
#define TEASER_POINTS 200
#define SHOWN_MOST 50     /* names on a page */
#define TOLD_AT_ONCE 1000 /* listed, when it is deleted */

static const struct field fields[] = {
	{1, F_U64, offsetof(struct event, post), 0},
	{2, F_U64, offsetof(struct event, community), 0},
	{3, F_I64, offsetof(struct event, start), 0},
	{4, F_I64, offsetof(struct event, end), 0},
	{5, F_TEXT, offsetof(struct event, zone), ICAL_ZONE_MOST},
	{6, F_TEXT, offsetof(struct event, place), 4 * EVENT_LINE_MOST},
	{7, F_TEXT, offsetof(struct event, address), 4 * EVENT_LINE_MOST},
	{8, F_TEXT, offsetof(struct event, link), 2048},
	{9, F_TEXT, offsetof(struct event, cost), 4 * EVENT_LINE_MOST},
	{10, F_TEXT, offsetof(struct event, questions), 4096},
	{11, F_TEXT, offsetof(struct event, reason), 2048},
	{12, F_U32, offsetof(struct event, capacity), 0},
	{13, F_U32, offsetof(struct event, closes), 0},
	{14, F_FLAG, offsetof(struct event, no_sign_up), 0},
	{15, F_FLAG, offsetof(struct event, waiting), 0},
	{16, F_FLAG, offsetof(struct event, members_first), 0},
	{17, F_FLAG, offsetof(struct event, cancelled), 0},
	{18, F_U32, offsetof(struct event, repeat.kind), 0},
	{19, F_U32, offsetof(struct event, repeat.interval), 0},
	{20, F_U32, offsetof(struct event, repeat.count), 0},
	{21, F_I64, offsetof(struct event, repeat.until), 0},
	{22, F_U64, offsetof(struct event, next), 0},
	{23, F_U64, offsetof(struct event, recap), 0},
	{24, F_I64, offsetof(struct event, sequence), 0},
	{25, F_I64, offsetof(struct event, changed), 0},
	{26, F_I64, offsetof(struct event, news_at), 0},
	{27, F_I64, offsetof(struct event, was_start), 0},
	{28, F_U32, offsetof(struct event, news), 0},
	{29, F_I64, offsetof(struct event, asked), 0},
};
const struct shape event_shape = {"event", sizeof(struct event), fields, COUNT(fields)};

enum err event_load(struct txn *t, uint64_t post, struct event *out)
{
	struct place place = place_1(TABLE_EVENT, post);
	return txn_load(t, &place, &event_shape, out);
}

enum err event_save(struct txn *t, const struct event *e)
{
	struct place place = place_1(TABLE_EVENT, e->post);
	return txn_save(t, &place, &event_shape, e);
}

enum err event_find(
	struct txn *t, const struct viewer *viewer, uint64_t id, struct post *p, struct event *out)
{
	enum err e = post_load(t, id, p);
	if (e == OK && (p->kind != POST_EVENT || !circle_may_read(t, viewer, p)))
		e = ERR_NOT_FOUND;
	if (e == OK && p->gone)
		e = ERR_GONE;
	return e == OK ? event_load(t, id, out) : e;
}

bool event_is_over(const struct event *e)
{
	int64_t end = e->end != 0 ? e->end : e->start + LENGTH_USUAL;
	return end <= time_now();
}

int64_t event_closing(const struct event *e)
{
	return e->start - (int64_t)e->closes * HOUR;
}

/* ---- in words -------------------------------------------------------------------------------- */

const char *event_when(struct arena *arena, const char *language, const struct event *e)
{
	struct text out;
	struct wall from, to;
	text_init(&out, arena, 512);
	if (!ical_to_wall(e->start, e->zone, &from) || !ical_to_wall(e->end, e->zone, &to))
		return "";
	i18n_span(&out, language, &from, e->end != 0 ? &to : NULL);
	if (!text_is(e->zone, i18n_zone_name()))
		text_format(&out, " (%s)", e->zone);
	return out.at;
}

const char *event_where(struct arena *arena, const char *language, const struct event *e)
{
	const char *at = e->place != NULL ? e->place : e->address;
	if (at == NULL)
		return i18n(language, "Online");
	if (e->place != NULL && e->address != NULL)
		at = arena_format(arena, "%s, %s", e->place, e->address);
	return e->link != NULL ? arena_format(arena, "%s; %s", at, i18n(language, "also online"))
			       : at;
}

/* Microblogs show a title, this and a link: so it stands alone. */
static const char *summary_of(
	struct arena *arena, const char *language, const char *source, const struct event *e)
{
	struct text out;
	char *html;
	text_init(&out, arena, 16384);
	if (e->cancelled)
		text_format(&out, "%s. ", i18n(language, "CANCELLED"));
	text_format(
		&out, "%s. %s.", event_when(arena, language, e), event_where(arena, language, e));
	if (e->cost != NULL)
		text_format(&out, " %s: %s.", i18n(language, "Cost"), e->cost);
	if (source != NULL && markup_from_markdown(arena, source, NULL, NULL, &html) == OK)
		text_format(&out, " %s", markup_plain(arena, html, TEASER_POINTS));
	return text_trim(arena, text_cut(arena, out.at, SUMMARY_POINTS));
}

const char *post_question_uri(struct arena *arena, const struct post *p)
{
	return arena_format(arena, "%s/question", p->uri);
}

/* ---- checking -------------------------------------------------------------------------------- */

static const char *or_nothing(struct arena *arena, const char *s)
{
	char *words = s != NULL ? text_trim(arena, s) : NULL;
	return words != NULL && *words != '\0' ? words : NULL;
}

static enum err check_time(const struct event *e, int64_t start_before, struct refusal *why)
{
	int64_t now = time_now();
	if (!ical_zone_known(e->zone))
		return refuse(why, "zone", "This time zone is not known. One is Europe/Amsterdam.");
	if (e->start != start_before && e->start <= now)
		return refuse(why, "date", "Choose a day and an hour that are still to come.");
	if (e->start > now + AHEAD_MOST)
		return refuse(why, "date", "An event begins within five years.");
	if (e->end != 0 && (e->end <= e->start || e->end - e->start > LENGTH_MOST))
		return refuse(
			why, "end_time", "An event ends after it begins, and within a month.");
	return OK;
}

static enum err check_questions(struct arena *arena, struct event *e, struct refusal *why)
{
	struct text kept;
	size_t count = 0;
	text_init(&kept, arena, 4096);
	for (const char *at = e->questions; at != NULL && *at != '\0';) {
		size_t size = strcspn(at, "\n");
		const char *line = text_trim(arena, arena_text_n(arena, at, size));
		at += size + (at[size] == '\n');
		if (*line == '\0')
			continue;
		if (++count > EVENT_QUESTIONS || text_count(line) > EVENT_QUESTION_MOST)
			return refuse(why, "questions",
				"At most five questions, of at most 150 signs each.");
		text_format(&kept, "%s%s", count > 1 ? "\n" : "", line);
	}
	e->questions = count > 0 ? kept.at : NULL;
	return OK;
}

static enum err check_repeat(const struct event *e, struct refusal *why)
{
	const struct repeat *r = &e->repeat;
	if (r->kind == REPEAT_NEVER)
		return OK;
	if (r->kind > REPEAT_MONTHS_WEEKDAY || r->interval < 1 || r->interval > 4)
		return refuse(why, "repeat", "Please choose one of these.");
	if (r->count != 0 && r->until != 0)
		return refuse(why, "times", "Say how many times, or until when: not both.");
	if (r->count > CAPACITY_FAR)
		return refuse(why, "times", "A series has at most 104 events.");
	if (r->until != 0 && (r->until < e->start || r->until > e->start + AHEAD_MOST))
		return refuse(why, "until", "A series ends after it begins, within five years.");
	return OK;
}

static enum err check(struct txn *t, struct event *e, int64_t start_before, struct refusal *why)
{
	struct arena *arena = txn_arena(t);
	struct url u;
	e->place = or_nothing(arena, e->place);
	e->address = or_nothing(arena, e->address);
	e->link = or_nothing(arena, e->link);
	e->cost = or_nothing(arena, e->cost);
	enum err err = check_time(e, start_before, why);
	if (err != OK)
		return err;
	if (e->place == NULL && e->address == NULL && e->link == NULL)
		return refuse(why, "place", "Say where it is, or give a link to it.");
	if (e->link != NULL && url_parse(arena, e->link, &u) != OK)
		return refuse(why, "link", "This is no web address. One begins with https://.");
	if (e->capacity > EVENT_CAPACITY_MOST)
		return refuse(why, "capacity", "An event has at most 5000 places.");
	err = check_questions(arena, e, why);
	return err == OK ? check_repeat(e, why) : err;
}

/* ---- making, changing ------------------------------------------------------------------------ */

static bool asks_everyone(const struct post *p, const struct event *e)
{
	return !e->no_sign_up && p->circles.act == CIRCLE_EVERYONE;
}

static const char *language_of(struct txn *t, const struct event_draft *d)
{
	struct actor author;
	if (d->language != NULL && *d->language != '\0')
		return d->language;
	return actor_load(t, d->author, &author) == OK && author.language != NULL
		? author.language
		: txn_site(t)->language;
}

static struct post_draft draft_of(struct txn *t, const struct event_draft *d, const struct event *e)
{
	return (struct post_draft){.author = d->author,
		.community = d->community,
		.kind = POST_EVENT,
		.circles = d->circles,
		.media = d->media,
		.title = d->title,
		.source = d->source,
		.language = d->language,
		.summary = summary_of(txn_arena(t), language_of(t, d), d->source, e)};
}

enum err event_create(
	struct txn *t, const struct event_draft *d, struct refusal *why, struct post *out)
{
	struct event e = d->event;
	struct post p;
	enum err err = check(t, &e, 0, why);
	if (err != OK)
		return err;
	struct post_draft draft = draft_of(t, d, &e);
	err = post_create(t, &draft, NULL, why, &p);
	if (err != OK)
		return err;
	e.post = p.id;
	e.community = p.community;
	e.changed = p.published;
	e.asked = asks_everyone(&p, &e) ? p.published : 0;
	/* Whoever answers the Question answers the event. */
	struct place question = place_hash(TABLE_POST_URI, post_question_uri(txn_arena(t), &p));
	err = txn_put_id(t, &question, p.id);
	if (err == OK)
		err = event_save(t, &e);
	if (err == OK)
		err = agenda_set(t, &e, true);
	if (err == OK)
		err = event_plan(t, NULL, &e);
	if (err == OK)
		*out = p;
	return err;
}

enum err event_say(struct txn *t, const struct post *p)
{
	struct line line = {
		.act = ACT_UPDATE, .actor = p->author, .object = p->id, .target = p->community};
	return act_journal(t, NULL, &line, NULL);
}

/* The words of its post follow it; other nodes hear once, also of what no words tell. */
static enum err rewrite(
	struct txn *t, const struct event_draft *d, const struct event *e, struct refusal *why)
{
	uint64_t before, after;
	struct post p;
	struct post_draft draft = draft_of(t, d, e);
	enum err err = journal_newest(t, &before);
	if (err == OK)
		err = post_edit(t, d->author, e->post, &draft, NULL, why);
	if (err == OK)
		err = journal_newest(t, &after);
	if (err == OK)
		err = post_load(t, e->post, &p);
	return err == OK && after == before ? event_say(t, &p) : err;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool is_moved(const struct event *a, const struct event *b)
{
	return a->start != b->start || a->end != b->end || !same(a->place, b->place)
		|| !same(a->address, b->address) || !same(a->link, b->link);
}

static void tell_soon(const struct event *before, struct event *e, uint32_t news)
{
	if (before->news_at == 0)
		e->was_start = before->start;
	e->news = news;
	e->news_at = time_now() + MINUTE; /* a slip that is mended at once is told once */
}

/* What was not the form's to say stays. */
static struct event merged(const struct event *before, const struct event *said)
{
	struct event e = *said;
	e.post = before->post;
	e.community = before->community;
	e.reason = before->reason;
	e.cancelled = before->cancelled;
	e.next = before->next;
	e.recap = before->recap;
	e.sequence = before->sequence + 1;
	e.changed = time_now();
	e.news_at = before->news_at;
	e.was_start = before->was_start;
	e.news = before->news;
	e.asked = before->asked;
	return e;
}

static enum err store_change(struct txn *t, const struct event *before, const struct event *e)
{
	enum err err = agenda_set(t, before, false);
	if (err == OK)
		err = event_save(t, e);
	if (err == OK)
		err = agenda_set(t, e, true);
	if (err == OK)
		err = event_plan(t, before, e);
	return err == OK ? attendance_move_up(t, e) : err;
}

enum err event_change(
	struct txn *t, uint64_t post, const struct event_draft *d, struct refusal *why)
{
	struct event before;
	struct post p;
	enum err err = event_load(t, post, &before);
	if (err == OK)
		err = post_load(t, post, &p);
	if (err != OK)
		return err;
	/* It was made when this was not kept. */
	if (before.asked == 0 && asks_everyone(&p, &before))
		before.asked = p.published;
	struct event e = merged(&before, &d->event);
	err = check(t, &e, before.start, why);
	if (err == OK && e.capacity != 0
		&& (int64_t)e.capacity < attendance_count(t, post, ATTENDING_YES))
		err = refuse(why, "capacity", "More people are coming already.");
	if (err == OK && e.questions != before.questions && !same(e.questions, before.questions)
		&& attendance_count(t, post, ATTENDING_YES) > 0)
		err = refuse(why, "questions", "People have answered these already.");
	if (err != OK)
		return err;
	if (is_moved(&before, &e) && !e.cancelled)
		tell_soon(&before, &e, NOTICE_EVENT_MOVED);
	err = rewrite(t, d, &e, why);
	if (err == OK)
		err = post_load(t, post, &p);
	if (err == OK && e.asked == 0 && asks_everyone(&p, &e))
		e.asked = e.changed;
	return err == OK ? store_change(t, &before, &e) : err;
}

enum err event_cancel(struct txn *t, uint64_t who, uint64_t post, bool on, const char *reason)
{
	struct event before;
	struct post p;
	struct viewer viewer = {.actor = who, .local = true};
	enum err err = event_find(t, &viewer, post, &p, &before);
	if (err == OK && p.author != who)
		err = ERR_FORBIDDEN;
	if (err != OK || before.cancelled == on)
		return err;
	if (event_is_over(&before))
		return ERR_GONE;
	struct event e = merged(&before, &before);
	e.cancelled = on;
	e.reason = on ? or_nothing(txn_arena(t), reason) : NULL;
	tell_soon(&before, &e, on ? NOTICE_EVENT_CANCELLED : NOTICE_EVENT_ON);
	struct event_draft d = {.author = who,
		.community = p.community,
		.title = p.title,
		.source = p.source,
		.language = p.language};
	err = rewrite(t, &d, &e, NULL);
	return err == OK ? store_change(t, &before, &e) : err;
}

/* Who would come hears that it is off, whatever becomes of its page. */
static enum err tell_all(struct txn *t, const struct post *p, const struct event *e)
{
	struct u64s numbers;
	struct attendance a;
	struct event off = *e;
	off.cancelled = true;
	uint64_t after = 0;
	enum err err;
	do {
		err = attendance_list(t, p->id, after, TOLD_AT_ONCE, &numbers);
		for (size_t i = 0; err == OK && i < numbers.count; i++) {
			after = numbers.at[i];
			err = attendance_load(t, p->id, after, &a);
			if (err == OK && a.state != ATTENDING_NO)
				err = event_tell(t, p, &off, &a, NOTICE_EVENT_CANCELLED);
		}
	} while (err == OK && numbers.count == TOLD_AT_ONCE);
	return err;
}

static enum err end(struct txn *t, const struct post *p)
{
	struct event e;
	enum err err = event_load(t, p->id, &e);
	if (err != OK)
		return err == ERR_NOT_FOUND ? OK : err;
	struct place place = place_1(TABLE_EVENT, p->id);
	err = e.cancelled || event_is_over(&e) ? OK : tell_all(t, p, &e);
	if (err == OK)
		err = agenda_set(t, &e, false);
	if (err == OK)
		err = event_plan(t, &e, NULL);
	if (err == OK)
		err = attendance_remove_all(t, p->id);
	if (err == OK)
		err = link_end(t, p->id, 0);
	return err == OK ? txn_del(t, &place) : err;
}

/* ---- on a page ------------------------------------------------------------------------------- */

void event_show(struct view *v, const struct event *e)
{
	const struct repeat *r = &e->repeat;
	view_begin(v, "when");
	view_time(v, "from", e->start);
	view_time(v, "to", e->end);
	view_text(v, "zone", e->zone);
	view_end(v);
	view_text(v, "place", e->place != NULL ? e->place : "");
	view_text(v, "address", e->address != NULL ? e->address : "");
	view_flag(v, "somewhere", e->place != NULL || e->address != NULL);
	view_flag(v, "online", e->link != NULL);
	view_flag(v, "nowhere", e->place == NULL && e->address == NULL && e->link == NULL);
	view_text(v, "cost", e->cost != NULL ? e->cost : "");
	view_flag(v, "cancelled", e->cancelled);
	view_text(v, "reason", e->reason != NULL ? e->reason : "");
	view_flag(v, "over", event_is_over(e));
	view_flag(v, "weekly", r->kind == REPEAT_WEEKS && r->interval == 1);
	view_flag(v, "two_weekly", r->kind == REPEAT_WEEKS && r->interval == 2);
	view_flag(v, "monthly", r->kind == REPEAT_MONTHS);
	view_flag(v, "weekday", r->kind == REPEAT_MONTHS_WEEKDAY);
}

/* A map elsewhere, for who asks for one: nothing of it is on our page. */
static void show_map(struct view *v, const struct event *e)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct text map;
	const char *at = e->address != NULL ? e->address : e->place;
	text_init(&map, arena, 8192);
	text_add(&map, "https://www.openstreetmap.org/search?query=");
	text_url(&map, at != NULL ? at : "");
	view_text(v, "map", at != NULL ? map.at : "");
}

static void show_numbers(struct txn *t, struct view *v, const struct event *e)
{
	int64_t coming = attendance_count(t, e->post, ATTENDING_YES);
	int64_t left = e->capacity != 0 ? (int64_t)e->capacity - coming : 0;
	view_number(v, "coming", coming);
	view_number(v, "capacity", e->capacity);
	view_number(v, "left", left > 0 ? left : 0);
	view_flag(v, "full", e->capacity != 0 && left <= 0);
	view_flag(v, "waits", e->waiting);
	view_number(v, "waiting", attendance_count(t, e->post, ATTENDING_WAITING));
}

/* Those who ticked that they may be seen. */
static void show_people(struct txn *t, struct view *v, const struct event *e)
{
	struct u64s numbers = {0};
	struct attendance a;
	struct actor who;
	size_t shown = 0;
	bool some = attendance_list(t, e->post, 0, 1000, &numbers) == OK;
	view_list(v, "people");
	for (size_t i = 0; some && i < numbers.count && shown < SHOWN_MOST; i++) {
		if (attendance_load(t, e->post, numbers.at[i], &a) != OK || !a.shown
			|| a.state != ATTENDING_YES)
			continue;
		shown++;
		view_begin(v, NULL);
		if (a.actor != 0 && actor_load(t, a.actor, &who) == OK)
			actor_show(v, "who", &who);
		else
			view_text(v, "who", "");
		view_text(v, "name", a.name != NULL ? a.name : "");
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "has_people", shown > 0);
}

static void show_mine(struct view *v, const struct event *e, bool known, const struct attendance *a)
{
	bool comes = known && a->state == ATTENDING_YES;
	view_begin(v, "mine");
	view_flag(v, "known", known && a->state != ATTENDING_NO);
	view_flag(v, "yes", comes);
	view_flag(v, "waiting", known && a->state == ATTENDING_WAITING);
	view_flag(v, "maybe", known && a->state == ATTENDING_MAYBE);
	view_flag(v, "no", known && a->state == ATTENDING_NO);
	view_end(v);
	view_text(v, "link", comes && e->link != NULL ? e->link : "");
}

static void show_post_link(
	struct txn *t, struct view *v, const char *name, uint64_t id, const struct viewer *viewer)
{
	struct post p;
	bool there = id != 0 && post_load(t, id, &p) == OK && !p.gone
		&& circle_may_read(t, viewer, &p);
	view_text(v, name, there ? post_path(t, &p) : "");
}

static bool is_open(const struct event *e)
{
	return !e->no_sign_up && !e->cancelled && event_closing(e) > time_now();
}

static const char *step(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	struct event e;
	struct attendance a;
	bool asks = viewer->local && event_load(t, p->id, &e) == OK && is_open(&e)
		&& attendance_may(t, viewer->actor, p)
		&& attendance_of(t, p->id, viewer->actor, &a) != OK;
	return asks ? "Sign up" : NULL;
}

static void page(struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct event e;
	struct attendance a;
	struct actor author;
	uint64_t me = viewer->local ? viewer->actor : 0;
	if (event_load(t, p->id, &e) != OK)
		return;
	bool known = me != 0 && attendance_of(t, p->id, me, &a) == OK;
	bool organises = me != 0 && me == p->author;
	bool open = is_open(&e);
	bool here = actor_load(t, p->author, &author) == OK && author.local;
	view_begin(v, "event");
	view_id(v, "event_id", p->id);
	event_show(v, &e);
	show_map(v, &e);
	show_numbers(t, v, &e);
	show_mine(v, &e, known, &a);
	if (organises && e.link != NULL && !(known && a.state == ATTENDING_YES))
		view_text(v, "own_link", e.link);
	view_flag(v, "signs_up", !e.no_sign_up);
	view_flag(v, "open", open);
	view_flag(v, "asks", e.questions != NULL);
	view_time(v, "closing", e.closes != 0 ? event_closing(&e) : 0);
	view_flag(v, "may_attend", open && me != 0 && attendance_may(t, me, p));
	view_flag(v, "may_guest",
		open && here && me == 0 && attendance_may(t, 0, p)
			&& txn_site(t)->mail_from != NULL);
	view_flag(v, "members_only", p->circles.act != CIRCLE_EVERYONE);
	view_flag(v, "organises", organises);
	view_flag(v, "may_cancel", organises && !e.cancelled && !event_is_over(&e));
	view_flag(v, "may_go_on", organises && e.cancelled && !event_is_over(&e));
	view_flag(v, "may_recap", organises && e.recap == 0 && e.start <= time_now());
	show_post_link(t, v, "recap", e.recap, viewer);
	show_post_link(t, v, "next", e.next, viewer);
	if (circle_sees_names(t, me, p))
		show_people(t, v, &e);
	view_end(v);
}

/* Of another node, as it says: signing up is done there. */
static void page_elsewhere(
	struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct extra x;
	(void)viewer;
	extra_read(txn_arena(t), p->extra, &x);
	if (x.starts == 0)
		return;
	struct event e = {.start = x.starts,
		.end = x.ends,
		.zone = x.zone != NULL ? x.zone : i18n_zone_name(),
		.place = x.place,
		.address = x.address,
		.cancelled = x.cancelled};
	view_begin(v, "event_elsewhere");
	event_show(v, &e);
	show_map(v, &e);
	view_end(v);
}

/* ---- to other nodes -------------------------------------------------------------------------- */

/* With the hour that the clock there shows (FEP-8a8e). */
static void show_moment(struct view *v, const char *name, int64_t ms, const char *zone)
{
	struct wall w;
	if (ms == 0 || !ical_to_wall(ms, zone, &w))
		return;
	int off = w.offset < 0 ? -w.offset : w.offset;
	view_format(v, name, "%04d-%02d-%02dT%02d:%02d:00%c%02d:%02d", w.year, w.month, w.day,
		w.hour, w.minute, w.offset < 0 ? '-' : '+', off / 60, off % 60);
}

static void show_place(struct view *v, const struct event *e)
{
	if (e->place == NULL && e->address == NULL)
		return;
	view_begin(v, "location"); /* one, never a list: Mobilizon reads no other */
	view_text(v, "type", "Place");
	view_text(v, "name", e->place != NULL ? e->place : e->address);
	if (e->address != NULL) {
		view_begin(v, "address");
		view_text(v, "type", "PostalAddress");
		view_text(v, "streetAddress", e->address);
		view_end(v);
	}
	view_end(v);
}

static void show_organisers(struct txn *t, struct view *v, const struct post *p)
{
	struct actor who;
	if (actor_load(t, p->community != 0 ? p->community : p->author, &who) != OK)
		return;
	view_begin(v, "organizers");
	view_text(v, "type", "Collection");
	view_number(v, "totalItems", 1);
	view_list(v, "items");
	view_text(v, NULL, who.uri);
	view_list_end(v);
	view_end(v);
}

static void object(struct txn *t, struct view *v, const struct post *p)
{
	struct event e;
	if (event_load(t, p->id, &e) != OK)
		return;
	show_moment(v, "startTime", e.start, e.zone);
	show_moment(v, "endTime", e.end, e.zone);
	view_text(v, "timezone", e.zone);
	view_flag(v, "displayEndTime", e.end != 0);
	show_place(v, &e);
	view_flag(v, "isOnline", e.link != NULL && e.place == NULL && e.address == NULL);
	show_organisers(t, v, p);
	/* The FEP's "none" is no word of Mobilizon's: there it must ask, and is refused. */
	view_text(v, "joinMode", asks_everyone(p, &e) ? "free" : "restricted");
	if (e.capacity != 0)
		view_number(v, "maximumAttendeeCapacity", e.capacity);
	view_text(v, "eventStatus", e.cancelled ? "EventCancelled" : "EventScheduled");
	view_text(v, "ical:status", e.cancelled ? "CANCELLED" : "CONFIRMED");
	view_text(v, "category", "MEETING");
	view_text(v, "inLanguage", p->language);
	view_flag(v, "anonymousParticipationEnabled", false);
	view_text(v, "repliesModerationOption", p->locked ? "closed" : "allow_all");
	view_flag(v, "draft", false);
}

static void show_choices(struct view *v, const char *language)
{
	view_list(v, "oneOf");
	for (size_t i = 0; i < COUNT(attendance_choices); i++) {
		view_begin(v, NULL);
		view_text(v, "type", "Note");
		view_text(v, "name", i18n(language, attendance_choices[i]));
		view_begin(v, "replies");
		view_text(v, "type", "Collection");
		view_number(v, "totalItems", 0); /* who comes is told to nobody, nor how many */
		view_end(v);
		view_end(v);
	}
	view_list_end(v);
}

static const char *question_words(const struct event *e, bool asks)
{
	if (e->cancelled)
		return NULL;
	if (asks)
		return "Are you coming? Choose below: you get a message back.";
	return e->no_sign_up ? "Everyone can just come: you need not sign up."
			     : "Members can sign up for this.";
}

/* Microblogs take no Question again that was deleted, so one that is taken back is closed: that can be undone. */
static enum err question(struct txn *t, struct view *v, const struct post *p)
{
	struct event e;
	struct text html;
	struct arena *arena = txn_arena(t);
	const char *l = p->language;
	enum err err = event_load(t, p->id, &e);
	bool asks = err == OK && asks_everyone(p, &e);
	if (err != OK || (!asks && e.asked == 0))
		return err == OK ? ERR_NOT_FOUND : err;
	text_init(&html, arena, 16384);
	text_add(&html, "<p><strong>");
	text_html(&html,
		e.cancelled ? arena_format(arena, "%s: %s", i18n(l, "CANCELLED"), p->title)
			    : p->title);
	text_add(&html, "</strong><br>");
	text_html(&html, event_when(arena, l, &e));
	text_add(&html, "<br>");
	text_html(&html, event_where(arena, l, &e));
	text_add(&html, "</p><p>");
	const char *words = question_words(&e, asks);
	if (words != NULL)
		text_html(&html, i18n(l, words));
	text_format(&html, " <a href=\"%s\">", p->url);
	text_html(&html, i18n(l, "Read more"));
	text_add(&html, "</a></p>");
	struct post said = *p;
	if (e.asked != 0)
		said.published = e.asked;
	if (e.changed > said.published && e.changed > said.updated)
		said.updated = e.changed; /* without it no words, and no end, are taken anew */
	err = note_show_question(t, &said, html.at, v);
	show_choices(v, l);
	view_number(v, "votersCount", 0);
	int64_t closing = e.cancelled || !asks ? e.changed : event_closing(&e);
	view_time(v, "endTime", closing);
	if (closing <= time_now())
		view_time(v, "closed", closing);
	return err;
}

static const struct detail details[] = {
	{POST_EVENT, .end = end, .page = page, .object = object, .question = question,
		.heard_by = attendance_heard_by, .form = "event", .step = step},
	{POST_PAGE, .page = page_elsewhere},
	{0},
};

static const struct table_use uses[] = {
	{TABLE_EVENT, &event_shape},
	{TABLE_EVENT_TASK, NULL},
	{0},
};
const struct feature feature_event = {
	.name = "event",
	.routes = event_form_routes,
	.tables = uses,
	.chores = event_chores,
	.readers = event_readers,
	.details = details,
};
