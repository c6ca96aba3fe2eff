/* now.c: what is going on in a community: the next events, and of its newest conversations polls to vote in, fresh answers,
 * who waits for one. */
#include "event.h"

#define LOOKED_AT 40
#define SHOWN 3 /* of each; of those that wait less */
#define WAITING_SHOWN 2
#define EVENTS_SHOWN 2
#define EVENTS_LOOKED_AT 10
#define FRESH (14 * DAY)
#define WAITS_AFTER DAY /* nobody need be quick */
#define WAITS_UNTIL (30 * DAY)

struct few { /* the first by `at`, falling */
	struct {
		struct post post, answer;
		int64_t at;
	} of[SHOWN];
	size_t count;
};

static void few_add(struct few *f, const struct post *p, const struct post *answer, int64_t at)
{
	size_t i = f->count < SHOWN ? f->count++ : SHOWN;
	while (i > 0 && f->of[i - 1].at < at) {
		if (i < SHOWN)
			f->of[i] = f->of[i - 1];
		i--;
	}
	if (i == SHOWN)
		return;
	f->of[i].post = *p;
	f->of[i].answer = answer != NULL ? *answer : (struct post){0};
	f->of[i].at = at;
}

struct now {
	struct few polls, answers, waiting;
};

/* What is called off is told on its page. */
static enum err show_events(struct txn *t, struct view *v, uint64_t community,
	const struct viewer *viewer, size_t *shown)
{
	struct u64s ids;
	struct post p;
	struct event event;
	enum err e = agenda_list(
		t, viewer, community, time_now(), INT64_MAX, EVENTS_LOOKED_AT, &ids);
	for (size_t i = 0; e == OK && i < ids.count && *shown < EVENTS_SHOWN; i++) {
		if (event_find(t, viewer, ids.at[i], &p, &event) != OK || event.cancelled)
			continue;
		view_begin(v, NULL);
		view_begin(v, "event");
		event_line_show(t, v, &p, &event, viewer);
		view_end(v);
		view_end(v);
		(*shown)++;
	}
	return e;
}

static bool last_answer(
	struct txn *t, const struct viewer *viewer, const struct post *root, struct post *out)
{
	struct u64s last;
	return post_ids(t, TABLE_BY_ROOT, root->id, 0, true, 1, &last) == OK && last.count == 1
		&& last.at[0] > root->id && post_load(t, last.at[0], out) == OK && !out->gone
		&& out->removed_by == 0 && circle_may_read(t, viewer, out);
}

static void consider(
	struct txn *t, const struct viewer *viewer, const struct post *p, struct now *out)
{
	struct post answer;
	struct extra x;
	int64_t now = time_now(), age = now - p->published;
	bool poll = p->kind == POST_QUESTION, answered = last_answer(t, viewer, p, &answer);
	extra_read(txn_arena(t), p->extra, &x);
	if (poll && x.end_time != 0 && !poll_is_closed(&x))
		few_add(&out->polls, p, NULL, -x.end_time); /* what closes soonest comes first */
	if (answered && now - id_time(answer.id) < FRESH)
		few_add(&out->answers, p, &answer, id_time(answer.id));
	struct bytes there;
	struct place pin = place_2(TABLE_FEATURED, p->community, p->id);
	if (txn_get(t, &pin, &there) == OK)
		return; /* what stands at the top tells, and waits for nobody */
	if (!answered && !poll && viewer->local && p->author != viewer->actor && age > WAITS_AFTER
		&& age < WAITS_UNTIL && circle_may_reply(t, viewer->actor, p))
		few_add(&out->waiting, p, NULL, p->published);
}

static void show(struct txn *t, struct view *v, const struct few *f, size_t most, const char *what,
	const struct viewer *viewer)
{
	for (size_t i = 0; i < f->count && i < most; i++) {
		struct actor author;
		const struct post *answer = &f->of[i].answer;
		view_begin(v, NULL);
		view_flag(v, what, true);
		if (answer->id != 0 && actor_load(t, answer->author, &author) == OK)
			actor_show(v, "who", &author);
		view_time(v, "at", f->of[i].at < 0 ? -f->of[i].at : f->of[i].at);
		view_text(v, "open", post_path(t, answer->id != 0 ? answer : &f->of[i].post));
		post_line(t, v, "post", &f->of[i].post, viewer);
		view_end(v);
	}
}

enum err now_show(
	struct txn *t, struct view *v, const struct actor *community, const struct viewer *viewer)
{
	struct u64s ids;
	struct post p;
	struct now *now = arena_alloc(txn_arena(t), sizeof *now);
	enum err e = timeline_of(t, viewer, community, 0, LOOKED_AT, &ids);
	if (e != OK)
		return e;
	*now = (struct now){0};
	for (size_t i = 0; i < ids.count; i++)
		if (post_load(t, ids.at[i], &p) == OK && !p.locked)
			consider(t, viewer, &p, now);
	size_t events = 0;
	view_list(v, "now");
	e = show_events(t, v, community->id, viewer, &events);
	show(t, v, &now->polls, SHOWN, "poll", viewer);
	show(t, v, &now->answers, SHOWN, "answer", viewer);
	show(t, v, &now->waiting, WAITING_SHOWN, "waits", viewer);
	view_list_end(v);
	view_flag(v, "has_now",
		events + now->polls.count + now->answers.count + now->waiting.count > 0);
	return e;
}
