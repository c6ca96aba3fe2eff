/* now.c: what is going on in a community, in few lines: the next events, and of its newest conversations polls to vote in,
 * fresh answers, who waits for one. */
#include "event.h"

#define LOOKED_AT 40
#define ROWS 3 /* what comes after it is what one is here for */
#define WORDS_POINTS 60
#define EVENTS_LOOKED_AT 10
#define FRESH (14 * DAY)
#define WAITS_AFTER DAY /* nobody need be quick */
#define WAITS_UNTIL (30 * DAY)

enum { EVENTS, POLLS, ANSWERS, WAITING, KINDS };

struct few { /* the first by `at`, falling */
	struct {
		struct post post, answer;
		int64_t at;
	} of[ROWS];
	size_t count;
};

static void few_add(struct few *f, const struct post *p, const struct post *answer, int64_t at)
{
	size_t i = f->count < ROWS ? f->count++ : ROWS;
	while (i > 0 && f->of[i - 1].at < at) {
		if (i < ROWS)
			f->of[i] = f->of[i - 1];
		i--;
	}
	if (i == ROWS)
		return;
	f->of[i].post = *p;
	f->of[i].answer = answer != NULL ? *answer : (struct post){0};
	f->of[i].at = at;
}

struct now {
	struct few of[KINDS];
};

/* What is called off is told on its page. */
static enum err find_events(
	struct txn *t, const struct viewer *viewer, uint64_t community, struct now *out)
{
	struct u64s ids;
	struct post p;
	struct event event;
	enum err e = agenda_list(
		t, viewer, community, time_now(), INT64_MAX, EVENTS_LOOKED_AT, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		if (event_find(t, viewer, ids.at[i], &p, &event) == OK && !event.cancelled)
			few_add(&out->of[EVENTS], &p, NULL, -event.start); /* the first to begin */
	return e;
}

static void consider(
	struct txn *t, const struct viewer *viewer, const struct post *p, struct now *out)
{
	struct post answer;
	struct extra x;
	int64_t now = time_now(), age = now - p->published;
	bool poll = p->kind == POST_QUESTION, answered = post_last_answer(t, viewer, p, &answer);
	extra_read(txn_arena(t), p->extra, &x);
	if (poll && x.end_time != 0 && !poll_is_closed(&x))
		few_add(&out->of[POLLS], p, NULL,
			-x.end_time); /* what closes soonest comes first */
	if (answered && now - id_time(answer.id) < FRESH)
		few_add(&out->of[ANSWERS], p, &answer, id_time(answer.id));
	struct bytes there;
	struct place pin = place_2(TABLE_FEATURED, p->community, p->id);
	if (txn_get(t, &pin, &there) == OK)
		return; /* what stands at the top tells, and waits for nobody */
	if (!answered && !poll && viewer->local && p->author != viewer->actor && age > WAITS_AFTER
		&& age < WAITS_UNTIL && circle_may_reply(t, viewer->actor, p))
		few_add(&out->of[WAITING], p, NULL, p->published);
}

/* Of what is planned and what waits less; one of each kind there is comes before a second of any. */
static void share(const struct now *now, size_t shown[KINDS])
{
	static const size_t most[KINDS] = {
		[EVENTS] = 2, [POLLS] = ROWS, [ANSWERS] = ROWS, [WAITING] = 1};
	size_t left = ROWS;
	for (size_t n = 1; n <= ROWS; n++)
		for (size_t k = 0; k < KINDS; k++)
			if (left > 0 && n <= most[k] && n <= now->of[k].count) {
				shown[k] = n;
				left--;
			}
}

static void show_event(
	struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct event event;
	if (event_load(t, p->id, &event) != OK)
		return;
	view_begin(v, "event");
	event_line_show(t, v, p, &event, viewer);
	view_end(v);
}

static void show_post(
	struct txn *t, struct view *v, const struct few *f, size_t i, const struct viewer *viewer)
{
	struct actor author;
	const struct post *p = &f->of[i].post, *answer = &f->of[i].answer;
	int64_t at = f->of[i].at;
	if (answer->id != 0 && actor_load(t, answer->author, &author) == OK)
		actor_show(v, "who", &author);
	view_time(v, "at", at < 0 ? -at : at);
	view_text(v, "open", post_path(t, answer->id != 0 ? answer : p));
	view_text(v, "named", post_name(t, p, WORDS_POINTS));
	post_line(t, v, "post", p, viewer);
}

static void show(struct txn *t, struct view *v, const struct now *now, const struct viewer *viewer)
{
	static const char *const words[KINDS] = {NULL, "poll", "answer", "waits"};
	size_t shown[KINDS] = {0}, rows = 0;
	share(now, shown);
	view_list(v, "now");
	for (size_t k = 0; k < KINDS; k++)
		for (size_t i = 0; i < shown[k]; i++, rows++) {
			view_begin(v, NULL);
			if (k == EVENTS) {
				show_event(t, v, &now->of[k].of[i].post, viewer);
			} else {
				view_flag(v, words[k], true);
				show_post(t, v, &now->of[k], i, viewer);
			}
			view_end(v);
		}
	view_list_end(v);
	view_flag(v, "has_now", rows > 0);
}

enum err now_show(
	struct txn *t, struct view *v, const struct actor *community, const struct viewer *viewer)
{
	struct u64s ids;
	struct post p;
	struct now *now = arena_alloc(txn_arena(t), sizeof *now);
	enum err e = timeline_of(t, viewer, community, 0, LOOKED_AT, &ids, NULL);
	*now = (struct now){0};
	if (e == OK)
		e = find_events(t, viewer, community->id, now);
	if (e != OK)
		return e;
	for (size_t i = 0; i < ids.count; i++)
		if (post_load(t, ids.at[i], &p) == OK && !p.locked)
			consider(t, viewer, &p, now);
	show(t, v, now, viewer);
	return OK;
}
